package e2e

import (
	"net/url"
	"strings"
	"sync"
	"testing"
)

// TestConnect walks the connect journey without scripts, each time as a person whom the portal has never seen.
func TestConnect(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	for _, tt := range []struct {
		name string
		walk func(*testing.T, *sandbox)
	}{
		{"by the address of sign_in", connectAsDemoUser},
		{"one sign-in", func(t *testing.T, s *sandbox) { connectSignIns(t, s, "HubSpot contacts", "hubspot") }},
		{"two sign-ins", func(t *testing.T, s *sandbox) {
			connectSignIns(t, s, "Slack alerts for Salesforce deals", "salesforce", "slack")
		}},
		{"three sign-ins", func(t *testing.T, s *sandbox) {
			connectSignIns(t, s, "Shopify orders to Slack and Google Sheets", "shopify", "slack", "google_sheets")
		}},
		{"no sign-in", connectNothing},
		{"a wizard", connectWizard},
		{"cancelled midway, and carried on", connectCancelled},
		{"carried on in another browser", connectElsewhere},
		{"said twice that it is finished", connectTwice},
		{"in two tabs at once", connectTwoTabs},
		{"the same service twice", connectSameService},
		{"two new sign-ins, and the person chooses", connectChoose},
		{"no new sign-in", connectNone},
		{"not this one", connectNotThisOne},
		{"a sign-in that is there already", connectExisting},
		{"another of the same", connectAnother},
		{"one that can be had only once", connectUnique},
		{"one that is not turned on by itself", connectManual},
		{"a sign-in of somebody else", connectForeign},
		{"refused by the third party first", connectWrongPassword},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.walk(t, s.with(t))
		})
	}
}

// wantConnected fails unless Tray holds exactly one user and one instance for a person, enabled, with these slots filled
// by sign-ins of theirs.
func (s *sandbox) wantConnected(p *person, services ...string) result {
	s.t.Helper()
	user, _ := s.atTray(p)
	in := s.one(p)
	if !in.is("enabled") || in.is("not_ready") {
		s.t.Errorf("the instance at Tray: enabled %v, too early %v", in.is("enabled"), in.is("not_ready"))
	}
	filled := in.list("auth_values")
	if len(filled) != len(services) {
		s.t.Fatalf("%d slots are filled at Tray, want %d", len(filled), len(services))
	}
	auths := s.control("GET", "state", nil).list("authentications")
	for i, service := range services {
		for _, a := range auths {
			if a.text("id") == filled[i].text("value") && (a.text("owner") != user.text("id") || a.text("service") != service) {
				s.t.Errorf("slot %d is filled by a sign-in of %s to %s, want %s", i, a.text("owner"), a.text("service"), service)
			}
		}
	}
	return in
}

func connectAsDemoUser(t *testing.T, s *sandbox) {
	p := &person{browser: newBrowser(t), home: s.site, sub: "u_1042"}
	p.open(s.said("sign_in"))
	if p.url.Path != "/integrations" {
		t.Fatalf("sign_in leads to %s", p.url)
	}
	p.begins("Zendesk tickets")
	p.gives("Support desk")
	p.isOn()
	s.wantConnected(p, "zendesk")
	p.open(s.said("sign_in")) // once more: it is good until the sandbox stops
	if got := p.doc.Find("[data-testid=mine]").Text(); !strings.Contains(got, "Zendesk tickets") {
		t.Errorf("the catalogue does not show what is connected: %s", words(got))
	}
}

func connectSignIns(t *testing.T, s *sandbox, title string, services ...string) {
	p := s.newcomer()
	p.begins(title)
	for n, service := range services {
		if got := p.doc.Find("[data-testid=now]").Length(); got != 1 {
			t.Fatalf("before sign-in %d, %d steps are next, want 1", n, got)
		}
		p.gives("My " + service)
	}
	p.isOn()
	s.wantConnected(p, services...)
	for _, service := range services {
		p.sees("My " + service)
	}
}

func connectNothing(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Exchange rates")
	p.isOn()
	s.wantConnected(p)
}

func connectWizard(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Jira issues")
	at := p.url.String()
	p.press("open")
	p.press("wizard-next") // a new account of Jira
	p.press("auth-allow", "E-mail", "ada@example.com", "Password", canaryPassword)
	p.press("wizard-next", "Project key", "ADA", "Days a ticket may stay open", "3")
	p.sees("You can close this window and go back")
	p.open(at)
	p.carriesOn()
	p.isOn()
	in := s.wantConnected(p, "jira")
	if got := in.list("config_values"); len(got) != 3 || got[0].text("value") != `"ADA"` || got[1].text("value") != "3" {
		t.Errorf("Tray stores %v", got)
	}
}

func connectCancelled(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Slack alerts for Salesforce deals")
	at := p.url.String()
	p.gives("Deals")
	p.press("open")
	p.press("auth-cancel") // at the second dialog
	p.sees("You cancelled")
	p.open(p.home.portal + "/integrations")
	p.follow("Slack alerts for Salesforce deals")
	if p.url.String() != at {
		t.Fatalf("the catalogue leads to %s, not back to %s", p.url, at)
	}
	p.carriesOn() // although nothing was signed in to
	if p.doc.Find("[data-testid=looked]").Length() != 1 {
		t.Fatalf("nothing says that there is no new sign-in: %s", p.text())
	}
	p.gives("Alerts")
	p.isOn()
	s.wantConnected(p, "salesforce", "slack")
}

func connectElsewhere(t *testing.T, s *sandbox) {
	who := claims{"sub": "mobile-1", "name": "Mo Bile", "workspace": map[string]any{"id": "mobile", "name": "Mobile Ltd"}}
	desk := s.visitor(who)
	desk.begins("Slack alerts for Salesforce deals")
	desk.gives("Deals")
	phone := s.visitor(who)
	phone.finds("Slack alerts for Salesforce deals")
	if phone.offers("Connect another") {
		t.Fatal("a second one is offered while the first is unfinished")
	}
	phone.open(desk.url.String())
	phone.sees("Deals")
	phone.gives("Alerts")
	phone.isOn()
	desk.isOn()
	s.wantConnected(phone, "salesforce", "slack")
}

func connectTwice(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Notion notes")
	p.signsIn("Notes")
	stale := *p.browser
	p.carriesOn()
	(&stale).press("check") // what was open in another tab
	if stale.status >= 500 {
		t.Fatalf("saying so twice: status %d, %s", stale.status, stale.text())
	}
	p.isOn()
	s.wantConnected(p, "notion")
}

func connectTwoTabs(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.finds("Intercom conversations")
	tabs := []*browser{p.tab(), p.tab(), p.tab()}
	var pressed sync.WaitGroup
	for _, b := range tabs {
		pressed.Go(func() { b.press("Connect") })
	}
	pressed.Wait()
	for _, b := range tabs {
		if b.url.Path != tabs[0].url.Path || !strings.HasPrefix(b.url.Path, "/instances/") {
			t.Errorf("one tab leads to %s, another to %s", tabs[0].url, b.url)
		}
	}
	p.open(tabs[0].url.String())
	p.prepared()
	p.gives("Chats")
	p.isOn()
	s.wantConnected(p, "intercom")
}

func connectSameService(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("commercetools catalogue")
	p.gives("Source project")
	p.sees("Source project")
	p.gives("Target project")
	p.comes("the switch", func() bool { return p.power() == "false" }) // this one is turned on by hand
	p.press("power")
	p.isOn()
	in := s.wantConnected(p, "commercetools", "commercetools")
	if v := in.list("auth_values"); v[0].text("value") == v[1].text("value") {
		t.Error("one sign-in fills both slots")
	}
}

func connectChoose(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Trello cards")
	p.signsIn("Board of Ada")
	p.signsIn("Board of Bob")
	p.carriesOn()
	p.sees("Board of Ada", "Board of Bob")
	p.chooses("Board of Bob")
	p.isOn()
	p.sees("Board of Bob")
	s.wantConnected(p, "trello")
}

func connectNone(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Typeform leads")
	at := p.url.String()
	p.press("open")
	p.open(at) // and back, without signing in
	p.carriesOn()
	if p.doc.Find("[data-testid=looked]").Length() != 1 || !p.offers("open") {
		t.Fatalf("it does not say that there is none, and how to go on: %s", p.text())
	}
	p.gives("Forms")
	p.gives("Contacts")
	p.isOn()
	s.wantConnected(p, "typeform", "hubspot")
}

func connectNotThisOne(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Slack alerts for Salesforce deals")
	p.gives("Wrong company")
	p.sees("Wrong company")
	p.press("Not this one")
	p.misses("Signed in as Wrong company")
	p.gives("Right company")
	p.sees("Right company")
	p.gives("Alerts")
	p.isOn()
	p.misses("Signed in as Wrong company")
	s.wantConnected(p, "salesforce", "slack")
}

func connectExisting(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("HubSpot contacts")
	p.gives("Our HubSpot")
	p.isOn()
	p.begins("Typeform leads")
	p.gives("Forms")
	p.chooses("Our HubSpot")
	p.isOn()
	_, instances := s.atTray(p)
	if len(instances) != 2 || instances[0].list("auth_values")[0].text("value") != instances[1].list("auth_values")[1].text("value") {
		t.Errorf("Tray holds %v", instances)
	}
}

func connectAnother(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Exchange rates")
	p.isOn()
	first := p.url.Path
	p.follow("Connect another")
	p.press("Connect another")
	p.isOn()
	if p.url.Path == first {
		t.Fatal("another one is the same")
	}
	if _, instances := s.atTray(p); len(instances) != 2 {
		t.Errorf("Tray holds %d instances, want 2", len(instances))
	}
}

func connectUnique(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Xero invoices")
	p.gives("Books")
	p.isOn()
	if p.offers("Connect another") {
		t.Error("another one is offered of what can be had once")
	}
	p.load("POST", p.integration+"/connect", url.Values{"another": {"yes"}})
	if p.status != 409 {
		t.Errorf("asking for another one: status %d at %s", p.status, p.url)
	}
	s.wantConnected(p, "xero")
}

func connectManual(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("commercetools catalogue")
	p.gives("Source")
	p.gives("Target")
	p.comes("the switch", func() bool { return p.power() != "" })
	if in := s.one(p); p.power() != "false" || in.is("enabled") {
		t.Errorf("it was turned on by itself: the switch says %s", p.power())
	}
	p.press("power")
	p.isOn()
	s.wantConnected(p, "commercetools", "commercetools")
}

func connectForeign(t *testing.T, s *sandbox) {
	victim := s.newcomer()
	victim.begins("Gmail follow-ups")
	victim.gives("Victim's mail")
	victim.isOn()
	stolen := s.wantConnected(victim, "gmail").list("auth_values")[0].text("value")

	p := s.newcomer()
	p.begins("Gmail follow-ups")
	at := p.url.Path
	p.load("POST", at+"/choose", url.Values{"slot": {"external_gmail_authentication"}, "auth": {stolen}})
	if p.status != 409 {
		t.Errorf("choosing somebody else's sign-in: status %d, %s", p.status, p.text())
	}
	p.load("POST", victim.url.Path+"/off", nil)
	if p.status != 404 {
		t.Errorf("turning somebody else's off: status %d", p.status)
	}
	p.open(p.home.portal + at)
	p.gives("My mail")
	p.isOn()
	p.misses("Victim's mail")
	s.wantConnected(p, "gmail")
}

func connectWrongPassword(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Notion notes")
	at := p.url.String()
	p.press("open")
	p.press("auth-continue")
	p.press("auth-allow", "E-mail", "ada@example.com", "Password", "wrong")
	p.press("auth-allow", "E-mail", "ada@example.com", "Password", canaryPassword)
	p.open(at)
	p.carriesOn()
	p.isOn()
	s.wantConnected(p, "notion")
}
