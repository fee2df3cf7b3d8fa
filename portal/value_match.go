package portal

import (
	"slices"
	"strings"
	"time"

	"portico/store"
)

// PasteMatch says what became of pasted values.
type PasteMatch struct {
	Matched   []string // "KEY" or "application/KEY", as they were pasted
	Unmatched []string // nobody asks for them
}

// Match puts pasted values into a form: each into every field of its key, or that of the application it names.
func (f ConfigForm) Match(was store.Values, pasted []Pasted, by string, at time.Time) (store.Values, PasteMatch) {
	now, match := f.folded(was), PasteMatch{}
	for _, one := range pasted {
		name := strings.TrimPrefix(ValueName(one.Application, one.Key), "/")
		if !f.paste(&now, one, by, at) {
			match.Unmatched = append(match.Unmatched, name)
			continue
		}
		match.Matched = append(match.Matched, name)
	}
	return now, match
}

func (f ConfigForm) paste(to *store.Values, one Pasted, by string, at time.Time) (found bool) {
	for _, c := range f.Fields {
		v := store.SetValue{Key: c.Key, Secured: c.Secured, Value: one.Value, At: store.At(at), By: by}
		switch {
		case c.Key != one.Key, one.Application != "" && !slices.Contains(c.Applications, one.Application):
			continue
		case c.Hidden && one.Value == "": // so it is exported: it stays as it was
		case one.Application != "" && c.Several():
			c.spread(to)
			put(to, one.Application, v)
		case one.Application == "" && c.Several():
			c.gather(to)
			put(to, "", v)
		case c.one():
			put(to, c.Applications[0], v)
		default:
			put(to, "", v)
		}
		found = true
	}
	return found
}

// spread gives each application the value that all have had.
func (f ConfigField) spread(v *store.Values) {
	shared, ok := valueIn(v.Shared, f)
	if !ok {
		return
	}
	for _, application := range f.Applications {
		if _, own := valueIn(v.Applications[application], f); !own {
			put(v, application, shared)
		}
	}
	v.Shared = slices.DeleteFunc(slices.Clone(v.Shared), func(s store.SetValue) bool { return s.Key == f.Key && s.Secured == f.Secured })
}

// gather takes the values of single applications away.
func (f ConfigField) gather(v *store.Values) {
	for _, application := range f.Applications {
		v.Applications[application] = slices.DeleteFunc(slices.Clone(v.Applications[application]), func(s store.SetValue) bool {
			return s.Key == f.Key && s.Secured == f.Secured
		})
	}
}
