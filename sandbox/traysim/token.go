package traysim

import (
	"crypto/subtle"
	"net/http"
	"strings"
	"time"
)

// Lifetimes as Tray documents them (Embedded API reference, user mutations).
const (
	userTokenLife = 48 * time.Hour
	codeLife      = 5 * time.Minute
)

// kind is whom a token stands for; as a set of bits, whom an operation admits.
type kind int

const (
	master kind = 1 << iota
	endUser
)

func (k kind) String() string {
	switch k {
	case master:
		return "master"
	case endUser:
		return "user"
	}
	return ""
}

// grant is what a token or a code opens.
type grant struct {
	UserID  string
	Expires time.Time
}

// bearer is who asks.
type bearer struct {
	kind kind
	user *user // nil for the master token
}

func (b bearer) userID() string {
	if b.user == nil {
		return ""
	}
	return b.user.ID
}

// bearer finds out whose token a request carries; false for a missing, unknown or expired one.
func (st *state) bearer(r *http.Request, now time.Time) (bearer, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return bearer{}, false
	}
	if subtle.ConstantTimeCompare([]byte(token), []byte(st.MasterToken)) == 1 {
		return bearer{kind: master}, true
	}
	g, ok := st.Tokens[token]
	if !ok || !now.Before(g.Expires) {
		return bearer{}, false
	}
	u, ok := st.Users.get(g.UserID)
	return bearer{kind: endUser, user: u}, ok
}

// issueToken makes a user token; those made before go on working.
func (st *state) issueToken(userID string, now time.Time) string {
	token := randomHex(32)
	st.Tokens[token] = grant{UserID: userID, Expires: now.Add(userTokenLife)}
	dropExpired(st.Tokens, now)
	st.changed = true
	return token
}

func (st *state) issueCode(userID string, now time.Time) string {
	code := randomHex(20)
	st.Codes[code] = grant{UserID: userID, Expires: now.Add(codeLife)}
	dropExpired(st.Codes, now)
	st.changed = true
	return code
}

// redeem uses a code up and returns its user; false for one that is unknown, used or too old.
func (st *state) redeem(code string, now time.Time) (*user, bool) {
	g, ok := st.Codes[code]
	if !ok {
		return nil, false
	}
	delete(st.Codes, code)
	st.changed = true
	u, known := st.Users.get(g.UserID)
	return u, known && now.Before(g.Expires)
}

func dropExpired(grants map[string]grant, now time.Time) {
	for k, g := range grants {
		if !now.Before(g.Expires) {
			delete(grants, k)
		}
	}
}

// dropGrants forgets all tokens or codes of a user.
func dropGrants(grants map[string]grant, userID string) {
	for k, g := range grants {
		if g.UserID == userID {
			delete(grants, k)
		}
	}
}
