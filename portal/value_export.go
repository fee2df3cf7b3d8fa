package portal

import (
	"encoding/json"
	"slices"
	"strings"

	"portico/store"
	"portico/upstream"
)

// Formats of exported values.
const (
	ExportEnv  = "env"
	ExportJSON = "json"
)

// ExportValues writes values without those that are nobody's to see: in a .env file their keys stand there empty, with a
// comment; in JSON, {"KEY": …, "application": {"KEY": …}}, they are null. ParseValues reads both. What several applications
// have, and have differently, a .env file cannot say: it is a comment there.
func ExportValues(v store.Values, format string) (string, error) {
	if format == ExportJSON {
		return exportJSON(v)
	}
	return exportEnv(v), nil
}

// exported is a value as it may leave.
type exported struct {
	application string
	key         string
	value       string
	hidden      bool
}

func exportedOf(v store.Values) (all []exported) {
	add := func(application string, values []store.SetValue) {
		for _, one := range values {
			e := exported{application: application, key: one.Key, hidden: one.Secured || upstream.TellsSecret(one.Key)}
			if !e.hidden {
				e.value = one.Value.Reveal()
			}
			all = append(all, e)
		}
	}
	add("", v.Shared)
	for application, values := range v.Applications {
		add(application, values)
	}
	slices.SortFunc(all, func(a, b exported) int {
		return strings.Compare(ValueName(a.application, a.key), ValueName(b.application, b.key))
	})
	return all
}

func exportJSON(v store.Values) (string, error) {
	tree := map[string]any{}
	for _, e := range exportedOf(v) {
		var value any = e.value
		if e.hidden {
			value = nil
		}
		if e.application == "" {
			tree[e.key] = value
			continue
		}
		of, _ := tree[e.application].(map[string]any)
		if of == nil {
			of = map[string]any{}
		}
		of[e.key], tree[e.application] = value, of
	}
	text, err := json.MarshalIndent(tree, "", "  ")
	return string(text) + "\n", err
}

func exportEnv(v store.Values) string {
	var b strings.Builder
	all := exportedOf(v)
	for i, e := range all {
		same := func(o exported) bool { return o.key == e.key }
		first := slices.IndexFunc(all, same)
		switch {
		case slices.ContainsFunc(all, func(o exported) bool { return same(o) && (o.value != e.value || o.hidden != e.hidden) }):
			b.WriteString("# of " + orElse(e.application, "all applications") + ": " + strings.ReplaceAll(line(e), "\n", "\n# ") + "\n")
		case first == i:
			b.WriteString(line(e) + "\n")
		}
	}
	return b.String()
}

// line is a value as a .env file has it.
func line(e exported) string {
	if e.hidden {
		return e.key + "= # secured: not exported"
	}
	return e.key + "=" + quoted(e.value)
}

// quoted is a value as the parser of .env files reads it back.
func quoted(value string) string {
	switch {
	case value == "" || !strings.ContainsAny(value, "\n\r#\"'`\\") && strings.TrimSpace(value) == value:
		return value
	case !strings.ContainsAny(value, "'\r"):
		return "'" + value + "'"
	case !strings.ContainsAny(value, "`\r"):
		return "`" + value + "`"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`).Replace(value) + `"`
}
