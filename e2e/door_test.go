package e2e

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// TestDoor is how hosts bring their users, and how others fail to.
func TestDoor(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	in := configure(t, s, "http://"+freeAddress(t), "PORTICO_HOST_ORIGINS="+s.host)
	in.begin()

	knock := func(t *testing.T, token, path string) *browser {
		b := newBrowser(t)
		b.url = &url.URL{Scheme: "http", Host: hostOf(t, s.host), Path: "/integrations"}
		b.load("POST", in.portal+"/session", url.Values{"token": {token}, "path": {path}})
		return b
	}
	t.Run("a token is good once", func(t *testing.T) {
		in := in.with(t)
		token := in.token(nil)
		b := knock(t, token, "/integrations?tag=Finance")
		if b.status != 200 || b.url.RequestURI() != "/integrations?tag=Finance" {
			t.Fatalf("status %d at %s", b.status, b.url)
		}
		if again := knock(t, token, "/"); again.status != 401 || len(again.cookies.kept) != 0 {
			t.Errorf("once more: status %d, %d cookies", again.status, len(again.cookies.kept))
		}
		in.stop()
		in.begin()
		if again := knock(t, token, "/"); again.status != 401 {
			t.Errorf("after a restart: status %d", again.status)
		}
		if b.reload(); b.status != 200 {
			t.Errorf("the session is gone after a restart: status %d", b.status)
		}
	})
	in.doorAttacks(t, knock)
	t.Run("the path is one of ours", func(t *testing.T) {
		in := in.with(t)
		for _, path := range []string{"//evil.example", "https://evil.example", `/\evil.example`, "/%2e%2e//evil.example", "javascript:alert(1)", ""} {
			if b := knock(t, in.token(nil), path); b.url.Host != hostOf(t, in.portal) {
				t.Errorf("%q leads to %s", path, b.url)
			}
		}
	})
	t.Run("in the frame of a page", func(t *testing.T) {
		in := in.with(t)
		b := newBrowser(t)
		b.url = &url.URL{Scheme: "http", Host: hostOf(t, s.host), Path: "/integrations"}
		f := b.frame()
		f.load("POST", in.portal+"/session", url.Values{"token": {in.token(nil)}})
		if f.status != 200 || f.url.Path != "/integrations" {
			t.Fatalf("status %d at %s", f.status, f.url)
		}
		if policy := f.header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'self' "+s.host) || strings.Contains(policy, "unsafe") {
			t.Errorf("the policy is %s", policy)
		}
		top := b.tab()
		if top.open(in.portal + "/integrations"); top.status != 401 {
			t.Errorf("the frame's cookie opens a tab: status %d", top.status)
		}
		f.load("POST", in.portal+"/session/end", nil)
		if f.open(in.portal + "/integrations"); f.status != 401 {
			t.Errorf("after signing out: status %d", f.status)
		}
	})
	t.Run("the API ends sessions at once", func(t *testing.T) {
		in := in.with(t)
		p := in.newcomer()
		desk := in.visitor(claims{"sub": p.sub, "workspace": map[string]any{"id": "another"}})
		address := in.invite(claims{"sub": "once", "name": "Ona Once"})
		first, second := newBrowser(t), newBrowser(t)
		if first.open(address); first.status != 200 {
			t.Errorf("a one-time address: status %d", first.status)
		}
		if second.open(address); second.status != 401 {
			t.Errorf("a one-time address, once more: status %d", second.status)
		}
		status, answer := in.api("DELETE", "/api/v1/sessions?user="+p.sub, nil)
		if status != http.StatusOK || answer.get("ended").value != 2.0 {
			t.Errorf("ending sessions: status %d, %v", status, answer.value)
		}
		for _, b := range []*person{p, desk} {
			if b.reload(); b.status != 401 {
				t.Errorf("after that: status %d", b.status)
			}
		}
		stranger := in.site
		stranger.apiKey = rand.Text() + rand.Text()
		if status, answer := stranger.api("POST", "/api/v1/sessions", claims{"sub": "x"}); status != 401 || answer.get("status").value != 401.0 {
			t.Errorf("with another key: status %d, %v", status, answer.value)
		}
		if status, answer := stranger.api("GET", "/api/v1/openapi.json", nil); status != 200 || answer.text("openapi") != "3.1.0" {
			t.Errorf("the API's description: status %d, version %s", status, answer.text("openapi"))
		}
	})
	t.Run("another site's page changes nothing", func(t *testing.T) {
		p := in.with(t).newcomer()
		p.finds("Exchange rates")
		there := *p.url
		p.url = &url.URL{Scheme: "http", Host: "evil.example", Path: "/"}
		p.load("POST", there.String()+"/connect", nil)
		if p.status != 403 {
			t.Errorf("status %d", p.status)
		}
		p.open(in.portal + "/integrations")
		if p.doc.Find("[data-testid=mine]").Length() != 0 {
			t.Error("something is connected")
		}
	})
}

// doorAttacks are tokens that open nothing. The portal's own tests have many more.
func (in *installation) doorAttacks(t *testing.T, knock func(*testing.T, string, string) *browser) {
	t.Helper()
	now := time.Now()
	unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{
		"iss": in.issuer, "aud": in.portal, "sub": "x", "jti": "1", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{
		"expired":           in.token(claims{"iat": now.Add(-5 * time.Minute).Unix(), "exp": now.Add(-2 * time.Minute).Unix()}),
		"of another host":   in.token(claims{"iss": "https://evil.example"}),
		"for another one":   in.token(claims{"aud": "https://evil.example"}),
		"of the future":     in.token(claims{"iat": now.Add(time.Hour).Unix(), "exp": now.Add(time.Hour + time.Minute).Unix()}),
		"without an ID":     in.token(claims{"jti": nil}),
		"without an end":    in.token(claims{"exp": nil}),
		"good for too long": in.token(claims{"exp": now.Add(time.Hour).Unix()}),
		"unsigned":          unsigned,
		"signed otherwise":  in.token(nil) + "x",
		"garbage":           "garbage",
		"a lot of garbage":  strings.Repeat("garbage.", 1<<14),
	} {
		t.Run(name, func(t *testing.T) {
			b := knock(t, token, "/")
			if b.status != 401 && b.status != 413 {
				t.Errorf("status %d", b.status)
			}
			if len(b.cookies.kept) != 0 {
				t.Errorf("cookies are set: %d", len(b.cookies.kept))
			}
			if len(b.text()) < 40 || strings.Contains(b.html, token) {
				t.Errorf("the page says %s", b.text())
			}
		})
	}
}
