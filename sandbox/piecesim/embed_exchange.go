package piecesim

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// projectRoles are the roles of members that are always there (facts, "External token"). The simulator has no custom ones.
var projectRoles = []string{"Admin", "Editor", memberViewer}

// exchangeEndpoint is POST /api/v1/managed-authn/external-token. It asks for no token and for no licence: who has a
// signing key may use it. The community edition has no such route.
func exchangeEndpoint() endpoint {
	return endpoint{
		pattern: "POST /api/v1/managed-authn/external-token", name: "exchangeToken", who: public,
		check: checkExchange, do: exchangeToken,
	}
}

func checkExchange(c *call) error {
	if c.srv.edition == "ce" {
		return noRoute()
	}
	k := c.checkBody()
	k.text(c.body, "externalAccessToken")
	return k.err()
}

// exchangeToken gives a token of its own for the host's. Each time it also makes what is missing (project, user) and
// sets the project's piece filter and the user's role to what the host's token says. It takes no access away.
func exchangeToken(c *call) (any, error) {
	claims, err := readExternalToken(c.text("externalAccessToken"), c.st.publicKey, c.srv.clock.Now)
	if err != nil {
		return nil, badExternalToken(err.Error())
	}
	role, ok := roleNamed(claims.roleOr())
	if !ok {
		return nil, badExternalToken("project role not found") // the code is known, the words are not [?]
	}
	if claims.ExternalUserID == "" || claims.ExternalProjectID == "" {
		// Nothing checks that the claims are there, so that a missing one fails wherever it is used first [?].
		return nil, crash("", "externalUserId and externalProjectId must not be null or undefined")
	}
	project := c.embedProject(claims)
	user := c.embedUser(claims)
	c.st.setMember(user.ID, project.ID, role, c.now)
	return c.showEmbedded(user, project), nil
}

func badExternalToken(message string) error {
	return refuseWith(http.StatusUnauthorized, "INVALID_BEARER_TOKEN", message)
}

// roleNamed finds a role by its name in any case.
func roleNamed(name string) (string, bool) {
	for _, role := range projectRoles {
		if strings.EqualFold(role, name) {
			return role, true
		}
	}
	return "", false
}

// embedProject finds the token's project, or makes it under the name of its external ID, whatever characters that has.
// Its piece filter becomes the token's.
func (c *call) embedProject(claims externalClaims) *project {
	p, ok := c.st.byExternalID(claims.ExternalProjectID)
	if !ok {
		p = c.st.addProject(c.st.Owner, claims.ExternalProjectID, claims.ExternalProjectID, typeTeam, nil, c.now)
	}
	filter := claims.filter()
	p.Filter, p.Pieces = filter.FilterType, nil
	if filter.FilterType == "ALLOWED" {
		p.Pieces = c.srv.pieces.tagged(filter.Tags)
	}
	p.PlanSince = c.now
	return c.st.projects.put(p)
}

// embedUser finds the token's user, whose names stay as they were, or makes one who cannot sign in otherwise.
func (c *call) embedUser(claims externalClaims) *user {
	u, ok := c.st.users.find(func(u *user) bool { return u.ExternalID == claims.ExternalUserID })
	if !ok {
		u = &user{
			ID: newID(), Identity: newID(), Email: embedEmail(c.st.ID, claims), ExternalID: claims.ExternalUserID,
			FirstName: claims.FirstName, LastName: claims.LastName, Role: roleMember, Status: "ACTIVE", Created: c.now, Updated: c.now,
		}
	}
	u.LastActiveAt = c.now
	return c.st.users.put(u)
}

// embedEmail stands where other users have an address: a hash.
func embedEmail(platformID string, claims externalClaims) string {
	sum := sha256.Sum256([]byte(platformID + "/" + claims.ExternalUserID))
	return hex.EncodeToString(sum[:])
}

func (c *call) showEmbedded(u *user, p *project) object {
	return object{
		"id": u.ID, "platformRole": u.Role, "status": u.Status, "externalId": u.ExternalID, "platformId": c.st.ID,
		"firstName": u.FirstName, "lastName": u.LastName, "email": u.Email, "trackEvents": true, "newsLetter": false,
		"verified": true, "token": c.st.newSession(u, c.now), "projectId": p.ID,
	}
}
