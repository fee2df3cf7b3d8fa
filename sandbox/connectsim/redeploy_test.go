package connectsim

import (
	"strings"
	"testing"
	"time"
)

func TestRedeployMerges(t *testing.T) {
	m := start(t)
	before := m.deployed("one")
	arrived := m.arrived("one")
	a := m.redeploy("one", object{
		"configurationValues": []object{app("points", pairs("LOG_LEVEL", "warn"), pairs())},
		"globalConfiguration": object{"securedConfiguration": pairs("LOYALTY_API_KEY", "another")},
	}).want(t, 201, "")
	if a.at("status").text() != "Queued" || a.at("version").num() != before.at("version").num()+1 || len(a.at("details").v.(map[string]any)) != 0 {
		t.Errorf("begun: %s", a.raw)
	}
	now := m.arrived("one")
	for key, print := range arrived {
		want := map[string]string{"points/LOG_LEVEL": fingerprint("warn"), "/LOYALTY_API_KEY": fingerprint("another")}[key]
		if want == "" {
			want = print
		}
		if now[key] != want {
			t.Errorf("%s is %s, want %s", key, now[key], want)
		}
	}
	if len(now) != len(arrived) {
		t.Errorf("%d values, want %d", len(now), len(arrived))
	}
	m.pass(40 * time.Second)
	after := m.deployment("one")
	if after.at("status").text() != "Deployed" || after.at("applications.0.url").text() != before.at("applications.0.url").text() ||
		after.at("applications.0.id").text() != before.at("applications.0.id").text() || after.at("apiClient.name").text() != before.at("apiClient.name").text() {
		t.Errorf("redeployed: %s", after.raw)
	}
	// A key that is left out keeps its value and does not fall back to its default.
	m.redeploy("one", object{"configurationValues": []object{app("points", pairs(), pairs())}}).want(t, 201, "")
	if got := m.arrived("one")["points/LOG_LEVEL"]; got != fingerprint("warn") {
		t.Error("a key that was left out fell back")
	}
}

// The create body's name for the values is accepted, ignored and said to have worked.
func TestRedeployIgnoresConfigurations(t *testing.T) {
	m := start(t)
	m.deployed("one")
	before := m.arrived("one")
	m.redeploy("one", object{"configurations": []object{app("nonsense", pairs("NONE", "x"), nil)}}).want(t, 201, "")
	if now := m.arrived("one"); now["points/LOG_LEVEL"] != before["points/LOG_LEVEL"] || len(now) != len(before) {
		t.Errorf("values changed: %v", now)
	}
}

func TestRedeploysAreChecked(t *testing.T) {
	m := start(t)
	m.deployed("one")
	version := m.deployment("one").at("version").num()
	values := func(apps ...object) object { return object{"configurationValues": apps} }
	for name, c := range map[string]struct {
		fields object
		code   string
	}{
		"an unknown application": {values(app("daily", nil, nil)), "DeploymentUnknownApplicationConfiguration"},
		"an unknown key":         {values(app("nightly", pairs("NONE", "x"), nil)), "DeploymentUnknownApplicationConfigurationKey"},
		"the wrong list":         {values(app("points", pairs("SIGNING_KEY", "x"), nil)), "DeploymentUnknownApplicationConfigurationKey"},
		"no application":         {object{"configurationValues": []object{}}, "DeploymentApplicationRequired"},
		"an unknown global key":  {object{"globalConfiguration": object{"standardConfiguration": pairs("NONE", "x")}}, "DeploymentUnknownGlobalConfigurationKey"},
		"an empty global key":    {object{"globalConfiguration": object{"securedConfiguration": pairs("LOYALTY_API_KEY", "")}}, "DeploymentEmptyRequiredGlobalConfigurationKey"},
		"a value as a number":    {values(object{"applicationName": "points", "standardConfiguration": []object{{"key": "LOG_LEVEL", "value": 1}}}), "InvalidJsonInput"},
		"a key alone":            {object{"globalConfiguration": object{"securedConfiguration": []object{{"key": "LOYALTY_API_KEY", "description": "x"}}}}, "InvalidJsonInput"},
		"update as text":         {object{"updateConnector": "true"}, "InvalidJsonInput"},
	} {
		if a := m.redeploy("one", c.fields); a.status != 400 || a.codes() != c.code {
			t.Errorf("%s: %d %s, want %s", name, a.status, a.raw, c.code)
		}
	}
	path := deploymentsPath + "/key=one"
	redeploy := []object{{"action": "redeploy"}}
	m.try("POST", path, object{"version": 1, "actions": redeploy}).want(t, 409, "ConcurrentModification")
	m.try("POST", path, object{"actions": redeploy}).want(t, 400, "InvalidJsonInput")
	m.try("POST", path, object{"version": version, "actions": []object{{"action": "setKey"}}}).want(t, 400, "InvalidJsonInput")
	m.try("POST", path, `[]`).want(t, 400, "InvalidJsonInput")
	m.try("POST", path, object{"version": version, "actions": []object{redeploy[0], redeploy[0]}}).want(t, 400, "DeploymentInvalidStatusTransition")
	m.try("POST", deploymentsPath+"/key=none", object{"version": 1, "actions": redeploy}).want(t, 404, "ResourceNotFound")
	if d := m.deployment("one"); d.at("version").num() != version || d.at("status").text() != "Deployed" {
		t.Errorf("a refused redeploy changed something: %s", d.raw)
	}
}

func TestStatusesAllowRedeploy(t *testing.T) {
	m := start(t)
	m.deployed("one")
	for status, message := range map[string]string{
		"Queued": "Already queued", "Deploying": "Already deploying", "Undeploying": "Already undeploying",
		"Draft": "", "Deployed": "", "Failed": "", "UndeployFailed": "", "Resting": "",
	} {
		m.control("PATCH", "deployments/one", object{"status": status})
		a := m.redeploy("one", nil)
		if message == "" {
			a.want(t, 201, "")
			continue
		}
		if a.want(t, 400, "DeploymentInvalidStatusTransition").at("message").text() != "Invalid status change: "+message {
			t.Errorf("%s: %s", status, a.raw)
		}
	}
}

func TestUpdateConnector(t *testing.T) {
	m := start(t)
	m.deployed("one")
	was := m.deployment("one").at("connector.version").num()
	m.update("one", object{"action": "setRepository", "url": loyalty, "tag": "v1.1.0"}).want(t, 201, "")
	m.publish("one")
	m.redeploy("one", nil).want(t, 201, "")
	m.pass(40 * time.Second)
	if d := m.deployment("one"); d.at("connector.version").num() != was || d.at("connector.repository.tag").text() != "v1.0.0" {
		t.Errorf("a plain redeploy moved to another version: %s", d.raw)
	}
	m.redeploy("one", object{"configurationValues": []object{app("points", pairs("WELCOME_POINTS", "7"), nil)}}).want(t, 400, "DeploymentUnknownApplicationConfigurationKey")
	m.redeploy("one", object{"updateConnector": true, "skipScripts": true}).want(t, 201, "")
	m.pass(40 * time.Second)
	d := m.deployment("one")
	if d.at("connector.version").num() <= was || d.at("connector.repository.tag").text() != "v1.1.0" || m.arrived("one")["points/WELCOME_POINTS"] != fingerprint("50") {
		t.Errorf("moved: %s", d.raw)
	}
	if got := d.at("details.build.report.entries.0.title").text(); got != `Script for "postDeploy" skipped` {
		t.Errorf("scripts: %s", got)
	}
}

func TestUpdateConnectorThatFails(t *testing.T) {
	m := start(t)
	m.previewed("one", nil)
	m.try("POST", deploymentsPath, deployBody("one", object{"key": "one", "staged": true}, nil)).want(t, 201, "")
	m.pass(40 * time.Second)
	m.update("one", object{"action": "setRepository", "url": loyalty, "tag": "v1.1.0"}).want(t, 201, "")
	a := m.redeploy("one", object{"updateConnector": true}).want(t, 400, "DeploymentConnectorUpdateFailure")
	if !strings.Contains(a.at("message").text(), "is not previewable)") {
		t.Errorf("cause: %s", a.raw)
	}
	m.update("one", object{"action": "setSupportedRegions", "regions": []string{"us-east-2.aws"}}, object{"action": "updatePreviewable"}).want(t, 201, "")
	m.pass(30 * time.Second)
	a = m.redeploy("one", object{"updateConnector": true}).want(t, 400, "DeploymentConnectorUpdateFailure")
	if !strings.Contains(a.at("message").text(), "(cause: Deployment unsupported region us-central1.gcp)") {
		t.Errorf("cause: %s", a.raw)
	}
	m.control("POST", "drafts/one/remove", nil)
	m.redeploy("one", object{"updateConnector": true}).want(t, 400, "DeploymentConnectorUpdateFailure")
	m.redeploy("one", nil).want(t, 201, "")
}

// An application that a newer version has is foreign to a deployment of the older one; what a newer version wants has to
// be given with it, and what it has no more is forgotten.
func TestVersionsWithOtherApplications(t *testing.T) {
	m := start(t)
	file := func(text string) object { return object{"connect.yaml": text} }
	service := "  - name: web\n    applicationType: service\n    endpoint: /w\n"
	inherit := "inheritAs:\n  apiClient:\n    scopes: [view_products]\n  configuration:\n    securedConfiguration:\n      - key: TOKEN\n        description: A token\n        required: true\n"
	m.control("POST", "repositories", object{"name": "acme/grows", "tags": object{
		"v1": file("deployAs:\n" + service), "v2": file(inherit + "deployAs:\n" + service + "  - name: pictures\n    applicationType: assets\n"),
		"v3": file("deployAs:\n  - name: pictures\n    applicationType: assets\n"), "v4": file("deployAs: []\n"),
	}})
	const url = "git@github.com:acme/grows.git"
	m.try("POST", "/connectors/drafts", someDraft("one", url, "v1", nil)).want(t, 201, "")
	m.publish("one")
	m.try("POST", deploymentsPath, object{"key": "one", "connector": object{"key": "one"}, "region": "us-central1.gcp"}).want(t, 201, "")
	m.pass(40 * time.Second)
	move := func(tag string) {
		t.Helper()
		m.update("one", object{"action": "setRepository", "url": url, "tag": tag}).want(t, 201, "")
		m.publish("one")
	}
	move("v2")
	pictures := object{"configurationValues": []object{app("pictures", nil, nil)}}
	m.redeploy("one", pictures).want(t, 400, "DeploymentApplicationDoNotBelong")
	m.redeploy("one", object{"updateConnector": true}).want(t, 400, "DeploymentMissingGlobalConfigurationKey")
	limited := m.tokenOf(m.s.LimitedAccess(defaultRegion))
	token := object{"action": "redeploy", "updateConnector": true, "globalConfiguration": object{"securedConfiguration": pairs("TOKEN", "x")}}
	m.ask("POST", deploymentsPath+"/key=one", limited, object{"version": m.deployment("one").at("version").v, "actions": []object{token}}).want(t, 403, "AuthorizationError")
	a := m.redeploy("one", token).want(t, 201, "")
	if a.at("applications").values("applicationName") != "web, pictures" || a.at("apiClient.scopes.0").text() != "view_products:composable-product-dev-sandbox" {
		t.Errorf("grown: %s", a.raw)
	}
	m.pass(40 * time.Second)
	move("v3")
	a = m.redeploy("one", object{"updateConnector": true}).want(t, 201, "")
	if a.at("applications").values("applicationName") != "pictures" || a.has("globalConfiguration") {
		t.Errorf("shrunk: %s", a.raw)
	}
	m.pass(40 * time.Second)
	move("v4")
	m.redeploy("one", object{"updateConnector": true}).want(t, 400, "DeploymentApplicationRequired")
	m.control("POST", "drafts/one/remove", nil)
	m.redeploy("one", object{"updateConnector": true}).want(t, 400, "DeploymentConnectorUpdateFailure")
	m.redeploy("one", pictures).want(t, 201, "")
}
