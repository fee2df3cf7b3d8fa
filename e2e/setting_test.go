package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestAuthSlotsByStaff is the journey where Tray does not list what a solution asks for, so that an admin enters it.
func TestAuthSlotsByStaff(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	s.set("auth_slots", false)
	s.set("replace_values", true)
	in := configure(t, s, "http://"+freeAddress(t))
	in.addStaff("sam@host.example", "admin")
	in.begin()
	first := in.newcomer()
	in.offers(first)

	// With nothing known of its sign-ins, Tray's own wizard asks for them.
	first.begins("Notion notes")
	at := first.url.String()
	first.press("open")
	first.press("wizard-next")
	first.press("auth-allow", "E-mail", "ada@example.com", "Password", canaryPassword)
	first.sees("You can close this window and go back")
	first.open(at)
	first.carriesOn()
	first.isOn()
	s.wantConnected(first, "notion")

	staff := in.staff("sam@host.example")
	staff.open(in.portal + "/admin/catalogue")
	staff.follow("Slack alerts for Salesforce deals")
	staff.press("Add a row")
	staff.submit(staff.doc.Find("form[action*=slots]"), staff.named("button", "Add a row"),
		"id-1", "external_salesforce_authentication", "title-1", "Your Salesforce", "service-1", "salesforce", "order-1", "1")
	staff.submit(staff.doc.Find("form[action*=slots]"), staff.named("button", "Save sign-ins"),
		"id-2", "external_slack_authentication", "title-2", "Your Slack", "service-2", "slack", "order-2", "2")
	staff.sees("Saved")

	p := in.newcomer()
	p.begins("Slack alerts for Salesforce deals")
	p.sees("Your Salesforce", "Your Slack")
	p.gives("Deals")
	p.gives("Alerts")
	p.isOn()
	s.wantConnected(p, "salesforce", "slack")

	staff.open(in.portal + "/admin/catalogue")
	staff.follow("Notion notes")
	staff.sees("These rows come from connections that exist")
	if got := staff.doc.Find("input[name=slot_id]").First().AttrOr("value", ""); got != "external_notion_authentication" {
		t.Errorf("what is suggested begins with %q", got)
	}
	staff.open(in.portal + "/admin/audit")
	staff.sees("Sam Staff")
}

// TestChecked is an integration that staff look at before it is turned on, and the roles of staff.
func TestChecked(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	in := configure(t, s, "http://"+freeAddress(t))
	for _, role := range []string{"admin", "support", "viewer"} {
		in.addStaff(role+"@host.example", role)
	}
	in.begin()
	p := in.newcomer()
	in.offers(p)

	admin, support, viewer := in.staff("admin@host.example"), in.staff("support@host.example"), in.staff("viewer@host.example")
	for _, b := range []*browser{admin, support, viewer} {
		b.open(in.portal + "/admin/catalogue")
		b.follow("Exchange rates")
		if got, want := b.offers("Save"), b == admin; got != want {
			t.Errorf("the catalogue can be changed: %v, want %v: %s", got, want, b.text())
		}
	}
	change := admin.url.String()
	form := admin.named("button", "Save").Closest("form")
	values := admin.values(form)
	for _, b := range []*browser{support, viewer} {
		if b.load("POST", change, values); b.status != 403 {
			t.Errorf("who may not changes the catalogue: status %d", b.status)
		}
	}
	admin.submit(form, admin.named("button", "Save"), "enable", "checked")
	admin.sees("Saved")

	p.begins("Exchange rates")
	p.comes("the note", func() bool { return p.held() })
	p.sees("We are checking it")
	if s.one(p).is("enabled") {
		t.Error("it is enabled before anybody has looked")
	}
	viewer.open(in.portal + "/admin/instances/" + p.instanceID())
	if viewer.offers("Approve") {
		t.Error("a viewer is offered to approve")
	}
	if viewer.load("POST", viewer.url.Path+"/approve", nil); viewer.status != 403 {
		t.Errorf("a viewer approves: status %d", viewer.status)
	}
	support.open(in.portal + "/admin/instances/" + p.instanceID())
	support.press("Approve")
	p.isOn()
	s.wantConnected(p)
}

// TestManyIntegrations looks at a catalogue of several pages.
func TestManyIntegrations(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	s.set("page_size", 10) // Tray's own pages
	s.control("POST", "seed", map[string]any{"solutions": 60})
	in := newInstallation(t, s)
	p := in.newcomer()
	in.offers(p)
	seen := map[string]bool{}
	for page := 1; ; page++ {
		cards := p.doc.Find("[data-testid=offer] h3")
		if cards.Length() > 24 {
			t.Fatalf("page %d has %d cards, want 24 at most", page, cards.Length())
		}
		for _, title := range cards.EachIter() {
			seen[title.Text()] = true
		}
		if !p.offers("Next page") {
			break
		}
		p.follow("Next page")
		p.sees(fmt.Sprintf("Page %d", page+1))
	}
	if len(seen) != 78 {
		t.Errorf("the pages show %d integrations, want 78", len(seen))
	}
	p.open(in.portal + "/integrations?page=999")
	if p.status != 200 || !strings.Contains(p.text(), "There is nothing on this page") {
		t.Errorf("a page that is not there: status %d, %s", p.status, p.text())
	}
}
