package web

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"portico/store"
	"portico/store/storetest"
)

func TestAdminCatalogue(t *testing.T) {
	d := newDesk(t).as(store.StaffSupport)
	d.get("/admin/catalogue").says("[data-testid=sync]", "never").says(".empty", "Nothing is offered yet")
	g, hidden := d.integration("CRM"), d.unlisted("Shop")
	d.as(store.StaffAdmin)
	d.post("/admin/catalogue/"+hidden.ID, "position", "7").is(303) // not shown
	d.post("/admin/catalogue/"+g.ID, "shown", "1", "position", "2", "enable", "checked", "audience", "some", "workspaces", "acme").is(303)
	storetest.Update(t, d.store, func(tx *store.Tx) error {
		if err := tx.SetSync(d.ctx, d.account.ID, store.SyncedCatalogue, ""); err != nil {
			return err
		}
		return tx.SetSync(d.ctx, d.account.ID, store.SyncedCatalogue, "tray answers 503")
	})
	page := d.get("/admin/catalogue").count("tbody tr", 2)
	page.says("tbody tr:nth-child(1)", "2", "CRM", "To 1 workspace", "Sign-ins", "After staff have checked it", "1, from the platform")
	page.says("tbody tr:nth-child(2)", "7", "Shop", "Hidden", "The platform's wizard", "Not known")
	page.says("[data-testid=sync]", "just now", "tray answers 503")
	d.get("/admin/catalogue?q=sho").count("tbody tr", 1).says("tbody", "Shop")
	d.get("/admin/catalogue?q=none").says(".empty", "Nothing found for “none”")
	page.count("nav.chips", 0)
	storetest.Account(t, d.store, "eu")
	d.get("/admin/catalogue").says("nav.chips [aria-current]", "main").says("nav.chips", "eu")

	to := d.as(store.StaffSupport).post("/admin/accounts/" + d.account.ID + "/sync").is(303).location
	d.get(to).says("[role=status]", "Syncing.")
	if to := d.post("/admin/accounts/"+d.account.ID+"/sync", "back", "health").is(303).location; to != "/admin/health?done=syncing" {
		t.Errorf("from the page of health syncing leads to %s", to)
	}
}

func TestAdminCataloguePages(t *testing.T) {
	d := newDesk(t).as(store.StaffViewer)
	for n := range adminLines + 1 {
		d.unlisted(fmt.Sprintf("Integration %02d", n))
	}
	first := d.get("/admin/catalogue").count("tbody tr", adminLines)
	d.get(strings.TrimPrefix(first.Find("a[rel=next]").AttrOr("href", ""), "/in")).count("tbody tr", 1).says("tbody", "Integration 50")
}

func TestAdminIntegration(t *testing.T) {
	d := newDesk(t).as(store.StaffAdmin)
	g := d.integration("CRM", "sales")
	d.instance(g, store.Enabled)
	path := "/admin/catalogue/" + g.ID
	d.get(path).says("main", "1 connection of customers", "The 1 connection that exists keeps working", "upstream-CRM", "sales", "The platform lists these.")
	to := d.post(path, "shown", "1", "position", "3", "title", "Customers", "description", "All", "enable", "manual", "audience", "all", "workspaces", "acme").is(303).location
	page := d.get(to).says("[role=status]", "Saved.").says("h1", "Customers").says("[data-testid=timeline]", "Changed what customers see", "admin@host.example")
	page.count("input[name=shown][checked]", 1).count("input[name=enable][value=manual][checked]", 1).count("input[name=audience][value=all][checked]", 1)
	page.says("#workspaces", "acme") // kept, should only some be chosen again
	if page.value("#position") != "3" || page.value("#title") != "Customers" {
		t.Errorf("the form has the order %q and the title %q", page.value("#position"), page.value("#title"))
	}
	d.as(store.StaffViewer).get(path).says("main", "What we have decided", "Customers", "When the person turns it on").count("main form", 0)
}

// What is refused is shown again as it was typed, with what is wrong at the field.
func TestAdminIntegrationRefused(t *testing.T) {
	d := newDesk(t).as(store.StaffAdmin)
	g := d.integration("CRM")
	path := "/admin/catalogue/" + g.ID
	for _, test := range []struct {
		form  []string
		field string
		says  string
	}{
		{[]string{"position", "0", "audience", "some", "workspaces", "acme\nnobody"}, "workspaces", "not known at this account: nobody."},
		{[]string{"position", "0", "audience", "some", "workspaces", " \n"}, "workspaces", "enter at least one workspace"},
		{[]string{"position", "first"}, "position", "a whole number"},
		{[]string{"position", "0", "title", strings.Repeat("x", 121)}, "title", "too long: 120"},
		{[]string{"position", "0", "description", strings.Repeat("x", 2001)}, "description", "too long: 2000"},
	} {
		page := d.post(path, append(test.form, "enable", "checked")...).is(422).says("#problem", test.says)
		page.count("[aria-invalid=true]", 1).count("#"+test.field+`[aria-invalid=true][aria-describedby=problem]`, 1)
		page.count("input[name=enable][value=checked][checked]", 1)
		if at := page.Find("html").AttrOr("data-path", ""); at != path {
			t.Errorf("the page comes back to %q", at)
		}
	}
	d.post(path, "position", "0", "audience", "some", "workspaces", "nobody").is(422).says("#workspaces", "nobody")
	d.post(path, "position", "0", "enable", "perhaps").is(422).says("#problem", "Choose one of the ways")
	if codes := d.codes(); len(codes) != 0 {
		t.Errorf("what was refused is in the audit log: %v", codes)
	}
}

func TestAdminSlots(t *testing.T) {
	d := newDesk(t).as(store.StaffAdmin)
	g := d.unlisted("CRM")
	path := "/admin/catalogue/" + g.ID
	d.get(path).count("[data-testid=slot-row]", 1).says("#slots + *, main", "The platform does not list them", "its list replaces this one")

	two := append(slotRow("x", "X", "Slack", "1"), slotRow("y", "Y", "", "2")...)
	more := d.post(path+"/slots", append(two, "do", "add")...).is(200).count("[data-testid=slot-row]", 3)
	if more.value("#id-1") != "x" || more.value("#service-1") != "Slack" || more.value("#title-2") != "Y" || more.value("#order-3") != "3" {
		t.Error("adding a row lost what was typed")
	}
	less := d.post(path+"/slots", append(two, "do", "remove-1")...).is(200).count("[data-testid=slot-row]", 1)
	if less.value("#id-1") != "y" {
		t.Errorf("removing the first row left %q", less.value("#id-1"))
	}
	d.post(path+"/slots", append(two, "do", "remove-9")...).is(200).count("[data-testid=slot-row]", 2)
	if codes := d.codes(); len(codes) != 0 {
		t.Errorf("rows that are not saved are in the audit log: %v", codes)
	}

	d.post(path+"/slots", append(slotRow("x", "", "", "1"), slotRow("x", "", "", "2")...)...).is(422).says("[role=alert]", "Two sign-ins have the external ID x.").count("[data-testid=slot-row]", 2)
	d.post(path+"/slots", slotRow("", "A title alone", "", "1")...).is(422).says("[role=alert]", "Sign-in 1 has no external ID.")
	d.post(path+"/slots", "slot_id", "x").is(400)

	// Saved by their order, those without one last; rows that say nothing are left out.
	form := append(slotRow("z", "Z", "", "?"), append(slotRow("y", "Y", "", "2"), append(slotRow("x", "X", "Slack", "1"), slotRow("", " ", "", "9")...)...)...)
	to := d.post(path+"/slots", append(form, "do", "save")...).is(303).location
	page := d.get(to).says("[role=status]", "Saved.").count("[data-testid=slot-row]", 3)
	if got := page.value("#id-1") + page.value("#id-2") + page.value("#id-3"); got != "xyz" {
		t.Errorf("the slots are stored in the order %s", got)
	}
	d.get("/admin/catalogue").says("tbody", "Sign-ins", "3, entered by us")
	d.as(store.StaffViewer).get(path).says("ol", "X", "Slack").count("main form", 0)
}

// Where nobody has entered sign-ins, the editor shows those that connections have.
func TestAdminSlotsSuggested(t *testing.T) {
	d := newDesk(t).as(store.StaffAdmin)
	g := d.unlisted("CRM")
	in := d.instance(g, store.Enabled)
	storetest.Update(t, d.store, func(tx *store.Tx) error {
		return errors.Join(
			tx.PutSlot(d.ctx, store.Slot{InstanceID: in.ID, Kind: store.SlotAuth, ExternalID: "external_slack", Title: "Slack"}),
			tx.PutSlot(d.ctx, store.Slot{InstanceID: in.ID, Kind: store.SlotConfig, ExternalID: "folder", Title: "Folder", Value: "1"}),
		)
	})
	page := d.get("/admin/catalogue/"+g.ID).count("[data-testid=slot-row]", 1).says(".note.info", "Nothing is stored yet.")
	if page.value("#id-1") != "external_slack" || page.value("#title-1") != "Slack" {
		t.Errorf("the suggestion is %q, %q", page.value("#id-1"), page.value("#title-1"))
	}
	d.as(store.StaffViewer).get("/admin/catalogue/"+g.ID).says("main", "Nobody has said which sign-ins it asks for")
}
