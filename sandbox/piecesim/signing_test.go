package piecesim

import (
	"crypto/x509"
	"encoding/pem"
	"path/filepath"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

func TestSigningKeys(t *testing.T) {
	m := startEmbed(t, Options{})
	made := m.ask("POST", "/api/v1/signing-keys", m.admin, object{"displayName": "portal"}, 201)
	id := made["id"].(string)
	block, _ := pem.Decode([]byte(made["privateKey"].(string)))
	if block == nil || block.Type != "RSA PRIVATE KEY" {
		t.Fatalf("the private key is no PEM in PKCS#1")
	}
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	public, _ := pem.Decode([]byte(made["publicKey"].(string)))
	if got, err := x509.ParsePKCS1PublicKey(public.Bytes); err != nil || !got.Equal(&key.PublicKey) || made["algorithm"] != "RSA" {
		t.Errorf("the public half does not fit: %v, %v", err, made["algorithm"])
	}
	token := signAs(t, jwt.SigningMethodRS256, id, made["privateKey"].(string), m.claims(nil))
	m.exchange(token, 200)

	list := m.ask("GET", "/api/v1/signing-keys", m.admin, nil, 200)["data"].([]any)
	one := m.ask("GET", "/api/v1/signing-keys/"+id, m.admin, nil, 200)
	if _, told := one["privateKey"]; told || len(list) != 1 || one["displayName"] != "portal" {
		t.Errorf("got %d keys, one with the members %d", len(list), len(one))
	}
	m.ask("DELETE", "/api/v1/signing-keys/"+id, m.admin, nil, 204)
	m.ask("DELETE", "/api/v1/signing-keys/"+id, m.admin, nil, 404)
	if got := message(m.exchange(token, 401)); got != "signing key not found signingKeyId="+id {
		t.Errorf("after its key was removed a token gets %v", got)
	}
}

// TestWhoMakesSigningKeys: the request's shape is looked at first, then whose token it is, then the licence.
func TestWhoMakesSigningKeys(t *testing.T) {
	good := object{"displayName": "portal"}
	licensed := startEmbed(t, Options{})
	member := licensed.exchange(licensed.sign(licensed.claims(nil)), 200)["token"].(string)
	licensed.ask("POST", "/api/v1/signing-keys", licensed.s.APIKey(), good, 403)
	licensed.ask("POST", "/api/v1/signing-keys", member, good, 403)
	licensed.ask("POST", "/api/v1/signing-keys", "", good, 403)
	licensed.ask("POST", "/api/v1/signing-keys", "", object{}, 400)
	licensed.ask("GET", "/api/v1/signing-keys/short", licensed.admin, nil, 400)

	unlicensed := startEmbed(t, Options{Unlicensed: true})
	if got := message(unlicensed.ask("POST", "/api/v1/signing-keys", unlicensed.admin, good, 402)); got != "Feature is disabled" {
		t.Errorf("unlicensed: %v", got)
	}
	unlicensed.ask("GET", "/api/v1/signing-keys", unlicensed.admin, nil, 402)
	if unlicensed.s.SigningKeyID() != "" || unlicensed.s.SigningKey() != "" {
		t.Error("a server without a licence has a signing key")
	}
	community := startEmbed(t, Options{Edition: "ce"})
	community.ask("POST", "/api/v1/signing-keys", community.admin, good, 404)
	if got := community.exchange("x", 404)["message"]; got != "Route not found" {
		t.Errorf("community: %v", got)
	}
}

func TestSigningKeyOutlivesARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "activepieces")
	first := startEmbed(t, Options{File: file})
	id, key := first.s.SigningKeyID(), first.s.SigningKey()
	again := startEmbed(t, Options{File: file})
	if again.s.SigningKeyID() != id || again.s.SigningKey() != key {
		t.Error("the signing key is another one after a restart")
	}
}
