package portal

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"portico/secret"
	"portico/store"
)

// builderTokenLife is how long a token that signs somebody in to the builder is good: until the page has used it.
const builderTokenLife = 5 * time.Minute

// builderClaims is what Activepieces reads in a token of the host's (POST /managed-authn/external-token). It holds none of
// them to a schema: one that is missing fails late, or leaves a name empty.
type builderClaims struct {
	Version           string        `json:"version,omitempty"` // "v3"; a token without one is read as v2
	ExternalUserID    string        `json:"externalUserId"`
	ExternalProjectID string        `json:"externalProjectId"`
	FirstName         string        `json:"firstName"`
	LastName          string        `json:"lastName"`
	Role              string        `json:"role"`
	PiecesFilterType  string        `json:"piecesFilterType,omitempty"` // v3
	PiecesTags        []string      `json:"piecesTags,omitempty"`       // v3
	Pieces            *piecesFilter `json:"pieces,omitempty"`           // v2
	jwt.RegisteredClaims
}

type piecesFilter struct {
	FilterType string   `json:"filterType"` // filterNone or filterAllowed
	Tags       []string `json:"tags"`
}

// Which pieces a person sees: all, or those with a tag of the token's.
const (
	filterNone    = "NONE"
	filterAllowed = "ALLOWED"
)

// builderRoles is what the roles of a workspace are called there. Each sign-in sets them anew, as it does the filter, so
// that both follow the host's token whatever was changed there.
var builderRoles = map[string]string{store.RoleViewer: "VIEWER", store.RoleMember: "EDITOR", store.RoleAdmin: "ADMIN"}

// builderToken signs a token with which a person may work in a project.
func builderToken(a store.Account, u store.User, externalProjectID string, now time.Time) (secret.Text, error) {
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(a.SigningKey.Reveal())) // PKCS #1, as Activepieces hands it out, or PKCS #8
	if err != nil {
		return "", errors.New("the signing key of the account is no RSA key in PEM format") // err may quote it
	}
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, newBuilderClaims(a.Server.Version, u, externalProjectID, now))
	t.Header["kid"] = a.SigningKeyID
	signed, err := t.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("signing a token for the builder: %w", err)
	}
	return secret.Text(signed), nil
}

func newBuilderClaims(server string, u store.User, externalProjectID string, now time.Time) builderClaims {
	c := builderClaims{ExternalUserID: u.ExternalID, ExternalProjectID: externalProjectID, Role: cmp.Or(builderRoles[u.Role], builderRoles[store.RoleViewer])}
	c.FirstName, c.LastName = names(u)
	c.IssuedAt, c.ExpiresAt = jwt.NewNumericDate(now), jwt.NewNumericDate(now.Add(builderTokenLife))
	filter := piecesFilter{FilterType: filterNone, Tags: []string{}}
	if u.Tags != nil {
		filter = piecesFilter{FilterType: filterAllowed, Tags: u.Tags}
	}
	// 0.86 reads both versions. Nothing says in which release v3 came, so older servers get what each of them knows.
	if olderServer(server, 0, 86) {
		c.Pieces = &filter
		return c
	}
	c.Version, c.PiecesFilterType, c.PiecesTags = "v3", filter.FilterType, filter.Tags
	return c
}

// olderServer says whether a version is known and below major.minor.
func olderServer(version string, major, minor int) bool {
	var is, sub int
	if n, _ := fmt.Sscanf(version, "%d.%d", &is, &sub); n != 2 {
		return false
	}
	return is < major || is == major && sub < minor
}

// names is a person's first and last name, neither of them empty.
func names(u store.User) (first, last string) {
	local, _, _ := strings.Cut(u.Email, "@")
	words := strings.Fields(cmp.Or(strings.TrimSpace(u.Name), local, u.ExternalID))
	switch len(words) {
	case 0:
		return "-", "-"
	case 1:
		return words[0], "-"
	}
	return strings.Join(words[:len(words)-1], " "), words[len(words)-1]
}
