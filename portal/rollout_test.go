package portal

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"portico/sandbox/piecesim"
	"portico/secret"
	"portico/store"
	"portico/upstream/activepieces"
)

// twoEach is a predefined connection with a key from each workspace's attribute "key", beside one of Stripe.
func twoEach(w *plant) (a, b store.PredefinedConnection) {
	change := gelatoFor("")
	change.Fields[0] = store.PredefinedField{Key: "apiKey", Source: store.FromAttribute, Attribute: "key"}
	return w.create(change), w.create(PredefinedChange{
		Piece: "@activepieces/piece-stripe", AuthType: "SECRET_TEXT", Fields: []store.PredefinedField{{Key: "secret_text", Source: store.FromAll}},
		Values: map[string]secret.Text{"secret_text": "sk_1"},
	})
}

func (w *plant) withKeys(n int, bad ...int) {
	for i := range n {
		key := "good"
		for _, b := range bad {
			if b == i {
				key = "revoked"
			}
		}
		w.spaces = append(w.spaces, w.workspace("org_"+strconv.Itoa(i), map[string]string{"store": "s", "key": key}))
	}
}

func TestBackfillByTwoProcessesAtOnce(t *testing.T) {
	eachPlant(t, piecesim.Options{}, 0, backfillByTwo)
}

func backfillByTwo(t *testing.T, w *plant) {
	w.withKeys(12)
	twoEach(w)
	before := len(w.projects())
	o, err := w.portal.Backfill(w.ctx, w.staff, w.account.ID)
	w.ok(err)
	if same, err := w.portal.Backfill(w.ctx, w.staff, w.account.ID); err != nil || same.ID != o.ID {
		t.Errorf("a second click began %s, %v", same.ID, err)
	}
	other := w.process()
	var both sync.WaitGroup
	for _, p := range []*Portal{w.portal, other} {
		both.Go(func() { w.roll(p, o.ID) })
	}
	both.Wait()
	if o, err = w.store.Rollout(w.ctx, o.ID); err != nil || o.State != store.RolloutDone || o.Done != 12 {
		t.Fatalf("got %+v, %v", o, err)
	}
	if projects, connections := len(w.projects())-before, len(w.there()); projects != 12 || connections != 24 {
		t.Errorf("got %d projects and %d connections, want 12 and 24", projects, connections)
	}
	w.ok(w.portal.checkConnections(w.ctx, w.account.ID))
}

func TestARolloutStopsWhenTooMuchFails(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 0)
	w.withKeys(20, 0, 1, 2, 3, 4, 5, 6, 7)
	c, _ := twoEach(w)
	o := w.apply(c.ID)
	if o.State != store.RolloutStopped || o.Tried() > 5+rolloutAtOnce || o.Failed < 4 {
		t.Fatalf("got %+v, want that it stops after five or so", o)
	}
	failed, err := w.store.RolloutItems(w.ctx, o.ID, store.ItemFailed, "", 100)
	w.ok(err)
	if failed[0].Detail == "" || failed[0].WorkspaceName == "" {
		t.Errorf("got %+v, want why", failed[0])
	}
	for n := range w.spaces { // the customers mend their keys
		w.spaces[n] = w.workspace(w.spaces[n].ExternalID, map[string]string{"store": "s", "key": "good"})
	}
	w.ok(w.portal.ResumeRollout(w.ctx, w.staff, o.ID))
	wantRefused(t, w.portal.ResumeRollout(w.ctx, w.staff, o.ID), "rollout_state")
	if o = w.roll(w.portal, o.ID); o.State != store.RolloutDone || o.Done != 20 {
		t.Errorf("got %+v", o)
	}
	w.wantExactly(c, func(store.Workspace) string { return gelatoValue("good", "s") })
}

// Who changes a predefined connection while it is applied, and applies it again, gets the change everywhere.
func TestAppliedAgainWhileItRuns(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 3)
	c := w.create(gelatoFor("k1"))
	o, err := w.portal.ApplyPredefined(w.ctx, w.staff, c.ID)
	w.ok(err)
	items, err := w.store.WaitingItems(w.ctx, o.ID, 2)
	w.ok(err)
	_, _, err = w.portal.doItems(w.ctx, o, items)
	w.ok(err)
	w.ok(w.portal.ChangePredefined(w.ctx, w.staff, c.ID, gelatoFor("k2")))
	again, err := w.portal.ApplyPredefined(w.ctx, w.staff, c.ID)
	w.ok(err)
	if again.ID != o.ID {
		t.Error("two run at once")
	}
	if o = w.roll(w.portal, o.ID); o.State != store.RolloutDone || o.Done != 3 {
		t.Errorf("got %+v", o)
	}
	w.wantExactly(c, storeOf("k2"))
}

func TestFewFailuresDoNotStopARollout(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 0)
	w.withKeys(12, 11)
	c, _ := twoEach(w)
	if o := w.apply(c.ID); o.State != store.RolloutDone || o.Done != 11 || o.Failed != 1 {
		t.Errorf("got %+v", o)
	}
	w.wantState(c.ID, 11, store.ConnRefused)
}

// The jobs do it all by themselves.
func TestJobsRollOutAndCheck(t *testing.T) {
	eachPlant(t, piecesim.Options{}, 0, func(t *testing.T, w *plant) {
		w.withKeys(10)
		c, _ := twoEach(w)
		ctx, stop := context.WithCancel(w.ctx)
		ended := make(chan error, 1)
		go func() { ended <- w.portal.Run(ctx) }()
		defer func() { stop(); w.ok(<-ended) }()
		o, err := w.portal.Backfill(w.ctx, w.staff, w.account.ID)
		w.ok(err)
		w.until(func() bool {
			o, err = w.store.Rollout(w.ctx, o.ID)
			w.ok(err)
			n, err := w.store.CountResolving(w.ctx, c.ID)
			w.ok(err)
			return o.State == store.RolloutDone && n == 10
		})
		w.control("POST", "/connections/"+w.row(c.ID, 3).UpstreamID+"/remove", nil, nil)
		w.ok(w.portal.CheckPredefined(w.ctx, w.staff, c.ID))
		w.until(func() bool { return len(w.there()) == 20 && w.row(c.ID, 3).State == store.ConnActive })
		w.ok(w.portal.DeleteProject(w.ctx, w.staff, w.account.ID, w.spaces[1].ID))
		_, err = w.portal.RemovePredefined(w.ctx, w.staff, c.ID)
		w.ok(err)
		w.until(func() bool { return len(w.there()) == 9 })
	})
}

// until waits for what jobs bring about.
func (w *plant) until(so func() bool) {
	w.Helper()
	for end := time.Now().Add(time.Minute); !so(); {
		if time.Now().After(end) {
			w.Fatal("it does not come about")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestARolloutIsStoppedByHand(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 3)
	c := w.create(gelatoFor("k"))
	o, err := w.portal.ApplyPredefined(w.ctx, w.staff, c.ID)
	w.ok(err)
	w.ok(w.portal.StopRollout(w.ctx, w.staff, o.ID))
	w.ok(w.portal.runRollout(w.ctx, o.ID))
	if o, err = w.store.Rollout(w.ctx, o.ID); err != nil || o.State != store.RolloutStopped || o.Tried() != 0 || len(w.there()) != 0 {
		t.Errorf("got %+v, %v", o, err)
	}
	_, err = w.portal.RemovePredefined(w.ctx, w.staff, c.ID)
	w.ok(err)
	wantRefused(t, w.portal.ResumeRollout(w.ctx, w.staff, o.ID), "predefined_removed")
}

func TestASilentPlatformIsWaitedForThenTold(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 6)
	c := w.create(gelatoFor("k"))
	w.fault("upsertGlobalConnection", "429", 7)
	w.fault("upsertGlobalConnection", "500", 5)
	if o := w.apply(c.ID); o.State != store.RolloutDone || o.Done != 6 {
		t.Fatalf("got %+v, want that it goes on after a while", o)
	}
	w.ok(w.portal.ChangePredefined(w.ctx, w.staff, c.ID, gelatoFor("k2")))
	w.fault("upsertGlobalConnection", "500", 0)
	if o := w.apply(c.ID); o.State != store.RolloutStopped || o.Done != 0 {
		t.Errorf("got %+v, want that it stops", o)
	}
	w.control("DELETE", "/faults", nil, nil)
	w.sweep()
	w.wantExactly(c, storeOf("k2"))
}

// A process that was killed after the platform had made a connection, and before it could write that down, leaves what
// the next one finds: even where the name has changed meanwhile.
func TestKilledBetweenTheCallAndItsRecord(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 1)
	c := w.create(gelatoFor("k"))
	w.ok(w.portal.wantConnection(w.ctx, c, w.spaces[0].ID, false))
	_, err := w.portal.projectOf(w.ctx, w.account.ID, w.spaces[0])
	w.ok(err)
	for _, pattern := range []string{"second_{workspace}", "third_{workspace}"} {
		h, err := w.portal.holding(w.ctx, w.store, c.ID, w.spaces[0].ID)
		w.ok(err)
		if due := h.due(); due == nil {
			t.Fatal("nothing is due")
		}
		h, taken, err := w.portal.take(w.ctx, h, "killed"+pattern)
		if err != nil || !taken {
			t.Fatal(taken, err)
		}
		client, err := w.portal.piecesClient(w.ctx, w.account.ID)
		w.ok(err)
		_, err = client.UpsertGlobalConnection(w.ctx, activepieces.NewConnection{
			ExternalID: h.Name, DisplayName: "Gelato", PieceName: gelato, Value: h.value, ProjectIDs: []string{h.ProjectID},
		})
		w.ok(err)
		change := gelatoFor("k")
		change.NamePattern = pattern
		w.ok(w.portal.ChangePredefined(w.ctx, w.staff, c.ID, change))
		c.NamePattern = pattern
		if r, err := w.portal.reconcile(w.ctx, c.ID, w.spaces[0].ID, true); err != nil || !errors.Is(r.failure, errBusy) {
			t.Fatalf("got %v, %v while the killed one's claim holds", r.failure, err)
		}
		w.clock.Advance(time.Minute)
		w.settle()
		w.wantExactly(c, storeOf("k"))
		w.update(func(tx *store.Tx) error { return tx.DueConnection(w.ctx, c.ID, w.spaces[0].ID) })
	}
}

func TestAProjectIsDeleted(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 2)
	c := w.create(gelatoFor("k"))
	wantRefused(t, func() error {
		_, err := w.portal.projectOf(w.ctx, w.account.ID, w.spaces[1])
		w.ok(err)
		i, err := w.store.WorkspaceIdentity(w.ctx, w.spaces[1].ID, w.account.ID)
		w.ok(err)
		w.update(func(tx *store.Tx) error { return tx.ForgetUpstream(w.ctx, i.ID) })
		return w.portal.DeleteProject(w.ctx, w.staff, w.account.ID, w.spaces[1].ID)
	}(), "project_none")
	w.apply(c.ID)
	i, err := w.store.WorkspaceIdentity(w.ctx, w.spaces[0].ID, w.account.ID)
	w.ok(err)
	u := storetestUser(w)
	in := store.Instance{WorkspaceID: w.spaces[0].ID, OwnerID: u.ID, AccountID: w.account.ID, IdentityID: i.ID, Name: "Flow", State: store.Enabled}
	w.update(func(tx *store.Tx) error {
		g, err := tx.IntegrationByUpstreamID(w.ctx, w.account.ID, "template", "Flow")
		if err != nil {
			return err
		}
		in.IntegrationID = g.ID
		in, _, err = tx.CreateInstance(w.ctx, in)
		return err
	})
	w.fault("deleteProject", "lost", 1)
	w.ok(w.portal.DeleteProject(w.ctx, w.staff, w.account.ID, w.spaces[0].ID))
	w.ok(w.portal.deleteProject(w.ctx, store.DeleteProject{AccountID: w.account.ID, WorkspaceID: w.spaces[0].ID, ProjectID: i.UpstreamID}))
	for _, p := range w.projects() {
		if p.ID == i.UpstreamID {
			t.Error("the project is still there")
		}
	}
	if all := w.there(); len(all) != 1 {
		t.Errorf("got %+v, want the other's connection alone", all)
	}
	w.wantState(c.ID, 0, store.ConnRemoved)
	w.wantState(c.ID, 1, store.ConnActive)
	if in, err = w.store.Instance(w.ctx, in.ID); err != nil || in.State != store.Deleted {
		t.Errorf("got %s, %v", in.State, err)
	}
	w.ok(w.portal.MakeProject(w.ctx, w.staff, w.account.ID, w.spaces[0].ID)) // and is made anew when it is needed again
	w.settle()
	w.wantExactly(c, storeOf("k"))

	for _, p := range w.projects() {
		if p.Type == activepieces.TypePersonal {
			i, err := w.store.WorkspaceIdentity(w.ctx, w.spaces[0].ID, w.account.ID)
			w.ok(err)
			w.update(func(tx *store.Tx) error { return tx.SetUpstreamUser(w.ctx, i.ID, p.ID) })
			wantRefused(t, w.portal.DeleteProject(w.ctx, w.staff, w.account.ID, w.spaces[0].ID), "project_personal")
			w.wantState(c.ID, 0, store.ConnActive)
		}
	}
}

func storetestUser(w *plant) (u store.User) {
	w.update(func(tx *store.Tx) (err error) {
		u, _, err = tx.PutUser(w.ctx, store.User{WorkspaceID: w.spaces[0].ID, ExternalID: "u", Role: store.RoleMember})
		return err
	})
	return u
}

// BenchmarkBackfill is 1,000 workspaces with two connections each.
func BenchmarkBackfill(b *testing.B) {
	for b.Loop() {
		w := newPlant(b, piecesim.Options{}, 0)
		w.withKeys(1000)
		twoEach(w)
		o, err := w.portal.Backfill(w.ctx, w.staff, w.account.ID)
		w.ok(err)
		if o = w.roll(w.portal, o.ID); o.Done != 1000 || len(w.there()) != 2000 {
			b.Fatalf("got %+v, %d connections", o, len(w.there()))
		}
		w.ok(w.portal.checkConnections(w.ctx, w.account.ID))
	}
}
