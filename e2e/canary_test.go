package e2e

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCanary goes through everything once and then looks for secrets where none may be: in the log, in the database's
// files and in the pages.
func TestCanary(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	in := configure(t, s, "http://"+freeAddress(t), "PORTICO_LOG_LEVEL=debug")
	in.addStaff("sam@host.example", "admin")
	in.begin()
	token := in.token(claims{"sub": "canary", "name": "Cana Ry"})
	p := &person{browser: newBrowser(t), home: in.site, sub: "canary"}
	p.load("POST", in.portal+"/session", url.Values{"token": {token}})
	in.offers(p)
	s.fault("generateAuthorizationCode", "malformed", 1)
	s.fault("authorize", "reject", 1)
	p.persists("HubSpot contacts", "hubspot")
	p.press("Try it now")
	at := p.url.String()
	p.open(strings.TrimSuffix(at, "/try"))
	p.press("Change")
	p.comes("the step to sign in", func() bool { return p.doc.Find("#open").Length() == 1 })
	dialog, err := url.Parse(p.dialogAddress()) // the one place where a code may be seen
	if err != nil {
		t.Fatal(err)
	}
	p.reload()
	ticket := in.invite(claims{"sub": "canary"})
	newBrowser(t).open(ticket)
	newBrowser(t).open(ticket) // refused: used up
	pages := []string{p.html}
	staff := in.staff("sam@host.example")
	for _, page := range []string{"/instances/" + p.instanceID(), "/jobs", "/health", "/audit", "/catalogue"} {
		staff.open(in.portal + "/admin" + page)
		pages = append(pages, staff.html)
	}

	secrets := map[string]string{
		"the master token": s.said("tray_master_token"), "the API key": in.apiKey, "the host's secret": in.hostSecret, "a host's token": token,
		"a code": dialog.Query().Get("code"), "a ticket": ticket[strings.LastIndex(ticket, "/")+1:], "a password of the staff": staffPassword,
		"a password at a third party": canaryPassword,
	}
	for _, c := range append(p.cookies.kept, staff.cookies.kept...) {
		secrets["a cookie"+c.Name] = c.Value
	}
	in.stop()
	files := in.files()
	for name, secret := range secrets {
		if len(secret) < 8 {
			t.Errorf("%s is no secret: %q", name, secret)
			continue
		}
		if strings.Contains(in.log.String(), secret) {
			t.Errorf("the log has %s", name)
		}
		for file, content := range files {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s has %s", file, name)
			}
		}
		for _, page := range pages {
			if strings.Contains(page, secret) {
				t.Errorf("a page has %s", name)
			}
		}
	}
	// Tray's tokens for users are 64 digits; so are hashes of ours, which are kept as bytes.
	if found := regexp.MustCompile(`\b[0-9a-f]{64}\b`).FindString(in.log.String()); found != "" {
		t.Errorf("the log has what looks like a user's token: %.8s…", found)
	}
}

// files are what the installation keeps, keys apart.
func (in *installation) files() map[string][]byte {
	in.t.Helper()
	found, err := filepath.Glob(filepath.Join(in.dir, "portico.db*"))
	if err != nil || len(found) == 0 {
		in.t.Fatalf("the installation keeps no database: %v", err)
	}
	files := map[string][]byte{}
	for _, path := range found {
		if files[filepath.Base(path)], err = os.ReadFile(path); err != nil {
			in.t.Fatal(err)
		}
	}
	return files
}
