package portal

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"portico/secret"
	"portico/store"
	"portico/upstream/activepieces"
)

// How long what staff and workspaces enter may be.
const (
	maxValue          = 64 << 10 // bytes of one value
	maxPattern        = 200      // characters
	maxConnectionName = 500      // characters, with everything filled in
	maxAttribute      = 200      // characters of an attribute's name
)

// Ways to sign in that a person of each workspace has to consent to.
var consented = []string{activepieces.TypeOAuth2, activepieces.TypePlatformOAuth2, activepieces.TypeCloudOAuth2}

// Consent says whether a way to sign in needs somebody of each workspace to consent; see ClientCredentials.
func Consent(way store.AuthWay) bool { return slices.Contains(consented, way.Type) }

// NeedsConsent says whether each workspace has to sign in for a predefined connection by itself.
func NeedsConsent(c store.PredefinedConnection) bool {
	return slices.Contains(consented, c.AuthType) && len(c.Fields) == 0
}

const clientCredentials = "client_credentials"

// ClientCredentials says whether a way to sign in also does without a person: by an ID and a secret of the host's own at
// the service.
func ClientCredentials(way store.AuthWay) bool {
	return way.Type == activepieces.TypeOAuth2 && strings.Contains(strings.ToLower(way.GrantType), clientCredentials)
}

// ValueFields is the values that a way to sign in can be given beforehand; none where only a person can consent.
func ValueFields(way store.AuthWay) []store.AuthField {
	if !Consent(way) {
		return slices.DeleteFunc(slices.Clone(way.Fields), func(f store.AuthField) bool { return f.Type == "MARKDOWN" })
	}
	if !ClientCredentials(way) {
		return nil
	}
	return append([]store.AuthField{
		{Key: "client_id", Type: "SHORT_TEXT", Title: "Client ID", Required: true},
		{Key: "client_secret", Type: "SECRET_TEXT", Title: "Client secret", Required: true, Secret: true},
		{Key: "scope", Type: "SHORT_TEXT", Title: "Scope", Default: strings.Join(way.Scope, " ")},
	}, way.Fields...)
}

// checkValue says why a value cannot be taken for a field; "" always can.
func checkValue(f store.AuthField, v secret.Text) error {
	text := v.Reveal()
	switch {
	case len(text) > maxValue:
		return refuse("value_long", "field", f.Title, "max", strconv.Itoa(maxValue>>10))
	case !utf8.ValidString(text):
		return refuse("value_text", "field", f.Title)
	case text == "":
		return nil
	}
	if _, err := typed(f, v); err != nil {
		return err
	}
	return nil
}

// typed is a value as the platform takes it for a field of its type.
func typed(f store.AuthField, v secret.Text) (any, error) {
	text := v.Reveal()
	switch f.Type {
	case "NUMBER":
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if b, bad := json.Marshal(n); err == nil && bad == nil {
			return json.Number(string(b)), nil
		}
		return nil, refuse("value_number", "field", f.Title)
	case "CHECKBOX":
		on, err := strconv.ParseBool(strings.TrimSpace(text))
		if err != nil {
			return nil, refuse("value_choice", "field", f.Title)
		}
		return on, nil
	case "STATIC_DROPDOWN":
		return choice(f, text)
	case "STATIC_MULTI_SELECT_DROPDOWN":
		return choices(f, text)
	}
	return v, nil
}

// choice is one of a field's options, given as its JSON, its value or its label.
func choice(f store.AuthField, text string) (any, error) {
	for _, o := range f.Options {
		var value any
		if json.Unmarshal([]byte(o.Value), &value) != nil {
			continue
		}
		plain, _ := value.(string)
		if text == o.Value || text == o.Label || plain != "" && text == plain {
			return value, nil
		}
	}
	return nil, refuse("value_choice", "field", f.Title)
}

// choices is some of a field's options, given as a JSON list of them, or as one a line.
func choices(f store.AuthField, text string) (any, error) {
	var raw []json.RawMessage
	if json.Unmarshal([]byte(text), &raw) != nil {
		for line := range strings.Lines(text) {
			raw = append(raw, json.RawMessage(strings.TrimSpace(line)))
		}
	}
	chosen := []any{}
	for _, one := range raw {
		if len(one) == 0 {
			continue
		}
		value, err := choice(f, string(one))
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, value)
	}
	return chosen, nil
}

// pieceValue is the values of a way to sign in as the platform takes them.
func pieceValue(way store.AuthWay, values map[string]secret.Text) (activepieces.Value, error) {
	v := activepieces.Value{Type: way.Type}
	switch way.Type {
	case activepieces.TypeSecretText:
		v.SecretText = values["secret_text"]
		return v, nil
	case activepieces.TypeBasicAuth:
		v.Username, v.Password = values["username"].Reveal(), values["password"]
		return v, nil
	case activepieces.TypeOAuth2:
		v.GrantType, v.ClientID, v.ClientSecret = clientCredentials, values["client_id"].Reveal(), values["client_secret"]
		v.Scope = cmp.Or(values["scope"].Reveal(), strings.Join(way.Scope, " "))
	}
	v.Props = map[string]any{}
	for _, f := range way.Fields {
		text := values[f.Key]
		if text == "" {
			continue
		}
		one, err := typed(f, text)
		if err != nil {
			return v, err
		}
		v.Props[f.Key] = one
	}
	return v, nil
}
