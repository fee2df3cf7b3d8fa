package upstream

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"portico/secret"
)

// minSecret is the length below which a known secret is not searched for: a
// shorter one would mask half of every text, and is none.
const minSecret = 6

// maxNesting is how deep JSON texts inside JSON strings are followed.
const maxNesting = 5

// Names that mark a value as secret, compared in lower case without separators:
// whole names, and ends of names.
var (
	secretNames = []string{"authorization", "cookie", "setcookie", "credentials", "formdata", "userdata", "jwt", "assertion",
		"clientassertion", "authorizationcode", "passphrase", "passwd", "pwd", "signature", "sig",
		"secrettext", "codechallenge", "codeverifier"}
	secretEnds = []string{"token", "secret", "password", "apikey", "privatekey", "accesskey", "secretkey", "masterkey"}
)

// Shapes of secrets, wherever they stand: authorization headers, JWTs, runs of
// hex digits (Tray's tokens have 64, its one-time codes 40), and key=value.
var (
	headerShape = regexp.MustCompile(`(?i)\b(bearer\s+[\w.~+/=-]{8,}|basic\s+[\w+/=-]{16,})`)
	jwtShape    = regexp.MustCompile(`\beyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?`)
	hexShape    = regexp.MustCompile(`[0-9a-fA-F]{40,}`)
	pairShape   = regexp.MustCompile(`(?i)([\w.-]*(?:token|secret|password|passwd|api[_-]?key|private[_-]?key|credentials|assertion|signature)|\bcode|\bsig)=[^&\s"'<>]+`)
	// memberShape finds a secret member in what is not (or no longer) JSON.
	memberShape = regexp.MustCompile(`(?is)(\\*"(?:[\w.\- ]*(?:token|secret|password|passwd|api[_-]?key|private[_-]?key|credentials|authorization|assertion|signature)|authorization_?code|secret_?text|code_?challenge|code_?verifier|code|secured_?configuration|form_?data|user_?data|cookie)\\*"\s*:|\\*"data\\*"\s*:\s*\\*"|\\*"(?:value|props)\\*"\s*:\s*\{).*`)
)

// Redact returns text with every secret replaced by the mask: values of JSON
// members and parameters with telling names, also in JSON inside strings;
// whatever looks like a token; and the known secrets in any case. JSON comes
// back as JSON, with its members sorted.
func Redact(text string, known ...secret.Text) string {
	return mask(redact(text, 0), known)
}

func redact(text string, nesting int) string {
	if value, ok := parse(text); ok {
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		if encoder.Encode(walk(value, nesting, true)) == nil {
			return strings.TrimSuffix(b.String(), "\n")
		}
	}
	if strings.Contains(text, `"`) {
		text = memberShape.ReplaceAllString(text, "${1}"+secret.Mask)
	}
	return shapes(text)
}

// parse reads a text that is one JSON object or array and nothing else.
func parse(text string) (any, bool) {
	trimmed := strings.TrimSpace(text)
	if !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, "[") {
		return nil, false
	}
	decoder := json.NewDecoder(strings.NewReader(trimmed))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil || decoder.InputOffset() != int64(len(trimmed)) {
		return nil, false
	}
	return value, true
}

// shapes masks what looks like a secret in plain text. Most texts are short words: an expression is only asked where the
// text has something that it cannot match without.
func shapes(text string) string {
	if strings.ContainsAny(text, " \t\n\f\r") {
		text = headerShape.ReplaceAllString(text, secret.Mask)
	}
	if strings.Contains(text, "eyJ") {
		text = jwtShape.ReplaceAllString(text, secret.Mask)
	}
	if len(text) >= 40 {
		text = hexShape.ReplaceAllString(text, secret.Mask)
	}
	if strings.Contains(text, "=") {
		text = pairShape.ReplaceAllString(text, "${1}="+secret.Mask)
	}
	return text
}

func walk(value any, nesting int, root bool) any {
	switch v := value.(type) {
	case map[string]any:
		return walkObject(v, nesting, root)
	case []any:
		for i := range v {
			v[i] = walk(v[i], nesting, false)
		}
		return v
	case string:
		if nesting >= maxNesting {
			return secret.Mask
		}
		return redact(v, nesting+1)
	}
	return value
}

func walkObject(object map[string]any, nesting int, root bool) any {
	valueHidden := namesSecret(object)
	walked := make(map[string]any, len(object))
	for name, value := range object {
		plain := plainName(name)
		if plain == "standardconfiguration" || plain == "securedconfiguration" {
			value = hideValues(value, plain == "securedconfiguration")
		}
		hidden := isSecretName(plain) ||
			plain == "code" && !isErrorCode(object, value) ||
			plain == "data" && !root ||
			valueHidden && (plain == "value" || plain == "defaultvalue")
		switch {
		case hidden:
			walked[shapes(name)] = hide(value)
		case plain == "value" && isCredential(value):
			walked[shapes(name)] = hideCredential(value.(map[string]any))
		default:
			walked[shapes(name)] = walk(value, nesting, false)
		}
	}
	return walked
}

// credentialTypes are the types of Activepieces' connections. Which of a
// credential's members are secret depends on the connector: a user name can be a
// key, and the props of a custom one have any name.
var credentialTypes = regexp.MustCompile(`^([A-Z]+_)*(AUTH|OAUTH2|OIDC|SECRET_TEXT)$`)

// isCredential reports whether a value is an object that holds a credential.
func isCredential(value any) bool {
	object, _ := value.(map[string]any)
	kind, _ := object["type"].(string)
	return credentialTypes.MatchString(kind)
}

// hideCredential masks all of a credential but its type.
func hideCredential(object map[string]any) map[string]any {
	hidden := make(map[string]any, len(object))
	for name, value := range object {
		if name != "type" {
			value = hide(value)
		}
		hidden[shapes(name)] = value
	}
	return hidden
}

// hideValues masks values of commercetools' {"key", "value"} pairs, however short they are: all of them, or those whose
// keys tell. Declarations of keys, which have no value, stay.
func hideValues(value any, all bool) any {
	pairs, _ := value.([]any)
	for _, pair := range pairs {
		object, _ := pair.(map[string]any)
		key, _ := object["key"].(string)
		if held, ok := object["value"]; ok && (all || TellsSecret(key)) {
			object["value"] = hide(held)
		}
	}
	return value
}

// tellingParts are words inside the names of environment variables whose values are secrets.
var tellingParts = []string{"token", "secret", "passw", "passphrase", "pwd", "apikey", "privatekey", "accesskey", "signingkey",
	"encryptionkey", "credential", "hmac"}

// TellsSecret reports whether the name of a value says that it is a secret: "CTP_CLIENT_SECRET", "API_KEY_2".
func TellsSecret(name string) bool {
	plain := plainName(name)
	return isSecretName(plain) || slices.ContainsFunc(tellingParts, func(part string) bool { return strings.Contains(plain, part) })
}

// hide masks a value, but shows that there is none, or that it is a switch.
func hide(value any) any {
	switch v := value.(type) {
	case nil, bool:
		return v
	case string:
		return secret.Text(v).String()
	}
	return secret.Mask
}

// namesSecret reports whether the object is a pair whose name marks its value
// as secret, such as {"externalId": "external_api_key", "value": …}.
func namesSecret(object map[string]any) bool {
	for name, value := range object {
		switch plainName(name) {
		case "key", "name", "externalid":
			if text, ok := value.(string); ok && isSecretName(plainName(text)) {
				return true
			}
		}
	}
	return false
}

// errorWord is what platforms use as error codes: words, no digits.
var errorWord = regexp.MustCompile(`^[A-Za-z]+([_.-][A-Za-z]+)*$`)

// isErrorCode reports whether the "code" of this object names an error, which
// people need to see, rather than being a one-time code.
func isErrorCode(object map[string]any, value any) bool {
	_, isNumber := value.(json.Number)
	text, _ := value.(string)
	if !isNumber && (!errorWord.MatchString(text) || len(text) > 60) {
		return false
	}
	_, hasName := object["name"].(string)
	_, hasMessage := object["message"].(string)
	_, hasParams := object["params"] // Activepieces: {"code", "params"}
	return hasName || hasMessage || hasParams
}

var separators = strings.NewReplacer("_", "", "-", "", ".", "", " ", "")

func plainName(name string) string { return separators.Replace(strings.ToLower(name)) }

func isSecretName(plain string) bool {
	return slices.Contains(secretNames, plain) ||
		slices.ContainsFunc(secretEnds, func(end string) bool { return strings.HasSuffix(plain, end) })
}

// mask replaces the known secrets, as they are and as JSON and URLs write them.
func mask(text string, known []secret.Text) string {
	for _, k := range known {
		s := k.Reveal()
		if len(s) < minSecret {
			continue
		}
		for _, form := range []string{inJSON(s, true), inJSON(s, false), url.QueryEscape(s), url.PathEscape(s), s} {
			text = strings.ReplaceAll(text, form, secret.Mask)
		}
	}
	return text
}

// inJSON is the text as it stands between the quotes of a JSON string.
func inJSON(text string, escapeHTML bool) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(escapeHTML)
	if encoder.Encode(text) != nil {
		return text
	}
	quoted := strings.TrimSuffix(b.String(), "\n")
	return quoted[1 : len(quoted)-1]
}

// redactURL is Redact for an address: no user, no secret parameters.
func redactURL(address *url.URL, known []secret.Text) string {
	u := *address
	u.User = nil
	query := u.Query()
	for name, values := range query {
		if plain := plainName(name); isSecretName(plain) || plain == "code" {
			for i := range values {
				values[i] = secret.Mask
			}
		}
	}
	u.RawQuery = strings.ReplaceAll(query.Encode(), url.QueryEscape(secret.Mask), secret.Mask)
	return mask(shapes(u.String()), known)
}
