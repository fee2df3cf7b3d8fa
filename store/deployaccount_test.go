package store_test

import (
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"portico/secret"
	"portico/store"
	"portico/store/storetest"
)

func cdkAccount(name string) store.DeployAccount {
	return store.DeployAccount{
		Platform: store.PlatformTrayCDK, Name: name, Region: "us", APIURL: "https://api.tray.example", Secret: "token-of-" + secret.Text(name),
	}
}

func connectAccount(name string) store.DeployAccount {
	return store.DeployAccount{
		Platform: store.PlatformCommercetools, Name: name, Region: "us-central1.gcp", APIURL: "https://connect.example", AuthURL: "https://auth.example",
		ProjectKey: "shop", ClientID: "client", Secret: "client-secret", GitKey: "private-key", KnownHosts: "github.com ssh-ed25519 AAAA", Position: 1,
	}
}

func putDeployAccount(t *testing.T, s *store.Store, a store.DeployAccount) store.DeployAccount {
	t.Helper()
	storetest.Update(t, s, func(tx *store.Tx) (err error) {
		a, err = tx.PutDeployAccount(ctx, a)
		return err
	})
	return a
}

func TestDeployAccountComesBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		want := connectAccount("shop")
		put := putDeployAccount(t, s, want)
		got := storetest.Must[store.DeployAccount](t)(s.DeployAccount(ctx, put.ID))
		if len(got.Fingerprint) != 16 || !got.UpdatedAt.Equal(c.Now()) {
			t.Errorf("got the fingerprint %q and the time %v", got.Fingerprint, got.UpdatedAt)
		}
		want.ID, want.Fingerprint, want.Scopes, want.CreatedAt, want.UpdatedAt = got.ID, got.Fingerprint, []string{}, got.CreatedAt, got.UpdatedAt
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if _, err := s.DeployAccount(ctx, "nobody's"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an account that is not there: %v", err)
		}
	})
}

// Accounts stand in the order of the configuration, those of one platform by themselves.
func TestDeployAccountsInOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		for n, name := range []string{"us", "eu", "ap"} {
			a := cdkAccount(name)
			a.Position = n
			putDeployAccount(t, s, a)
		}
		putDeployAccount(t, s, connectAccount("shop"))
		names := func(platform string) (all []string) {
			for _, a := range storetest.Must[[]store.DeployAccount](t)(s.DeployAccounts(ctx, platform)) {
				all = append(all, a.Name)
			}
			return all
		}
		if got := names(store.PlatformTrayCDK); !slices.Equal(got, []string{"us", "eu", "ap"}) {
			t.Errorf("got %v", got)
		}
		if got := names(""); len(got) != 4 {
			t.Errorf("of every platform there are %v", got)
		}
	})
}

// What is configured as before is not touched: clients that were made of it, and the tokens they hold, go on.
func TestDeployAccountPutAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		first := putDeployAccount(t, s, connectAccount("shop"))
		c.Advance(time.Hour)
		if again := putDeployAccount(t, s, connectAccount("shop")); again.ID != first.ID || !again.UpdatedAt.Equal(first.UpdatedAt.Time) {
			t.Errorf("the same account again is %s of %v, want %s of %v", again.ID, again.UpdatedAt, first.ID, first.UpdatedAt)
		}
		changed := connectAccount("shop")
		changed.Secret = "another-secret"
		now := putDeployAccount(t, s, changed)
		if now.ID != first.ID || !now.UpdatedAt.Equal(c.Now()) || now.Fingerprint == first.Fingerprint || now.Secret != changed.Secret {
			t.Errorf("with another secret it is %s of %v with the fingerprint %s", now.ID, now.UpdatedAt, now.Fingerprint)
		}
	})
}

func TestDeployAccountGoesAndComesBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		us := putDeployAccount(t, s, cdkAccount("us"))
		putDeployAccount(t, s, cdkAccount("eu"))
		c.Advance(time.Minute)
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.RetireDeployAccounts(ctx, []string{"eu"}) })
		if all := storetest.Must[[]store.DeployAccount](t)(s.DeployAccounts(ctx, "")); len(all) != 1 || all[0].Name != "eu" {
			t.Errorf("configured are %v", all)
		}
		if _, err := s.DeployAccountByName(ctx, "us"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("one that is gone is found by its name: %v", err)
		}
		all := storetest.Must[[]store.DeployAccount](t)(s.AllDeployAccounts(ctx))
		if len(all) != 2 || all[1].ID != us.ID || !all[1].GoneAt.Equal(c.Now()) {
			t.Errorf("ever configured were %v", all)
		}
		if back := putDeployAccount(t, s, cdkAccount("us")); back.ID != us.ID || !back.GoneAt.IsZero() {
			t.Errorf("it comes back as %s, gone at %v", back.ID, back.GoneAt)
		}
		if got := storetest.Must[store.DeployAccount](t)(s.DeployAccountByName(ctx, "us")); got.Fingerprint != us.Fingerprint {
			t.Error("the same token has another fingerprint")
		}
	})
}

// A region that was mistyped can be mended as long as nothing lies there.
func TestDeployAccountMovesWhileItIsEmpty(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string, c *storetest.Clock) {
		s := storetest.OpenAt(t, database, c)
		a := putDeployAccount(t, s, cdkAccount("main"))
		moved := cdkAccount("main")
		moved.Region = "eu"
		if got := putDeployAccount(t, s, moved); got.ID != a.ID || got.Region != "eu" {
			t.Errorf("it is %s in %s", got.ID, got.Region)
		}
		_, err := raw(t, database).Exec(`INSERT INTO operations (id, account_id, kind, subject_kind, state, body, actor_kind, created_at, updated_at)
			VALUES ('1', $1, 'draft.create', 'draft', 'waiting', '{}', 'staff', 1, 1)`, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.PutDeployAccount(ctx, cdkAccount("main"))
			return err
		})
		if !errors.Is(err, store.ErrOtherPlace) {
			t.Errorf("with something under way it moves back: %v", err)
		}
	})
}

func TestDeployAccountCheck(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		a := putDeployAccount(t, s, connectAccount("shop"))
		check := func(scopes []string, problem string) store.DeployAccount {
			c.Advance(time.Hour)
			storetest.Update(t, s, func(tx *store.Tx) error { return tx.SetDeployAccountCheck(ctx, a.ID, scopes, problem) })
			return storetest.Must[store.DeployAccount](t)(s.DeployAccount(ctx, a.ID))
		}
		if got := check([]string{"view_connectors"}, ""); !slices.Equal(got.Scopes, []string{"view_connectors"}) || got.Problem != "" || !got.CheckedAt.Equal(c.Now()) {
			t.Errorf("got %v, %q at %v", got.Scopes, got.Problem, got.CheckedAt)
		}
		got := check(nil, "no answer")
		if !slices.Equal(got.Scopes, []string{"view_connectors"}) || got.Problem != "no answer" || !got.UpdatedAt.Equal(a.UpdatedAt.Time) {
			t.Errorf("after a check that failed: %v, %q, updated at %v", got.Scopes, got.Problem, got.UpdatedAt)
		}
	})
}

// A fingerprint says nothing by itself: the same token has another one in another installation.
func TestFingerprintsAreAnInstallationsOwn(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string, c *storetest.Clock) {
		one := putDeployAccount(t, storetest.OpenAt(t, database, c), cdkAccount("us"))
		again := putDeployAccount(t, storetest.OpenAt(t, database, c), cdkAccount("us"))
		elsewhere, _ := storetest.Open(t)
		other := putDeployAccount(t, elsewhere, cdkAccount("us"))
		if one.Fingerprint != again.Fingerprint || one.Fingerprint == other.Fingerprint {
			t.Errorf("got %s, again %s, elsewhere %s", one.Fingerprint, again.Fingerprint, other.Fingerprint)
		}
		if none := cdkAccount("none"); putDeployAccount(t, elsewhere, func() store.DeployAccount { none.Secret = ""; return none }()).Fingerprint != "" {
			t.Error("no token at all has a fingerprint")
		}
	})
}

// When keys are rotated what deploying needs is sealed anew, and known again by the same fingerprint.
func TestDeployAccountsSurviveRotation(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string, c *storetest.Clock) {
		path := filepath.Join(t.TempDir(), "keys.json")
		if err := store.CreateKeys(path); err != nil {
			t.Fatal(err)
		}
		must := storetest.Must[*store.Store](t)
		s := must(openWith(t, database, path, c))
		defer s.Close() //nolint:errcheck // the test is over
		a := putDeployAccount(t, s, connectAccount("shop"))
		if err := store.RotateKeys(path); err != nil {
			t.Fatal(err)
		}
		rotated := must(openWith(t, database, path, c))
		defer rotated.Close() //nolint:errcheck // the test is over
		if _, err := rotated.Rewrap(ctx); err != nil {
			t.Fatal(err)
		}
		if err := store.DropKeys(path); err != nil {
			t.Fatal(err)
		}
		last := must(openWith(t, database, path, c))
		defer last.Close() //nolint:errcheck // the test is over
		got := storetest.Must[store.DeployAccount](t)(last.DeployAccount(ctx, a.ID))
		if got.Secret != a.Secret || got.GitKey != a.GitKey {
			t.Error("the secret or the key to the repositories has changed")
		}
		c.Advance(time.Hour)
		if again := putDeployAccount(t, last, connectAccount("shop")); again.Fingerprint != a.Fingerprint || !again.UpdatedAt.Equal(a.UpdatedAt.Time) {
			t.Errorf("the same secret has the fingerprint %s, before it was %s", again.Fingerprint, a.Fingerprint)
		}
	})
}

// Every column that is sealed by the keys file is sealed anew: one that is forgotten would be lost with the old key.
func TestRewrapKnowsEverySealedColumn(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string, c *storetest.Clock) {
		s := storetest.OpenAt(t, database, c)
		db := raw(t, database)
		a := putDeployAccount(t, s, connectAccount("shop"))
		exec := func(query string, args ...any) {
			t.Helper()
			if _, err := db.Exec(query, args...); err != nil {
				t.Fatal(err)
			}
		}
		exec(`INSERT INTO connector_drafts (id, account_id, upstream_id, version, name, status, previewable, tag, has_changes, listed, document, seen_at, moved_at, created_at)
			VALUES ('d', $1, 'd', 1, 'd', 'Draft', 'none', 'v1', FALSE, FALSE, '{}', 1, 1, 1)`, a.ID)
		exec(`INSERT INTO value_sets (id, kind, name, sealed, created_at, updated_at) VALUES ('v', 'profile', 'v', $1, 1, 1)`, []byte("broken"))
		exec(`INSERT INTO operations (id, account_id, kind, subject_kind, state, body, sealed, actor_kind, created_at, updated_at)
			VALUES ('o', $1, 'draft.create', 'draft', 'waiting', '{}', $2, 'staff', 1, 1)`, a.ID, []byte("broken"))
		exec(`INSERT INTO pipelines (id, account_id, draft_id, tag, state, plan, sealed, actor_kind, created_at, updated_at)
			VALUES ('p', $1, 'd', 'v1', 'running', '{}', $2, 'staff', 1, 1)`, a.ID, []byte("broken"))
		for _, table := range []string{"value_sets", "operations", "pipelines"} {
			if _, err := s.Rewrap(ctx); err == nil {
				t.Errorf("what %s holds is not looked at", table)
			}
			exec(`UPDATE `+table+` SET sealed = $1`, []byte{})
		}
		if _, err := s.Rewrap(ctx); err != nil {
			t.Errorf("with nothing broken: %v", err)
		}
	})
}
