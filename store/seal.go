package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"portico/secret"
)

// Keys is the keyset that wraps each workspace's data key and seals what belongs to no workspace.
type Keys struct {
	aead  tink.AEAD
	count int
}

// LoadKeys reads a keys file: a Tink AEAD keyset in clear JSON. Its first key seals, any key opens.
func LoadKeys(path string) (*Keys, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the keys file: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(f))
	if err != nil {
		return nil, fmt.Errorf("reading the keys file %s: %w", path, err)
	}
	a, err := aead.New(h)
	if err != nil {
		return nil, fmt.Errorf("using the keys file %s: %w", path, err)
	}
	return &Keys{aead: a, count: len(h.KeysetInfo().GetKeyInfo())}, nil
}

// CreateKeys writes a new keys file that only its owner can read. It never replaces a file: without the old keys
// all that they sealed is lost.
func CreateKeys(path string) error {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return fmt.Errorf("making keys: %w", err)
	}
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b)); err != nil {
		return fmt.Errorf("making keys: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("making the keys file: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("making the keys file: %w", err)
	}
	_, err = f.Write(b.Bytes())
	return errors.Join(err, f.Sync(), f.Close())
}

// newDataKey makes a workspace's data key, wrapped and bound to that workspace.
func (k *Keys) newDataKey(workspaceID string) ([]byte, error) {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("making a data key: %w", err)
	}
	var b bytes.Buffer
	if err := h.WriteWithAssociatedData(keyset.NewBinaryWriter(&b), k.aead, []byte(workspaceID)); err != nil {
		return nil, fmt.Errorf("wrapping a data key: %w", err)
	}
	return b.Bytes(), nil
}

func (k *Keys) openDataKey(workspaceID string, wrapped []byte) (tink.AEAD, error) {
	h, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), k.aead, []byte(workspaceID))
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
func (s *Store) SealingKeys() int { return s.keys.keys.count }

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
		return k.keys.aead, nil
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
