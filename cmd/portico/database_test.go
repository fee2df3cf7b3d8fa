package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"portico/store"
)

// What people have connected is nobody else's to read on the machine, in whichever folder the file is.
func TestDatabaseIsReadByItsOwnerAlone(t *testing.T) {
	folder := t.TempDir()
	keys, database := filepath.Join(folder, "keys.json"), filepath.Join(folder, "portico.db")
	if err := store.CreateKeys(keys); err != nil {
		t.Fatal(err)
	}
	s, err := openStore(t.Context(), database, keys, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []string{database, database + "-wal"} {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) && name != database {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s has the rights %o, want 600", filepath.Base(name), got)
		}
	}
}

// Whoever takes a platform out of the configuration sends nobody there any more.
func TestAccountsThatAreNoLongerConfigured(t *testing.T) {
	folder := t.TempDir()
	keys := filepath.Join(folder, "keys.json")
	if err := store.CreateKeys(keys); err != nil {
		t.Fatal(err)
	}
	s, err := openStore(t.Context(), filepath.Join(folder, "portico.db"), keys, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
	tray := store.Account{Platform: store.PlatformTray, Name: "main", UserScope: store.ScopeUser, IsDefault: true}
	pieces := store.Account{Platform: store.PlatformActivepieces, Name: "activepieces", UserScope: store.ScopeWorkspace, IsDefault: true}
	for _, configured := range [][]store.Account{{tray, pieces}, {pieces}} {
		if err := putAccounts(t.Context(), s, configured, nil); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.Accounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[0].Name != "activepieces" || !all[0].IsDefault || all[1].IsDefault {
		t.Errorf("got %v, want the default to be activepieces alone", all)
	}
	tray.Name = pieces.Name
	if err := putAccounts(t.Context(), s, []store.Account{tray}, nil); !errors.Is(err, store.ErrOtherPlatform) {
		t.Errorf("a Tray account named as the Activepieces one: got %v, want that the name is taken", err)
	}
}
