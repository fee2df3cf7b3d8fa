package portal

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"portico/secret"
	"portico/store"
)

// signingKey is a key for tests, as Activepieces hands one out (PKCS #1) or as others write it (PKCS #8).
func signingKey(t *testing.T, kind string) (secret.Text, *rsa.PrivateKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der := x509.MarshalPKCS1PrivateKey(key)
	if kind == "PRIVATE KEY" {
		if der, err = x509.MarshalPKCS8PrivateKey(key); err != nil {
			t.Fatal(err)
		}
	}
	return secret.Text(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})), key
}

func TestBuilderTokens(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	person := store.User{ExternalID: "u_1", Name: "Ann Lee Brown", Email: "ann@example.com", Role: store.RoleMember}
	tests := []struct {
		name, server string
		change       func(*store.User)
		want         map[string]any
	}{
		{"a member of a server as new as the facts", "0.86.0", nil, map[string]any{"version": "v3", "role": "EDITOR", "piecesFilterType": "NONE", "firstName": "Ann Lee", "lastName": "Brown"}},
		{"a server that has not said what it is", "", nil, map[string]any{"version": "v3"}},
		{"a later server", "1.0.2", nil, map[string]any{"version": "v3"}},
		{"an older server", "0.82.1", nil, map[string]any{"pieces": map[string]any{"filterType": "NONE", "tags": []any{}}}},
		{"an older server and tags", "0.82.1", func(u *store.User) { u.Tags = []string{"crm"} }, map[string]any{"pieces": map[string]any{"filterType": "ALLOWED", "tags": []any{"crm"}}}},
		{"tags", "0.86.0", func(u *store.User) { u.Tags = []string{"crm", "shop"} }, map[string]any{"piecesFilterType": "ALLOWED", "piecesTags": []any{"crm", "shop"}}},
		{"no tag at all is not every piece", "0.86.0", func(u *store.User) { u.Tags = []string{} }, map[string]any{"piecesFilterType": "ALLOWED"}},
		{"a viewer", "0.86.0", func(u *store.User) { u.Role = store.RoleViewer }, map[string]any{"role": "VIEWER"}},
		{"an admin", "0.86.0", func(u *store.User) { u.Role = store.RoleAdmin }, map[string]any{"role": "ADMIN"}},
		{"a role that we do not know", "0.86.0", func(u *store.User) { u.Role = "owner" }, map[string]any{"role": "VIEWER"}},
		{"one name", "0.86.0", func(u *store.User) { u.Name = " Ann " }, map[string]any{"firstName": "Ann", "lastName": "-"}},
		{"no name", "0.86.0", func(u *store.User) { u.Name = "" }, map[string]any{"firstName": "ann", "lastName": "-"}},
		{"neither name nor address", "0.86.0", func(u *store.User) { u.Name, u.Email = " ", "" }, map[string]any{"firstName": "u_1", "lastName": "-"}},
	}
	pems := map[string]secret.Text{}
	keys := map[string]*rsa.PrivateKey{}
	for _, kind := range []string{"RSA PRIVATE KEY", "PRIVATE KEY"} {
		pems[kind], keys[kind] = signingKey(t, kind)
	}
	for n, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := person
			if tt.change != nil {
				tt.change(&u)
			}
			kind := slices.Sorted(maps.Keys(pems))[n%2]
			a := store.Account{SigningKeyID: "kid-1", SigningKey: pems[kind], Server: store.Server{Version: tt.server}}
			token, err := builderToken(a, u, "acme", now)
			if err != nil {
				t.Fatal(err)
			}
			got := jwt.MapClaims{}
			parsed, err := jwt.NewParser(jwt.WithTimeFunc(func() time.Time { return now })).ParseWithClaims(token.Reveal(), got, func(*jwt.Token) (any, error) { return &keys[kind].PublicKey, nil })
			if err != nil || parsed.Header["kid"] != "kid-1" || parsed.Method.Alg() != "RS256" {
				t.Fatalf("the token's header is %v, %v", parsed.Header, err)
			}
			if got["exp"] != float64(now.Unix()+300) || got["externalUserId"] != "u_1" || got["externalProjectId"] != "acme" {
				t.Errorf("got the claims %v", got)
			}
			for claim, want := range tt.want {
				if g := got[claim]; !same(g, want) {
					t.Errorf("got %s %v, want %v", claim, g, want)
				}
			}
			if _, v2 := got["pieces"]; v2 == (got["version"] == "v3") {
				t.Errorf("the token is of no one version: %v", got)
			}
		})
	}
}

// same compares what JSON makes of claims.
func same(a, b any) bool {
	x, errX := asText(a)
	y, errY := asText(b)
	return errX == nil && errY == nil && x == y
}

// A key that cannot be read is not quoted in what is said of it.
func TestUnreadableSigningKey(t *testing.T) {
	for _, key := range []secret.Text{"", "canary-4711", "-----BEGIN RSA PRIVATE KEY-----\nY2FuYXJ5LTQ3MTE=\n-----END RSA PRIVATE KEY-----\n"} {
		_, err := builderToken(store.Account{SigningKey: key}, store.User{}, "acme", time.Now())
		if err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "Y2Fu") {
			t.Errorf("got %v", err)
		}
	}
}
