package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"portico/portal"
	"portico/secret"
	"portico/store"
	"portico/web/api"
)

// errHostKey says that the API was asked without one of the installation's keys.
var errHostKey = errors.New("no valid API key")

// doors is what the ways in need.
type doors struct {
	sessions  *sessionStore
	api       *api.API
	apiKeys   api.Keys
	wrongKeys *rate.Limiter
}

func (s *Server) openDoors() error {
	var err error
	s.sessions, err = newSessionStore(context.Background(), s.Store, s.Now, s.Log)
	s.api = api.New(api.Options{Portal: s.Portal, Store: s.Store, Messages: s.Messages, Log: s.Log, URL: s.URL})
	s.apiKeys = api.NewKeys(s.APIKeys)
	s.wrongKeys = rate.NewLimiter(rate.Every(time.Second), 20)
	return err
}

// doorRoutes are the ways in and out, and what the host's server calls.
func (s *Server) doorRoutes() []route {
	routes := []route{
		{"POST", "/session", anyone, s.bringToken},
		{"GET", "/session/:ticket", anyone, s.useTicket},
		{"POST", "/session/end", user, s.endSession},
		{"GET", "/admin/session/:ticket", anyone, s.useStaffTicket},
	}
	for _, r := range s.api.Routes() {
		serves := hostKey
		if r.Open {
			serves = anyone
		}
		routes = append(routes, route{r.Method, r.Path, serves, r.Handle})
	}
	return routes
}

// bringToken answers POST /session: the host's page brings the token that signs its user in.
func (s *Server) bringToken(c echo.Context) error {
	noStore(c)
	r := c.Request()
	var large *http.MaxBytesError
	if err := r.ParseForm(); r.ContentLength > maxBody || errors.As(err, &large) {
		c.Response().Header().Set("Connection", "close") // the rest is not read
		return s.Portal.RefuseToken(r.Context(), stranger(c))
	}
	a, err := s.Portal.AdmitToken(r.Context(), secret.Text(r.PostForm.Get("token")), stranger(c)) // never from the address
	if err != nil {
		return err
	}
	if a.Path, err = "", s.openSession(c, userCookie, a.Key); err != nil {
		return err
	}
	return s.lead(c, r.PostForm.Get("path"))
}

// lead leads whom we have let in to a path of ours; to the catalogue when what they ask for is none.
func (s *Server) lead(c echo.Context, asked string) error {
	local, ok := portal.LocalPath(asked)
	if !ok || local == "/" {
		local = "/integrations"
	}
	return s.redirect(c, local)
}

// useTicket answers GET /session/:ticket: a one-time address that the host's server has asked for.
func (s *Server) useTicket(c echo.Context) error {
	noStore(c)
	if c.Request().Method == http.MethodHead { // looking whether an address is there does not use it up
		return c.NoContent(http.StatusNoContent)
	}
	a, err := s.Portal.AdmitTicket(c.Request().Context(), secret.Text(c.Param("ticket")), stranger(c))
	if err != nil {
		return err
	}
	if err := s.openSession(c, userCookie, a.Key); err != nil {
		return err
	}
	return s.lead(c, a.Path)
}

// useStaffTicket answers GET /admin/session/:ticket: the sandbox's way into the admin area.
func (s *Server) useStaffTicket(c echo.Context) error {
	noStore(c)
	if c.Request().Method == http.MethodHead {
		return c.NoContent(http.StatusNoContent)
	}
	a, err := s.Portal.AdmitStaffTicket(c.Request().Context(), secret.Text(c.Param("ticket")), stranger(c))
	if err != nil {
		return err
	}
	if err := s.openSession(c, staffCookie, a.Key); err != nil {
		return err
	}
	return s.redirect(c, a.Path)
}

// endSession answers POST /session/end. The page it shows does not ask the host to sign the person in again.
func (s *Server) endSession(c echo.Context) error {
	if err := s.closeSession(c, userCookie); err != nil {
		return err
	}
	return s.tell(c, problem{status: http.StatusOK, kind: "signed_out"})
}

// openSession sends the cookie of a session that the portal has opened, and ends the one that the browser had: at each
// sign-in the key is a new one, and whoever had the old one has nothing.
func (s *Server) openSession(c echo.Context, cookie string, key secret.Text) error {
	session, err := s.sessions.Get(c.Request(), cookie)
	if err != nil {
		return err
	}
	if err := s.endRow(c, cookie, session.ID); err != nil {
		return err
	}
	session.ID = key.Reveal()
	return session.Save(c.Request(), c.Response())
}

// closeSession ends the browser's session and takes its cookie away.
func (s *Server) closeSession(c echo.Context, cookie string) error {
	session, err := s.sessions.Get(c.Request(), cookie)
	if err != nil {
		return err
	}
	if err := s.endRow(c, cookie, session.ID); err != nil {
		return err
	}
	session.Options.MaxAge = -1
	return session.Save(c.Request(), c.Response())
}

func (s *Server) endRow(c echo.Context, cookie, key string) error {
	if key == "" {
		return nil
	}
	kind := store.SessionUser
	if cookie == staffCookie {
		kind = store.SessionStaff
	}
	return s.Portal.EndSession(c.Request().Context(), kind, secret.Text(key), stranger(c))
}

// readVisit is the user whose session the request's cookie opens; store.ErrNotFound when there is none.
func (s *Server) readVisit(c echo.Context) (store.Visit, error) {
	return subject[store.Visit](s, c, userCookie)
}

// readStaff is the member of the staff whose session the request's cookie opens; store.ErrNotFound when there is none.
func (s *Server) readStaff(c echo.Context) (store.Staff, error) {
	return subject[store.Staff](s, c, staffCookie)
}

func subject[T any](s *Server, c echo.Context, cookie string) (T, error) {
	session, err := s.sessions.Get(c.Request(), cookie)
	who, ok := session.Values[subjectKey{}].(T)
	if err == nil && !ok {
		err = store.ErrNotFound
	}
	return who, err
}

// readHostKey lets the host's server in by its API key. Wrong keys are answered slowly once there are many.
func (s *Server) readHostKey(c echo.Context) error {
	if s.apiKeys.Open(c.Request().Header.Get("Authorization")) {
		return nil
	}
	c.Response().Header().Set("WWW-Authenticate", `Bearer realm="portico"`)
	if !s.wrongKeys.Allow() {
		return echo.ErrTooManyRequests
	}
	return errHostKey
}

// stranger is who knocks at a door, before we know them.
func stranger(c echo.Context) store.Actor {
	return store.Actor{Address: c.RealIP(), RequestID: requestID(c)}
}

func noStore(c echo.Context) { c.Response().Header().Set("Cache-Control", "no-store") }
