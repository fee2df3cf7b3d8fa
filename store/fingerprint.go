package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"portico/secret"
)

// fingerprintKeyID names the one key that fingerprints are made with.
const fingerprintKeyID = "secrets"

// fingerprintLength is how many characters a fingerprint has: enough to tell an installation's secrets apart.
const fingerprintLength = 16

// fingerprint is by what a secret is known again, "" for none. It is made with a key of this database's own, so that nobody
// who sees it can try out what the secret might be. That key is sealed as any other: fingerprints stay when the keys
// file's keys are rotated.
func (t *Tx) fingerprint(ctx context.Context, s secret.Text) (string, error) {
	if s == "" {
		return "", nil
	}
	key, err := t.fingerprintKey(ctx)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(s.Reveal())) //nolint:errcheck // a hash takes everything
	return hex.EncodeToString(mac.Sum(nil))[:fingerprintLength], nil
}

// fingerprintKey is the key of fingerprints, made when there is none: processes that start together find the same one.
func (t *Tx) fingerprintKey(ctx context.Context) (secret.Text, error) {
	fresh, err := t.keys.seal(ctx, t.q, "", "fingerprint_keys/"+fingerprintKeyID, secret.Text(random(32)))
	if err != nil {
		return "", err
	}
	if _, err := t.exec(ctx, "making the key of fingerprints", `
		INSERT INTO fingerprint_keys (id, sealed, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`, fingerprintKeyID, fresh, t.Now()); err != nil {
		return "", err
	}
	sealed, err := one(ctx, t.q, "reading the key of fingerprints", scalar[[]byte], `SELECT sealed FROM fingerprint_keys WHERE id = $1`, fingerprintKeyID)
	if err != nil {
		return "", err
	}
	return t.keys.open(ctx, t.q, "fingerprint_keys/"+fingerprintKeyID, sealed)
}
