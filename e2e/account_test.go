package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// account is a sandbox's Tray as the configuration file lists it.
func (s *sandbox) account(name string) string {
	return fmt.Sprintf("  - name: %s\n    master_token: %s\n    embedded_id: %s\n    api_url: %s/graphql\n    dialog_url: %s\n    webhook_hosts: [%q]\n",
		name, s.said("tray_master_token"), s.said("tray_embedded_id"), s.tray, s.tray, hostOf(s.t, s.tray))
}

// TestSeveralAccounts serves customers of two Tray accounts, each with what is there.
func TestSeveralAccounts(t *testing.T) {
	t.Parallel()
	us, eu := newSandbox(t), newSandbox(t)
	eu.control("POST", "solutions/"+eu.solution("Notion notes")+"/unpublish", nil)
	in := configure(t, us, "http://"+freeAddress(t))
	in.env = slices.DeleteFunc(in.env, func(v string) bool { return strings.HasPrefix(v, "PORTICO_TRAY_") })
	file := filepath.Join(in.dir, "portico.yaml")
	if err := os.WriteFile(file, []byte("tray:\n"+us.account("us")+eu.account("eu")), 0o600); err != nil {
		t.Fatal(err)
	}
	in.env = append(in.env, "PORTICO_CONFIG="+file)
	in.begin()

	american := in.newcomer() // of the first account, which is the default
	in.offers(american)
	european := in.visitor(claims{"sub": "eu", "name": "Eva Europe", "workspace": map[string]any{"id": "eu", "account": "eu"}})
	in.offers(european)
	american.sees("Notion notes")
	european.misses("Notion notes")
	for p, s := range map[*person]*sandbox{american: us, european: eu} {
		p.begins("HubSpot contacts")
		p.press("open")
		if p.url.Host != hostOf(t, s.tray) {
			t.Errorf("%s is led to a dialog at %s, want %s", p.name, p.url.Host, s.tray)
		}
		p.signInAtTray("Contacts")
		p.open(in.portal + "/integrations")
		p.follow("HubSpot contacts")
		p.carriesOn()
		p.isOn()
		s.wantConnected(p, "hubspot")
	}
	if got := len(eu.trayUsers(american.sub)) + len(us.trayUsers(european.sub)); got != 0 {
		t.Errorf("%d users are at the wrong account", got)
	}
	european.finds("Exchange rates")
	if american.open(european.integration); american.status != 404 {
		t.Errorf("an integration of the other account answers with status %d", american.status)
	}
	status, answer := in.api("POST", "/api/v1/sessions", claims{"sub": "x", "workspace": map[string]any{"id": "x", "account": "asia"}})
	if status != 422 {
		t.Errorf("an account that is not there: status %d, %v", status, answer.value)
	}
}

// TestWorkspaceIsTheUser lets colleagues share one user at Tray: which of the sign-ins is theirs only they can tell.
func TestWorkspaceIsTheUser(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	in := newInstallation(t, s, "PORTICO_TRAY_USER=workspace")
	in.offers(in.newcomer())
	who := in.colleagues("member", "member")
	ann, ben := who[0], who[1]
	ann.begins("HubSpot contacts")
	ann.gives("Contacts of Ann")
	ann.chooses("Contacts of Ann")
	ann.isOn()
	ben.begins("HubSpot contacts")
	ben.gives("Contacts of Ben")
	ben.sees("Contacts of Ben")
	ben.misses("Contacts of Ann") // which is in use for something of her own
	ben.chooses("Contacts of Ben")
	ben.isOn()
	ben.sees("Contacts of Ben")
	users := s.control("GET", "state", nil).list("users")
	n := 0
	for _, u := range users {
		if u.text("external_user_id") == "of-"+strings.TrimSuffix(ann.sub, "-a") {
			n++
			if got := len(s.trayInstances(u.text("id"))); got != 2 {
				t.Errorf("the workspace has %d instances at Tray, want 2", got)
			}
		}
	}
	if n != 1 {
		t.Errorf("the workspace is %d users at Tray, want 1: %v", n, users)
	}
}

// chooses takes one of the sign-ins that the page offers, by a part of its name.
func (p *person) chooses(name string) {
	p.t.Helper()
	choice := p.doc.Find("input[type=radio][name=auth]").FilterFunction(func(_ int, r *goquery.Selection) bool {
		return strings.Contains(r.Parent().Text(), name)
	})
	if choice.Length() != 1 {
		p.t.Fatalf("%d sign-ins called %q are offered, want 1: %s", choice.Length(), name, p.text())
	}
	form := choice.Closest("form")
	p.submit(form, form.Find("button"), "auth", choice.AttrOr("value", ""))
}

// TestFirstVisitsAtOnce lets one person arrive in several browsers at once.
func TestFirstVisitsAtOnce(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	who := claims{"sub": "eager", "name": "Eve Eager", "workspace": map[string]any{"id": "eager", "name": "Eager Ltd"}}
	var all [4]*person
	var arriving sync.WaitGroup
	for n := range all {
		arriving.Go(func() { all[n] = s.visitor(who) })
	}
	arriving.Wait()
	p := all[0]
	p.begins("Exchange rates")
	p.isOn()
	s.wantConnected(p)
}
