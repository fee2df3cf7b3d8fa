package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"portico/store"
	"portico/store/storetest"
)

// customer is a workspace with a person in it who is known at the platform.
func customer(t *testing.T, s *store.Store, a store.Account, externalID string) (store.Workspace, store.User, store.Identity) {
	t.Helper()
	w := storetest.Workspace(t, s, a, externalID)
	u := storetest.User(t, s, w, "ann@"+externalID, store.RoleMember)
	return w, u, storetest.Identity(t, s, w, u)
}

func TestStaffCards(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		a := storetest.Account(t, s, "main")
		acme, ann, annThere := customer(t, s, a, "acme")
		_, bob, bobThere := customer(t, s, a, "beta")
		crm, shop := storetest.Integration(t, s, a, "CRM"), storetest.Integration(t, s, a, "Shop")
		var ids []string
		add := func(u store.User, i store.Identity, g store.Integration, state string) {
			c.Advance(time.Second)
			ids = append(ids, storetest.Instance(t, s, u, i, g, state).ID)
		}
		add(ann, annThere, crm, store.Enabled)
		add(ann, annThere, shop, store.Enabling)
		add(bob, bobThere, crm, store.Authorizing)
		storetest.Update(t, s, func(tx *store.Tx) error {
			in, err := tx.LockInstance(ctx, ids[1])
			in.Hold = store.HoldCheck
			return errors.Join(err, tx.PutInstance(ctx, in, ""))
		})
		storetest.Update(t, s, func(tx *store.Tx) error {
			in, err := tx.LockInstance(ctx, ids[2])
			in.Attention = "refused"
			return errors.Join(err, tx.PutInstance(ctx, in, ""))
		})
		for _, test := range []struct {
			name   string
			filter store.InstanceFilter
			want   []string
		}{
			{"all, newest first", store.InstanceFilter{}, []string{ids[2], ids[1], ids[0]}},
			{"of a workspace", store.InstanceFilter{WorkspaceID: acme.ID}, []string{ids[1], ids[0]}},
			{"of an integration", store.InstanceFilter{IntegrationID: crm.ID}, []string{ids[2], ids[0]}},
			{"in a state", store.InstanceFilter{State: store.Enabled}, []string{ids[0]}},
			{"held", store.InstanceFilter{Hold: store.HoldCheck}, []string{ids[1]}},
			{"that need attention", store.InstanceFilter{Attention: true}, []string{ids[2]}},
			{"older than one", store.InstanceFilter{Before: ids[1]}, []string{ids[0]}},
		} {
			test.filter.Limit = 10
			cards, err := s.StaffCards(ctx, test.filter)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, card := range cards {
				got = append(got, card.ID)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%s: got %v, want %v", test.name, got, test.want)
			}
		}
		card := storetest.Must[store.StaffCard](t)(s.StaffCard(ctx, ids[1]))
		if card.WorkspaceName != "acme" || card.AccountName != "main" || card.Title != "Shop" || card.OwnerName != ann.Name {
			t.Errorf("the card is of %q at %q, %q, %q", card.WorkspaceName, card.AccountName, card.Title, card.OwnerName)
		}
		if _, err := s.StaffCard(ctx, "none"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an unknown card: got %v, want ErrNotFound", err)
		}
		if n := storetest.Must[int](t)(s.Held(ctx)); n != 1 {
			t.Errorf("%d wait for a check, want 1", n)
		}
		if n := storetest.Must[int](t)(s.LivingInstances(ctx, crm.ID)); n != 2 {
			t.Errorf("%d live, want 2", n)
		}
		waiting := storetest.Must[[]store.Instance](t)(s.WaitingForSlots(ctx, crm.ID))
		if len(waiting) != 1 || waiting[0].ID != ids[2] {
			t.Errorf("waiting for slots: %v, want %s alone", waiting, ids[2])
		}
	})
}

func TestMembers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w, ann, there := customer(t, s, storetest.Account(t, s, "main"), "acme")
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.SetUpstreamUser(ctx, there.ID, "tray-ann") })
		for _, name := range []string{"bob", "carl"} {
			storetest.User(t, s, w, name, store.RoleViewer)
		}
		first := storetest.Must[[]store.Member](t)(s.Members(ctx, w.ID, "", "", 2))
		if len(first) != 2 || first[0].ID != ann.ID || first[0].PlatformID != "tray-ann" || first[0].PlatformExternalID != ann.ExternalID || first[1].PlatformID != "" {
			t.Errorf("the first page is %+v", first)
		}
		second := storetest.Must[[]store.Member](t)(s.Members(ctx, w.ID, first[1].Name, first[1].ID, 2))
		if len(second) != 1 || second[0].Name != "carl" {
			t.Errorf("the second page is %+v", second)
		}
		if own := storetest.Must[[]store.Identity](t)(s.OwnIdentities(ctx, w.ID)); len(own) != 0 {
			t.Errorf("the workspace's own identities are %v, want none", own)
		}
		whole := store.Identity{AccountID: w.AccountID, WorkspaceID: w.ID, ExternalID: "acme"}
		storetest.Update(t, s, func(tx *store.Tx) (err error) {
			if whole, err = tx.PutIdentity(ctx, whole, "acme-2"); err != nil {
				return err
			}
			return tx.SetUpstreamUser(ctx, whole.ID, "tray-acme")
		})
		if own := storetest.Must[[]store.Identity](t)(s.OwnIdentities(ctx, w.ID)); len(own) != 1 || own[0].ID != whole.ID {
			t.Errorf("the workspace's own identities are %v", own)
		}
		all := storetest.Must[[]store.Member](t)(s.Members(ctx, w.ID, "", "", 9))
		if len(all) != 3 || all[0].PlatformID != "tray-ann" || all[1].PlatformID != "tray-acme" {
			t.Errorf("with an identity of the workspace: %+v", all)
		}
	})
}

func TestListings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		a := storetest.Account(t, s, "main")
		w := storetest.Workspace(t, s, a, "acme")
		crm, shop := storetest.Integration(t, s, a, "CRM"), storetest.Integration(t, s, a, "Shop 100%")
		storetest.Update(t, s, func(tx *store.Tx) error {
			slots := []store.IntegrationSlot{{ExternalID: "x", Title: "X", Source: store.FromStaff}, {ExternalID: "y", Title: "Y", Source: store.FromStaff}}
			if err := tx.SetIntegrationSlots(ctx, crm.ID, store.SlotAuth, slots); err != nil {
				return err
			}
			crm, err := tx.LockIntegration(ctx, crm.ID)
			if err != nil {
				return err
			}
			crm.Position, crm.StaffTitle = 5, "Customers"
			if _, err := tx.PutIntegration(ctx, crm); err != nil {
				return err
			}
			return tx.SetAudience(ctx, crm.ID, []string{w.ID})
		})
		all := storetest.Must[[]store.Listing](t)(s.Listings(ctx, a.ID, "", 0, 10))
		if len(all) != 2 || all[0].ID != shop.ID || all[1].ID != crm.ID {
			t.Fatalf("the order is %v", all)
		}
		if l := all[1]; l.AuthSlots != 2 || !l.ByStaff || l.Audience != 1 || l.ConfigSlots != 0 {
			t.Errorf("CRM has %d slots (by staff: %v), %d values, an audience of %d", l.AuthSlots, l.ByStaff, l.ConfigSlots, l.Audience)
		}
		if all[0].ByStaff || all[0].AuthSlots != 1 {
			t.Errorf("the platform's one slot is listed as %+v", all[0])
		}
		for search, want := range map[string]int{"customers": 1, "crm": 1, "SHOP": 1, "100%": 1, "%": 1, "nothing": 0} {
			if got := storetest.Must[[]store.Listing](t)(s.Listings(ctx, a.ID, search, 0, 10)); len(got) != want {
				t.Errorf("searching for %q finds %d, want %d", search, len(got), want)
			}
		}
		if page := storetest.Must[[]store.Listing](t)(s.Listings(ctx, a.ID, "", 1, 10)); len(page) != 1 || page[0].ID != crm.ID {
			t.Errorf("the second page is %v", page)
		}
		if err := s.Update(ctx, func(tx *store.Tx) error { _, err := tx.LockIntegration(ctx, "none"); return err }); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("locking an unknown integration: got %v, want ErrNotFound", err)
		}
	})
}

func TestTimelinePages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		for n := range 4 {
			c.Advance(time.Second)
			storetest.Update(t, s, func(tx *store.Tx) error {
				call := store.UpstreamCall{At: store.At(c.Now()), Operation: fmt.Sprint("call", n), InstanceID: "in"}
				return errors.Join(
					tx.AddUpstreamCall(ctx, call),
					tx.AddAudit(ctx, store.Audit{Code: fmt.Sprint("audit", n), SubjectKind: "instance", SubjectID: "in"}),
					tx.AddAudit(ctx, store.Audit{Code: "another", SubjectKind: "instance", SubjectID: "other"}),
				)
			})
		}
		calls := storetest.Must[[]store.UpstreamCall](t)(s.InstanceCalls(ctx, "in", "", 2))
		if len(calls) != 2 || calls[0].Operation != "call3" {
			t.Errorf("the newest calls are %+v", calls)
		}
		calls = storetest.Must[[]store.UpstreamCall](t)(s.InstanceCalls(ctx, "in", calls[1].ID, 9))
		if len(calls) != 2 || calls[0].Operation != "call1" {
			t.Errorf("the calls before are %+v", calls)
		}
		audit := storetest.Must[[]store.Audit](t)(s.SubjectAudit(ctx, "instance", "in", "", 3))
		if len(audit) != 3 || audit[0].Code != "audit3" {
			t.Errorf("the newest changes are %+v", audit)
		}
		audit = storetest.Must[[]store.Audit](t)(s.SubjectAudit(ctx, "instance", "in", audit[2].ID, 3))
		if len(audit) != 1 || audit[0].Code != "audit0" {
			t.Errorf("the changes before are %+v", audit)
		}
	})
}

func TestLiveSessions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		openSession(t, s, store.SessionUser, "old")
		c.Advance(store.SessionIdle + time.Second)
		openSession(t, s, store.SessionUser, "ann")
		openSession(t, s, store.SessionUser, "ann")
		openSession(t, s, store.SessionStaff, "ann")
		for subject, want := range map[string]int{"ann": 2, "old": 0} {
			if got := storetest.Must[[]store.Session](t)(s.LiveSessions(ctx, store.SessionUser, subject)); len(got) != want {
				t.Errorf("%s has %d sessions, want %d", subject, len(got), want)
			}
		}
	})
}

func TestChangeJobs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		storetest.Update(t, s, func(tx *store.Tx) error {
			return tx.Enqueue(ctx, store.AdvanceInstance{InstanceID: "in"}, c.Now().Add(time.Hour))
		})
		jobs := storetest.Must[[]*store.Job](t)(s.JobList(ctx, 9, "scheduled"))
		if len(jobs) != 1 {
			t.Fatalf("%d jobs are scheduled, want 1", len(jobs))
		}
		id := jobs[0].ID
		state := func() (state string) {
			storetest.Update(t, s, func(tx *store.Tx) error {
				j, err := tx.Job(ctx, id)
				if err == nil {
					state = string(j.State)
				}
				return err
			})
			return state
		}
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.RetryJob(ctx, id) })
		if got := state(); got != "available" {
			t.Errorf("after a retry the job is %s, want available", got)
		}
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.DiscardJob(ctx, id) })
		if got := state(); got != "cancelled" {
			t.Errorf("discarded, the job is %s, want cancelled", got)
		}
		for name, do := range map[string]func(*store.Tx) error{
			"reading":    func(tx *store.Tx) error { _, err := tx.Job(ctx, 404); return err },
			"retrying":   func(tx *store.Tx) error { return tx.RetryJob(ctx, 404) },
			"discarding": func(tx *store.Tx) error { return tx.DiscardJob(ctx, 404) },
		} {
			if err := s.Update(ctx, do); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s an unknown job: got %v, want ErrNotFound", name, err)
			}
		}
	})
}

func TestRemoveSlot(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		a := storetest.Account(t, s, "main")
		_, ann, there := customer(t, s, a, "acme")
		in := storetest.Instance(t, s, ann, there, storetest.Integration(t, s, a, "CRM"), store.Authorizing)
		storetest.Update(t, s, func(tx *store.Tx) error {
			for _, id := range []string{"x", "y"} {
				if err := tx.PutSlot(ctx, store.Slot{InstanceID: in.ID, Kind: store.SlotAuth, ExternalID: id, Title: id}); err != nil {
					return err
				}
			}
			return tx.RemoveSlot(ctx, in.ID, store.SlotAuth, "x")
		})
		if got := storetest.Must[[]store.Slot](t)(s.Slots(ctx, in.ID)); len(got) != 1 || got[0].ExternalID != "y" {
			t.Errorf("the slots are %v, want y alone", got)
		}
	})
}
