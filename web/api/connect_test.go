package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"portico/portal"
	"portico/store"
	"portico/store/storetest"
)

// Values that must never come out again.
const (
	loyaltyKey    = "loyalty-canary-77d1"
	webhookSecret = "webhook-canary-02be"
	signingKey    = "signing-canary-e9c4"
)

// loyaltyValues is everything that the loyalty connector cannot do without.
var loyaltyValues = map[string]any{
	"SHOP_REGION": "${REGION}", "CUSTOM_APPLICATION_ID": "app-1", "ENTRY_POINT_URI_PATH": "loyalty", "LOYALTY_API_KEY": loyaltyKey, "LOYALTY_WEBHOOK_SECRET": webhookSecret, "points": map[string]any{"SIGNING_KEY": signingKey},
}

// loyalty makes a draft of the loyalty connector at v1.0.0 and says which ID it has.
func (c *counter) loyalty() string {
	c.Helper()
	c.control("connect", "PATCH", "/settings", `{"preview_ms":4000,"publish_ms":4000,"deploy_ms":4000,"undeploy_ms":4000}`)
	made := c.ask("POST", "/connect/drafts", map[string]any{"account": "shop", "draft": map[string]any{
		"key": "loyalty", "name": "Loyalty", "creator": map[string]any{"email": "dev@example.com"},
		"repository": map[string]any{"url": c.sites["connect"] + "/git/acme/loyalty.git", "tag": "v1.0.0"},
	}}).is(202)
	return c.done(made).text("draft")
}

// done waits for the end of an operation, and wants it to be well.
func (c *counter) done(o answer) answer {
	c.Helper()
	got := c.until("/connect/operations/"+o.text("id"), func(a answer) bool { return a.text("state") != "waiting" && a.text("state") != "sending" })
	if got.text("state") != "done" {
		c.Fatalf("the operation is %s", got.body)
	}
	return got
}

func TestADraft(t *testing.T) {
	c := newCounter(t)
	if got := c.ask("GET", "/connect/accounts", nil).is(200); got.some("items") != 1 || got.text("items.0.name") != "shop" || strings.Contains(string(got.body), "secret") {
		t.Errorf("got %s", got.body)
	}
	c.ask("POST", "/connect/accounts/shop/sync", nil).is(202)
	c.ask("POST", "/connect/accounts/us/sync", nil).is(404)
	id := c.loyalty()
	path := "/connect/drafts/" + id
	got := c.ask("GET", path, nil).is(200)
	if got.text("key") != "loyalty" || got.text("document.repository.tag") != "v1.0.0" || got.at("may.delete.ok") != true || got.at("may.deployPreview.ok") != false || got.text("may.deployPreview.message") == "" {
		t.Errorf("got %s", got.body)
	}
	if list := c.ask("GET", "/connect/drafts?account=shop", nil).is(200); list.some("items") != 1 || list.at("items.0.document") != nil {
		t.Errorf("got %s", list.body)
	}
	action := func(more ...any) map[string]any { return map[string]any{"actions": more} }
	c.done(c.ask("POST", path+"/actions", action(map[string]any{"action": "setName", "name": "Points"})).is(202))
	c.ask("POST", path+"/actions", action(map[string]any{"action": "setName", "title": "Points"})).refused(422, "draft_action")
	c.ask("POST", path+"/actions", action(map[string]any{"action": "setKey", "key": "k"})).is(422)
	c.ask("POST", path+"/actions", action(map[string]any{"action": "setName", "name": "Points"})).refused(422, "draft_unchanged")
	c.ask("POST", path+"/look", nil).is(202)
	if tags := c.ask("GET", path+"/tags", nil).is(200); tags.some("items") < 2 {
		t.Errorf("got %s", tags.body)
	}
	if form := c.ask("GET", path+"/form?staged=true", nil).is(200); form.some("fields") == 0 || form.text("types.0") != "preview" {
		t.Errorf("got %s", form.body)
	}
	c.ask("GET", path+"/form", nil).refused(422, "deploy_not_published")
	if all := c.ask("GET", "/connect/operations?limit=1&draft="+id, nil).is(200); all.some("items") != 1 || all.text("next") == "" || all.text("items.0.actor.kind") != store.ActorHost {
		t.Errorf("got %s", all.body)
	}
	c.ask("POST", "/connect/operations/"+c.ask("GET", "/connect/operations?draft="+id, nil).text("items.0.id")+"/repeat", nil).refused(422, "operation_not_repeatable")
	c.ask("DELETE", path+"?key=other", nil).refused(422, "draft_typed")
	c.done(c.ask("DELETE", path+"?key=loyalty", nil).is(202))
	if gone := c.ask("GET", path, nil).is(200); gone.text("gone_at") == "" {
		t.Errorf("got %s", gone.body)
	}
	c.silentAbout()
}

func TestWhatIsRefused(t *testing.T) {
	c := newCounter(t)
	id := c.loyalty()
	for _, path := range []string{"/connect/operations/none", "/connect/drafts/none", "/connect/deployments/none", "/connect/pipelines/none", "/connect/drafts/none/pipelines"} {
		c.ask("GET", path, nil).is(404)
	}
	c.ask("POST", "/connect/operations/none/drop", nil).is(404)
	c.ask("DELETE", "/connect/profiles/none", nil).is(404)
	c.ask("POST", "/connect/drafts", map[string]any{"account": "shop", "draft": map[string]any{
		"name": "No repository", "creator": map[string]any{"email": "dev@example.com"}, "repository": map[string]any{"url": "", "tag": "v1"},
	}}).refused(422, "draft_missing")
	c.ask("POST", "/connect/drafts", map[string]any{"account": "us", "draft": map[string]any{
		"name": "x", "creator": map[string]any{"email": "dev@example.com"}, "repository": map[string]any{"url": "x", "tag": "v1"},
	}}).is(404)
	c.ask("POST", "/connect/drafts/"+id+"/pipelines", map[string]any{"tag": "v9.9.9", "publish": "private"}).is(202)
	failed := c.until("/connect/drafts/"+id+"/pipelines", func(a answer) bool { return a.text("items.0.state") == "failed" })
	if got := failed.text("items.0.steps.0.message"); failed.text("items.0.steps.0.problem") != "refusal.repository_tag" || !strings.Contains(got, "v9.9.9") || failed.at("items.0.steps.0.detail") != nil {
		t.Errorf("got %s", failed.body)
	}
	c.ask("POST", "/connect/drafts/"+id+"/pipelines", map[string]any{"tag": "v1.0.0"}).refused(422, "pipeline_running")
	one := "/connect/pipelines/" + failed.text("items.0.id")
	c.ask("POST", one+"/answer", map[string]any{"step": 0, "yes": true}).refused(422, "pipeline_not_asking")
	c.ask("POST", one+"/stop", nil).refused(422, "pipeline_not_running")
	if open := c.ask("GET", "/connect/pipelines", nil).is(200); open.some("items") != 1 {
		t.Errorf("got %s", open.body)
	}
	if ended := c.ask("POST", one+"/end", nil).is(202); ended.at("done") != true {
		t.Errorf("got %s", ended.body)
	}
	c.ask("POST", one+"/resume", nil).refused(422, "pipeline_goes_on")
}

// TestATagIsReleased brings a tag to a preview and to publication, and what is published to a deployment.
func TestATagIsReleased(t *testing.T) {
	c := newCounter(t)
	id := c.loyalty()
	wish := map[string]any{"tag": "v1.1.0", "preview": true, "key": "loyalty-preview", "values": loyaltyValues, "publish": "private", "ask_before": []string{"publish"}}
	plan := c.ask("POST", "/connect/drafts/"+id+"/pipelines/plan", wish).is(200)
	if plan.at("yaml.valid") != true || plan.at("yaml.form.fields") == nil || plan.text("new_keys.0") != "points.WELCOME_POINTS" {
		t.Errorf("got %s", plan.body)
	}
	c.ask("POST", "/connect/drafts/"+id+"/pipelines", map[string]any{"tag": "v1.1.0", "preview": true, "values": map[string]any{"NOBODY_ASKS": "x"}}).refused(422, "values_unknown")
	began := c.ask("POST", "/connect/drafts/"+id+"/pipelines", wish).is(202)
	path := "/connect/pipelines/" + began.text("id")
	asks := c.until(path, func(a answer) bool { return a.text("state") != "running" })
	if asks.text("state") != "asking" || asks.text("steps.3.kind") != "deploy" || asks.text("steps.3.state") != "done" {
		t.Fatalf("got %s", asks.body)
	}
	c.ask("POST", path+"/answer", map[string]any{"step": asks.at("step"), "yes": true}).is(202)
	done := c.until(path, func(a answer) bool { return a.text("state") != "running" })
	if done.text("state") != "done" || done.at("done") != true || done.text("plan.publish") != "private" {
		t.Fatalf("got %s", done.body)
	}
	c.ask("POST", "/connect/accounts/shop/sync", nil).is(202)
	c.until("/connect/drafts/"+id, func(a answer) bool { return a.text("published.tag") == "v1.1.0" })
	deployment := c.deploys(id)
	c.redeploys(deployment)
	c.keepsValues(id, deployment)
	c.done(c.ask("DELETE", "/connect/deployments/"+deployment+"?key=loyalty-shop", nil).is(202))
	c.silentAbout(loyaltyKey, webhookSecret, signingKey, "another-canary-1")
}

// deploys deploys what is published, after a look at what that would do, and says which ID it has.
func (c *counter) deploys(draft string) string {
	c.Helper()
	target := map[string]any{"account": "shop", "key": "loyalty-shop"}
	wish := map[string]any{"draft": draft, "targets": []any{target}, "schedules": map[string]any{"nightly": "0 3 * * *"}}
	plan := c.ask("POST", "/connect/deployments/plan", wish).is(200)
	if plan.some("faults") == 0 || plan.text("faults.0.message") == "" || plan.text("requests.0.method") != "POST" || plan.text("requests.0.body.key") != "loyalty-shop" {
		c.Errorf("got %s", plan.body)
	}
	c.ask("POST", "/connect/deployments", wish).is(422)
	wish["values"] = loyaltyValues
	began := c.ask("POST", "/connect/deployments", wish).is(202)
	id := c.done(answer{counter: c, tree: began.at("items.0")}).text("deployment")
	got := c.until("/connect/deployments/"+id, func(a answer) bool { return a.text("status") != "Queued" && a.text("status") != "Deploying" })
	if got.text("status") != "Deployed" || got.text("connector.tag") != "v1.1.0" || got.text("type") != "sandbox" || got.at("may.redeploy.ok") != true || got.text("document.id") == "" {
		c.Errorf("got %s", got.body)
	}
	if list := c.ask("GET", "/connect/deployments?account=shop", nil).is(200); list.some("items") != 2 {
		c.Errorf("got %s", list.body)
	}
	return id
}

// redeploys makes a deployment anew with one other value, after a look at what that would do.
func (c *counter) redeploys(id string) {
	c.Helper()
	path := "/connect/deployments/" + id
	wish := map[string]any{"values": map[string]any{"LOG_LEVEL": "debug", "LOYALTY_API_KEY": "another-canary-1"}, "update_connector": true}
	plan := c.ask("POST", path+"/plan", wish).is(200)
	var changes []portal.ValueChange
	if err := json.Unmarshal(storetest.Must[[]byte](c)(json.Marshal(plan.at("changes"))), &changes); err != nil {
		c.Fatal(err)
	}
	sent := map[string]string{}
	for _, change := range changes {
		if change.Sent {
			sent[change.Key] = change.State
		}
	}
	if len(sent) != 2 || sent["LOG_LEVEL"] != portal.ValueChanged || sent["LOYALTY_API_KEY"] != portal.ValueChanged || plan.at("may.ok") != true || plan.text("request.body.actions.0.action") != "redeploy" {
		c.Errorf("got %v of %s", sent, plan.body)
	}
	c.done(c.ask("POST", path+"/redeploy", wish).is(202))
	c.until(path, func(a answer) bool { return a.text("status") == "Deployed" })
	c.ask("POST", path+"/look", nil).is(202)
}

// keepsValues keeps values as profiles and gives them out without the secrets among them.
func (c *counter) keepsValues(draft, deployment string) {
	c.Helper()
	values := c.ask("GET", "/connect/deployments/"+deployment+"/values", nil).is(200)
	if value, there := values.tree.(map[string]any)["LOYALTY_API_KEY"]; !there || value != nil || values.text("points.LOG_LEVEL") != "debug" {
		c.Errorf("got %s", values.body)
	}
	one := c.ask("POST", "/connect/profiles", map[string]any{"name": "of the shop", "deployment": deployment}).is(200)
	two := c.ask("POST", "/connect/profiles", map[string]any{"name": "by hand", "draft": draft, "values": loyaltyValues}).is(200)
	if one.text("values.points.LOG_LEVEL") != "debug" || two.text("values.SHOP_REGION") != "${REGION}" || two.at("values.LOYALTY_API_KEY") != nil {
		c.Errorf("got %s and %s", one.body, two.body)
	}
	c.ask("POST", "/connect/profiles", map[string]any{"name": "empty", "draft": draft}).refused(422, "profile_empty")
	c.ask("DELETE", "/connect/profiles/"+one.text("id"), nil).is(204)
	if all := c.ask("GET", "/connect/profiles", nil).is(200); all.some("items") != 1 || all.text("items.0.name") != "by hand" {
		c.Errorf("got %s", all.body)
	}
	drift := c.ask("GET", "/connect/drift", nil).is(200)
	if drift.at("items") == nil {
		c.Errorf("got %s", drift.body)
	}
}

func TestAConnectYAMLIsChecked(t *testing.T) {
	c := newCounter(t)
	good := c.send("POST", "/connect/yaml", strings.NewReader("deployAs:\n  - name: points\n    applicationType: service\n    endpoint: /a\n"),
		"Authorization", "Bearer "+apiKey, "Content-Type", "application/yaml").is(200)
	if good.at("valid") != true || good.text("form.applications.0.name") != "points" {
		t.Errorf("got %s", good.body)
	}
	bad := c.ask("POST", "/connect/yaml", strings.NewReader("deployAs:\n  - name: points\n    applicationType: service\n")).is(200)
	if bad.at("valid") != false || bad.at("problems.0.line") == nil || !strings.Contains(bad.text("official"), "endpoint") || bad.at("form") != nil {
		t.Errorf("got %s", bad.body)
	}
	c.ask("POST", "/connect/yaml", strings.NewReader(strings.Repeat("#", 1<<20+1))).is(413)
}
