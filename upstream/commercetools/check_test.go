package commercetools_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/secret"
	"portico/upstream/commercetools"
)

type (
	fault  = commercetools.Fault
	values = commercetools.Values
	keys   = []commercetools.Key
)

var debug = "debug"

// loyalty is a draft that can be deployed: two applications, and keys that both get.
func loyalty() commercetools.Draft {
	return commercetools.Draft{ID: draftID, Key: "acme-loyalty", Version: 7, Status: commercetools.StatusDraft, IsPreviewable: commercetools.PreviewTrue,
		SupportedRegions: []string{"europe-west1.gcp"},
		Configurations: []commercetools.Application{
			{Name: "service", Type: commercetools.TypeService, Standard: keys{{Key: "LEVEL", Required: true, Default: &debug}, {Key: "STORE", Required: true}, {Key: "NOTE"}}, Secured: keys{{Key: "PIN", Required: true}}},
			{Name: "job", Type: commercetools.TypeJob},
		},
		GlobalConfiguration: commercetools.Global{Standard: keys{{Key: "CLOUD", Required: true}}, Secured: keys{{Key: "API_KEY", Required: true}, {Key: "SPARE"}}},
	}
}

// deployable is a deployment of it without a fault.
func deployable() commercetools.DeploymentDraft {
	return commercetools.DeploymentDraft{Key: "acme-loyalty-eu", Region: "europe-west1.gcp", Connector: commercetools.Reference{ID: draftID, Staged: true, Version: 7},
		Configurations: []commercetools.ApplicationValues{
			{Application: "service", Standard: values{{"STORE", "*"}}, Secured: values{{"PIN", "1"}}},
			{Application: "job", Schedule: "0 * * * *"},
		},
		GlobalConfiguration: commercetools.GlobalValues{Standard: values{{"CLOUD", "gcp-eu"}}, Secured: values{{"API_KEY", "k"}}},
	}
}

var allScopes = []string{commercetools.ScopeManageProject, commercetools.ScopeManageAPIClients}

func TestChecksOfDeployments(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(d *commercetools.DeploymentDraft, c *commercetools.Draft)
		want   []fault
	}{
		"as it should be": {func(*commercetools.DeploymentDraft, *commercetools.Draft) {}, nil},
		"by key, as preview": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) {
			d.Type, d.Connector = commercetools.DeployPreview, commercetools.Reference{Key: "acme-loyalty", Staged: true}
		}, nil},
		"anywhere": {func(d *commercetools.DeploymentDraft, c *commercetools.Draft) {
			d.Region, c.SupportedRegions = "mars.gcp", nil
		}, nil},
		"a wrong key": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) { d.Key = "a b" },
			[]fault{{Code: "InvalidJsonInput", Key: "key"}}},
		"no connector": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) {
			d.Connector = commercetools.Reference{}
		},
			[]fault{{Code: "InvalidJsonInput", Key: "connector"}}},
		"another connector": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) { d.Connector.ID = "other" },
			[]fault{{Code: "ConnectorReferenceNotFound", Key: "connector"}}},
		"an old version": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) { d.Connector.Version = 1 },
			[]fault{{Code: "ConnectorReferenceNotFound", Key: "connector"}}},
		"a draft as published": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) { d.Connector.Staged = false },
			[]fault{{Code: "ConnectorReferenceNotFound", Key: "connector"}}},
		"not previewable": {func(_ *commercetools.DeploymentDraft, c *commercetools.Draft) {
			c.IsPreviewable = commercetools.PreviewFalse
		},
			[]fault{{Code: "ConnectorStagedNotPreviewable", Key: "connector"}}},
		"a draft in production": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) {
			d.Type = commercetools.DeployProduction
		},
			[]fault{{Code: "DeploymentInvalidType", Key: "type"}}},
		"no region": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) { d.Region = "" },
			[]fault{{Code: "InvalidJsonInput", Key: "region"}}},
		"another region": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) { d.Region = "us-central1.gcp" },
			[]fault{{Code: "DeploymentUnsupportedRegion", Key: "region"}}},
		"no application": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) { d.Configurations = nil },
			[]fault{{Code: "DeploymentApplicationRequired", Key: "configurations"}, {"required_missing", "service", "STORE", "standard"}, {"required_missing", "service", "PIN", "secured"}}},
		"an unknown application": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) {
			d.Configurations[1].Application = "jobs"
		},
			[]fault{{Code: "DeploymentUnknownApplicationConfiguration", Application: "jobs"}}},
		"an unknown key": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) {
			d.Configurations[1].Secured = values{{"LEVEL", "x"}}
		}, []fault{{"DeploymentUnknownApplicationConfigurationKey", "job", "LEVEL", "secured"}}},
		"in the wrong list": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) {
			d.Configurations[0].Standard, d.Configurations[0].Secured = values{{"STORE", "s"}, {"PIN", "1"}}, nil
		}, []fault{{"DeploymentUnknownApplicationConfigurationKey", "service", "PIN", "standard"}, {"required_missing", "service", "PIN", "secured"}}},
		"a schedule for no job": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) {
			d.Configurations[0].Schedule = "0 * * * *"
		},
			[]fault{{Code: "InvalidJsonInput", Application: "service", Key: "schedule"}}},
		"a shared key for one": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) {
			d.Configurations[1].Standard = values{{"CLOUD", "x"}}
		}, []fault{{"DeploymentUnknownApplicationConfigurationKey", "job", "CLOUD", "standard"}}},
		"one's key for all": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) {
			d.GlobalConfiguration.Standard = append(d.GlobalConfiguration.Standard, commercetools.Value{Key: "NOTE", Value: "x"})
		}, []fault{{"DeploymentUnknownGlobalConfigurationKey", "", "NOTE", "standard"}}},
		"shared keys missing and empty": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) {
			d.GlobalConfiguration = commercetools.GlobalValues{Secured: values{{"API_KEY", ""}, {"SPARE", ""}}}
		}, []fault{{"DeploymentMissingGlobalConfigurationKey", "", "CLOUD", "standard"}, {"DeploymentEmptyRequiredGlobalConfigurationKey", "", "API_KEY", "secured"}}},
		"required and empty": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) {
			d.Configurations[0].Standard = values{{"STORE", ""}, {"LEVEL", ""}, {"NOTE", ""}}
		}, []fault{{"required_missing", "service", "LEVEL", "standard"}, {"required_missing", "service", "STORE", "standard"}}},
		"masks": {func(d *commercetools.DeploymentDraft, _ *commercetools.Draft) {
			d.Configurations[0].Secured = values{{"PIN", "***"}}
			d.Configurations[0].Standard = values{{"STORE", secret.Mask}}
			d.GlobalConfiguration.Secured = values{{"API_KEY", secret.Mask}}
		}, []fault{{"masked_value", "", "API_KEY", "secured"}, {"masked_value", "service", "STORE", "standard"}, {"masked_value", "service", "PIN", "secured"}}},
		"keys of which nothing is known": {func(d *commercetools.DeploymentDraft, c *commercetools.Draft) {
			c.Configurations, c.GlobalConfiguration = nil, commercetools.Global{}
			d.Configurations[0].Secured = values{{"PIN", "**"}}
		}, []fault{{"masked_value", "service", "PIN", "secured"}}},
	} {
		d, c := deployable(), loyalty()
		tt.change(&d, &c)
		if diff := cmp.Diff(tt.want, d.Check(c, allScopes)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestChecksOfPublishedConnectors(t *testing.T) {
	c := commercetools.Connector{ID: draftID, Version: 8, Configurations: loyalty().Configurations, GlobalConfiguration: loyalty().GlobalConfiguration}
	for kind, want := range map[string][]fault{
		"": nil, commercetools.DeploySandbox: nil, commercetools.DeployProduction: nil,
		commercetools.DeployPreview: {{Code: "DeploymentInvalidType", Key: "type"}},
		"test":                      {{Code: "DeploymentInvalidType", Key: "type"}},
	} {
		d := deployable()
		d.Type, d.Connector = kind, commercetools.Reference{ID: draftID, Version: 8}
		if diff := cmp.Diff(want, d.Check(c, allScopes)); diff != "" {
			t.Errorf("as %q (-want +got):\n%s", kind, diff)
		}
	}
}

func TestChecksOfScopes(t *testing.T) {
	missing := func(scopes ...string) (all []fault) {
		for _, s := range scopes {
			all = append(all, fault{Code: "scope_missing", Key: s})
		}
		return all
	}
	for name, tt := range map[string]struct {
		scopes []string
		client bool
		want   []fault
	}{
		"not known":          {nil, true, nil},
		"none":               {[]string{}, true, missing("manage_connectors_deployments", "manage_api_clients")},
		"of deployments":     {[]string{"manage_connectors_deployments"}, false, nil},
		"no API clients":     {[]string{"manage_project"}, true, missing("manage_api_clients")},
		"both":               {allScopes, true, nil},
		"to look at":         {[]string{"view_connectors_deployments", "manage_connectors"}, false, missing("manage_connectors_deployments")},
		"API clients unused": {[]string{"manage_project"}, false, nil},
	} {
		c := loyalty()
		if tt.client {
			c.APIClient = &commercetools.APIClient{}
		}
		if diff := cmp.Diff(tt.want, deployable().Check(c, tt.scopes)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// deployed is what came of deployable, as the service shows it.
func deployed() commercetools.Deployment {
	c := loyalty()
	return commercetools.Deployment{ID: deploymentID, Status: commercetools.StatusDeployed,
		Connector: commercetools.DeployedConnector{ID: c.ID, Version: 7, Configurations: c.Configurations, GlobalConfiguration: c.GlobalConfiguration},
		Applications: []commercetools.DeployedApplication{
			{Name: "service", Standard: values{{"STORE", "*"}}, Secured: values{{"PIN", "***"}}},
			{Name: "job"},
		}}
}

func TestChecksOfRedeployments(t *testing.T) {
	newer := loyalty()
	newer.Configurations = slices.Clone(newer.Configurations)
	newer.Configurations[0].Standard = keys{{Key: "STORE", Required: true}, {Key: "CHANNEL", Required: true}}
	newer.Configurations = append(newer.Configurations, commercetools.Application{Name: "event", Secured: keys{{Key: "TOPIC", Required: true}}})
	newer.GlobalConfiguration.Secured = append(slices.Clone(newer.GlobalConfiguration.Secured), commercetools.Key{Key: "SALT", Required: true})
	rejected := newer
	rejected.IsPreviewable = commercetools.PreviewFalse
	of := func(app string, standard, secured values) []commercetools.ApplicationValues {
		return []commercetools.ApplicationValues{{Application: app, Standard: standard, Secured: secured}}
	}
	for name, tt := range map[string]struct {
		change commercetools.Redeploy
		status commercetools.Status
		c      commercetools.Connectable
		want   []fault
	}{
		"nothing":          {},
		"one value":        {change: commercetools.Redeploy{ConfigurationValues: of("service", nil, values{{"PIN", "2"}})}},
		"while it deploys": {status: commercetools.StatusQueued, want: []fault{{Code: "DeploymentInvalidStatusTransition", Key: "status"}}},
		"an unknown state": {status: "Hibernating", want: []fault{{Code: "unknown_status", Key: "status"}}},
		"no application": {change: commercetools.Redeploy{ConfigurationValues: []commercetools.ApplicationValues{}},
			want: []fault{{Code: "DeploymentApplicationRequired", Key: "configurationValues"}}},
		"what is required emptied": {change: commercetools.Redeploy{ConfigurationValues: of("service", values{{"STORE", ""}}, nil), GlobalConfiguration: commercetools.GlobalValues{Standard: values{{"CLOUD", ""}}}},
			want: []fault{{"DeploymentEmptyRequiredGlobalConfigurationKey", "", "CLOUD", "standard"}, {"required_missing", "service", "STORE", "standard"}}},
		"unknown": {change: commercetools.Redeploy{ConfigurationValues: append(of("jobs", nil, nil), of("job", values{{"X", "1"}}, nil)...), GlobalConfiguration: commercetools.GlobalValues{Secured: values{{"CLOUD", "x"}}}},
			want: []fault{{"DeploymentUnknownGlobalConfigurationKey", "", "CLOUD", "secured"}, {Code: "DeploymentUnknownApplicationConfiguration", Application: "jobs"}, {"DeploymentUnknownApplicationConfigurationKey", "job", "X", "standard"}}},
		"a mask": {change: commercetools.Redeploy{ConfigurationValues: of("service", nil, values{{"PIN", "***"}})},
			want: []fault{{"masked_value", "service", "PIN", "secured"}}},
		"an application that came later": {change: commercetools.Redeploy{ConfigurationValues: of("event", nil, values{{"TOPIC", "t"}})}, c: newer,
			want: []fault{{Code: "DeploymentApplicationDoNotBelong", Application: "event"}}},
		"a newer connector without its keys": {change: commercetools.Redeploy{UpdateConnector: true}, c: newer,
			want: []fault{{"DeploymentMissingGlobalConfigurationKey", "", "SALT", "secured"}, {"required_missing", "service", "CHANNEL", "standard"}, {"required_missing", "event", "TOPIC", "secured"}}},
		"a newer connector with its keys": {change: commercetools.Redeploy{UpdateConnector: true, GlobalConfiguration: commercetools.GlobalValues{Secured: values{{"SALT", "s"}}},
			ConfigurationValues: append(of("service", values{{"CHANNEL", "c"}}, nil), of("event", nil, values{{"TOPIC", "t"}})...)}, c: newer},
		"a newer draft that is not previewable": {change: commercetools.Redeploy{}, c: rejected},
		"to a draft that is not previewable": {change: commercetools.Redeploy{UpdateConnector: true, GlobalConfiguration: commercetools.GlobalValues{Secured: values{{"SALT", "s"}}},
			ConfigurationValues: append(of("service", values{{"CHANNEL", "c"}}, nil), of("event", nil, values{{"TOPIC", "t"}})...)}, c: rejected,
			want: []fault{{Code: "ConnectorStagedNotPreviewable", Key: "updateConnector"}}},
	} {
		d := deployed()
		if tt.status != "" {
			d.Status = tt.status
		}
		if tt.c == nil {
			tt.c = d.Connector
		}
		if diff := cmp.Diff(tt.want, tt.change.Check(d, tt.c, allScopes)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	d := deployed()
	d.Connector.Configurations, d.Applications = nil, nil // as in old answers
	if got := (commercetools.Redeploy{UpdateConnector: true}).Check(d, newer, nil); got != nil {
		t.Errorf("a deployment of which little is known: got %+v", got)
	}
	if got := (commercetools.Redeploy{}).Check(deployed(), deployed().Connector, []string{"view_connectors"}); !slices.Equal(got, []fault{{Code: "scope_missing", Key: "manage_connectors_deployments"}}) {
		t.Errorf("without scopes: got %+v", got)
	}
}
