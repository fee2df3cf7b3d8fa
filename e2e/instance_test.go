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
	s.walked(t, []journey{
		{"off and on", turnOffAndOn},
		{"rename", rename},
		{"share", share},
		{"disconnect", disconnect},
		{"change a sign-in", changeSignIn},
		{"a viewer looks", viewerLooks},
		{"removed elsewhere", removedElsewhere},
		{"staff look on", staffLook},
	})
	for name, walk := range map[string]func(*testing.T, *sandbox){
		"try it": tryIt, "tags narrow the catalogue": tagsNarrow, "search and categories": searchAndCategories, "made elsewhere": madeElsewhere,
	} {
		t.Run("Tray/"+name, func(t *testing.T) {
			t.Parallel()
			walk(t, s.with(t))
		})
	}
	for name, walk := range map[string]func(*testing.T, *sandbox){
		"runs, and run again": runsShown,
	} {
		t.Run("Activepieces/"+name, func(t *testing.T) {
			t.Parallel()
			walk(t, s.with(t))
		})
	}
}

func turnOffAndOn(t *testing.T, s *sandbox, f platform) {
	p := s.newcomer()
	p.connects(f, 0)
	p.press("power")
	p.comes("it to be off", func() bool { return p.power() == "false" && !p.busy() })
	if f.there(s, p)[0].on {
		t.Error("its platform still has it on")
	}
	p.press("power")
	p.isOn()
	f.wantConnected(s, p)
}

func rename(t *testing.T, s *sandbox, f platform) {
	p := s.newcomer()
	p.connects(f, 0)
	p.press("Save", "Name", "Rates for the <b>shop</b>")
	p.sees("Rates for the <b>shop</b>", "The name is saved")
	eventually(t, "the name at its platform", func() string { // where Tray's also has our mark
		if name, _, _ := strings.Cut(f.there(s, p)[0].name, " · "); name != "Rates for the <b>shop</b>" {
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

func share(t *testing.T, s *sandbox, f platform) {
	who := s.colleagues("member", "member", "admin", "viewer")
	owner, member, admin, viewer := who[0], who[1], who[2], who[3]
	owner.connects(f, 0)
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

func disconnect(t *testing.T, s *sandbox, f platform) {
	p := s.newcomer()
	title, services := p.connects(f, 1)
	at := p.url.String()
	p.follow("Disconnect")
	p.sees("Disconnect "+title+"?", "Your sign-ins stay")
	p.press("Disconnect")
	p.comes("it to be gone", func() bool { return p.doc.Find("[data-testid=mine]").Length() == 0 })
	if left := f.there(s, p); len(left) != 0 {
		t.Errorf("its platform still has %v", left)
	}
	if p.open(at); p.status != 404 {
		t.Errorf("its page answers with status %d", p.status)
	}
	p.begins(title) // again, with the sign-in that stayed
	p.chooses("")
	p.isOn()
	f.wantConnected(s, p, services...)
}

func changeSignIn(t *testing.T, s *sandbox, f platform) {
	p := s.newcomer()
	_, services := p.connects(f, 1)
	p.takesBack()
	p.comes("the step to sign in", func() bool { return p.doc.Find("[data-testid=now] form").Length() > 0 && !p.busy() })
	eventually(t, "its platform to have it off", func() string {
		if f.there(s, p)[0].on {
			return "it goes on with the old sign-in"
		}
		return ""
	})
	named := f.gives(p, "New notes")
	p.isOn()
	p.sees(named)
	f.wantConnected(s, p, services...)
}

func viewerLooks(t *testing.T, s *sandbox, f platform) {
	p := s.colleagues("viewer")[0]
	title, _ := f.needs(1)
	p.finds(title)
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

// syncs lets staff copy what an account has now.
func (s *sandbox) syncs(account string) {
	s.t.Helper()
	admin := s.adminOf()
	admin.open(s.portal + "/admin/catalogue")
	admin.follow(account)
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
		s.syncs(trayPlatform{}.account())
		return strings.Contains(p.doc.Find("[data-testid=mine]").Text(), "Made by hand")
	})
	p.follow("Made by hand")
	p.isOn()
	p.press("power")
	p.comes("it to be off", func() bool { return p.power() == "false" && !p.busy() })
}

func removedElsewhere(t *testing.T, s *sandbox, f platform) {
	p := s.newcomer()
	_, services := p.connects(f, 1)
	was := f.there(s, p)[0].id
	f.removes(s, was)
	p.comes("the mark", func() bool {
		s.syncs(f.account())
		return strings.Contains(p.attention(), "It was removed outside this page")
	})
	p.press("Set it up again")
	p.isOn()
	if now := f.wantConnected(s, p, services...).id; now == was {
		t.Error("it is the same one as before")
	}
}

func staffLook(t *testing.T, s *sandbox, f platform) {
	p := s.newcomer()
	_, services := p.connects(f, 1)
	there := f.wantConnected(s, p, services...)
	admin := s.adminOf()
	admin.open(s.portal + "/admin/instances/" + p.instanceID())
	admin.sees(there.id, p.name)
	admin.open(s.portal + "/admin/workspaces?q=" + url.QueryEscape("of-none"))
	admin.open(s.portal + "/admin/workspaces")
	admin.follow(strings.Replace(p.sub, "person-", "Customer ", 1) + " Ltd")
	admin.sees(p.sub)
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
