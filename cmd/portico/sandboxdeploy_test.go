package main

import (
	"archive/zip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestSandboxDeploys: what the sandbox prints is enough to configure a portal that deploys there, and nothing more has to
// be configured.
func TestSandboxDeploys(t *testing.T) {
	_, o := startSandbox(t)
	env := map[string]string{
		"PORTICO_URL": o.Portal, "PORTICO_DATA": t.TempDir(), "PORTICO_KEYS_FILE": filepath.Join(o.Data, "keys.json"),
		"PORTICO_HOST_ISSUER": o.Host, "PORTICO_HOST_SECRET": strings.Repeat("s", 32),
	}
	for region, token := range o.CDKTokens {
		prefix := "PORTICO_TRAY_CDK_" + strings.ToUpper(region) + "_"
		env[prefix+"URL"], env[prefix+"TOKEN"] = o.CDK+"/"+region, "Bearer "+token
	}
	env["PORTICO_COMMERCETOOLS_REGION"], env["PORTICO_COMMERCETOOLS_PROJECT_KEY"] = connectRegion, o.ProjectKey
	env["PORTICO_COMMERCETOOLS_CLIENT_ID"], env["PORTICO_COMMERCETOOLS_CLIENT_SECRET"] = o.ClientID, o.ClientSecret
	env["PORTICO_COMMERCETOOLS_CONNECT_URL"], env["PORTICO_COMMERCETOOLS_AUTH_URL"] = o.Connect, o.Connect
	lines, err := start(t, env, false, "check").wait()
	all := strings.Join(lines, "\n")
	if err != nil || strings.Count(all, "ok     Tray CDK account") != 3 || strings.Count(all, "ok     commercetools account") != 4 {
		t.Errorf("the check ended with %v and said\n%s", err, all)
	}
}

// TestSandboxHasAConnector: a newcomer finds an archive to deploy, which stays as they have changed it.
func TestSandboxHasAConnector(t *testing.T) {
	dir := t.TempDir()
	r, o := startSandbox(t, "-data", dir)
	z, err := zip.OpenReader(o.Connector)
	if err != nil {
		t.Fatalf("%s: %v", o.Connector, err)
	}
	if first := z.File[0].Name; !strings.HasPrefix(first, demoConnector+"/") {
		t.Errorf("it begins with %s", first)
	}
	z.Close() //nolint:errcheck // only read
	if err := os.WriteFile(o.Connector, []byte("my own"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.stop(); err != nil {
		t.Fatal(err)
	}
	startSandbox(t, "-data", dir)
	if b, err := os.ReadFile(o.Connector); err != nil || string(b) != "my own" {
		t.Errorf("after another start it holds %q, %v", b, err)
	}
}

// TestSandboxKnowsItsAccounts: the portal of the sandbox can deploy to all that is simulated.
func TestSandboxKnowsItsAccounts(t *testing.T) {
	dir := t.TempDir()
	r, _ := startSandbox(t, "-data", dir)
	if _, err := r.stop(); err != nil {
		t.Fatal(err)
	}
	s, err := openStore(t.Context(), filepath.Join(dir, "portico.db"), filepath.Join(dir, "keys.json"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // only a test
	all, err := s.DeployAccounts(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range all {
		got = append(got, a.Platform+" "+a.Name+" "+a.Region)
	}
	if want := "traycdk us us, traycdk eu eu, traycdk apac ap, commercetools composable-product-dev-sandbox us-central1.gcp"; strings.Join(got, ", ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// TestSandboxSaysHowTheDocumentsDoIt: what is printed for people begins as those documents do.
func TestSandboxSaysHowTheDocumentsDoIt(t *testing.T) {
	r := start(t, nil, false, "sandbox", "-listen", "127.0.0.1:0")
	var said []string
	for line := range r.lines {
		said = append(said, line)
		if line == "Stop with Ctrl-C." {
			break
		}
	}
	all := strings.Join(said, "\n")
	for _, want := range []string{
		`/connector.zip at http://127\.0\.0\.1:\d+/admin/cdk\.`,
		`curl -H 'Authorization: Bearer [0-9a-f]{36,}' \\\n +--json @payload\.json http://localhost:\d+/cdk/v1/deployments/connectors/northwind-orders/versions/1\.0/deploy-connector-from-source\n`,
		`curl -u '\S+:\S+' -d grant_type=client_credentials http://localhost:\d+/oauth/token\n`,
		`Everything is kept in \S+\. It is removed when the sandbox stops`,
	} {
		if !regexp.MustCompile(want).MatchString(all) {
			t.Errorf("nothing matches %s in\n%s", want, all)
		}
	}
}
