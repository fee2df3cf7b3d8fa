package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDeployCanary deploys a connector with much going wrong, shows what came of it, and then looks for the platforms'
// secrets where none may be: in the log, in the database's files and in the pages.
func TestDeployCanary(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	secrets := f.s.deploySecrets()
	f.s.cdk().fault("deploy:eu", "malformed", 1)
	f.s.cdk().fault("deploy:ap", "401", 1)
	f.s.cdk().fault("share", "403", 1)
	f.deploy(connectorName)
	f.rests()
	pages := map[string]string{}
	for _, path := range []string{f.release[connectorName], "/admin/cdk", "/admin/connect", "/admin/connect/profiles", "/admin/health", "/admin/audit", "/admin/jobs"} {
		doc, err := f.open(path)
		if err != nil {
			t.Fatal(err)
		}
		if pages[path], err = doc.Html(); err != nil {
			t.Fatal(err)
		}
	}
	pages["the log"] = f.s.log.String()
	f.s.stop()
	files, err := filepath.Glob(filepath.Join(f.dir, "portico.db*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the sandbox keeps no database: %v", err)
	}
	for name, secret := range secrets {
		for where, text := range pages {
			if strings.Contains(text, secret) {
				t.Errorf("%s has %s", where, name)
			}
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(raw, []byte(secret)) {
				t.Errorf("%s has %s", filepath.Base(file), name)
			}
		}
	}
}

// deploySecrets are what connectors are deployed with, by what each is.
func (s *sandbox) deploySecrets() map[string]string {
	s.t.Helper()
	all := map[string]string{"the client's secret": s.said("commercetools_client_secret")}
	tokens, _ := s.at["tray_cdk_tokens"].(map[string]any)
	for _, region := range regions {
		token, _ := tokens[region].(string)
		if len(token) < 8 {
			s.t.Fatalf("the token of %s is no secret: %q", region, token)
		}
		all["the token of "+region] = token
	}
	return all
}
