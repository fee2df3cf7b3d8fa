package store_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/store"
	"portico/store/storetest"
)

func putAuthentications(t *testing.T, s *store.Store, i store.Identity, ids ...string) {
	t.Helper()
	var listed []store.Authentication
	for _, id := range ids {
		listed = append(listed, store.Authentication{UpstreamID: id, Name: "name of " + id, Service: "slack", ServiceTitle: "Slack"})
	}
	storetest.Update(t, s, func(tx *store.Tx) error { return tx.PutAuthentications(ctx, i, listed) })
}

func TestSlotsOfAnInstance(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w := newWorld(t, s)
		in := storetest.Instance(t, s, w.u, w.i, w.g, store.Authorizing)
		put := []store.Slot{
			{InstanceID: in.ID, Kind: store.SlotAuth, ExternalID: "b", Title: "B", Service: "Slack", Position: 0, Baseline: []string{"old"}, Rejected: []string{"no"}},
			{InstanceID: in.ID, Kind: store.SlotAuth, ExternalID: "a", Title: "A", Position: 1, Baseline: []string{}},
			{InstanceID: in.ID, Kind: store.SlotConfig, ExternalID: "c", Title: "C", Position: 0, Value: `{"a":[1]}`},
		}
		for _, slot := range slices.Backward(put) {
			storetest.Update(t, s, func(tx *store.Tx) error { return tx.PutSlot(ctx, slot) })
		}
		if got := storetest.Must[[]store.Slot](t)(s.Slots(ctx, in.ID)); !cmp.Equal(got, put) {
			t.Errorf("never opened and opened with nothing there must differ: %s", cmp.Diff(put, got))
		}
		putAuthentications(t, s, w.i, "auth-1")
		put[0].AuthenticationID, put[0].AttachedID, put[0].Found = "auth-1", "auth-1", true
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.PutSlot(ctx, put[0]) })
		got := storetest.Must[[]store.Slot](t)(s.Slots(ctx, in.ID))[0]
		if got.AuthenticationName != "name of auth-1" || got.ServiceTitle != "Slack" || !got.Found || !got.Done() {
			t.Errorf("with its sign-in the slot is %+v", got)
		}
		suggested := storetest.Must[[]store.IntegrationSlot](t)(s.SuggestedSlots(ctx, w.g.ID))
		if len(suggested) != 2 || suggested[0].ExternalID != "b" || suggested[0].Service != "Slack" || suggested[0].Source != store.FromStaff {
			t.Errorf("staff are suggested %+v", suggested)
		}
	})
}

func TestUsedAuthentications(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w := newWorld(t, s)
		use := func(state, auth string) store.Instance {
			in := storetest.Instance(t, s, w.u, w.i, w.g, state)
			storetest.Update(t, s, func(tx *store.Tx) error {
				return tx.PutSlot(ctx, store.Slot{InstanceID: in.ID, Kind: store.SlotAuth, ExternalID: "a", AuthenticationID: auth})
			})
			return in
		}
		use(store.Enabled, "used")
		use(store.Deleted, "of a deleted one")
		mine := use(store.Authorizing, "mine")
		if got := storetest.Must[[]string](t)(s.UsedAuthentications(ctx, w.i.ID, mine.ID)); !slices.Equal(got, []string{"used"}) {
			t.Errorf("used elsewhere are %v", got)
		}
	})
}

// What a colleague's personal instance uses is theirs; what is shared, or one's own too, is not.
func TestOthersAuthentications(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w := newWorld(t, s)
		bob := storetest.User(t, s, w.w, "bob", store.RoleMember)
		use := func(owner store.User, shared bool, state string, auths ...string) {
			in := storetest.Instance(t, s, owner, w.i, w.g, state)
			storetest.Update(t, s, func(tx *store.Tx) error {
				in.Shared = shared
				if err := tx.PutInstance(ctx, in, ""); err != nil {
					return err
				}
				for _, a := range auths {
					if err := tx.PutSlot(ctx, store.Slot{InstanceID: in.ID, Kind: store.SlotAuth, ExternalID: a, AuthenticationID: a}); err != nil {
						return err
					}
				}
				return nil
			})
		}
		use(bob, false, store.Enabled, "bob's", "both")
		use(bob, false, store.Deleted, "bob's of before")
		use(bob, true, store.Enabled, "shared")
		use(w.u, false, store.Enabled, "both", "mine")
		got := storetest.Must[[]string](t)(s.OthersAuthentications(ctx, w.i.ID, w.u.ID))
		slices.Sort(got)
		if !slices.Equal(got, []string{"bob's", "bob's of before"}) {
			t.Errorf("other people's are %v", got)
		}
	})
}

func TestAuthenticationsComeAndGo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w := newWorld(t, s)
		bob := storetest.Identity(t, s, w.w, storetest.User(t, s, w.w, "bob", store.RoleMember))
		living := func(i store.Identity) (ids []string) {
			for _, a := range storetest.Must[[]store.Authentication](t)(s.Authentications(ctx, i.ID)) {
				ids = append(ids, a.UpstreamID)
			}
			slices.Sort(ids)
			return ids
		}
		putAuthentications(t, s, w.i, "one", "two")
		putAuthentications(t, s, bob, "three")
		putAuthentications(t, s, w.i, "two", "four")
		if got := living(w.i); !slices.Equal(got, []string{"four", "two"}) {
			t.Errorf("ann has %v", got)
		}
		if got := living(bob); !slices.Equal(got, []string{"three"}) {
			t.Errorf("bob has %v", got)
		}
		putAuthentications(t, s, w.i, "one")
		if got := living(w.i); !slices.Equal(got, []string{"one"}) {
			t.Errorf("what came back is missing: %v", got)
		}
	})
}

func TestFlowIsRedeemedOnceByWhoOpenedIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w := newWorld(t, s)
		in := storetest.Instance(t, s, w.u, w.i, w.g, store.Authorizing)
		bob := storetest.User(t, s, w.w, "bob", store.RoleMember)
		var f store.Flow
		storetest.Update(t, s, func(tx *store.Tx) (err error) {
			f, err = tx.AddFlow(ctx, store.Flow{InstanceID: in.ID, UserID: w.u.ID, Kind: store.FlowAuth, Slot: "a"})
			return err
		})
		if _, err := s.Flow(ctx, f.ID, in.ID, bob.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a colleague finds the flow: %v", err)
		}
		if got, err := s.Flow(ctx, f.ID, in.ID, w.u.ID); err != nil || got != f {
			t.Errorf("the flow is %+v (%v), want %+v", got, err, f)
		}
		won := 0
		results := make([]bool, 6)
		noErrors(t, atOnce(len(results), func(n int) error {
			return s.Update(ctx, func(tx *store.Tx) (err error) {
				results[n], err = tx.EndFlow(ctx, f.ID, store.FlowFinished)
				return err
			})
		}))
		for _, ok := range results {
			if ok {
				won++
			}
		}
		if won != 1 {
			t.Errorf("a flow was redeemed %d times", won)
		}
	})
}

func TestWorkflowsAreReplaced(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w := newWorld(t, s)
		in := storetest.Instance(t, s, w.u, w.i, w.g, store.Enabled)
		set := func(all ...store.Workflow) {
			storetest.Update(t, s, func(tx *store.Tx) error { return tx.SetWorkflows(ctx, in.ID, all) })
		}
		set(store.Workflow{UpstreamID: "1", Name: "B"}, store.Workflow{UpstreamID: "2", Name: "A"})
		want := store.Workflow{InstanceID: in.ID, UpstreamID: "3", SourceID: "s", Name: "C", TriggerURL: "https://x"}
		set(want)
		if got := storetest.Must[[]store.Workflow](t)(s.Workflows(ctx, in.ID)); len(got) != 1 || got[0] != want {
			t.Errorf("the workflows are %v", got)
		}
	})
}
