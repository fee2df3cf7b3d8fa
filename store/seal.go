package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"portico/secret"
)

// newDataKey makes a workspace's data key, wrapped and bound to that workspace.
func (k *Keys) newDataKey(workspaceID string) ([]byte, error) {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("making a data key: %w", err)
	}
	return k.wrap(h, workspaceID)
}

// wrap wraps a workspace's data key, bound to that workspace.
func (k *Keys) wrap(h *keyset.Handle, workspaceID string) ([]byte, error) {
	var b bytes.Buffer
	if err := h.WriteWithAssociatedData(keyset.NewBinaryWriter(&b), k, []byte(workspaceID)); err != nil {
		return nil, fmt.Errorf("wrapping a data key: %w", err)
	}
	return b.Bytes(), nil
}

func (k *Keys) openDataKey(workspaceID string, wrapped []byte) (tink.AEAD, error) {
	h, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), k, []byte(workspaceID))
	if err != nil {
		return nil, fmt.Errorf("opening the data key of workspace %s: %w", workspaceID, err)
	}
	return aead.New(h)
}

// keyring finds the key that seals for a workspace and keeps the data keys it has opened.
type keyring struct {
	keys   *Keys
	opened sync.Map // workspace ID to tink.AEAD
}

func newKeyring(keys *Keys) *keyring { return &keyring{keys: keys} }

// SealingKeys counts the keys of the keys file: one, or more while they are being rotated.
func (s *Store) SealingKeys() int { return s.keys.keys.current().count }

// A sealed value is the name of its key, a zero byte, and what Tink made of it: the name is "portico" for the keys
// file, else the workspace whose data key it is.
const masterKey = "portico"

// seal seals text for a workspace ("" = the keys file) so that it opens in that row alone.
func (k *keyring) seal(ctx context.Context, q queryer, workspaceID, row string, text secret.Text) ([]byte, error) {
	if text == "" {
		return []byte{}, nil
	}
	name := cmp.Or(workspaceID, masterKey)
	a, err := k.key(ctx, q, name)
	if err != nil {
		return nil, err
	}
	sealed, err := a.Encrypt([]byte(text.Reveal()), []byte(row))
	if err != nil {
		return nil, fmt.Errorf("sealing %s: %w", row, err)
	}
	return append(append([]byte(name), 0), sealed...), nil
}

// open opens what seal made for the same row.
func (k *keyring) open(ctx context.Context, q queryer, row string, sealed []byte) (secret.Text, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	name, body, ok := bytes.Cut(sealed, []byte{0})
	if !ok {
		return "", fmt.Errorf("opening %s: it names no key", row)
	}
	a, err := k.key(ctx, q, string(name))
	if err != nil {
		return "", err
	}
	plain, err := a.Decrypt(body, []byte(row))
	if err != nil {
		return "", fmt.Errorf("opening %s: the keys file does not fit, or the row was changed by hand: %w", row, err)
	}
	return secret.Text(plain), nil
}

func (k *keyring) key(ctx context.Context, q queryer, name string) (tink.AEAD, error) {
	if name == masterKey {
		return k.keys, nil
	}
	if a, ok := k.opened.Load(name); ok {
		return a.(tink.AEAD), nil
	}
	wrapped, err := one(ctx, q, "reading a data key", scalar[[]byte], `SELECT data_key FROM workspaces WHERE id = $1`, name)
	if err != nil {
		return nil, err
	}
	a, err := k.keys.openDataKey(name, wrapped)
	if err != nil {
		return nil, err
	}
	k.opened.Store(name, a)
	return a, nil
}

// random returns n random bytes.
func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) //nolint:errcheck // it never fails, see crypto/rand
	return b
}
