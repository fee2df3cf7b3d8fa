package piecesim

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"slices"
	"time"
)

// signingBits is the size of the keys made here. Activepieces makes keys of 4096 bits; half of it signs the same way and
// does not hold a test up for seconds.
const signingBits = 2048

// signingFeature is the flag of the plan without which there are no signing keys.
const signingFeature = "embeddingEnabled"

// signingKey is a key with which the host signs its users' tokens. The real server forgets the private half once it has
// told it; here it is kept, so that a sandbox that is started again still knows the key it has given out.
type signingKey struct {
	ID          string
	DisplayName string
	Private     string // PEM, PKCS#1
	Created     time.Time
}

func (k *signingKey) pair() (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(k.Private))
	if block == nil {
		return nil, errors.New("the signing key cannot be read")
	}
	return x509.ParsePKCS1PrivateKey(block.Bytes)
}

// view is a key as the API shows it. Shape from source: no recording has one.
func (k *signingKey) view(st *state) (object, error) {
	pair, err := k.pair()
	if err != nil {
		return nil, err
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&pair.PublicKey)})
	return object{
		"id": k.ID, "created": stamp(k.Created), "updated": stamp(k.Created), "platformId": st.ID,
		"displayName": k.DisplayName, "algorithm": "RSA", "publicKey": string(public),
	}, nil
}

func (st *state) addSigningKey(name string, now time.Time) (*signingKey, error) {
	pair, err := rsa.GenerateKey(rand.Reader, signingBits)
	if err != nil {
		return nil, err
	}
	private := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(pair)})
	k := &signingKey{ID: newID(), DisplayName: name, Private: string(private), Created: now}
	st.Embed.SigningKeys = append(st.Embed.SigningKeys, k)
	st.touch()
	return k, nil
}

// firstSigningKey is the oldest key. The first time it is asked for it is made, since making one takes a while and most
// servers are never asked; a server that may not have one has none.
func (s *Server) firstSigningKey() *signingKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	if keys := s.state.Embed.SigningKeys; len(keys) > 0 {
		return keys[0]
	}
	if !s.config.has(signingFeature) {
		return &signingKey{}
	}
	k, err := s.state.addSigningKey("First key", s.now())
	if err != nil {
		panic(err) // the machine has no randomness
	}
	s.state.keep()
	return k
}

// SigningKeyID is the ID of the first signing key, the kid of tokens signed with it. It is empty on a server that may not
// have one.
func (s *Server) SigningKeyID() string { return s.firstSigningKey().ID }

// SigningKey is the private half of the first signing key, as PEM in PKCS#1.
func (s *Server) SigningKey() string { return s.firstSigningKey().Private }

func (st *state) signingKey(id string) (*signingKey, bool) {
	i := slices.IndexFunc(st.Embed.SigningKeys, func(k *signingKey) bool { return k.ID == id })
	if i < 0 {
		return nil, false
	}
	return st.Embed.SigningKeys[i], true
}

// publicKey finds the key that a token names.
func (st *state) publicKey(kid string) (*rsa.PublicKey, bool) {
	k, ok := st.signingKey(kid)
	if !ok {
		return nil, false
	}
	pair, err := k.pair()
	if err != nil {
		return nil, false
	}
	return &pair.PublicKey, true
}

// signingEndpoints are for platform admins who have signed in: an API key manages no keys (from source).
func signingEndpoints() []endpoint {
	return []endpoint{
		{
			pattern: "POST /api/v1/signing-keys", name: "createSigningKey", who: byUser, admin: true, feature: signingFeature,
			status: http.StatusCreated, check: checkDisplayName, do: createSigningKey,
		},
		{
			pattern: "GET /api/v1/signing-keys", name: "listSigningKeys", who: byUser, admin: true, feature: signingFeature,
			do: listSigningKeys,
		},
		{
			pattern: "GET /api/v1/signing-keys/{id}", name: "getSigningKey", who: byUser, admin: true, feature: signingFeature,
			do: getSigningKey,
		},
		{
			pattern: "DELETE /api/v1/signing-keys/{id}", name: "deleteSigningKey", who: byUser, admin: true, feature: signingFeature,
			status: http.StatusNoContent, do: deleteSigningKey,
		},
	}
}

// createSigningKey answers POST /api/v1/signing-keys with the private key, which no other answer holds.
func createSigningKey(c *call) (any, error) {
	k, err := c.st.addSigningKey(c.text("displayName"), c.now)
	if err != nil {
		return nil, err
	}
	out, err := k.view(c.st)
	if err != nil {
		return nil, err
	}
	out["privateKey"] = k.Private
	return out, nil
}

// listSigningKeys answers GET /api/v1/signing-keys with all of them.
func listSigningKeys(c *call) (any, error) {
	data := []object{}
	for _, k := range c.st.Embed.SigningKeys {
		v, err := k.view(c.st)
		if err != nil {
			return nil, err
		}
		data = append(data, v)
	}
	return object{"data": data, "next": nil, "previous": nil}, nil
}

// getSigningKey answers GET /api/v1/signing-keys/{id}.
func getSigningKey(c *call) (any, error) {
	k, ok := c.st.signingKey(c.id)
	if !ok {
		return nil, notFound("signing_key", c.id)
	}
	return k.view(c.st)
}

// deleteSigningKey answers DELETE /api/v1/signing-keys/{id}. Tokens signed with the key are refused from then on.
func deleteSigningKey(c *call) (any, error) {
	if _, ok := c.st.signingKey(c.id); !ok {
		return nil, notFound("signing_key", c.id)
	}
	c.st.Embed.SigningKeys = slices.DeleteFunc(c.st.Embed.SigningKeys, func(k *signingKey) bool { return k.ID == c.id })
	c.st.touch()
	return nil, nil
}
