package portal

import (
	"slices"

	"portico/upstream/commercetools"
)

// What a field of a form holds, as far as that can be told.
const (
	FieldText  = "text"
	FieldJSON  = "json"  // checked as JSON
	FieldScope = "scope" // words such as manage_orders:my-project
)

// ConfigForm is what a connector asks of whoever deploys it, as its connect.yaml declares it.
type ConfigForm struct {
	DraftID      string // ours; "" where the connector is not among our drafts
	ConnectorID  string // the platform's; "" of a file
	Staged       bool   // the draft itself is deployed, as a preview
	Name         string // of the connector
	Key          string // of the connector; "" = it has none
	Version      int
	Tag          string
	Known        bool          // what it asks is known: the platform has not always said it
	Fields       []ConfigField // shared ones, then those that several applications need, then each application's; required ones first
	Applications []ConfigApplication
	Regions      []string // where it may run; empty is anywhere
	Types        []string // as which it may be deployed; the first is the usual one
	APIClient    []string // scopes of the API client that each deployment is given; nil = it is given none
}

// ConfigApplication is one application of a connector.
type ConfigApplication struct {
	Name     string
	Type     string // commercetools.TypeService …
	Schedule string // of a job: that of connect.yaml, or what its deployment has; "" where that is not known
}

// Job says whether the application has a schedule, which a deployment may set otherwise.
func (a ConfigApplication) Job() bool { return a.Type == commercetools.TypeJob }

// ConfigField is a value that is asked for.
type ConfigField struct {
	Key          string
	Description  string
	Secured      bool
	Required     bool              // by one of the applications
	Shared       bool              // the connector declares it for all applications together
	Applications []string          // that need it, in the connector's order; nil where it is shared. Several: it is asked once, and spread
	Default      string            // that the platform takes when nothing is given; "" where applications have several
	Defaults     map[string]string // by application ("" of a shared one), where there is one
	Kind         string            // FieldText, FieldJSON or FieldScope
	Guessed      bool              // Kind is told by the description alone
	Suggestion   string            // what usually is the value: "${PROJECT_KEY}"
	Hidden       bool              // its value is shown to nobody: it is secured, or its name tells that it should be
}

// Several says whether the value is asked once for several applications, which may also have their own.
func (f ConfigField) Several() bool { return len(f.Applications) > 1 }

// DefaultOf is what the platform takes in an application, or for all of them (""), when nothing is given.
func (f ConfigField) DefaultOf(application string) (string, bool) {
	value, ok := f.Defaults[application]
	return value, ok
}

// ValueName names a value in forms: "/KEY" is one that is asked once, "application/KEY" one of an application alone.
func ValueName(application, key string) string { return application + "/" + key }

// Name is the field's ValueName: of one that is asked once, "/KEY".
func (f ConfigField) Name() string {
	if len(f.Applications) == 1 {
		return ValueName(f.Applications[0], f.Key)
	}
	return ValueName("", f.Key)
}

// Shared is the fields that the connector declares for all its applications.
func (f ConfigForm) Shared() []ConfigField {
	return f.chosen(func(c ConfigField) bool { return c.Shared })
}

// Several is the fields that several applications need, and that are asked once.
func (f ConfigForm) Several() []ConfigField { return f.chosen(ConfigField.Several) }

// Of is the fields that one application alone needs.
func (f ConfigForm) Of(application string) []ConfigField {
	return f.chosen(func(c ConfigField) bool { return len(c.Applications) == 1 && c.Applications[0] == application })
}

func (f ConfigForm) chosen(keep func(ConfigField) bool) (fields []ConfigField) {
	for _, c := range f.Fields {
		if keep(c) {
			fields = append(fields, c)
		}
	}
	return fields
}

// field is the one of a key in an application, or of all ("").
func (f ConfigForm) field(application, key string) (ConfigField, bool) {
	for _, c := range f.Fields {
		if c.Key == key && (c.Shared && application == "" || slices.Contains(c.Applications, application)) {
			return c, true
		}
	}
	return ConfigField{}, false
}
