package traysim

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// fieldView is a config slot as a form shows it. Its kind comes from the default value: Tray exposes no other type.
type fieldView struct {
	ExternalID, Title, Kind string // "string", "number", "boolean", "list" or "object"
	Required                bool
	Text                    string // for string, number and, one item a line, list
	On                      bool   // for boolean
	Pairs                   []pairView
	Problem                 string
}

// pairView is one key of an object, such as a line of a data mapping.
type pairView struct{ Key, Value string }

// Name is the name of the form's control.
func (f fieldView) Name() string { return "slot." + f.ExternalID }

// currentValue is what a slot holds, or else its default. Stored text that is not JSON is a bare string.
func currentValue(c ConfigSlot, values []slotValue) any {
	text := valueOf(values, c.ExternalID)
	if text == "" {
		return plain(c.Default)
	}
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return text
	}
	return v
}

// plain is a value as JSON would give it back, whatever Go type it was written as.
func plain(v any) any {
	var out any
	if json.Unmarshal([]byte(jsonText(v)), &out) != nil {
		return nil
	}
	return out
}

func kindOf(c ConfigSlot) string {
	switch plain(c.Default).(type) {
	case float64:
		return "number"
	case bool:
		return "boolean"
	case []any:
		return "list"
	case map[string]any:
		return "object"
	}
	return "string"
}

func fieldsOf(sol *solution, ids []string, values []slotValue, problems map[string]string) []fieldView {
	var out []fieldView
	for _, id := range ids {
		c, _ := sol.configSlot(id, sol.version())
		f := fieldView{ExternalID: id, Title: c.Title, Kind: kindOf(c), Required: c.Default == nil, Problem: problems[id]}
		f.fill(currentValue(c, values))
		out = append(out, f)
	}
	return out
}

func (f *fieldView) fill(v any) {
	switch v := v.(type) {
	case bool:
		f.On = v
	case []any:
		var lines []string
		for _, item := range v {
			lines = append(lines, textOf(item))
		}
		f.Text = strings.Join(lines, "\n")
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			f.Pairs = append(f.Pairs, pairView{k, textOf(v[k])})
		}
	default:
		f.Text = textOf(v)
	}
}

// textOf is a value as a person types it.
func textOf(v any) string {
	if s, ok := v.(string); ok || v == nil {
		return s
	}
	return jsonText(v)
}

// readFields takes the values of config slots from a form, as JSON text. A value that does not do is kept out and
// named in problems.
func readFields(sol *solution, ids []string, form url.Values) (values []slotValue, problems map[string]string) {
	problems = map[string]string{}
	for _, id := range ids {
		c, _ := sol.configSlot(id, sol.version())
		v, problem := readField(c, form)
		if problem != "" {
			problems[id] = problem
			continue
		}
		values = append(values, slotValue{id, jsonText(v)})
	}
	return values, problems
}

func readField(c ConfigSlot, form url.Values) (v any, problem string) {
	name := "slot." + c.ExternalID
	text := strings.TrimSpace(form.Get(name))
	switch kindOf(c) {
	case "number":
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, "Enter a number."
		}
		return n, ""
	case "boolean":
		return form.Has(name), ""
	case "list":
		items := []string{}
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" {
				items = append(items, line)
			}
		}
		return items, ""
	case "object":
		pairs := map[string]string{}
		for key, values := range form {
			if k, ok := strings.CutPrefix(key, name+"."); ok && len(values) > 0 {
				pairs[k] = values[0]
			}
		}
		return pairs, ""
	}
	if text == "" && c.Default == nil {
		return nil, "This cannot be left empty."
	}
	return text, ""
}
