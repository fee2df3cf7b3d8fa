package commercetools

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// actionField is a field of an action: its name, and how its value is read from JSON.
type actionField struct {
	name string
	read func(json.RawMessage) (any, error)
}

// actionFields has every action of the API. Names of fields are exact: one that is not known is dropped by the service
// without a word.
var actionFields = map[string][]actionField{
	"setName":                    {{"name", anyText}},
	"setDescription":             {{"description", anyText}},
	"setIntegrationTypes":        {{"integrationTypes", textList(0)}},
	"setDocumentationUrl":        {{"documentationUrl", anyText}},
	"setRepository":              {{"url", someText}, {"tag", someText}},
	"setSupportedRegions":        {{"regions", textList(1)}},
	"addPrivateProject":          {{"privateProject", projectText}},
	"removePrivateProject":       {{"privateProject", projectText}},
	"setCreatorName":             {{"creatorName", anyText}},
	"setCreatorTitle":            {{"creatorTitle", anyText}},
	"setCreatorEmail":            {{"creatorEmail", someText}},
	"setCreatorCompany":          {{"creatorCompany", anyText}},
	"setCreatorLogo":             {{"logoUrl", anyText}},
	"setCreatorNoOfContributors": {{"creatorNoOfContributors", count}},
	"setCreatorSupportUrl":       {{"creatorSupportUrl", anyText}},
	"updatePreviewable":          {},
	"publish":                    {{"certification", yesOrNo}},
	"addCertificationComment":    {{"comment", someText}},
	"unlist":                     {},
}

// ActionNames are the API's names of all actions, sorted.
func ActionNames() []string { return slices.Sorted(maps.Keys(actionFields)) }

// ParseAction reads an action as the API takes it. It is stricter than the API, which drops what it does not know: an
// unknown action or field, and a field that is missing or of another type, are errors that name it.
func ParseAction(raw []byte) (Action, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		return Action{}, fmt.Errorf("an action is a JSON object")
	}
	var a Action
	if json.Unmarshal(members["action"], &a.name) != nil || a.name == "" {
		return Action{}, fmt.Errorf("the action has no name in \"action\"")
	}
	fields, known := actionFields[a.name]
	if !known {
		return Action{}, fmt.Errorf("there is no action %q; there are %s", a.name, strings.Join(ActionNames(), ", "))
	}
	for name := range members {
		if name != "action" && !slices.ContainsFunc(fields, func(f actionField) bool { return f.name == name }) {
			return Action{}, fmt.Errorf("%s has no field %q", a.name, name)
		}
	}
	for _, f := range fields {
		value, err := f.read(members[f.name])
		if err != nil {
			return Action{}, fmt.Errorf("%s: %q %w", a.name, f.name, err)
		}
		a.fields = append(a.fields, value)
	}
	return a, nil
}

// UnmarshalJSON is ParseAction.
func (a *Action) UnmarshalJSON(raw []byte) error {
	parsed, err := ParseAction(raw)
	*a = parsed
	return err
}

func exactly[T any](raw json.RawMessage, what string) (T, error) {
	var value T
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) || json.Unmarshal(raw, &value) != nil {
		return value, fmt.Errorf("has to be %s", what)
	}
	return value, nil
}

func anyText(raw json.RawMessage) (any, error) { return exactly[string](raw, "a text") }

func someText(raw json.RawMessage) (any, error) {
	value, err := exactly[string](raw, "a text")
	if err == nil && strings.TrimSpace(value) == "" {
		err = fmt.Errorf("must not be empty")
	}
	return value, err
}

// projectName is the shape of "region:projectKey".
var projectName = regexp.MustCompile(`^[a-zA-Z0-9-_.]+:[a-zA-Z0-9-_]{2,36}$`)

func projectText(raw json.RawMessage) (any, error) {
	value, err := exactly[string](raw, "a text")
	if err == nil && !projectName.MatchString(value) {
		err = fmt.Errorf("has to be like europe-west1.gcp:my-project")
	}
	return value, err
}

func yesOrNo(raw json.RawMessage) (any, error) { return exactly[bool](raw, "true or false") }

func count(raw json.RawMessage) (any, error) {
	value, err := exactly[int](raw, "a whole number")
	if err == nil && value < 1 {
		err = fmt.Errorf("has to be at least 1")
	}
	return value, err
}

func textList(least int) func(json.RawMessage) (any, error) {
	return func(raw json.RawMessage) (any, error) {
		value, err := exactly[[]string](raw, "a list of texts")
		if err == nil && len(value) < least {
			err = fmt.Errorf("has to have at least %d", least)
		}
		return value, err
	}
}
