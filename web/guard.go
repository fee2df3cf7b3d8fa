package web

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
)

// Where a guard leaves who asks, for the handler behind it.
const (
	visitKey = "visit"
	staffKey = "staff"
)

// errNoSession says that a page needs a session and there is none, or it has ended.
var errNoSession = errors.New("there is no session")

// errStaffSession is the same at the staff's door.
var errStaffSession = errors.New("there is no staff session")

// errForbidden says that who asks is known and may not.
var errForbidden = errors.New("not allowed")

// guard lets a handler answer those whom its route serves, and nobody else.
func (s *Server) guard(serves access, handle echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Request().Pattern = c.Path() // for the log
		if r := c.Request(); r.Method != http.MethodGet && r.Method != http.MethodHead {
			c.SetRequest(r.WithContext(portal.WithRequest(r.Context(), requestID(c)))) // what it calls is found by its ID
		}
		if err := s.admit(c, serves); err != nil {
			return err
		}
		if serves != anyone && serves != hostKey {
			if err := c.Request().ParseForm(); err != nil { // here, since FormValue says nothing of a form that is too large
				return unreadable(c.Request(), err)
			}
		}
		return handle(c)
	}
}

// unreadable is a form that cannot be read: too large, or no form.
func unreadable(r *http.Request, err error) error {
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		waste(r)
		return large
	}
	return echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
}

// admit finds out who asks, and refuses whom a route does not serve.
func (s *Server) admit(c echo.Context, serves access) error {
	switch serves {
	case anyone:
		return nil
	case user, member:
		c.Response().Header().Set("Cache-Control", "no-store")
		v, err := s.readVisit(c)
		if errors.Is(err, store.ErrNotFound) {
			return errNoSession
		}
		if err != nil {
			return err
		}
		c.Set(visitKey, v)
		if serves == member && v.User.Role == store.RoleViewer {
			return &portal.Refusal{Code: "read_only"}
		}
		return nil
	case staffViewer, staffSupport, staffAdmin:
		c.Response().Header().Set("Cache-Control", "no-store")
		m, err := s.readStaff(c)
		if errors.Is(err, store.ErrNotFound) {
			return errStaffSession
		}
		if err != nil {
			return err
		}
		c.Set(staffKey, m)
		if rank(m.Role) < serves {
			return errForbidden
		}
		return nil
	case hostKey:
		c.Response().Header().Set("Cache-Control", "no-store")
		return s.readHostKey(c)
	}
	return errForbidden
}

// rank is the most that a staff role may do.
func rank(role string) access {
	switch role {
	case store.StaffAdmin:
		return staffAdmin
	case store.StaffSupport:
		return staffSupport
	case store.StaffViewer:
		return staffViewer
	}
	return undeclared
}

// visit is who asks, on routes that serve users.
func visit(c echo.Context) store.Visit { return c.Get(visitKey).(store.Visit) }

// staff is who asks, on routes that serve staff.
func staff(c echo.Context) store.Staff { return c.Get(staffKey).(store.Staff) }

// who is the person who asks, as the portal wants them.
func who(c echo.Context) portal.Who {
	v := visit(c)
	return portal.Who{User: v.User, Workspace: v.Workspace, Actor: store.Actor{
		Kind: store.ActorUser, ID: v.User.ID, Name: v.User.Name, Address: c.RealIP(), RequestID: requestID(c),
	}}
}

// staffActor is the staff member who asks, as the portal wants them.
func staffActor(c echo.Context) store.Actor {
	m := staff(c)
	return store.Actor{Kind: store.ActorStaff, ID: m.ID, Name: cmp.Or(m.Name, m.Email), Address: c.RealIP(), RequestID: requestID(c)}
}

// requestID is the ID that joins what the person reads with what the log keeps.
func requestID(c echo.Context) string { return c.Response().Header().Get(requestIDHeader) }

// framed says whether a page is shown, or will be, inside another site's page.
func framed(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "iframe", "frame", "embed", "object":
		return true
	case "document":
		return false
	}
	return r.Header.Get("X-Framed") != "" // requests of scripts say what the page they come from was told
}
