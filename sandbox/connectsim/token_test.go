package connectsim

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestToken(t *testing.T) {
	m := start(t)
	demo := m.s.Access(defaultRegion)
	if demo.ProjectKey != "composable-product-dev-sandbox" || m.s.ProjectKey() != demo.ProjectKey || m.s.ClientID() != demo.ClientID || m.s.ClientSecret() != demo.ClientSecret {
		t.Errorf("the demo project: %s", demo.ProjectKey)
	}
	a := m.grant(demo, "grant_type=client_credentials").want(t, 200, "")
	if a.at("expires_in").num() != 172800 || a.at("token_type").text() != "Bearer" ||
		!strings.Contains(a.at("scope").text(), "manage_api_clients:composable-product-dev-sandbox") {
		t.Errorf("token: %v", a.at("scope").v)
	}
	one := m.grant(demo, "grant_type=client_credentials&scope=view_connectors:composable-product-dev-sandbox").want(t, 200, "")
	m.ask("GET", "/connectors/drafts", one.at("access_token").text(), nil).want(t, 200, "")
	m.ask("POST", "/connectors/drafts", one.at("access_token").text(), walkDraft).want(t, 403, "AuthorizationError")
	m.basic("/oauth/token?grant_type=client_credentials", demo, "").want(t, 200, "")
	for form, code := range map[string]string{
		"": "invalid_request", "grant_type=password": "unsupported_grant_type",
		"grant_type=client_credentials&scope=manage_project:other": "invalid_scope",
	} {
		if got := m.grant(demo, form).want(t, 400, code); got.at("error").text() != code || got.at("error_description").text() == "" {
			t.Errorf("%q: %s", form, got.raw)
		}
	}
	wrong := demo
	wrong.ClientSecret = "no"
	m.grant(wrong, "grant_type=client_credentials").want(t, 401, "invalid_client")
	elsewhere := demo
	elsewhere.Region = "europe-west1.gcp"
	m.grant(elsewhere, "grant_type=client_credentials").want(t, 401, "invalid_client")
}

func TestIntrospection(t *testing.T) {
	m := start(t)
	demo := m.s.Access(defaultRegion)
	a := m.basic("/oauth/introspect", demo, "token="+m.token).want(t, 200, "")
	if a.at("active").v != true || a.at("client_id").text() != demo.ClientID || a.at("exp").num() == 0 {
		t.Errorf("a good token: %s", a.raw)
	}
	if got := m.basic("/oauth/introspect", demo, "token=other").want(t, 200, ""); got.at("active").v != false {
		t.Errorf("no token: %s", got.raw)
	}
	m.basic("/oauth/introspect", demo, "").want(t, 400, "invalid_request")
	m.basic("/oauth/introspect", Access{}, "token="+m.token).want(t, 401, "invalid_client")
}

func TestTokensEnd(t *testing.T) {
	m := start(t)
	m.pass(172800*time.Second - time.Second)
	m.get("/connectors/drafts")
	m.pass(time.Second)
	if a := m.try("GET", "/connectors/drafts", nil).want(t, 401, "invalid_token"); a.at("error").text() != "invalid_token" {
		t.Errorf("an expired token: %s", a.raw)
	}
	m.set(object{"unauthorized": "AuthenticationError", "token_seconds": 60})
	a := m.try("GET", "/connectors/drafts", nil).want(t, 401, "AuthenticationError")
	if a.has("error") || a.at("message").text() != "Bad credentials or Client ID is not defined" {
		t.Errorf("the other form: %s", a.raw)
	}
	m.token = m.tokenOf(m.s.Access(defaultRegion))
	m.get("/connectors/drafts")
	m.control("POST", "tokens/revoke", nil)
	m.try("GET", "/connectors/drafts", nil).want(t, 401, "AuthenticationError")
	m.ask("GET", "/connectors/drafts", "", nil).want(t, 401, "AuthenticationError")
}

func TestOldTokensGoFirst(t *testing.T) {
	m := start(t)
	first := m.token
	for range keptTokens {
		m.token = m.tokenOf(m.s.Access(defaultRegion))
	}
	m.get("/connectors/drafts")
	m.ask("GET", "/connectors/drafts", first, nil).want(t, 401, "invalid_token")
}

func TestScopes(t *testing.T) {
	m := start(t)
	key := m.s.ProjectKey()
	drafts, deployments := "/connectors/drafts", "/"+key+"/deployments"
	none := "/" + drafts[1:] + "/key=none"
	for _, c := range []struct {
		scopes, method, path string
		status               int
		code                 string
	}{
		{"view_connectors", "GET", drafts, 200, ""},
		{"view_connectors", "POST", drafts, 403, "AuthorizationError"},
		{"view_connectors", "DELETE", none, 403, "AuthorizationError"},
		{"view_connectors", "GET", "/connectors/search", 200, ""},
		{"view_connectors", "GET", deployments, 403, "AuthorizationError"},
		{"manage_connectors", "GET", drafts, 200, ""},
		{"manage_connectors", "POST", none, 400, "InvalidJsonInput"},
		{"manage_connectors", "POST", deployments, 403, "AuthorizationError"},
		{"view_connectors_deployments", "GET", deployments, 200, ""},
		{"view_connectors_deployments", "POST", deployments, 403, "AuthorizationError"},
		{"manage_connectors_deployments", "POST", deployments, 400, "InvalidJsonInput"},
		{"manage_connectors_deployments", "GET", drafts, 403, "AuthorizationError"},
		{"manage_project", "GET", deployments, 200, ""},
		{"manage_project", "POST", drafts, 400, "InvalidJsonInput"},
		{"manage_api_clients", "GET", drafts, 403, "AuthorizationError"},
		{"manage_project", "GET", "/other-project/deployments", 403, "AuthorizationError"},
	} {
		made := m.control("POST", "clients", object{"project": key, "scopes": []string{c.scopes}})
		token := m.tokenOf(Access{Region: defaultRegion, ClientID: made.at("id").text(), ClientSecret: made.at("secret").text()})
		if a := m.ask(c.method, c.path, token, nil); a.status != c.status || a.codes() != c.code {
			t.Errorf("%s: %s %s: %d %s, want %d %s", c.scopes, c.method, c.path, a.status, a.raw, c.status, c.code)
		}
	}
	m.set(object{"forbidden": "insufficient_scope"})
	limited := m.tokenOf(m.s.LimitedAccess(defaultRegion))
	a := m.ask("GET", "/other-project/deployments", limited, nil).want(t, 403, "insufficient_scope")
	if !strings.Contains(a.at("message").text(), "view_connectors_deployments:other-project") {
		t.Errorf("the core API's form: %s", a.raw)
	}
}

// Each region is a world of its own: tokens, drafts and keys of one are nothing in another.
func TestRegions(t *testing.T) {
	m := start(t)
	m.try("POST", "/connectors/drafts", walkDraft).want(t, 201, "")
	m.get("/us-central1.gcp/connectors/drafts/key=orium-ct-connect-bloomreach-engagement")
	for _, region := range Regions() {
		a := m.s.Access(region)
		token := m.tokenOf(a)
		want := 0
		if region == defaultRegion {
			want = 1
		}
		if got := m.ask("GET", "/"+region+"/connectors/drafts", token, nil).want(t, 200, "").at("total").num(); got != want {
			t.Errorf("%s has %d drafts, want %d", region, got, want)
		}
		m.ask("GET", "/"+region+"/"+a.ProjectKey+"/deployments", token, nil).want(t, 200, "")
		if region != defaultRegion {
			m.ask("GET", "/"+region+"/connectors/drafts", m.token, nil).want(t, 401, "invalid_token")
			m.ask("POST", "/"+region+"/connectors/drafts", token, walkDraft).want(t, 201, "")
		}
	}
	if m.s.Access("eastus.azure") != (Access{}) {
		t.Error("a region that is gone has a project")
	}
}

func TestPathsAndCorrelation(t *testing.T) {
	m := start(t)
	for _, c := range []struct {
		method, path, code string
		status             int
	}{
		{"GET", "/nowhere", "ResourceNotFound", 404},
		{"GET", "/connectors", "ResourceNotFound", 404},
		{"PUT", "/connectors/drafts", "MethodNotAllowed", 405},
		{"GET", "/connectors/drafts/nope", "InvalidPathParam", 400},
		{"GET", "/connectors/drafts/key=a", "InvalidPathParam", 400},
		{"GET", "/connectors/drafts/key=none", "ResourceNotFound", 404},
		{"GET", "/connectors/00000000-0000-4000-8000-000000000000", "ResourceNotFound", 404},
		{"DELETE", "/composable-product-dev-sandbox/deployments/key=none", "ResourceNotFound", 404},
	} {
		m.try(c.method, c.path, nil).want(t, c.status, c.code)
	}
	if got := m.try("GET", "/connectors/drafts/key=none", nil).at("message").text(); got != "ConnectorStaged with id= or key=none does not exist" {
		t.Errorf("message: %s", got)
	}
	req, err := http.NewRequest("GET", m.url+"/connectors/drafts", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Correlation-ID", "test-1")
	if got := m.send(req).header.Get("X-Correlation-ID"); got != "test-1" {
		t.Errorf("correlation: %q", got)
	}
	if got := m.try("GET", "/nowhere", nil).header.Get("X-Correlation-ID"); len(got) < 16 {
		t.Errorf("correlation of its own: %q", got)
	}
	if a := m.ask("GET", "/", "", nil); a.status != 200 || !strings.Contains(a.raw, "/connectors/drafts") {
		t.Errorf("the front page: %d %s", a.status, a.raw)
	}
}
