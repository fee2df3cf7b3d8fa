package portal

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"portico/store"
)

// Variables that are replaced in values when they are sent, by what the target of a deployment is.
const (
	variableProject = "${PROJECT_KEY}"
	variableRegion  = "${REGION}" // of the project
)

// suggestions are the usual values of keys that most connectors have.
var suggestions = map[string]string{"CTP_PROJECT_KEY": variableProject, "CTP_REGION": variableRegion}

var (
	scopeKey  = regexp.MustCompile(`(^|_)CTP_SCOPES?($|_)`)
	jsonKey   = regexp.MustCompile(`(^|_)JSON($|_)`)
	jsonWords = regexp.MustCompile(`(?i)\bas (a )?json\b|\bjson[ -]?(document|object|array|string|format|configuration)`)
)

// kindOfField tells what a field holds, and whether that is only read out of its description.
func kindOfField(f ConfigField) (kind string, guessed bool) {
	switch {
	case scopeKey.MatchString(f.Key):
		return FieldScope, false
	case isDocument(f.Default):
		return FieldJSON, false
	case jsonKey.MatchString(f.Key), jsonWords.MatchString(f.Description):
		return FieldJSON, true
	}
	return FieldText, false
}

// isDocument says whether a text is a JSON object or array.
func isDocument(text string) bool {
	text = strings.TrimSpace(text)
	return (strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")) && json.Valid([]byte(text))
}

// withValues lets fields hold JSON that have held it before: what was last sent to an application was a document.
func (f ConfigForm) withValues(v store.Values) ConfigForm {
	f.Fields = slices.Clone(f.Fields)
	for i, c := range f.Fields {
		for _, application := range c.places() {
			was, ok := valueFor(v, application, c)
			if ok && c.Kind == FieldText && isDocument(was.Value.Reveal()) {
				f.Fields[i].Kind = FieldJSON
			}
		}
	}
	return f
}

// places is where a field's value goes: its applications, or all of them together ("").
func (f ConfigField) places() []string {
	if f.Shared {
		return []string{""}
	}
	return f.Applications
}
