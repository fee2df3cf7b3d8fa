package portal

import (
	"slices"
	"strings"
	"time"

	"portico/secret"
	"portico/store"
)

// Entry is what a person has entered for a key.
type Entry struct {
	Application string // "" = for all that are asked together
	Key         string
	Value       secret.Text
	Clear       bool // a hidden value is to be empty; otherwise an empty field leaves it as it was
}

// Entries is what a person sends with a form.
type Entries struct {
	Values    []Entry
	Differ    map[string]bool   // by key: each application that needs it is given its own
	Schedules map[string]string // of jobs, by application; "" = as connect.yaml has it, or as it is
}

// ShownValue is a value as a page may show it.
type ShownValue struct {
	Hidden bool
	Value  string // "" of a hidden one
	Set    bool   // there is one, also an empty one
	Empty  bool   // it is set, to nothing
	At     store.Time
	By     string
}

// Enter puts what a person has entered over what was there. Lines end as they do on the platform, not as browsers send them.
func (f ConfigForm) Enter(was store.Values, e Entries, by string, at time.Time) store.Values {
	now := store.Values{Applications: map[string][]store.SetValue{}, Schedules: map[string]string{}}
	for _, c := range f.Fields {
		places := []string{""}
		if len(c.Applications) == 1 || c.Several() && e.Differ[c.Key] {
			places = c.Applications
		}
		for _, application := range places {
			if v, ok := c.entered(was, e, application, by, at); ok {
				put(&now, application, v)
			}
		}
	}
	for _, a := range f.Applications {
		if schedule := strings.TrimSpace(e.Schedules[a.Name]); schedule != "" && a.Job() {
			now.Schedules[a.Name] = schedule
		}
	}
	return now
}

// entered is one value after a person has sent a form: what they entered, or what was there where they left it alone.
func (f ConfigField) entered(was store.Values, e Entries, application, by string, at time.Time) (store.SetValue, bool) {
	before, had := valueFor(was, application, f)
	i := slices.IndexFunc(e.Values, func(one Entry) bool { return one.Application == application && one.Key == f.Key })
	if i < 0 {
		return before, had
	}
	value := secret.Text(strings.ReplaceAll(e.Values[i].Value.Reveal(), "\r\n", "\n"))
	if f.Hidden && value == "" && !e.Values[i].Clear || had && before.Value == value {
		return before, had
	}
	return store.SetValue{Key: f.Key, Secured: f.Secured, Value: value, At: store.At(at), By: by}, true
}

// put puts a value in the place of the one of its key.
func put(to *store.Values, application string, v store.SetValue) {
	same := func(o store.SetValue) bool { return o.Key == v.Key && o.Secured == v.Secured }
	if application == "" {
		to.Shared = append(slices.DeleteFunc(slices.Clone(to.Shared), same), v)
		return
	}
	if to.Applications == nil {
		to.Applications = map[string][]store.SetValue{}
	}
	to.Applications[application] = append(slices.DeleteFunc(slices.Clone(to.Applications[application]), same), v)
}

// valueFor is the value that a field has in an application, or in all (""): its own, or else the one for all. A secured
// value is never one for a field that is not.
func valueFor(v store.Values, application string, f ConfigField) (store.SetValue, bool) {
	if application != "" {
		if own, ok := valueIn(v.Applications[application], f); ok {
			return own, true
		}
	}
	return valueIn(v.Shared, f)
}

func valueIn(values []store.SetValue, f ConfigField) (store.SetValue, bool) {
	at := slices.IndexFunc(values, func(s store.SetValue) bool { return s.Key == f.Key && s.Secured == f.Secured })
	if at < 0 {
		return store.SetValue{}, false
	}
	return values[at], true
}

// Differs says whether applications have values of their own for a field that is asked once.
func (f ConfigField) Differs(v store.Values) bool {
	return f.Several() && slices.ContainsFunc(f.Applications, func(application string) bool {
		_, own := valueIn(v.Applications[application], f)
		return own
	})
}

// Show is values as a page may show them, by ValueName. Of a field that is asked once and differs there is one for each
// application, otherwise one.
func (f ConfigForm) Show(v store.Values) map[string]ShownValue {
	shown := map[string]ShownValue{}
	for _, c := range f.Fields {
		places := []string{""}
		if len(c.Applications) == 1 || c.Differs(v) {
			places = c.Applications
		}
		for _, application := range places {
			if value, ok := valueFor(v, application, c); ok {
				shown[ValueName(application, c.Key)] = c.show(value)
			}
		}
	}
	return shown
}

func (f ConfigField) show(v store.SetValue) ShownValue {
	s := ShownValue{Hidden: f.Hidden, Set: true, Empty: v.Value == "", At: v.At, By: v.By}
	if !f.Hidden {
		s.Value = v.Value.Reveal()
	}
	return s
}
