package connectsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Every code of the API description can be met: those that no rule gives, and every other too, by a fault.
func TestEveryCodeByFault(t *testing.T) {
	m := start(t)
	if n := len(Codes()); n != 36 {
		t.Errorf("%d codes, the API description has 36", n)
	}
	for _, code := range Codes() {
		m.control("POST", "faults", object{"operation": "draft", "kind": "reject", "code": code, "times": 1})
		a := m.try("GET", "/connectors/drafts/key=none", nil)
		a.want(t, catalogue[code].status, code)
		if strings.Contains(a.at("message").text(), "%") {
			t.Errorf("%s: %s", code, a.raw)
		}
		for _, field := range catalogue[code].fields {
			if !a.at("errors.0").has(field) {
				t.Errorf("%s without its field %s: %s", code, field, a.raw)
			}
		}
	}
}

func TestFaults(t *testing.T) {
	m := start(t)
	for _, c := range []struct {
		fault  object
		status int
		codes  string
	}{
		{object{"operation": "createDraft", "kind": "500"}, 500, "General"},
		{object{"operation": "POST /connectors/drafts", "kind": "status", "status": 502, "message": "Bad gateway"}, 502, "BadGateway"},
		{object{"operation": "createDraft", "kind": "status", "status": 503}, 503, "General"},
		{object{"operation": "*", "kind": "429", "retry_after": 7}, 429, "TooManyRequests"},
		{object{"operation": "*", "kind": "401"}, 401, "invalid_token"},
		{object{"operation": "createDraft", "kind": "reject", "code": "SomethingNew", "message": "no"}, 400, "SomethingNew"},
		{object{"operation": "createDraft", "kind": "reject", "code": "ConcurrentModification"}, 409, "ConcurrentModification"},
	} {
		m.control("POST", "faults", c.fault)
		for range 2 { // times is not said: until cleared
			m.try("POST", "/connectors/drafts", walkDraft).want(t, c.status, c.codes)
		}
		m.control("DELETE", "faults", nil)
	}
	for status, code := range map[int]string{401: codeAuthentication, 403: codeAuthorization, 404: codeNotFound, 409: codeConflict, 500: codeGeneral} {
		m.control("POST", "faults", object{"operation": "search", "kind": "status", "status": status, "times": 1})
		m.try("GET", "/connectors/search", nil).want(t, status, code)
	}
	if got := m.get("/connectors/drafts").at("total").num(); got != 0 {
		t.Errorf("%d drafts were made", got)
	}
	m.control("POST", "faults", object{"operation": "createDraft", "kind": "500_after", "times": 1})
	m.try("POST", "/connectors/drafts", walkDraft).want(t, 500, "General")
	m.control("POST", "faults", object{"operation": "updatePreviewable", "kind": "malformed", "times": 1})
	if a := m.try("POST", walkPath, object{"version": 1, "actions": []object{{"action": "updatePreviewable"}}}); a.status != 201 || json.Valid([]byte(a.raw)) {
		t.Errorf("malformed: %d %s", a.status, a.raw)
	}
	if d := m.get(walkPath); d.at("isPreviewable").text() != "pending" {
		t.Errorf("the work was not done: %s", d.raw)
	}
	m.set(object{"down": true})
	m.try("GET", "/connectors/drafts", nil).want(t, 502, "BadGateway")
}

func TestHoldAndRelease(t *testing.T) {
	m := start(t)
	m.published("one", nil)
	for kind, want := range map[string]int{"hold_before": 0, "hold_after": 1} {
		m.control("POST", "faults", object{"operation": "createDeployment", "kind": kind, "times": 1})
		done := make(chan answer, 1)
		go func() { done <- m.deploy(kind, "one", nil) }()
		held := m.control("GET", "held?wait=30s", nil)
		made := 0
		for _, d := range m.control("GET", "deployments", nil).list() {
			if d.at("key").text() == kind {
				made++
			}
		}
		if made != want || held.at("operation").text() != "createDeployment" {
			t.Errorf("%s: %d made while it is held, want %d", kind, made, want)
		}
		m.control("POST", "release", object{"id": held.at("id").text()})
		(<-done).want(t, 201, "")
	}
}

// Words in a key make the next call fail once.
func TestTrips(t *testing.T) {
	m := start(t)
	m.draft("one-401-next", nil)
	m.try("GET", "/connectors/drafts/key=one-401-next", nil).want(t, 401, "invalid_token")
	m.at("one-401-next")
	m.draft("two-502-next", nil)
	m.try("DELETE", "/connectors/drafts/key=two-502-next", nil).want(t, 502, "BadGateway")
	m.draft("three-409-next", nil)
	a := m.update("three-409-next", object{"action": "setName", "name": "x"}).want(t, 409, "ConcurrentModification")
	if a.at("errors.0.currentVersion").num() != 2 || m.at("three-409-next").at("version").num() != 2 {
		t.Errorf("somebody else's change: %s", a.raw)
	}
	m.update("three-409-next", object{"action": "setName", "name": "x"}).want(t, 201, "")
	m.published("four", nil)
	m.deploy("four-409-next", "four", nil).want(t, 201, "")
	m.pass(40 * time.Second)
	m.redeploy("four-409-next", nil).want(t, 409, "ConcurrentModification")
	m.redeploy("four-409-next", nil).want(t, 201, "")
	m.draft("five", nil)
	m.control("PATCH", "drafts/five", object{"trips": []string{"401-next"}})
	m.try("GET", "/connectors/drafts/key=five", nil).want(t, 401, "invalid_token")
}

// What was accepted is counted for good, and so is each time that somebody asked.
func TestWritesAndPolls(t *testing.T) {
	m := start(t)
	m.published("one", nil)
	m.deploy("dep", "one", nil).want(t, 201, "")
	m.deploy("dep", "one", nil).want(t, 400, "DuplicateField")
	for range 3 {
		m.deployment("dep")
		m.pass(5 * time.Second)
	}
	m.pass(time.Minute)
	m.redeploy("dep", nil).want(t, 201, "")
	m.pass(time.Minute)
	m.try("DELETE", deploymentsPath+"/key=dep", nil).want(t, 202, "")
	m.pass(time.Minute)
	d := m.control("GET", "deployments", nil).at("0")
	if d.at("gone").v != true || fmt.Sprint(d.at("accepted").v) != "map[createDeployment:1 deleteDeployment:1 redeploy:1]" {
		t.Errorf("accepted: %v", d.v)
	}
	polls := d.at("polls").list()
	if len(polls) != 4 || polls[1].num()-polls[0].num() != 5000 {
		t.Errorf("polls: %v", d.at("polls").v)
	}
	if got := fmt.Sprint(m.control("GET", "drafts", nil).at("0.accepted").v); got != "map[createDraft:1 publish:1]" {
		t.Errorf("accepted of the draft: %s", got)
	}
	writes := m.control("GET", "writes", nil)
	if got := writes.values("operation"); got != "createDraft, updateDraft, createDeployment, redeploy, deleteDeployment" || len(writes.at("0.body_sha256").text()) != 64 {
		t.Errorf("writes: %s", got)
	}
}

func TestNoSecretIsKept(t *testing.T) {
	m := start(t)
	m.deployed("one")
	m.redeploy("one", object{"configurationValues": []object{app("points", nil, pairs("SIGNING_KEY", "canary-second"))}}).want(t, 201, "")
	for _, path := range []string{"requests", "deployments", "drafts", "clients", "writes", "connectors", "projects"} {
		a := m.ask("GET", "/_control/"+path, "", nil)
		for _, secret := range []string{"canary", m.token, m.s.ClientSecret()} {
			if a.status != 200 || strings.Contains(a.raw, secret) {
				t.Errorf("%s: %d, shows a secret: %s", path, a.status, a.raw)
			}
		}
	}
	requests := m.control("GET", "requests", nil).list()
	create := requests[5]
	if create.at("operation").text() != "createDeployment" || create.at("token").text() != "bearer" || create.at("variables.configurations.0.securedConfiguration.0.key").text() != "SIGNING_KEY" ||
		create.at("variables.project").text() != m.s.ProjectKey() {
		t.Errorf("the journal of a deployment: %v", create.v)
	}
	if got := requests[len(requests)-1]; got.at("operations.0").text() != "redeploy" || got.at("operations.1").text() != "POST /{project}/deployments/{ref}" {
		t.Errorf("names of a redeploy: %v", got.v)
	}
}

func TestOtherHands(t *testing.T) {
	m := start(t)
	m.deployed("one")
	m.control("PATCH", "drafts/one", object{"key": "", "name": "Lost its key", "previewable": "false"})
	m.try("GET", "/connectors/drafts/key=one", nil).want(t, 404, "ResourceNotFound")
	list := m.get("/connectors/drafts")
	if d := list.at("results.0"); d.has("key") || d.at("name").text() != "Lost its key" || d.at("isPreviewable").text() != "false" {
		t.Errorf("a draft that has lost its key: %v", d.v)
	}
	m.control("POST", "drafts/"+list.at("results.0.id").text()+"/remove", nil)
	m.control("POST", "deployments/one/remove?region=us-central1.gcp", nil)
	m.try("GET", deploymentsPath+"/key=one", nil).want(t, 404, "ResourceNotFound")
	for method, paths := range map[string][]string{
		"PATCH": {"drafts/one", "deployments/one"},
		"POST":  {"drafts/one/remove", "deployments/one/remove", "drafts/one/approve", "drafts/one/comment", "drafts/one/reject", "drafts/one/status", "drafts/one/remove?region=us-east-2.aws"},
	} {
		for _, path := range paths {
			if a := m.ask(method, "/_control/"+path, "", object{}); a.status != http.StatusNotFound {
				t.Errorf("%s %s: %d %s", method, path, a.status, a.raw)
			}
		}
	}
}

func TestControlsAreChecked(t *testing.T) {
	m := start(t)
	m.draft("one", nil)
	m.deployed("two")
	for _, c := range []struct {
		method, path, body string
	}{
		{"PATCH", "settings", `{"preview_ms": -1}`}, {"PATCH", "settings", `{"token_seconds": 0}`}, {"PATCH", "settings", `{"unauthorized": "x"}`},
		{"PATCH", "settings", `{"forbidden": "x"}`}, {"PATCH", "settings", `{"missing_keys": "x"}`}, {"PATCH", "settings", `{"logs_gone": 200}`},
		{"PATCH", "settings", `{"colour": 1}`}, {"POST", "projects", `{"region": "mars", "key": "aa"}`}, {"POST", "projects", `{"key": "a b"}`},
		{"POST", "projects", `[]`}, {"POST", "clients", `[]`}, {"POST", "repositories", `{}`}, {"POST", "repositories", `[]`}, {"POST", "connectors", `[]`},
		{"PATCH", "drafts/one", `[]`}, {"PATCH", "deployments/two", `[]`}, {"POST", "drafts/one/comment", `[]`}, {"POST", "drafts/one/reject", `[]`},
		{"POST", "drafts/one/status", `[]`},
	} {
		if a := m.ask(c.method, "/_control/"+c.path, "", c.body); a.status != 400 || a.at("message").text() == "" {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, a.status, a.raw)
		}
	}
	if a := m.ask("POST", "/_control/clients", "", object{"project": "none"}); a.status != 404 {
		t.Errorf("a client of no project: %d %s", a.status, a.raw)
	}
	m.set(object{"deploy_ms": 1000})
	if got := m.control("GET", "settings", nil); got.at("deploy_ms").num() != 1000 || got.at("preview_ms").num() != 30000 {
		t.Errorf("settings: %v", got.v)
	}
}
