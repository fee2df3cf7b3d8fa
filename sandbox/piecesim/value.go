package piecesim

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
)

// Value is a credential as a client gives it. Which fields count depends on the type.
type Value struct {
	Type         string         `json:"type"`
	SecretText   string         `json:"secret_text"`
	Username     string         `json:"username"`
	Password     string         `json:"password"`
	Props        map[string]any `json:"props"`
	ClientID     string         `json:"client_id"`
	ClientSecret string         `json:"client_secret"`
	Code         string         `json:"code"`
	Scope        string         `json:"scope"`
	RedirectURL  string         `json:"redirect_url"`
	GrantType    string         `json:"grant_type"`
}

// valueFields are what each type of connection needs in its value.
var valueFields = map[string][]string{
	"SECRET_TEXT":     {"secret_text"},
	"BASIC_AUTH":      {"username", "password"},
	"CUSTOM_AUTH":     {"props"},
	"OIDC":            {"props"},
	"NO_AUTH":         {},
	"OAUTH2":          {"client_id", "client_secret", "code", "scope", "redirect_url"},
	"PLATFORM_OAUTH2": {"client_id", "code", "scope", "redirect_url"},
	"CLOUD_OAUTH2":    {"client_id", "code", "scope"},
}

// notEmpty are the fields that must hold something.
var notEmpty = []string{"secret_text", "username", "password"}

// checkedByWorker are the types whose credentials the piece's own check sees, on a worker.
var checkedByWorker = []string{"SECRET_TEXT", "BASIC_AUTH", "CUSTOM_AUTH", "OIDC", "OAUTH2"}

// readValue reads the value of a connection of the given type; false when it does not fit.
func readValue(v any, outer string) (Value, bool) {
	in, _ := v.(object)
	fields, known := valueFields[outer]
	if in == nil || !known || in["type"] != outer {
		return Value{}, false
	}
	for _, f := range fields {
		text, isText := in[f].(string)
		_, isObject := in[f].(object)
		if f == "props" && !isObject || f != "props" && !isText || slices.Contains(notEmpty, f) && text == "" {
			return Value{}, false
		}
	}
	raw, err := json.Marshal(in)
	if err != nil {
		return Value{}, false
	}
	var out Value
	err = json.Unmarshal(raw, &out)
	return out, err == nil
}

// digest tells whether two values are the same without keeping either: the SHA-256 of its JSON.
func digest(v any) string {
	raw, _ := json.Marshal(v) // it came from JSON
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// claim gives a value to the piece, or an authorization code to the third party, and says what they answer.
func (c *call) claim(p Piece, v Value) error {
	switch v.Type {
	case "OAUTH2":
		if !c.st.redeemCode(v.Code, c.now) {
			return refuse(http.StatusBadRequest, "INVALID_CLAIM", object{
				"clientId": v.ClientID, "tokenUrl": p.tokenURL(), "redirectUrl": v.RedirectURL,
			})
		}
	case "PLATFORM_OAUTH2":
		return c.claimForPlatform(p, v)
	case "CLOUD_OAUTH2": // the cloud cannot be reached from a sandbox
		return refuse(http.StatusBadRequest, "INVALID_CLOUD_CLAIM", object{"pieceName": p.Name})
	case "NO_AUTH":
		return nil
	}
	if p.Valid == nil {
		return nil
	}
	if words := p.Valid(v); words != "" {
		return refuse(http.StatusBadRequest, "INVALID_APP_CONNECTION", object{"error": words})
	}
	return nil
}
