package piecesim

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// waits returns once so many calls wait for a worker.
func (m *sim) waits(want int) {
	m.t.Helper()
	for m.s.workers.waiting() < want {
		runtime.Gosched()
	}
}

func TestPiecesRefuseInTheirOwnWords(t *testing.T) {
	m := start(t, Options{})
	project := m.project("org_1")
	refused := m.stripe(project, "stripe_a", "pk_1").want(t, 400, "INVALID_APP_CONNECTION")
	if got := refused.body.at("params.error").text(); got != "Invalid API Key. Please check the key and try again." {
		t.Errorf("Stripe says %q", got)
	}
	gelato := object{
		"displayName": "Gelato", "externalId": "gelato_org_1", "pieceName": "@activepieces/piece-gelato", "type": "CUSTOM_AUTH",
		"scope": "PLATFORM", "projectIds": []string{project},
		"value": object{"type": "CUSTOM_AUTH", "props": object{"apiKey": "revoked", "storeId": "7"}},
	}
	if got := m.try("POST", "/global-connections", gelato).want(t, 400, "INVALID_APP_CONNECTION").body.at("params.error").text(); got != "Gelato: key revoked" {
		t.Errorf("Gelato says %q", got)
	}
	if n := m.control("GET", "counts", nil).at("connections").v; n != 0.0 {
		t.Errorf("%v connections were made", n)
	}
}

func TestWithoutWorker(t *testing.T) {
	m := start(t, Options{})
	project := m.project("org_1")
	flow := m.flow(project, DemoTemplates()[0].Flows[0])
	m.control("PATCH", "settings", object{"worker": false})
	m.global("no check", project).want(t, 201, "") // NO_AUTH is checked by nobody
	done := make(chan answer, 2)
	go func() { done <- m.stripe(project, "stripe_a", "sk_1") }()
	go func() { done <- m.operate(flow, "CHANGE_STATUS", object{"status": "DISABLED"}) }()
	m.waits(2)
	m.operate(flow, "CHANGE_NAME", object{"displayName": "x"}).want(t, 409, "FLOW_OPERATION_IN_PROGRESS")
	m.control("PATCH", "settings", object{"worker": true})
	for range 2 {
		if a := <-done; a.status >= 300 {
			t.Errorf("after the worker came back: %d %s", a.status, a.raw)
		}
	}
	m.operate(flow, "CHANGE_NAME", object{"displayName": "x"}).want(t, 200, "")
}

func TestServerGivesUpOnWorkers(t *testing.T) {
	m := start(t, Options{})
	project := m.project("org_1")
	m.control("PATCH", "settings", object{"worker": false})
	done := make(chan answer, 1)
	go func() { done <- m.stripe(project, "stripe_a", "sk_1") }()
	m.waits(1)
	m.control("POST", "clock", object{"advance": "5m"})
	(<-done).want(t, http.StatusBadRequest, "ENGINE_OPERATION_FAILURE")
}

// A client that gives up does not undo its call: the connection is there once a worker has looked at it.
func TestWorkIsDoneForCallersWhoHaveGone(t *testing.T) {
	m := start(t, Options{})
	project := m.project("org_1")
	m.control("PATCH", "settings", object{"worker": false})
	ctx, cancel := context.WithCancel(t.Context())
	body := `{"projectId":"` + project + `","externalId":"s","displayName":"s","pieceName":"@activepieces/piece-stripe","type":"SECRET_TEXT","value":{"type":"SECRET_TEXT","secret_text":"sk_1"}}`
	req, err := http.NewRequestWithContext(ctx, "POST", m.url+"/api/v1/app-connections", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+m.s.APIKey())
	req.Header.Set("Content-Type", "application/json")
	gone := make(chan error, 1)
	go func() {
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			res.Body.Close()
		}
		gone <- err
	}()
	m.waits(1)
	cancel()
	if err := <-gone; err == nil {
		t.Fatal("there was an answer")
	}
	m.control("PATCH", "settings", object{"worker": true})
	deadline := time.Now().Add(30 * time.Second)
	for m.control("GET", "counts", nil).at("connections").v != 1.0 {
		if time.Now().After(deadline) {
			t.Fatal("the connection never came")
		}
	}
}
