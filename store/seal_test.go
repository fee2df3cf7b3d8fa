package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"portico/secret"
	"portico/store"
	"portico/store/storetest"
)

var ctx = context.Background()

// raw opens a database beside the store, for what a thief or a careless hand would do.
func raw(t *testing.T, database string) *sql.DB {
	t.Helper()
	driver := "sqlite"
	if strings.HasPrefix(database, "postgres") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() }) //nolint:errcheck // nothing is left to do
	return db
}

// swap exchanges a column of two rows.
func swap(t *testing.T, db *sql.DB, table, column, one, other string) {
	t.Helper()
	read := func(id string) (v []byte) {
		if err := db.QueryRow(`SELECT `+column+` FROM `+table+` WHERE id = $1`, id).Scan(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	a, b := read(one), read(other)
	for id, v := range map[string][]byte{one: b, other: a} {
		if _, err := db.Exec(`UPDATE `+table+` SET `+column+` = $2 WHERE id = $1`, id, v); err != nil {
			t.Fatal(err)
		}
	}
}

func putToken(t *testing.T, s *store.Store, i store.Identity, token secret.Text) {
	t.Helper()
	storetest.Update(t, s, func(tx *store.Tx) error { return tx.SetIdentityToken(ctx, i, token, s.Now().Time) })
}

func token(t *testing.T, s *store.Store, id string) (secret.Text, error) {
	t.Helper()
	i, err := s.Identity(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return s.IdentityToken(ctx, i)
}

func TestSealedValueOpensInItsRowAlone(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string, c *storetest.Clock) {
		s := storetest.OpenAt(t, database, c)
		w := storetest.Workspace(t, s, storetest.Account(t, s, "main"), "acme")
		one := storetest.Identity(t, s, w, storetest.User(t, s, w, "ann", store.RoleMember))
		other := storetest.Identity(t, s, w, storetest.User(t, s, w, "bob", store.RoleMember))
		putToken(t, s, one, "token-of-ann")
		putToken(t, s, other, "token-of-bob")
		if got, err := token(t, s, one.ID); err != nil || got.Reveal() != "token-of-ann" {
			t.Fatalf("the token comes back as %d bytes, %v", len(got.Reveal()), err)
		}
		swap(t, raw(t, database), "identities", "token", one.ID, other.ID)
		for _, id := range []string{one.ID, other.ID} {
			if got, err := token(t, s, id); err == nil || got != "" {
				t.Errorf("a token moved to another row opens (%v)", err)
			}
		}
	})
}

func TestSealedNowhereInClear(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string, c *storetest.Clock) {
		s := storetest.OpenAt(t, database, c)
		a := storetest.Account(t, s, "main")
		w := storetest.Workspace(t, s, a, "acme")
		i := storetest.Identity(t, s, w, storetest.User(t, s, w, "ann", store.RoleMember))
		putToken(t, s, i, "token-of-ann")
		for _, q := range []struct{ query, id, plain, key string }{
			{`SELECT token FROM accounts WHERE id = $1`, a.ID, a.Token.Reveal(), "portico"},
			{`SELECT token FROM identities WHERE id = $1`, i.ID, "token-of-ann", w.ID},
		} {
			var sealed []byte
			if err := raw(t, database).QueryRow(q.query, q.id).Scan(&sealed); err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(sealed, []byte(q.plain)) || len(sealed) <= len(q.plain) {
				t.Errorf("%s: not sealed", q.query)
			}
			if name, _, ok := bytes.Cut(sealed, []byte{0}); !ok || string(name) != q.key {
				t.Errorf("%s: names the key %q, want %q", q.query, name, q.key)
			}
		}
	})
}

func TestEmptyTokenIsForgotten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w := storetest.Workspace(t, s, storetest.Account(t, s, "main"), "acme")
		i := storetest.Identity(t, s, w, storetest.User(t, s, w, "ann", store.RoleMember))
		putToken(t, s, i, "token-of-ann")
		putToken(t, s, i, "")
		if got, err := token(t, s, i.ID); got != "" || err != nil {
			t.Errorf("a forgotten token is still there (%v)", err)
		}
	})
}

// rotated writes a copy of a keys file with a new first key and returns its path; without old, only the new key is in it.
func rotated(t *testing.T, path string, old bool) string {
	t.Helper()
	must := storetest.Must[*keyset.Handle](t)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	h := must(insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(b))))
	m := keyset.NewManagerFromHandle(h)
	if !old {
		m = keyset.NewManager()
	}
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.SetPrimary(id); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := insecurecleartextkeyset.Write(must(m.Handle()), keyset.NewJSONWriter(&out)); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "rotated.json")
	if err := os.WriteFile(name, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func openWith(t *testing.T, database, keys string, c *storetest.Clock) (*store.Store, error) {
	t.Helper()
	k, err := store.LoadKeys(keys)
	if err != nil {
		t.Fatal(err)
	}
	return store.Open(ctx, store.Options{Database: database, Keys: k, Now: c.Now})
}

func TestRotatedAndLostKeys(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string, c *storetest.Clock) {
		path := filepath.Join(t.TempDir(), "keys", "keys.json")
		if err := store.CreateKeys(path); err != nil {
			t.Fatal(err)
		}
		must := storetest.Must[*store.Store](t)
		s := must(openWith(t, database, path, c))
		w := storetest.Workspace(t, s, storetest.Account(t, s, "main"), "acme")
		i := storetest.Identity(t, s, w, storetest.User(t, s, w, "ann", store.RoleMember))
		putToken(t, s, i, "token-of-ann")
		s.Close() //nolint:errcheck // opened again below

		s = must(openWith(t, database, rotated(t, path, true), c))
		if got, err := token(t, s, i.ID); err != nil || got.Reveal() != "token-of-ann" {
			t.Errorf("with a new first key the old token does not open: %v", err)
		}
		storetest.Account(t, s, "second")
		s.Close() //nolint:errcheck // opened again below

		if _, err := openWith(t, database, path, c); err == nil {
			t.Error("a database with values of a newer key opens with the old keys file")
		}
		if _, err := openWith(t, database, rotated(t, path, false), c); err == nil || !strings.Contains(err.Error(), "keys file") {
			t.Errorf("without the key it was sealed with the database opens: %v", err)
		}
	})
}

func TestDataKeyBelongsToItsWorkspace(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string, c *storetest.Clock) {
		s := storetest.OpenAt(t, database, c)
		a := storetest.Account(t, s, "main")
		one, other := storetest.Workspace(t, s, a, "acme"), storetest.Workspace(t, s, a, "globex")
		swap(t, raw(t, database), "workspaces", "data_key", one.ID, other.ID)
		if _, err := store.Open(ctx, store.Options{Database: database, Keys: storetest.Keys(t)}); err == nil {
			t.Error("a data key moved to another workspace opens")
		}
	})
}

func TestCreateKeysReplacesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := store.CreateKeys(path); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.CreateKeys(path); err == nil {
		t.Error("a second CreateKeys replaces the first's file")
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the keys file has changed (%v)", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the keys file can be read by others: %v %v", info.Mode(), err)
	}
}

// A keys file that an admin has rotated can be read by whom it could be read by before, and where it was.
func TestRotatedFileIsWhoseItWas(t *testing.T) {
	real, path := filepath.Join(t.TempDir(), "real.json"), filepath.Join(t.TempDir(), "keys.json")
	if err := errors.Join(store.CreateKeys(real), os.Chmod(real, 0o640), os.Symlink(real, path)); err != nil {
		t.Fatal(err)
	}
	owner := os.Getuid()
	if owner == 0 { // as when an admin does it for the service's user
		owner = 12345
		if err := os.Chown(real, owner, owner); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.RotateKeys(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(real)
	if err != nil {
		t.Fatal(err)
	}
	if uid := int(info.Sys().(*syscall.Stat_t).Uid); uid != owner || info.Mode().Perm() != 0o640 {
		t.Errorf("got the owner %d and the rights %o, want %d and 640", uid, info.Mode().Perm(), owner)
	}
	if link, err := os.Readlink(path); err != nil || link != real {
		t.Errorf("the link leads to %q (%v), want %q", link, err, real)
	}
}

// Keys are rotated while a process works on: it reads the new file by itself, and what was sealed stays readable.
func TestRotateWithoutStopping(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string, c *storetest.Clock) {
		path := filepath.Join(t.TempDir(), "keys.json")
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		ok(store.CreateKeys(path))
		must := storetest.Must[*store.Store](t)
		working := must(openWith(t, database, path, c))
		defer working.Close() //nolint:errcheck // the test is over
		a := storetest.Account(t, working, "main")
		w := storetest.Workspace(t, working, a, "acme")
		i := storetest.Identity(t, working, w, storetest.User(t, working, w, "ann", store.RoleMember))
		putToken(t, working, i, "token-of-ann")

		ok(store.PrepareKeys(path))
		ok(store.RotateKeys(path))
		other := must(openWith(t, database, path, c))
		defer other.Close() //nolint:errcheck // the test is over
		done, err := other.Rewrap(ctx)
		if err != nil || done.Workspaces != 1 || done.Values < 1 {
			t.Fatalf("got %+v, %v", done, err)
		}
		storetest.Account(t, other, "sealed-by-the-new-key")
		if all, err := working.Accounts(ctx); err != nil || len(all) != 2 {
			t.Errorf("the process that works on opens %d accounts: %v", len(all), err)
		}
		ok(working.ReloadKeys())
		if n := working.SealingKeys(); n != 2 {
			t.Errorf("it knows %d keys, want 2", n)
		}

		ok(store.DropKeys(path))
		last := must(openWith(t, database, path, c))
		defer last.Close() //nolint:errcheck // the test is over
		if got, err := token(t, last, i.ID); err != nil || got.Reveal() != "token-of-ann" {
			t.Errorf("without the old key the token does not open: %v", err)
		}
		if n := last.SealingKeys(); n != 1 {
			t.Errorf("got %d keys, want 1", n)
		}
	})
}
