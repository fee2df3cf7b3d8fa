package cdksim

import (
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/google/uuid"
)

// The labels of the tokens that each region starts with.
const (
	firstToken = "first"
	otherToken = "other"
)

// token is an RBAC API token of one region, made for an API user. Its value is shown only by Server.Token and by the
// control that makes one.
type token struct {
	ID       string `json:"id"`
	Region   string `json:"region"`
	Label    string `json:"label"`
	Username string `json:"username"` // of the API user
	Value    string `json:"value"`
	// ReadsOnly: its role has no right to deploy or share.
	ReadsOnly bool `json:"reads_only,omitempty"`
	Revoked   bool `json:"revoked,omitempty"`
}

func newToken(region, label, username string) *token {
	return &token{ID: uuid.NewString(), Region: region, Label: label, Username: username, Value: randomHex(32)}
}

// firstTokens are two API users' in every region.
func firstTokens() []line {
	var all []line
	for _, region := range regions {
		all = append(all, line{Token: newToken(region, firstToken, "deployer@acme.example")},
			line{Token: newToken(region, otherToken, "second-deployer@acme.example")})
	}
	return all
}

// bearer finds the token that came with a request, if it is a good one of the region.
func (st *state) bearer(r *http.Request, region string) *token {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil
	}
	var found *token
	for _, t := range st.tokens {
		same := subtle.ConstantTimeCompare([]byte(t.Value), []byte(strings.TrimSpace(value))) == 1
		if same && t.Region == region && !t.Revoked {
			found = t
		}
	}
	return found
}

// labelled is a region's token by its label, revoked or not.
func (st *state) labelled(region, label string) *token {
	for _, t := range st.tokens {
		if t.Region == region && t.Label == label {
			return t
		}
	}
	return nil
}

func (st *state) token(id string) *token {
	for _, t := range st.tokens {
		if t.ID == id {
			return t
		}
	}
	return nil
}

// owns says whether a token may do what only a connector's owner may.
func (c *call) owns(owner *token) bool {
	if c.conf.OwnerIsUser {
		return owner.Username == c.who.Username
	}
	return owner.ID == c.who.ID
}

// me answers GET /v1/me, the only "who am I" that was ever seen.
func me(c *call) (any, error) { return map[string]string{"username": c.who.Username}, nil }
