package views

import (
	"strings"
	"time"

	"portico/store"
)

// ValueForm is the part of a form in which a connector's configuration is given.
type ValueForm struct {
	FormID   string // under which what was entered is kept sealed; "" before anything was
	Groups   []ValueGroup
	Jobs     []JobField
	Profiles []Choice
	Sources  []Choice // deployments from which values can be copied
	Pasted   *PasteOutcome
	Redeploy bool // an empty field leaves what is there, instead of the default
	Faults   []ValueFault
	asked    int
}

// Choice is one of several things to choose from.
type Choice struct{ ID, Name string }

// PasteOutcome says which pasted keys found their field.
type PasteOutcome struct{ Matched, Unmatched []string }

// ValueGroup is fields that belong together: those of all applications, those asked once for several, or one application's.
type ValueGroup struct {
	Title  string
	Hint   string
	Fields []ValueField
}

// ValueField is a value that is asked for.
type ValueField struct {
	ID          string // in the page
	Key         string
	Name        string // in forms: "application/KEY", "/KEY" of what is asked once
	Application string // for which it is, of Own alone
	Description string
	Secured     bool
	Required    bool
	Hidden      bool // its value is shown to nobody
	Long        bool // it may have several lines
	JSON        bool
	Default     string   // that is taken when nothing is given
	Of          []string // applications that take it; of Own none
	Value       string   // "" of a hidden one
	Set         bool     // of a hidden one: something was entered, and is kept sealed
	Empty       bool     // that is nothing at all
	Usual       string   // of a hidden one: the variable that stands for it, as long as nothing else was entered
	There       bool     // of a hidden one: the deployment has it already
	At          store.Time
	By          string // who has set what is there; "" = not from here
	Differs     bool   // each application has its own
	Own         []ValueField
	Faults      []ValueFault
}

// ValueFault is a reason why commercetools would not take a form, or a person may regret it.
type ValueFault struct {
	ID      string // of the field in the page; "" = of none
	Text    string
	Code    string // the API's, or ours
	Warning bool
}

// JobField is the schedule of a job.
type JobField struct {
	ID          string
	Application string
	Now         string // as it is, or as connect.yaml has it; "" = not known
	Value       string
	Next        []time.Time // when it would run
	Faults      []ValueFault
}

// errors says whether anything keeps a form from being sent.
func (f ValueForm) errors() bool {
	for _, fault := range f.Faults {
		if !fault.Warning {
			return true
		}
	}
	return false
}

// hint is the ID of what is said about a field.
func (f ValueField) hint() string { return f.ID + "-hint" }

// wrong says whether a field has an error.
func (f ValueField) wrong() bool {
	for _, fault := range f.Faults {
		if !fault.Warning {
			return true
		}
	}
	return false
}

// placeholder is what an empty field means.
func (f ValueField) placeholder(p Page, redeploy bool) string {
	switch {
	case f.Usual != "":
		return f.Usual
	case f.Hidden && f.Set && f.Empty:
		return p.T("connect.value.entered_empty")
	case f.Hidden && f.Set:
		return p.T("connect.value.entered")
	case f.Hidden && redeploy && f.There:
		return p.T("connect.value.kept")
	}
	return ""
}

// clearable says whether there is a hidden value that can be made empty.
func (f ValueField) clearable(redeploy bool) bool {
	return f.Usual != "" || f.Set || redeploy && f.There
}

// moreText says what else can be done with a hidden value than to type it.
func (f ValueField) moreText(p Page, redeploy bool) string {
	if f.clearable(redeploy) {
		return p.T("connect.value.lines_or_none")
	}
	return p.T("connect.value.lines_only")
}

// rows is how many lines a long field shows.
func (f ValueField) rows() string {
	return lineCount(min(12, max(3, 1+strings.Count(f.Value, "\n"))))
}

// ValueRow is a value that a deployment has, or a profile.
type ValueRow struct {
	Application string // "" = all together
	Key         string
	Secured     bool
	Hidden      bool
	Value       string
	At          store.Time
	By          string
}

// ValueChange is what becomes of a value: portal's own, as pages show it.
type ValueChange struct {
	Application, Key string
	Schedule         bool
	Secured, Hidden  bool
	State            string
	Sent             bool
	Old, New         string
	Required, Given  bool
	At               store.Time
	By               string
}

// exportFormats are the formats in which values are handed out.
var exportFormats = []string{"env", "json"}
