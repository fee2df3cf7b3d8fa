package main

import (
	"archive/zip"
	"os"
	"path/filepath"
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
	lines, err := start(t, env, false, "check").wait()
	all := strings.Join(lines, "\n")
	if err != nil || strings.Count(all, "ok     Tray CDK account") != 3 {
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
	if want := "traycdk us us, traycdk eu eu, traycdk apac ap"; strings.Join(got, ", ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
