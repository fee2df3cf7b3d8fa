package web

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"portico/portal"
	"portico/secret"
	"portico/static"
	"portico/store"
	"portico/store/storetest"
	"portico/views/messages"
)

const (
	houseURL = "https://portal.example/portico"
	houseKey = "api-key-canary-91c2"
)

// house is a whole server over a store, and the host that signs people in.
type house struct {
	*testing.T
	server *Server
	portal *portal.Portal
	store  *store.Store
	clock  *storetest.Clock
	key    ed25519.PrivateKey
	log    *bytes.Buffer
}

func newHouse(t *testing.T) *house {
	t.Helper()
	s, c := storetest.Open(t)
	storetest.Account(t, s, "main")
	return houseAt(t, s, c)
}

var houseSigner = sync.OnceValue(func() ed25519.PrivateKey {
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	return key
})

func houseAt(t *testing.T, s *store.Store, c *storetest.Clock) *house {
	t.Helper()
	h := &house{T: t, store: s, clock: c, key: houseSigner(), log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	key := storetest.Must[portal.HostKey](t)(portal.HostPublicKey("", h.key.Public()))
	h.portal = storetest.Must[*portal.Portal](t)(portal.New(portal.Options{
		Store: s, Now: c.Now, Log: log, URL: houseURL, Host: portal.HostLogin{Issuer: "app", Audience: houseURL, Keys: []portal.HostKey{key}},
	}))
	h.server = storetest.Must[*Server](t)(New(Options{
		Store: s, Portal: h.portal, Assets: static.New("/portico"), Messages: storetest.Must[*messages.Bundle](t)(messages.Load()),
		Log: log, Now: c.Now, URL: houseURL, APIKeys: []secret.Text{"another", houseKey, ""},
	}))
	return h
}

func (h *house) token(sub string) string {
	h.Helper()
	now := h.clock.Now()
	return storetest.Must[string](h)(jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"iss": "app", "aud": houseURL, "sub": sub, "jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
		"workspace": map[string]any{"id": "acme"},
	}).SignedString(h.key))
}

// ask sends a request as a browser or a server does.
func (h *house) ask(method, path string, body io.Reader, headers ...string) *http.Response {
	h.Helper()
	r := httptest.NewRequest(method, "https://portal.example"+path, body)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.server.ServeHTTP(w, r)
	return w.Result()
}

// post sends a form as the host's page does: from another site.
func (h *house) post(path string, form url.Values, headers ...string) *http.Response {
	h.Helper()
	return h.ask("POST", path, strings.NewReader(form.Encode()), append([]string{
		"Content-Type", "application/x-www-form-urlencoded", "Origin", "https://app.example", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe",
	}, headers...)...)
}

// enter signs somebody in and returns the cookie that they send from then on.
func (h *house) enter(sub string, headers ...string) string {
	h.Helper()
	r := h.post("/session", url.Values{"token": {h.token(sub)}}, headers...)
	if r.StatusCode != http.StatusSeeOther {
		h.Fatalf("signing in: got %s", r.Status)
	}
	return h.cookie(r).Name + "=" + h.cookie(r).Value
}

func (h *house) cookie(r *http.Response) *http.Cookie {
	h.Helper()
	if got := r.Cookies(); len(got) != 1 {
		h.Fatalf("got the cookies %v, want one", got)
	}
	return r.Cookies()[0]
}

func (h *house) status(method, path, cookie string) int {
	h.Helper()
	r := h.ask(method, path, nil, "Cookie", cookie, "Sec-Fetch-Site", "same-origin")
	return r.StatusCode
}

func (h *house) wantStatus(path, cookie string, want int) {
	h.Helper()
	if got := h.status("GET", path, cookie); got != want {
		h.Errorf("%s: got %d, want %d", path, got, want)
	}
}

// silent checks that none of some secrets is in the log.
func (h *house) silent(secrets ...string) {
	h.Helper()
	for _, s := range secrets {
		if strings.Contains(h.log.String(), s) {
			h.Errorf("a secret is in the log:\n%s", h.log)
		}
	}
}

func TestTokenOpensASession(t *testing.T) {
	h := newHouse(t)
	token := h.token("ada")
	r := h.post("/session", url.Values{"token": {token}, "path": {"/integrations?tag=crm"}})
	if got := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || got != "/portico/integrations?tag=crm" {
		t.Errorf("got %s to %q", r.Status, got)
	}
	if got := r.Header.Get("Cache-Control") + ", " + r.Header.Get("Referrer-Policy"); got != "no-store, no-referrer" {
		t.Errorf("headers: got %q", got)
	}
	c := h.cookie(r)
	_, attributes, _ := strings.Cut(r.Header.Get("Set-Cookie"), "; ")
	attributes = attributes[:strings.Index(attributes, "Expires")] + attributes[strings.Index(attributes, "GMT; ")+5:]
	if want := "Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=None; Partitioned"; c.Name != "__Host-portico" || attributes != want {
		t.Errorf("cookie %s: got %q, want %q", c.Name, attributes, want)
	}
	h.wantStatus("/integrations", c.Name+"="+c.Value, http.StatusOK)
	h.wantStatus("/portico/integrations", c.Name+"="+c.Value, http.StatusOK)
	h.wantStatus("/integrations", c.Name+"="+c.Value+"x", http.StatusUnauthorized)
	h.wantStatus("/integrations", "", http.StatusUnauthorized)
	h.wantStatus("/admin/workspaces", "__Host-portico-staff="+c.Value, http.StatusUnauthorized)
	h.silent(token, c.Value)
}

func TestRefusedTokenIsAPlainPage(t *testing.T) {
	h := newHouse(t)
	used := h.token("ada")
	cookie := h.enter("ada")
	h.post("/session", url.Values{"token": {used}})
	for name, r := range map[string]*http.Response{
		"used":           h.post("/session", url.Values{"token": {used}}),
		"garbage":        h.post("/session", url.Values{"token": {"canary-garbage"}}),
		"in the address": h.post("/session?token="+h.token("ada"), url.Values{}),
		"no form":        h.post("/session", nil, "Content-Type", "text/plain"),
		"a bad form":     h.ask("POST", "/session", strings.NewReader("token=%zz&x;y"), "Content-Type", "application/x-www-form-urlencoded"),
	} {
		body, _ := io.ReadAll(r.Body)
		if r.StatusCode != http.StatusUnauthorized || len(r.Cookies()) > 0 || !strings.Contains(string(body), "Nothing was changed") || strings.Contains(string(body), "data-expired") {
			t.Errorf("%s: got %s, %v and %.2000s, want a plain page", name, r.Status, r.Cookies(), body)
		}
	}
	if got := storetest.Must[[]store.Event](t)(h.store.EventsByCode(t.Context(), "session.refused", 10)); len(got) != 5 {
		t.Errorf("got %d events, want 5", len(got))
	}
	h.wantStatus("/integrations", cookie, http.StatusOK) // who was in stays in
	h.silent(used, "canary-garbage")
}

// endless counts how much of it was read.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return copy(p, strings.Repeat("x", len(p))), nil
}

func TestTooMuchIsNotRead(t *testing.T) {
	h := newHouse(t)
	for name, length := range map[string]int64{"said": 1 << 20, "not said": -1} {
		body := &endless{}
		r := httptest.NewRequest("POST", "/session", body)
		r.ContentLength = length
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.server.ServeHTTP(w, r)
		if w.Code != http.StatusRequestEntityTooLarge || body.read > 3*maxBody || !strings.Contains(w.Body.String(), "Nothing was changed") {
			t.Errorf("%s: got %d after %d bytes, want 413 early", name, w.Code, body.read)
		}
	}
	events := storetest.Must[[]store.Event](t)(h.store.EventsByCode(t.Context(), "session.refused", 10))
	if len(events) != 2 || events[0].Args["reason"] != "door_large" {
		t.Errorf("got %+v, want two events", events)
	}
}

func TestNobodyIsLedElsewhere(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"//evil.example", "https://evil.example", `/\evil.example`, "/session/x", "/admin", "\t//evil.example", "/", ""} {
		r := h.post("/session", url.Values{"token": {h.token("ada")}, "path": {path}})
		if got := r.Header.Get("Location"); got != "/portico/integrations" {
			t.Errorf("%q: got %q, want the catalogue", path, got)
		}
	}
}

func TestSignInReplacesTheSession(t *testing.T) {
	h := newHouse(t)
	first := h.enter("ada")
	second := h.enter("bob", "Cookie", first)
	if first == second {
		t.Error("the key stayed the same")
	}
	h.wantStatus("/integrations", first, http.StatusUnauthorized)
	h.wantStatus("/integrations", second, http.StatusOK)
}

func TestSignOut(t *testing.T) {
	h := newHouse(t)
	cookie, other := h.enter("ada"), h.enter("ada")
	r := h.ask("POST", "/session/end", nil, "Cookie", cookie, "Sec-Fetch-Site", "same-origin")
	body, _ := io.ReadAll(r.Body)
	c := h.cookie(r)
	if r.StatusCode != http.StatusOK || c.MaxAge >= 0 || c.Value != "" || !c.Partitioned || !c.Secure || strings.Contains(string(body), "data-expired") {
		t.Errorf("got %s, %+v", r.Status, c)
	}
	h.wantStatus("/integrations", cookie, http.StatusUnauthorized)
	h.wantStatus("/integrations", other, http.StatusOK)
	if got := h.status("POST", "/session/end", ""); got != http.StatusUnauthorized {
		t.Errorf("without a session: got %d", got)
	}
}

func TestTicketAddress(t *testing.T) {
	h := newHouse(t)
	i := storetest.Must[portal.Invitation](t)(h.portal.Invite(t.Context(), portal.Claims{Subject: "ada"}, "/integrations?q=x", store.Actor{Kind: store.ActorHost}))
	address := "/session/" + i.Ticket.Reveal()
	if got := h.status("HEAD", address, ""); got != http.StatusNoContent {
		t.Errorf("HEAD: got %d", got)
	}
	r := h.ask("GET", address, nil)
	if got := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || got != "/portico/integrations?q=x" || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %s to %q", r.Status, got)
	}
	h.wantStatus("/integrations", h.cookie(r).Name+"="+h.cookie(r).Value, http.StatusOK)
	again := h.ask("GET", address, nil)
	body, _ := io.ReadAll(again.Body)
	if again.StatusCode != http.StatusUnauthorized || len(again.Cookies()) > 0 || strings.Contains(string(body), i.Ticket.Reveal()) {
		t.Errorf("again: got %s and %s", again.Status, body)
	}
	h.silent(i.Ticket.Reveal())
}

func TestStaffTicketAddress(t *testing.T) {
	h := newHouse(t)
	m := storetest.Must[store.Staff](t)(h.portal.CreateStaff(t.Context(), store.Actor{Kind: store.ActorStaff}, "sam@example.com", "Sam", store.StaffAdmin, "a long enough one"))
	i := storetest.Must[portal.Invitation](t)(h.portal.InviteStaffReusable(t.Context(), m.ID, "/admin/workspaces"))
	if got := h.status("HEAD", "/admin/session/"+i.Ticket.Reveal(), ""); got != http.StatusNoContent {
		t.Errorf("HEAD: got %d", got)
	}
	var cookies []string
	for range 2 {
		r := h.ask("GET", "/admin/session/"+i.Ticket.Reveal(), nil)
		c := h.cookie(r)
		if got := r.Header.Get("Location"); got != "/portico/admin/workspaces" || c.SameSite != http.SameSiteLaxMode || c.Partitioned || !c.Secure || !c.HttpOnly || c.Path != "/" {
			t.Errorf("got %q and %+v", got, c)
		}
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	h.wantStatus("/admin/workspaces", cookies[0], http.StatusOK)
	h.wantStatus("/admin/workspaces", cookies[1], http.StatusOK)
	h.wantStatus("/integrations", strings.Replace(cookies[0], "-staff", "", 1), http.StatusUnauthorized)
	h.wantStatus("/admin/session/nothing", "", http.StatusUnauthorized)
	h.silent(i.Ticket.Reveal())
}

func TestSessionsRunOut(t *testing.T) {
	h := newHouse(t)
	idle, used := h.enter("ada"), h.enter("bob")
	for range 23 {
		h.clock.Advance(time.Hour)
		h.wantStatus("/integrations", used, http.StatusOK)
	}
	h.wantStatus("/integrations", idle, http.StatusUnauthorized)
	h.clock.Advance(time.Hour)
	h.wantStatus("/integrations", used, http.StatusUnauthorized)
}

func TestUseIsStoredOnceAMinute(t *testing.T) {
	h := newHouse(t)
	cookie := h.enter("ada")
	seen := func() time.Time {
		users := storetest.Must[[]store.User](t)(h.store.UsersByExternalID(t.Context(), "ada"))
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", cookie)
		key := storetest.Must[string](t)(h.server.sessions.open(r, userCookie))
		v := storetest.Must[store.Visit](t)(h.store.Visit(t.Context(), key))
		if len(users) != 1 || v.User.ID != users[0].ID {
			t.Fatalf("got %+v", v)
		}
		return v.Session.SeenAt.Time
	}
	began := seen()
	h.clock.Advance(59 * time.Second)
	h.wantStatus("/integrations", cookie, http.StatusOK)
	if got := seen(); !got.Equal(began) {
		t.Errorf("within a minute: got %s, want %s", got, began)
	}
	h.clock.Advance(time.Second)
	h.wantStatus("/integrations", cookie, http.StatusOK)
	if got := seen(); !got.Equal(h.clock.Now()) {
		t.Errorf("after a minute: got %s, want %s", got, h.clock.Now())
	}
}

func TestCookieKeysRotate(t *testing.T) {
	h := newHouse(t)
	h.clock.Advance(30*24*time.Hour - time.Hour)
	before := h.enter("ada")
	h.clock.Advance(time.Hour)
	other := houseAt(t, h.store, h.clock) // a process that starts now makes new keys
	if pairs := storetest.Must[[]store.SessionKeys](t)(h.store.SessionKeys(context.Background())); len(pairs) != 2 {
		t.Fatalf("got %d pairs of keys, want two", len(pairs))
	}
	other.wantStatus("/integrations", before, http.StatusOK)
	h.server.sessions.read = h.clock.Now() // it has just looked, and knows the old keys alone
	h.wantStatus("/integrations", other.enter("bob"), http.StatusOK)
	h.wantStatus("/integrations", before, http.StatusOK)
}

// call asks the API with a key and reads the JSON that it answers.
func (h *house) call(method, path, key, body string) (*http.Response, map[string]any) {
	h.Helper()
	r := h.ask(method, path, strings.NewReader(body), "Authorization", "Bearer "+key, "Content-Type", "application/json")
	var answer map[string]any
	if err := json.NewDecoder(r.Body).Decode(&answer); err != nil {
		h.Fatalf("%s %s: %s, %v", method, path, r.Status, err)
	}
	return r, answer
}

func TestAPISession(t *testing.T) {
	h := newHouse(t)
	r, got := h.call("POST", "/api/v1/sessions", houseKey, `{
		"sub": "ada", "name": "Ada", "role": "admin", "tags": [], "workspace": {"id": "acme", "attributes": {"plan": "gold"}},
		"path": "/integrations?q=x", "iss": "app", "aud": ["a"], "iat": 1, "exp": 2, "jti": "x"}`)
	address, _ := got["url"].(string)
	if r.StatusCode != http.StatusCreated || !strings.HasPrefix(address, houseURL+"/session/") || got["expires_at"] != "2026-11-20T12:01:00Z" || len(got) != 2 {
		t.Fatalf("got %s %v", r.Status, got)
	}
	in := h.ask("GET", strings.TrimPrefix(address, "https://portal.example"), nil)
	cookie := h.cookie(in).Name + "=" + h.cookie(in).Value
	h.wantStatus("/integrations", cookie, http.StatusOK)
	u := storetest.Must[[]store.User](t)(h.store.UsersByExternalID(t.Context(), "ada"))[0]
	if u.Role != store.RoleAdmin || u.Tags == nil || len(u.Tags) != 0 {
		t.Errorf("got %+v, want an admin who may see nothing", u)
	}
	// Ended: over with the next request.
	if _, got := h.call("DELETE", "/api/v1/sessions?user=ada", houseKey, ""); got["ended"] != 1.0 {
		t.Errorf("got %v, want one ended", got)
	}
	h.wantStatus("/integrations", cookie, http.StatusUnauthorized)
	if r, got := h.call("DELETE", "/api/v1/sessions?user=nobody", houseKey, ""); r.StatusCode != http.StatusOK || got["ended"] != 0.0 {
		t.Errorf("got %s %v, want none ended", r.Status, got)
	}
	h.silent(houseKey, address[len(houseURL+"/session/"):])
}

func TestAPIRefuses(t *testing.T) {
	h := newHouse(t)
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		says               string
	}{
		"no sub":          {"POST", "/api/v1/sessions", `{}`, 422, "sub"},
		"an unknown role": {"POST", "/api/v1/sessions", `{"sub":"a","role":"owner"}`, 422, "role"},
		"a typing error":  {"POST", "/api/v1/sessions", `{"sub":"a","worksapce":{"id":"b"}}`, 422, "worksapce"},
		"tags of null":    {"POST", "/api/v1/sessions", `{"sub":"a","tags":null}`, 422, "tags"},
		"a line in sub":   {"POST", "/api/v1/sessions", `{"sub":"a\nb"}`, 422, "door_claims"},
		"another's own":   {"POST", "/api/v1/sessions", `{"sub":"a","workspace":{"id":"user:b"}}`, 422, "workspace.id"},
		"an account":      {"POST", "/api/v1/sessions", `{"sub":"a","workspace":{"id":"b","account":"none"}}`, 422, "door_account"},
		"a path":          {"POST", "/api/v1/sessions", `{"sub":"a","path":"//evil.example"}`, 422, "door_path"},
		"no JSON":         {"POST", "/api/v1/sessions", `sub=a`, 400, "request_id"},
		"too much":        {"POST", "/api/v1/sessions", `{"sub":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "large"},
		"no user":         {"DELETE", "/api/v1/sessions", ``, 422, "user"},
	} {
		r, got := h.call(c.method, c.path, houseKey, c.body)
		text, _ := json.Marshal(got)
		if r.StatusCode != c.status || r.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(string(text), c.says) {
			t.Errorf("%s: got %s, %s, %.500s, want %d that says %s", name, r.Status, r.Header.Get("Content-Type"), text, c.status, c.says)
		}
		if got["request_id"] != r.Header.Get("X-Request-Id") || got["status"] != float64(c.status) {
			t.Errorf("%s: got %.500s, want the request's ID and status", name, text)
		}
	}
	if users := storetest.Must[[]store.User](t)(h.store.UsersByExternalID(t.Context(), "a")); len(users) > 0 {
		t.Errorf("got %+v, want nobody stored", users)
	}
}

func TestAPIKey(t *testing.T) {
	h := newHouse(t)
	for _, authorization := range []string{"", "Bearer", "Bearer ", "Bearer wrong", houseKey, "Basic " + houseKey, "Bearer " + houseKey + "x"} {
		r := h.ask("DELETE", "/api/v1/sessions?user=x", nil, "Authorization", authorization)
		if r.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(r.Header.Get("WWW-Authenticate"), "Bearer") || r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%q: got %s, %v", authorization, r.Status, r.Header)
		}
	}
	limited := false
	for range 30 {
		limited = h.ask("DELETE", "/api/v1/sessions?user=x", nil, "Authorization", "Bearer wrong").StatusCode == http.StatusTooManyRequests || limited
	}
	if !limited {
		t.Error("wrong keys are not limited")
	}
	if r, _ := h.call("DELETE", "/api/v1/sessions?user=x", houseKey, ""); r.StatusCode != http.StatusOK {
		t.Errorf("the right key: got %s", r.Status)
	}
	if r := h.ask("DELETE", "/api/v1/sessions?user=x", nil, "Authorization", "bearer another"); r.StatusCode != http.StatusOK {
		t.Errorf("another key: got %s", r.Status)
	}
	h.silent(houseKey)
}

func TestAPIDescribesItself(t *testing.T) {
	h := newHouse(t)
	r, got := h.call("GET", "/api/v1/openapi.json", "", "")
	paths, _ := got["paths"].(map[string]any)
	if r.StatusCode != http.StatusOK || !strings.HasPrefix(got["openapi"].(string), "3.1") || paths["/api/v1/sessions"] == nil {
		t.Errorf("got %s %v", r.Status, got)
	}
	text, _ := json.Marshal(got)
	for _, want := range []string{`"request_id"`, `"bearer"`, houseURL, `"201"`, `"additionalProperties":false`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
	if strings.Contains(string(text), "$schema") {
		t.Error("links to schemas that are not served")
	}
	for _, path := range []string{"/docs", "/api/v1/docs", "/openapi.json", "/schemas/x.json"} {
		h.wantStatus(path, "", http.StatusNotFound)
	}
}
