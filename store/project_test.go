package store_test

import (
	"slices"
	"testing"

	"portico/store"
	"portico/store/storetest"
)

func TestProjectsOfAnAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		tray, other := storetest.Account(t, s, "main"), storetest.Account(t, s, "eu")
		var flows, own store.Account
		var one store.PredefinedConnection
		storetest.Update(t, s, func(tx *store.Tx) (err error) {
			if flows, err = tx.PutAccount(ctx, store.Account{Platform: store.PlatformActivepieces, Name: "flows", IsDefault: true, UserScope: store.ScopeWorkspace}); err != nil {
				return err
			}
			if own, err = tx.PutAccount(ctx, store.Account{Platform: store.PlatformActivepieces, Name: "own", UserScope: store.ScopeWorkspace}); err != nil {
				return err
			}
			one, err = tx.AddPredefined(ctx, store.PredefinedConnection{AccountID: flows.ID, Piece: "p", AuthType: "SECRET_TEXT", NamePattern: "n", StopPercent: 10}, nil)
			return err
		})
		for _, w := range []store.Workspace{
			{ExternalID: "b", Name: "Beta", AccountID: tray.ID, Attributes: map[string]string{"store": "1", "plan": "gold"}},
			{ExternalID: "a", Name: "Alpha", AccountID: other.ID, Attributes: map[string]string{"region": "eu", "plan": "iron"}},
			{ExternalID: "c", Name: "Gamma", AccountID: own.ID, Attributes: map[string]string{"secret": "not of this account"}},
		} {
			storetest.Update(t, s, func(tx *store.Tx) error {
				stored, _, err := tx.PutWorkspace(ctx, w)
				if err != nil || w.ExternalID != "b" {
					return err
				}
				i, err := tx.PutIdentity(ctx, store.Identity{AccountID: flows.ID, WorkspaceID: stored.ID, ExternalID: "b"}, "")
				if err != nil {
					return err
				}
				if err := tx.SetUpstreamUser(ctx, i.ID, "project1"); err != nil {
					return err
				}
				if err := tx.MakeConnection(ctx, one.ID, stored.ID, "n"); err != nil {
					return err
				}
				x, err := tx.WorkspaceConnection(ctx, one.ID, stored.ID)
				x.State, x.Revision = store.ConnActive, 1
				if err != nil {
					return err
				}
				if err := tx.PutConnection(ctx, x, ""); err != nil {
					return err
				}
				return tx.PutAutomations(ctx, i, []store.Automation{{UpstreamID: "f", Name: "Nightly"}}, c.Now())
			})
		}
		touched := storetest.Must[store.TouchedCounts](t)(s.CountTouched(ctx, one))
		if touched != (store.TouchedCounts{Workspaces: 2, UpToDate: 1, New: 1}) {
			t.Errorf("applying it comes to %+v", touched)
		}
		if names := storetest.Must[[]string](t)(s.TouchedNames(ctx, one, 10)); !slices.Equal(names, []string{"Alpha"}) {
			t.Errorf("applying it comes to %v, want Alpha", names)
		}
		got := storetest.Must[[]store.WorkspaceProject](t)(s.Projects(ctx, flows.ID, "", "", "", 10))
		if len(got) != 2 || got[0].Name != "Alpha" || got[0].ProjectID != "" || got[1].ProjectID != "project1" || got[1].Connections != 1 || got[1].Ready != 1 {
			t.Errorf("the account's projects are %+v", got)
		}
		if more := storetest.Must[[]store.WorkspaceProject](t)(s.Projects(ctx, flows.ID, "", "Alpha", got[0].WorkspaceID, 10)); len(more) != 1 || more[0].Name != "Beta" {
			t.Errorf("after Alpha come %+v", more)
		}
		if found := storetest.Must[[]store.WorkspaceProject](t)(s.Projects(ctx, flows.ID, "BE", "", "", 10)); len(found) != 1 || found[0].Name != "Beta" {
			t.Errorf("by the beginning of a name come %+v", found)
		}
		if counts := storetest.Must[store.ProjectCounts](t)(s.CountProjects(ctx, flows.ID)); counts != (store.ProjectCounts{Workspaces: 2, Made: 1}) {
			t.Errorf("counted are %+v", counts)
		}
		if n := storetest.Must[int](t)(s.CountUpToDate(ctx, one.ID)); n != 1 {
			t.Errorf("up to date are %d", n)
		}
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.PutPredefined(ctx, one, nil) }) // another revision
		if n := storetest.Must[int](t)(s.CountUpToDate(ctx, one.ID)); n != 0 {
			t.Errorf("after a change %d are up to date", n)
		}
		if n := storetest.Must[int](t)(s.CountAutomations(ctx, flows.ID, got[1].WorkspaceID)); n != 1 {
			t.Errorf("automations are %d", n)
		}
		if names := storetest.Must[[]string](t)(s.AttributeNames(ctx, flows.ID)); !slices.Equal(names, []string{"plan", "region", "store"}) {
			t.Errorf("attributes seen are %v", names)
		}
		accounts := storetest.Must[[]store.AccountName](t)(s.AccountNames(ctx, store.PlatformActivepieces))
		if len(accounts) != 2 || accounts[0].ID != flows.ID || accounts[1].Name != "own" {
			t.Errorf("the accounts at Activepieces are %v", accounts)
		}
	})
}
