package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portico/store"
)

func TestHeaders(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	d.integration("Deals")
	for path, frames := range map[string]string{
		"/in/integrations": "frame-ancestors 'self' https://host.example", "/in/nowhere": "frame-ancestors 'self' https://host.example",
		"/in/admin/sign-in": "frame-ancestors 'none'", "/in/admin/nowhere": "frame-ancestors 'none'",
	} {
		h := d.answer("GET", path, nil).Header
		policy := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "form-action 'self'", frames} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy lacks %q: %s", path, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
			t.Errorf("%s: the policy is loose: %s", path, policy)
		}
		if got, want := strings.Contains(policy, d.account.DialogURL), !strings.Contains(path, "/admin"); got != want {
			t.Errorf("%s: that forms may lead to the dialogs is %v, want %v: %s", path, got, want, policy)
		}
		for name, want := range map[string]string{
			"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
			"Strict-Transport-Security": "max-age=31536000", "Cross-Origin-Opener-Policy": "",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
}

// Nothing in a page runs or styles from within, so that the policy costs nothing.
func TestNothingInline(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	in := d.has("u", d.integration("Deals"), store.Enabled)
	d.has("u", d.integration("Steps"), store.Authorizing)
	for _, path := range []string{"/integrations", "/instances/" + in.ID, "/instances/" + in.ID + "/disconnect", "/nowhere", "/admin/sign-in"} {
		page := d.ask("GET", path, nil)
		page.count("style, [style], script:not([src]), [onclick], [onload]", 0).count("script[integrity], link[rel=stylesheet][integrity]", 3)
	}
}

func TestOtherSitesChangeNothing(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	in := d.has("u", d.integration("Deals"), store.Enabled)
	d.change(in, func(in *store.Instance) { in.WantEnabled = true })
	for _, site := range []string{"cross-site", "same-site"} {
		r := d.answer("POST", "/in/instances/"+in.ID+"/off", url.Values{}, "Sec-Fetch-Site", site, "Origin", "https://evil.example")
		if r.StatusCode != http.StatusForbidden {
			t.Errorf("%s: got %s", site, r.Status)
		}
	}
	now, err := d.store.Instance(d.ctx, in.ID)
	if err != nil || !now.WantEnabled {
		t.Errorf("it was turned off: %v", err)
	}
}

func TestLargeBodies(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	in := d.has("u", d.integration("Deals"), store.Enabled)
	d.post("/instances/"+in.ID+"/rename", "name", strings.Repeat("x", 5*maxForm)).is(413)
}

func TestCompression(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	for n := range perPage {
		d.integration(strings.Repeat("Integration ", 3) + string(rune('A'+n)))
	}
	r := d.answer("GET", "/in/integrations", nil, "Accept-Encoding", "gzip")
	packed, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("got %v, %v", r.Header, err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if page, err := io.ReadAll(z); err != nil || !bytes.Contains(page, []byte("</html>")) || len(packed) > len(page)/4 {
		t.Errorf("%d bytes became %d, %v", len(page), len(packed), err)
	}
}

func TestPathOfTheAddress(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	for path, want := range map[string]int{"/in": 308, "/in/": 303, "/in/integrations": 200, "/integrations": 200, "/inside": 404} {
		if r := d.answer("GET", path, nil); r.StatusCode != want {
			t.Errorf("%s: got %s, want %d", path, r.Status, want)
		}
	}
	d.get("/integrations").count(`html[data-base="/in"]`, 1).count(`link[href^="/in/static/portal-"]`, 1)
}

func TestHealth(t *testing.T) {
	d := newDesk(t)
	for _, method := range []string{"GET", "HEAD"} {
		d.ask(method, "/healthz", nil).is(200)
		d.ask(method, "/readyz", nil).is(200)
	}
	d.server.Working = func() error { return http.ErrServerClosed }
	if page := d.ask("GET", "/readyz", nil).is(503); !strings.Contains(page.body, `"jobs":"not ready"`) {
		t.Errorf("got %s", page.body)
	}
	d.ask("GET", "/healthz", nil).is(200)
}

// The log has a line a request, and no line says what was in an address.
func TestLog(t *testing.T) {
	h := newHouse(t)
	h.ask("GET", "/session/ticket-canary?q=query-canary", nil)
	log := h.log.String()
	if !strings.Contains(log, "route=/session/:ticket") || !strings.Contains(log, "status=401") || strings.Contains(log, "canary") {
		t.Errorf("got %s", log)
	}
}

func TestRoutes(t *testing.T) {
	s := newHouse(t).server
	seen := map[string]bool{}
	for _, r := range s.routes() {
		if r.serves == undeclared || seen[r.method+r.path] {
			t.Errorf("%s %s: undeclared or twice", r.method, r.path)
		}
		seen[r.method+r.path] = true
	}
	if err := s.add(route{method: "GET", path: "/forgotten"}); err == nil || !strings.Contains(err.Error(), "/forgotten") {
		t.Errorf("a route that serves nobody in particular: got %v", err)
	}
}
