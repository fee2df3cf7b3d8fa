package store_test

import (
	"context"
	"errors"
	"testing"

	"portico/store"
	"portico/store/storetest"
)

// A zero byte in what a person sends is their browser's fault or an attacker's, never a fault of ours.
func TestZeroBytes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		_, err := s.Workspaces(context.Background(), "\x00", "", "", 10)
		if s.Postgres() != errors.Is(err, store.ErrInvalid) || (!s.Postgres() && err != nil) {
			t.Errorf("got %v", err)
		}
		err = s.Update(context.Background(), func(tx *store.Tx) error { return tx.AddAttempt(context.Background(), "a\x00b") })
		if s.Postgres() != errors.Is(err, store.ErrInvalid) || (!s.Postgres() && err != nil) {
			t.Errorf("got %v", err)
		}
	})
}
