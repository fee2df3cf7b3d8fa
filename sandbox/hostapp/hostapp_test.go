package hostapp

import (
	"crypto/ed25519"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/net/html"
)

const portalURL = "http://127.0.0.1:8080/portal"

// visitor is a browser without scripts at a Northwind of its own.
type visitor struct {
	t      *testing.T
	client *http.Client
	url    string
	public ed25519.PublicKey
	now    time.Time
}

func visit(t *testing.T) *visitor {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatalf("making a key: %v", err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatalf("making a cookie jar: %v", err)
	}
	v := &visitor{t: t, client: &http.Client{Jar: jar}, public: public, now: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
	s := httptest.NewServer(New(Options{
		URL: "http://localhost:8081", PortalURL: portalURL + "/", Key: private, KeyID: "key-1",
		Issuer: "northwind", Audience: "portico", Now: func() time.Time { return v.now },
	}))
	t.Cleanup(s.Close)
	v.url = s.URL
	return v
}

// read sends a request and returns the answer, and its page as a browser without scripts reads it.
func (v *visitor) read(r *http.Request) (*http.Response, *goquery.Document) {
	v.t.Helper()
	answer, err := v.client.Do(r)
	if err != nil {
		v.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer answer.Body.Close()
	node, err := html.ParseWithOptions(answer.Body, html.ParseOptionEnableScripting(false))
	if err != nil {
		v.t.Fatalf("parsing %s: %v", r.URL, err)
	}
	return answer, goquery.NewDocumentFromNode(node)
}

func (v *visitor) get(path string) (*http.Response, *goquery.Document) {
	v.t.Helper()
	r, err := http.NewRequest(http.MethodGet, v.url+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.read(r)
}

func (v *visitor) post(path string, fields url.Values, headers ...string) (*http.Response, *goquery.Document) {
	v.t.Helper()
	r, err := http.NewRequest(http.MethodPost, v.url+path, strings.NewReader(fields.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return v.read(r)
}

// signIn uses the button of a demo login.
func (v *visitor) signIn(email string) {
	v.t.Helper()
	_, page := v.get("/login")
	form := page.Find(`form:has(input[name="email"][value="` + email + `"])`)
	if form.Length() != 1 {
		v.t.Fatalf("%d buttons for %s, want 1", form.Length(), email)
	}
	fields := url.Values{}
	form.Find("input").Each(func(_ int, input *goquery.Selection) {
		fields.Set(input.AttrOr("name", ""), input.AttrOr("value", ""))
	})
	answer, _ := v.post(form.AttrOr("action", ""), fields)
	if got := answer.Request.URL.Path; got != "/dashboard" {
		v.t.Fatalf("signing in as %s leads to %s, want /dashboard", email, got)
	}
}

// token asks for a token as the embedded element does, and checks it as the portal does.
func (v *visitor) token() jwt.MapClaims {
	v.t.Helper()
	r, err := http.NewRequest(http.MethodPost, v.url+"/portico-token", nil)
	if err != nil {
		v.t.Fatal(err)
	}
	answer, err := v.client.Do(r)
	if err != nil {
		v.t.Fatalf("asking for a token: %v", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		v.t.Fatalf("asking for a token: %d, %v", answer.StatusCode, err)
	}
	if got := answer.Header.Get("Cache-Control"); got != "no-store" {
		v.t.Errorf("token: Cache-Control = %q, want no-store", got)
	}
	if got := answer.Header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
		v.t.Errorf("token: Content-Type = %q", got)
	}
	return v.claims(string(body))
}

func (v *visitor) claims(token string) jwt.MapClaims {
	v.t.Helper()
	claims := jwt.MapClaims{}
	parsed, err := jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return v.public, nil },
		jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithIssuer("northwind"), jwt.WithAudience("portico"),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(func() time.Time { return v.now }))
	if err != nil {
		v.t.Fatalf("the token does not verify: %v", err)
	}
	if got := parsed.Header["kid"]; got != "key-1" {
		v.t.Errorf("kid = %v, want key-1", got)
	}
	return claims
}

func TestTokenSaysWhoIsLooking(t *testing.T) {
	tests := []struct{ email, sub, name, role, workspace string }{
		{"billy@northwind.example", "u_1042", "Billy Ortiz", "admin", "org_1234"},
		{"nancy@northwind.example", "u_1043", "Nancy Freehafer", "member", "org_1234"},
		{"carla@contoso.example", "u_2001", "Carla Weiss", "admin", "org_1235"},
		{"omar@contoso.example", "u_2002", "Omar Haddad", "member", "org_1235"},
	}
	v := visit(t)
	ids := map[any]bool{}
	for _, tt := range tests {
		v.signIn(tt.email)
		got := v.token()
		workspace, _ := got["workspace"].(map[string]any)
		for what, pair := range map[string][2]any{
			"sub": {got["sub"], tt.sub}, "name": {got["name"], tt.name}, "email": {got["email"], tt.email},
			"role": {got["role"], tt.role}, "workspace": {workspace["id"], tt.workspace},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s: %s = %v, want %v", tt.email, what, pair[0], pair[1])
			}
		}
		if life := got["exp"].(float64) - got["iat"].(float64); life <= 0 || life > 300 {
			t.Errorf("%s: the token lives for %v s, want at most 300", tt.email, life)
		}
		if _, ok := workspace["attributes"].(map[string]any)["plan"].(string); !ok {
			t.Errorf("%s: no text attribute plan in %v", tt.email, workspace)
		}
		ids[got["jti"]] = true
	}
	if len(ids) != len(tests) || ids[nil] || ids[""] {
		t.Errorf("token IDs are not unique: %v", ids)
	}
}

func TestTokenIsRefused(t *testing.T) {
	v := visit(t)
	if answer, _ := v.post("/portico-token", nil); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a stranger got %d, want 401", answer.StatusCode)
	}
	v.signIn("billy@northwind.example")
	for _, site := range []string{"cross-site", "same-site"} {
		if answer, _ := v.post("/portico-token", nil, "Sec-Fetch-Site", site); answer.StatusCode != http.StatusForbidden {
			t.Errorf("Sec-Fetch-Site %s got %d, want 403", site, answer.StatusCode)
		}
	}
	if answer, _ := v.post("/portico-token", nil, "Sec-Fetch-Site", "same-origin"); answer.StatusCode != http.StatusOK {
		t.Errorf("Sec-Fetch-Site same-origin got %d, want 200", answer.StatusCode)
	}
	if answer, _ := v.get("/portico-token"); answer.StatusCode != http.StatusNotFound {
		t.Errorf("GET got %d, want 404", answer.StatusCode)
	}
	v.now = v.now.Add(sessionLife + time.Second)
	if answer, _ := v.post("/portico-token", nil); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("after the session's end: got %d, want 401", answer.StatusCode)
	}
}

func TestIntegrationsPage(t *testing.T) {
	v := visit(t)
	if answer, _ := v.get("/integrations"); answer.Request.URL.RequestURI() != "/login?next=%2Fintegrations" {
		t.Errorf("a stranger is led to %s", answer.Request.URL.RequestURI())
	}
	v.signIn("nancy@northwind.example")
	answer, page := v.get("/integrations")
	element := page.Find("portico-portal")
	if got := element.AttrOr("src", "") + " " + element.AttrOr("token-url", ""); got != portalURL+" /portico-token" {
		t.Errorf("the element has %q", got)
	}
	if got := page.Find("script").AttrOr("src", ""); got != portalURL+"/embed.js" || page.Find("script").Text() != "" {
		t.Errorf("script = %q, and text %q", got, page.Find("script").Text())
	}
	form := element.Find("form")
	if got := form.AttrOr("method", "") + " " + form.AttrOr("action", ""); got != "post "+portalURL+"/session" {
		t.Errorf("without scripts the form does %q", got)
	}
	if target := form.AttrOr("target", ""); element.Find(`iframe[title][name="`+target+`"]`).Length() != 1 {
		t.Errorf("no frame %q", target)
	}
	if got := v.claims(form.Find(`input[name="token"]`).AttrOr("value", ""))["sub"]; got != "u_1043" {
		t.Errorf("the form's token is for %v, want u_1043", got)
	}
	if got := answer.Header.Get("Content-Security-Policy"); strings.Contains(got, "unsafe") || !strings.Contains(got, "frame-src http://127.0.0.1:8080;") {
		t.Errorf("policy = %q", got)
	}
	if got := answer.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control = %q, want no-store", got)
	}
}

// TestDevelopersPage holds that what is shown is short and is what runs.
func TestDevelopersPage(t *testing.T) {
	v := visit(t)
	v.signIn("billy@northwind.example")
	_, page := v.get("/developers")
	_, integrations := v.get("/integrations")
	live, err := integrations.Html()
	if err != nil {
		t.Fatalf("rendering: %v", err)
	}
	source, err := os.ReadFile("token.go")
	if err != nil {
		t.Fatalf("reading token.go: %v", err)
	}
	var lines []string
	page.Find("pre code").Slice(0, 2).Each(func(_ int, code *goquery.Selection) {
		lines = append(lines, strings.Split(code.Text(), "\n")...)
	})
	if len(lines) < 8 || len(lines) >= 15 {
		t.Errorf("%d lines of code, want under 15:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	for _, line := range lines {
		element := strings.TrimSuffix(line, "</portico-portal>")
		if !strings.Contains(string(source), line) && !strings.Contains(strings.ReplaceAll(live, `async=""`, "async"), element) {
			t.Errorf("shown, but it does not run: %s", line)
		}
	}
}

func TestRegister(t *testing.T) {
	v := visit(t)
	good := url.Values{"name": {"Ada King"}, "company": {"Analytical Ltd"}, "email": {" Ada@Analytical.example "}, "password": {"engine-1843"}}
	for field, bad := range map[string]string{"name": " ", "company": "", "email": "ada", "password": "short"} {
		fields := url.Values{}
		for name, values := range good {
			fields[name] = values
		}
		fields.Set(field, bad)
		answer, page := v.post("/register", fields)
		if answer.StatusCode != http.StatusUnprocessableEntity || page.Find(`[role="alert"]`).Text() == "" {
			t.Errorf("%s %q: got %d, want 422 and a word about it", field, bad, answer.StatusCode)
		}
		if page.Find(`input[type="password"]`).AttrOr("value", "") != "" {
			t.Errorf("%s %q: the page repeats the password", field, bad)
		}
	}
	if answer, page := v.post("/register", good); answer.Request.URL.Path != "/dashboard" || !strings.Contains(page.Text(), "No orders yet") {
		t.Errorf("registering leads to %s", answer.Request.URL)
	}
	first := v.token()
	if first["role"] != "admin" || first["email"] != "ada@analytical.example" {
		t.Errorf("claims = %v", first)
	}
	if answer, _ := v.post("/register", good); answer.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("registering twice: got %d, want 422", answer.StatusCode)
	}
	v.post("/logout", nil)
	v.post("/login", url.Values{"email": good["email"], "password": good["password"]})
	if again := v.token(); again["sub"] != first["sub"] {
		t.Errorf("sub = %v after signing in again, want %v", again["sub"], first["sub"])
	}
}

func TestLogin(t *testing.T) {
	v := visit(t)
	for _, wrong := range []url.Values{
		{"email": {"billy@northwind.example"}, "password": {"demo1"}},
		{"email": {"nobody@northwind.example"}, "password": {"demo"}},
		{},
	} {
		if answer, page := v.post("/login", wrong); answer.StatusCode != http.StatusUnprocessableEntity || page.Find(`[role="alert"]`).Length() != 1 {
			t.Errorf("%v: got %d, want 422", wrong, answer.StatusCode)
		}
	}
	for next, want := range map[string]string{"/integrations": "/integrations", "//evil.example": "/dashboard", "https://evil.example/": "/dashboard"} {
		answer, _ := v.post("/login", url.Values{"email": {"billy@northwind.example"}, "password": {"demo"}, "next": {next}})
		if got := answer.Request.URL.String(); got != v.url+want {
			t.Errorf("next %q leads to %s, want %s", next, got, want)
		}
	}
	v.post("/logout", nil)
	if answer, _ := v.get("/dashboard"); answer.Request.URL.Path != "/login" {
		t.Errorf("after signing out the dashboard leads to %s, want /login", answer.Request.URL.Path)
	}
}

func TestPagesHaveTheirParts(t *testing.T) {
	v := visit(t)
	v.signIn("carla@contoso.example")
	for _, path := range []string{"/dashboard", "/customers", "/integrations", "/developers"} {
		answer, page := v.get(path)
		if answer.StatusCode != http.StatusOK || page.Find("h1").Length() != 1 {
			t.Errorf("%s: got %d and %d headings", path, answer.StatusCode, page.Find("h1").Length())
		}
		if got := page.Find(`nav a[aria-current="page"]`).AttrOr("href", ""); got != path {
			t.Errorf("%s: the menu marks %q", path, got)
		}
		if page.Find("[style], style, [onclick]").Length() != 0 {
			t.Errorf("%s: something inline, which the policy forbids", path)
		}
	}
	if answer, _ := v.get("/style.css"); answer.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("style.css: got %d, %q", answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	if answer, page := v.get("/nowhere"); answer.StatusCode != http.StatusNotFound || page.Find("h1").Text() != "Not Found" {
		t.Errorf("/nowhere: got %d", answer.StatusCode)
	}
}
