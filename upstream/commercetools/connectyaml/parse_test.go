package connectyaml_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/upstream/commercetools/connectyaml"
)

// service is a small valid file that others begin with.
const service = "deployAs:\n  - name: svc\n    applicationType: service\n    endpoint: /svc\n"

func TestFullFile(t *testing.T) {
	got := connectyaml.Parse(source(t, "full.yaml"))
	if !got.Valid || len(got.Warnings) > 0 || got.Official("connect.yaml") != "" {
		t.Fatalf("problems %v, warnings %v", got.Problems, got.Warnings)
	}
	region, cloud, level := "europe-west1.gcp", "gcp-eu", "info"
	want := connectyaml.File{
		Inherit: connectyaml.Inherit{
			HasConfiguration: true,
			Configuration: connectyaml.Configuration{
				Standard: []connectyaml.Key{
					{Key: "SHOP_REGION", Description: "Region hint shared by all applications", Required: true, Default: &region, Line: 9},
					{Key: "CLOUD_IDENTIFIER", Description: "Merchant Center cloud identifier", Required: true, Default: &cloud, Line: 13},
				},
				Secured: []connectyaml.Key{
					{Key: "PARTNER_API_KEY", Description: "Partner API key shared by all applications", Required: true, Line: 18},
				},
			},
			Scopes: []string{"manage_extensions", "manage_subscriptions", "view_products"},
		},
		Applications: []connectyaml.Application{
			{
				Name: "webhooks", Type: connectyaml.Service, Endpoint: "/webhooks", Line: 22,
				HealthCheck: &connectyaml.HealthCheck{Path: "/webhooks/status", IntervalSeconds: 10, TimeoutSeconds: 5, UnhealthyThreshold: 3},
				PostDeploy:  "npm ci --omit=dev && npm run connector:post-deploy",
				PreUndeploy: "npm ci --omit=dev && npm run connector:pre-undeploy",
				Configuration: connectyaml.Configuration{
					Standard: []connectyaml.Key{{Key: "LOG_LEVEL", Description: "Log level", Default: &level, Line: 35}},
				},
			},
			{
				Name: "order-events", Type: connectyaml.Event, Endpoint: "/order-events", Line: 39,
				Retry: &connectyaml.Retry{Strategy: connectyaml.ExponentialBackoff, MinBackoffSeconds: 10, MaxBackoffSeconds: 600, MaxAttempts: 20},
				Configuration: connectyaml.Configuration{
					Secured: []connectyaml.Key{{Key: "ERP_TOKEN", Description: "ERP token", Required: true, Line: 49}},
				},
			},
			{
				Name: "instant-events", Type: connectyaml.Event, Endpoint: "/instant", Line: 52,
				Retry: &connectyaml.Retry{Strategy: connectyaml.Immediate},
			},
			{Name: "nightly", Type: connectyaml.Job, Endpoint: "/nightly", Schedule: "0 2 * * *", Line: 57},
			{Name: "mc-app", Type: connectyaml.CustomApp, Line: 62, Configuration: connectyaml.Configuration{
				Standard: []connectyaml.Key{
					{Key: "CUSTOM_APPLICATION_ID", Description: "Custom Application ID", Required: true, Line: 66},
					{Key: "ENTRY_POINT_URI_PATH", Description: "Entry point URI path", Required: true, Line: 69},
				},
			}},
			{Name: "order-panel", Type: connectyaml.CustomView, Line: 72, Configuration: connectyaml.Configuration{
				Standard: []connectyaml.Key{{Key: "CUSTOM_VIEW_ID", Description: "Custom View ID", Required: true, Line: 76}},
			}},
			{Name: "enabler", Type: connectyaml.Assets, Line: 79},
		},
	}
	if d := cmp.Diff(want, got.File); d != "" {
		t.Errorf("file (-want +got):\n%s", d)
	}
}

// TestWarnings reads a valid file that does all that the official validator lets pass.
func TestWarnings(t *testing.T) {
	got := connectyaml.Parse(source(t, "shop.yaml"))
	if !got.Valid {
		t.Fatalf("problems: %v", got.Problems)
	}
	var lines []string
	for _, w := range got.Warnings {
		message, _, _ := strings.Cut(w.Message, ":")
		lines = append(lines, fmt.Sprintf("%d %s: %s", w.Line, w.Path, message))
	}
	want := []string{
		`5 inheritAs.apiClient.scopes.1: view_subscriptions is not a scope of the API; use manage_subscriptions.`,
		`17 inheritAs.configuration.securedConfiguration.0.key: The platform gives CTP_CLIENT_SECRET itself, since the file asks for an API client.`,
		`22 deployAs.0.endpoint: The endpoint does not begin with a slash, but is put right behind the application's address.`,
		`38 deployAs.1.properties.schedule: Accepted although a number is out of its range (minute 0-59, hour 0-23, day 1-31, month 1-12, weekday 0-7).`,
		`44 deployAs.2.properties.schedule: Accepted although it is no schedule as a whole`,
		`46 deployAs.3.applicationType: "mc-app" is the old name of the type "merchant-center-custom-application".`,
		`51 deployAs.3.configuration.standardConfiguration.2.key: The platform gives APPLICATION_URL to applications of the Merchant Center itself.`,
		`53 deployAs.4.applicationType: The application later is ignored`,
		`57 deployAs.4.configuration.standardConfiguration.0.key: The platform gives CONNECT_SERVICE_URL to scripts itself.`,
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Errorf("warnings (-want +got):\n%s", d)
	}
	if a := got.File.Applications; a[1].Configuration.Secured[0].Key != "LOYALTY_TOKEN" || a[3].Type != connectyaml.CustomApp {
		t.Errorf("an alias or an old name is not read: %+v", a)
	}
}

func TestNoWarnings(t *testing.T) {
	for _, schedule := range []string{"@daily", "@every 1h30m", "0 2 * * *", "*/5 0-12 1,15 * 0", "0 0 0 1 1 * 2026"} {
		file := "deployAs:\n  - {name: job, applicationType: job, endpoint: /, properties: {schedule: '" + schedule + "'}}\n"
		if got := connectyaml.Parse([]byte(file)); !got.Valid || len(got.Warnings) > 0 {
			t.Errorf("%s: problems %v, warnings %v", schedule, got.Problems, got.Warnings)
		}
	}
	// Without an API client the names that it would take are free.
	file := service + "    configuration:\n      securedConfiguration:\n        - {key: CTP_CLIENT_SECRET, description: x}\n"
	if got := connectyaml.Parse([]byte(file)); !got.Valid || len(got.Warnings) > 0 {
		t.Errorf("problems %v, warnings %v", got.Problems, got.Warnings)
	}
}

// TestPlaces holds every kind of problem to the line and column that it points to.
func TestPlaces(t *testing.T) {
	mc := "  - name: page\n    applicationType: merchant-center-custom-view\n    configuration:\n      securedConfiguration:\n        - {key: AA, description: x}\n"
	for name, tt := range map[string]struct {
		file string
		want []string // line:column path
	}{
		"missing":           {"deployAs:\n  - name: svc\n    applicationType: service\n", []string{"2:5 deployAs.0.endpoint"}},
		"wrong type":        {service + "    scripts: 5\n", []string{"5:5 deployAs.0.scripts"}},
		"wrong form":        {service + "  - {name: a b, applicationType: assets}\n", []string{"5:6 deployAs.1.name"}},
		"not an object":     {service + "  - hello\n", []string{"5:5 deployAs.1"}},
		"unknown keys":      {service + "    é: 1\n    foo: 2\n", []string{"5:5 deployAs.0"}},
		"unknown at root":   {service + "version: 1\n", []string{"5:1 file content"}},
		"no type":           {"deployAs:\n  - name: svc\n", []string{"2:5 deployAs.0.applicationType"}},
		"names":             {service + "  - name: svc\n    applicationType: assets\n", []string{"5:0 file content"}},
		"Merchant Center":   {service + mc, []string{"5:5 deployAs.1", "5:0 file content", "9:0 file content"}},
		"keys":              {service + "    configuration:\n      standardConfiguration:\n        - {key: AA, description: x}\n        - {key: AA, description: x}\n", []string{"8:0 deployAs.0.configuration"}},
		"the whole file":    {"- a\n", []string{"1:1 file content"}},
		"nothing":           {"# only this\n", []string{"1:1 file content"}},
		"same key":          {service + "    é: 1\n    é: 2\n", []string{"6:5 "}},
		"tab":               {"deployAs:\n\t- a\n", []string{"2:1 "}},
		"two documents":     {service + "---\n" + service, []string{"5:1 "}},
		"unknown alias":     {service + "    scripts: *s\n", []string{"5:14 "}},
		"colons":            {"deployAs: a: b\n", []string{"1:12 "}},
		"bracket":           {"deployAs: [\n", []string{"2:1 "}},
		"flow to the left":  {"a:\n  b: [\n  c,\n  ]\n", []string{"3:3 "}},
		"map to the left":   {"a:\n  b: {c: d,\n  # this may be\n\n    e: f\n }\n", []string{"6:2 "}},
		"text to the left":  {"a:\n  b: 'c\n\n  d'\n", []string{"4:3 "}},
		"block to the left": {"a:\n|\n  b\n", []string{"2:1 "}},
	} {
		t.Run(name, func(t *testing.T) {
			got := connectyaml.Parse([]byte(tt.file))
			var places []string
			for _, p := range got.Problems {
				places = append(places, fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Path))
			}
			if !slices.Equal(places, tt.want) {
				t.Errorf("got %q, want %q: %v", places, tt.want, got.Problems)
			}
		})
	}
}

// TestTakes is YAML that the library alone would refuse or read otherwise.
func TestTakes(t *testing.T) {
	for name, file := range map[string]string{
		"CRLF":               strings.ReplaceAll(service, "\n", "\r\n"),
		"byte order mark":    "\ufeff" + service,
		"no line break":      strings.TrimSuffix(service, "\n"),
		"version":            "# 1\n%YAML 1.2\n---\n" + service,
		"end":                service + "...\n# no more\n",
		"bracket below":      "deployAs: [\n  {name: svc, applicationType: service, endpoint: /svc}\n]\n",
		"bracket below key":  service + "    scripts: {\n      postDeploy: it's \"\n    }\n",
		"comment in bracket": service + "    scripts: {\n  # {'\n\n      postDeploy: 'it''s }', # }\n      preUndeploy: \"\\\"}\" }\n",
		"tags":               service + "    configuration: !!map\n      standardConfiguration: !all &a\n        - {key: ! 12, description: !!str 5, default: !text ~, required: !!bool \"true\"}\n",
		"text over lines":    service + "    scripts:\n      postDeploy: &p !!str\n        \"é\n\n        \\\n        \\\"\"\n",
		"control character":  service + "    scripts: {postDeploy: \"a\u0085\u2028\x01\"}\n",
	} {
		if got := connectyaml.Parse([]byte(file)); !got.Valid {
			t.Errorf("%s: %v", name, got.Problems)
		}
	}
	got := connectyaml.Parse([]byte(service + "    scripts: {postDeploy: \"a\u0085\u2028\x01\"}\n"))
	if text := got.File.Applications[0].PostDeploy; text != "a\u0085\u2028\x01" {
		t.Errorf("moved characters did not come back: %q", text)
	}
}

func TestOfficialNamesOnlyWhatIsThere(t *testing.T) {
	got := connectyaml.Parse([]byte(service + "    endpoint: /again\n"))
	want := "Failed to parse my/connect.yaml:\nMap keys must be unique at line 5, column 5"
	if o := got.Official("my/connect.yaml"); o != want {
		t.Errorf("got %q, want %q", o, want)
	}
}
