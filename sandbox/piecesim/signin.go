package piecesim

import (
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// attempts are an address's sign-ins in the running minute.
type attempts struct {
	count int
	until time.Time
}

func signInEndpoints() []endpoint {
	return []endpoint{
		{pattern: "POST /api/v1/authentication/sign-in", name: "signIn", who: public, check: checkSignIn, do: signIn},
	}
}

// checkSignIn counts the attempt first: the limit comes before everything else, as recorded.
func checkSignIn(c *call) error {
	if err := c.srv.admitSignIn(c); err != nil {
		return err
	}
	k := c.checkBody()
	k.text(c.body, "email")
	k.text(c.body, "password")
	return k.err()
}

// admitSignIn says in the headers how many sign-ins are left in this minute, and refuses when none is.
func (s *Server) admitSignIn(c *call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	host, _, _ := net.SplitHostPort(c.r.RemoteAddr)
	now := s.clock.Now()
	a := s.tries[host]
	if a == nil || !now.Before(a.until) {
		a = &attempts{until: now.Add(time.Minute)}
		s.tries[host] = a
	}
	a.count++
	left := s.config.SignInLimit - a.count
	seconds := strconv.Itoa(int((a.until.Sub(now) + time.Second - 1) / time.Second))
	c.header.Set("X-Ratelimit-Limit", strconv.Itoa(s.config.SignInLimit))
	c.header.Set("X-Ratelimit-Remaining", strconv.Itoa(max(0, left)))
	c.header.Set("X-Ratelimit-Reset", seconds)
	if left >= 0 {
		return nil
	}
	c.header.Set("Retry-After", seconds)
	return framework(http.StatusTooManyRequests, "", fmt.Sprintf("Rate limit exceeded, retry in %s seconds", seconds))
}

func signIn(c *call) (any, error) {
	email := c.text("email")
	u, ok := c.st.users.find(func(u *user) bool { return u.Password != "" && strings.EqualFold(u.Email, email) })
	if !ok || subtle.ConstantTimeCompare([]byte(u.Password), []byte(c.text("password"))) != 1 {
		return nil, refuse(http.StatusUnauthorized, "INVALID_CREDENTIALS", nil)
	}
	return object{
		"id": u.ID, "created": stamp(u.Created), "updated": stamp(u.Updated), "status": u.Status, "platformRole": u.Role,
		"identityId": u.Identity, "externalId": textOrNull(u.ExternalID), "platformId": c.st.ID,
		"lastActiveDate": stampOrNull(u.LastActiveAt), "firstName": u.FirstName, "lastName": u.LastName, "email": u.Email,
		"trackEvents": false, "newsLetter": false, "verified": true, "token": c.st.newSession(u, c.now),
		"projectId": c.st.personalProject(u.ID),
	}, nil
}
