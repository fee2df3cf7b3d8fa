package connectsim

import (
	"strings"
	"testing"
	"time"
)

func TestDeploymentsAreChecked(t *testing.T) {
	m := start(t)
	m.published("one", object{"supportedRegions": []string{"us-central1.gcp", "us-east-2.aws"}})
	m.draft("staged", nil)
	one, staged := object{"key": "one"}, object{"key": "staged", "staged": true}
	apps := func(change func(all []object)) object {
		all := loyaltyApps()
		change(all)
		return object{"configurations": all}
	}
	global := func(standard, secured []object) object {
		return object{"globalConfiguration": object{"standardConfiguration": standard, "securedConfiguration": secured}}
	}
	key := pairs("LOYALTY_API_KEY", "x")
	for name, c := range map[string]struct {
		connector object
		more      object
		code      string
		message   string
	}{
		"no region":             {one, object{"region": nil}, "InvalidJsonInput", ""},
		"an unknown region":     {one, object{"region": "mars"}, "InvalidJsonInput", ""},
		"an unknown type":       {one, object{"type": "test"}, "InvalidJsonInput", ""},
		"a short key":           {one, object{"key": "a"}, "InvalidJsonInput", ""},
		"no connector":          {nil, object{"connector": nil}, "InvalidJsonInput", ""},
		"neither id nor key":    {object{"version": 1}, nil, "InvalidJsonInput", ""},
		"a value as a number":   {one, apps(func(a []object) { a[0]["standardConfiguration"] = []object{{"key": "LOG_LEVEL", "value": 7}} }), "InvalidJsonInput", ""},
		"a value without a key": {one, apps(func(a []object) { a[0]["standardConfiguration"] = []object{{"value": "x"}} }), "InvalidJsonInput", ""},
		"an unknown connector":  {object{"key": "none"}, nil, "ConnectorReferenceNotFound", "Connector 'none' with version latest not found"},
		"a stale version":       {object{"key": "one", "version": 1}, nil, "ConnectorReferenceNotFound", "Connector 'one' with version 1 not found"},
		"a draft not staged":    {object{"key": "staged"}, nil, "ConnectorReferenceNotFound", ""},
		"no preview":            {staged, nil, "ConnectorStagedNotPreviewable", "with version 1 is not previewable"},
		"a preview of a release": {one, object{"type": "preview"}, "DeploymentInvalidType",
			"cannot be deployed as a 'preview' type. Only 'sandbox|production' types are allowed."},
		"another region": {one, object{"region": "europe-west1.gcp"}, "DeploymentUnsupportedRegion", "Deployment unsupported region europe-west1.gcp"},
		"no production":  {one, object{"type": "production", "key": "x-productionDisabled"}, "DeploymentProductionDeactivated", "Deployments to production are disabled"},
		"no application": {one, object{"configurations": []object{}}, "DeploymentApplicationRequired", "A Deployment requires at least one application"},
		"an unknown application": {one, apps(func(a []object) { a[1]["applicationName"] = "daily" }), "DeploymentUnknownApplicationConfiguration",
			"Deployment does not require configuration for application named 'daily'."},
		"an unknown key": {one, apps(func(a []object) { a[1]["securedConfiguration"] = pairs("NONE", "x") }), "DeploymentUnknownApplicationConfigurationKey",
			"Deployment does not require secret configuration with key NONE for application named nightly."},
		"the wrong list": {one, apps(func(a []object) { a[0]["standardConfiguration"] = pairs("SIGNING_KEY", "x") }), "DeploymentUnknownApplicationConfigurationKey",
			"Deployment does not require standard configuration with key SIGNING_KEY for application named points."},
		"a global key in an application": {one, apps(func(a []object) { a[0]["securedConfiguration"] = pairs("LOYALTY_API_KEY", "x") }),
			"DeploymentUnknownApplicationConfigurationKey", ""},
		"two faults": {one, apps(func(a []object) { a[0]["applicationName"], a[1]["applicationName"] = "aa", "bb" }),
			"DeploymentUnknownApplicationConfiguration, DeploymentUnknownApplicationConfiguration", ""},
		"an unknown global key": {one, global(pairs("NONE", "x"), key), "DeploymentUnknownGlobalConfigurationKey",
			"Deployment global configuration does not require standard with key NONE."},
		"a missing global key": {one, object{"globalConfiguration": nil}, "DeploymentMissingGlobalConfigurationKey",
			"Deployment global configuration requires secret with key LOYALTY_API_KEY."},
		"an empty global key": {one, global(pairs("SHOP_REGION", ""), key), "DeploymentEmptyRequiredGlobalConfigurationKey",
			"Deployment requires a non empty value for standard global configuration with key SHOP_REGION."},
		"a schedule of a service": {one, apps(func(a []object) { a[0]["schedule"] = "0 1 * * *" }), "InvalidJsonInput", ""},
	} {
		a := m.try("POST", deploymentsPath, deployBody("dep", c.connector, c.more))
		if a.status != 400 || a.codes() != c.code || !strings.Contains(a.at("message").text(), c.message) {
			t.Errorf("%s: %d %s, want %s", name, a.status, a.raw, c.code)
		}
	}
	m.control("POST", "projects", object{"key": m.s.ProjectKey(), "production": false})
	m.deploy("dep", "one", object{"type": "production"}).want(t, 400, "DeploymentProductionDeactivated")
	if got := m.get(deploymentsPath).at("total").num(); got != 0 {
		t.Errorf("%d deployments were made of that", got)
	}
	m.previewed("two", nil)
	m.try("POST", deploymentsPath, deployBody("dep", object{"key": "two", "staged": true}, object{"type": "sandbox"})).want(t, 400, "DeploymentInvalidType")
}

func TestTypesOfDeployments(t *testing.T) {
	m := start(t)
	m.published("one", nil)
	m.previewed("two", nil)
	m.deploy("usual", "one", nil).want(t, 201, "")
	m.deploy("production", "one", object{"type": "production"}).want(t, 201, "")
	m.try("POST", deploymentsPath, deployBody("preview", object{"key": "two", "staged": true, "version": 7}, nil)).want(t, 201, "")
	for key, want := range map[string]string{"usual": "sandbox", "production": "production", "preview": "preview"} {
		d := m.deployment(key)
		if d.at("type").text() != want || d.at("preview").v != (want == "preview") {
			t.Errorf("%s: %s", key, d.raw)
		}
		if got := m.get(deploymentsPath + "?deploymentType=" + want).at("results").values("key"); got != key {
			t.Errorf("deployments of type %s: %s", want, got)
		}
	}
	m.try("GET", deploymentsPath+"?deploymentType=test", nil).want(t, 400, "InvalidQueryParam")
	if got := m.get(deploymentsPath + "?limit=1&sort=createdAt%20desc&integrationTypes=tax").at("total").num(); got != 0 {
		t.Errorf("%d deployments of tax", got)
	}
	m.deploy("usual", "one", nil).want(t, 400, "DuplicateField")
	m.pass(time.Minute)
	m.deploy("later", "one", nil).want(t, 201, "")
	if got := m.get(deploymentsPath + "?sort=createdAt+desc&limit=1").at("results").values("key"); got != "later" {
		t.Errorf("the latest: %s", got)
	}
}

// What is not sent is there by its default; what is secured comes back as asterisks; nothing of it is in the answer.
func TestDeploymentShowsWhatItHas(t *testing.T) {
	m := start(t)
	m.published("one", nil)
	a := m.deploy("dep", "one", object{"configurations": []object{loyaltyApps()[2], loyaltyApps()[0]}}).want(t, 201, "")
	if got := a.at("applications").values("applicationName"); got != "loyalty-admin, points, nightly, widget" {
		t.Errorf("applications: %s", got)
	}
	points := a.at("applications.1")
	if points.at("standardConfiguration.0.value").text() != "debug" || points.at("standardConfiguration.1.value").text() != `{"silver": 100, "gold": 500}` {
		t.Errorf("standard values: %v", points.v)
	}
	if points.at("securedConfiguration.0.value").text() != "*****" || strings.Contains(a.raw, "canary") {
		t.Errorf("secured values: %s", a.raw)
	}
	if a.at("globalConfiguration.securedConfiguration.0.value").text() != "*****" || a.at("globalConfiguration.standardConfiguration").values("key") != "SHOP_REGION, CLOUD_IDENTIFIER" {
		t.Errorf("global values: %s", a.raw)
	}
	if len(a.at("apiClient.name").text()) != 24 || a.at("apiClient.scopes.0").text() != "manage_extensions:composable-product-dev-sandbox" {
		t.Errorf("the API client: %v", a.at("apiClient").v)
	}
	k := a.at("connector")
	if k.at("repository.tag").text() != "v1.0.0" || k.at("certified").v != false || k.at("configurations.0.applicationName").text() != "points" || k.has("apiClient") {
		t.Errorf("the connector: %v", k.v)
	}
	got := m.arrived("dep")
	if got["points/SIGNING_KEY"] != fingerprint("canary-signing") || got["/LOYALTY_API_KEY"] != fingerprint("canary-loyalty") || got["points/LOG_LEVEL"] != fingerprint("debug") {
		t.Errorf("what arrived: %v", got)
	}
	m.set(object{"mask_by_length": true})
	if got := m.deployment("dep").at("applications.1.securedConfiguration.0.value").text(); got != strings.Repeat("*", len("canary-signing")) {
		t.Errorf("masked by length: %s", got)
	}
}

func TestAPIClientNeedsItsScope(t *testing.T) {
	m := start(t)
	limited := m.tokenOf(m.s.LimitedAccess(defaultRegion))
	m.published("one", nil)
	m.ask("POST", deploymentsPath, limited, deployBody("dep", object{"key": "one"}, nil)).want(t, 403, "AuthorizationError")
	m.deploy("dep-noApiClientScope", "one", nil).want(t, 403, "AuthorizationError")
	m.try("POST", "/connectors/drafts", walkDraft).want(t, 201, "")
	m.publish("orium-ct-connect-bloomreach-engagement")
	plain := object{"key": "dep", "connector": object{"key": "orium-ct-connect-bloomreach-engagement"}, "region": "us-central1.gcp"}
	m.ask("POST", deploymentsPath, limited, plain).want(t, 201, "")
}

func TestRequiredKeysOfApplications(t *testing.T) {
	m := start(t)
	m.published("one", nil)
	without := object{"configurations": []object{app("points", pairs("TIERS", ""), pairs())}}
	m.deploy("dep", "one", without).want(t, 201, "")
	m.pass(40 * time.Second)
	d := m.deployment("dep")
	if d.at("status").text() != "Failed" || d.at("details.build.report.entries.0.message").text() != "No value for the required key SIGNING_KEY" ||
		d.at("details.build.report.entries.0.application").text() != "points" || len(d.at("details.build.report.entries").list()) != 4 {
		t.Errorf("without required values: %s", d.raw)
	}
	m.set(object{"missing_keys": "refuse"})
	a := m.deploy("dep2", "one", without).want(t, 400, "InvalidJsonInput, InvalidJsonInput, InvalidJsonInput, InvalidJsonInput")
	if !strings.Contains(a.at("errors.0.detailedErrorMessage").text(), "SIGNING_KEY") {
		t.Errorf("refused: %s", a.raw)
	}
	m.try("POST", deploymentsPath, deployBody("dep2", object{"key": "one"}, object{"configurations": nil})).want(t, 400, "InvalidJsonInput, InvalidJsonInput, InvalidJsonInput")
}

// A connector without applications cannot be deployed.
func TestNoApplications(t *testing.T) {
	m := start(t)
	m.control("POST", "repositories", object{"name": "acme/bare", "tags": object{"v1": map[string]string{"connect.yaml": "deployAs: []\n"}}})
	m.try("POST", "/connectors/drafts", someDraft("bare", "git@github.com:acme/bare.git", "v1", nil)).want(t, 201, "")
	m.publish("bare")
	m.try("POST", deploymentsPath, object{"connector": object{"key": "bare"}, "region": "us-central1.gcp"}).want(t, 400, "DeploymentApplicationRequired")
}
