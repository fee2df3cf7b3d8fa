package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/store"
)

// deployFile is a configuration that deploys alone, with words as people write them.
const deployFile = `
tray_cdk:
  - {name: america, region: US, token: "Authorization: Bearer 0123456789abcdef0123456789abcdef0123"}
  - {name: asia, region: ap1, token_file: token, url: "https://proxy.example.com/tray/"}
commercetools:
  - {name: shop, region: eu-central-1.aws, project_key: acme_shop-1, client_id: client, client_secret: secret}
`

// deploysTo starts and stops a portal, and says what it knows of where to deploy, those that are gone at the end.
func deploysTo(t *testing.T, env map[string]string) []store.DeployAccount {
	t.Helper()
	r := start(t, env, true, "serve")
	r.serving(t)
	if _, err := r.stop(); err != nil {
		t.Fatal(err)
	}
	s, err := openStore(t.Context(), filepath.Join(env["PORTICO_DATA"], "portico.db"), filepath.Join(env["PORTICO_DATA"], "keys.json"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // only read
	all, err := s.AllDeployAccounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestServeKnowsWhereToDeploy: accounts to deploy to are enough for a portal; it knows them as they are configured, and
// remembers those that no longer are.
func TestServeKnowsWhereToDeploy(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	env := serveEnv(t, dir)
	for name := range env {
		if strings.HasPrefix(name, "PORTICO_TRAY_") {
			delete(env, name)
		}
	}
	env["PORTICO_CONFIG"] = filepath.Join(dir, "portico.yaml")
	for name, text := range map[string]string{"portico.yaml": deployFile, "token": "  bearer fedcba9876543210fedcba9876543210fedc\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all := deploysTo(t, env)
	if len(all) != 3 {
		t.Fatalf("it knows %d accounts, want 3", len(all))
	}
	for n, want := range []store.DeployAccount{
		{Platform: "traycdk", Name: "america", Region: "us", APIURL: "https://api.tray.io", Secret: "0123456789abcdef0123456789abcdef0123"},
		{Platform: "traycdk", Name: "asia", Region: "ap", APIURL: "https://proxy.example.com/tray", Secret: "fedcba9876543210fedcba9876543210fedc"},
		{Platform: "commercetools", Name: "shop", Region: "eu-central-1.aws", APIURL: "https://connect.eu-central-1.aws.commercetools.com",
			AuthURL: "https://auth.eu-central-1.aws.commercetools.com", ProjectKey: "acme_shop-1", ClientID: "client", Secret: "secret"},
	} {
		got := all[n]
		if got.Platform != want.Platform || got.Name != want.Name || got.Region != want.Region || got.APIURL != want.APIURL || got.AuthURL != want.AuthURL ||
			got.ProjectKey != want.ProjectKey || got.ClientID != want.ClientID || got.Secret != want.Secret || got.Position != n || !got.GoneAt.IsZero() {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}

	delete(env, "PORTICO_CONFIG")
	env["PORTICO_TRAY_CDK_EU_TOKEN"] = "0123456789abcdef0123456789abcdef0123"
	all = deploysTo(t, env)
	if len(all) != 4 || all[0].Name != "eu" || all[0].APIURL != "https://api.eu1.tray.io" || !all[0].GoneAt.IsZero() || all[1].GoneAt.IsZero() || all[3].GoneAt.IsZero() {
		t.Errorf("configured otherwise it knows %v", all)
	}
}

// TestSizes: limits are said in bytes, KiB, MiB or GiB.
func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{
		"": 10 << 20, "1": 1, "4096": 4096, "64KiB": 64 << 10, "2 MiB": 2 << 20, "1GiB": 1 << 30, // are good
		"0": 0, "-1": 0, "1.5MiB": 0, "MiB": 0, "2GiB": 0, "9999999999999GiB": 0, "99999999999999999999": 0,
	} {
		s := &settings{get: func(string) string { return text }}
		if got := s.size("LIMIT", "10MiB", maxArchives); got != want || (got == 0) != (len(s.faults) == 1) {
			t.Errorf("%q is %d bytes with %d faults, want %d", text, got, len(s.faults), want)
		}
	}
}
