package piecesim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// oauthApp is a client ID that the platform has registered for a piece.
type oauthApp struct {
	ID, PieceName, ClientID string
}

func demoOAuthApps() []oauthApp {
	return []oauthApp{
		{newID(), "@activepieces/piece-slack", "portico-slack"},
		{newID(), "@activepieces/piece-google-sheets", "portico-google-sheets"},
	}
}

// claimForPlatform uses the platform's own client. Both ways to lack one end in a 500, as recorded.
func (c *call) claimForPlatform(p Piece, v Value) error {
	if c.srv.edition == "ce" {
		return crash("", "Unimplemented platform oauth")
	}
	for _, app := range c.st.OAuthApps {
		if app.PieceName != p.Name || app.ClientID != v.ClientID {
			continue
		}
		if !c.st.redeemCode(v.Code, c.now) {
			return refuse(http.StatusBadRequest, "INVALID_CLAIM", object{
				"clientId": v.ClientID, "tokenUrl": p.tokenURL(), "redirectUrl": v.RedirectURL,
			})
		}
		return nil
	}
	return crash("", fmt.Sprintf("Could not find any entity of type \"oauth_app\" matching: {\n    \"platformId\": %q,\n    \"pieceName\": %q,\n    \"clientId\": %q\n}",
		c.st.ID, p.Name, v.ClientID))
}

// oauthAuth is the part of a piece's auth metadata that OAuth needs.
type oauthAuth struct {
	Type     string   `json:"type"`
	AuthURL  string   `json:"authUrl"`
	TokenURL string   `json:"tokenUrl"`
	Scope    []string `json:"scope"`
}

// oauth is the piece's OAUTH2 auth, alone or among others; empty when it has none.
func (p Piece) oauth() oauthAuth {
	var list []oauthAuth
	if err := json.Unmarshal([]byte(p.Auth), &list); err != nil {
		list = make([]oauthAuth, 1)
		_ = json.Unmarshal([]byte(p.Auth), &list[0]) // no auth: the empty one
	}
	for _, a := range list {
		if a.Type == "OAUTH2" {
			return a
		}
	}
	return oauthAuth{}
}

func (p Piece) tokenURL() string { return p.oauth().TokenURL }

func oauthEndpoints() []endpoint {
	return []endpoint{
		{pattern: "GET /api/v1/oauth-apps", name: "listOAuthApps", do: listOAuthApps},
		{
			pattern: "POST /api/v1/app-connections/oauth2/authorization-url", name: "getAuthorizationURL", who: byUser,
			check: checkAuthorization, do: authorizationURL,
		},
	}
}

func listOAuthApps(c *call) (any, error) {
	if c.srv.edition == "ce" {
		return nil, noRoute()
	}
	data := []any{}
	for _, a := range c.st.OAuthApps {
		if !c.conf.Licensed {
			break // a server without a licence has none yet
		}
		data = append(data, object{"id": a.ID, "pieceName": a.PieceName, "clientId": a.ClientID, "platformId": c.st.ID})
	}
	return object{"data": data, "next": nil, "previous": nil}, nil
}

func checkAuthorization(c *call) error {
	k := c.checkBody()
	for _, key := range []string{"pieceName", "clientId", "redirectUrl"} {
		k.text(c.body, key)
	}
	return k.err()
}

// authorizationURL is where a browser asks for consent.
func authorizationURL(c *call) (any, error) {
	p, ok := c.srv.pieces.byName[c.text("pieceName")]
	if !ok {
		return nil, pieceNotFound(c.text("pieceName"))
	}
	auth := p.oauth()
	q := url.Values{
		"response_type": {"code"}, "client_id": {c.text("clientId")}, "redirect_uri": {c.text("redirectUrl")},
		"access_type": {"offline"}, "state": {newID()}, "prompt": {"consent"}, "scope": {strings.Join(auth.Scope, " ")},
	}
	glue := "?"
	if strings.Contains(auth.AuthURL, "?") {
		glue = "&"
	}
	return object{"authorizationUrl": auth.AuthURL + glue + q.Encode()}, nil
}
