package piecesim

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// sessionLife is how long a user's token lives. There is no way to renew it (from source).
const sessionLife = 7 * 24 * time.Hour

// kind is what a token stands for; as a set of bits, whom a route admits.
type kind int

const (
	byUser kind = 1 << iota // a person's token, from a sign-in or an exchange
	byKey                   // a platform API key, which acts for the platform's owner
	public                  // no token is asked for
)

func (k kind) String() string {
	switch k {
	case byUser:
		return "user"
	case byKey:
		return "key"
	}
	return ""
}

// principal is who asks. A key's user is the platform's owner.
type principal struct {
	kind kind
	user *user
}

func (p principal) admin() bool { return p.kind == byKey || p.user != nil && p.user.Role == roleAdmin }

func (p principal) userID() string {
	if p.user == nil {
		return ""
	}
	return p.user.ID
}

// principal finds out who asks. A missing token is a principal of no kind; a bad one is a problem.
func (s *Server) principal(st *state, r *http.Request) (principal, *problem) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return principal{}, nil
	}
	if strings.HasPrefix(token, "sk-") {
		if s.edition == "ce" || !st.hasKey(token) {
			return principal{}, refuseWith(http.StatusUnauthorized, "AUTHENTICATION", "invalid api key")
		}
		return principal{byKey, st.owner()}, nil
	}
	u, err := st.session(token, s.clock.Now())
	if err != nil {
		return principal{}, refuseWith(http.StatusUnauthorized, "INVALID_BEARER_TOKEN", "invalid access token or session expired")
	}
	return principal{byUser, u}, nil
}

func (st *state) hasKey(token string) bool {
	found := 0
	for _, k := range st.keys.rows {
		found |= subtle.ConstantTimeCompare([]byte(k.Value), []byte(token))
	}
	return found == 1
}

// sessionClaims are what a user's token holds.
type sessionClaims struct {
	jwt.RegisteredClaims
	UserID  string `json:"id"`
	Type    string `json:"type"`
	Version string `json:"tokenVersion"`
}

// newSession is a token for a user, good for seven days.
func (st *state) newSession(u *user, now time.Time) string {
	claims := sessionClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(sessionLife)), ID: newID(),
		},
		UserID: u.ID, Type: "USER", Version: u.TokenVersion,
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(st.TokenSecret))
	if err != nil { // an HMAC over bytes cannot fail
		panic(err)
	}
	return signed
}

// session is the user of a token that is good.
func (st *state) session(token string, now time.Time) (*user, error) {
	var claims sessionClaims
	_, err := jwt.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return []byte(st.TokenSecret), nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithTimeFunc(func() time.Time { return now }))
	if err != nil {
		return nil, err
	}
	u, ok := st.users.get(claims.UserID)
	if !ok || u.Status != "ACTIVE" || u.TokenVersion != claims.Version {
		return nil, errors.New("the session has ended")
	}
	return u, nil
}
