// Package pgtest gives tests a PostgreSQL of their own: a throw-away cluster, started once a test binary, reached by a
// Unix socket that nobody else can open, and gone when the binary ends, however it ends.
package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver named "pgx"
)

// cluster is a running PostgreSQL.
type cluster struct {
	dir   string // holds the data and the socket
	admin *sql.DB
	life  io.Closer    // held so that no garbage collection closes it: the end of this process does
	last  atomic.Int64 // number of the last database made

	mu        sync.Mutex
	templates map[string]error // by name: how filling it went
}

var shared = sync.OnceValues(start)

// URL is the address of a fresh, empty database, which is dropped when the test ends. It fails the test, and says what to
// install, where PostgreSQL is missing.
func URL(t testing.TB) string {
	t.Helper()
	return running(t).create(t, "template0")
}

// Copy is like URL, but the database is a copy of a template that fill has filled: once a test binary for each name.
func Copy(t testing.TB, template string, fill func(url string) error) string {
	t.Helper()
	c := running(t)
	if err := c.fill(template, fill); err != nil {
		t.Fatalf("filling the template database %s: %v", template, err)
	}
	return c.create(t, template)
}

func running(t testing.TB) *cluster {
	t.Helper()
	c, err := shared()
	if err != nil {
		t.Fatalf("starting PostgreSQL for the tests: %v", err)
	}
	return c
}

func (c *cluster) create(t testing.TB, template string) string {
	t.Helper()
	name := fmt.Sprintf("test%d", c.last.Add(1))
	if err := c.exec("CREATE DATABASE " + name + " TEMPLATE " + template); err != nil {
		t.Fatalf("making a database: %v", err)
	}
	t.Cleanup(func() {
		if err := c.exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("dropping a database: %v", err)
		}
	})
	return c.url(name)
}

func (c *cluster) fill(name string, fill func(url string) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err, done := c.templates[name]; done {
		return err
	}
	err := c.exec("CREATE DATABASE " + name + " TEMPLATE template0")
	if err == nil {
		err = fill(c.url(name))
	}
	c.templates[name] = err
	return err
}

func (c *cluster) url(database string) string {
	query := url.Values{"host": {c.dir}, "user": {"postgres"}}
	return (&url.URL{Scheme: "postgres", Path: "/" + database, RawQuery: query.Encode()}).String()
}

func (c *cluster) exec(query string) error {
	_, err := c.admin.ExecContext(context.Background(), query)
	return err
}

// binaries finds the folder of the newest PostgreSQL server on this machine: Debian keeps it out of PATH.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if path := filepath.Join(dir, "initdb"); executable(path) {
			found = append(found, path)
		}
	}
	if len(found) == 0 {
		return "", errors.New("initdb is not here: install the PostgreSQL server (apt-get install postgresql), or put its bin folder into PATH")
	}
	return filepath.Dir(found[len(found)-1]), nil
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && info.Mode()&0o111 != 0
}
