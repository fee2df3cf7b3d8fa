package store_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"portico/secret"
	"portico/store"
	"portico/store/storetest"
)

// shelf is a store with an account at Activepieces, some workspaces and a predefined connection.
type shelf struct {
	*testing.T
	ctx     context.Context
	s       *store.Store
	clock   *storetest.Clock
	account store.Account
	w       []store.Workspace
	c       store.PredefinedConnection
}

func newShelf(t *testing.T, s *store.Store, clock *storetest.Clock) *shelf {
	t.Helper()
	h := &shelf{T: t, ctx: context.Background(), s: s, clock: clock}
	h.update(func(tx *store.Tx) (err error) {
		h.account, err = tx.PutAccount(h.ctx, store.Account{Platform: store.PlatformActivepieces, Name: "pieces", UserScope: store.ScopeWorkspace, IsDefault: true})
		return err
	})
	for _, name := range []string{"acme", "beta", "corp"} {
		h.w = append(h.w, storetest.Workspace(t, s, h.account, name))
	}
	h.c = h.predefined("Gelato", map[string]secret.Text{"key": "s3cret"})
	return h
}

func (h *shelf) update(do func(*store.Tx) error) { h.Helper(); storetest.Update(h, h.s, do) }

func (h *shelf) predefined(title string, fixed map[string]secret.Text) (c store.PredefinedConnection) {
	h.Helper()
	h.update(func(tx *store.Tx) (err error) {
		c, err = tx.AddPredefined(h.ctx, store.PredefinedConnection{
			AccountID: h.account.ID, Piece: "@activepieces/piece-gelato", AuthType: "CUSTOM_AUTH", Title: title, NamePattern: "{piece}_{externalProjectId}", StopPercent: 10,
			Fields: []store.PredefinedField{{Key: "key", Source: store.FromAll}, {Key: "store", Source: store.FromAttribute, Attribute: "store_id"}, {Key: "pin", Source: store.FromWorkspace}},
		}, fixed)
		return err
	})
	return c
}

func (h *shelf) row(w store.Workspace) store.WorkspaceConnection {
	h.Helper()
	return storetest.Must[store.WorkspaceConnection](h)(h.s.WorkspaceConnection(h.ctx, h.c.ID, w.ID))
}

func (h *shelf) make(names ...string) {
	h.Helper()
	for n, name := range names {
		h.update(func(tx *store.Tx) error { return tx.MakeConnection(h.ctx, h.c.ID, h.w[n].ID, name) })
	}
}

func TestPredefinedValuesAreSealed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		h := newShelf(t, s, clock)
		c := storetest.Must[store.PredefinedConnection](t)(s.PredefinedConnection(h.ctx, h.c.ID))
		fixed := storetest.Must[map[string]secret.Text](t)(s.FixedValues(h.ctx, c))
		if fixed["key"] != "s3cret" || len(fixed) != 1 || c.Revision != 1 || len(c.Fields) != 3 || !c.From(store.FromWorkspace) {
			t.Errorf("got %+v of %+v", fixed, c)
		}
		c.Title = "Gelato 2"
		h.update(func(tx *store.Tx) error { return tx.PutPredefined(h.ctx, c, map[string]secret.Text{"key": "n3w"}) })
		c = storetest.Must[store.PredefinedConnection](t)(s.PredefinedConnection(h.ctx, c.ID))
		if fixed, err := s.FixedValues(h.ctx, c); err != nil || fixed["key"] != "n3w" || c.Revision != 2 || c.Title != "Gelato 2" {
			t.Errorf("after a change: got %v of %+v, %v", fixed["key"].Reveal(), c, err)
		}
		want := map[string]secret.Text{"pin": "12\"3", "more": secret.Text(strings.Repeat("x", 1<<16))}
		for range 2 { // the second time in the place of the first
			h.update(func(tx *store.Tx) error { return tx.PutAskedValues(h.ctx, c.ID, h.w[0].ID, want) })
		}
		if got, err := s.AskedValues(h.ctx, c.ID, h.w[0].ID); err != nil || !maps.Equal(got, want) {
			t.Errorf("answers: got %d of them, %v", len(got), err)
		}
		if got, err := s.AskedValues(h.ctx, c.ID, h.w[1].ID); err != nil || len(got) != 0 {
			t.Errorf("answers of another: got %d of them, %v", len(got), err)
		}
		h.update(func(tx *store.Tx) error { return tx.SetPredefinedState(h.ctx, c.ID, store.PredefinedRemoved) })
		c = storetest.Must[store.PredefinedConnection](t)(s.PredefinedConnection(h.ctx, c.ID))
		fixed = storetest.Must[map[string]secret.Text](t)(s.FixedValues(h.ctx, c))
		asked := storetest.Must[map[string]secret.Text](t)(s.AskedValues(h.ctx, c.ID, h.w[0].ID))
		left := storetest.Must[[]store.PredefinedConnection](t)(s.PredefinedConnections(h.ctx, h.account.ID))
		if len(fixed)+len(asked)+len(left) != 0 {
			t.Errorf("after its removal: got %d values, %d answers, %d listed", len(fixed), len(asked), len(left))
		}
	})
}

// What is sealed is nowhere in clear, and opens by the new keys alone once they have been rotated.
func TestPredefinedValuesOutliveTheirKeys(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string, clock *storetest.Clock) {
		path := filepath.Join(t.TempDir(), "keys.json")
		must := storetest.Must[*store.Store](t)
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		ok(store.CreateKeys(path))
		s := must(openWith(t, database, path, clock))
		defer s.Close() //nolint:errcheck // the test is over
		h := newShelf(t, s, clock)
		h.update(func(tx *store.Tx) error {
			return tx.PutAskedValues(h.ctx, h.c.ID, h.w[0].ID, map[string]secret.Text{"pin": "an5wer"})
		})
		for query, plain := range map[string]string{`SELECT fixed FROM predefined_connections`: "s3cret", `SELECT sealed FROM asked_values`: "an5wer"} {
			var sealed []byte
			ok(raw(t, database).QueryRow(query).Scan(&sealed))
			if bytes.Contains(sealed, []byte(plain)) || len(sealed) == 0 {
				t.Errorf("%s: not sealed", query)
			}
		}
		ok(store.PrepareKeys(path))
		ok(store.RotateKeys(path))
		now := must(openWith(t, database, path, clock))
		defer now.Close() //nolint:errcheck // the test is over
		if _, err := now.Rewrap(h.ctx); err != nil {
			t.Fatal(err)
		}
		ok(store.DropKeys(path))
		last := must(openWith(t, database, path, clock))
		defer last.Close() //nolint:errcheck // the test is over
		c := storetest.Must[store.PredefinedConnection](t)(last.PredefinedConnection(h.ctx, h.c.ID))
		fixed := storetest.Must[map[string]secret.Text](t)(last.FixedValues(h.ctx, c))
		asked := storetest.Must[map[string]secret.Text](t)(last.AskedValues(h.ctx, c.ID, h.w[0].ID))
		if fixed["key"] != "s3cret" || asked["pin"] != "an5wer" {
			t.Error("the values do not open any more")
		}
	})
}

func TestConnectionsAreClaimed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		h := newShelf(t, s, clock)
		h.make("gelato_acme")
		h.make("another") // what is there stays
		w := h.w[0]
		x := h.row(w)
		if x.State != store.ConnWaiting || x.Name != "gelato_acme" || x.WorkspaceName != "acme" {
			t.Fatalf("got %+v", x)
		}
		claim := func(by string) (ok bool) {
			h.update(func(tx *store.Tx) (err error) {
				ok, err = tx.ClaimConnection(h.ctx, h.c.ID, w.ID, by, clock.Now().Add(time.Minute))
				return err
			})
			return ok
		}
		if !claim("a") || claim("b") || !claim("a") {
			t.Fatal("a claim is for one, who may prolong it")
		}
		put := func(x store.WorkspaceConnection, by string) error {
			return s.Update(h.ctx, func(tx *store.Tx) error { return tx.PutConnection(h.ctx, x, by) })
		}
		x.State, x.UpstreamID, x.Revision, x.Detail = store.ConnActive, "up1", 1, "\x00\xff"+strings.Repeat("ü", 600)
		for _, by := range []string{"b", ""} {
			if err := put(x, by); !errors.Is(err, store.ErrLost) {
				t.Errorf("writing as %q: got %v, want that the claim is lost", by, err)
			}
		}
		if err := put(x, "a"); err != nil {
			t.Fatal(err)
		}
		if err := put(x, "a"); !errors.Is(err, store.ErrLost) {
			t.Errorf("what was read before a change is written after it: %v", err)
		}
		got := h.row(w)
		if got.UpstreamID != "up1" || len([]rune(got.Detail)) != 500 || !got.UpdatedAt.After(x.UpdatedAt.Time) {
			t.Errorf("got %+v", got)
		}
		h.update(func(tx *store.Tx) error { return tx.DueConnection(h.ctx, h.c.ID, w.ID) })
		if err := put(got, "a"); !errors.Is(err, store.ErrLost) {
			t.Errorf("a change that was asked for meanwhile is overwritten: %v", err)
		}
		h.update(func(tx *store.Tx) error { return tx.NoteConnection(h.ctx, h.c.ID, w.ID, "up2", "a") })
		if got = h.row(w); got.UpstreamID != "up2" || got.State != store.ConnWaiting || got.Revision != 0 {
			t.Errorf("got %+v, want what was made noted and what is due kept", got)
		}
		h.update(func(tx *store.Tx) error { return tx.ReleaseConnection(h.ctx, h.c.ID, w.ID, "a") })
		if !claim("b") {
			t.Error("what was given back cannot be claimed")
		}
	})
}

func TestConnectionsKeepThatAnOutcomeIsUnknown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		h := newShelf(t, s, clock)
		h.make("n")
		for state, want := range map[string]string{
			store.ConnActive: store.ConnWaiting, store.ConnFailed: store.ConnChecking, store.ConnChecking: store.ConnChecking, store.ConnRefused: store.ConnWaiting,
			store.ConnRemoving: store.ConnRemoving,
		} {
			x := h.row(h.w[0])
			x.State, x.NotBefore, x.Tries = state, store.At(clock.Now().Add(time.Hour)), 3
			h.update(func(tx *store.Tx) error { return tx.PutConnection(h.ctx, x, "") })
			h.update(func(tx *store.Tx) error { return tx.DueConnection(h.ctx, h.c.ID, h.w[0].ID) })
			if got := h.row(h.w[0]); got.State != want || (state != store.ConnRemoving && !got.NotBefore.IsZero()) {
				t.Errorf("asked for in %s: got %s until %v, want %s at once", state, got.State, got.NotBefore, want)
			}
		}
	})
}

func TestConnectionNamesAreOfOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		h := newShelf(t, s, clock)
		h.make("same", "same") // in two workspaces
		other := h.predefined("Other", nil)
		h.update(func(tx *store.Tx) error {
			if err := tx.MakeConnection(h.ctx, other.ID, h.w[0].ID, "same"); !errors.Is(err, store.ErrExists) {
				t.Errorf("a name twice in a workspace: got %v", err)
			}
			return tx.MakeConnection(h.ctx, other.ID, h.w[0].ID, "other") // the transaction goes on
		})
		used := func(want bool) {
			t.Helper()
			if got, err := s.ConnectionUsed(h.ctx, "up1", h.c.ID, h.w[0].ID); err != nil || got != want {
				t.Errorf("used by another: got %v, %v, want %v", got, err, want)
			}
		}
		for n := range 2 {
			used(false)
			x := h.row(h.w[n])
			x.UpstreamID = "up1"
			h.update(func(tx *store.Tx) error { return tx.PutConnection(h.ctx, x, "") })
		}
		used(true)
	})
}

func TestConnectionsAreListedAndCounted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		h := newShelf(t, s, clock)
		h.make("a", "b", "c")
		x := h.row(h.w[1])
		x.State, x.Resolves = store.ConnActive, 1
		h.update(func(tx *store.Tx) error {
			i, err := tx.PutIdentity(h.ctx, store.Identity{AccountID: h.account.ID, WorkspaceID: h.w[1].ID, ExternalID: "beta"}, "x")
			if err != nil {
				return err
			}
			if err := tx.SetUpstreamUser(h.ctx, i.ID, "project1"); err != nil {
				return err
			}
			if _, err := tx.RemoveConnection(h.ctx, h.c.ID, h.w[2].ID); err != nil {
				return err
			}
			return tx.PutConnection(h.ctx, x, "")
		})
		list := func(state, afterName, afterID string) (names string) {
			t.Helper()
			all, err := s.WorkspaceConnections(h.ctx, h.c.ID, state, afterName, afterID, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range all {
				names += x.WorkspaceName + "/" + x.ProjectID + " "
			}
			return names
		}
		for _, c := range []struct{ got, want string }{
			{list("", "", ""), "acme/ beta/project1 "},
			{list("", "beta", h.w[1].ID), "corp/ "},
			{list(store.ConnActive, "", ""), "beta/project1 "},
			{list(store.ConnError, "", ""), ""},
		} {
			if c.got != c.want {
				t.Errorf("got %q, want %q", c.got, c.want)
			}
		}
		counts := storetest.Must[map[string]int](t)(s.CountConnections(h.ctx, h.c.ID))
		if want := map[string]int{store.ConnWaiting: 1, store.ConnActive: 1, store.ConnRemoving: 1}; !maps.Equal(counts, want) {
			t.Errorf("got %v, want %v", counts, want)
		}
		one := storetest.Must[int](t)(s.CountResolving(h.ctx, h.c.ID))
		theirs := storetest.Must[[]store.WorkspaceConnection](t)(s.ConnectionsOf(h.ctx, h.w[1].ID))
		all := storetest.Must[[]store.WorkspaceConnection](t)(s.AccountConnections(h.ctx, h.account.ID))
		forPiece := storetest.Must[[]store.PredefinedConnection](t)(s.PredefinedForPiece(h.ctx, h.account.ID, h.c.Piece))
		if one != 1 || len(theirs) != 1 || len(all) != 3 || len(forPiece) != 1 {
			t.Errorf("got %d that resolve, %d of a workspace, %d of the account, %d for the piece", one, len(theirs), len(all), len(forPiece))
		}
	})
}

func TestChangedAttributesAreDue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		h := newShelf(t, s, clock)
		h.make("n", "n")
		for n := range 2 {
			x := h.row(h.w[n])
			x.State, x.Revision = store.ConnActive, 1
			h.update(func(tx *store.Tx) error { return tx.PutConnection(h.ctx, x, "") })
		}
		h.update(func(tx *store.Tx) error {
			due, err := tx.AttributesChanged(h.ctx, h.w[0].ID)
			if err == nil && (len(due) != 1 || due[0] != h.c.ID) {
				t.Errorf("got %v due", due)
			}
			return err
		})
		if a, b := h.row(h.w[0]), h.row(h.w[1]); a.State != store.ConnWaiting || a.Revision != 0 || b.State != store.ConnActive {
			t.Errorf("got %s and %s", a.State, b.State)
		}
	})
}

func TestRollouts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		h := newShelf(t, s, clock)
		add := func(kind, predefined string) (o store.Rollout, made bool) {
			h.update(func(tx *store.Tx) (err error) {
				o, made, err = tx.AddRollout(h.ctx, store.Rollout{AccountID: h.account.ID, Kind: kind, PredefinedID: predefined, StopPercent: 10, ActorName: "Sam"})
				return err
			})
			return o, made
		}
		o, made := add(store.RolloutApply, h.c.ID)
		again, second := add(store.RolloutApply, h.c.ID)
		if !made || second || o.ID != again.ID || o.Total != 3 {
			t.Fatalf("got %+v, then %v %s", o, second, again.ID)
		}
		if _, made := add(store.RolloutBackfill, ""); !made {
			t.Error("one kind stands in the way of another")
		}
		h.make("n")
		if gone, _ := add(store.RolloutRemove, h.c.ID); gone.Total != 1 {
			t.Errorf("a removal comes to %d workspaces, want the one that has it", gone.Total)
		}
		items := storetest.Must[[]store.RolloutItem](t)(s.WaitingItems(h.ctx, o.ID, 10))
		h.update(func(tx *store.Tx) error {
			if err := tx.ItemTried(h.ctx, items[0], "silent"); err != nil {
				return err
			}
			for n, state := range []string{"", store.ItemDone, store.ItemFailed} {
				if state == "" {
					continue
				}
				for want := range 2 { // the second process was too late
					ok, err := tx.EndItem(h.ctx, items[n], state, strconv.Itoa(n))
					if err != nil || ok != (want == 0) {
						t.Errorf("ending an item: got %v, %v", ok, err)
					}
				}
			}
			return nil
		})
		o = storetest.Must[store.Rollout](t)(s.Rollout(h.ctx, o.ID))
		if o.Done != 1 || o.Failed != 1 || o.Tried() != 2 {
			t.Errorf("got %+v", o)
		}
		end := func(do func(*store.Tx) (bool, error)) (ok bool) {
			h.update(func(tx *store.Tx) (err error) { ok, err = do(tx); return err })
			return ok
		}
		stop := func(tx *store.Tx) (bool, error) { return tx.EndRollout(h.ctx, o.ID, store.RolloutStopped) }
		resume := func(tx *store.Tx) (bool, error) { return tx.ResumeRollout(h.ctx, o.ID) }
		if end(resume) || !end(stop) || end(stop) {
			t.Error("what runs can be stopped, once, and not resumed")
		}
		other, _ := add(store.RolloutApply, h.c.ID)
		if end(resume) {
			t.Error("two of a kind run at once")
		}
		end(func(tx *store.Tx) (bool, error) { return tx.EndRollout(h.ctx, other.ID, store.RolloutDone) })
		if !end(resume) {
			t.Error("a stopped one does not go on")
		}
		o = storetest.Must[store.Rollout](t)(s.Rollout(h.ctx, o.ID))
		waiting := storetest.Must[[]store.RolloutItem](t)(s.RolloutItems(h.ctx, o.ID, store.ItemWaiting, "", 10))
		listed := storetest.Must[[]store.Rollout](t)(s.Rollouts(h.ctx, h.account.ID, 10))
		if o.State != store.RolloutRunning || o.Done != 1 || o.Failed != 0 || len(waiting) != 2 || len(listed) != 4 {
			t.Errorf("got %+v, %d waiting, %d listed", o, len(waiting), len(listed))
		}
	})
}

func TestReasons(t *testing.T) {
	for detail, want := range map[string][2]string{
		store.OwnReason("attribute_missing", "a:b"): {"attribute_missing", "a:b"},
		"Gelato: key revoked":                       {},
		"":                                          {},
	} {
		if code, about := store.Reason(detail); code != want[0] || about != want[1] {
			t.Errorf("%q: got %q about %q", detail, code, about)
		}
	}
}
