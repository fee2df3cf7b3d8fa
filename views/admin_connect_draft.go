package views

import (
	"slices"
	"strconv"
	"strings"

	"portico/store"
	"portico/upstream/commercetools"
)

// DraftGuard says whether a draft's state allows an action, and why not, or what to know before.
type DraftGuard struct {
	OK  bool
	Why string
}

// AdminDraftPage is a connector draft.
type AdminDraftPage struct {
	AdminPage
	Account     store.DeployAccount
	Draft       store.ConnectorDraft
	Document    commercetools.Draft
	Guards      map[string]DraftGuard // by commercetools.Act…
	Operations  []store.Operation     // newest first
	Deployments []store.ConnectDeployment
	Lines       []Line
	Older       string
	Comment     string // entered and not taken
	Refused     string
}

// open is the operations that go on, or that wait for a person.
func (p AdminDraftPage) open() []store.Operation {
	var open []store.Operation
	for _, o := range p.Operations {
		if o.UnderWay() || o.State == store.OpMoved || o.State == store.OpFailed && o.DroppedAt.IsZero() {
			open = append(open, o)
		}
	}
	return open
}

// DraftField is a field of the form of a draft.
type DraftField struct {
	Name  string // the API's
	Value string
	Was   string // as the draft has it
	Error string
	Many  bool // lines
	Kind  string
}

// Changed says whether what was entered differs from what is there.
func (f DraftField) Changed() bool { return f.Value != f.Was }

// AdminDraftFormPage is the form of a draft: of a new one, or of one that is changed.
type AdminDraftFormPage struct {
	AdminPage
	Account store.DeployAccount
	Draft   store.ConnectorDraft // zero: a new one
	Base    int                  // the version that the person saw
	Fields  []DraftField
	Review  bool // old beside new is shown, and is sent next
	Planned store.PlannedRequest
	Refused string
}

func (p AdminDraftFormPage) field(name string) DraftField {
	for _, f := range p.Fields {
		if f.Name == name {
			return f
		}
	}
	return DraftField{Name: name}
}

// changes is the fields that differ from what is there.
func (p AdminDraftFormPage) changes() []DraftField {
	var changed []DraftField
	for _, f := range p.Fields {
		if f.Changed() {
			changed = append(changed, f)
		}
	}
	return changed
}

// draftGroups is the fields of a draft as they belong together, those of pairs side by side.
var draftGroups = []struct {
	name   string
	pairs  bool
	fields []string
}{
	{"what", false, []string{"key", "name", "description", "integrationTypes", "documentationUrl"}},
	{"code", false, []string{"repository.url", "repository.tag"}},
	{"whom", false, []string{"supportedRegions", "privateProjects"}},
	{"creator", true, []string{"creator.email", "creator.name", "creator.title", "creator.company", "creator.noOfContributors", "creator.supportUrl", "creator.logoUrl"}},
}

// required says whether the API takes no draft without the field.
func (f DraftField) required() bool {
	return slices.Contains([]string{"name", "repository.url", "repository.tag", "creator.email"}, f.Name)
}

func (p AdminDraftFormPage) has(name string) bool {
	return slices.ContainsFunc(p.Fields, func(f DraftField) bool { return f.Name == name })
}

// faulty is the fields in which something is wrong.
func (p AdminDraftFormPage) faulty() []DraftField {
	var faulty []DraftField
	for _, f := range p.Fields {
		if f.Error != "" {
			faulty = append(faulty, f)
		}
	}
	return faulty
}

func (p AdminDraftFormPage) action() string {
	if p.Draft.ID == "" {
		return p.Link("/admin/connect/accounts/" + p.Account.ID + "/drafts/new")
	}
	return p.Link("/admin/connect/drafts/" + p.Draft.ID + "/edit")
}

// inputType is the kind of input of a field.
func (f DraftField) inputType() string {
	if f.Kind == "" {
		return "text"
	}
	return f.Kind
}

// draftActs are what can be done with a draft by one press, in the order of the page, with the colour of the button.
var draftActs = []struct{ act, class string }{
	{commercetools.ActPreview, "btn"}, {commercetools.ActPublish, "btn"}, {commercetools.ActCertify, "btn"}, {commercetools.ActUnlist, "btn danger"},
}

// lineCount is how many lines a text has, for a field of many.
func lineCount(n int) string { return strconv.Itoa(n) }

// configurationLine is a value that a deployment is asked for, and by which applications; none: it is shared by all.
type configurationLine struct {
	commercetools.Key
	Secured bool
	Of      []string
}

// configurationLines is what a connector asks for. What several applications want in the same words is one line.
func configurationLines(d commercetools.Draft) []configurationLine {
	var lines []configurationLine
	add := func(application string, keys []commercetools.Key, secured bool) {
		for _, k := range keys {
			n := slices.IndexFunc(lines, func(l configurationLine) bool {
				return len(l.Of) > 0 && application != "" && l.Secured == secured && sameKey(l.Key, k) && !slices.Contains(l.Of, application)
			})
			switch {
			case n >= 0:
				lines[n].Of = append(lines[n].Of, application)
			case application == "":
				lines = append(lines, configurationLine{k, secured, nil})
			default:
				lines = append(lines, configurationLine{k, secured, []string{application}})
			}
		}
	}
	add("", d.GlobalConfiguration.Standard, false)
	add("", d.GlobalConfiguration.Secured, true)
	for _, app := range d.Configurations {
		add(app.Name, app.Standard, false)
		add(app.Name, app.Secured, true)
	}
	return lines
}

func sameKey(a, b commercetools.Key) bool {
	return a.Key == b.Key && a.Description == b.Description && a.Required == b.Required && keyDefault(a) == keyDefault(b)
}

// actionWords is actions of the API's names in words; one that is not known stays as it is.
func actionWords(p Page, names string) string {
	list := strings.Split(names, ", ")
	for n, name := range list {
		if key := "connect.action." + name; p.Has(key) {
			list[n] = p.T(key)
		}
	}
	return strings.Join(list, ", ")
}

// keyDefault is the default of a key, a dash for none.
func keyDefault(k commercetools.Key) string {
	if k.Default == nil {
		return "–"
	}
	return *k.Default
}
