package activepieces

import (
	"encoding/json"
	"fmt"
	"slices"

	"portico/secret"
)

// Types of connections, and of what the auth metadata of a piece asks for.
const (
	TypeSecretText     = "SECRET_TEXT"
	TypeBasicAuth      = "BASIC_AUTH"
	TypeCustomAuth     = "CUSTOM_AUTH"
	TypeOAuth2         = "OAUTH2"
	TypePlatformOAuth2 = "PLATFORM_OAUTH2" // with an OAuth app of the platform (enterprise)
	TypeCloudOAuth2    = "CLOUD_OAUTH2"    // with an OAuth app of Activepieces' own
	TypeOIDC           = "OIDC"
	TypeNoAuth         = "NO_AUTH"
)

// Value is the credential of a connection; which fields count depends on Type. It
// goes to the platform and never comes back. OAuth values take a code that a
// person got by consenting: a ready token cannot be imported.
type Value struct {
	Type       string
	SecretText secret.Text // TypeSecretText
	Username   string      // TypeBasicAuth
	Password   secret.Text
	// Props are those of the piece's auth metadata, by key (TypeCustomAuth,
	// TypeOIDC, and of an OAuth type if the piece asks for some). Any of them may
	// be secret. Values of secret.Text are sent revealed.
	Props map[string]any

	ClientID     string // OAuth types
	ClientSecret secret.Text
	Code         secret.Text
	Scope        string
	RedirectURL  string
	// CodeVerifier is PKCE's; the platform's name for it is code_challenge.
	CodeVerifier        secret.Text
	GrantType           string // "authorization_code" or "client_credentials"; "" is the former
	AuthorizationMethod string // "HEADER" or "BODY"; "" leaves it to the piece
}

// Format shows the type alone, whatever the verb: Props may hold secrets that are
// plain strings.
func (v Value) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "{%s %s}", v.Type, secret.Mask) }

// MarshalJSON shows the type alone; wire is what is sent.
func (v Value) MarshalJSON() ([]byte, error) { return json.Marshal(map[string]string{"type": v.Type}) }

// wire is the value as the platform takes it (POST /app-connections, one shape
// for each type). An unknown type is an error, since the platform would only say
// "body/ Invalid input".
func (v Value) wire() (map[string]any, error) {
	value := map[string]any{"type": v.Type}
	switch v.Type {
	case TypeNoAuth:
	case TypeSecretText:
		value["secret_text"] = v.SecretText.Reveal()
	case TypeBasicAuth:
		value["username"], value["password"] = v.Username, v.Password.Reveal()
	case TypeCustomAuth, TypeOIDC:
		value["props"] = revealed(v.Props)
	case TypeOAuth2, TypePlatformOAuth2, TypeCloudOAuth2:
		v.addOAuth(value)
	default:
		return nil, fmt.Errorf("no connection has the type %q", v.Type)
	}
	return value, nil
}

func (v Value) addOAuth(value map[string]any) {
	value["client_id"], value["code"], value["scope"] = v.ClientID, v.Code.Reveal(), v.Scope
	if v.Type != TypeCloudOAuth2 {
		value["redirect_url"] = v.RedirectURL
	}
	if v.Type == TypeOAuth2 {
		value["client_secret"] = v.ClientSecret.Reveal()
		if v.GrantType != "" {
			value["grant_type"] = v.GrantType
		}
	}
	if v.CodeVerifier != "" {
		value["code_challenge"] = v.CodeVerifier.Reveal()
	}
	if v.AuthorizationMethod != "" {
		value["authorization_method"] = v.AuthorizationMethod
	}
	if len(v.Props) > 0 {
		value["props"] = revealed(v.Props)
	}
}

// revealed copies props with their secrets as plain strings, and never is nil:
// the platform wants an object.
func revealed(props map[string]any) map[string]any {
	plain := map[string]any{}
	for name, value := range props {
		plain[name] = reveal(value)
	}
	return plain
}

func reveal(value any) any {
	switch v := value.(type) {
	case secret.Text:
		return v.Reveal()
	case map[string]any:
		return revealed(v)
	case []any:
		plain := make([]any, len(v))
		for i := range v {
			plain[i] = reveal(v[i])
		}
		return plain
	}
	return value
}

// secrets are the strings of the value that no error and no record may hold. As
// nobody says which props are secret, all of them are.
func (v Value) secrets() []secret.Text {
	all := []secret.Text{v.SecretText, v.Password, v.ClientSecret, v.Code, v.CodeVerifier}
	var collect func(any)
	collect = func(value any) {
		switch p := value.(type) {
		case string:
			all = append(all, secret.Text(p))
		case map[string]any:
			for _, member := range p {
				collect(member)
			}
		case []any:
			for _, member := range p {
				collect(member)
			}
		}
	}
	collect(revealed(v.Props))
	return slices.DeleteFunc(all, func(t secret.Text) bool { return t == "" })
}
