package activepieces

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
)

// Types of fields that a form of one's own can show. Others are kept with their
// type; those that ask the platform for their options (DROPDOWN, DYNAMIC) need a
// user in the builder.
const (
	FieldShortText         = "SHORT_TEXT"
	FieldLongText          = "LONG_TEXT"
	FieldSecretText        = "SECRET_TEXT"
	FieldNumber            = "NUMBER"
	FieldCheckbox          = "CHECKBOX"
	FieldStaticDropdown    = "STATIC_DROPDOWN"
	FieldStaticMultiSelect = "STATIC_MULTI_SELECT_DROPDOWN"
	FieldMarkdown          = "MARKDOWN" // shows its description and asks for nothing
)

// Field is one thing to ask for.
type Field struct {
	Key         string
	Type        string // FieldShortText …
	DisplayName string
	Description string // Markdown
	Required    bool
	Secret      bool   // not to be shown while typing, nor ever again
	Default     string // text, or JSON as Option.Value where the type has options
	Options     []Option
}

// Option is one choice of a field.
type Option struct {
	Label string
	Value string // JSON
}

type fieldBody struct {
	Type, DisplayName, Description text
	Required                       flag
	DefaultValue, Options          json.RawMessage
}

// secretKey finds the fields that pieces forgot to mark: Zendesk's API token is a
// SHORT_TEXT.
var secretKey = regexp.MustCompile(`(?i)(token|secret|password|pass_?phrase|(api|private|access|secret)_?key)$`)

// readProps reads an object of fields in its own order, which is that of the form
// and which a map would lose.
func readProps(raw json.RawMessage) []Field {
	var fields []Field
	for _, m := range members(raw) {
		fields = append(fields, named(readField(m.name, m.value), m.name))
	}
	return fields
}

func readField(key string, raw json.RawMessage) Field {
	var b fieldBody
	object(raw, &b)
	f := Field{
		Key:         key,
		Type:        string(b.Type),
		DisplayName: string(b.DisplayName),
		Description: string(b.Description),
		Required:    bool(b.Required),
		Secret:      string(b.Type) == FieldSecretText || secretKey.MatchString(key),
		Options:     readOptions(b.Options),
	}
	if len(b.DefaultValue) > 0 && string(b.DefaultValue) != "null" {
		f.Default = string(b.DefaultValue)
		if f.Options == nil {
			f.Default = plain(b.DefaultValue)
		}
	}
	return f
}

// plain is a JSON value as one would type it.
func plain(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// readOptions reads {"options": [{label, value}]}, or the array alone.
func readOptions(raw json.RawMessage) []Option {
	var wrapper struct{ Options json.RawMessage }
	object(raw, &wrapper)
	if wrapper.Options != nil {
		raw = wrapper.Options
	}
	var rows []json.RawMessage
	if json.Unmarshal(raw, &rows) != nil {
		return nil
	}
	var options []Option
	for _, row := range rows {
		var o struct {
			Label text
			Value json.RawMessage
		}
		object(row, &o)
		if o.Value != nil {
			options = append(options, Option{Label: string(o.Label), Value: compact(o.Value)})
		}
	}
	return options
}

func compact(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}

// member is one member of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// members reads an object in its order; of a name that comes twice the last
// counts, as everywhere in JSON. What is no object has none.
func members(raw json.RawMessage) []member {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil
	}
	var all []member
	at := map[string]int{}
	for decoder.More() {
		m, err := readMember(decoder)
		if err != nil {
			return nil
		}
		if i, again := at[m.name]; again {
			all[i] = m
			continue
		}
		at[m.name] = len(all)
		all = append(all, m)
	}
	return all
}

func readMember(decoder *json.Decoder) (member, error) {
	token, err := decoder.Token()
	if err != nil {
		return member{}, err
	}
	name, ok := token.(string)
	if !ok {
		return member{}, errors.New("the name of a member is no string")
	}
	m := member{name: name}
	return m, decoder.Decode(&m.value)
}
