package portal

import (
	"maps"
	"slices"

	"portico/store"
)

// Arrange brings values from elsewhere into a form: those of another deployment, or a profile. An application that has none
// gets the one on which all others of the same key agree.
func (f ConfigForm) Arrange(from store.Values) store.Values { return f.arranged(from, borrowed) }

// folded is the values of the form itself, where a field that is asked once has one value if all its applications have the
// same.
func (f ConfigForm) folded(from store.Values) store.Values { return f.arranged(from, valueFor) }

func (f ConfigForm) arranged(from store.Values, find func(store.Values, string, ConfigField) (store.SetValue, bool)) store.Values {
	to := store.Values{Applications: map[string][]store.SetValue{}, Schedules: map[string]string{}}
	for _, c := range f.Fields {
		found := map[string]store.SetValue{}
		for _, application := range c.places() {
			if v, ok := find(from, application, c); ok {
				found[application] = v
			}
		}
		if len(found) == len(c.places()) && !c.one() && alike(slices.Collect(maps.Values(found))) {
			put(&to, "", found[c.places()[0]])
			continue
		}
		for _, application := range c.places() {
			if v, ok := found[application]; ok {
				put(&to, application, v)
			}
		}
	}
	for _, a := range f.Applications {
		if schedule := from.Schedules[a.Name]; a.Job() && schedule != "" {
			to.Schedules[a.Name] = schedule
		}
	}
	return to
}

// one says whether one application alone needs the field.
func (f ConfigField) one() bool { return len(f.Applications) == 1 }

func alike(values []store.SetValue) bool {
	return !slices.ContainsFunc(values, func(v store.SetValue) bool { return v.Value != values[0].Value })
}

// borrowed is a value for an application: its own, the one for all, or the one on which all of the key agree.
func borrowed(from store.Values, application string, f ConfigField) (store.SetValue, bool) {
	if v, ok := valueFor(from, application, f); ok {
		return v, true
	}
	var all []store.SetValue
	for _, values := range from.Applications {
		if v, ok := valueIn(values, f); ok {
			all = append(all, v)
		}
	}
	if len(all) == 0 || !alike(all) {
		return store.SetValue{}, false
	}
	return all[0], true
}

// fill gives values where a person has left a field empty: those of a profile, for example.
func (f ConfigForm) fill(entered, from store.Values) store.Values {
	now := f.folded(entered)
	for _, c := range f.Fields {
		for _, application := range c.places() {
			if v, ok := valueFor(now, application, c); ok && v.Value != "" {
				continue
			}
			if v, ok := borrowed(from, application, c); ok {
				c.spread(&now)
				put(&now, application, v)
			}
		}
	}
	for application, schedule := range from.Schedules {
		if now.Schedules[application] == "" {
			now.Schedules[application] = schedule
		}
	}
	return f.folded(now)
}
