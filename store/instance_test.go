package store_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portico/store"
	"portico/store/storetest"
)

// world is an account, a workspace, a user with an identity, and an integration.
type world struct {
	a store.Account
	w store.Workspace
	u store.User
	i store.Identity
	g store.Integration
}

func newWorld(t *testing.T, s *store.Store) world {
	t.Helper()
	var w world
	w.a = storetest.Account(t, s, "main")
	w.w = storetest.Workspace(t, s, w.a, "acme")
	w.u = storetest.User(t, s, w.w, "ann", store.RoleMember)
	w.i = storetest.Identity(t, s, w.w, w.u)
	w.g = storetest.Integration(t, s, w.a, "Slack", "messaging")
	return w
}

func TestOneUniqueKeyOneInstance(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w := newWorld(t, s)
		ids := make([]string, 8)
		var created atomic.Int32
		noErrors(t, atOnce(len(ids), func(n int) error {
			return s.Update(ctx, func(tx *store.Tx) error {
				in, fresh, err := tx.CreateInstance(ctx, store.Instance{
					WorkspaceID: w.w.ID, OwnerID: w.u.ID, AccountID: w.a.ID, IdentityID: w.i.ID, IntegrationID: w.g.ID,
					Name: fmt.Sprint(n), State: store.Creating, UniqueKey: "one",
				})
				if fresh {
					created.Add(1)
				}
				ids[n] = in.ID
				return err
			})
		}))
		if created.Load() != 1 {
			t.Errorf("%d instances were made under one unique key", created.Load())
		}
		for n := range ids {
			if ids[n] != ids[0] {
				t.Errorf("press %d leads to %s, press 0 to %s", n, ids[n], ids[0])
			}
		}
		in := storetest.Must[store.Instance](t)(s.Instance(ctx, ids[0]))
		in.UniqueKey = "" // finished: another one is allowed
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.PutInstance(ctx, in, "") })
		storetest.Update(t, s, func(tx *store.Tx) error {
			in.ID, in.UniqueKey = "", "one"
			_, fresh, err := tx.CreateInstance(ctx, in)
			if !fresh {
				t.Error("the unique key is not free again")
			}
			return err
		})
	})
}

func TestOneOfMany(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		w := newWorld(t, s)
		in := storetest.Instance(t, s, w.u, w.i, w.g, store.Creating)
		var held atomic.Int32
		noErrors(t, atOnce(8, func(n int) error {
			return s.Update(ctx, func(tx *store.Tx) error {
				ok, err := tx.Claim(ctx, in.ID, fmt.Sprint(n), c.Now().Add(time.Minute))
				if ok {
					held.Add(1)
				}
				return err
			})
		}))
		if held.Load() != 1 {
			t.Errorf("%d hold the claim at once", held.Load())
		}
	})
}

func TestClaimsFollowTheirLaw(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		w := newWorld(t, s)
		in := storetest.Instance(t, s, w.u, w.i, w.g, store.Creating)
		rapid.Check(t, func(r *rapid.T) { claimSteps(r, s, c, in) })
	})
}

// claimSteps does what workers do, in any order, and knows who holds the claim: nobody else may write.
func claimSteps(r *rapid.T, s *store.Store, c *storetest.Clock, in store.Instance) {
	holder, until := "", time.Time{}
	workers := rapid.SampledFrom([]string{"a", "b", "c"})
	update := func(do func(*store.Tx) error) error { return s.Update(ctx, do) }
	if err := update(func(tx *store.Tx) error { // whatever the last run has left
		return errors.Join(tx.ReleaseInstance(ctx, in.ID, "a"), tx.ReleaseInstance(ctx, in.ID, "b"), tx.ReleaseInstance(ctx, in.ID, "c"))
	}); err != nil {
		r.Fatal(err)
	}
	r.Repeat(map[string]func(*rapid.T){
		"claim": func(r *rapid.T) {
			by, wait := workers.Draw(r, "by"), time.Duration(rapid.IntRange(1, 60).Draw(r, "seconds"))*time.Second
			var got bool
			if err := update(func(tx *store.Tx) (err error) {
				got, err = tx.Claim(ctx, in.ID, by, c.Now().Add(wait))
				return err
			}); err != nil {
				r.Fatal(err)
			}
			want := holder == "" || holder == by || until.Before(c.Now())
			if got != want {
				r.Fatalf("%s claims what %q holds until %v, at %v: got %v", by, holder, until, c.Now(), got)
			}
			if got {
				holder, until = by, c.Now().Add(wait)
			}
		},
		"release": func(r *rapid.T) {
			by := workers.Draw(r, "by")
			if err := update(func(tx *store.Tx) error { return tx.ReleaseInstance(ctx, in.ID, by) }); err != nil {
				r.Fatal(err)
			}
			if by == holder {
				holder = ""
			}
		},
		"write": func(r *rapid.T) {
			by := workers.Draw(r, "by")
			err := update(func(tx *store.Tx) error { return tx.PutInstance(ctx, in, by) })
			if (err == nil) != (by == holder) || err != nil && !errors.Is(err, store.ErrLost) {
				r.Fatalf("%s writes what %q holds: %v", by, holder, err)
			}
		},
		"wait": func(r *rapid.T) { c.Advance(time.Duration(rapid.IntRange(1, 90).Draw(r, "seconds")) * time.Second) },
	})
}

func TestAPersonWritesWhateverIsClaimed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		w := newWorld(t, s)
		in := storetest.Instance(t, s, w.u, w.i, w.g, store.Creating)
		storetest.Update(t, s, func(tx *store.Tx) error {
			_, err := tx.Claim(ctx, in.ID, "worker", c.Now().Add(time.Hour))
			return err
		})
		in.Name = "Renamed"
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.PutInstance(ctx, in, "") })
		if got := storetest.Must[store.Instance](t)(s.Instance(ctx, in.ID)); got.Name != "Renamed" || got.ClaimedBy != "worker" {
			t.Errorf("the name is %q and %q holds the claim", got.Name, got.ClaimedBy)
		}
	})
}

func TestInstanceComesBackAsItWasPut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		w := newWorld(t, s)
		in := storetest.Instance(t, s, w.u, w.i, w.g, store.Creating)
		c.Advance(time.Minute)
		at := s.Now()
		in.Shared, in.Name, in.UpstreamName, in.UpstreamID, in.State, in.WantEnabled, in.WizardDone = true, "n", "un", "uid", store.Enabling, true, true
		in.Hold, in.UniqueKey, in.Attention, in.AttentionWho, in.AttentionDetail, in.AttentionSince = store.HoldCheck, "k", "refused", store.WhoUs, "words", at
		in.Version, in.CreateTriedAt, in.CreateLooked, in.NotBefore, in.Tries = store.VersionFlags{HasNewer: true, NeedsUserInput: true}, at, 3, at, 4
		in.JourneyID, in.UpstreamCreated, in.EnabledAt, in.SeenAt = "j", at, at, at
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.PutInstance(ctx, in, "") })
		in.UpdatedAt = at
		if got := storetest.Must[store.Instance](t)(s.Instance(ctx, in.ID)); got != in {
			t.Errorf("stored\n %+v\nwant\n %+v", got, in)
		}
		if got, err := s.InstanceByUpstreamID(ctx, w.a.ID, "uid"); err != nil || got.ID != in.ID {
			t.Errorf("by its ID there it is %q (%v)", got.ID, err)
		}
	})
}

// TestWhoMayLookAndChange asks for every instance as everybody.
func TestWhoMayLookAndChange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w := newWorld(t, s)
		other := storetest.Workspace(t, s, w.a, "globex")
		people := map[string]store.User{
			"owner": w.u, "colleague": storetest.User(t, s, w.w, "bob", store.RoleMember), "viewer": storetest.User(t, s, w.w, "vic", store.RoleViewer),
			"admin": storetest.User(t, s, w.w, "adm", store.RoleAdmin), "stranger": storetest.User(t, s, other, "eve", store.RoleAdmin),
		}
		demoted := w.u
		demoted.Role = store.RoleViewer
		people["demoted owner"] = demoted
		personal, shared := storetest.Instance(t, s, w.u, w.i, w.g, store.Enabled), storetest.Instance(t, s, w.u, w.i, w.g, store.Enabled)
		gone := storetest.Instance(t, s, w.u, w.i, w.g, store.Deleted)
		shared.Shared = true
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.PutInstance(ctx, shared, "") })
		for _, tt := range []struct {
			who       string
			in        store.Instance
			see, mine bool
		}{
			{"owner", personal, true, true}, {"owner", shared, true, true}, {"owner", gone, false, false},
			{"colleague", personal, false, false}, {"colleague", shared, true, false},
			{"viewer", personal, false, false}, {"viewer", shared, true, false},
			{"admin", personal, false, false}, {"admin", shared, true, true}, {"admin", gone, false, false},
			{"stranger", personal, false, false}, {"stranger", shared, false, false},
			{"demoted owner", personal, true, false}, {"demoted owner", shared, true, false},
		} {
			_, see := s.SeenInstance(ctx, people[tt.who], tt.in.ID)
			_, mine := s.OwnInstance(ctx, people[tt.who], tt.in.ID)
			for what, got := range map[string]struct {
				err  error
				want bool
			}{"look at": {see, tt.see}, "change": {mine, tt.mine}} {
				if (got.err == nil) != got.want || got.err != nil && !errors.Is(got.err, store.ErrNotFound) {
					t.Errorf("%s may %s an instance (shared %v, %s): %v, want %v (%v)", tt.who, what, tt.in.Shared, tt.in.State, got.err == nil, got.want, got.err)
				}
			}
		}
		goneShared := storetest.Instance(t, s, w.u, w.i, w.g, store.Deleted)
		goneShared.Shared = true
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.PutInstance(ctx, goneShared, "") })
		for who, want := range map[string][2]bool{
			"owner": {true, true}, "colleague": {}, "viewer": {}, "admin": {false, true}, "stranger": {}, "demoted owner": {},
		} {
			for n, in := range []store.Instance{gone, goneShared} {
				if got := storetest.Must[bool](t)(s.WasOwnInstance(ctx, people[who], in.ID)); got != want[n] {
					t.Errorf("%s had a disconnected instance (shared %v): %v, want %v", who, in.Shared, got, want[n])
				}
			}
			if storetest.Must[bool](t)(s.WasOwnInstance(ctx, people[who], personal.ID)) {
				t.Errorf("%s had an instance that is there", who)
			}
		}
		for who, want := range map[string]int{"owner": 2, "colleague": 1, "viewer": 1, "admin": 1, "stranger": 0} {
			cards := storetest.Must[[]store.Card](t)(s.UserCards(ctx, people[who], 0, 10))
			of := storetest.Must[[]store.Card](t)(s.UserIntegrationCards(ctx, people[who], w.g.ID))
			if len(cards) != want || len(of) != want {
				t.Errorf("%s has %d cards, and %d of the integration, want %d", who, len(cards), len(of), want)
			}
		}
	})
}

func TestWhatIsLeftUnderWay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		w := newWorld(t, s)
		want := map[string]bool{}
		for _, tt := range []struct {
			state   string
			change  func(*store.Instance)
			waiting bool
		}{
			{store.Creating, nil, true}, {store.Enabling, nil, true}, {store.Deleting, nil, true},
			{store.Authorizing, nil, false}, {store.Disabled, nil, false}, {store.Deleted, nil, false},
			{store.Enabling, func(in *store.Instance) { in.Hold = store.HoldCheck }, false},
			{store.Disabled, func(in *store.Instance) { in.WantEnabled = true }, true},
			{store.Enabled, func(in *store.Instance) { in.WantEnabled = true }, false},
			{store.Enabled, nil, true}, // not wanted any more
			{store.Authorizing, func(in *store.Instance) { in.EnabledAt = store.At(c.Now()) }, true}, // must go off
			{store.Configuring, nil, false},
			{store.Configuring, func(in *store.Instance) { in.WizardDone = true }, true},
			{store.Creating, func(in *store.Instance) { in.Attention = "refused" }, false},
			{store.Creating, func(in *store.Instance) { in.Attention = "unavailable" }, true},
			{store.Deleting, func(in *store.Instance) { in.Attention = "refused" }, true},
			{store.Enabling, func(in *store.Instance) { in.NotBefore = store.At(c.Now().Add(time.Hour)) }, false}, // its job waits for that
		} {
			in := storetest.Instance(t, s, w.u, w.i, w.g, tt.state)
			if tt.change != nil {
				tt.change(&in)
				storetest.Update(t, s, func(tx *store.Tx) error { return tx.PutInstance(ctx, in, "") })
			}
			if tt.waiting {
				want[in.ID] = true
			}
		}
		c.Advance(time.Minute)
		claimed := storetest.Instance(t, s, w.u, w.i, w.g, store.Creating)
		storetest.Update(t, s, func(tx *store.Tx) error {
			_, err := tx.Claim(ctx, claimed.ID, "worker", c.Now().Add(time.Hour))
			return err
		})
		got := storetest.Must[[]string](t)(s.UnderWay(ctx, c.Now(), []string{"refused", "removed"}, 100))
		for _, id := range got {
			if !want[id] {
				t.Errorf("%s is none of those to go on with", id)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d were left under way, want %d", len(got), len(want))
		}
	})
}
