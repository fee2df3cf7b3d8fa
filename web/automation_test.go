package web

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/store"
	"portico/store/storetest"
)

// flows is a desk at which a person sits whose workspace has a project at an Activepieces.
type flows struct {
	*desk
	pieces store.Account
	there  store.Identity
}

// newFlows makes one; the Activepieces is at an address, and with a signing key it has a builder.
func newFlows(t *testing.T, role, address string) *flows {
	t.Helper()
	f := &flows{desk: newDesk(t)}
	storetest.Update(t, f.store, func(tx *store.Tx) (err error) {
		f.pieces, err = tx.PutAccount(f.ctx, store.Account{
			Platform: store.PlatformActivepieces, Name: "pieces", APIURL: address, DialogURL: address, Token: "sk-canary",
			SigningKeyID: "k", SigningKey: "pem", UserScope: store.ScopeWorkspace, IsDefault: true,
		})
		if err != nil {
			return err
		}
		if f.there, err = tx.PutIdentity(f.ctx, store.Identity{AccountID: f.pieces.ID, WorkspaceID: f.acme.ID, ExternalID: "acme"}, "other"); err != nil {
			return err
		}
		f.there.UpstreamID = "project"
		return tx.SetUpstreamUser(f.ctx, f.there.ID, f.there.UpstreamID)
	})
	f.open(f.clock)
	f.enter("u", role)
	f.looked()
	return f
}

// looked says that the project was copied just now.
func (f *flows) looked() {
	f.Helper()
	now := f.clock.Now()
	storetest.Update(f, f.store, func(tx *store.Tx) error {
		if _, err := tx.BeginAutomationSync(f.ctx, f.there.ID, now, 0); err != nil {
			return err
		}
		return tx.EndAutomationSync(f.ctx, f.there.ID, now, "")
	})
}

// lists says what the project has, as it is now, and gives the IDs by name.
func (f *flows) lists(all ...store.Automation) map[string]string {
	f.Helper()
	storetest.Update(f, f.store, func(tx *store.Tx) error {
		for n := range all {
			all[n].UpstreamID = "flow-" + all[n].Name
		}
		return tx.PutAutomations(f.ctx, f.there, all, f.clock.Now())
	})
	ids := map[string]string{}
	for _, c := range storetest.Must[[]store.AutomationCard](f)(f.store.Automations(f.ctx, f.person("u"), 0, 1000)) {
		ids[c.Name] = c.ID
	}
	return ids
}

// ran gives a flow runs of statuses, the first one the oldest.
func (f *flows) ran(name string, statuses ...string) {
	f.Helper()
	storetest.Update(f, f.store, func(tx *store.Tx) error {
		for n, status := range statuses {
			at := f.clock.Now().Add(time.Duration(n-len(statuses)) * time.Minute)
			r := store.Run{UpstreamID: fmt.Sprint(name, n, status), Status: status, At: store.At(at), StartedAt: store.At(at)}
			if r.Over() {
				r.EndedAt = store.At(at.Add(2 * time.Second))
			}
			if status == "FAILED" {
				r.Step, r.Message = "Call", "fetch failed"
			}
			if err := tx.PutRun(f.ctx, f.there.ID, "flow-"+name, r, f.clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

const nowhere = "http://127.0.0.1:9" // nobody answers there

func TestAutomations(t *testing.T) {
	f := newFlows(t, store.RoleMember, nowhere)
	f.get("/automations").says(".empty", "no automations yet", "in the builder").says("[data-testid=freshness]", "As it was just now").count("#watch", 0)

	ids := f.lists(store.Automation{Name: "Nightly", Enabled: true, Published: true, Valid: true}, store.Automation{Name: "Draft"},
		store.Automation{Name: "Half", Published: true})
	f.ran("Nightly", "FAILED", "SUCCEEDED")
	page := f.get("/automations").count("[data-testid=automation]", 3).count("button[role=switch]", 1).count("#watch", 0)
	page.count(`form[action="/in/automations/`+ids["Nightly"]+`/off"] [aria-checked=true]`, 1)
	page.says("[data-testid=automation]:nth-child(1)", "Draft", "publish it in the builder", "Has not run yet", "Off")
	page.says("[data-testid=automation]:nth-child(2)", "Half", "A step is incomplete")
	page.says("[data-testid=automation]:nth-child(3)", "Nightly", "Made in the builder", "Worked", "1 min ago")
	page.count(`a[href="/in/automations/builder/flows/flow-Draft"]`, 1)
	page.count(`a[href="/in/automations/builder"]`, 1).count(`nav [aria-current=true]`, 1)

	f.ran("Nightly", "RUNNING")
	f.get("/automations").says(".pill.busy", "Running").count("#watch", 1).count("noscript", 1)
	f.clock.Advance(11 * time.Minute)
	f.get("/automations").says(".pill.busy", "Running").count("#watch", 1) // nobody has looked for long: that is under way
	f.looked()
	f.get("/automations").says(".pill.busy", "Running").count("#watch", 0) // a run that hangs is not waited for
}

func TestAutomationsBeforeTheyAreCopied(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	d.get("/automations").says(".empty", "no automations yet", "connect an integration").count("[data-testid=freshness]", 0)
	d.post("/automations/refresh").is(303)

	f := newFlows(t, store.RoleViewer, nowhere)
	f.clock.Advance(2 * time.Minute)
	storetest.Update(t, f.store, func(tx *store.Tx) error { return tx.EndAutomationSync(f.ctx, f.there.ID, f.clock.Now(), "silent") })
	f.get("/automations").says("[data-testid=freshness]", "not answering", "2 min ago")
	for _, look := range []string{"a look at what is old", "another look"} {
		if n := f.copies(); n != 1 {
			t.Errorf("%s leaves %d jobs that copy, want one", look, n)
		}
		f.get("/automations")
	}
}

// copies is how many jobs wait to copy automations.
func (f *flows) copies() int {
	f.Helper()
	n := 0
	for _, j := range storetest.Must[[]*store.Job](f)(f.store.JobList(f.ctx, 100, "available")) {
		if j.Kind == (store.SyncAutomations{}).Kind() {
			n++
		}
	}
	return n
}

func TestPagesOfAutomations(t *testing.T) {
	f := newFlows(t, store.RoleMember, nowhere)
	var all []store.Automation
	for n := range perAutomations + 1 {
		all = append(all, store.Automation{Name: fmt.Sprintf("Flow %02d", n)})
	}
	ids := f.lists(all...)
	f.get("/automations").count("[data-testid=automation]", perAutomations).count("a[rel=next]", 1).count("a[rel=prev]", 0)
	f.get("/automations?page=2").says("[data-testid=automation]", "Flow 25").count("[data-testid=automation]", 1).count("a[rel=prev]", 1)
	f.get("/automations?page=9").says(".empty", "nothing").count("a[rel=next]", 0)

	statuses := make([]string, perRuns+1)
	for n := range statuses {
		statuses[n] = "SUCCEEDED"
	}
	f.ran("Flow 00", statuses...)
	page := f.get("/automations/"+ids["Flow 00"]).count("[data-testid=run]", perRuns)
	next, _ := page.Find("a[rel=next]").Attr("href")
	f.get(strings.TrimPrefix(next, "/in")).count("[data-testid=run]", 1).count("a[rel=prev]", 1).count("a[rel=next]", 0)
}

func TestRunsInWords(t *testing.T) {
	f := newFlows(t, store.RoleMember, nowhere)
	ids := f.lists(store.Automation{Name: "Nightly", Enabled: true, Published: true, Valid: true})
	path := "/automations/" + ids["Nightly"]
	f.get(path).says("[data-testid=runs]", "has not run yet").count(`a[href="/in/automations/builder/flows/flow-Nightly"]`, 1)
	words := map[string][]string{
		"QUEUED": {"About to start"}, "RUNNING": {"Running"}, "SUCCEEDED": {"Worked", "took 2 seconds"}, "FAILED": {"Failed", "“Call” did not work: fetch failed"},
		"PAUSED": {"Paused", "goes on by itself"}, "TIMEOUT": {"Took too long", "longer than a run may"}, "CANCELED": {"Stopped", "Somebody"},
		"INTERNAL_ERROR": {"on our side", "not in its steps"}, "QUOTA_EXCEEDED": {"Limit reached", "raised"}, "MEMORY_LIMIT_EXCEEDED": {"Too much data"},
		"LOG_SIZE_EXCEEDED": {"Too much output"}, "TELEPORTED": {"TELEPORTED"},
	}
	f.ran("Nightly", slices.Sorted(maps.Keys(words))...)
	page := f.get(path).count("#watch", 1).count("[data-testid=run]", len(words))
	for status, texts := range words {
		row := "[data-status=" + status + "]"
		page.says(row, texts...)
		over := 1
		if status == "QUEUED" || status == "RUNNING" || status == "PAUSED" {
			over = 0
		}
		page.count(row+` form:not(:has([name=from]))`, over)
	}
	page.count(`form[action="/in`+path+`/retry"] [name=from][value=failed]`, 1)
	if buttons := page.Find(`[data-status=FAILED] button`); buttons.Length() != 2 || !strings.Contains(buttons.First().AttrOr("aria-label", ""), "failed step") {
		t.Error("the failed run cannot be gone on with from its failed step, and from the start")
	}
}

func TestWhoMayChangeAutomations(t *testing.T) {
	f := newFlows(t, store.RoleViewer, nowhere)
	ids := f.lists(store.Automation{Name: "Nightly", Enabled: true, Published: true, Valid: true}, store.Automation{Name: "Draft"})
	f.ran("Nightly", "FAILED", "QUEUED")
	path := "/automations/" + ids["Nightly"]
	f.get(path).count("[data-testid=run]", 2).count(`main form:not([data-testid=freshness])`, 0).says(".head .pill", "On")
	f.get("/automations").count("button[role=switch]", 0)
	f.post(path+"/off").is(403).says("main", "not change it")
	f.post(path + "/retry").is(403)

	f.enter("u", store.RoleMember)
	queued := f.get(path).Find("[data-status=QUEUED]")
	if queued.Find("form").Length() != 0 {
		t.Error("a run that has not ended can be run again")
	}
	f.post(path+"/retry", "run", "none").is(409).says("main", "not kept any more").count(`a.primary[href="/in`+path+`"]`, 1)
	f.post("/automations/"+ids["Draft"]+"/on").is(409).says("main", "Publish it in the builder")
	f.post("/automations/"+ids["Draft"]+"/off", "back", "list").is(303)
	f.post("/automations/none/on").is(404)
	f.ask("GET", "/automations/none", nil).is(404)
}

// An instance of Activepieces shows its newest runs on its own page, with the same ways on.
func TestRunsOfAnInstance(t *testing.T) {
	f := newFlows(t, store.RoleMember, nowhere)
	g := storetest.Integration(t, f.store, f.pieces, "Orders")
	in := storetest.Instance(t, f.store, f.person("u"), f.there, g, store.Enabled)
	f.change(in, func(in *store.Instance) { in.UpstreamID, in.WantEnabled, in.Shared = "flow-Orders", true, true })
	f.get("/instances/"+in.ID).count("[data-testid=runs]", 0)

	ids := f.lists(store.Automation{Name: "Orders", Enabled: true})
	f.ran("Orders", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED", "RUNNING")
	page := f.get("/instances/"+in.ID).count("[data-testid=run]", instanceRuns).count("#watch", 1).count("noscript", 1)
	page.count(`a[href="/in/automations/`+ids["Orders"]+`"]`, 1).count(`[name=back][value=instance]`, instanceRuns)
	page.count(`[data-testid=freshness] [name=instance][value="`+in.ID+`"]`, 1)
	f.get("/automations").says("[data-testid=automation]", "Runs one of your integrations")
	f.get("/automations/"+ids["Orders"]).count(`a[href="/in/instances/`+in.ID+`"]`, 1).count("button[role=switch][aria-checked=true]", 1)

	f.enter("colleague", store.RoleMember).get("/instances/"+in.ID).count("[data-testid=run]", instanceRuns).count(`[data-testid=run] form`, 0)
	f.get("/automations").count("[data-testid=automation]", 1).count("button[role=switch]", 0)
	f.change(in, func(in *store.Instance) { in.Shared = false })
	f.get("/automations").count("[data-testid=automation]", 0)
	f.ask("GET", "/automations/"+ids["Orders"], nil).is(404)
}

// Staff see on the page of the Activepieces what its plan did not allow customers this week.
func TestLimitsAreToldToStaff(t *testing.T) {
	f := newFlows(t, store.RoleMember, nowhere)
	path := "/admin/activepieces/" + f.pieces.ID
	f.as(store.StaffViewer).get(path).count("[data-testid=limited]", 0)
	storetest.Update(t, f.store, func(tx *store.Tx) error {
		return tx.AddEvent(f.ctx, store.Event{
			Code: "automation.limited", Args: map[string]string{"name": "Nightly", "workspace": "Acme"}, SubjectKind: "account", SubjectID: f.pieces.ID,
		})
	})
	f.get(path).says("[data-testid=limited]", "“Nightly” for Acme", "Raise the limit")
	f.clock.Advance(8 * 24 * time.Hour)
	f.cookies = map[string]string{}
	f.as(store.StaffViewer).get(path).count("[data-testid=limited]", 0)
}

// A page on which a run is under way shows its end by itself.
func TestRunsEndByThemselves(t *testing.T) {
	f := newFlows(t, store.RoleMember, nowhere)
	ids := f.lists(store.Automation{Name: "Nightly", Enabled: true, Published: true, Valid: true})
	f.ran("Nightly", "RUNNING")
	site, b := f.serve(), newBrowser(t)
	b.look(site+"/automations/"+ids["Nightly"], 1000, "light")
	run := f.lastOf("Nightly")
	run.Status, run.EndedAt = "SUCCEEDED", store.At(f.clock.Now())
	storetest.Update(t, f.store, func(tx *store.Tx) error {
		return tx.PutRun(f.ctx, f.there.ID, "flow-Nightly", run, f.clock.Now())
	})
	evaluate[bool](b, `new Promise((seen) => {
		const look = () => document.querySelector("[data-status=SUCCEEDED]") && !document.querySelector("#watch") ? seen(true) : requestAnimationFrame(look)
		look()
	})`)
}

// lastOf is the newest run of a flow.
func (f *flows) lastOf(name string) store.Run {
	f.Helper()
	all := storetest.Must[[]store.AutomationCard](f)(f.store.Automations(f.ctx, f.person("u"), 0, 100))
	return all[slices.IndexFunc(all, func(c store.AutomationCard) bool { return c.Name == name })].Last
}

// The pages have no violation of WCAG 2.2 A and AA that axe finds, however long the names, and fit a small phone.
func TestAutomationsAccessible(t *testing.T) {
	axe, err := os.ReadFile("../node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("reading axe, which npm ci brings: %v", err)
	}
	f := newFlows(t, store.RoleMember, nowhere)
	endless := strings.Repeat("W", 120)
	g := storetest.Integration(t, f.store, f.pieces, "Orders")
	in := storetest.Instance(t, f.store, f.person("u"), f.there, g, store.Enabled)
	f.change(in, func(in *store.Instance) { in.UpstreamID, in.WantEnabled = "flow-Orders", true })
	ids := f.lists(store.Automation{Name: endless, Enabled: true, Published: true, Valid: true}, store.Automation{Name: "Draft"}, store.Automation{Name: "Orders"})
	f.ran("Orders", "SUCCEEDED", "FAILED")
	f.ran(endless, "SUCCEEDED", "FAILED", "PAUSED")
	storetest.Update(t, f.store, func(tx *store.Tx) error {
		return tx.PutRun(f.ctx, f.there.ID, "flow-"+endless, store.Run{
			UpstreamID: "long", Status: "FAILED", Step: endless, Message: strings.Repeat("x", 300), At: store.At(f.clock.Now()),
		}, f.clock.Now())
	})
	site, b := f.serve(), newBrowser(t)
	for _, path := range []string{"/automations", "/automations/" + ids[endless], "/instances/" + in.ID} {
		for _, scheme := range []string{"light", "dark"} {
			b.look(site+path, 320, scheme)
			if wide := evaluate[int64](b, "document.documentElement.scrollWidth"); wide > 320 {
				t.Errorf("%s is %d px wide on a screen of 320", path, wide)
			}
			evaluate[bool](b, string(axe)+"; true")
			for _, v := range evaluate[[]violation](b, violations) {
				t.Errorf("%s, %s: %s: %s", path, scheme, v.ID, strings.Join(v.Nodes, ", "))
			}
		}
	}
}
