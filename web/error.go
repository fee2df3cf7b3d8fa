package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/upstream"
	"portico/views"
)

var (
	errPanic     = errors.New("a panic, logged with its stack")
	errCrossSite = errors.New("a change asked for by another site's page")
)

// problem is an error as a person reads it: a status and a kind, whose texts are error.KIND.title and error.KIND.text.
type problem struct {
	status int
	kind   string
	args   []any
	text   string // key of the text, where it is not error.KIND.text
	again  bool   // worth trying again
	silent bool   // nothing for the log: the person alone can mend it
}

// known says what an error is to the person who meets it.
func known(err error) problem {
	var refusal *portal.Refusal
	var up *upstream.Error
	var he *echo.HTTPError
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, errNoSession):
		return problem{status: http.StatusUnauthorized, kind: "session", silent: true}
	case errors.Is(err, errStaffSession):
		return problem{status: http.StatusUnauthorized, kind: "staff_session", silent: true}
	case errors.Is(err, errHostKey):
		return problem{status: http.StatusUnauthorized, kind: "host_key", silent: true}
	case errors.Is(err, errForbidden):
		return problem{status: http.StatusForbidden, kind: "forbidden"}
	case errors.Is(err, errCrossSite):
		return problem{status: http.StatusForbidden, kind: "cross_site"}
	case errors.As(err, &refusal):
		return refused(refusal)
	case errors.Is(err, store.ErrNotFound):
		return problem{status: http.StatusNotFound, kind: "not_found", silent: true}
	case errors.Is(err, store.ErrInvalid):
		return problem{status: http.StatusBadRequest, kind: "request", silent: true}
	case errors.As(err, &up):
		return silentPlatform(up)
	case errors.As(err, &large):
		return problem{status: http.StatusRequestEntityTooLarge, kind: "too_large"}
	case errors.Is(err, context.Canceled):
		return problem{status: 499, kind: "internal", silent: true} // the browser has gone, nobody reads this
	case errors.As(err, &he):
		return answered(he)
	}
	return problem{status: http.StatusInternalServerError, kind: "internal", again: true}
}

// refused is what the portal will not do. Who only looks is told so; all else is a conflict with how things are.
func refused(r *portal.Refusal) problem {
	p := problem{status: http.StatusConflict, kind: "refusal", text: "refusal." + r.Code, silent: true}
	for name, value := range r.Args {
		p.args = append(p.args, name, value)
	}
	if strings.HasPrefix(r.Code, "door_") {
		p.kind, p.status = "door", http.StatusUnauthorized
	}
	switch r.Code {
	case "door_large":
		p.status = http.StatusRequestEntityTooLarge
	case "staff_refused":
		p.status = http.StatusUnauthorized
	case "staff_wait":
		p.status = http.StatusTooManyRequests
	case "read_only":
		p.status = http.StatusForbidden
	case "not_found":
		p.status = http.StatusNotFound
	case "name_empty", "name_long":
		p.status = http.StatusUnprocessableEntity
	}
	return p
}

// platforms are the names that people know the platforms by.
var platforms = map[string]string{"tray": "Tray", "activepieces": "Activepieces"}

func silentPlatform(e *upstream.Error) problem {
	name := platforms[e.Platform]
	if name == "" {
		name = e.Platform
	}
	p := problem{status: http.StatusBadGateway, kind: "upstream", args: []any{"platform", name}, again: e.Temporary()}
	if !p.again {
		p.text = "error.upstream.refused"
	}
	return p
}

func answered(e *echo.HTTPError) problem {
	switch e.Code {
	case http.StatusNotFound:
		return problem{status: e.Code, kind: "not_found", silent: true}
	case http.StatusMethodNotAllowed:
		return problem{status: e.Code, kind: "method", silent: true}
	case http.StatusTooManyRequests:
		return problem{status: e.Code, kind: "too_many", again: true, silent: true}
	}
	if e.Code >= 500 {
		return problem{status: e.Code, kind: "internal", again: true}
	}
	return problem{status: e.Code, kind: "request", silent: true}
}

// fail is the one place that turns an error into an answer: a page, or a problem (RFC 9457) for those who ask for JSON.
// What the person reads and what the log keeps are different texts; the request ID joins them.
func (s *Server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		s.Log.ErrorContext(c.Request().Context(), "after the answer had begun", "err", err, "request_id", requestID(c))
		return
	}
	if c.Request().Pattern == "" {
		c.Request().Pattern = c.Path()
	}
	p := known(err)
	if !p.silent {
		s.Log.ErrorContext(c.Request().Context(), "answering with an error", "status", p.status, "err", err, "request_id", requestID(c))
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	if err := s.tell(c, p); err != nil {
		s.Log.ErrorContext(c.Request().Context(), "showing an error", "err", err, "request_id", requestID(c))
	}
}

func (s *Server) tell(c echo.Context, p problem) error {
	page := s.page(c)
	text := p.text
	if text == "" {
		text = "error." + p.kind + ".text"
	}
	e := views.ErrorPage{
		Page: page, Status: p.status, Title: page.T("error."+p.kind+".title", p.args...), Text: page.T(text, p.args...),
		Again: p.again, Expired: p.kind == "session", Staff: p.kind == "staff_session",
	}
	e.Back = s.back(c, p)
	if c.Request().Method != http.MethodGet || p.kind == "door" {
		at := e.Back // the address of a POST, or a ticket's, cannot be asked for again
		e.At = &at
	}
	if wantsJSON(c.Request()) || strings.HasPrefix(c.Request().URL.Path, "/api/") {
		return writeProblem(c, e)
	}
	return s.render(c, p.status, views.Error(e))
}

// back is where a person goes on after an error: the instance it was about, else the catalogue, as a path of ours.
func (s *Server) back(c echo.Context, p problem) string {
	// Whoever has to sign in again comes back to where they were.
	customers := (c.Get(visitKey) != nil || p.kind == "session") && p.status != http.StatusNotFound
	if id := c.Param("instance"); id != "" && customers {
		return "/instances/" + url.PathEscape(id)
	}
	if id := c.Param("integration"); id != "" && customers {
		return "/integrations/" + url.PathEscape(id)
	}
	if id := c.Param("automation"); id != "" && customers {
		return "/automations/" + url.PathEscape(id)
	}
	if _, ok := c.Get(staffKey).(store.Staff); ok {
		return "/admin"
	}
	return "/integrations"
}

func writeProblem(c echo.Context, e views.ErrorPage) error {
	body, err := json.Marshal(map[string]any{
		"type": "about:blank", "title": e.Title, "status": e.Status, "detail": e.Text, "request_id": e.RequestID, "temporary": e.Again,
	})
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Length", strconv.Itoa(len(body)))
	return c.Blob(e.Status, "application/problem+json", body)
}
