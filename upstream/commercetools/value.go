package commercetools

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"unicode/utf8"

	"portico/secret"
	"portico/upstream"
)

// Value is one value of a deployment. All of them are texts, however long. Any of them may be a secret, so that it prints
// as the mask; as JSON, however, it is written in clear, which is what the API takes: do not marshal one for anybody else.
type Value struct {
	Key   string
	Value secret.Text
}

type valueBody struct {
	Key   string `json:"key"`
	Value text   `json:"value"`
}

// MarshalJSON writes the value in clear. JSON has no way to write what is not UTF-8 without changing it: that is an error.
func (v Value) MarshalJSON() ([]byte, error) {
	if !utf8.ValidString(v.Value.Reveal()) {
		return nil, errors.New("a value is not text in UTF-8")
	}
	return json.Marshal(valueBody{v.Key, text(v.Value.Reveal())})
}

// UnmarshalJSON reads a value; a number or a boolean is taken as it is written.
func (v *Value) UnmarshalJSON(raw []byte) error {
	var body valueBody
	err := read(raw, &body)
	*v = Value{body.Key, secret.Text(body.Value)}
	return err
}

// LogValue shows the key alone.
func (v Value) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", v)) }

// Masked reports whether the value is one that the service or this program has hidden, asterisks or our mask alone, and
// so is not known. It is never to be sent.
func (v Value) Masked() bool {
	plain := v.Value.Reveal()
	return plain != "" && strings.Trim(plain, "*") == "" || plain == secret.Mask
}

// Values are those of one kind.
type Values []Value

// LogValue shows the keys alone.
func (v Values) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", []Value(v))) }

// Find gives the value of a key, and whether there is one, also an empty one.
func (v Values) Find(key string) (secret.Text, bool) {
	at := slices.IndexFunc(v, func(one Value) bool { return one.Key == key })
	if at < 0 {
		return "", false
	}
	return v[at].Value, true
}

// ApplicationValues are the values of one application (DeploymentConfigurationApplication).
type ApplicationValues struct {
	Application string // its name
	Standard    Values // can be read again
	Secured     Values // cannot
	Schedule    string // cron, instead of a job's own; "" leaves that
}

type applicationValuesBody struct {
	Application string `json:"applicationName"`
	Standard    Values `json:"standardConfiguration"`
	Secured     Values `json:"securedConfiguration"`
	Schedule    string `json:"schedule,omitempty"`
}

// MarshalJSON writes both arrays, also when they are empty, since the API wants them; values are in clear.
func (a ApplicationValues) MarshalJSON() ([]byte, error) {
	body := applicationValuesBody(a)
	if body.Standard == nil {
		body.Standard = Values{}
	}
	if body.Secured == nil {
		body.Secured = Values{}
	}
	return json.Marshal(body)
}

// UnmarshalJSON reads what the API takes.
func (a *ApplicationValues) UnmarshalJSON(raw []byte) error {
	var body applicationValuesBody
	err := read(raw, &body)
	*a = ApplicationValues(body)
	return err
}

// LogValue shows the keys alone.
func (a ApplicationValues) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", a)) }

// GlobalValues are values that all applications get (DeploymentGlobalConfiguration).
type GlobalValues struct {
	Standard Values `json:"standardConfiguration,omitempty"`
	Secured  Values `json:"securedConfiguration,omitempty"`
}

// LogValue shows the keys alone.
func (g GlobalValues) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", g)) }

// secrets are the values that no error and no record may hold: secured ones, and standard ones whose key tells that they
// should have been. What everybody knows is left out, such as a secured CTP_PROJECT_KEY: masking it wherever it appears
// would make the record unreadable.
func (c *Client) secrets(apps []ApplicationValues, global GlobalValues, known ...string) []secret.Text {
	var all []secret.Text
	add := func(standard, secured Values) {
		for _, v := range standard {
			if upstream.TellsSecret(v.Key) {
				all = append(all, v.Value)
			}
		}
		for _, v := range secured {
			all = append(all, v.Value)
		}
	}
	add(global.Standard, global.Secured)
	for _, a := range apps {
		add(a.Standard, a.Secured)
	}
	return slices.DeleteFunc(all, func(t secret.Text) bool { return c.everybodyKnows(t.Reveal(), known) })
}

func (c *Client) everybodyKnows(value string, known []string) bool {
	region := func(r Region) bool { return strings.Contains(r.ID, value) }
	return value == c.project || slices.Contains(known, value) || slices.ContainsFunc(Regions, region)
}
