package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/keyset"
)

// sealedByFile is every column that the keys file has sealed, with what joins a value to its row.
var sealedByFile = []struct{ table, column, before, after string }{
	{"accounts", "token", "accounts/", ""},
	{"accounts", "password", "accounts/", "/password"},
	{"accounts", "signing_key", "accounts/", "/signing_key"},
	{"session_keys", "keys", "session_keys/", ""},
	{"predefined_connections", "fixed", "predefined_connections/", ""},
	{"deploy_accounts", "secret", "deploy_accounts/", ""},
	{"deploy_accounts", "git_key", "deploy_accounts/", "/git_key"},
	{"fingerprint_keys", "sealed", "fingerprint_keys/", ""},
	{"value_sets", "sealed", "value_sets/", ""},
	{"operations", "sealed", "operations/", ""},
	{"pipelines", "sealed", "pipelines/", ""},
}

// Rewrapped is how much Rewrap has done.
type Rewrapped struct{ Workspaces, Values int }

// Rewrap wraps every data key, and seals everything that belongs to no workspace, by the key that the keys file seals with
// now. What changes meanwhile is left as it then is: it was sealed anew. Values under a workspace's data key stay untouched.
func (s *Store) Rewrap(ctx context.Context) (Rewrapped, error) {
	var done Rewrapped
	n, err := s.rewrap(ctx, "workspaces", "data_key", func(id string, old []byte) ([]byte, error) {
		return s.keys.keys.rewrapDataKey(id, old)
	})
	if err != nil {
		return done, err
	}
	done.Workspaces = n
	for _, c := range sealedByFile {
		n, err := s.rewrap(ctx, c.table, c.column, func(id string, old []byte) ([]byte, error) {
			text, err := s.keys.open(ctx, s.q, c.before+id+c.after, old)
			if err != nil {
				return nil, err
			}
			return s.keys.seal(ctx, s.q, "", c.before+id+c.after, text)
		})
		if err != nil {
			return done, err
		}
		done.Values += n
	}
	return done, nil
}

// rewrap seals one column anew, a row at a time, so that nobody waits for it.
func (s *Store) rewrap(ctx context.Context, table, column string, anew func(id string, old []byte) ([]byte, error)) (int, error) {
	what := "sealing " + table + " anew"
	ids, err := many(ctx, s.q, what, scalar[string], `SELECT id FROM `+table+` WHERE length(`+column+`) > 0 ORDER BY id`)
	if err != nil {
		return 0, err
	}
	done := 0
	for _, id := range ids {
		old, err := one(ctx, s.q, what, scalar[[]byte], `SELECT `+column+` FROM `+table+` WHERE id = $1`, id)
		if errors.Is(err, ErrNotFound) || err == nil && len(old) == 0 {
			continue
		}
		if err != nil {
			return done, err
		}
		now, err := anew(id, old)
		if err != nil {
			return done, err
		}
		err = s.Update(ctx, func(t *Tx) error {
			n, err := t.exec(ctx, what, `UPDATE `+table+` SET `+column+` = $2 WHERE id = $1 AND `+column+` = $3`, id, now, old)
			done += int(n)
			return err
		})
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// rewrapDataKey wraps a workspace's data key by the key that seals now.
func (k *Keys) rewrapDataKey(workspaceID string, wrapped []byte) ([]byte, error) {
	h, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), k, []byte(workspaceID))
	if err != nil {
		return nil, fmt.Errorf("opening the data key of workspace %s: %w", workspaceID, err)
	}
	return k.wrap(h, workspaceID)
}
