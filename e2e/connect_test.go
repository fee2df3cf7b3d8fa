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
	s.walked(t, []journey{
		{"one sign-in", connectOne},
		{"two sign-ins", connectTwo},
		{"no sign-in", connectNothing},
		{"cancelled midway, and carried on", connectCancelled},
		{"carried on in another browser", connectElsewhere},
		{"said twice that it is finished", connectTwice},
		{"in two tabs at once", connectTwoTabs},
		{"not this one", connectNotThisOne},
		{"a sign-in that is there already", connectExisting},
		{"another of the same", connectAnother},
		{"a sign-in of somebody else", connectForeign},
	})
	for name, walk := range map[string]func(*testing.T, *sandbox){
		"by the address of sign_in": connectAsDemoUser,
		"three sign-ins": func(t *testing.T, s *sandbox) {
			connectSignIns(t, s, trayPlatform{}, "Shopify orders to Slack and Google Sheets", "shopify", "slack", "google_sheets")
		},
		"a wizard":               connectWizard,
		"the same service twice": connectSameService,
		"two new sign-ins, and the person chooses": connectChoose,
		"no new sign-in":                      connectNone,
		"one that can be had only once":       connectUnique,
		"one that is not turned on by itself": connectManual,
		"refused by the third party first":    connectWrongPassword,
	} {
		t.Run("Tray/"+name, func(t *testing.T) {
			t.Parallel()
			walk(t, s.with(t))
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

func connectOne(t *testing.T, s *sandbox, f platform) {
	title, services := f.needs(1)
	connectSignIns(t, s, f, title, services...)
}

func connectTwo(t *testing.T, s *sandbox, f platform) {
	title, services := f.needs(2)
	connectSignIns(t, s, f, title, services...)
}

func connectSignIns(t *testing.T, s *sandbox, f platform, title string, services ...string) {
	p := s.newcomer()
	p.begins(title)
	var named []string
	for n, service := range services {
		if got := p.doc.Find("[data-testid=now]").Length(); got != 1 {
			t.Fatalf("before sign-in %d, %d steps are next, want 1", n, got)
		}
		named = append(named, f.gives(p, "My "+service))
	}
	p.isOn()
	f.wantConnected(s, p, services...)
	p.sees(named...)
}

func connectNothing(_ *testing.T, s *sandbox, f platform) {
	p := s.newcomer()
	p.connects(f, 0)
	f.wantConnected(s, p)
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

func connectCancelled(t *testing.T, s *sandbox, f platform) {
	p := s.newcomer()
	title, services := f.needs(2)
	p.begins(title)
	at := p.url.String()
	f.gives(p, "First")
	f.givesUp(p)
	p.open(p.home.portal + "/integrations")
	p.follow(title)
	if p.url.String() != at {
		t.Fatalf("the catalogue leads to %s, not back to %s", p.url, at)
	}
	if p.doc.Find("#check").Length() == 1 {
		p.carriesOn() // although nothing was signed in to
		if p.doc.Find("[data-testid=looked]").Length() != 1 {
			t.Fatalf("nothing says that there is no new sign-in: %s", p.text())
		}
	}
	f.gives(p, "Second")
	p.isOn()
	f.wantConnected(s, p, services...)
}

func connectElsewhere(t *testing.T, s *sandbox, f platform) {
	sub := "mobile-" + f.account()
	who := claims{"sub": sub, "name": "Mo Bile", "workspace": map[string]any{"id": sub, "name": "Mobile Ltd"}}
	title, services := f.needs(2)
	desk := s.visitor(who)
	desk.begins(title)
	named := f.gives(desk, "Desk")
	phone := s.visitor(who)
	phone.finds(title)
	if phone.offers("Connect another") {
		t.Fatal("a second one is offered while the first is unfinished")
	}
	phone.open(desk.url.String())
	phone.sees(named)
	f.gives(phone, "Phone")
	phone.isOn()
	desk.isOn()
	f.wantConnected(s, phone, services...)
}

func connectTwice(t *testing.T, s *sandbox, f platform) {
	p := s.newcomer()
	title, services := f.needs(1)
	p.begins(title)
	if _, dialogs := f.(trayPlatform); dialogs {
		p.signsIn("Twice")
	}
	stale := &person{browser: p.tab(), home: p.home} // what was open in another tab
	for n, b := range []*person{p, stale} {
		if b.doc.Find("#check").Length() == 1 {
			b.carriesOn()
		} else {
			b.enters(entered("Twice"))
		}
		if b.status >= 500 {
			t.Fatalf("saying so for the %d. time: status %d, %s", n+1, b.status, b.text())
		}
	}
	p.isOn()
	f.wantConnected(s, p, services...)
}

func connectTwoTabs(t *testing.T, s *sandbox, f platform) {
	p := s.newcomer()
	title, services := f.needs(1)
	p.finds(title)
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
	f.gives(p, "Tabs")
	p.isOn()
	f.wantConnected(s, p, services...)
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

func connectNotThisOne(_ *testing.T, s *sandbox, f platform) {
	p := s.newcomer()
	title, services := f.needs(2)
	p.begins(title)
	wrong := f.gives(p, "Wrong company")
	p.sees("Signed in as " + wrong)
	p.takesBack()
	p.misses("Signed in as " + wrong)
	right := f.gives(p, "Right company")
	p.sees("Signed in as " + right)
	f.gives(p, "Second")
	p.isOn()
	f.wantConnected(s, p, services...)
}

func connectExisting(t *testing.T, s *sandbox, f platform) {
	p := s.newcomer()
	title, _ := p.connects(f, 1)
	first := f.there(s, p)[0]
	p.follow("Connect another")
	p.press("Connect another")
	p.prepared()
	p.chooses("")
	p.isOn()
	all := f.there(s, p)
	if len(all) != 2 || len(all[0].signIns) != 1 || all[0].signIns[0] != first.signIns[0] || all[1].signIns[0] != first.signIns[0] {
		t.Errorf("there are these of %s: %v, both want the sign-in %v", title, all, first.signIns)
	}
}

func connectAnother(t *testing.T, s *sandbox, f platform) {
	p := s.newcomer()
	p.connects(f, 0)
	first := p.url.Path
	p.follow("Connect another")
	p.press("Connect another")
	p.isOn()
	if p.url.Path == first {
		t.Fatal("another one is the same")
	}
	all := f.there(s, p)
	if len(all) != 2 || !all[0].on || !all[1].on {
		t.Errorf("there are %v, want two that are on", all)
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

func connectForeign(t *testing.T, s *sandbox, f platform) {
	victim := s.newcomer()
	title, services := victim.connects(f, 1)
	stolen := f.wantConnected(s, victim, services...).signIns[0]

	p := s.newcomer()
	p.begins(title)
	at := p.url.Path
	p.load("POST", at+"/choose", url.Values{"slot": {p.slot()}, "auth": {stolen}})
	if p.status != 409 {
		t.Errorf("choosing somebody else's sign-in: status %d, %s", p.status, p.text())
	}
	p.load("POST", victim.url.Path+"/off", nil)
	if p.status != 404 {
		t.Errorf("turning somebody else's off: status %d", p.status)
	}
	p.open(p.home.portal + at)
	f.gives(p, "My own")
	p.isOn()
	if f.wantConnected(s, p, services...).signIns[0] == stolen {
		t.Error("it is signed in as somebody else")
	}
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
