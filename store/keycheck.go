package store

import (
	"context"
	"errors"
)

// checkKeys opens one of each that the keys file has sealed, so that a wrong file is told at the start and not to
// whoever comes first.
func (s *Store) checkKeys(ctx context.Context) error {
	if _, err := s.Accounts(ctx); err != nil {
		return err
	}
	if _, err := s.AllDeployAccounts(ctx); err != nil {
		return err
	}
	if _, err := s.SessionKeys(ctx); err != nil {
		return err
	}
	id, err := one(ctx, s.q, "reading a workspace", scalar[string], `SELECT id FROM workspaces ORDER BY id LIMIT 1`)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = s.keys.key(ctx, s.q, id)
	return err
}
