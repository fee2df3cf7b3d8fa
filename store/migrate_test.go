package store_test

import (
	"context"
	"strings"
	"testing"

	"portico/store"
	"portico/store/pgtest"
	"portico/store/storetest"
)

// TestProcessesThatStartTogetherMigrateOnce: on PostgreSQL any number may start at once on an empty database.
func TestProcessesThatStartTogetherMigrateOnce(t *testing.T) {
	url := pgtest.URL(t)
	noErrors(t, atOnce(4, func(int) error {
		s, err := store.Open(ctx, store.Options{Database: url, Keys: storetest.Keys(t)})
		if err != nil {
			return err
		}
		defer s.Close() //nolint:errcheck // Ping says what matters
		return s.Ping(ctx)
	}))
}

func TestOpeningAgainChangesNothing(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string, c *storetest.Clock) {
		first := storetest.OpenAt(t, database, c)
		w := newWorld(t, first)
		second := storetest.OpenAt(t, database, c)
		if got := storetest.Must[store.User](t)(second.User(ctx, w.u.ID)); got.Name != w.u.Name {
			t.Errorf("the second opening finds %v", got)
		}
		if second.Postgres() != strings.HasPrefix(database, "postgres") {
			t.Errorf("Postgres says %v of %s", second.Postgres(), strings.SplitN(database, ":", 2)[0])
		}
	})
}

// TestRelationsHold: foreign keys are enforced on every connection, which SQLite does only when it is told.
func TestRelationsHold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		for range 8 {
			err := s.Update(ctx, func(tx *store.Tx) error {
				_, _, err := tx.PutUser(ctx, store.User{WorkspaceID: "nobody's", ExternalID: "x", Role: store.RoleMember})
				return err
			})
			if err == nil {
				t.Fatal("a user of no workspace is stored")
			}
		}
	})
}

func TestRolledBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		a := storetest.Account(t, s, "main")
		ended, end := context.WithCancel(ctx)
		err := s.Update(ended, func(tx *store.Tx) error {
			_, _, err := tx.PutWorkspace(ended, store.Workspace{ExternalID: "acme", Name: "Acme", AccountID: a.ID})
			end()
			return err
		})
		if err == nil {
			t.Error("a transaction whose context has ended was committed")
		}
		if _, err := s.WorkspaceByExternalID(ctx, "acme"); err == nil {
			t.Error("it left a workspace")
		}
	})
}
