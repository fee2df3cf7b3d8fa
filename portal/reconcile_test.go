package portal

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portico/sandbox/piecesim"
	"portico/secret"
	"portico/store"
	"portico/upstream"
)

// Whatever goes wrong at whichever call, once nothing does any more there is one project and one connection.
func TestFaultsOfEachCallAreOvercome(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 0)
	for what, operations := range map[string][]string{
		"making":   {"listProjects", "createProject", "upsertGlobalConnection", "listConnections"},
		"renaming": {"upsertGlobalConnection", "listConnections", "deleteGlobalConnection"},
		"removing": {"listConnections", "deleteGlobalConnection"},
	} {
		for _, operation := range operations {
			for _, kind := range []string{"429", "500", "lost", "malformed", "html"} {
				t.Run(what+"/"+operation+"/"+kind, func(t *testing.T) { w.in(t).overcome(what, operation, kind) })
			}
		}
	}
}

// overcome makes, renames or removes a connection of a new workspace while a call goes wrong, and looks at what there is
// when all has come to rest.
func (w *plant) overcome(what, operation, kind string) {
	w.Helper()
	id := strings.Join([]string{what, operation, kind}, "-")
	w.spaces = []store.Workspace{w.workspace(id, map[string]string{"store": "s"})}
	change := gelatoFor("k1")
	change.NamePattern = id + "_{workspace}"
	c, key := w.create(change), "k1"
	if what != "making" {
		w.ok(w.portal.askedByStaff(w.ctx, w.staff, c.ID, w.spaces[0].ID, "predefined.tried"))
		w.settle()
	}
	if what == "renaming" {
		key, change = "k2", gelatoFor("k2")
		change.NamePattern = "other-" + id
		w.ok(w.portal.ChangePredefined(w.ctx, w.staff, c.ID, change))
		c.NamePattern = change.NamePattern
	}
	w.fault(operation, kind, 1)
	if what == "removing" {
		_, err := w.portal.RemovePredefined(w.ctx, w.staff, c.ID)
		w.ok(err)
	} else {
		w.ok(w.portal.askedByStaff(w.ctx, w.staff, c.ID, w.spaces[0].ID, "predefined.tried"))
	}
	w.settle()
	w.sweep()
	var left struct {
		Faults []any `json:"faults"`
	}
	if w.control("GET", "/faults", nil, &left); len(left.Faults) > 0 {
		w.Fatal("the call was never made")
	}
	if what != "removing" {
		w.wantState(c.ID, 0, store.ConnActive)
		for _, fault := range w.exactly(c, storeOf(key)) {
			w.Error(fault)
		}
		return
	}
	x := w.wantState(c.ID, 0, store.ConnRemoved)
	if slices.ContainsFunc(w.there(), func(y thing) bool { return slices.Contains(y.Projects, x.ProjectID) }) {
		w.Error("the connection is still there")
	}
}

func TestACheckThatHangs(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 1)
	p := w.process()
	p.RescueAfter = 300 * time.Millisecond // so that a check may take 200 ms
	c := w.create(gelatoFor("k"))
	w.ok(w.portal.askedByStaff(w.ctx, w.staff, c.ID, w.spaces[0].ID, "predefined.tried"))
	w.control("PATCH", "/settings", map[string]any{"worker": false}, nil)
	for range 2 {
		r, err := p.reconcile(w.ctx, c.ID, w.spaces[0].ID, true)
		if err != nil || !passing(r.failure) {
			t.Fatalf("got %v, %v, want that it is tried again", r.failure, err)
		}
		x := w.wantState(c.ID, 0, store.ConnChecking)
		if code, _ := store.Reason(x.Detail); code != reasonChecking {
			t.Errorf("got %q", x.Detail)
		}
		w.clock.Advance(time.Minute)
	}
	w.control("PATCH", "/settings", map[string]any{"worker": true}, nil)
	w.settle()
	w.sweep()
	w.wantExactly(c, storeOf("k"))
}

func TestDriftIsRepairedAndErrorsAreReported(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 2)
	c := w.create(gelatoFor("k"))
	w.apply(c.ID)
	other := w.row(c.ID, 1)
	for _, drift := range []struct {
		name, state string
		do          func(x store.WorkspaceConnection)
	}{
		{"removed", store.ConnMissing, func(x store.WorkspaceConnection) { w.control("POST", "/connections/"+x.UpstreamID+"/remove", nil, nil) }},
		{"renamed", store.ConnChanged, func(x store.WorkspaceConnection) {
			w.control("POST", "/connections/"+x.UpstreamID, map[string]any{"external_id": "x"}, nil)
		}},
		{"another title", store.ConnChanged, func(x store.WorkspaceConnection) {
			w.control("POST", "/connections/"+x.UpstreamID, map[string]any{"name": "x"}, nil)
		}},
		{"more projects", store.ConnChanged, func(x store.WorkspaceConnection) {
			w.control("POST", "/connections/"+x.UpstreamID, map[string]any{"projects": []string{x.ProjectID, other.ProjectID}}, nil)
		}},
		{"no project", store.ConnChanged, func(x store.WorkspaceConnection) {
			w.control("POST", "/connections/"+x.UpstreamID, map[string]any{"projects": []string{}}, nil)
		}},
		{"without a value", store.ConnMissing, func(x store.WorkspaceConnection) {
			w.control("POST", "/connections/"+x.UpstreamID, map[string]any{"status": "MISSING"}, nil)
		}},
		{"twice", store.ConnDouble, func(x store.WorkspaceConnection) {
			w.control("POST", "/connections", map[string]any{"projects": []string{x.ProjectID}, "external_id": x.Name, "piece": c.Piece}, nil)
		}},
	} {
		t.Run(drift.name, func(t *testing.T) {
			w := w.in(t)
			w.clock.Advance(time.Minute)
			drift.do(w.wantState(c.ID, 0, store.ConnActive))
			w.ok(w.portal.checkConnections(w.ctx, w.account.ID))
			w.wantState(c.ID, 0, drift.state)
			w.settle()
			w.sweep()
			w.wantState(c.ID, 0, store.ConnActive)
			w.wantExactly(c, storeOf("k"))
		})
	}
	w.control("POST", "/connections/"+w.row(c.ID, 0).UpstreamID, map[string]any{"status": "ERROR"}, nil)
	w.sweep()
	w.wantState(c.ID, 0, store.ConnError)
	_, err := w.portal.ensurePredefined(w.ctx, w.account.ID, w.spaces[0].ID, c.ID)
	wantRefused(t, err, "predefined_error")
	w.ok(w.portal.RepairConnection(w.ctx, w.staff, c.ID, w.spaces[0].ID))
	w.sweep()
	w.wantState(c.ID, 0, store.ConnActive)
	w.wantExactly(c, storeOf("k"))
}

// A connection that somebody made in the project itself is not ours to remove: it is said that the name is not unique
// until they have.
func TestANameThatSomebodyElseTook(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 1)
	c := w.create(gelatoFor("k"))
	w.ok(w.portal.MakeProject(w.ctx, w.staff, w.account.ID, w.spaces[0].ID))
	w.settle()
	x := w.wantState(c.ID, 0, store.ConnActive)
	w.control("POST", "/connections", map[string]any{"project": x.ProjectID, "external_id": x.Name, "piece": c.Piece}, nil)
	w.ok(w.portal.checkConnections(w.ctx, w.account.ID))
	if x := w.wantState(c.ID, 0, store.ConnDouble); x.Resolves != 2 {
		t.Errorf("a check says that the name leads to %d connections, want 2", x.Resolves)
	}
	w.ok(w.portal.RepairConnection(w.ctx, w.staff, c.ID, w.spaces[0].ID))
	x = w.wantState(c.ID, 0, store.ConnDouble)
	if code, about := store.Reason(x.Detail); code != reasonDouble || about != x.Name || x.Resolves != 2 {
		t.Errorf("got %+v", x)
	}
	w.sweep()
	w.wantState(c.ID, 0, store.ConnDouble)
	for _, y := range w.there() {
		if y.Scope == "PROJECT" {
			w.control("POST", "/connections/"+y.ID+"/remove", nil, nil)
		}
	}
	w.clock.Advance(time.Hour)
	w.sweep()
	w.wantState(c.ID, 0, store.ConnActive)
}

func TestAProjectThatIsGoneIsMadeAnew(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 1)
	c := w.create(gelatoFor("k1"))
	w.apply(c.ID)
	w.control("POST", "/projects/"+w.row(c.ID, 0).ProjectID+"/remove", nil, nil)
	w.ok(w.portal.ChangePredefined(w.ctx, w.staff, c.ID, gelatoFor("k2")))
	w.apply(c.ID)
	w.sweep()
	w.wantExactly(c, storeOf("k2"))
}

func TestWithoutALicence(t *testing.T) {
	w := newPlant(t, piecesim.Options{Unlicensed: true}, 8)
	c := w.create(gelatoFor("k"))
	o := w.apply(c.ID)
	if o.State != store.RolloutStopped || o.Failed == 0 || o.Failed > rolloutAtOnce {
		t.Fatalf("got %+v, want that it stops at once", o)
	}
	failed, err := w.store.RolloutItems(w.ctx, o.ID, store.ItemFailed, "", 1)
	w.ok(err)
	if code, _ := store.Reason(failed[0].Detail); code != reasonUnlicensed {
		t.Errorf("got %q", failed[0].Detail)
	}
	if _, err := w.portal.ensurePredefined(w.ctx, w.account.ID, w.spaces[0].ID, c.ID); !upstream.IsKind(err, upstream.Unlicensed) {
		t.Errorf("got %v", err)
	}
}

func TestManyAtOnceMakeOne(t *testing.T) { eachPlant(t, piecesim.Options{}, 2, manyAtOnceMakeOne) }

func manyAtOnceMakeOne(t *testing.T, w *plant) {
	c := w.create(gelatoFor("k"))
	other := w.process()
	var all sync.WaitGroup
	for n := range 8 {
		p := []*Portal{w.portal, other}[n%2]
		all.Go(func() {
			if err := p.provisionWorkspace(w.ctx, w.account.ID, w.spaces[n%4/2].ID); err != nil && !passing(err) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	w.settle()
	w.sweep()
	w.wantExactly(c, storeOf("k"))
}

// Whatever staff change and whatever breaks in between, once nothing is broken any more each workspace has exactly one
// connection, with the value that it should have.
func TestWhateverHappensThereIsOneConnection(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newPlant(t, piecesim.Options{}, 2)
		c := w.create(gelatoFor("k0"))
		key, patterns := "k0", []string{"{piece}_{externalProjectId}", "b_{workspace}", "c"}
		for range rapid.IntRange(3, 10).Draw(r, "steps") {
			n := rapid.IntRange(0, 1).Draw(r, "which")
			switch rapid.SampledFrom([]string{"change", "change", "make", "make", "fault", "fault", "wait", "sweep", "drift", "attribute"}).Draw(r, "action") {
			case "change":
				key = rapid.StringMatching(`k[1-9]`).Draw(r, "key")
				change := gelatoFor(secret.Text(key))
				change.NamePattern = rapid.SampledFrom(patterns).Draw(r, "pattern")
				w.ok(w.portal.ChangePredefined(w.ctx, w.staff, c.ID, change))
				c.NamePattern = change.NamePattern
			case "make":
				w.ok(w.portal.askedByStaff(w.ctx, w.staff, c.ID, w.spaces[n].ID, "predefined.tried"))
				_, err := w.portal.reconcile(w.ctx, c.ID, w.spaces[n].ID, rapid.Bool().Draw(r, "look"))
				w.ok(err)
			case "fault":
				operation := rapid.SampledFrom([]string{"upsertGlobalConnection", "upsertGlobalConnection", "listConnections", "deleteGlobalConnection", "createProject", "listProjects"}).Draw(r, "operation")
				w.fault(operation, rapid.SampledFrom([]string{"500", "429", "lost", "malformed"}).Draw(r, "kind"), rapid.IntRange(1, 3).Draw(r, "times"))
			case "wait":
				w.clock.Advance(time.Duration(rapid.IntRange(1, 900).Draw(r, "seconds")) * time.Second)
			case "sweep":
				_ = w.portal.checkConnections(w.ctx, w.account.ID) // that it fails is part of the game
			case "drift": // of one that we know: who renames what was never confirmed to us leaves no trace
				rows, err := w.store.AccountConnections(w.ctx, w.account.ID)
				w.ok(err)
				known := slices.DeleteFunc(w.there(), func(x thing) bool {
					return !slices.ContainsFunc(rows, func(y store.WorkspaceConnection) bool { return y.UpstreamID == x.ID })
				})
				if len(known) > 0 {
					x := known[rapid.IntRange(0, len(known)-1).Draw(r, "connection")]
					w.control("POST", "/connections/"+x.ID, map[string]any{"external_id": "moved", "projects": x.Projects}, nil)
				}
			case "attribute":
				w.update(func(tx *store.Tx) (err error) {
					attributes := map[string]string{"store": rapid.StringMatching(`t[1-9]`).Draw(r, "store")}
					w.spaces[n], _, err = w.portal.putWorkspace(w.ctx, tx, Claims{Workspace: &WorkspaceClaim{ID: w.spaces[n].ExternalID, Name: "N", Attributes: attributes}}, []store.Account{w.account})
					return err
				})
			}
		}
		w.control("DELETE", "/faults", nil, nil)
		w.clock.Advance(time.Hour)
		w.apply(c.ID)
		w.settle()
		w.sweep()
		w.sweep()
		if faults := w.exactly(c, storeOf(key)); len(faults) > 0 {
			r.Fatal(strings.Join(faults, "\n"))
		}
	})
}
