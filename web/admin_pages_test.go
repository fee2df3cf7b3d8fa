package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/store"
	"portico/store/storetest"
)

func TestAdminWorkspaces(t *testing.T) {
	d := newDesk(t).as(store.StaffViewer)
	for n := range adminLines {
		storetest.Workspace(t, d.store, d.account, fmt.Sprintf("customer-%02d", n))
	}
	first := d.get("/admin/workspaces").count("tbody tr", adminLines)
	next := first.Find("a[rel=next]").AttrOr("href", "")
	d.get(strings.TrimPrefix(next, "/in")).count("tbody tr", 1).says("tbody", "customer-49").count("a[rel=next]", 0).count(".pager a", 1)
	d.get("/admin/workspaces?q=ACM").count("tbody tr", 1).says("tbody", "acme", "main")
	d.get("/admin/workspaces?q=ann").says("section", "Users with this external ID", "ann")
	d.get("/admin/workspaces?q=nobody").count("table", 0).says(".empty", "Nothing found for “nobody”")
}

func TestAdminWorkspaceAndUser(t *testing.T) {
	d := newDesk(t).as(store.StaffSupport)
	storetest.Update(t, d.store, func(tx *store.Tx) error {
		w := d.acme
		w.Attributes = map[string]string{"plan": "gold"}
		if _, _, err := tx.PutWorkspace(d.ctx, w); err != nil {
			return err
		}
		return tx.SetUpstreamUser(d.ctx, d.there.ID, "tray-user-1")
	})
	d.change(d.instance(d.integration("CRM"), store.Enabled), func(in *store.Instance) { in.WantEnabled = true })
	d.signedIn()
	d.get("/admin/workspaces/"+d.acme.ID).says("dl", "plan", "gold", "acme", "main").says("main", "tray-user-1", "CRM", "On")
	user := d.get("/admin/users/"+d.ann.ID).says("dl", "tray-user-1", "Every integration", "Member").says("main", "last used")
	if got := user.Find(`button[data-copy="tray-user-1"]`).Length(); got != 1 {
		t.Errorf("%d buttons copy the platform's ID, want 1", got)
	}
	to := d.post("/admin/users/" + d.ann.ID + "/sign-out").is(303).location
	d.get(to).says("[role=status]", "Signed out everywhere").says("main", "Not signed in anywhere.").says("[data-testid=timeline]", "support@host.example of the staff")
}

func TestAdminInstances(t *testing.T) {
	d := newDesk(t).as(store.StaffViewer)
	crm, shop := d.integration("CRM"), d.integration("Shop")
	ok, wrong := d.instance(crm, store.Enabled), d.instance(shop, store.Enabled)
	d.change(ok, func(in *store.Instance) { in.WantEnabled = true })
	d.change(wrong, func(in *store.Instance) {
		in.Attention, in.AttentionWho, in.UpstreamID = "unauthorized", store.WhoUs, "Tray-Instance-1"
	})
	d.get("/admin/instances").count("tbody tr", 2).says("tbody", "Needs us", "On", "acme", "ann")
	d.get("/admin/instances?attention=1").count("tbody tr", 1).says("tbody", "Shop").count("input[name=attention][checked]", 1)
	d.get("/admin/instances?state=disabled").count("tbody tr", 0).says(".empty", "No instances").count("option[value=disabled][selected]", 1)
	d.get("/admin/instances?integration="+crm.ID).count("tbody tr", 1).says("tbody", "CRM")
	d.get("/admin/instances?workspace="+d.acme.ID).count("tbody tr", 2).says(".head", "Of acme alone.")
	for search, want := range map[string]string{ok.ID: ok.ID, strings.ToUpper(ok.ID): ok.ID, "Tray-Instance-1": wrong.ID} {
		if to := d.ask(http.MethodGet, "/admin/instances?q="+search, nil).is(303).location; to != "/admin/instances/"+want {
			t.Errorf("searching for %s leads to %s", search, to)
		}
	}
	d.get("/admin/instances?q=none").says("[role=status]", "No instance has the ID none.")
}

func TestAdminInstancesPages(t *testing.T) {
	d := newDesk(t).as(store.StaffViewer)
	g := d.integration("CRM")
	var oldest store.Instance
	for n := range adminLines + 1 {
		d.clock.Advance(time.Second)
		if in := d.instance(g, store.Enabled); n == 0 {
			oldest = in
		}
	}
	first := d.get("/admin/instances?state=enabled").count("tbody tr", adminLines).count(".pager a", 1)
	second := d.get(strings.TrimPrefix(first.Find("a[rel=next]").AttrOr("href", ""), "/in")).count("tbody tr", 1).count("a[rel=next]", 0)
	second.count(`tbody a[href="/in/admin/instances/`+oldest.ID+`"]`, 1).count("option[value=enabled][selected]", 1)
}

func TestAdminInstance(t *testing.T) {
	d := newDesk(t).as(store.StaffViewer)
	in := d.instance(d.integration("CRM"), store.Authorizing)
	page := func() reply { t.Helper(); return d.get("/admin/instances/" + in.ID) }
	page().says("[data-testid=verdict]", "It waits for the customer").says("[data-testid=timeline], section", "Nothing has happened yet.")

	storetest.Update(t, d.store, func(tx *store.Tx) error {
		for _, s := range []store.Slot{
			{Kind: store.SlotAuth, ExternalID: "slack", Title: "Slack", AuthenticationID: "auth-1", AttachedID: "auth-1"},
			{Kind: store.SlotAuth, ExternalID: "xero", Title: "Xero", AuthenticationID: "auth-2"},
			{Kind: store.SlotAuth, ExternalID: "jira", Title: "Jira"},
			{Kind: store.SlotConfig, ExternalID: "folder", Title: "Folder", Value: `"what-a-customer-entered"`},
		} {
			s.InstanceID = in.ID
			if err := tx.PutSlot(d.ctx, s); err != nil {
				return err
			}
		}
		return tx.SetWorkflows(d.ctx, in.ID, []store.Workflow{
			{UpstreamID: "w1", Name: "New order", TriggerURL: "https://hooks.example/1"}, {UpstreamID: "w2", Name: "Every night"},
		})
	})
	d.change(in, func(in *store.Instance) {
		in.UpstreamID, in.Attention, in.AttentionWho, in.AttentionDetail = "tray-1", "refused", store.WhoUs, "solution <b>unpublished</b>"
		in.AttentionSince = store.At(d.clock.Now())
	})
	got := page().says("[data-testid=verdict]", "The platform refuses", "We have to fix this.", "solution <b>unpublished</b>")
	got.says("tbody", "At the platform", "Chosen, not at the platform yet", "Missing", "Set", "auth-1")
	got.says("main", "https://hooks.example/1", "No trigger address", "tray-1").count("[data-testid=verdict] b", 0)
	if strings.Contains(got.body, "what-a-customer-entered") {
		t.Error("staff see what a customer has entered")
	}
	got.count(`a[href="/in/admin/audit?kind=instance&id=`+in.ID+`"]`, 1)
}

// The timeline joins what happened and the calls by time. What calls said is text, whatever is in it.
func TestAdminTimeline(t *testing.T) {
	d := newDesk(t).as(store.StaffViewer)
	in := d.instance(d.integration("CRM"), store.Enabled)
	const canary = `<script>canary("x")</script>`
	step := func(do func(*store.Tx) error) {
		t.Helper()
		d.clock.Advance(time.Second)
		storetest.Update(t, d.store, do)
	}
	event := func(code string, args map[string]string) {
		step(func(tx *store.Tx) error {
			return tx.AddEvent(d.ctx, store.Event{Code: code, Args: args, Actor: store.Actor{Kind: store.ActorUser, Name: canary}, SubjectKind: "instance", SubjectID: in.ID})
		})
	}
	event("instance.renamed", map[string]string{"from": canary, "to": "New"})
	step(func(tx *store.Tx) error {
		return tx.AddUpstreamCall(d.ctx, store.UpstreamCall{
			At: store.At(d.clock.Now()), Operation: "CreateInstance", Status: 200, Outcome: "ok", Tries: 2, Duration: 412 * time.Millisecond,
			Request: `{"name":"` + canary + `","token":"•••"}`, Answer: canary, InstanceID: in.ID, RequestID: "request-1",
		})
	})
	step(func(tx *store.Tx) error {
		return tx.AddUpstreamCall(d.ctx, store.UpstreamCall{At: store.At(d.clock.Now()), Operation: "Enable", Outcome: "unavailable", Tries: 3, InstanceID: in.ID})
	})
	event("instance.attention", map[string]string{"cause": "unavailable"})

	path := "/admin/instances/" + in.ID
	page := d.get(path).count("[data-testid=timeline] .event", 4).count("[data-testid=timeline] script", 0)
	var order []string
	page.Find(".event > span:nth-of-type(2)").Each(func(_ int, e *selection) {
		order = append(order, strings.Fields(e.Text())[0]+" "+strings.Fields(e.Text())[1])
	})
	if got := strings.Join(order, ", "); got != "It stopped:, Call without, Call: CreateInstance, Renamed it" {
		t.Errorf("the timeline is %q", got)
	}
	page.says(".event:nth-child(3) pre", canary, "2 tries", "request request-1", "→ 200", "•••").says(".event:nth-child(3)", "412 ms")
	page.says(".event:nth-child(2) pre", "→ no answer unavailable").count(".event:nth-child(2).bad", 1)
	page.says(".event:nth-child(4)", canary)
	d.get(path+"?show=calls").count(".event", 2).count("details", 2).says(`.chip[aria-current=true]`, "Calls")
	d.get(path+"?show=events").count(".event", 2).count("details", 0).says(`.chip[aria-current=true]`, "Events")
}

func TestAdminTimelinePages(t *testing.T) {
	d := newDesk(t).as(store.StaffViewer)
	in := d.instance(d.integration("CRM"), store.Enabled)
	for n := range adminLines {
		d.clock.Advance(time.Second)
		storetest.Update(t, d.store, func(tx *store.Tx) error {
			if err := tx.AddEvent(d.ctx, store.Event{Code: "instance.on", SubjectKind: "instance", SubjectID: in.ID}); err != nil {
				return err
			}
			return tx.AddUpstreamCall(d.ctx, store.UpstreamCall{At: store.At(d.clock.Now()), Operation: fmt.Sprint("call", n), Outcome: "ok", InstanceID: in.ID})
		})
	}
	path, seen, pages := "/admin/instances/"+in.ID, 0, 0
	for path != "" {
		page := d.get(path)
		seen, pages = seen+page.Find(".event").Length(), pages+1
		path = strings.TrimPrefix(page.Find("a[rel=next]").AttrOr("href", ""), "/in")
	}
	if seen != 2*adminLines || pages != 2 {
		t.Errorf("%d lines on %d pages, want %d on 2", seen, pages, 2*adminLines)
	}
}

func TestAdminApprove(t *testing.T) {
	d := newDesk(t).as(store.StaffSupport)
	g := d.integration("CRM")
	d.get("/admin/instances?hold=check").says(".empty", "Nothing waits for a check")
	var held []store.Instance
	for range 2 {
		in := d.instance(g, store.Enabling)
		d.change(in, func(in *store.Instance) { in.Hold = store.HoldCheck })
		held = append(held, in)
	}
	list := d.get("/admin/instances?hold=check").count("tbody form", 2).says(".nav a[aria-current]", "2")
	if back := list.value("tbody form input[name=back]"); back != "waiting" {
		t.Errorf("the button of the list comes back to %q", back)
	}
	d.get("/admin/instances/"+held[0].ID).says("[data-testid=verdict]", "waits for you to check it", "Approve")
	if to := d.post("/admin/instances/" + held[0].ID + "/approve").is(303).location; to != "/admin/instances/"+held[0].ID+"?done=approved" {
		t.Errorf("approving leads to %s", to)
	}
	to := d.post("/admin/instances/"+held[1].ID+"/approve", "back", "waiting").is(303).location
	d.get(to).says("[role=status]", "Approved.").says(".empty", "Nothing waits for a check")
	for _, in := range held {
		if now := storetest.Must[store.Instance](t)(d.store.Instance(d.ctx, in.ID)); now.Hold != "" {
			t.Errorf("an approved instance is held: %q", now.Hold)
		}
	}
}

func TestAdminJobs(t *testing.T) {
	d := newDesk(t).as(store.StaffSupport)
	in := d.instance(d.integration("CRM"), store.Enabling)
	storetest.Update(t, d.store, func(tx *store.Tx) error {
		return tx.Enqueue(d.ctx, store.AdvanceInstance{InstanceID: in.ID}, d.clock.Now().Add(time.Hour))
	})
	page := d.get("/admin/jobs").says("[data-testid=jobs-waiting]", "Take an instance further", "0/100").says("[data-testid=jobs-failed]", "None")
	page.count(`[data-testid=jobs-waiting] a[href="/in/admin/instances/`+in.ID+`"]`, 1)
	discard := page.Find("[data-testid=jobs-waiting] form").Last().AttrOr("action", "")
	to := d.post(strings.TrimPrefix(discard, "/in")).is(303).location
	page = d.get(to).says("[role=status]", "Discarded").says("[data-testid=jobs-failed]", "Take an instance further").says("[data-testid=jobs-waiting]", "None")
	retry := page.Find("[data-testid=jobs-failed] form").First().AttrOr("action", "")
	to = d.post(strings.TrimPrefix(retry, "/in")).is(303).location
	d.get(to).says("[role=status]", "runs again").says("[data-testid=jobs-waiting]", "Take an instance further")
}

func TestAdminHealth(t *testing.T) {
	d := newDesk(t).as(store.StaffViewer)
	page := d.get("/admin/health").says("main", "The host's login is not set", "SQLite", "https://host.example", "https://portal.test/in")
	page.says("[data-testid=account-main]", "Answers", "never", "Each person", "Embedded ID", "demo")
	if strings.Contains(page.body, "master-canary") {
		t.Error("the page shows the account's token")
	}
	storetest.Update(t, d.store, func(tx *store.Tx) error {
		return tx.SetSync(d.ctx, d.account.ID, store.SyncedInstances, "tray is down")
	})
	d.get("/admin/health").says("[data-testid=account-main]", "The last try failed:", "tray is down")
}

func TestAdminAudit(t *testing.T) {
	d := newDesk(t).as(store.StaffAdmin)
	storetest.Update(t, d.store, func(tx *store.Tx) error {
		for range adminLines {
			if err := tx.AddAudit(d.ctx, store.Audit{Code: "user.changed", Actor: store.Actor{Kind: store.ActorHost}, SubjectKind: "user", SubjectID: d.ann.ID}); err != nil {
				return err
			}
		}
		return tx.AddAudit(d.ctx, store.Audit{
			Code: "instance.renamed", Actor: store.Actor{Kind: store.ActorUser, Name: "Ann", Address: "192.0.2.1"}, SubjectKind: "instance", SubjectID: "in-1",
			Before: `{"name":"<i>Old</i>"}`, After: `{"name":"New"}`,
		})
	})
	first := d.get("/admin/audit").count("tbody tr", adminLines).count("tbody i", 0)
	first.says("tbody tr:first-child", "instance.renamed", "by Ann", "192.0.2.1", `"name": "<i>Old</i>"`, `"name": "New"`)
	d.get(strings.TrimPrefix(first.Find("a[rel=next]").AttrOr("href", ""), "/in")).says("tbody", "staff.created").count(".pager a", 1)
	one := d.get("/admin/audit?kind=instance&id=in-1").count("tbody tr", 1)
	one.says(".head", "instance in-1").count(`.head a[href="/in/admin/audit"]`, 1)
	d.get("/admin/audit?kind=instance&id=none").says(".empty", "No changes yet")
}
