package main

import (
	"crypto/rsa"
	"errors"
	"net/mail"
	"os"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"portico/secret"
	"portico/store"
)

// sdkURL is the browser script of Activepieces' builder that this version of Portico is made for. An exact version: the
// address promises no other text, and staff confirm the script by its hash before it is served.
const sdkURL = "https://cdn.activepieces.com/sdk/embed/0.10.0.js"

// activepieces reads one Activepieces account from settings whose names begin with prefix.
func (s *settings) activepieces(name, prefix string) store.Account {
	a := store.Account{
		Platform: store.PlatformActivepieces, Name: name, UserScope: store.ScopeWorkspace,
		Token: s.apiKey(prefix + "API_KEY"), Email: s.text(prefix+"EMAIL", ""), Password: s.secret(prefix + "PASSWORD"),
		SigningKeyID: s.text(prefix+"SIGNING_KEY_ID", ""), SigningKey: s.signingKey(prefix + "SIGNING_KEY_FILE"),
	}
	const example = "https://automation.example.com"
	if u := s.address(prefix+"URL", s.required(prefix+"URL", example), example); u != nil {
		a.APIURL, a.DialogURL = u.String(), u.String()
		if last := u.Path[strings.LastIndex(u.Path, "/")+1:]; last == "api" || last == "v1" {
			s.fault(prefix+"URL", "leads to the API; give the address that a browser opens", example)
		}
	}
	if u := s.address(prefix+"SDK_URL", s.text(prefix+"SDK_URL", sdkURL), sdkURL); u != nil {
		a.SDKURL = u.String()
	}
	s.signIn(prefix, a)
	return a
}

// signIn checks that there is a way in, and that what belongs together is all there.
func (s *settings) signIn(prefix string, a store.Account) {
	email, password := a.Email != "", s.given(prefix+"PASSWORD")
	switch {
	case email && !password:
		s.fault(prefix+"PASSWORD", "is not set, and "+prefix+"EMAIL is", "/run/secrets/activepieces_password in "+prefix+"PASSWORD_FILE")
	case password && !email:
		s.fault(prefix+"EMAIL", "is not set, and "+prefix+"PASSWORD is", "admin@example.com")
	case !email && !s.given(prefix+"API_KEY"):
		s.fault(prefix+"API_KEY", "is not set, and neither are "+prefix+"EMAIL and "+prefix+"PASSWORD: a community edition has no API keys and needs those", "/run/secrets/activepieces_api_key in "+prefix+"API_KEY_FILE")
	}
	if _, err := mail.ParseAddress(a.Email); email && err != nil {
		s.fault(prefix+"EMAIL", "is not an e-mail address", "admin@example.com")
	}
	id, key := a.SigningKeyID != "", s.text(prefix+"SIGNING_KEY_FILE", "") != ""
	switch {
	case id && !key:
		s.fault(prefix+"SIGNING_KEY_FILE", "is not set, and "+prefix+"SIGNING_KEY_ID is", "/run/secrets/activepieces_signing_key.pem")
	case key && !id:
		s.fault(prefix+"SIGNING_KEY_ID", "is not set, and "+prefix+"SIGNING_KEY_FILE is", "the ID that Activepieces lists beside the key")
	}
}

// apiKey is an API key of Activepieces, whose server takes any other text for the token of a person.
func (s *settings) apiKey(name string) secret.Text {
	key := s.secret(name)
	if key != "" && !strings.HasPrefix(key.Reveal(), "sk-") {
		s.fault(name, "does not begin with sk-, as Activepieces' API keys do", "")
	}
	return key
}

// signingKey reads the private key that a file holds, as Activepieces handed it out.
func (s *settings) signingKey(name string) secret.Text {
	file := s.text(name, "")
	if file == "" {
		return ""
	}
	b, err := os.ReadFile(file)
	if err == nil {
		_, err = parseSigningKey(secret.Text(b))
	}
	if err != nil {
		s.fault(name, err.Error(), "a file that begins with -----BEGIN RSA PRIVATE KEY-----")
	}
	return secret.Text(strings.TrimSpace(string(b)))
}

// parseSigningKey reads an RSA key in PEM. No error quotes any of it.
func parseSigningKey(text secret.Text) (*rsa.PrivateKey, error) {
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(text.Reveal()))
	if err != nil {
		return nil, errors.New("holds no RSA private key in PEM")
	}
	return key, nil
}
