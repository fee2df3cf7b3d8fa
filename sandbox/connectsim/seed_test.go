package connectsim

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The official walk-through, with its addresses put back, the current versions filled in and only the host changed.

const walkDraft = `{
    "key": "orium-ct-connect-bloomreach-engagement",
    "name": "Bloomreach Engagement connector",
    "description": "Bloomreach Engagement connector",
    "creator": {
        "title": "Mr",
        "name": "IT",
        "email": "it@orium.example",
        "company": "Orium",
        "noOfDevelopers": 10
    },
    "repository": {
        "url": "git@github.com:composable-com/ct-connect-bloomreach-engagement.git",
        "tag": "v1.0.0"
    },
    "privateProjects": [],
    "supportedRegions": [
        "us-central1.gcp"
    ]
}`

const (
	walkPath       = "/connectors/drafts/key=orium-ct-connect-bloomreach-engagement"
	walkDeployment = "/composable-product-dev-sandbox/deployments/key=orium-ct-connect-bloomreach-engagement-deployment"
)

// walkConfiguration is what the walk-through gives each application; only its secrets are made up.
const walkConfiguration = `{"applicationName": %q,
      "standardConfiguration": [{"key": "CTP_REGION", "value": "us-central1.gcp"}],
      "securedConfiguration": [
        {"key": "CTP_CLIENT_ID", "value": "canary-client"},
        {"key": "CTP_CLIENT_SECRET", "value": "canary-secret"},
        {"key": "CTP_PROJECT_KEY", "value": "composable-product-dev-sandbox"},
        {"key": "CTP_SCOPE", "value": "manage_project:composable-product-dev-sandbox manage_api_clients:composable-product-dev-sandbox view_audit_log:composable-product-dev-sandbox"},
        {"key": "BLOOMREACH_ENGAGEMENT_API_KEY", "value": "canary-key"},
        {"key": "BLOOMREACH_ENGAGEMENT_API_SECRET", "value": "canary-api-secret"},
        {"key": "BLOOMREACH_ENGAGEMENT_PROJECT_TOKEN", "value": "canary-token"},
        {"key": "BLOOMREACH_ENGAGEMENT_CATALOG_LOCALE", "value": "en-US"},
        {"key": "BASIC_AUTH_SECRET", "value": "canary-basic"}
      ]}`

func walkDeploy(version int) string {
	return fmt.Sprintf(`{"key": "orium-ct-connect-bloomreach-engagement-deployment",
  "connector": {"key": "orium-ct-connect-bloomreach-engagement", "staged": true, "version": %d},
  "region": "us-central1.gcp", "configurations": [%s, %s]}`,
		version, fmt.Sprintf(walkConfiguration, "event"), fmt.Sprintf(walkConfiguration, "service"))
}

func TestWalkThrough(t *testing.T) {
	m := start(t)
	created := m.try("POST", "/connectors/drafts", walkDraft).want(t, 201, "")
	if created.at("version").num() != 1 || created.at("status").text() != "Draft" || created.at("isPreviewable").text() != "none" ||
		created.at("creator").has("noOfDevelopers") || created.at("hasChanges").v != false || created.at("private").v != true {
		t.Errorf("created: %s", created.raw)
	}
	pending := m.try("POST", walkPath, `{"version": 1, "actions": [{"action": "updatePreviewable"}]}`).want(t, 201, "")
	if pending.at("isPreviewable").text() != "pending" || pending.at("version").num() != 2 {
		t.Errorf("after the request: %s", pending.raw)
	}
	m.pass(30 * time.Second)
	d := m.get(walkPath)
	if d.at("version").num() != 7 || d.at("isPreviewable").text() != "true" || d.at("hasChanges").v != true || d.at("alreadyListed").v != false {
		t.Errorf("after the preview: %s", d.raw)
	}
	titles := "Image security analysis check succeeded, SAST and SCA analysis check succeeded, Connector specification file validation check succeeded"
	if got := d.at("previewableReport.entries").values("title"); got != titles {
		t.Errorf("report: %s", got)
	}
	walkConfigurations(t, d)

	m.try("POST", walkPath, `{"version": 1, "actions": [{"action": "publish", "certification": true}]}`).want(t, 409, "ConcurrentModification")
	created = m.try("POST", "/composable-product-dev-sandbox/deployments", walkDeploy(7)).want(t, 201, "")
	if created.at("version").num() != 1 || created.at("preview").v != true || created.at("status").text() != "Queued" ||
		created.at("deployedRegion").text() != "us-central1.gcp" || created.at("applications").values("applicationName") != "event, service" {
		t.Errorf("the new deployment: %s", created.raw)
	}
	if details, ok := created.at("details").v.(map[string]any); !ok || len(details) != 0 {
		t.Errorf("details of a new deployment: %v", created.at("details").v)
	}
	m.pass(40 * time.Second)
	live := m.get(walkDeployment)
	if live.at("status").text() != "Deployed" || live.at("version").num() != 11 || live.at("details.build.id").text() == "" {
		t.Errorf("the deployment: %s", live.raw)
	}
	if strings.Contains(live.raw, "canary") || !strings.Contains(live.raw, `"value":"*****"`) {
		t.Errorf("secured values show: %s", live.raw)
	}
}

// walkConfigurations compares what the draft wants with the walk-through's answer: both applications want one standard
// key and nine secured ones.
func walkConfigurations(t *testing.T, d answer) {
	t.Helper()
	secured := "CTP_PROJECT_KEY, CTP_CLIENT_ID, CTP_CLIENT_SECRET, CTP_SCOPE, BLOOMREACH_ENGAGEMENT_API_KEY, " +
		"BLOOMREACH_ENGAGEMENT_API_SECRET, BLOOMREACH_ENGAGEMENT_PROJECT_TOKEN, BLOOMREACH_ENGAGEMENT_CATALOG_LOCALE, BASIC_AUTH_SECRET"
	if got := d.at("configurations").values("applicationType"); got != "service, event" {
		t.Errorf("applications: %s", got)
	}
	for _, app := range d.at("configurations").list() {
		if app.at("securedConfiguration").values("key") != secured || app.at("standardConfiguration").values("key") != "CTP_REGION" ||
			app.at("standardConfiguration.0.description").text() != "commercetools Composable Commerce API region" {
			t.Errorf("configuration: %v", app.v)
		}
	}
}

func TestWalkThroughCertification(t *testing.T) {
	m := start(t)
	m.try("POST", "/connectors/drafts", walkDraft).want(t, 201, "")
	d := m.try("POST", walkPath, `{"version": 1, "actions": [{"action": "publish", "certification": true}]}`).want(t, 201, "")
	if d.at("status").text() != "Processing" {
		t.Errorf("after the request: %s", d.raw)
	}
	m.pass(20 * time.Second)
	if got := m.get(walkPath).at("status").text(); got != "ReadyForCertification" {
		t.Errorf("status %s", got)
	}
	m.pass(10 * time.Second)
	if got := m.get(walkPath).at("status").text(); got != "InCertification" {
		t.Errorf("status %s", got)
	}
	m.control("POST", "drafts/orium-ct-connect-bloomreach-engagement/status", object{"status": "FEEDBACK_REQUIRED"})
	m.control("POST", "drafts/orium-ct-connect-bloomreach-engagement/comment", object{"comment": "Which region?", "user_id": "certification"})
	d = m.get(walkPath)
	if d.at("status").text() != "FEEDBACK_REQUIRED" || d.at("certificationInfo.comments.0.comment").text() != "Which region?" {
		t.Errorf("with the question: %s", d.raw)
	}
	d = m.try("POST", walkPath, object{"version": d.at("version").v, "actions": []object{{"action": "addCertificationComment", "comment": "Iowa"}}}).want(t, 201, "")
	if got := d.at("certificationInfo.comments").values("userId"); got != "certification, composable-product-dev-sandbox" {
		t.Errorf("commenters: %s", got)
	}
	m.control("POST", "drafts/orium-ct-connect-bloomreach-engagement/approve", nil)
	d = m.get(walkPath)
	if d.at("status").text() != "Published" || d.at("alreadyListed").v != true || d.at("private").v != false || d.at("hasChanges").v != false {
		t.Errorf("approved: %s", d.raw)
	}
	k := m.get("/connectors/" + d.at("id").text())
	if k.at("certified").v != true || k.has("status") || k.has("privateProjects") || k.has("previewableReport") {
		t.Errorf("the connector: %s", k.raw)
	}
}
