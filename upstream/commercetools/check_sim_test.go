package commercetools_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"portico/upstream"
	"portico/upstream/commercetools"
)

// points is a deployment of acme/loyalty without a fault.
func points(connector string) commercetools.DeploymentDraft {
	return commercetools.DeploymentDraft{Region: "us-central1.gcp", Connector: commercetools.Reference{ID: connector, Staged: true},
		Configurations: []commercetools.ApplicationValues{
			{Application: "points", Secured: values{{"SIGNING_KEY", "s"}}},
			{Application: "nightly", Schedule: "0 3 * * *"},
			{Application: "loyalty-admin", Standard: values{{"CUSTOM_APPLICATION_ID", "i"}, {"ENTRY_POINT_URI_PATH", "p"}}},
			{Application: "widget"},
		},
		GlobalConfiguration: commercetools.GlobalValues{Secured: values{{"LOYALTY_API_KEY", "k"}}},
	}
}

// TestChecksAgreeWithTheService sends what the checks have found a fault in, and compares what the service says.
func TestChecksAgreeWithTheService(t *testing.T) {
	s := simulate(t)
	s.control("PATCH", "settings", map[string]string{"missing_keys": "refuse"}, nil)
	draft := s.previewed("acme-points", "acme/loyalty", "v1.0.0")
	draft = s.update(draft.ID, commercetools.SetSupportedRegions("us-central1.gcp"))
	limited := s.client(s.sim.LimitedAccess("us-central1.gcp"))
	for name, tt := range map[string]struct {
		change  func(d *commercetools.DeploymentDraft)
		limited bool
		says    string // the service's code where it is not that of the check
	}{
		"nothing":                {change: func(*commercetools.DeploymentDraft) {}},
		"a wrong key":            {change: func(d *commercetools.DeploymentDraft) { d.Key = "a b" }},
		"no connector":           {change: func(d *commercetools.DeploymentDraft) { d.Connector.ID = "" }},
		"another connector":      {change: func(d *commercetools.DeploymentDraft) { d.Connector.ID = draftID }},
		"an old version":         {change: func(d *commercetools.DeploymentDraft) { d.Connector.Version = 1 }},
		"not as staged":          {change: func(d *commercetools.DeploymentDraft) { d.Connector.Staged = false }},
		"a wrong type":           {change: func(d *commercetools.DeploymentDraft) { d.Type = commercetools.DeploySandbox }},
		"another region":         {change: func(d *commercetools.DeploymentDraft) { d.Region = "us-east-2.aws" }},
		"no application":         {change: func(d *commercetools.DeploymentDraft) { d.Configurations = nil }},
		"an unknown application": {change: func(d *commercetools.DeploymentDraft) { d.Configurations[3].Application = "gadget" }},
		"an unknown key":         {change: func(d *commercetools.DeploymentDraft) { d.Configurations[1].Standard = values{{"X1", "x"}} }},
		"the wrong list": {change: func(d *commercetools.DeploymentDraft) {
			d.Configurations[2].Standard, d.Configurations[2].Secured = nil, d.Configurations[2].Standard
		}},
		"a shared key for one": {change: func(d *commercetools.DeploymentDraft) { d.Configurations[1].Secured = values{{"LOYALTY_API_KEY", "k"}} }},
		"an unknown shared key": {change: func(d *commercetools.DeploymentDraft) {
			d.GlobalConfiguration.Standard = values{{"X1", "x"}}
		}},
		"a shared key missing": {change: func(d *commercetools.DeploymentDraft) { d.GlobalConfiguration.Secured = nil }},
		"a shared key empty":   {change: func(d *commercetools.DeploymentDraft) { d.GlobalConfiguration.Secured[0].Value = "" }},
		"a default emptied": {change: func(d *commercetools.DeploymentDraft) {
			d.GlobalConfiguration.Standard = values{{"CLOUD_IDENTIFIER", ""}}
		}},
		"a key missing":          {change: func(d *commercetools.DeploymentDraft) { d.Configurations[0].Secured = nil }, says: commercetools.CodeInvalidJSONInput},
		"a key empty":            {change: func(d *commercetools.DeploymentDraft) { d.Configurations[0].Secured[0].Value = "" }, says: commercetools.CodeInvalidJSONInput},
		"a schedule for no job":  {change: func(d *commercetools.DeploymentDraft) { d.Configurations[0].Schedule = "0 3 * * *" }},
		"no scope of API client": {change: func(*commercetools.DeploymentDraft) {}, limited: true, says: commercetools.CodeAuthorizationError},
	} {
		d, client := points(draft.ID), s.Client
		tt.change(&d)
		if tt.limited {
			client = limited
		}
		scopes, err := client.Scopes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		faults := d.Check(draft, scopes)
		_, err = client.CreateDeployment(t.Context(), d)
		agree(t, name, faults, err, tt.says)
	}
}

// agree compares the faults that were found with what the service says of the same thing.
func agree(t *testing.T, name string, faults []fault, err error, says string) {
	t.Helper()
	failed, refused := errors.AsType[*upstream.Error](err)
	if !refused && err != nil || refused != (len(faults) > 0) {
		t.Errorf("%s: the service says %v, and the checks find %+v", name, err, faults)
		return
	}
	if refused && failed.Code != says && !slices.ContainsFunc(faults, func(f fault) bool { return f.Code == failed.Code }) {
		t.Errorf("%s: the service says %s, and the checks find %+v", name, failed.Code, faults)
	}
}

// TestRedeploymentsAgreeWithTheService does the same for values that change.
func TestRedeploymentsAgreeWithTheService(t *testing.T) {
	s := simulate(t)
	s.control("PATCH", "settings", map[string]string{"missing_keys": "refuse"}, nil)
	draft := s.previewed("acme-points", "acme/loyalty", "v1.0.0")
	made, err := s.CreateDeployment(t.Context(), points(draft.ID))
	if err != nil {
		t.Fatal(err)
	}
	busy := commercetools.Redeploy{}.Check(made, made.Connector, nil)
	_, err = s.Redeploy(t.Context(), made.ID, made.Version, commercetools.Redeploy{})
	agree(t, "at once", busy, err, "")
	of := func(app string, standard, secured values) []commercetools.ApplicationValues {
		return []commercetools.ApplicationValues{{Application: app, Standard: standard, Secured: secured}}
	}
	for name, change := range map[string]commercetools.Redeploy{
		"nothing":                {},
		"one value":              {ConfigurationValues: of("points", values{{"LOG_LEVEL", "debug"}}, nil)},
		"the newest connector":   {UpdateConnector: true, SkipScripts: true},
		"an unknown application": {ConfigurationValues: of("gadget", nil, nil)},
		"an unknown key":         {ConfigurationValues: of("points", values{{"X1", "x"}}, nil)},
		"an unknown shared key":  {GlobalConfiguration: commercetools.GlobalValues{Secured: values{{"CLOUD_IDENTIFIER", "x"}}}},
		"a shared key emptied":   {GlobalConfiguration: commercetools.GlobalValues{Secured: values{{"LOYALTY_API_KEY", ""}}}},
	} {
		d := s.settled(made.ID)
		faults := change.Check(d, s.draft(draft.ID), nil)
		_, err := s.Redeploy(t.Context(), d.ID, d.Version, change)
		agree(t, name, faults, err, "")
	}
}

// TestGuardsAgreeWithTheService does what the guards refuse with a code of the API.
func TestGuardsAgreeWithTheService(t *testing.T) {
	s := simulate(t)
	draft := s.previewed("acme-points", "acme/loyalty", "v1.0.0")
	refused := func(name, act string, action commercetools.Action) {
		t.Helper()
		d := s.draft(draft.ID)
		ok, why := d.May(act)
		_, err := s.UpdateDraft(t.Context(), d.ID, d.Version, action)
		if failed, is := errors.AsType[*upstream.Error](err); ok || !is || failed.Code != why || action.Guard() != act {
			t.Errorf("%s: the guard says %v %s, the service %v", name, ok, why, err)
		}
	}
	s.update(draft.ID, commercetools.SetRepository("git@github.com:acme/loyalty.git", "v1.1.0"), commercetools.UpdatePreviewable())
	refused("asked twice", commercetools.ActPreview, commercetools.UpdatePreviewable())
	d := points(draft.ID)
	_, err := s.CreateDeployment(t.Context(), d)
	if ok, why := s.draft(draft.ID).May(commercetools.ActDeployPreview); ok || failure(t, err).Code != why {
		t.Errorf("while it is looked at: the guard says %v %s, the service %v", ok, why, err)
	}
	s.pass(time.Minute)
	s.update(draft.ID, commercetools.Publish(true))
	s.pass(time.Minute)
	refused("certified twice", commercetools.ActCertify, commercetools.Publish(true))
	s.control("POST", "drafts/"+draft.ID+"/approve", nil, nil)
	refused("certified again", commercetools.ActCertify, commercetools.Publish(true))
}
