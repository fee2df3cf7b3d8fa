// Package storetest opens stores for tests: on SQLite, on PostgreSQL, or a test on both.
package storetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"portico/store"
	"portico/store/pgtest"
)

// Clock is a clock that stands still until it is moved. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now is the time on the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// NewClock is a clock that stands at a time in 2026.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)} }

// Each runs a test on SQLite and on PostgreSQL, each time with an empty store and a clock of its own.
func Each(t *testing.T, test func(t *testing.T, s *store.Store, c *Clock)) {
	t.Helper()
	EachDatabase(t, func(t *testing.T, database string, c *Clock) { test(t, OpenAt(t, database, c), c) })
}

// EachDatabase runs a test on SQLite and on PostgreSQL that opens its stores itself.
func EachDatabase(t *testing.T, test func(t *testing.T, database string, c *Clock)) {
	t.Helper()
	for name, database := range map[string]func(testing.TB) string{"sqlite": SQLite, "postgres": Postgres} {
		t.Run(name, func(t *testing.T) { test(t, database(t), NewClock()) })
	}
}

// Open opens an empty store on SQLite.
func Open(t testing.TB) (*store.Store, *Clock) {
	t.Helper()
	c := NewClock()
	return OpenAt(t, SQLite(t), c), c
}

// OpenAt opens the store of a database with the test keys, until the test ends.
func OpenAt(t testing.TB, database string, c *Clock) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{Database: database, Keys: Keys(t), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	return s
}

// SQLite is the path of a migrated, empty database file.
func SQLite(t testing.TB) string {
	t.Helper()
	raw, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "portico.db")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// migrated is the content of a migrated, empty database file, which takes longer to make than most tests do.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "portico-migrated-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the folder of a test
	keys, err := keys()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "portico.db")
	s, err := store.Open(context.Background(), store.Options{Database: path, Keys: keys})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// Postgres is the address of a migrated, empty database.
func Postgres(t testing.TB) string {
	t.Helper()
	return pgtest.Copy(t, "portico", func(url string) error {
		keys, err := keys()
		if err != nil {
			return err
		}
		s, err := store.Open(context.Background(), store.Options{Database: url, Keys: keys})
		if err != nil {
			return err
		}
		return s.Close()
	})
}

// Keys are the same for every store of a test binary.
func Keys(t testing.TB) *store.Keys {
	t.Helper()
	k, err := keys()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var keys = sync.OnceValues(func() (*store.Keys, error) {
	dir, err := os.MkdirTemp("", "portico-keys-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the folder of a test
	path := filepath.Join(dir, "keys.json")
	if err := store.CreateKeys(path); err != nil {
		return nil, fmt.Errorf("making the keys of the tests: %w", err)
	}
	return store.LoadKeys(path)
})
