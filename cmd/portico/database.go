package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"portico/store"
)

func isPostgres(database string) bool { return strings.HasPrefix(database, "postgres") }

// openStore opens the database with the keys of a file.
func openStore(ctx context.Context, database, keysFile string, now func() time.Time) (*store.Store, error) {
	keys, err := store.LoadKeys(keysFile)
	if err != nil {
		return nil, err
	}
	if !isPostgres(database) {
		if err := os.MkdirAll(filepath.Dir(database), 0o700); err != nil {
			return nil, fmt.Errorf("making the data folder: %w", err)
		}
		if err := ownFile(database); err != nil {
			return nil, err
		}
	}
	return store.Open(ctx, store.Options{Database: database, Keys: keys, Now: now})
}

// ownFile makes a database file that its owner alone can read, where there is none; SQLite would let everybody read it, and
// gives the files beside it the same rights.
func ownFile(database string) error {
	f, err := os.OpenFile(database, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("making the database: %w", err)
	}
	return f.Close()
}

// ownStore opens the database for a process that works on its jobs. A SQLite file is this process's alone from then on,
// and free of what a killed one held.
func ownStore(ctx context.Context, database, keysFile string, now func() time.Time) (s *store.Store, done func() error, err error) {
	unlock := func() {}
	if !isPostgres(database) {
		if err := os.MkdirAll(filepath.Dir(database), 0o700); err != nil {
			return nil, nil, fmt.Errorf("making the data folder: %w", err)
		}
		if unlock, err = lock(database); err != nil {
			return nil, nil, err
		}
	}
	if s, err = openStore(ctx, database, keysFile, now); err != nil {
		unlock()
		return nil, nil, err
	}
	done = func() error { defer unlock(); return s.Close() }
	if err = s.TakeOver(ctx); err != nil {
		return nil, nil, errors.Join(err, done())
	}
	return s, done, nil
}

// putAccounts stores the accounts as they are configured, and has copied what was never copied. Nothing new comes to an account
// that is no longer configured.
func putAccounts(ctx context.Context, s *store.Store, accounts []store.Account, deploy []store.DeployAccount) error {
	return s.Update(ctx, func(tx *store.Tx) error {
		if err := putDeployAccounts(ctx, tx, deploy); err != nil {
			return err
		}
		names := make([]string, len(accounts))
		for n, a := range accounts {
			names[n] = a.Name
		}
		if err := tx.RetireAccounts(ctx, names); err != nil {
			return err
		}
		for _, a := range accounts {
			a, err := tx.PutAccount(ctx, a)
			if errors.Is(err, store.ErrOtherPlatform) {
				return fmt.Errorf("%w; give the one that is configured another name", err)
			}
			if err != nil {
				return err
			}
			if err := firstCopy(ctx, tx, a); err != nil {
				return err
			}
		}
		return tx.RotateSessionKeys(ctx)
	})
}

// putDeployAccounts stores the accounts to deploy to as they are configured. Nothing is sent with one that is no longer.
func putDeployAccounts(ctx context.Context, tx *store.Tx, accounts []store.DeployAccount) error {
	names := make([]string, len(accounts))
	for n, a := range accounts {
		names[n] = a.Name
	}
	if err := tx.RetireDeployAccounts(ctx, names); err != nil {
		return err
	}
	for _, a := range accounts {
		_, err := tx.PutDeployAccount(ctx, a)
		if errors.Is(err, store.ErrOtherPlace) {
			return fmt.Errorf("%w; give the one that is configured another name", err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func firstCopy(ctx context.Context, tx *store.Tx, a store.Account) error {
	catalogue, err := tx.Sync(ctx, a.ID, store.SyncedCatalogue)
	if err != nil {
		return err
	}
	if catalogue.DoneAt.IsZero() {
		if err := tx.Enqueue(ctx, store.SyncCatalogue{AccountID: a.ID}, time.Time{}); err != nil {
			return err
		}
	}
	instances, err := tx.Sync(ctx, a.ID, store.SyncedInstances)
	if err == nil && instances.DoneAt.IsZero() {
		err = tx.Enqueue(ctx, store.SyncInstances{AccountID: a.ID}, time.Time{})
	}
	return err
}
