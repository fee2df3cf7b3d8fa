package portal

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"portico/secret"
)

// What a host's token may be: how large in bytes, how long good, and how far the host's clock may be from ours.
const (
	mostToken   = 16 << 10
	mostLife    = 5 * time.Minute
	clockLeeway = 30 * time.Second
)

// HostLogin is how the host signs its users in: whom its tokens come from and are meant for, and the keys that check
// them. Without keys nobody gets in by token.
type HostLogin struct {
	Issuer   string // the claim iss
	Audience string // one of the claim aud
	Keys     []HostKey
}

// hostToken is a token whose signature and claims were found good; that it was not used before is the store's to say.
type hostToken struct {
	Claims
	issuer, id string
	forget     time.Time // from then on it is refused as expired
}

// verify checks a host's token. It refuses with a code and, for a claim, its name: nothing that a stranger wrote
// into a token goes anywhere.
func (h HostLogin) verify(token secret.Text, now func() time.Time) (hostToken, error) {
	switch {
	case len(h.Keys) == 0 || h.Issuer == "" || h.Audience == "":
		return hostToken{}, refuse("door_closed")
	case token == "":
		return hostToken{}, refuse("door_missing")
	case len(token) > mostToken:
		return hostToken{}, refuse("door_large")
	}
	var claims hostClaims
	parsed, err := h.parser(now).ParseWithClaims(token.Reveal(), &claims, h.key)
	if err == nil && !plainHeader(token.Reveal()) {
		return hostToken{}, refuse("door_garbage")
	}
	if err != nil {
		return hostToken{}, h.refusal(parsed, err)
	}
	return hostToken{
		Claims: claims.Claims, issuer: claims.Issuer, id: claims.RegisteredClaims.ID,
		forget: claims.ExpiresAt.Add(clockLeeway + time.Minute), // other processes' clocks may be a little late
	}, nil
}

// parser holds everything that a token is held to beside its signature; hostClaims adds what the library lacks.
func (h HostLogin) parser(now func() time.Time) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods(h.algorithms()), jwt.WithIssuer(h.Issuer), jwt.WithAudience(h.Audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(clockLeeway), jwt.WithTimeFunc(now), jwt.WithStrictDecoding(),
	)
}

func (h HostLogin) algorithms() []string {
	var all []string
	for _, k := range h.Keys {
		all = append(all, k.algorithm)
	}
	return all
}

// key finds the keys that may have signed a token: those made for its algorithm, and of these the one it names.
func (h HostLogin) key(t *jwt.Token) (any, error) {
	var set jwt.VerificationKeySet
	id, _ := t.Header["kid"].(string)
	for _, k := range h.Keys {
		if k.algorithm == t.Method.Alg() && (id == "" || k.id == "" || k.id == id) {
			set.Keys = append(set.Keys, k.key)
		}
	}
	return set, nil
}

// plainHeader says whether a token's header names each thing once and asks for no extension: RFC 7515, 4.1.11, wants
// a token refused whose "crit" is not understood.
func plainHeader(token string) bool {
	encoded, _, _ := strings.Cut(token, ".")
	header, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return false
	}
	m, err := members(header)
	return err == nil && m["crit"] == nil
}

// refusal says why a token was refused: what is plainest to the host's developers first.
func (h HostLogin) refusal(t *jwt.Token, err error) error {
	var fault *claimFault
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return refuse("door_garbage")
	case t != nil && (t.Method == nil || !slices.Contains(h.algorithms(), t.Method.Alg())):
		return refuse("door_algorithm")
	case !errors.Is(err, jwt.ErrTokenInvalidClaims):
		return refuse("door_key")
	case errors.Is(err, jwt.ErrTokenInvalidIssuer):
		return refuse("door_issuer")
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return refuse("door_audience")
	case errors.Is(err, jwt.ErrTokenExpired):
		return refuse("door_expired")
	case errors.Is(err, jwt.ErrTokenUsedBeforeIssued), errors.Is(err, jwt.ErrTokenNotValidYet):
		return refuse("door_future")
	case errors.Is(err, errLongLife):
		return refuse("door_long_life")
	case errors.As(err, &fault) && fault.claim != "":
		return refuse("door_claims", "claim", fault.claim)
	}
	return refuse("door_garbage")
}
