package e2e

import (
	"net/url"
	"strings"
	"testing"
)

// TestInstance is what people do with what they have connected.
func TestInstance(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	for _, tt := range []struct {
		name string
		walk func(*testing.T, *sandbox)
	}{
		{"off and on", turnOffAndOn},
		{"rename", rename},
		{"share", share},
		{"try it", tryIt},
		{"disconnect", disconnect},
		{"change a sign-in", changeSignIn},
		{"a viewer looks", viewerLooks},
		{"tags narrow the catalogue", tagsNarrow},
		{"search and categories", searchAndCategories},
		{"made elsewhere", madeElsewhere},
		{"removed elsewhere", removedElsewhere},
		{"staff look on", staffLook},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.walk(t, s.with(t))
		})
	}
}

func turnOffAndOn(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Exchange rates")
	p.isOn()
	p.press("power")
	p.comes("it to be off", func() bool { return p.power() == "false" && !p.busy() })
	if s.one(p).is("enabled") {
		t.Error("it is still enabled at Tray")
	}
	p.press("power")
	p.isOn()
	s.wantConnected(p)
}

func rename(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Exchange rates")
	p.isOn()
	p.press("Save", "Name", "Rates for the <b>shop</b>")
	p.sees("Rates for the <b>shop</b>", "The name is saved")
	eventually(t, "the name at Tray", func() string {
		if name := s.one(p).text("name"); !strings.HasPrefix(name, "Rates for the <b>shop</b> · ") {
			return name
		}
		return ""
	})
	p.press("Save", "Name", " ")
	if p.status != 422 || p.doc.Find("[aria-invalid=true]").Length() != 1 {
		t.Errorf("an empty name: status %d, %s", p.status, p.text())
	}
	p.press("Save", "Name", strings.Repeat("n", 81))
	if p.status != 422 {
		t.Errorf("a long name: status %d", p.status)
	}
}

// colleagues are two people of one customer.
func (s site) colleagues(roles ...string) []*person {
	s.t.Helper()
	first := s.newcomer()
	all := []*person{}
	for i, role := range roles {
		all = append(all, s.visitor(claims{
			"sub": first.sub + "-" + string(rune('a'+i)), "name": "Colleague " + string(rune('A'+i)), "role": role,
			"workspace": map[string]any{"id": "of-" + first.sub, "name": "Colleagues of " + first.sub},
		}))
	}
	return all
}

func share(t *testing.T, s *sandbox) {
	who := s.colleagues("member", "member", "admin", "viewer")
	owner, member, admin, viewer := who[0], who[1], who[2], who[3]
	owner.begins("Exchange rates")
	owner.isOn()
	at := owner.url.String()
	for _, other := range []*person{member, admin, viewer} {
		if other.open(at); other.status != 404 {
			t.Errorf("%s sees what is personal: status %d", other.name, other.status)
		}
	}
	owner.press("Share it")
	for _, other := range []*person{member, admin, viewer} {
		other.open(other.home.portal + "/integrations")
		other.sees("Shared by Colleague A")
		other.open(at)
		other.sees("Shared by Colleague A")
	}
	for _, other := range []*person{member, viewer} {
		if other.power() != "" || other.offers("Disconnect") {
			t.Errorf("%s is offered to change it", other.name)
		}
		if other.load("POST", at+"/off", nil); other.status != 403 {
			t.Errorf("%s turns it off: status %d", other.name, other.status)
		}
	}
	admin.press("power") // acts for an owner who may have left
	admin.comes("it to be off", func() bool { return admin.power() == "false" && !admin.busy() })
	owner.reload()
	owner.press("Stop sharing")
	if member.open(at); member.status != 404 {
		t.Errorf("it is still shared: status %d", member.status)
	}
}

func tryIt(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Zendesk tickets")
	p.gives("Desk")
	p.isOn()
	p.press("Try it now")
	p.sees("Worked", "Status 200", `"tickets":2`)
	p.load("POST", p.home.portal+"/instances/"+p.instanceID()+"/try", url.Values{"workflow": {"no-such-workflow"}})
	if p.status != 409 {
		t.Errorf("trying a workflow that is not there: status %d", p.status)
	}
}

func disconnect(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Notion notes")
	p.gives("Notes")
	p.isOn()
	at := p.url.String()
	p.follow("Disconnect")
	p.sees("Disconnect Notion notes?", "Your sign-ins stay")
	p.press("Disconnect")
	p.comes("it to be gone", func() bool { return p.doc.Find("[data-testid=mine]").Length() == 0 })
	if _, instances := s.atTray(p); len(instances) != 0 {
		t.Errorf("Tray still has %v", instances)
	}
	if p.open(at); p.status != 404 {
		t.Errorf("its page answers with status %d", p.status)
	}
	p.begins("Notion notes") // again, with the sign-in that stayed
	p.chooses("Notes")
	p.isOn()
	s.wantConnected(p, "notion")
}

func changeSignIn(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Notion notes")
	p.gives("Old notes")
	p.isOn()
	p.press("Change")
	p.comes("the step to sign in", func() bool { return p.doc.Find("#open").Length() == 1 })
	eventually(t, "Tray to have it off", func() string {
		if s.one(p).is("enabled") {
			return "it goes on with the old sign-in"
		}
		return ""
	})
	p.gives("New notes")
	p.isOn()
	p.sees("New notes")
	s.wantConnected(p, "notion")
}

func viewerLooks(t *testing.T, s *sandbox) {
	p := s.colleagues("viewer")[0]
	p.finds("HubSpot contacts")
	p.sees("You can look at integrations here, but not connect them")
	if p.offers("Connect") {
		t.Error("a viewer is offered to connect")
	}
	if p.load("POST", p.integration+"/connect", nil); p.status != 403 {
		t.Errorf("a viewer connects: status %d", p.status)
	}
}

func tagsNarrow(t *testing.T, s *sandbox) {
	p := s.visitor(claims{"sub": "tagged", "name": "Tim Tagged", "tags": []string{"Finance"}})
	p.sees("Exchange rates", "Xero invoices")
	p.misses("Notion notes")
	other := s.newcomer()
	other.finds("Notion notes")
	if p.open(other.integration); p.status != 404 {
		t.Errorf("what the tags leave out answers with status %d", p.status)
	}
	if p.load("POST", other.integration+"/connect", nil); p.status != 404 {
		t.Errorf("what the tags leave out can be connected: status %d", p.status)
	}
}

func searchAndCategories(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.follow("Finance")
	p.sees("Exchange rates", "Xero invoices")
	p.misses("Notion notes")
	p.submit(p.doc.Find("form[role=search]"), p.doc.Find("#none"), "q", "xero")
	p.sees("Xero invoices")
	p.misses("Exchange rates")
	p.submit(p.doc.Find("form[role=search]"), p.doc.Find("#none"), "q", "no such thing")
	p.sees("Nothing here fits your search")
	p.follow("Show all integrations")
	p.sees("Notion notes")
}

// adminOf signs the demo admin in.
func (s *sandbox) adminOf() *browser {
	s.t.Helper()
	b := newBrowser(s.t)
	b.open(s.said("admin_sign_in"))
	if b.status != 200 {
		s.t.Fatalf("admin_sign_in: status %d, %s", b.status, b.text())
	}
	return b
}

// syncs lets staff copy what Tray has now.
func (s *sandbox) syncs() {
	s.t.Helper()
	admin := s.adminOf()
	admin.open(s.portal + "/admin/catalogue")
	admin.press("Sync now")
}

func (s *sandbox) solution(title string) string {
	s.t.Helper()
	for _, sol := range s.control("GET", "state", nil).list("solutions") {
		if sol.text("title") == title {
			return sol.text("id")
		}
	}
	s.t.Fatalf("Tray has no solution %q", title)
	return ""
}

func madeElsewhere(t *testing.T, s *sandbox) {
	p := s.newcomer()
	eventually(t, "the user at Tray", func() string {
		if len(s.trayUsers(p.sub)) == 0 {
			return "not there yet"
		}
		return ""
	})
	user, _ := s.atTray(p)
	s.control("POST", "users/"+user.text("id")+"/instances", map[string]any{
		"solution_id": s.solution("Exchange rates"), "name": "Made by hand", "enabled": true,
	})
	p.open(p.home.portal + "/integrations")
	p.comes("what was made elsewhere", func() bool {
		s.syncs()
		return strings.Contains(p.doc.Find("[data-testid=mine]").Text(), "Made by hand")
	})
	p.follow("Made by hand")
	p.isOn()
	p.press("power")
	p.comes("it to be off", func() bool { return p.power() == "false" && !p.busy() })
}

func removedElsewhere(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Gmail follow-ups")
	p.gives("Mail")
	p.isOn()
	was := s.one(p).text("id")
	s.control("POST", "instances/"+was+"/remove", nil)
	p.comes("the mark", func() bool {
		s.syncs()
		return strings.Contains(p.attention(), "It was removed outside this page")
	})
	p.press("Set it up again")
	p.isOn()
	if now := s.wantConnected(p, "gmail").text("id"); now == was {
		t.Error("it is the same one as before")
	}
}

func staffLook(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("HubSpot contacts")
	p.gives("Contacts")
	p.isOn()
	user, _ := s.atTray(p)
	admin := s.adminOf()
	admin.open(s.portal + "/admin/instances/" + p.instanceID())
	admin.sees(s.one(p).text("id"), "createSolutionInstance", "generateAuthorizationCode", p.name)
	admin.open(s.portal + "/admin/workspaces?q=" + url.QueryEscape("of-none"))
	admin.open(s.portal + "/admin/workspaces")
	admin.follow(strings.Replace(p.sub, "person-", "Customer ", 1) + " Ltd")
	admin.sees(p.sub, user.text("id"))
	for _, page := range []string{"/admin/instances", "/admin/catalogue", "/admin/jobs", "/admin/health", "/admin/audit"} {
		if admin.open(s.portal + page); admin.status != 200 {
			t.Errorf("%s answers with status %d", page, admin.status)
		}
	}
	if p.open(s.portal + "/admin/instances"); p.status != 401 {
		t.Errorf("a customer's session opens the admin area: status %d", p.status)
	}
	if admin.open(s.portal + "/integrations"); admin.status != 401 {
		t.Errorf("a session of staff opens a customer's pages: status %d", admin.status)
	}
}
