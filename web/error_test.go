package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/upstream"
)

func TestKnownErrors(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		again  bool
	}{
		{fmt.Errorf("reading: %w", store.ErrNotFound), 404, false},
		{&portal.Refusal{Code: "read_only"}, 403, false},
		{fmt.Errorf("x: %w", &portal.Refusal{Code: "not_ready"}), 409, false},
		{&portal.Refusal{Code: "name_long"}, 422, false},
		{&portal.Refusal{Code: "door_expired"}, 401, false},
		{&upstream.Error{Platform: "tray", Kind: upstream.Unavailable}, 502, true},
		{&upstream.Error{Platform: "tray", Kind: upstream.Forbidden}, 502, false},
		{echo.ErrNotFound, 404, false},
		{echo.ErrMethodNotAllowed, 405, false},
		{echo.ErrTooManyRequests, 429, true},
		{&http.MaxBytesError{Limit: 1}, 413, false},
		{errNoSession, 401, false},
		{errStaffSession, 401, false},
		{errForbidden, 403, false},
		{errors.New("anything else"), 500, true},
	} {
		if p := known(c.err); p.status != c.status || p.again != c.again {
			t.Errorf("%v: got %d, again %v; want %d, %v", c.err, p.status, p.again, c.status, c.again)
		}
	}
}

// What the person reads holds nothing of what the log keeps, and the two share the request's ID.
func TestErrorPage(t *testing.T) {
	h := newHouse(t)
	h.server.echo.GET("/broken", func(echo.Context) error { return errors.New("canary of the inside") })
	h.server.echo.GET("/panics", func(echo.Context) error { panic("canary of a panic") })
	for _, path := range []string{"/broken", "/panics"} {
		r := h.ask("GET", path+"?q=canary-query", nil)
		id := r.Header.Get("X-Request-Id")
		page := read(t, r).is(500).says("h1", "Something went wrong").says("code", id)
		if strings.Contains(page.text("html"), "canary") {
			t.Errorf("%s tells the person: %s", path, page.text("html"))
		}
		log := h.log.String()
		if id == "" || !strings.Contains(log, "canary of") || !strings.Contains(log, "request_id="+id) || strings.Contains(log, "canary-query") {
			t.Errorf("%s: the log of %q is: %s", path, id, log)
		}
		h.log.Reset()
	}
	r := h.ask("GET", "/broken", nil, "Accept", "application/json")
	var problem struct {
		Status            int
		Title, Detail, ID string `json:",omitempty"`
	}
	if err := json.NewDecoder(r.Body).Decode(&problem); err != nil || problem.Status != 500 || strings.Contains(problem.Detail, "canary") {
		t.Errorf("got %+v, %v", problem, err)
	}
}

func TestSessionThatHasEnded(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	d.cookies = map[string]string{}
	page := d.ask("GET", "/integrations", nil).is(401).says("h1", "session has ended").count("main[data-expired]", 1)
	page.count(`html[data-host-origins="https://host.example"]`, 1).count("html[data-path]", 0)
	for _, place := range []string{"/instances/01h00000000000000000000000", "/integrations/01h00000000000000000000000"} {
		action := map[bool]string{true: "/connect", false: "/off"}[strings.HasPrefix(place, "/integrations/")]
		page = d.post(place+action).is(401).count("main[data-expired]", 1)
		if at := page.Find("html").AttrOr("data-path", ""); at != place {
			t.Errorf("after a POST the place is %q, want %q", at, place)
		}
	}
	d.ask("GET", "/admin/workspaces", nil).is(401).count("[data-expired]", 0).count(`a[href="/in/admin/sign-in"]`, 1)
}

func TestNowhere(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	d.ask("GET", "/nowhere", nil).is(404).count("main[data-expired]", 0).count(`a[href="/in/integrations"]`, 1)
	d.ask("GET", "/instances/none", nil).is(404)
	d.ask("GET", "/integrations/none", nil).is(404)
	d.post("/integrations").is(405)
	d.ask("GET", "/instances/none/on", nil).is(405)
}

func TestProblemsAreForScripts(t *testing.T) {
	for accept, want := range map[string]bool{
		"application/json": true, "application/problem+json": true, "text/html,application/json;q=0.9": false, "*/*": false, "": false,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept", accept)
		if got := wantsJSON(r); got != want {
			t.Errorf("%q: got %v", accept, got)
		}
	}
}
