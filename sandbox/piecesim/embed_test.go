package piecesim

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"portico/sandbox/clock"
)

// embedSim is a running Activepieces whose clock stands still, and its admin's token.
type embedSim struct {
	t     *testing.T
	s     *Server
	url   string
	admin string
}

func startEmbed(t *testing.T, o Options) *embedSim {
	t.Helper()
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	o.Clock = clock.From(func() time.Time { return at })
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	m := &embedSim{t: t, s: s, url: server.URL}
	m.admin = m.ask("POST", "/api/v1/authentication/sign-in", "", object{"email": s.AdminEmail(), "password": s.AdminPassword()}, 200)["token"].(string)
	return m
}

// ask calls the API and wants a status; the answer is the body, empty when there is none.
func (m *embedSim) ask(method, path, token string, body any, status int) object {
	m.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		m.t.Fatal(err)
	}
	req, err := http.NewRequest(method, m.url+path, bytes.NewReader(raw))
	if err != nil {
		m.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		m.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	if res.StatusCode != status {
		m.t.Fatalf("%s %s: status %d, want %d: %s", method, path, res.StatusCode, status, answer)
	}
	out := object{}
	if len(answer) > 0 {
		if err := json.Unmarshal(answer, &out); err != nil {
			m.t.Fatalf("%s %s: %v: %s", method, path, err, answer)
		}
	}
	return out
}

// claims are those of a good v3 token of user u-1 in project org.1, with what a test changes; nil takes a claim away.
func (m *embedSim) claims(change jwt.MapClaims) jwt.MapClaims {
	c := jwt.MapClaims{
		"version": "v3", "externalUserId": "u-1", "externalProjectId": "org.1", "firstName": "Ada", "lastName": "Lovelace",
		"exp": m.s.Clock().Now().Add(time.Minute).Unix(),
	}
	maps.Copy(c, change)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

// sign signs claims with the simulator's first key.
func (m *embedSim) sign(claims jwt.MapClaims) string {
	m.t.Helper()
	return signAs(m.t, jwt.SigningMethodRS256, m.s.SigningKeyID(), m.s.SigningKey(), claims)
}

func signAs(t *testing.T, method jwt.SigningMethod, kid, pem string, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	if kid != "" {
		token.Header["kid"] = kid
	}
	var key any = []byte(pem) // of an HMAC
	if method != jwt.SigningMethodHS256 {
		var err error
		if key, err = jwt.ParseRSAPrivateKeyFromPEM([]byte(pem)); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (m *embedSim) exchange(token string, status int) object {
	m.t.Helper()
	return m.ask("POST", "/api/v1/managed-authn/external-token", "", object{"externalAccessToken": token}, status)
}

func message(answer object) any {
	params, _ := answer["params"].(object)
	return params["message"]
}

func TestExchangeRefusals(t *testing.T) {
	m := startEmbed(t, Options{})
	kid, pem := m.s.SigningKeyID(), m.s.SigningKey()
	other := m.ask("POST", "/api/v1/signing-keys", m.admin, object{"displayName": "other"}, 201)["privateKey"].(string)
	now := m.s.Clock().Now()
	for name, c := range map[string]struct{ token, want string }{
		"no token":       {"not-a-jwt", "signing key id is not found in the header"},
		"no kid":         {signAs(t, jwt.SigningMethodRS256, "", pem, m.claims(nil)), "signing key id is not found in the header"},
		"unknown kid":    {signAs(t, jwt.SigningMethodRS256, strings.Repeat("a", 21), pem, m.claims(nil)), "signing key not found signingKeyId=aaaaaaaaaaaaaaaaaaaaa"},
		"another key":    {signAs(t, jwt.SigningMethodRS256, kid, other, m.claims(nil)), "invalid signature"},
		"RS512":          {signAs(t, jwt.SigningMethodRS512, kid, pem, m.claims(nil)), "invalid algorithm"},
		"HS256":          {signAs(t, jwt.SigningMethodHS256, kid, pem, m.claims(nil)), "invalid algorithm"},
		"expired":        {m.sign(m.claims(jwt.MapClaims{"exp": now.Unix()})), "jwt expired"},
		"not yet active": {m.sign(m.claims(jwt.MapClaims{"nbf": now.Add(time.Second).Unix()})), "jwt not active"},
		"unknown role":   {m.sign(m.claims(jwt.MapClaims{"role": "KING"})), "project role not found"},
	} {
		t.Run(name, func(t *testing.T) {
			m := &embedSim{t, m.s, m.url, m.admin}
			got := m.exchange(c.token, 401)
			if got["code"] != "INVALID_BEARER_TOKEN" || message(got) != c.want {
				t.Errorf("got %v, want %q", got, c.want)
			}
		})
	}
	if got := m.ask("POST", "/api/v1/managed-authn/external-token", "", object{}, 400)["message"]; got != "body/externalAccessToken Invalid input: expected string, received undefined" {
		t.Errorf("without a token: %v", got)
	}
	if n := len(m.ask("GET", "/api/v1/projects?types=TEAM", m.admin, nil, 200)["data"].([]any)); n != 0 {
		t.Errorf("refused tokens made %d projects", n)
	}
}

func TestExchangeMakesAndOverwrites(t *testing.T) {
	m := startEmbed(t, Options{Pieces: []Piece{{Name: "@a/piece-one", Version: "1.0.0", Tags: []string{"shop"}}, {Name: "@a/piece-two", Version: "1.0.0"}}})
	first := m.exchange(m.sign(m.claims(jwt.MapClaims{"exp": nil, "role": "viewer"})), 200)
	id := first["projectId"].(string)
	p := m.ask("GET", "/api/v1/projects/"+id, m.admin, nil, 200)
	if p["displayName"] != "org.1" || p["externalId"] != "org.1" || p["type"] != "TEAM" || p["ownerId"] == first["id"] {
		t.Errorf("the project is %v", p)
	}
	if first["platformRole"] != "MEMBER" || first["externalId"] != "u-1" || first["firstName"] != "Ada" || strings.Contains(first["email"].(string), "@") {
		t.Errorf("the user is %v", first)
	}
	m.ask("POST", "/api/v1/flows", first["token"].(string), object{"displayName": "x", "projectId": id}, 403)

	second := m.exchange(m.sign(m.claims(jwt.MapClaims{"firstName": "Grace", "piecesFilterType": "ALLOWED", "piecesTags": []string{"shop"}})), 200)
	if second["id"] != first["id"] || second["projectId"] != id || second["firstName"] != "Ada" {
		t.Errorf("the second exchange gave %v", second)
	}
	m.ask("POST", "/api/v1/flows", second["token"].(string), object{"displayName": "x", "projectId": id}, 201)
	if got := m.pieceFilter(id); got != "ALLOWED @a/piece-one" {
		t.Errorf("the filter is %q", got)
	}
	v2 := jwt.MapClaims{"version": nil, "pieces": object{"filterType": "ALLOWED", "tags": []string{"none"}}}
	m.exchange(m.sign(m.claims(v2)), 200)
	if got := m.pieceFilter(id); got != "ALLOWED " {
		t.Errorf("with v2 claims the filter is %q", got)
	}
	m.exchange(m.sign(m.claims(nil)), 200)
	if got := m.pieceFilter(id); got != "NONE " {
		t.Errorf("without claims the filter is %q", got)
	}
	m.exchange(m.sign(m.claims(jwt.MapClaims{"externalProjectId": "org.2"})), 200)
	if n := len(m.ask("GET", "/api/v1/projects", second["token"].(string), nil, 200)["data"].([]any)); n != 2 {
		t.Errorf("after a token of another project the user has %d projects, want both", n)
	}
	m.exchange(m.sign(m.claims(jwt.MapClaims{"externalUserId": nil})), 500)
}

func (m *embedSim) pieceFilter(project string) string {
	m.t.Helper()
	plan := m.ask("GET", "/api/v1/projects/"+project, m.admin, nil, 200)["plan"].(object)
	names, _ := texts(plan["pieces"])
	return plan["piecesFilterType"].(string) + " " + strings.Join(names, ",")
}

func TestSessionOfAnExchangeEnds(t *testing.T) {
	m := startEmbed(t, Options{})
	token := m.exchange(m.sign(m.claims(nil)), 200)["token"].(string)
	m.s.Clock().Advance(7*24*time.Hour - time.Second)
	m.ask("GET", "/api/v1/projects", token, nil, 200)
	m.s.Clock().Advance(time.Second)
	m.ask("GET", "/api/v1/projects", token, nil, 401)
}

func TestConsentGivesACodeThatWorksOnce(t *testing.T) {
	m := startEmbed(t, Options{})
	user := m.exchange(m.sign(m.claims(nil)), 200)
	token, project := user["token"].(string), user["projectId"].(string)
	app := m.ask("GET", "/api/v1/oauth-apps", token, nil, 200)["data"].([]any)[0].(object)
	back := m.consent(url.Values{"email": {"ada@example.com"}, "password": {"x"}, "action": {"allow"}})
	value := object{"type": "PLATFORM_OAUTH2", "client_id": app["clientId"], "code": back.Get("code"), "scope": "a", "redirect_url": m.url + "/redirect"}
	body := object{"projectId": project, "externalId": "mine", "displayName": "Mine", "pieceName": app["pieceName"], "type": "PLATFORM_OAUTH2", "value": value}
	if got := m.ask("POST", "/api/v1/app-connections", token, body, 201)["status"]; got != "ACTIVE" {
		t.Errorf("the connection is %v", got)
	}
	if got := m.ask("POST", "/api/v1/app-connections", token, body, 400)["code"]; got != "INVALID_CLAIM" {
		t.Errorf("the second use of a code: %v", got)
	}
	late := m.consent(url.Values{"email": {"ada@example.com"}, "password": {"x"}, "action": {"allow"}})
	m.s.Clock().Advance(consentLife)
	value["code"] = late.Get("code")
	m.ask("POST", "/api/v1/app-connections", token, body, 400)
	if got := m.consent(url.Values{"action": {"cancel"}}); got.Get("error") != "access_denied" || got.Get("code") != "" {
		t.Errorf("cancelled: %v", got)
	}
	if got := m.consent(url.Values{"email": {"ada@example.com"}, "password": {refusedPassword}, "action": {"allow"}}); got != nil {
		t.Errorf("with a wrong password the browser was sent back with %v", got)
	}
}

// consent answers a third party's page and returns what it sends back with; nil when it stays.
func (m *embedSim) consent(form url.Values) url.Values {
	m.t.Helper()
	form.Set("redirect_uri", m.url+"/redirect")
	form.Set("client_id", "some")
	form.Set("state", "s")
	still := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := still.PostForm(m.url+"/consent", form)
	if err != nil {
		m.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		return nil
	}
	to, err := res.Location()
	if err != nil {
		m.t.Fatal(err)
	}
	if to.Path != "/redirect" || to.Query().Get("state") != "s" {
		m.t.Errorf("sent back to %s", to)
	}
	return to.Query()
}

func TestSDKAndPagesAreServed(t *testing.T) {
	m := startEmbed(t, Options{})
	m.ask("POST", "/api/v1/embed-subdomain/allowed-embed-origins", m.s.APIKey(), object{"allowedEmbedOrigins": []string{"https://portal.example.com"}}, 200)
	for path, kind := range map[string]string{
		SDKPath: "text/javascript", "/embed?currentDate=1": "text/html", "/embed/assets/embed.js": "text/javascript",
		"/embed/assets/embed.css": "text/css", "/redirect": "text/html", "/consent?client_id=a&redirect_uri=http://localhost/redirect": "text/html",
		"/embed/assets/consent.html": "", "/sdk/embed/latest.js": "", "/consent?client_id=a&redirect_uri=javascript:x": "",
	} {
		res, err := http.Get(m.url + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if kind == "" {
			if res.StatusCode < 400 {
				t.Errorf("%s: status %d", path, res.StatusCode)
			}
			continue
		}
		policies := res.Header.Values("Content-Security-Policy")
		if !strings.HasPrefix(res.Header.Get("Content-Type"), kind) || !slices.Contains(policies, "frame-ancestors 'self' https://portal.example.com") {
			t.Errorf("%s: %v", path, res.Header)
		}
	}
}
