package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"portico/secret"
)

// Keys are the API keys of the installation, hashed.
type Keys [][sha256.Size]byte

// NewKeys hashes keys; an empty one is none.
func NewKeys(keys []secret.Text) Keys {
	var all Keys
	for _, key := range keys {
		if key != "" {
			all = append(all, sha256.Sum256([]byte(key.Reveal())))
		}
	}
	return all
}

// Open says whether an Authorization header holds one of the keys. It takes as long whichever is compared, and however
// much of it fits.
func (k Keys) Open(authorization string) bool {
	scheme, key, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") || key == "" {
		return false
	}
	presented := sha256.Sum256([]byte(strings.TrimSpace(key)))
	found := 0
	for _, one := range k {
		found |= subtle.ConstantTimeCompare(one[:], presented[:])
	}
	return found == 1
}
