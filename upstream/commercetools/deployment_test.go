package commercetools_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/upstream/commercetools"
)

// same reports whether two JSON texts say the same.
func same(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal([]byte(a), &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(b), &y); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

func TestDeploymentsAsTheyAre(t *testing.T) {
	_, c := serve(t, says(200, file(t, "deployment")), says(200, file(t, "bloomreach-deployment")), says(200, file(t, "bloomreach-deployment-done")))
	read := func() commercetools.Deployment {
		t.Helper()
		d, err := c.DeploymentByKey(t.Context(), "a-key")
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	got := read()
	entry := got.Report().Entries[0]
	if got.ID != deploymentID || got.Type != commercetools.DeployPreview || got.Connector.Repository.Tag != "0.0.0" || !got.Connector.Certified || got.Region != "europe-west1.gcp" ||
		got.Applications[0].URL != "app1.commercetools.app" || got.Status != commercetools.StatusDeployed || entry.Application != "service" || entry.Type != commercetools.EntryWarning {
		t.Errorf("got %+v", got)
	}
	created := read()
	if created.Status != commercetools.StatusDeploying || created.Details.Build.ID != "" || created.Report().Entries != nil || created.Type != commercetools.DeployPreview || !created.Preview ||
		created.Connector.Version != 7 || created.TypeOf("event") != commercetools.TypeEvent || created.TypeOf("job") != "" || len(created.Connector.Configurations) != 2 {
		t.Errorf("got %+v", created)
	}
	for _, app := range created.Applications {
		for _, v := range app.Secured {
			if !v.Masked() {
				t.Errorf("%s of %s is not taken for masked", v.Key, app.Name)
			}
		}
		if v := app.Standard[0]; v.Masked() || v.Value.Reveal() != "us-central1.gcp" {
			t.Errorf("the standard value of %s is %q", app.Name, v.Value.Reveal())
		}
	}
	done := read()
	if done.Version != 11 || done.Applications[0].Topic == "" || done.Applications[1].URL == "" || done.Warnings() != nil || done.Report().Entries[0].Message != "" {
		t.Errorf("got %+v", done)
	}
}

func TestDeploymentsThatAreNotAsSpecified(t *testing.T) {
	for body, check := range map[string]func(commercetools.Deployment) bool{
		`{"id":"a","details":{}}`:                            func(d commercetools.Deployment) bool { return d.Report().Entries == nil && d.Type == "" },
		`{"id":"a","details":null,"applications":null}`:      func(d commercetools.Deployment) bool { return d.Applications == nil },
		`{"id":"a","details":{"build":null},"connector":{}}`: func(d commercetools.Deployment) bool { return d.Connector.Version == 0 },
		`{"id":"a","status":"Hibernating","preview":true}`: func(d commercetools.Deployment) bool {
			return d.Status == "Hibernating" && d.Type == commercetools.DeployPreview
		},
		`{"id":"a","version":"seven","deployedRegion":"mars.gcp"}`: func(d commercetools.Deployment) bool { return d.Version == 0 && d.Region == "mars.gcp" },
		`{"id":"a","applications":[{"applicationName":"x","standardConfiguration":[{"key":"N","value":7},{"key":"B","value":true},{"key":"E","value":null}],"securedConfiguration":null}]}`: func(d commercetools.Deployment) bool {
			v := d.Applications[0].Standard
			return v[0].Value == "7" && v[1].Value == "true" && v[2].Value == "" && d.Applications[0].Secured == nil
		},
		`{"id":"a","globalConfiguration":{"securedConfiguration":[{"key":"K","value":"***"}]},"apiClient":{"name":"id","scopes":["view_products"]}}`: func(d commercetools.Deployment) bool {
			return d.GlobalConfiguration.Secured[0].Masked() && d.APIClient.Name == "id"
		},
	} {
		_, c := serve(t, says(200, body))
		d, err := c.Deployment(t.Context(), deploymentID)
		if err != nil || !check(d) {
			t.Errorf("%s is read as %+v, %v", body, d, err)
		}
	}
}

// TestDraftsOfDeploymentsAreSentAsTheyAre reads bodies that people have sent, and sends them on.
func TestDraftsOfDeploymentsAreSentAsTheyAre(t *testing.T) {
	for _, name := range []string{"deployment-draft", "bloomreach-deployment-draft"} {
		var draft commercetools.DeploymentDraft
		if err := json.Unmarshal([]byte(file(t, name)), &draft); err != nil {
			t.Fatal(err)
		}
		s, c := serve(t, says(201, file(t, "bloomreach-deployment")))
		if _, err := c.CreateDeployment(t.Context(), draft); err != nil {
			t.Fatal(err)
		}
		if got := s.got()[0]; got.line != "POST /my-shop/deployments" || !same(t, got.body, file(t, name)) {
			t.Errorf("%s is sent as %s", name, got.body)
		}
	}
}

func TestWhatIsSent(t *testing.T) {
	values := commercetools.Values{{Key: "A", Value: `"<&>"`}, {Key: "EMPTY"}}
	for want, v := range map[string]any{
		`{"connector":{},"configurations":[],"region":""}`: commercetools.DeploymentDraft{},
		`{"key":"k","type":"sandbox","connector":{"key":"c","version":7},"configurations":[{"applicationName":"a","standardConfiguration":[],"securedConfiguration":[]}],` +
			`"globalConfiguration":{"securedConfiguration":[{"key":"A","value":"\u0022\u003c\u0026\u003e\u0022"},{"key":"EMPTY","value":""}]},"region":"r"}`: commercetools.DeploymentDraft{
			Key: "k", Type: commercetools.DeploySandbox, Connector: commercetools.Reference{Key: "c", Version: 7}, Configurations: []commercetools.ApplicationValues{{Application: "a"}},
			GlobalConfiguration: commercetools.GlobalValues{Secured: values}, Region: "r"},
		`{"id":"i","staged":true}`: commercetools.Reference{ID: "i", Staged: true},
		`{"action":"redeploy"}`:    commercetools.Redeploy{},
		`{"action":"redeploy"} `:   commercetools.Redeploy{ConfigurationValues: []commercetools.ApplicationValues{}},
		`{"action":"redeploy","configurationValues":[{"applicationName":"job","standardConfiguration":[],"securedConfiguration":[],"schedule":"0 * * * *"}],"updateConnector":true,"skipScripts":true}`: commercetools.Redeploy{
			ConfigurationValues: []commercetools.ApplicationValues{{Application: "job", Schedule: "0 * * * *"}}, UpdateConnector: true, SkipScripts: true},
	} {
		raw, err := json.Marshal(v)
		if err != nil || !same(t, string(raw), want) || strings.Contains(string(raw), "null") {
			t.Errorf("got %s, %v; want %s", raw, err, want)
		}
	}
}

func TestRedeploymentIsSentAsItIs(t *testing.T) {
	var change commercetools.Redeploy
	if err := json.Unmarshal([]byte(file(t, "redeploy")), &change); err != nil {
		t.Fatal(err)
	}
	for _, status := range []int{200, 201, 202} {
		s, c := serve(t, says(status, file(t, "deployment")))
		if d, err := c.Redeploy(t.Context(), deploymentID, 11, change); err != nil || d.ID != deploymentID {
			t.Errorf("%d: got %+v, %v", status, d, err)
		}
		if got := s.got()[0]; got.line != "POST /my-shop/deployments/"+deploymentID || !same(t, got.body, `{"version":11,"actions":[`+file(t, "redeploy")+`]}`) {
			t.Errorf("sent %+v", got)
		}
	}
	for _, status := range []int{200, 201, 202} {
		s, c := serve(t, says(status, `{"id":"a","status":"Undeploying"}`))
		if d, err := c.DeleteDeployment(t.Context(), deploymentID); err != nil || d.Status != commercetools.StatusUndeploying {
			t.Errorf("%d: got %+v, %v", status, d, err)
		}
		if got := s.got()[0]; got.line != "DELETE /my-shop/deployments/"+deploymentID || got.body != "" {
			t.Errorf("sent %+v", got)
		}
	}
}

func TestWarnings(t *testing.T) {
	entries := []commercetools.ReportEntry{
		{Type: "Information", Title: `Script for "postDeploy" not defined`},
		{Type: "Information", Title: "Image security analysis check Skipped"},
		{Type: "Warning", Title: "Failed during the execution of 'postDeploy' script"},
		{Type: "Error", Title: "Health check for application service failed"},
		{Type: "Rumour", Title: "skipped"},
	}
	d := commercetools.Deployment{Status: commercetools.StatusDeployed}
	d.Details.Build.Report.Entries = entries
	if diff := cmp.Diff(entries[1:4], d.Warnings()); diff != "" {
		t.Errorf("warnings of what is deployed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(entries[3:4], d.Report().Errors()); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	d.Status = commercetools.StatusFailed
	if got := d.Warnings(); got != nil {
		t.Errorf("what failed warns of %+v", got)
	}
}

func TestConnectors(t *testing.T) {
	s, c := serve(t, says(200, file(t, "connector")))
	byID, err := c.Connector(t.Context(), draftID)
	if err != nil {
		t.Fatal(err)
	}
	byKey, err := c.ConnectorByKey(t.Context(), "connector-key")
	if diff := cmp.Diff(byID, byKey); err != nil || diff != "" || !byID.Certified || byID.Private || byID.Version != 1 || !byID.Configurations[0].Secured[0].Required {
		t.Errorf("got %+v, %v, %s", byID, err, diff)
	}
	if got := s.got(); got[0].line != "GET /connectors/"+draftID || got[1].line != "GET /connectors/key=connector-key" {
		t.Errorf("asked for %+v", got)
	}
}
