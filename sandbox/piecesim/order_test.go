package piecesim

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

const badID = "aaaaaaaaaaaaaaaaaaaaa"

// What is checked first decides what a client hears: the shape, the token, the feature, the permission.
func TestOrderOfChecks(t *testing.T) {
	good := object{
		"displayName": "G", "pieceName": "@activepieces/piece-nope", "type": "NO_AUTH", "value": object{"type": "NO_AUTH"},
		"scope": "PLATFORM", "projectIds": []string{badID},
	}
	for _, c := range []struct {
		name, edition string
		unlicensed    bool
		token         string // "admin", "key" or nothing
		body          any
		status        int
		code          string
	}{
		{"shape before token", "ee", true, "", object{"displayName": "x"}, 400, "FST_ERR_VALIDATION"},
		{"token before feature", "ee", true, "", good, 403, "AUTHORIZATION"},
		{"feature before what it asks", "ee", true, "admin", good, 402, "FEATURE_DISABLED"},
		{"licensed: the project", "ee", false, "key", good, 404, "ENTITY_NOT_FOUND"},
		{"no such route in the community edition", "ce", false, "", object{"displayName": "x"}, 404, "Route not found"},
		{"a body that is no JSON before all", "ee", true, "", `{"displayName"`, 400, "FST_ERR_CTP_INVALID_JSON_BODY"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := start(t, Options{Edition: c.edition, Unlicensed: c.unlicensed})
			token := ""
			switch c.token {
			case "admin":
				token = m.admin()
			case "key":
				token = m.s.APIKey()
			}
			m.ask("POST", "/api/v1/global-connections", token, c.body).want(t, c.status, c.code)
		})
	}
}

func TestShapesOfIDs(t *testing.T) {
	m := start(t, Options{})
	for _, path := range []string{"/projects/", "/flows/", "/flow-runs/", "/users/", "/platforms/"} {
		m.try("GET", path+"me", nil).want(t, 400, "FST_ERR_VALIDATION")
		m.try("GET", path+badID, nil).want(t, 404, "ENTITY_NOT_FOUND")
	}
	m.try("GET", "/app-connections/"+badID, nil).want(t, 404, "Route not found")
	m.try("PUT", "/projects/"+badID, nil).want(t, 404, "Route not found")
}

func TestTokens(t *testing.T) {
	m := start(t, Options{})
	admin := m.admin()
	for _, c := range []struct {
		token  string
		status int
		code   string
	}{
		{"", 403, "AUTHORIZATION"}, {"sk-nobody", 401, "AUTHENTICATION"}, {"nonsense", 401, "INVALID_BEARER_TOKEN"},
		{admin, 200, ""}, {m.s.APIKey(), 200, ""},
	} {
		m.ask("GET", "/api/v1/projects", c.token, nil).want(t, c.status, c.code)
	}
	if len(m.s.APIKey()) != 64 || !strings.HasPrefix(m.s.APIKey(), "sk-") {
		t.Errorf("an API key has 64 characters from sk-; got %d", len(m.s.APIKey()))
	}
	m.ask("POST", "/api/v1/app-connections/oauth2/authorization-url", m.s.APIKey(),
		object{"pieceName": "x", "clientId": "x", "redirectUrl": "x"}).want(t, 403, "AUTHORIZATION")
	m.s.Clock().Advance(sessionLife - time.Second)
	m.ask("GET", "/api/v1/projects", admin, nil).want(t, 200, "")
	m.s.Clock().Advance(time.Second)
	m.ask("GET", "/api/v1/projects", admin, nil).want(t, 401, "INVALID_BEARER_TOKEN")

	fresh := m.admin()
	m.control("POST", "users/owner/revoke", nil)
	m.ask("GET", "/api/v1/projects", fresh, nil).want(t, 401, "INVALID_BEARER_TOKEN")
}

func TestAPIKeys(t *testing.T) {
	m := start(t, Options{})
	made := m.ask("POST", "/api/v1/api-keys", m.admin(), object{"displayName": "portal"}).want(t, 201, "")
	value := made.body.at("value").text()
	m.ask("GET", "/api/v1/projects", value, nil).want(t, 200, "")
	list := m.ask("GET", "/api/v1/api-keys", m.admin(), nil).want(t, 200, "")
	if list.body.at("data").len() != 2 || strings.Contains(list.raw, value) || list.body.at("data.1.truncatedValue").text() != value[60:] {
		t.Errorf("the list of keys: %d, with values: %t", list.body.at("data").len(), strings.Contains(list.raw, value))
	}
	m.try("GET", "/api-keys", nil).want(t, 403, "AUTHORIZATION") // a key manages no keys
	m.ask("DELETE", "/api/v1/api-keys/"+made.body.at("id").text(), m.admin(), nil).want(t, 204, "")
	m.ask("GET", "/api/v1/projects", value, nil).want(t, 401, "AUTHENTICATION")
}

func TestSignInLimit(t *testing.T) {
	m := start(t, Options{})
	m.control("PATCH", "settings", object{"sign_in_limit": 2})
	m.admin()
	m.ask("POST", "/api/v1/authentication/sign-in", "", object{"email": m.s.AdminEmail(), "password": "no"}).want(t, 401, "INVALID_CREDENTIALS")
	refused := m.ask("POST", "/api/v1/authentication/sign-in", "", object{}).want(t, 429, "Rate limit exceeded, retry in 60 seconds")
	if refused.header.Get("Retry-After") != "60" || refused.header.Get("X-Ratelimit-Remaining") != "0" {
		t.Errorf("headers of a 429: %v", refused.header)
	}
	m.s.Clock().Advance(time.Minute)
	m.admin()
}

func TestHeaders(t *testing.T) {
	m := start(t, Options{})
	platform := m.api("GET", "/projects", nil).at("data.0.platformId").text()
	allow := object{"allowedEmbedOrigins": []string{"https://portal.example.com"}}
	changed := m.ask("POST", "/api/v1/platforms/"+platform, m.admin(), allow).want(t, 200, "")
	if got := changed.header.Get("Content-Security-Policy"); got != "frame-ancestors 'self'" {
		t.Errorf("the answer to the change itself: %s", got)
	}
	m.try("POST", "/embed-subdomain/allowed-embed-origins", object{"allowedEmbedOrigins": []string{"https://*.example.org"}}).want(t, 200, "")
	h := m.try("GET", "/health", nil).header
	if got := h.Get("Content-Security-Policy"); got != "frame-ancestors 'self' https://portal.example.com https://*.example.org" {
		t.Errorf("frame-ancestors: %s", got)
	}
	for _, name := range []string{"Strict-Transport-Security", "X-Content-Type-Options", "Access-Control-Allow-Origin"} {
		if h.Get(name) == "" {
			t.Errorf("no %s", name)
		}
	}
	m.try("POST", "/embed-subdomain/allowed-embed-origins", object{"allowedEmbedOrigins": []string{"https://a.b/"}}).want(t, 400, "FST_ERR_VALIDATION")
	req, err := http.NewRequest("OPTIONS", m.url+"/api/v1/flows", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 204 || !strings.Contains(res.Header.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Errorf("preflight: %d %v", res.StatusCode, res.Header)
	}
}
