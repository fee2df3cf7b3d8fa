package connectsim

import (
	"regexp"
	"testing"
	"time"
)

func TestDeploymentMovesOn(t *testing.T) {
	m := start(t)
	m.published("one", nil)
	m.deploy("dep", "one", nil).want(t, 201, "")
	for _, c := range []struct {
		status  string
		version int
		build   bool
	}{{"Queued", 1, false}, {"Deploying", 3, false}, {"Deploying", 5, true}, {"Deploying", 7, true}, {"Deploying", 9, true}, {"Deployed", 11, true}} {
		d := m.deployment("dep")
		if d.at("status").text() != c.status || d.at("version").num() != c.version || d.at("details").has("build") != c.build {
			t.Errorf("%s, version %d, details %v; want %s, %d", d.at("status").text(), d.at("version").num(), d.at("details").v, c.status, c.version)
		}
		if d.at("applications.0").has("url") != (c.status == "Deployed") || d.at("applications.1").has("schedule") != (c.status == "Deployed") {
			t.Errorf("%s: %s", c.status, d.raw)
		}
		m.pass(8 * time.Second)
	}
	d := m.deployment("dep")
	for i, want := range []string{
		`^https://service-[0-9a-z]{24}\.us-central1\.gcp\.commercetools\.app$`, `^$`,
		`^https://mc-app-[0-9a-f-]{36}\.us-central1\.gcp\.commercetools\.app$`, `^https://assets-[0-9a-f-]{36}\.us-central1\.gcp\.commercetools\.app$`,
	} {
		if got := d.at("applications").list()[i].at("url").text(); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("url %d: %q", i, got)
		}
	}
	if got := d.at("applications.1.schedule").text(); got != "0 2 * * *" {
		t.Errorf("schedule: %s", got)
	}
	entries := d.at("details.build.report.entries")
	if entries.values("application") != "points, nightly, loyalty-admin, widget" || entries.at("0.title").text() != "Post-deployment setup succeeded" ||
		entries.at("1.title").text() != `Script for "postDeploy" not defined` {
		t.Errorf("report: %v", entries.v)
	}
	m.set(object{"deploying_first": true})
	if a := m.deploy("dep2", "one", nil).want(t, 201, ""); a.at("status").text() != "Deploying" {
		t.Errorf("deploying at once: %s", a.raw)
	}
}

func TestTopicsAndSchedules(t *testing.T) {
	m := start(t)
	text := "deployAs:\n  - name: events\n    applicationType: event\n    endpoint: /e\n  - name: job\n    applicationType: job\n    endpoint: /j\n" +
		"    properties:\n      schedule: '@daily'\n  - name: panel\n    applicationType: merchant-center-custom-view\n    configuration:\n      standardConfiguration:\n" +
		"        - key: CUSTOM_VIEW_ID\n          description: View\n          required: true\n          default: v\n" +
		"        - key: CLOUD_IDENTIFIER\n          description: Cloud\n          default: gcp-eu\n"
	m.control("POST", "repositories", object{"name": "acme/events", "tags": object{"v1": map[string]string{"connect.yaml": text}}})
	m.try("POST", "/connectors/drafts", someDraft("one", "git@github.com:acme/events.git", "v1", nil)).want(t, 201, "")
	m.update("one", object{"action": "updatePreviewable"}).want(t, 201, "")
	m.pass(30 * time.Second)
	topics := func(key string, more object) (string, string) {
		t.Helper()
		body := object{"key": key, "connector": object{"key": "one", "staged": true}, "region": "us-east-2.aws"}
		for k, v := range more {
			body[k] = v
		}
		m.try("POST", deploymentsPath, body).want(t, 201, "")
		m.pass(40 * time.Second)
		first := m.deployment(key).at("applications.0.topic").text()
		m.redeploy(key, nil).want(t, 201, "")
		m.pass(40 * time.Second)
		return first, m.deployment(key).at("applications.0.topic").text()
	}
	first, second := topics("aws", object{"configurations": []object{app("events", nil, nil), {"applicationName": "job", "schedule": "0 5 * * *"}}})
	if !regexp.MustCompile(`^arn:aws:sns:us-east-2:\d+:event-`).MatchString(first) || first == second {
		t.Errorf("topics of a preview: %q, %q", first, second)
	}
	if got := m.deployment("aws").at("applications.1.schedule").text(); got != "0 5 * * *" {
		t.Errorf("schedule: %s", got)
	}
	if got := m.deployment("aws").at("applications.2.url").text(); !regexp.MustCompile(`^https://mc-view-[0-9a-f-]{36}\.us-east-2\.aws\.`).MatchString(got) {
		t.Errorf("url of a view: %s", got)
	}
	m.publish("one")
	first, second = topics("gcp", object{"connector": object{"key": "one"}, "region": "europe-west1.gcp"})
	if !regexp.MustCompile(`^projects/[a-z-]+/topics/event-`).MatchString(first) || first != second {
		t.Errorf("topics of a release: %q, %q", first, second)
	}
}

func TestDeploymentsThatEndOtherwise(t *testing.T) {
	m := start(t)
	for _, c := range []struct {
		word, status, kind, title string
		after                     time.Duration
	}{
		{"buildFail", "Failed", "Error", "Failed during the build of the application", 40 * time.Second},
		{"healthFail", "Failed", "Error", "Health check for application points failed", 40 * time.Second},
		{"postDeployWarn", "Deployed", "Warning", "Failed during the execution of 'postDeploy' script", 40 * time.Second},
		{"stuck", "Deploying", "", "", 10 * time.Hour},
		{"slow", "Deploying", "", "", 399 * time.Second},
	} {
		m.published("c"+c.word[:3], nil)
		m.deploy("dep-"+c.word, "c"+c.word[:3], nil).want(t, 201, "")
		m.pass(c.after)
		d := m.deployment("dep-" + c.word)
		first := d.at("details.build.report.entries.0")
		if d.at("status").text() != c.status || first.at("type").text() != c.kind || first.at("title").text() != c.title {
			t.Errorf("%s: %s", c.word, d.raw)
		}
		if d.at("applications.0").has("url") != (c.status == "Deployed") {
			t.Errorf("%s: addresses of what is %s", c.word, c.status)
		}
	}
	m.deploy("by-tag", "cbui", nil).want(t, 201, "")
	m.control("PATCH", "deployments/by-tag", object{"switches": []string{"buildFail"}})
	m.pass(40 * time.Second)
	if got := m.deployment("by-tag").at("status").text(); got != "Failed" {
		t.Errorf("a switch that a control sets: %s", got)
	}
}

func TestUndeploy(t *testing.T) {
	m := start(t)
	d := m.deployed("one")
	version := d.at("version").num()
	a := m.try("DELETE", deploymentsPath+"/key=one?version=3", nil).want(t, 202, "")
	if a.at("status").text() != "Undeploying" || a.at("version").num() != version+1 {
		t.Errorf("begun: %s", a.raw)
	}
	m.try("DELETE", deploymentsPath+"/key=one", nil).want(t, 400, "DeploymentInvalidStatusTransition")
	m.redeploy("one", nil).want(t, 400, "DeploymentInvalidStatusTransition")
	m.deploy("one", "one", nil).want(t, 400, "DuplicateField")
	m.pass(15 * time.Second)
	m.try("GET", deploymentsPath+"/key=one", nil).want(t, 404, "ResourceNotFound")
	m.try("GET", deploymentsPath+"/"+d.at("id").text(), nil).want(t, 404, "ResourceNotFound")
	m.deploy("one", "one", nil).want(t, 201, "")

	m.deployed("two-undeployFail")
	m.try("DELETE", deploymentsPath+"/key=two-undeployFail", nil).want(t, 202, "")
	m.pass(15 * time.Second)
	d = m.deployment("two-undeployFail")
	if d.at("status").text() != "UndeployFailed" || d.at("details.build.report.entries.0.type").text() != "Error" {
		t.Errorf("undeploying failed: %s", d.raw)
	}
	m.try("DELETE", deploymentsPath+"/key=two-undeployFail", nil).want(t, 202, "")
	m.pass(15 * time.Second)
	m.try("GET", deploymentsPath+"/key=two-undeployFail", nil).want(t, 404, "ResourceNotFound")

	m.control("PATCH", "deployments/one", object{"switches": []string{"stuck"}, "status": "Deployed"})
	m.try("DELETE", deploymentsPath+"/key=one", nil).want(t, 202, "")
	m.pass(10 * time.Hour)
	if got := m.deployment("one").at("status").text(); got != "Undeploying" {
		t.Errorf("stuck: %s", got)
	}
}

func TestLogsAreGone(t *testing.T) {
	m := start(t)
	m.deployed("one")
	if a := m.try("GET", deploymentsPath+"/key=one/logs?applicationName=points", nil); a.status != 410 || a.at("statusCode").num() != 410 {
		t.Errorf("logs: %d %s", a.status, a.raw)
	}
	m.set(object{"logs_gone": 404})
	m.try("GET", deploymentsPath+"/key=one/logs", nil).want(t, 404, "ResourceNotFound")
}
