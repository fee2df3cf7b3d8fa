package hostapp

import (
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"time"
)

// cookieName is Northwind's own cookie. It never travels to the portal: the two are different sites.
const cookieName = "northwind"

// sessionLife is how long a login lasts, used or not.
const sessionLife = 12 * time.Hour

// sessions maps the random value of a cookie to a person's ID. It is safe for concurrent use.
type sessions struct {
	now func() time.Time
	mu  sync.Mutex
	ids map[string]session
}

type session struct {
	personID string
	until    time.Time
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, ids: map[string]session{}}
}

// open remembers a login and returns the cookie's value. Those that have ended are forgotten on the way.
func (s *sessions) open(personID string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for id, old := range s.ids {
		if now.After(old.until) {
			delete(s.ids, id)
		}
	}
	id := rand.Text()
	s.ids[id] = session{personID: personID, until: now.Add(sessionLife)}
	return id
}

func (s *sessions) close(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ids, id)
}

// personID returns whose session it is, "" when it has ended or never was.
func (s *sessions) personID(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.ids[id]
	if !ok || s.now().After(found.until) {
		return ""
	}
	return found.personID
}

// user returns who sent the request, or nil.
func (h *host) user(r *http.Request) *person {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return nil
	}
	return h.people.withID(h.sessions.personID(cookie.Value))
}

// enter opens a session in the browser and leads to a page of ours.
func (h *host) enter(w http.ResponseWriter, r *http.Request, p *person) {
	h.setCookie(w, h.sessions.open(p.ID), 0)
	http.Redirect(w, r, ownPage(r.FormValue("next")), http.StatusSeeOther)
}

// ownPage returns a page that the login may lead to: no address from outside is ever followed.
func ownPage(next string) string {
	switch next {
	case "/integrations", "/customers", "/developers":
		return next
	}
	return "/dashboard"
}

// logout answers POST /logout.
func (h *host) logout(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(cookieName); err == nil {
		h.sessions.close(cookie.Value)
	}
	h.setCookie(w, "", -1)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

func (h *host) setCookie(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(h.URL, "https:"),
	})
}
