package portal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/sandbox/clock"
	"portico/sandbox/piecesim"
	"portico/secret"
	"portico/store"
	"portico/store/storetest"
	"portico/upstream"
	"portico/upstream/activepieces"
)

// flowWorld is a portal over a simulated Activepieces, with a project that a member, a viewer and an admin share.
type flowWorld struct {
	*world
	pieces  *activepieces.Client
	account store.Account
	project store.Identity
}

func newFlowWorld(t *testing.T) *flowWorld {
	t.Helper()
	c := clock.New()
	s, err := store.Open(t.Context(), store.Options{Database: storetest.SQLite(t), Keys: storetest.Keys(t), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
	server := piecesim.New(piecesim.Options{Clock: c})
	sim := httptest.NewServer(server)
	t.Cleanup(sim.Close)
	w := &flowWorld{world: &world{T: t, ctx: context.Background(), store: s, clock: c, sim: sim}}
	w.account = store.Account{
		Platform: store.PlatformActivepieces, Name: "pieces", APIURL: sim.URL, DialogURL: sim.URL, Token: secret.Text(server.APIKey()),
		UserScope: store.ScopeWorkspace, IsDefault: true,
	}
	storetest.Update(t, s, func(tx *store.Tx) (err error) {
		w.account, err = tx.PutAccount(w.ctx, w.account)
		return err
	})
	w.portal, err = New(Options{Store: s, Now: c.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), URL: "http://portal.test", LocalIcons: true})
	w.ok(err)
	t.Cleanup(w.portal.Close)
	ws := storetest.Workspace(t, s, w.account, "acme")
	w.who = w.somebody(ws, "u_1", store.RoleMember)
	w.project, err = w.portal.projectOf(w.ctx, w.account.ID, ws)
	w.ok(err)
	w.pieces, err = w.portal.piecesClient(w.ctx, w.account.ID)
	w.ok(err)
	return w
}

func (w *flowWorld) somebody(ws store.Workspace, externalID, role string) Who {
	w.Helper()
	u := storetest.User(w, w.store, ws, externalID, role)
	return Who{User: u, Workspace: ws, Actor: store.Actor{Kind: store.ActorUser, ID: u.ID, Name: u.Name}}
}

// flow makes a flow that starts with a webhook and then calls an address, and publishes it, switched on.
func (w *flowWorld) flow(name, address string) activepieces.Flow {
	w.Helper()
	f, err := w.pieces.CreateFlow(w.ctx, w.project.UpstreamID, name, nil)
	w.ok(err)
	_, err = w.pieces.ImportFlow(w.ctx, f.ID, activepieces.FlowContent{DisplayName: name, SchemaVersion: "22", Trigger: json.RawMessage(`{
		"name": "trigger", "type": "PIECE_TRIGGER", "valid": true, "displayName": "Catch", "settings": {
			"pieceName": "@activepieces/piece-webhook", "pieceVersion": "0.1.36", "triggerName": "catch_webhook", "input": {"authType": "none"}},
		"nextAction": {"name": "step_1", "type": "PIECE", "valid": true, "displayName": "Call", "settings": {
			"pieceName": "@activepieces/piece-http", "pieceVersion": "0.11.10", "actionName": "send_request", "input": {"url": "` + address + `", "method": "GET"}}}}`)})
	w.ok(err)
	f, err = w.pieces.PublishFlow(w.ctx, f.ID, true)
	w.ok(err)
	return f
}

const (
	works = "https://shop.example/orders"
	fails = "http://127.0.0.1:9/" // what fetch refuses to call
)

// draft makes a flow without a trigger.
func (w *flowWorld) draft(name string) activepieces.Flow {
	w.Helper()
	f, err := w.pieces.CreateFlow(w.ctx, w.project.UpstreamID, name, nil)
	w.ok(err)
	return f
}

// start calls a flow's webhook, with what no page may show.
func (w *flowWorld) start(f activepieces.Flow) {
	w.Helper()
	r, err := http.Post(w.sim.URL+"/api/v1/webhooks/"+f.ID, "application/json", strings.NewReader(`{"card": "payload-canary"}`))
	w.ok(err)
	w.ok(r.Body.Close())
	if r.StatusCode != http.StatusOK {
		w.Fatalf("the webhook answers %s", r.Status)
	}
}

func (w *flowWorld) copyAll() {
	w.Helper()
	w.ok(w.portal.syncAutomations(w.ctx, w.project.ID))
}

// named is what the person sees of an automation.
func (w *flowWorld) named(name string) store.AutomationCard {
	w.Helper()
	all, err := w.store.Automations(w.ctx, w.who.User, 0, 1000)
	w.ok(err)
	n := slices.IndexFunc(all, func(c store.AutomationCard) bool { return c.Name == name })
	if n < 0 {
		w.Fatalf("%q is not among %v", name, all)
	}
	return all[n]
}

func (w *flowWorld) runs(name string) []store.Run {
	w.Helper()
	all, err := w.store.Runs(w.ctx, w.named(name).ID, "", 2000)
	w.ok(err)
	return all
}

// operations is how often the platform was asked for each thing since the last time.
func (w *flowWorld) operations() map[string]int {
	w.Helper()
	r, err := http.Get(w.sim.URL + "/_control/requests")
	w.ok(err)
	defer r.Body.Close() //nolint:errcheck // only read
	var list []struct {
		Operation string `json:"operation"`
	}
	w.ok(json.NewDecoder(r.Body).Decode(&list))
	counts := map[string]int{}
	for _, one := range list {
		counts[one.Operation]++
	}
	w.control("DELETE", "/requests", nil)
	return counts
}

func (w *flowWorld) settings(s map[string]any) {
	w.Helper()
	w.control("PATCH", "/settings", s)
}

func (w *flowWorld) codes(a store.AutomationCard) []string {
	w.Helper()
	log, err := w.store.SubjectAudit(w.ctx, "automation", a.ID, "", 100)
	w.ok(err)
	var codes []string
	for _, one := range log {
		if one.Actor.ID != w.who.User.ID {
			w.Errorf("%s was done by %+v", one.Code, one.Actor)
		}
		codes = append(codes, one.Code)
	}
	return codes
}

func TestAutomationsAreCopied(t *testing.T) {
	w := newFlowWorld(t)
	nightly, failing := w.flow("Nightly", works), w.flow("Failing\u202e\n  flow", fails)
	w.draft("Draft")
	w.start(nightly)
	w.clock.Advance(time.Second)
	w.start(failing)
	w.copyAll()
	if a := w.named("Nightly"); !a.Enabled || !a.Published || !a.Valid || a.Last.Status != activepieces.RunSucceeded || a.Last.EndedAt.IsZero() {
		t.Errorf("got %+v", a)
	}
	if a := w.named("Draft"); a.Enabled || a.Published || a.Switchable() {
		t.Errorf("got %+v", a)
	}
	r := w.named("Failing flow").Last
	if r.Status != activepieces.RunFailed || r.Step != "Call" || r.Message != "fetch failed" {
		t.Errorf("got %+v, want the step and its own words alone", r)
	}

	w.ok(w.pieces.DeleteFlow(w.ctx, nightly.ID))
	w.clock.Advance(time.Second)
	w.copyAll()
	if list, err := w.store.Automations(w.ctx, w.who.User, 0, 10); err != nil || len(list) != 2 {
		t.Errorf("after one is gone there are %v, %v", list, err)
	}
	w.ok(w.pieces.DeleteProject(w.ctx, w.project.UpstreamID))
	w.clock.Advance(time.Second)
	w.copyAll()
	if list, err := w.store.Automations(w.ctx, w.who.User, 0, 10); err != nil || len(list) != 0 {
		t.Errorf("after the project is gone there are %v, %v", list, err)
	}
}

// What a run has worked on is nowhere: not in the store, and not in the record of calls.
func TestPayloadsAreNotKept(t *testing.T) {
	w := newFlowWorld(t)
	f := w.flow("Failing", fails)
	w.settings(map[string]any{"run_ms": 600_000})
	w.start(f)
	w.copyAll()
	w.clock.Advance(2 * time.Minute)
	w.start(f)
	w.copyAll()
	w.ok(w.portal.syncAutomations(WithRequest(w.ctx, "r-1"), w.project.ID))
	calls, err := w.store.RequestCalls(w.ctx, "r-1")
	w.ok(err)
	if !slices.ContainsFunc(calls, func(c store.UpstreamCall) bool { return c.Operation == "GET /flow-runs/:id" }) {
		t.Fatalf("the run that is too old for the list was not asked for by itself: %v", calls)
	}
	w.clock.Advance(time.Hour)
	w.copyAll()
	kept, err := json.Marshal([]any{w.runs("Failing"), calls})
	w.ok(err)
	for _, text := range []string{"payload-canary", "/srv/", "apErrorVersion", "    at "} {
		if bytes.Contains(kept, []byte(text)) {
			t.Errorf("what is kept of runs has %q: %s", text, kept)
		}
	}
}

func TestNewRunsAreAskedForAlone(t *testing.T) {
	w := newFlowWorld(t)
	f := w.flow("Busy", works)
	for range newestRuns + 5 {
		w.start(f)
		w.clock.Advance(time.Second)
	}
	w.copyAll()
	if n := len(w.runs("Busy")); n != newestRuns+5 {
		t.Errorf("%d runs are known of %d: those since the last time are more than one page", n, newestRuns+5)
	}
	w.clock.Advance(time.Hour)
	w.start(f)
	w.operations()
	w.copyAll()
	if got := w.operations(); got["listRuns"] != 1 || got["listFlows"] != 1 || got["getRun"] != 0 || len(w.runs("Busy")) != newestRuns+6 {
		t.Errorf("for one new run it was asked %v, and %d are known", got, len(w.runs("Busy")))
	}
}

func TestAutomationOffAndOn(t *testing.T) {
	w := newFlowWorld(t)
	f := w.flow("Nightly", works)
	w.draft("Draft")
	w.copyAll()
	a := w.named("Nightly")
	for _, on := range []bool{false, true, true} {
		w.clock.Advance(time.Second)
		w.ok(w.portal.SetAutomation(w.ctx, w.who, a.ID, on))
		there, err := w.pieces.Flow(w.ctx, f.ID)
		w.ok(err)
		if (there.Status == activepieces.FlowEnabled) != on || w.named("Nightly").Enabled != on {
			t.Errorf("it is to be on: %v; there it is %s, here %+v", on, there.Status, w.named("Nightly").Automation)
		}
	}
	if got := w.codes(a); !slices.Equal(got, []string{"automation.on", "automation.off"}) {
		t.Errorf("the audit log has %q", got)
	}
	wantRefusal(t, w.portal.SetAutomation(w.ctx, w.who, w.named("Draft").ID, true), "automation_unpublished")
	if _, err := w.pieces.PublishFlow(w.ctx, w.named("Draft").UpstreamID, true); !upstream.IsKind(err, upstream.Refused) {
		t.Fatalf("publishing an empty flow: %v", err)
	}
	w.copyAll()
	if a := w.named("Draft"); !a.Published || a.Switchable() {
		t.Errorf("published without a trigger it is %+v", a.Automation)
	}
	wantRefusal(t, w.portal.SetAutomation(w.ctx, w.who, w.named("Draft").ID, true), "automation_incomplete")
}

func TestWhoMayTurnAutomationsOff(t *testing.T) {
	w := newFlowWorld(t)
	f := w.flow("Nightly", works)
	w.start(f)
	w.copyAll()
	a := w.named("Nightly")
	viewer := w.somebody(w.who.Workspace, "v", store.RoleViewer)
	stranger := w.somebody(storetest.Workspace(t, w.store, w.account, "globex"), "s", store.RoleAdmin)
	wantRefusal(t, w.portal.SetAutomation(w.ctx, viewer, a.ID, false), "read_only")
	wantRefusal(t, w.portal.RetryRun(w.ctx, viewer, a.ID, a.Last.ID, false), "read_only")
	for _, err := range []error{w.portal.SetAutomation(w.ctx, stranger, a.ID, false), w.portal.RetryRun(w.ctx, stranger, a.ID, a.Last.ID, false)} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a stranger finds it: %v", err)
		}
	}
	w.ok(w.portal.RefreshAutomations(w.ctx, stranger)) // who has no project has nothing to copy
}

func TestWhyAnAutomationStaysOff(t *testing.T) {
	w := newFlowWorld(t)
	f, other := w.flow("Nightly", works), w.flow("Hourly", works)
	_, err := w.pieces.SetFlowStatus(w.ctx, f.ID, false)
	w.ok(err)
	w.copyAll()
	a := w.named("Nightly")
	w.settings(map[string]any{"active_flows_limit": 1})
	wantRefusal(t, w.portal.SetAutomation(w.ctx, w.who, a.ID, true), "automation_limited")
	told, err := w.store.EventsByCode(w.ctx, "automation.limited", 5)
	w.ok(err)
	if len(told) != 1 || told[0].WorkspaceID != w.who.Workspace.ID || told[0].SubjectID != w.account.ID || !strings.Contains(told[0].Args["detail"], "QUOTA_EXCEEDED") {
		t.Errorf("the host is told %+v", told)
	}
	w.settings(map[string]any{"active_flows_limit": 0})

	busy := map[string]any{"operation": "CHANGE_STATUS", "kind": "reject", "status": 409, "code": codeBusyFlow}
	busy["times"] = 2
	w.control("POST", "/faults", busy)
	w.ok(w.portal.SetAutomation(w.ctx, w.who, a.ID, true)) // tried again for a moment
	busy["times"] = 0
	w.control("POST", "/faults", busy)
	wantRefusal(t, w.portal.SetAutomation(w.ctx, w.who, a.ID, false), "automation_busy")
	w.control("DELETE", "/faults", nil)

	w.fault("CHANGE_STATUS", "lost", 1)
	if err := w.portal.SetAutomation(w.ctx, w.who, a.ID, false); err == nil && w.named("Nightly").Enabled {
		t.Error("it was turned off, and is still shown as on")
	}
	w.copyAll()
	if w.named("Nightly").Enabled {
		t.Error("after a lost answer it is not known to be off")
	}
	w.ok(w.pieces.DeleteFlow(w.ctx, other.ID))
	wantRefusal(t, w.portal.SetAutomation(w.ctx, w.who, w.named("Hourly").ID, false), "automation_gone")
}

func TestRunAgain(t *testing.T) {
	w := newFlowWorld(t)
	f := w.flow("Failing", fails)
	w.settings(map[string]any{"run_ms": 5000})
	w.start(f)
	w.copyAll()
	a := w.named("Failing")
	wantRefusal(t, w.portal.RetryRun(w.ctx, w.who, a.ID, a.Last.ID, true), "run_under_way")
	w.clock.Advance(10 * time.Minute)
	w.copyAll()
	failed := w.named("Failing").Last
	if failed.ID != a.Last.ID || failed.Status != activepieces.RunFailed {
		t.Fatalf("the run under way has become %+v", failed)
	}

	w.operations()
	w.ok(w.portal.RetryRun(w.ctx, w.who, a.ID, failed.ID, true))
	w.ok(w.portal.RetryRun(w.ctx, w.who, a.ID, failed.ID, true)) // the second of two clicks
	if n := w.operations()["retryRun"]; n != 1 {
		t.Errorf("two clicks ran it %d times", n)
	}
	if runs := w.runs("Failing"); len(runs) != 1 || runs[0].Status != store.RunQueued || runs[0].Message != "" {
		t.Errorf("going on from the failed step leaves %+v, want the same run, under way", runs)
	}
	if wait, err := w.portal.lookAgainIn(w.ctx, w.project.ID); err != nil || wait == 0 {
		t.Errorf("it is looked at again in %v (%v)", wait, err)
	}
	w.clock.Advance(10 * time.Minute)
	w.copyAll() // it was made too long ago for the list of new ones
	if r := w.named("Failing").Last; r.Status != activepieces.RunFailed || r.Message != "fetch failed" {
		t.Errorf("at its end it is %+v", r)
	}

	w.ok(w.portal.RetryRun(w.ctx, w.who, a.ID, failed.ID, false))
	if runs := w.runs("Failing"); len(runs) != 2 || runs[0].ID == failed.ID || runs[0].Status != store.RunQueued {
		t.Errorf("running it on the latest version leaves %+v, want a second run", runs)
	}
	if got := w.codes(a); !slices.Equal(got, []string{"automation.retried", "automation.retried"}) {
		t.Errorf("the audit log has %q", got)
	}
}

func TestWhyARunIsNotRunAgain(t *testing.T) {
	w := newFlowWorld(t)
	f := w.flow("Nightly", works)
	w.start(f)
	w.copyAll()
	a := w.named("Nightly")
	wantRefusal(t, w.portal.RetryRun(w.ctx, w.who, a.ID, a.Last.ID, true), "run_not_failed")
	wantRefusal(t, w.portal.RetryRun(w.ctx, w.who, a.ID, "none", false), "run_gone")

	w.control("POST", "/faults", map[string]any{"operation": "retryRun", "kind": "reject", "status": 402, "code": "QUOTA_EXCEEDED", "times": 1})
	wantRefusal(t, w.portal.RetryRun(w.ctx, w.who, a.ID, a.Last.ID, false), "automation_limited")
	w.fault("retryRun", "lost", 1)
	if err := w.portal.RetryRun(w.ctx, w.who, a.ID, a.Last.ID, false); err == nil {
		t.Error("nothing is said of an answer that was lost")
	}
	w.ok(w.portal.RetryRun(w.ctx, w.who, a.ID, a.Last.ID, false)) // which may have run: not once more at once
	w.clock.Advance(time.Second)
	w.copyAll()
	if n := len(w.runs("Nightly")); n != 2 {
		t.Errorf("there are %d runs, want the one and the one whose answer was lost", n)
	}
	w.clock.Advance(31 * 24 * time.Hour)
	wantRefusal(t, w.portal.RetryRun(w.ctx, w.who, a.ID, a.Last.ID, false), "run_too_old")
}

// A flow that an instance has is turned off with its instance, and those who do not see the one do not see the other.
func TestAutomationOfAnInstance(t *testing.T) {
	w := newFlowWorld(t)
	f := w.flow("Orders", works)
	g := storetest.Integration(t, w.store, w.account, "Orders")
	in := storetest.Instance(t, w.store, w.who.User, w.project, g, store.Enabled)
	storetest.Update(t, w.store, func(tx *store.Tx) error {
		in.UpstreamID, in.UpstreamName, in.WantEnabled = f.ID, in.Name, true
		return tx.PutInstance(w.ctx, in, "")
	})
	w.copyAll()
	a := w.named("Orders")
	if a.InstanceID != in.ID {
		t.Fatalf("the flow of an instance is %+v", a.Automation)
	}
	colleague := w.somebody(w.who.Workspace, "c", store.RoleAdmin)
	if err := w.portal.SetAutomation(w.ctx, colleague, a.ID, false); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a colleague turns off what is personal: %v", err)
	}
	w.ok(w.portal.SetAutomation(w.ctx, w.who, a.ID, false))
	w.wantState(w.settle(in.ID), store.Disabled, "")
	there, err := w.pieces.Flow(w.ctx, f.ID)
	w.ok(err)
	if there.Status != activepieces.FlowDisabled || w.named("Orders").Enabled {
		t.Errorf("there it is %s, here %+v", there.Status, w.named("Orders").Automation)
	}
}

// Whoever presses, the platform is asked once, and what the store has stays with its age where it is silent.
func TestRefresh(t *testing.T) {
	w := newFlowWorld(t)
	w.flow("Nightly", works)
	w.operations()
	w.ok(w.portal.RefreshAutomations(w.ctx, w.who))
	w.ok(w.portal.RefreshAutomations(w.ctx, w.who))
	if got := w.operations(); got["listFlows"] != 1 {
		t.Errorf("two who ask at once cost %v", got)
	}
	w.named("Nightly")
	first, err := w.store.AutomationSync(w.ctx, w.project.ID)
	w.ok(err)
	w.clock.Advance(time.Minute)
	w.settings(map[string]any{"down": true})
	w.ok(w.portal.RefreshAutomations(w.ctx, w.who))
	w.portal.hold.Wait()
	now, err := w.store.AutomationSync(w.ctx, w.project.ID)
	w.ok(err)
	if now.DoneAt != first.DoneAt || now.Error == "" || !w.named("Nightly").Enabled {
		t.Errorf("a silent platform leaves %+v after %+v", now, first)
	}
}

// Jobs copy what has been visited, and go on while a run is under way and somebody waits for it.
func TestAutomationsAreFollowed(t *testing.T) {
	w := newFlowWorld(t)
	f := w.flow("Nightly", works)
	w.settings(map[string]any{"run_ms": 3000})
	w.start(f)
	w.ok(w.portal.care(w.ctx))
	w.ok(w.portal.care(w.ctx))
	jobs, err := w.store.JobList(w.ctx, 10, "available")
	w.ok(err)
	if n := len(slices.DeleteFunc(jobs, func(j *store.Job) bool { return j.Kind != (store.SyncAutomations{}).Kind() })); n != 1 {
		t.Errorf("care leaves %d jobs, want 1", n)
	}
	w.ok(w.portal.followAutomations(w.ctx, store.SyncAutomations{IdentityID: w.project.ID}))
	watched := store.SyncAutomations{IdentityID: w.project.ID, Watched: true}
	if err := w.portal.followAutomations(w.ctx, watched); err == nil {
		t.Error("the job ends while a run is under way")
	}
	w.clock.Advance(4 * time.Second)
	w.ok(w.portal.followAutomations(w.ctx, watched))
	if r := w.named("Nightly").Last; r.Status != activepieces.RunSucceeded {
		t.Errorf("the run is %+v", r)
	}
}
