package views

import (
	"slices"
	"strings"

	"portico/store"
	"portico/upstream/commercetools"
	"portico/upstream/commercetools/connectyaml"
)

// ExampleConnectYAML is a small connector to begin with.
const ExampleConnectYAML = `deployAs:
  - name: service
    applicationType: service
    endpoint: /service
    configuration:
      standardConfiguration:
        - key: CTP_REGION
          description: Region of the commercetools project
          default: europe-west1.gcp
      securedConfiguration:
        - key: API_KEY
          description: Key of the service that this connects
          required: true
`

// AdminConnectYAMLPage is where a connect.yaml is checked.
type AdminConnectYAMLPage struct {
	AdminPage
	Source   string
	Checked  bool
	Result   connectyaml.Result
	Drafts   []store.ConnectorDraft // that it can be compared with
	Draft    store.ConnectorDraft   // that it is compared with; without ID: none
	Document commercetools.Draft    // of that
	Refused  string
}

// How a key of a file compares with a draft.
const (
	keyNew     = "new"
	keyGone    = "gone"
	keyMoved   = "moved"   // it is secured now and was not, or the other way round
	keyStiffer = "stiffer" // it is required now
)

// keyChange is a key that a deployment would be asked for otherwise than today.
type keyChange struct {
	Key      string
	Of       []string // applications; none: shared by all
	How      string
	Required bool
}

func (c keyChange) tone() string {
	if c.How == keyGone || c.How == keyNew && !c.Required {
		return "info"
	}
	return "warn"
}

// askedKey is a key as one side has it.
type askedKey struct {
	application, key  string
	secured, required bool
}

// changes is what differs between the file and the draft, in the file's order, what is gone at the end.
func (p AdminConnectYAMLPage) changes() []keyChange {
	now, before := fileKeys(p.Result.File), draftKeys(p.Document)
	var all []keyChange
	for _, k := range now {
		switch was, ok := findKey(before, k); {
		case !ok:
			all = withChange(all, k, keyNew)
		case was.secured != k.secured:
			all = withChange(all, k, keyMoved)
		case k.required && !was.required:
			all = withChange(all, k, keyStiffer)
		}
	}
	for _, k := range before {
		if _, ok := findKey(now, k); !ok {
			k.required = false // nobody asks for it
			all = withChange(all, k, keyGone)
		}
	}
	return all
}

// withChange adds a change; what happens to a key in several applications is one.
func withChange(all []keyChange, k askedKey, how string) []keyChange {
	for n, c := range all {
		if c.Key == k.key && c.How == how && c.Required == k.required && len(c.Of) > 0 && k.application != "" {
			all[n].Of = append(all[n].Of, k.application)
			return all
		}
	}
	c := keyChange{Key: k.key, How: how, Required: k.required}
	if k.application != "" {
		c.Of = []string{k.application}
	}
	return append(all, c)
}

func findKey(keys []askedKey, k askedKey) (askedKey, bool) {
	n := slices.IndexFunc(keys, func(o askedKey) bool { return o.application == k.application && o.key == k.key })
	if n < 0 {
		return askedKey{}, false
	}
	return keys[n], true
}

func fileKeys(f connectyaml.File) []askedKey {
	var all []askedKey
	add := func(application string, keys []connectyaml.Key, secured bool) {
		for _, k := range keys {
			all = append(all, askedKey{application, k.Key, secured, k.Required})
		}
	}
	add("", f.Inherit.Configuration.Standard, false)
	add("", f.Inherit.Configuration.Secured, true)
	for _, app := range f.Applications {
		if app.Ignored() {
			continue
		}
		add(app.Name, app.Configuration.Standard, false)
		add(app.Name, app.Configuration.Secured, true)
	}
	return all
}

func draftKeys(d commercetools.Draft) []askedKey {
	var all []askedKey
	for _, l := range configurationLines(d) {
		if len(l.Of) == 0 {
			all = append(all, askedKey{"", l.Key.Key, l.Secured, l.Required})
		}
		for _, application := range l.Of {
			all = append(all, askedKey{application, l.Key.Key, l.Secured, l.Required})
		}
	}
	return all
}

// yamlLine is a line of the file with what is wrong in it.
type yamlLine struct {
	Number   int
	Text     string
	Problems []connectyaml.Problem
	Warnings []connectyaml.Problem
}

// lines is the file with its problems where they are; those of the whole file are at none.
func (p AdminConnectYAMLPage) lines() []yamlLine {
	var all []yamlLine
	for n, text := range strings.Split(strings.TrimSuffix(p.Source, "\n"), "\n") {
		all = append(all, yamlLine{Number: n + 1, Text: text})
	}
	for _, problem := range p.Result.Problems {
		if n := problem.Line; n > 0 && n <= len(all) {
			all[n-1].Problems = append(all[n-1].Problems, problem)
		}
	}
	for _, warning := range p.Result.Warnings {
		if n := warning.Line; n > 0 && n <= len(all) {
			all[n-1].Warnings = append(all[n-1].Warnings, warning)
		}
	}
	return all
}

// asks is whether a file makes a form at all.
func asks(f connectyaml.File) bool {
	if len(f.Inherit.Configuration.Standard)+len(f.Inherit.Configuration.Secured) > 0 {
		return true
	}
	for _, a := range f.Applications {
		if len(a.Configuration.Standard)+len(a.Configuration.Secured) > 0 {
			return true
		}
	}
	return false
}
