package pgtest_test

import (
	"database/sql"
	"testing"

	"portico/store/pgtest"
)

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() }) //nolint:errcheck // the database is dropped next
	return db
}

func TestEachDatabaseIsItsOwn(t *testing.T) {
	one, two := open(t, pgtest.URL(t)), open(t, pgtest.URL(t))
	if _, err := one.Exec(`CREATE TABLE things (id TEXT)`); err != nil {
		t.Fatal(err)
	}
	if _, err := two.Exec(`CREATE TABLE things (id TEXT)`); err != nil {
		t.Errorf("the second database has what the first made: %v", err)
	}
}

func TestCopyFillsOnce(t *testing.T) {
	filled := 0
	fill := func(url string) error {
		filled++
		db, err := sql.Open("pgx", url)
		if err != nil {
			return err
		}
		defer db.Close() //nolint:errcheck // Exec below says what matters
		_, err = db.Exec(`CREATE TABLE things AS SELECT 7 AS n`)
		return err
	}
	for range 2 {
		var n int
		if err := open(t, pgtest.Copy(t, "things", fill)).QueryRow(`SELECT n FROM things`).Scan(&n); err != nil || n != 7 {
			t.Errorf("a copy holds %d (%v), want 7", n, err)
		}
	}
	if filled != 1 {
		t.Errorf("the template was filled %d times, want once", filled)
	}
}
