package connectsim

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"portico/sandbox/control"
)

// keptTokens is how many of a client's tokens are good at once; the oldest goes first [?].
const keptTokens = 200

// token is an opaque text of 32 characters. Only its fingerprint is kept.
type token struct {
	Digest  string    `json:"digest"`
	Scopes  []string  `json:"scopes"`
	Expires time.Time `json:"expires"`
}

// issueToken answers POST /oauth/token. Its form may stand in the body or in the query.
func issueToken(c *call) (any, error) {
	who, ok := c.client()
	if !ok {
		return nil, oauthProblem(http.StatusUnauthorized, "invalid_client",
			"Please provide valid client credentials using HTTP Basic Authentication.")
	}
	switch grant := c.form("grant_type"); grant {
	case "":
		return nil, oauthProblem(http.StatusBadRequest, "invalid_request", "Missing required parameter: grant_type.")
	case "client_credentials":
	default:
		return nil, oauthProblem(http.StatusBadRequest, "unsupported_grant_type",
			"Invalid parameter: grant_type: Invalid grant type: "+grant)
	}
	scopes := strings.Fields(c.form("scope"))
	for _, s := range scopes {
		if !slices.Contains(who.Scopes, s) { // [?]: the words are not known
			return nil, oauthProblem(http.StatusBadRequest, "invalid_scope", "Invalid parameter: scope: "+s)
		}
	}
	if len(scopes) == 0 {
		scopes = who.Scopes
	}
	return c.issue(who, scopes), nil
}

func (c *call) issue(who *client, scopes []string) object {
	value := randomText(32, tokenAlphabet)
	life := time.Duration(c.conf.TokenSeconds) * time.Second
	who.Tokens = slices.DeleteFunc(who.Tokens, func(t token) bool { return !t.Expires.After(c.now) })
	who.Tokens = append(who.Tokens, token{fingerprint(value), slices.Clone(scopes), c.now.Add(life)})
	who.Tokens = slices.Delete(who.Tokens, 0, max(0, len(who.Tokens)-keptTokens))
	who.Issued++
	c.st.clients.put(who)
	return object{
		"access_token": value, "token_type": "Bearer", "expires_in": c.conf.TokenSeconds, "scope": strings.Join(scopes, " "),
	}
}

// introspect answers POST /oauth/introspect.
func introspect(c *call) (any, error) {
	if _, ok := c.client(); !ok {
		return nil, oauthProblem(http.StatusUnauthorized, "invalid_client",
			"Please provide valid client credentials using HTTP Basic Authentication.")
	}
	value := c.form("token")
	if value == "" {
		return nil, oauthProblem(http.StatusBadRequest, "invalid_request", "Missing required parameter: token.")
	}
	for _, who := range c.st.clients.rows {
		if t, ok := who.token(c.region, value, c.now); ok {
			return object{"active": true, "scope": strings.Join(t.Scopes, " "), "client_id": who.ID, "exp": t.Expires.UnixMilli()}, nil
		}
	}
	return object{"active": false}, nil
}

// client is who asks the token service, by HTTP Basic.
func (c *call) client() (*client, bool) {
	id, secret, _ := c.r.BasicAuth()
	who, ok := c.st.clients.get(id)
	if !ok || who.Secret != secret || who.Region != c.region {
		return nil, false
	}
	c.entry.From("basic", id)
	return who, true
}

// token is a client's token of that value, if it is good in the region.
func (c *client) token(region, value string, now time.Time) (token, bool) {
	digest := fingerprint(value)
	i := slices.IndexFunc(c.Tokens, func(t token) bool { return t.Digest == digest && t.Expires.After(now) })
	if i < 0 || c.Region != region {
		return token{}, false
	}
	return c.Tokens[i], true
}

// principal finds in whose name a token speaks.
func (st *state) principal(region, value string, now time.Time) (principal, bool) {
	for _, c := range st.clients.rows {
		if t, ok := c.token(region, value, now); ok {
			p, known := st.projects.get(c.Region + ":" + c.Project)
			return principal{c, p, t.Scopes}, known
		}
	}
	return principal{}, false
}

// revokeTokens answers POST /_control/tokens/revoke: no token that was given is good any more.
func revokeTokens(st *state, _ *http.Request, _ time.Time) (any, error) {
	for _, c := range st.clients.rows {
		c.Tokens = nil
		st.clients.put(c)
	}
	return control.Done, nil
}
