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
	in := configure(t, s, "http://"+freeAddress(t), append(s.piecesEnv(t), "PORTICO_LOG_LEVEL=debug")...)
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
	staff := in.publishes("Stripe customers", "New flavours in Slack", "commercetools prices")
	more, builderToken := in.canaryAtPieces(staff, &person{browser: p.tab(), home: in.site, sub: p.sub})
	pages = append(pages, more...)
	for _, page := range []string{"/instances/" + p.instanceID(), "/jobs", "/health", "/audit", "/catalogue"} {
		staff.open(in.portal + "/admin" + page)
		pages = append(pages, staff.html)
	}

	secrets := map[string]string{
		"the master token": s.said("tray_master_token"), "the API key": in.apiKey, "the host's secret": in.hostSecret, "a host's token": token,
		"a code": dialog.Query().Get("code"), "a ticket": ticket[strings.LastIndex(ticket, "/")+1:], "a password of the staff": staffPassword,
		"a password at a third party": canaryPassword, "what was entered": canaryValue, "the key of Activepieces": s.said("activepieces_api_key"),
		"the signing key": strings.Split(s.said("activepieces_signing_key"), "\n")[2], "a token of the builder": builderToken,
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

// canaryAtPieces enters secrets wherever an Activepieces asks for any, with things going wrong, and returns the pages that
// came of it, and what opens the builder.
func (in *installation) canaryAtPieces(staff *browser, p *person) (pages []string, token string) {
	in.t.Helper()
	show := func(b *browser) { pages = append(pages, b.url.String(), b.html) }
	staff.predefines(in.portal, "Gelato", "value:apiKey", canaryValue, "value:storeId", "1042")
	show(staff)
	staff.predefines(in.portal, "commercetools", "value:region", `"europe-west1.gcp"`, "value:projectKey", "shop", "value:clientId", "ours",
		"source:clientSecret", "workspace", "source:pageSize", "none", "source:staged", "none", "source:notes", "none")
	show(staff)
	in.tray.pieces.fault("upsertConnection", "malformed", 1)
	in.tray.pieces.fault("upsertGlobalConnection", "500", 1)
	p.begins("Stripe customers")
	p.enters(url.Values{"v.secret_text": {"wrong-" + canaryValue}})
	show(p.browser)
	p.persists("Stripe customers", "canary")
	show(p.browser)
	instance := p.instanceID()
	p.begins("commercetools prices")
	p.comes("the question", func() bool { return p.doc.Find("form[data-testid=answer]").Length() == 1 })
	p.enters(entered("Asked"))
	p.isOn()
	show(p.browser)
	p.persists("New flavours in Slack", "canary")
	show(p.browser)
	sandbox := *in.tray
	sandbox.site = in.site
	staff.open(in.portal + "/admin")
	home := sandbox.piecesPages(staff)
	staff.open(home + "/scripts")
	staff.press("Agree")
	p.open(in.portal + "/automations/builder")
	show(p.browser)
	if token = p.fetch("POST", in.portal+"/automations/builder", nil).text("token"); token == "" {
		in.t.Fatal("the builder is not opened")
	}
	for _, path := range []string{home, home + "/projects", home + "/connections", home + "/scripts", in.portal + "/admin/instances/" + instance, in.portal + "/admin/workspaces"} {
		staff.open(path)
		show(staff)
	}
	return pages, token
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
