package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"portico/secret"
	"portico/store"
)

// hostKeyID names the sample host's key in the tokens that it signs.
const hostKeyID = "sandbox"

// sandboxSecrets are those of the sandbox's own, kept in its folder; they open nothing anywhere else.
type sandboxSecrets struct {
	hostKey       ed25519.PrivateKey // signs the sample host's tokens
	apiKey        secret.Text
	adminPassword secret.Text
}

// readSecrets finds the secrets in a folder, and makes those that are not there.
func readSecrets(dir string) (sandboxSecrets, error) {
	var s sandboxSecrets
	if err := store.CreateKeys(filepath.Join(dir, "keys.json")); err != nil && !errors.Is(err, fs.ErrExist) {
		return s, err
	}
	text := func() ([]byte, error) { return []byte(rand.Text() + rand.Text() + "\n"), nil }
	apiKey, err := keep(filepath.Join(dir, "api-key"), text)
	if err != nil {
		return s, err
	}
	password, err := keep(filepath.Join(dir, "admin-password"), func() ([]byte, error) { return []byte(rand.Text()[:16] + "\n"), nil })
	if err != nil {
		return s, err
	}
	s.apiKey, s.adminPassword = secret.Text(strings.TrimSpace(string(apiKey))), secret.Text(strings.TrimSpace(string(password)))
	hostKey, err := keep(filepath.Join(dir, "host-key.pem"), newHostKey)
	if err != nil {
		return s, err
	}
	s.hostKey, err = parseHostKey(hostKey)
	return s, err
}

// keep reads a file, which is made and can be read by its owner alone when it is not there.
func keep(path string, fresh func() ([]byte, error)) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		return b, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading a secret of the sandbox: %w", err)
	}
	if b, err = fresh(); err == nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("making a secret of the sandbox: %w", err)
	}
	return b, nil
}

func newHostKey() ([]byte, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func parseHostKey(file []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(file)
	if block == nil {
		return nil, errors.New("the sample host's key is no PEM block")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading the sample host's key: %w", err)
	}
	ed, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the sample host's key is a %T, not an Ed25519 key", key)
	}
	return ed, nil
}
