package activepieces

import "encoding/json"

// Keys of the fields of TypeBasicAuth and TypeSecretText, which are those of the
// connection's value.
const (
	KeyUsername   = "username"
	KeyPassword   = "password"
	KeySecretText = "secret_text"
)

// Auth is one way to connect a piece, as its metadata describes it.
type Auth struct {
	Type        string // TypeSecretText, TypeBasicAuth, TypeCustomAuth, TypeOAuth2, TypeOIDC …
	DisplayName string
	Description string // Markdown
	Required    bool
	Fields      []Field // in the order of the metadata; of an OAuth type, its props

	AuthURL             string // of TypeOAuth2 to the end
	TokenURL            string
	GrantType           string
	AuthorizationMethod string
	Scope               []string
	PKCE                bool
}

type authBody struct {
	Type, DisplayName, Description                    text
	Required, PKCE                                    flag
	AuthURL, TokenURL, GrantType, AuthorizationMethod text
	Scope                                             texts
	Username, Password, Props                         json.RawMessage
}

// readAuth reads the auth of a piece's metadata: absent, one object, or an array
// of them. What has no type is left out.
func readAuth(raw json.RawMessage) []Auth {
	var rows []json.RawMessage
	if json.Unmarshal(raw, &rows) != nil {
		rows = []json.RawMessage{raw}
	}
	var all []Auth
	for _, row := range rows {
		var b authBody
		object(row, &b)
		if b.Type != "" {
			all = append(all, b.auth())
		}
	}
	return all
}

func (b authBody) auth() Auth {
	return Auth{
		Type:                string(b.Type),
		DisplayName:         string(b.DisplayName),
		Description:         string(b.Description),
		Required:            bool(b.Required),
		Fields:              b.fields(),
		AuthURL:             string(b.AuthURL),
		TokenURL:            string(b.TokenURL),
		GrantType:           string(b.GrantType),
		AuthorizationMethod: string(b.AuthorizationMethod),
		Scope:               b.Scope,
		PKCE:                bool(b.PKCE),
	}
}

// fields are what the type asks for. Both of TypeBasicAuth and the one of
// TypeSecretText must not be empty, whatever the metadata say.
func (b authBody) fields() []Field {
	switch string(b.Type) {
	case TypeSecretText:
		return []Field{{Key: KeySecretText, Type: FieldSecretText, DisplayName: string(b.DisplayName),
			Description: string(b.Description), Required: true, Secret: true}}
	case TypeBasicAuth:
		username, password := readField(KeyUsername, b.Username), readField(KeyPassword, b.Password)
		username.Type, username.Secret, username.Required = FieldShortText, false, true
		password.Type, password.Secret, password.Required = FieldSecretText, true, true
		return []Field{named(username, "Username"), named(password, "Password")}
	}
	return readProps(b.Props)
}

func named(f Field, name string) Field {
	if f.DisplayName == "" {
		f.DisplayName = name
	}
	return f
}
