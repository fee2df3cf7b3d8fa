package connectsim

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"time"
)

const (
	lowerAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
	tokenAlphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
)

// idShape is what IDs of the service look like, in any case; keyShape is what keys that people choose may look like.
var (
	idShape  = regexp.MustCompile(`^(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	keyShape = regexp.MustCompile(`^[A-Za-z0-9_-]{2,256}$`)
)

// randomText is n random characters of an alphabet.
func randomText(n int, alphabet string) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, says its documentation
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b)
}

// fingerprint is what is kept of a secret, so that a test can see what arrived and the file has no secret in it.
func fingerprint(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// stamp is a time as commercetools writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
