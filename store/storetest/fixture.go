package storetest

import (
	"context"
	"testing"

	"portico/store"
)

// Update runs do in a transaction and fails the test when that fails.
func Update(t testing.TB, s *store.Store, do func(*store.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), do); err != nil {
		t.Fatal(err)
	}
}

// Must returns the value and fails the test on an error.
func Must[T any](t testing.TB) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Account stores an account by a name.
func Account(t testing.TB, s *store.Store, name string) store.Account {
	t.Helper()
	a := store.Account{
		Platform: "tray", Name: name, Region: "us", APIURL: "https://tray.example/graphql", DialogURL: "https://embedded.tray.example",
		WebhookHosts: []string{"*.trayapp.example"}, EmbeddedID: "emb-" + name, Token: "master-token-of-" + "tests", UserScope: store.ScopeUser,
		IsDefault: name == "main",
	}
	Update(t, s, func(tx *store.Tx) (err error) {
		a, err = tx.PutAccount(context.Background(), a)
		return err
	})
	return a
}

// Workspace stores a workspace by the host's ID, which is its name too.
func Workspace(t testing.TB, s *store.Store, a store.Account, externalID string) store.Workspace {
	t.Helper()
	w := store.Workspace{ExternalID: externalID, Name: externalID, AccountID: a.ID}
	Update(t, s, func(tx *store.Tx) (err error) {
		w, _, err = tx.PutWorkspace(context.Background(), w)
		return err
	})
	return w
}

// User stores a user of a workspace with a role; they may see everything.
func User(t testing.TB, s *store.Store, w store.Workspace, externalID, role string) store.User {
	t.Helper()
	u := store.User{WorkspaceID: w.ID, ExternalID: externalID, Name: externalID, Email: externalID + "@example.com", Role: role, Locale: "en"}
	Update(t, s, func(tx *store.Tx) (err error) {
		u, _, err = tx.PutUser(context.Background(), u)
		return err
	})
	return u
}

// Identity stores who a user is at their workspace's account.
func Identity(t testing.TB, s *store.Store, w store.Workspace, u store.User) store.Identity {
	t.Helper()
	i := store.Identity{AccountID: w.AccountID, WorkspaceID: w.ID, UserID: u.ID, ExternalID: u.ExternalID}
	Update(t, s, func(tx *store.Tx) (err error) {
		i, err = tx.PutIdentity(context.Background(), i, w.ExternalID+"/"+u.ExternalID)
		return err
	})
	return i
}

// Integration stores an integration that everybody may see, with one auth slot and the tags given.
func Integration(t testing.TB, s *store.Store, a store.Account, title string, tags ...string) store.Integration {
	t.Helper()
	var g store.Integration
	Update(t, s, func(tx *store.Tx) (err error) {
		ctx := context.Background()
		if g, err = tx.IntegrationByUpstreamID(ctx, a.ID, "upstream-"+title, title); err != nil {
			return err
		}
		slot := store.IntegrationSlot{Kind: store.SlotAuth, ExternalID: "external_" + title + "_authentication", Title: title, Source: store.FromPlatform}
		if err = tx.SetIntegrationSlots(ctx, g.ID, store.SlotAuth, []store.IntegrationSlot{slot}); err != nil {
			return err
		}
		g.Tags, g.Shown, g.AuthSlotsKnown = tags, true, true
		g, err = tx.PutIntegration(ctx, g)
		return err
	})
	return g
}

// Instance stores an instance of an integration that a user is connecting, in the state given.
func Instance(t testing.TB, s *store.Store, u store.User, i store.Identity, g store.Integration, state string) store.Instance {
	t.Helper()
	n := store.Instance{
		WorkspaceID: u.WorkspaceID, OwnerID: u.ID, AccountID: g.AccountID, IdentityID: i.ID, IntegrationID: g.ID, Name: g.Title, State: state,
	}
	Update(t, s, func(tx *store.Tx) (err error) {
		n, _, err = tx.CreateInstance(context.Background(), n)
		return err
	})
	return n
}
