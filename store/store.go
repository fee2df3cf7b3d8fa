// Package store is what Portico knows: accounts, customers, the catalogue, instances and what happened to them,
// in SQLite or PostgreSQL through one SQL dialect. Secrets are sealed before they reach a row.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver named "pgx"
	"github.com/riverqueue/river"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrNotFound says that no row answers the question, or none that the asker may see.
var ErrNotFound = errors.New("not found")

// ErrExists says that a row which has to be unique is there already. Unless a method says otherwise, the transaction that
// met it can only be rolled back: PostgreSQL takes nothing more from it.
var ErrExists = errors.New("exists already")

// ErrInvalid says that a text cannot be kept: PostgreSQL takes no zero bytes and nothing that is not UTF-8.
var ErrInvalid = errors.New("not a text")

// Options say where the store is and what it needs to open it.
type Options struct {
	Database string           // a postgres:// URL, or the path of a SQLite file
	Keys     *Keys            // seal secrets; see LoadKeys
	Now      func() time.Time // the program's clock
}

// Store answers questions from the readers; what changes goes through Update.
type Store struct {
	reads
	writer  *sql.DB
	writes  *prepared // the writer's, on SQLite
	readers *sql.DB
	jobs    *river.Client[*sql.Tx]
}

// reads holds every question; on a Store it asks the readers, on a Tx the transaction.
type reads struct {
	q        queryer
	keys     *keyring
	now      func() time.Time
	postgres bool
	accounts *accountLists
	ids      *idSource
}

type queryer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Open opens the database, brings its schema up to date and checks that the keys open what it holds.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Store{reads: reads{now: o.Now, postgres: strings.HasPrefix(o.Database, "postgres"), accounts: &accountLists{}, ids: newIDSource()}}
	if err := s.connect(o.Database); err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	s.q, s.keys = s.readers, newKeyring(o.Keys)
	if !s.postgres {
		s.q, s.writes = &prepared{DB: s.readers}, &prepared{DB: s.writer}
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("migrating the database: %w", err), s.Close())
	}
	jobs, err := s.newJobs()
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.jobs = jobs
	if err := s.checkKeys(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the keys file does not open this database: %w", err), s.Close())
	}
	return s, nil
}

func (s *Store) connect(database string) error {
	var err error
	if s.postgres {
		if s.writer, err = sql.Open("pgx", database); err != nil {
			return err
		}
		s.writer.SetMaxOpenConns(24)
		s.writer.SetMaxIdleConns(24)
		s.readers = s.writer
		return s.writer.Ping()
	}
	// One writer and a pool of readers: SQLite lets one write at a time, and readers do not wait for it under WAL.
	if s.writer, err = openSQLite(database, "_txlock=immediate"); err != nil {
		return err
	}
	s.writer.SetMaxOpenConns(1)
	if err := s.writer.Ping(); err != nil {
		return err
	}
	if s.readers, err = openSQLite(database, "_pragma=query_only(1)"); err != nil {
		return err
	}
	s.readers.SetMaxOpenConns(4)
	s.readers.SetMaxIdleConns(4)
	return s.readers.Ping()
}

func openSQLite(path, more string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	dsn := url.URL{Scheme: "file", Path: abs, RawQuery: strings.Join([]string{
		"_pragma=journal_mode(WAL)", "_pragma=synchronous(NORMAL)", "_pragma=busy_timeout(5000)",
		"_pragma=foreign_keys(1)", "_pragma=cache_size(-2000)", "_pragma=temp_store(2)", more,
	}, "&")}
	return sql.Open("sqlite", dsn.String())
}

// Postgres says whether several processes may share this store; on SQLite one process owns the file.
func (s *Store) Postgres() bool { return s.postgres }

// Close ends the connections. Callers have stopped the jobs and the server before.
func (s *Store) Close() error {
	if s.readers == nil || s.readers == s.writer {
		return s.writer.Close()
	}
	return errors.Join(s.readers.Close(), s.writer.Close())
}

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return s.readers.QueryRowContext(ctx, `SELECT 1`).Scan(&one)
}

// Tx is a transaction: every question, and every change.
type Tx struct {
	reads
	tx   *sql.Tx
	jobs *river.Client[*sql.Tx]

	accountsPut bool
}

// Update runs do in one transaction: all that it writes is kept, or nothing.
func (s *Store) Update(ctx context.Context, do func(*Tx) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing is left to roll back after a commit
	t := &Tx{reads: s.reads, tx: tx, jobs: s.jobs}
	t.q = tx
	lite := &preparedTx{Tx: tx, p: s.writes}
	if !s.postgres {
		t.q = lite
	}
	if err := do(t); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	if t.accountsPut {
		s.accounts.forget()
	}
	lite.keep(ctx)
	return nil
}

// exec runs a statement and says how many rows it changed.
func (t *Tx) exec(ctx context.Context, what, query string, args ...any) (int64, error) {
	r, err := t.q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, known(err))
	}
	n, err := r.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return n, nil
}

// exec1 runs a statement that has to change a row; ErrNotFound when it changes none.
func (t *Tx) exec1(ctx context.Context, what, query string, args ...any) error {
	n, err := t.exec(ctx, what, query, args...)
	if err == nil && n == 0 {
		return fmt.Errorf("%s: %w", what, ErrNotFound)
	}
	return err
}

type row interface{ Scan(dest ...any) error }

// one reads the row that answers; ErrNotFound when there is none.
func one[T any](ctx context.Context, q queryer, what string, scan func(row) (T, error), query string, args ...any) (T, error) {
	v, err := scan(q.QueryRowContext(ctx, query, args...))
	if err != nil {
		return v, fmt.Errorf("%s: %w", what, known(err))
	}
	return v, nil
}

// many reads every row that answers.
func many[T any](ctx context.Context, q queryer, what string, scan func(row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, known(err))
	}
	defer rows.Close() //nolint:errcheck // Err below says what matters
	var vs []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		vs = append(vs, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", what, known(err))
	}
	return vs, nil
}

// scalar scans one column.
func scalar[T any](r row) (T, error) {
	var v T
	err := r.Scan(&v)
	return v, err
}

// known turns what the two databases say into the errors of this package.
func known(err error) error {
	var lite *sqlite.Error
	var pg *pgconn.PgError
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	case errors.As(err, &lite) && (lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY):
		return fmt.Errorf("%w: %w", ErrExists, err)
	case errors.As(err, &pg) && pg.Code == "23505":
		return fmt.Errorf("%w: %w", ErrExists, err)
	case errors.As(err, &pg) && pg.Code == "22021":
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return err
}
