package piecesim

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestRunSucceeds(t *testing.T) {
	m := start(t, Options{})
	m.control("PATCH", "settings", object{"run_ms": 1000})
	project := m.project("org_1")
	id := m.flow(project, demo(t, "Webhook to your system"))
	made := m.run(id)
	if made.at("status").text() != runQueued || made.at("finishTime").v != nil {
		t.Errorf("before its time: %v", made.v)
	}
	m.s.Clock().Advance(time.Second)
	run := m.api("GET", "/flow-runs/"+made.at("id").text(), nil)
	if run.at("status").text() != runSucceeded || run.at("finishTime").v == nil || run.at("failedStep").v != nil {
		t.Errorf("the run: %v", run.v)
	}
	if run.at("steps.trigger.output.body.order").v != 7.0 || run.at("steps.trigger.output.headers.user-agent").text() == "" {
		t.Errorf("what came in is not in the run: %v", run.at("steps").v)
	}
	count := m.api("GET", "/flow-runs/count-by-status?projectId="+project, nil)
	if count.at("data.0.status").text() != runSucceeded || count.at("data.0.count").v != 1.0 {
		t.Errorf("counts: %v", count.v)
	}
}

// The message of a failed step is a JSON text with the server's paths in it, cut at 700 characters.
func TestFailedStepMessage(t *testing.T) {
	m := start(t, Options{})
	id := m.flow(m.project("org_1"), demo(t, "Webhook to your system"))
	m.control("POST", "flows/"+id+"/fail", object{"message": "Quota of the month is used up"})
	run := m.run(id)
	message := run.at("failedStep.message").text()
	if run.at("status").text() != runFailed || run.at("failedStep.name").text() != "step_1" || run.at("failedStep.displayName").text() != "Pass it on" {
		t.Errorf("the run: %v", run.v)
	}
	if n := len([]rune(message)); n != maxFailure || !strings.HasSuffix(message, "…") || json.Valid([]byte(message)) {
		t.Errorf("the message has %d characters: %s", n, message)
	}
	if !strings.HasPrefix(message, `{"__apErrorVersion":1,"message":"Quota of the month is used up"`) || !strings.Contains(message, "/srv/activepieces/") {
		t.Errorf("the message: %s", message)
	}
	whole := m.api("GET", "/flow-runs/"+run.at("id").text(), nil).at("steps.step_1.errorMessage").text()
	if !json.Valid([]byte(whole)) || len(whole) < maxFailure {
		t.Errorf("the step's own error: %s", whole)
	}
	if got := m.run(id).at("status").text(); got != runSucceeded {
		t.Errorf("the next run: %s", got)
	}
}

func TestRetry(t *testing.T) {
	m := start(t, Options{})
	m.control("PATCH", "settings", object{"run_ms": 1000})
	project := m.project("org_1")
	id := m.flow(project, demo(t, "Webhook to your system"))
	m.control("POST", "flows/"+id+"/fail", object{})
	run := m.run(id).at("id").text()
	m.s.Clock().Advance(time.Second)
	again := m.api("POST", "/flow-runs/"+run+"/retry", object{"projectId": project, "strategy": fromFailedStep})
	if again.at("id").text() != run || again.at("status").text() != runQueued || again.at("failedStep.name").text() != "step_1" {
		t.Errorf("from the failed step: %v", again.v)
	}
	m.s.Clock().Advance(time.Second)
	if now := m.api("GET", "/flow-runs/"+run, nil); now.at("status").text() != runSucceeded || now.at("failedStep").v != nil {
		t.Errorf("when it has ended: %v", now.v)
	}
	latest := m.api("POST", "/flow-runs/"+run+"/retry", object{"projectId": project, "strategy": onLatestVersion})
	if latest.at("id").text() == run || latest.at("flowVersion").v != nil || latest.at("status").text() != runQueued {
		t.Errorf("on the latest version: %v", latest.v)
	}
	m.try("POST", "/flow-runs/"+run+"/retry", object{"projectId": m.project("org_2"), "strategy": fromFailedStep}).want(t, 404, "ENTITY_NOT_FOUND")
	m.s.Clock().Advance(31 * 24 * time.Hour)
	m.try("POST", "/flow-runs/"+run+"/retry", object{"projectId": project, "strategy": fromFailedStep}).want(t, 410, "FLOW_RUN_RETRY_OUTSIDE_RETENTION")
}

// A flow runs whatever its connections are; the run says what is wrong with them.
func TestRunsNeedTheirConnections(t *testing.T) {
	m := start(t, Options{})
	project := m.project("org_1")
	id := m.flow(project, demo(t, "Stripe customers"))
	wantFailure := func(words string) {
		t.Helper()
		got := m.run(id)
		if words == "" && got.at("status").text() == runSucceeded {
			return
		}
		if words == "" || !strings.Contains(got.at("failedStep.message").text(), words) {
			t.Errorf("the run: %s %v, want %q", got.at("status").text(), got.at("failedStep").v, words)
		}
	}
	wantFailure("connection (stripe) not found")
	connection := m.stripe(project, "stripe", "sk_1").body.at("id").text()
	wantFailure("")
	m.control("POST", "connections/"+connection, object{"status": "ERROR"})
	wantFailure("connection (stripe) needs to be reconnected")
	m.stripe(project, "stripe", "sk_2").want(t, 201, "") // makes it ACTIVE again
	wantFailure("")
	m.control("POST", "connections/"+connection+"/remove", nil)
	wantFailure("connection (stripe) not found")
}

// The steps of Gelato fetch the connection of their project by themselves.
func TestRunsFetchPredefinedConnections(t *testing.T) {
	m := start(t, Options{})
	project := m.project("org_1")
	id := m.flow(project, demo(t, "New flavours in Slack"))
	started := func() string { return m.control("POST", "flows/"+id+"/run", nil).at("status").text() }
	m.control("POST", "connections", object{"project": project, "external_id": "slack", "name": "Slack", "piece": "@activepieces/piece-slack", "type": "OAUTH2"})
	if got := started(); got != runFailed {
		t.Errorf("without the predefined connection: %s", got)
	}
	m.global("gelato_org_1", project).want(t, 201, "")
	if got := started(); got != runSucceeded {
		t.Errorf("with it: %s", got)
	}
}
