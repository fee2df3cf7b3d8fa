package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Keys is the keys file: the keyset that wraps each workspace's data key and seals what belongs to no workspace. It is read
// again when it has changed, so that keys are rotated without stopping. Keys implement tink.AEAD.
type Keys struct {
	path string
	mu   sync.RWMutex
	set  keysFile
}

// keysFile is what a keys file held when it was read.
type keysFile struct {
	aead  tink.AEAD
	count int
	read  fs.FileInfo
}

// LoadKeys reads a keys file: a Tink AEAD keyset in clear JSON. Its primary key seals, any key opens.
func LoadKeys(path string) (*Keys, error) {
	k := &Keys{path: path}
	_, err := k.reload()
	return k, err
}

// CreateKeys writes a new keys file that only its owner can read. It never replaces a file: without the old keys
// all that they sealed is lost.
func CreateKeys(path string) error {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return fmt.Errorf("making keys: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("making the keys file: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("making the keys file: %w", err)
	}
	return writeKeys(f, h)
}

// RotateKeys writes into a keys file which key seals from now on: a new one, or the one that PrepareKeys has added. What the
// others have sealed still opens.
func RotateKeys(path string) error {
	return changeKeys(path, func(m *keyset.Manager, h *keyset.Handle) error {
		info := h.KeysetInfo()
		newest := info.GetKeyInfo()[len(info.GetKeyInfo())-1].GetKeyId()
		if newest != info.GetPrimaryKeyId() {
			return m.SetPrimary(newest)
		}
		id, err := m.Add(aead.AES256GCMKeyTemplate())
		if err != nil {
			return err
		}
		return m.SetPrimary(id)
	})
}

// PrepareKeys adds a key to a keys file that seals nothing yet, so that the file can be brought to every machine first.
func PrepareKeys(path string) error {
	return changeKeys(path, func(m *keyset.Manager, _ *keyset.Handle) error {
		_, err := m.Add(aead.AES256GCMKeyTemplate())
		return err
	})
}

// DropKeys takes all keys but the one that seals out of a keys file: what they have sealed is lost. See Store.Rewrap.
func DropKeys(path string) error {
	return changeKeys(path, func(m *keyset.Manager, h *keyset.Handle) error {
		for _, key := range h.KeysetInfo().GetKeyInfo() {
			if key.GetKeyId() == h.KeysetInfo().GetPrimaryKeyId() {
				continue
			}
			if err := m.Delete(key.GetKeyId()); err != nil {
				return err
			}
		}
		return nil
	})
}

// changeKeys changes a keys file in one step: whoever reads it finds the old keys or the new. It stays its owner's, since the one
// who changes it may be another than the one who reads it.
func changeKeys(path string, change func(*keyset.Manager, *keyset.Handle) error) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("reading the keys file: %w", err)
	}
	h, err := readKeys(path)
	if err != nil {
		return err
	}
	m := keyset.NewManagerFromHandle(h)
	if err := change(m, h); err != nil {
		return fmt.Errorf("changing the keys file %s: %w", path, err)
	}
	if h, err = m.Handle(); err != nil {
		return fmt.Errorf("changing the keys file %s: %w", path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".keys-*")
	if err != nil {
		return fmt.Errorf("changing the keys file: %w", err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it has been renamed
	if err := likeFile(f, path); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := writeKeys(f, h); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// likeFile gives a new file the owner, the group and the rights of the one that it is to replace.
func likeFile(f *os.File, path string) error {
	was, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("changing the keys file: %w", err)
	}
	now, err := f.Stat()
	if err != nil {
		return fmt.Errorf("changing the keys file: %w", err)
	}
	w, wok := was.Sys().(*syscall.Stat_t)
	n, nok := now.Sys().(*syscall.Stat_t)
	if wok && nok && (w.Uid != n.Uid || w.Gid != n.Gid) {
		if err := f.Chown(int(w.Uid), int(w.Gid)); err != nil {
			return fmt.Errorf("changing the keys file as another user than its owner: %w", err)
		}
	}
	return f.Chmod(was.Mode().Perm())
}

func writeKeys(f *os.File, h *keyset.Handle) error {
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b)); err != nil {
		return errors.Join(fmt.Errorf("writing the keys file: %w", err), f.Close())
	}
	_, err := f.Write(b.Bytes())
	return errors.Join(err, f.Sync(), f.Close())
}

func readKeys(path string) (*keyset.Handle, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the keys file: %w", err)
	}
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(b)))
	if err != nil {
		return nil, fmt.Errorf("reading the keys file %s: %w", path, err)
	}
	return h, nil
}

// reload reads the keys file if it is not the one that was read last.
func (k *Keys) reload() (changed bool, err error) {
	info, err := os.Stat(k.path)
	if err != nil {
		return false, fmt.Errorf("reading the keys file: %w", err)
	}
	if last := k.current().read; last != nil && os.SameFile(last, info) && last.ModTime().Equal(info.ModTime()) && last.Size() == info.Size() {
		return false, nil
	}
	h, err := readKeys(k.path)
	if err != nil {
		return false, err
	}
	a, err := aead.New(h)
	if err != nil {
		return false, fmt.Errorf("using the keys file %s: %w", k.path, err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.set = keysFile{aead: a, count: len(h.KeysetInfo().GetKeyInfo()), read: info}
	return true, nil
}

func (k *Keys) current() keysFile {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.set
}

// Encrypt implements tink.AEAD.
func (k *Keys) Encrypt(plain, associated []byte) ([]byte, error) {
	return k.current().aead.Encrypt(plain, associated)
}

// Decrypt implements tink.AEAD. What does not open may be of a key that has come into the file since it was read.
func (k *Keys) Decrypt(sealed, associated []byte) ([]byte, error) {
	plain, err := k.current().aead.Decrypt(sealed, associated)
	if err == nil {
		return plain, nil
	}
	if changed, rerr := k.reload(); rerr != nil || !changed {
		return nil, err
	}
	return k.current().aead.Decrypt(sealed, associated)
}

// ReloadKeys reads the keys file again if it has changed, so that what is sealed from now on is sealed by its newest key.
func (s *Store) ReloadKeys() error {
	_, err := s.keys.keys.reload()
	return err
}
