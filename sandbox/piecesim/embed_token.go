package piecesim

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// externalClaims are what a host's token says (Activepieces 0.86, managed-authn). The claims are not checked against a
// schema there: a missing name is stored empty.
type externalClaims struct {
	jwt.RegisteredClaims
	Version           string       `json:"version"`
	ExternalUserID    string       `json:"externalUserId"`
	ExternalProjectID string       `json:"externalProjectId"`
	FirstName         string       `json:"firstName"`
	LastName          string       `json:"lastName"`
	Role              string       `json:"role"`
	PiecesFilterType  string       `json:"piecesFilterType"` // v3
	PiecesTags        []string     `json:"piecesTags"`       // v3
	Pieces            *pieceFilter `json:"pieces"`           // v2
}

// pieceFilter says which pieces a project may use: all (NONE), or those with one of the tags (ALLOWED).
type pieceFilter struct {
	FilterType string   `json:"filterType"`
	Tags       []string `json:"tags"`
}

// filter is the piece filter that the token asks for, by the token's version. No claim is no filter.
func (c externalClaims) filter() pieceFilter {
	f := pieceFilter{FilterType: "NONE"}
	switch {
	case c.Version == "v3" && c.PiecesFilterType != "":
		f = pieceFilter{c.PiecesFilterType, c.PiecesTags}
	case c.Version != "v3" && c.Pieces != nil && c.Pieces.FilterType != "":
		f = *c.Pieces
	}
	return f
}

// roleOr is the role that the token names, or EDITOR.
func (c externalClaims) roleOr() string {
	if c.Role == "" {
		return "EDITOR"
	}
	return c.Role
}

// readExternalToken checks a host's token. Its errors are the words of a real server: two of its own, and those of the
// JWT library it uses. Neither issuer nor audience is looked at, and a token without exp is good for ever.
func readExternalToken(raw string, key func(kid string) (*rsa.PublicKey, bool), now func() time.Time) (externalClaims, error) {
	var c externalClaims
	header, _, err := jwt.NewParser().ParseUnverified(raw, jwt.MapClaims{})
	kid := ""
	if header != nil && err == nil {
		kid, _ = header.Header["kid"].(string)
	}
	if kid == "" {
		return c, errors.New("signing key id is not found in the header")
	}
	public, ok := key(kid)
	if !ok {
		return c, fmt.Errorf("signing key not found signingKeyId=%s", kid)
	}
	if header.Method.Alg() != jwt.SigningMethodRS256.Alg() {
		return c, errors.New("invalid algorithm")
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}), jwt.WithTimeFunc(now))
	if _, err := parser.ParseWithClaims(raw, &c, func(*jwt.Token) (any, error) { return public, nil }); err != nil {
		return c, errors.New(libraryWords(err))
	}
	return c, nil
}

// libraryWords says an error as the JavaScript library does that the real server uses.
func libraryWords(err error) string {
	switch {
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return "invalid signature"
	case errors.Is(err, jwt.ErrTokenExpired):
		return "jwt expired"
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return "jwt not active"
	}
	return "jwt malformed"
}
