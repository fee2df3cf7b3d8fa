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
