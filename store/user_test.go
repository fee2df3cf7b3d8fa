package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"portico/store"
	"portico/store/storetest"
)

// atOnce runs do in n goroutines that begin together, and returns their errors.
func atOnce(n int, do func(i int) error) []error {
	errs := make([]error, n)
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { <-begin; errs[i] = do(i) })
	}
	close(begin)
	all.Wait()
	return errs
}

func noErrors(t *testing.T, errs []error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestManyFirstVisitsAtOnceMakeOneOfEach(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		a := storetest.Account(t, s, "main")
		var users, identities [8]string
		noErrors(t, atOnce(len(users), func(n int) error {
			return s.Update(ctx, func(tx *store.Tx) error {
				w, _, err := tx.PutWorkspace(ctx, store.Workspace{ExternalID: "acme", Name: "Acme", AccountID: a.ID})
				if err != nil {
					return err
				}
				u, _, err := tx.PutUser(ctx, store.User{WorkspaceID: w.ID, ExternalID: "ann", Name: "Ann", Role: store.RoleMember})
				if err != nil {
					return err
				}
				i, err := tx.PutIdentity(ctx, store.Identity{AccountID: a.ID, WorkspaceID: w.ID, UserID: u.ID, ExternalID: "ann"}, "acme/ann")
				users[n], identities[n] = u.ID, i.ID
				return err
			})
		}))
		for n := range users {
			if users[n] != users[0] || identities[n] != identities[0] || users[n] == "" || identities[n] == "" {
				t.Errorf("visit %d got user %q and identity %q, visit 0 %q and %q", n, users[n], identities[n], users[0], identities[0])
			}
		}
		if ws := storetest.Must[[]store.Workspace](t)(s.Workspaces(ctx, "", "", "", 10)); len(ws) != 1 {
			t.Errorf("there are %d workspaces, want 1", len(ws))
		}
	})
}

func TestPutAccountAtOnceAndAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		ids := make([]string, 4)
		noErrors(t, atOnce(len(ids), func(n int) error {
			return s.Update(ctx, func(tx *store.Tx) error {
				a, err := tx.PutAccount(ctx, store.Account{Name: "main", Platform: "tray", Token: "t", UserScope: store.ScopeUser, IsDefault: true})
				ids[n] = a.ID
				return err
			})
		}))
		a := storetest.Account(t, s, "main")
		if a.ID != ids[0] || ids[3] != ids[0] {
			t.Errorf("one name has the IDs %v and %s", ids, a.ID)
		}
		second := a
		second.Name = "second"
		storetest.Update(t, s, func(tx *store.Tx) error { _, err := tx.PutAccount(ctx, second); return err })
		all := storetest.Must[[]store.Account](t)(s.Accounts(ctx))
		if len(all) != 2 || all[0].Name != "second" || !all[0].IsDefault || all[1].IsDefault {
			t.Errorf("accounts are %v, want the new default first and alone", all)
		}
		if all[1].Token.Reveal() != a.Token.Reveal() || all[1].WebhookHosts[0] != a.WebhookHosts[0] {
			t.Errorf("the account came back as %v", all[1])
		}
	})
}

func TestPutUserSaysWhatChanged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		w := storetest.Workspace(t, s, storetest.Account(t, s, "main"), "acme")
		first := storetest.User(t, s, w, "ann", store.RoleMember)
		put := func(change func(*store.User)) (u store.User, changed bool) {
			c.Advance(time.Minute)
			u = first
			change(&u)
			storetest.Update(t, s, func(tx *store.Tx) (err error) {
				u, changed, err = tx.PutUser(ctx, u)
				return err
			})
			return u, changed
		}
		if u, changed := put(func(*store.User) {}); changed || u.ID != first.ID || !u.SeenAt.After(first.SeenAt.Time) || u.UpdatedAt != first.UpdatedAt {
			t.Errorf("the same token again: changed %v, %v", changed, u)
		}
		if _, changed := put(func(u *store.User) { u.Tags = []string{} }); !changed {
			t.Error("a token that shows no integration at all is taken for one that shows all")
		}
		if u, changed := put(func(u *store.User) { u.Role, u.Tags = store.RoleAdmin, []string{"crm"} }); !changed || u.UpdatedAt == first.UpdatedAt {
			t.Errorf("a new role: changed %v, updated %v", changed, u.UpdatedAt)
		}
		got := storetest.Must[[]store.User](t)(s.UsersByExternalID(ctx, "ann"))
		if len(got) != 1 || got[0].Role != store.RoleAdmin || len(got[0].Tags) != 1 || got[0].CreatedAt != first.CreatedAt {
			t.Errorf("stored is %v", got)
		}
	})
}

func TestWorkspaceKeepsItsAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		a, other := storetest.Account(t, s, "main"), storetest.Account(t, s, "eu")
		w := storetest.Workspace(t, s, a, "acme")
		storetest.Update(t, s, func(tx *store.Tx) error {
			moved, changed, err := tx.PutWorkspace(ctx, store.Workspace{ExternalID: "acme", Name: "Acme Ltd", AccountID: other.ID, Attributes: map[string]string{"plan": "growth"}})
			if moved.AccountID != a.ID || moved.ID != w.ID || !changed || moved.Attributes["plan"] != "growth" {
				t.Errorf("stored is %v, changed %v", moved, changed)
			}
			return err
		})
		if _, err := s.WorkspaceByExternalID(ctx, "nobody"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an unknown workspace: %v, want ErrNotFound", err)
		}
	})
}

func TestWorkspacesByPage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		a := storetest.Account(t, s, "main")
		for _, name := range []string{"Beta", "alpha", "100%", "100x", "Beta"} {
			storetest.Update(t, s, func(tx *store.Tx) error {
				_, _, err := tx.PutWorkspace(ctx, store.Workspace{ExternalID: store.NewKey(), Name: name, AccountID: a.ID})
				return err
			})
		}
		var names []string
		for last := (store.Workspace{}); ; {
			page := storetest.Must[[]store.Workspace](t)(s.Workspaces(ctx, "", last.Name, last.ID, 2))
			if len(page) == 0 {
				break
			}
			for _, w := range page {
				names = append(names, w.Name)
			}
			last = page[len(page)-1]
		}
		if len(names) != 5 {
			t.Errorf("page by page there are %v, want all five once", names)
		}
		if got := storetest.Must[[]store.Workspace](t)(s.Workspaces(ctx, "100%", "", "", 9)); len(got) != 1 || got[0].Name != "100%" {
			t.Errorf("100%% finds %v, want the one that begins so", got)
		}
		if got := storetest.Must[[]store.Workspace](t)(s.Workspaces(ctx, "bE", "", "", 9)); len(got) != 2 {
			t.Errorf("bE finds %v, want both Betas", got)
		}
	})
}

func TestSamePersonInTwoWorkspaces(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		a := storetest.Account(t, s, "main")
		one, two := storetest.Workspace(t, s, a, "acme"), storetest.Workspace(t, s, a, "globex")
		ann, also := storetest.User(t, s, one, "ann", store.RoleMember), storetest.User(t, s, two, "ann", store.RoleMember)
		first, second := storetest.Identity(t, s, one, ann), storetest.Identity(t, s, two, also)
		if first.ExternalID != "ann" || second.ExternalID != "globex/ann" || first.ID == second.ID {
			t.Errorf("the identities are %q and %q, want ann and globex/ann", first.ExternalID, second.ExternalID)
		}
		if got, err := s.UserIdentity(ctx, also, a.ID); err != nil || got.ID != second.ID {
			t.Errorf("the second user's identity is %q (%v), want %q", got.ID, err, second.ID)
		}
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.SetUpstreamUser(ctx, first.ID, "tray-1") })
		err := s.Update(ctx, func(tx *store.Tx) error { return tx.SetUpstreamUser(ctx, second.ID, "tray-1") })
		if !errors.Is(err, store.ErrExists) {
			t.Errorf("two identities at one Tray user: %v, want ErrExists", err)
		}
		if got, err := s.IdentityByUpstreamID(ctx, a.ID, "tray-1"); err != nil || got.ID != first.ID {
			t.Errorf("tray-1 is %q (%v), want %q", got.ID, err, first.ID)
		}
	})
}
