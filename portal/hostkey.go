package portal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"portico/secret"
)

// The least that a key must have: bytes of a shared secret (RFC 7518, 3.2), bits of an RSA key (RFC 7518, 3.3).
const (
	leastSecret = 32
	leastRSA    = 2048
)

// HostKey checks what the host signed, with the one algorithm that it was made for: a public key that a token could
// also use as an HMAC secret would let anybody sign.
type HostKey struct {
	id        string // the token's kid; "" tries the key whatever kid a token names
	algorithm string
	key       any // as golang-jwt wants it
}

// Algorithm is the JWS name of the one algorithm that the key checks: EdDSA, ES256, RS256 or HS256.
func (k HostKey) Algorithm() string { return k.algorithm }

// ID is the key's kid, "" when it has none.
func (k HostKey) ID() string { return k.id }

// HostSecret makes a key for HS256 from a secret of at least 32 bytes that the host and the portal share.
func HostSecret(id string, s secret.Text) (HostKey, error) {
	if len(s) < leastSecret {
		return HostKey{}, fmt.Errorf("the host's secret has %d bytes, HS256 needs at least %d", len(s), leastSecret)
	}
	return HostKey{id: id, algorithm: jwt.SigningMethodHS256.Alg(), key: []byte(s.Reveal())}, nil
}

// HostPublicKey makes a key from an Ed25519 key (EdDSA), an ECDSA key on P-256 (ES256) or an RSA key of at least
// 2048 bits (RS256).
func HostPublicKey(id string, public crypto.PublicKey) (HostKey, error) {
	k := HostKey{id: id, key: public}
	switch key := public.(type) {
	case ed25519.PublicKey:
		k.algorithm = jwt.SigningMethodEdDSA.Alg()
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return HostKey{}, errors.New("the host's ECDSA key is not on P-256, which ES256 needs")
		}
		k.algorithm = jwt.SigningMethodES256.Alg()
	case *rsa.PublicKey:
		if key.N.BitLen() < leastRSA {
			return HostKey{}, fmt.Errorf("the host's RSA key has %d bits, RS256 needs at least %d", key.N.BitLen(), leastRSA)
		}
		k.algorithm = jwt.SigningMethodRS256.Alg()
	default:
		return HostKey{}, fmt.Errorf("a public key of type %T: Ed25519, ECDSA on P-256 and RSA are supported", public)
	}
	return k, nil
}

// HostKeys reads the public keys, or the certificates that hold them, of a PEM file. A PEM header "Key-ID" gives a key
// its kid.
func HostKeys(file []byte) ([]HostKey, error) {
	var keys []HostKey
	for {
		var block *pem.Block
		if block, file = pem.Decode(file); block == nil {
			break
		}
		public, err := publicKey(block)
		if err != nil {
			return nil, fmt.Errorf("key %d of the file: %w", len(keys)+1, err)
		}
		key, err := HostPublicKey(block.Headers["Key-ID"], public)
		if err != nil {
			return nil, fmt.Errorf("key %d of the file: %w", len(keys)+1, err)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("the file holds no public key in PEM format (-----BEGIN PUBLIC KEY-----)")
	}
	return keys, nil
}

func publicKey(block *pem.Block) (crypto.PublicKey, error) {
	switch block.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		return c.PublicKey, nil
	case "PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY":
		return nil, errors.New("a private key: it belongs to the host alone, the portal needs its public key")
	}
	return nil, fmt.Errorf("a PEM block %q is no public key", block.Type)
}
