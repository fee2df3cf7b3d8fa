package commercetools_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"portico/upstream"
	"portico/upstream/commercetools"
)

// secretive are values of which everything that says canary is a secret; "Zq7" is one too.
func secretive() ([]commercetools.ApplicationValues, commercetools.GlobalValues) {
	return []commercetools.ApplicationValues{{
			Application: "service",
			Standard:    commercetools.Values{{Key: "CTP_REGION", Value: "us-central1.gcp"}, {Key: "OLD_API_KEY_2", Value: "canary-standard"}},
			Secured: commercetools.Values{{Key: "CTP_PROJECT_KEY", Value: project}, {Key: "PIN", Value: "Zq7"}, {Key: "CONFIG", Value: "{\"user\":\n\"canary-json\"}"},
				{Key: "LOCALE", Value: "en-US"}, {Key: "BASIC", Value: "canary-secured <&>"}, {Key: "REGION", Value: "us-central1.gcp"}},
		}}, commercetools.GlobalValues{
			Standard: commercetools.Values{{Key: "LEVEL", Value: "debug"}},
			Secured:  commercetools.Values{{Key: "GLOBAL", Value: "canary-global"}},
		}
}

// TestRecordsHoldNoSecrets lets the service repeat all that it is sent, in every way that it could.
func TestRecordsHoldNoSecrets(t *testing.T) {
	apps, global := secretive()
	echo := func(status int) reply {
		members := `"message":"you sent canary-standard and canary-global and canary-secured <&> and ` + secretCanary + `"`
		shown := `"id":"a","applications":[{"applicationName":"service","standardConfiguration":[{"key":"OLD_API_KEY_2","value":"canary-standard"}],"securedConfiguration":[{"key":"PIN","value":"Zq7"}]}]`
		return says(status, `{`+members+`,`+shown+`,"errors":[{"code":"InvalidJsonInput",`+members+`}]}`)
	}
	for _, status := range []int{201, 400, 500} {
		s, c := serve(t, echo(status))
		_, failed := c.CreateDeployment(t.Context(), commercetools.DeploymentDraft{Key: "kept-key", Region: "us-central1.gcp", Configurations: apps, GlobalConfiguration: global})
		_, again := c.Redeploy(t.Context(), deploymentID, 7, commercetools.Redeploy{ConfigurationValues: apps, GlobalConfiguration: global})
		if status != 201 && (failed == nil || again == nil) {
			t.Fatalf("%d is a success", status)
		}
		calls := s.recorded()
		if len(calls) != 3 || calls[0].Operation != "POST /oauth/token" {
			t.Fatalf("recorded %d calls, %s first", len(calls), calls[0].Operation)
		}
		for _, call := range calls {
			if all := fmt.Sprintf("%+v %v %v", call, failed, again); strings.Contains(all, "canary") || strings.Contains(all, "Zq7") || strings.Contains(all, "en-US") {
				t.Errorf("recorded %s", all)
			}
			if !strings.HasPrefix(call.RequestID, "portico-") {
				t.Errorf("%s is recorded as request %q", call.Operation, call.RequestID)
			}
		}
		for _, call := range calls[1:] {
			for _, kept := range []string{"/my-shop/deployments", `{"key":"CTP_REGION","value":"us-central1.gcp"}`, `{"key":"PIN","value":"•••"}`, `{"key":"LEVEL","value":"debug"}`} {
				if !strings.Contains(call.Request, kept) {
					t.Errorf("%s is not in the record: %s", kept, call.Request)
				}
			}
		}
		if !strings.Contains(calls[1].Request, `"key":"kept-key"`) || !strings.Contains(s.got()[0].body, "canary-secured") {
			t.Errorf("recorded %s", calls[1].Request)
		}
	}
}

// TestReadingHoldsNoSecrets is of answers with standard values whose keys tell, and of a service that does not mask.
func TestReadingHoldsNoSecrets(t *testing.T) {
	const body = `{"id":"a","total":1,"results":[{"id":"a","applications":[{"standardConfiguration":[{"key":"OLD_API_KEY_2","value":"canary"}],"securedConfiguration":[{"key":"LOCALE","value":"canary"}]}],` +
		`"globalConfiguration":{"securedConfiguration":[{"key":"LOCALE","value":"canary"}]}}]}`
	s, c := serve(t, says(200, body))
	if _, err := c.AllDeployments(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Deployment(t.Context(), deploymentID); err != nil {
		t.Fatal(err)
	}
	for _, call := range s.recorded() {
		if all := fmt.Sprintf("%+v", call); strings.Contains(all, "canary") {
			t.Errorf("recorded %s", all)
		}
	}
}

// TestAnErrorKeepsItsCode has a secret that is a part of it.
func TestAnErrorKeepsItsCode(t *testing.T) {
	_, c := serve(t, says(400, `{"errors":[{"code":"DeploymentUnsupportedRegion","message":"Deployment unsupported region r"}]}`))
	draft := commercetools.DeploymentDraft{Configurations: []commercetools.ApplicationValues{{Application: "a", Secured: commercetools.Values{{Key: "K", Value: "Deployment"}}}}}
	_, err := c.CreateDeployment(t.Context(), draft)
	if got := failure(t, err); got.Code != commercetools.CodeUnsupportedRegion || got.Message != "••• unsupported region r" {
		t.Errorf("got %+v", *got)
	}
}

func TestValuesAreNotPrinted(t *testing.T) {
	apps, global := secretive()
	draft := commercetools.DeploymentDraft{Key: "kept", Configurations: apps, GlobalConfiguration: global}
	change := commercetools.Redeploy{ConfigurationValues: apps, GlobalConfiguration: global}
	deployed := commercetools.DeployedApplication{Name: "kept", Standard: apps[0].Standard, Secured: apps[0].Secured}
	deployment := commercetools.Deployment{Key: "kept", Applications: []commercetools.DeployedApplication{deployed}, GlobalConfiguration: global}
	config := commercetools.Config{ClientSecret: secretCanary, ClientID: "client-7"}
	_, client := serve(t, says(200, emptyDraft))
	if _, err := client.Draft(t.Context(), draftID); err != nil { // so that it has a token
		t.Fatal(err)
	}
	for _, v := range []any{draft, &draft, change, deployed, deployment, &deployment, apps[0], global, apps[0].Secured, apps[0].Secured[4], config, client, *client} {
		var logged bytes.Buffer
		slog.New(slog.NewJSONHandler(&logged, nil)).Info("m", "v", v)
		slog.New(slog.NewTextHandler(&logged, nil)).Info("m", "v", v)
		printed := fmt.Sprintf("%v %+v %#v %s", v, v, v, v) + logged.String()
		if strings.Contains(printed, "canary") || strings.Contains(printed, "Zq7") {
			t.Errorf("%T prints as %s", v, printed)
		}
	}
}

func TestMasked(t *testing.T) {
	for value, want := range map[string]bool{"***": true, "*": true, "•••": true, "": false, "** ": false, "a*": false} {
		if got := (commercetools.Value{Key: "K", Value: secretText(value)}).Masked(); got != want {
			t.Errorf("%q is masked: %v, want %v", value, got, want)
		}
	}
}

// TestASecretThatTheBodyDoesNotTell is an answer that nobody can read as JSON.
func TestASecretThatTheBodyDoesNotTell(t *testing.T) {
	s, c := serve(t, says(200, `{"id":"a","securedConfiguration":[{"key":"A","value":"canary`))
	_, err := c.Deployment(t.Context(), deploymentID)
	if got := failure(t, err); got.Kind != upstream.Malformed {
		t.Errorf("got %+v", *got)
	}
	raw, err := json.Marshal(s.recorded())
	if err != nil || strings.Contains(string(raw), "canary") {
		t.Errorf("recorded %s, %v", raw, err)
	}
}

// TestValuesThatJSONWouldChange are not sent.
func TestValuesThatJSONWouldChange(t *testing.T) {
	s, c := serve(t, says(201, `{"id":"a"}`))
	change := commercetools.Redeploy{GlobalConfiguration: commercetools.GlobalValues{Secured: commercetools.Values{{Key: "K", Value: "canary-\xff"}}}}
	_, err := c.Redeploy(t.Context(), deploymentID, 1, change)
	if got := failure(t, err); got.Kind != upstream.Invalid || got.OutcomeUnknown() || len(s.got()) != 0 {
		t.Errorf("got %+v, and %d calls were sent", *got, len(s.got()))
	}
}
