package piecesim

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestFaults(t *testing.T) {
	m := start(t, Options{})
	for _, c := range []struct {
		fault  object
		status int
		code   string
	}{
		{object{"operation": "createProject", "kind": "500"}, 500, "Internal Server Error"},
		{object{"operation": "POST /api/v1/projects", "kind": "status", "status": 502, "message": "Bad gateway"}, 502, "Bad gateway"},
		{object{"operation": "*", "kind": "429", "retry_after": 7}, 429, "Rate limit exceeded, retry in 7 seconds"},
		{object{"operation": "*", "kind": "401"}, 401, "INVALID_BEARER_TOKEN"},
		{object{"operation": "createProject", "kind": "reject", "status": 409, "code": "VALIDATION", "message": "no"}, 409, "VALIDATION"},
	} {
		m.control("POST", "faults", c.fault)
		for range 2 { // times is not said: until cleared
			m.try("POST", "/projects", object{"displayName": "x"}).want(t, c.status, c.code)
		}
		m.control("DELETE", "faults", nil)
	}
	m.control("POST", "faults", object{"operation": "listFlows", "kind": "html", "times": 1})
	page := m.try("GET", "/flows?projectId="+badID, nil)
	if page.status != 200 || !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") || !strings.HasPrefix(page.raw, "<!doctype html>") {
		t.Errorf("html: %d %s", page.status, page.raw)
	}
	m.control("POST", "faults", object{"operation": "createProject", "kind": "malformed", "times": 1})
	if a := m.try("POST", "/projects", object{"displayName": "done"}); a.status != 201 || json.Valid([]byte(a.raw)) {
		t.Errorf("malformed: %d %s", a.status, a.raw)
	}
	m.control("POST", "faults", object{"operation": "createProject", "kind": "lost", "times": 1})
	req, err := http.NewRequest("POST", m.url+"/api/v1/projects", strings.NewReader(`{"displayName":"lost"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+m.s.APIKey())
	req.Header.Set("Content-Type", "application/json")
	if res, err := http.DefaultClient.Do(req); err == nil {
		res.Body.Close()
		t.Error("the lost answer came")
	}
	if n := m.api("GET", "/projects?types=TEAM", nil).at("data").len(); n != 2 {
		t.Errorf("%d projects, want those of the malformed and the lost answer", n)
	}
	for _, bad := range []object{{"operation": "*", "kind": "sulk"}, {"operation": "*", "kind": "status"}, {"kind": "500"}, {"operation": "*", "kind": "500", "colour": 1}} {
		m.refused("POST", "faults", bad)
	}
}

// refused wants a control to say no, and why.
func (m *sim) refused(method, path string, body any) {
	m.t.Helper()
	if a := m.ask(method, "/_control/"+path, "", body); a.status != 400 || a.body.at("message").text() == "" {
		m.t.Errorf("%s %s %v: %d %s", method, path, body, a.status, a.raw)
	}
}

// A flow's operations are held by their types.
func TestHoldAndRelease(t *testing.T) {
	m := start(t, Options{})
	id := m.flow(m.project("org_1"), demo(t, "Webhook to your system"))
	for kind, want := range map[string]string{"hold_before": statusEnabled, "hold_after": statusDisabled} {
		m.operate(id, "LOCK_AND_PUBLISH", object{}).want(t, 200, "")
		m.control("POST", "faults", object{"operation": "CHANGE_STATUS", "kind": kind, "times": 1})
		done := make(chan answer, 1)
		go func() { done <- m.operate(id, "CHANGE_STATUS", object{"status": "DISABLED"}) }()
		held := m.control("GET", "held?wait=30s", nil)
		if got := m.control("GET", "flows", nil).at("0.status").text(); got != want || held.at("operation").text() != "CHANGE_STATUS" {
			t.Errorf("%s: %s while it is held: %v; want %s", kind, got, held.v, want)
		}
		m.control("POST", "release", object{"id": held.at("id").text()})
		(<-done).want(t, 200, "")
	}
}

func TestRequestsAreRecordedWithoutSecrets(t *testing.T) {
	m := start(t, Options{})
	project := m.project("org_1")
	m.stripe(project, "x", "sk_canary")
	m.ask("POST", "/api/v1/authentication/sign-in", "", object{"email": "canary@example.com", "password": "canary-password"})
	m.try("GET", "/flows?projectId="+badID, nil)
	all := m.ask("GET", "/_control/requests", "", nil).want(t, 200, "")
	if strings.Contains(all.raw, "sk_canary") || strings.Contains(all.raw, "canary-password") || strings.Contains(all.raw, m.s.APIKey()) {
		t.Errorf("a secret is in the journal: %s", all.raw)
	}
	upsert, failed := all.body.at("1"), all.body.at("3")
	if upsert.at("operation").text() != "upsertConnection" || upsert.at("token").text() != "key" || upsert.at("status").v != 201.0 ||
		upsert.at("variables.externalId").text() != "x" {
		t.Errorf("the upsert: %v", upsert.v)
	}
	if failed.at("error").text() == "" || failed.at("variables.projectId").text() != badID {
		t.Errorf("the refused call: %v", failed.v)
	}
	state := m.ask("GET", "/_control/state", "", nil).want(t, 200, "")
	for _, secret := range []string{m.s.APIKey(), m.s.AdminPassword(), "sk_canary"} {
		if strings.Contains(state.raw, secret) {
			t.Error("the state shows a secret")
		}
	}
}

func TestOtherHands(t *testing.T) {
	m := start(t, Options{})
	project := m.project("org_1")
	m.control("POST", "projects/"+project, object{"name": "Renamed", "external_id": "org_9"})
	if got := m.api("GET", "/projects/"+project, nil); got.at("displayName").text() != "Renamed" || got.at("externalId").text() != "org_9" {
		t.Errorf("project: %v", got.v)
	}
	id := m.control("POST", "connections", object{"projects": []string{project}, "external_id": "x", "name": "X", "piece": named("http")}).at("id").text()
	m.control("POST", "connections/"+id, object{"name": "Y", "external_id": "y", "projects": []string{}})
	if got := m.api("GET", "/global-connections", nil).at("data.0"); got.at("displayName").text() != "Y" || got.at("projectIds").len() != 0 {
		t.Errorf("connection: %v", got.v)
	}
	flow := m.flow(project, demo(t, "Webhook to your system"))
	m.control("POST", "flows/"+flow, object{"status": "DISABLED", "name": "Broken", "valid": false})
	if got := m.api("GET", "/flows/"+flow, nil); got.at("status").text() != statusDisabled || got.at("version.valid").v != false || got.at("version.displayName").text() != "Broken" {
		t.Errorf("flow: %v", got.v)
	}
	for _, path := range []string{"flows/" + flow, "connections/" + id, "projects/" + project} {
		m.control("POST", path+"/remove", nil)
		m.ask("POST", "/_control/"+path+"/remove", "", nil).want(t, 404, "there is no "+strings.TrimSuffix(strings.Split(path, "/")[0], "s")+" "+strings.Split(path, "/")[1])
	}
	got := m.control("POST", "bulk", object{"projects": 20, "connections": 2})
	if got.at("projects").v != 21.0 || got.at("global_connections").v != 40.0 {
		t.Errorf("bulk: %v", got.v)
	}
}

func TestSettings(t *testing.T) {
	m := start(t, Options{})
	platform := m.api("GET", "/projects", nil).at("data.0.platformId").text()
	plan := func() tree { return m.api("GET", "/platforms/"+platform, nil).at("plan") }
	if p := plan(); p.at("globalConnectionsEnabled").v != true || p.at("teamProjectsLimit").text() != "UNLIMITED" {
		t.Errorf("a licensed plan: %v", p.v)
	}
	m.control("PATCH", "settings", object{"lacks": []string{"globalConnectionsEnabled"}})
	m.try("GET", "/global-connections", nil).want(t, 402, "FEATURE_DISABLED")
	if p := plan(); p.at("globalConnectionsEnabled").v != false || p.at("embeddingEnabled").v != true {
		t.Errorf("a plan that lacks one: %v", p.v)
	}
	m.control("PATCH", "settings", object{"licensed": false, "lacks": []string{}})
	if p := plan(); p.at("embeddingEnabled").v != false || p.at("teamProjectsLimit").text() != "ONE" {
		t.Errorf("without a licence: %v", p.v)
	}
	m.control("PATCH", "settings", object{"down": true})
	m.try("GET", "/health", nil).want(t, 503, "Service Unavailable")
	for _, bad := range []string{`{"sign_in_limit": 0}`, `{"run_ms": -1}`, `{"colour": 1}`} {
		m.refused("PATCH", "settings", bad)
	}
	community := start(t, Options{Edition: "ce"})
	community.ask("PATCH", "/_control/settings", "", object{"licensed": true}).want(t, 400, "the community edition has no licence")
}
