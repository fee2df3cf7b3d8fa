package piecesim

import (
	"strings"
	"testing"
)

// demo is the first flow of a demo template.
func demo(t *testing.T, name string) TemplateFlow {
	t.Helper()
	for _, d := range DemoTemplates() {
		if d.Name == name {
			return d.Flows[0]
		}
	}
	t.Fatalf("there is no demo template %q", name)
	return TemplateFlow{}
}

func TestFlowFromCreationToDeletion(t *testing.T) {
	m := start(t, Options{})
	project := m.project("org_1")
	made := m.api("POST", "/flows", object{"displayName": "Empty", "projectId": project, "folderName": "F", "metadata": object{"portal": "1"}})
	id := made.at("id").text()
	if made.at("version.displayName").text() != "Empty" || made.at("displayName").v != nil || made.at("triggerSource").v != nil {
		t.Errorf("a new flow: %v", made.v)
	}
	m.operate(id, "CHANGE_STATUS", object{"status": "ENABLED"}).want(t, 500, "publishedFlowVersionId is required is null or undefined")
	m.operate(id, "LOCK_AND_PUBLISH", object{}).want(t, 404, "ENTITY_NOT_FOUND")
	left := m.api("GET", "/flows/"+id, nil)
	if left.at("publishedVersionId").v != left.at("version.id").v || left.at("version.state").text() != stateLocked || left.at("status").text() != statusDisabled {
		t.Errorf("after publishing without a trigger: %v", left.v)
	}
	imported := m.operate(id, "IMPORT_FLOW", demo(t, "Stripe customers")).want(t, 200, "").body
	if imported.at("version.id").v == left.at("version.id").v || imported.at("version.state").text() != stateDraft || imported.at("version.valid").v != true {
		t.Errorf("imported into a locked version: %v", imported.v)
	}
	if got := imported.at("version.connectionIds"); got.len() != 1 || got.at("0").text() != "stripe" {
		t.Errorf("connectionIds: %v", got.v)
	}
	published := m.operate(id, "LOCK_AND_PUBLISH", object{}).want(t, 200, "").body
	if published.at("status").text() != statusEnabled || published.at("triggerSource").v == nil {
		t.Errorf("publishing enables: %v", published.v)
	}
	if got := m.operate(id, "UPDATE_METADATA", object{"metadata": object{"portal": "2"}}).body.at("metadata.portal").text(); got != "2" {
		t.Errorf("metadata: %q", got)
	}
	back := m.operate(id, "USE_AS_DRAFT", object{"versionId": left.at("version.id").text()}).want(t, 200, "").body
	if back.at("version.displayName").text() != "Empty" || back.at("version.valid").v != false || back.at("publishedVersionId").v != published.at("publishedVersionId").v {
		t.Errorf("an old version as the draft: %v", back.v)
	}
	if got := m.api("GET", "/flows?projectId="+project+"&status=ENABLED&name=empty", nil).at("data").len(); got != 1 {
		t.Errorf("%d flows found, want 1", got)
	}
	m.try("DELETE", "/flows/"+id, nil).want(t, 204, "")
	m.try("DELETE", "/flows/"+id, nil).want(t, 404, "ENTITY_NOT_FOUND")
}

func TestPublishDisabled(t *testing.T) {
	m := start(t, Options{})
	id := m.flow(m.project("org_1"), demo(t, "Webhook to your system"))
	off := m.operate(id, "LOCK_AND_PUBLISH", object{"status": "DISABLED"}).want(t, 200, "").body
	if off.at("status").text() != statusDisabled || off.at("publishedVersionId").text() == "" {
		t.Errorf("published and off: %v", off.v)
	}
	m.ask("POST", "/api/v1/webhooks/"+id, "", object{}).want(t, 404, "")
	for range 2 {
		m.operate(id, "CHANGE_STATUS", object{"status": "DISABLED"}).want(t, 200, "")
	}
	m.control("PATCH", "settings", object{"active_flows_limit": 1})
	m.flow(m.project("org_2"), demo(t, "Webhook to your system"))
	m.operate(id, "CHANGE_STATUS", object{"status": "ENABLED"}).want(t, 402, "QUOTA_EXCEEDED")
}

func TestOperationsThatAreRefused(t *testing.T) {
	m := start(t, Options{})
	id := m.flow(m.project("org_1"), demo(t, "Webhook to your system"))
	other := demo(t, "Webhook to your system")
	trigger, _ := other.Trigger.(object)
	settings, _ := trigger["settings"].(object)
	settings["pieceVersion"] = "0.1.35"
	for _, c := range []struct {
		kind    string
		request any
		status  int
		code    string
	}{
		{"NOT_AN_OP", object{}, 400, "FST_ERR_VALIDATION"},
		{"CHANGE_STATUS", object{"status": "PAUSED"}, 400, "FST_ERR_VALIDATION"},
		{"CHANGE_NAME", object{}, 400, "FST_ERR_VALIDATION"},
		{"IMPORT_FLOW", object{"displayName": "x"}, 400, "FST_ERR_VALIDATION"},
		{"CHANGE_NAME", "no object", 400, "FST_ERR_VALIDATION"},
		{"ADD_ACTION", object{}, 400, "FLOW_OPERATION_INVALID"},
		{"IMPORT_FLOW", other, 404, "ENTITY_NOT_FOUND"},
		{"UPDATE_TRIGGER", trigger, 404, "ENTITY_NOT_FOUND"},
	} {
		m.operate(id, c.kind, c.request).want(t, c.status, c.code)
	}
	m.control("POST", "flows/"+id, object{"busy": true})
	m.operate(id, "LOCK_AND_PUBLISH", object{}).want(t, 409, "FLOW_OPERATION_IN_PROGRESS")
	m.control("POST", "flows/"+id, object{"busy": false})
	m.operate(id, "LOCK_AND_PUBLISH", object{}).want(t, 200, "")
}

func TestConnectionNamesInSteps(t *testing.T) {
	inner := action("http", "0.11.10", "send_request", "Inner", object{"auth": `{{ connections["b c"] }}`})
	loop := action("http", "0.11.10", "send_request", "Loop", object{"auth": "{{connections['a']}}", "text": "{{connections['a']}} again"})
	loop["firstLoopAction"] = inner
	loop["children"] = []any{action("http", "0.11.10", "send_request", "Branch", withAuth("d", object{})), nil}
	f := oneFlow("x", catch(), loop)
	first, _ := f.Trigger.(object)
	if got := strings.Join(connectionNames(first), ","); got != "a,d,b c" {
		t.Errorf("names: %s", got)
	}
}

func TestReplaceConnection(t *testing.T) {
	m := start(t, Options{})
	project := m.project("org_1")
	from := m.stripe(project, "stripe", "sk_1").body.at("id").text()
	to := m.stripe(project, "stripe_2", "sk_1").body.at("id").text()
	id := m.flow(project, demo(t, "Stripe customers"))
	if got := m.api("GET", "/app-connections?projectId="+project, nil).at("data.0.flowIds.0").text(); got != id {
		t.Errorf("flowIds: %q, want %q", got, id)
	}
	body := object{"sourceAppConnectionId": from, "targetAppConnectionId": to, "projectId": project}
	m.try("POST", "/app-connections/replace", body).want(t, 204, "")
	if got := m.api("GET", "/flows/"+id, nil).at("version.connectionIds.0").text(); got != "stripe" {
		t.Errorf("a published version changed unasked: %q", got)
	}
	body["applyToPublishedVersions"], body["deleteSourceConnection"] = true, true
	m.try("POST", "/app-connections/replace", body).want(t, 204, "")
	if got := m.api("GET", "/flows/"+id, nil).at("version.connectionIds.0").text(); got != "stripe_2" {
		t.Errorf("after replacing: %q", got)
	}
	m.try("DELETE", "/app-connections/"+from, nil).want(t, 404, "ENTITY_NOT_FOUND")
}

func TestTemplates(t *testing.T) {
	m := start(t, Options{})
	m.try("GET", "/templates", nil).want(t, 500, "fetch failed")
	m.try("GET", "/templates?type=OFFICIAL", nil).want(t, 500, "fetch failed")
	offered := m.api("GET", "/templates?type=CUSTOM", nil)
	if offered.at("data").len() != len(DemoTemplates()) {
		t.Errorf("%d templates, want %d", offered.at("data").len(), len(DemoTemplates()))
	}
	body := object{"name": "t", "summary": "s", "description": "d", "author": "a", "categories": []string{}, "type": "CUSTOM", "flows": []any{}}
	m.try("POST", "/templates", body).want(t, 409, "VALIDATION")
	whole := m.api("GET", "/flows/"+m.flow(m.project("org_1"), demo(t, "Stripe customers")), nil)
	body["flows"] = []any{whole.at("version").v}
	made := m.api("POST", "/templates", body)
	kept, _ := made.at("flows.0").v.(map[string]any)
	if len(kept) != 5 || kept["displayName"] == nil || kept["valid"] != true || made.at("pieces").len() != 2 {
		t.Errorf("kept of a version: %v, pieces %v", kept, made.at("pieces").v)
	}
	read := m.ask("GET", "/api/v1/templates/"+made.at("id").text(), "", nil).want(t, 200, "").body
	if read.at("name").text() != "t" {
		t.Errorf("read without a token: %v", read.v)
	}
	exported := m.api("GET", "/flows/"+whole.at("id").text()+"/template", nil)
	if exported.at("flows.0.trigger.nextAction.settings.input.auth").v != nil {
		t.Error("an exported template names a connection")
	}
	m.try("DELETE", "/templates/"+made.at("id").text(), nil).want(t, 204, "")
}
