package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings our tables and those of the jobs up to date. Processes that start together may do it at once:
// on PostgreSQL an advisory lock puts them in a row, on SQLite one process owns the file.
func (s *Store) migrate(ctx context.Context) error {
	unlock, err := s.migrationLock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	dialect := goose.DialectSQLite3
	if s.postgres {
		dialect = goose.DialectPostgres
	}
	ours, err := goose.NewProvider(dialect, s.writer, files)
	if err != nil {
		return err
	}
	if _, err := ours.Up(ctx); err != nil {
		return err
	}
	theirs, err := rivermigrate.New(s.jobDriver(), &rivermigrate.Config{Logger: quiet()})
	if err != nil {
		return err
	}
	_, err = theirs.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// migrationLock holds a connection of its own, since the lock belongs to the connection.
func (s *Store) migrationLock(ctx context.Context) (unlock func(), err error) {
	if !s.postgres {
		return func() {}, nil
	}
	var conn *sql.Conn
	if conn, err = s.writer.Conn(ctx); err != nil {
		return nil, err
	}
	const number = 7067842023 // any number that nothing else in the database locks
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, number); err != nil {
		return nil, fmt.Errorf("waiting for another process to migrate: %w", err)
	}
	return func() {
		conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, number) //nolint:errcheck // closing ends it too
		conn.Close()                                                                          //nolint:errcheck // nothing left to do
	}, nil
}
