package tray_test

import (
	"testing"

	"portico/upstream/tray"
)

func TestDialogAddresses(t *testing.T) {
	config := tray.Regions()["eu1"]
	config.EmbeddedID = "acme/co"
	c := tray.New(config)
	for _, tt := range [][2]string{
		{c.AuthDialogURL("i1", "external_slack_authentication", "c0de"), "https://embedded.eu1.tray.io/external/auth/create/acme%2Fco/i1/external_slack_authentication?code=c0de"},
		{c.AuthDialogURL("..", "a b?#%", "c&d"), "https://embedded.eu1.tray.io/external/auth/create/acme%2Fco/%2E%2E/a%20b%3F%23%25?code=c%26d"},
		{c.WizardURL("i1", "c"), "https://embedded.eu1.tray.io/external/solutions/acme%2Fco/configure/i1?code=c"},
		{c.AuthEditURL("a1", "c"), "https://embedded.eu1.tray.io/external/auth/edit/acme%2Fco/a1?code=c"},
		{c.DialogOrigin(), "https://embedded.eu1.tray.io"},
		{tray.New(tray.Config{DialogURL: "https://Wizard.Acme.test:443/"}).DialogOrigin(), "https://wizard.acme.test"},
		{tray.New(tray.Config{DialogURL: "http://localhost:8082"}).DialogOrigin(), "http://localhost:8082"},
	} {
		if tt[0] != tt[1] {
			t.Errorf("got  %s\nwant %s", tt[0], tt[1])
		}
	}
}

func TestRegions(t *testing.T) {
	got := tray.Regions()
	for name, api := range map[string]string{"us": "https://tray.io/graphql", "eu1": "https://eu1.tray.io/graphql", "ap1": "https://ap1.tray.io/graphql"} {
		if got[name].APIURL != api || got[name].DialogURL == "" || len(got[name].WebhookHosts) != 2 {
			t.Errorf("%s: got %+v", name, got[name])
		}
	}
	if len(got) != 3 {
		t.Errorf("got %d regions, want 3", len(got))
	}
}
