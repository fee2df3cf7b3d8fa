package views

import (
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"portico/store"
)

// What the platform calls kinds of fields that have a control of their own; all others are a line of text.
const (
	fieldNote     = "MARKDOWN" // shows its description and asks for nothing
	fieldSwitch   = "CHECKBOX"
	fieldNumber   = "NUMBER"
	fieldLong     = "LONG_TEXT"
	fieldSeveral  = "STATIC_MULTI_SELECT_DROPDOWN"
	wayOneSecret  = "SECRET_TEXT"
	wayNameSecret = "BASIC_AUTH"
	wayCustom     = "CUSTOM_AUTH"
)

// forms is the ways to sign in that are a form of ours.
func (s Slot) forms() []store.AuthWay {
	return slices.DeleteFunc(slices.Clone(s.Ways), func(w store.AuthWay) bool {
		return w.Type != wayOneSecret && w.Type != wayNameSecret && w.Type != wayCustom
	})
}

// dialog says whether there is a way to sign in that is not a form of ours; where nobody knows any way, there is.
func (s Slot) dialog() bool { return len(s.Ways) == 0 || len(s.forms()) < len(s.Ways) }

// dialogFirst says whether the service would rather be signed in to there: it names its ways in its own order.
func (s Slot) dialogFirst() bool {
	return s.dialog() && (len(s.Ways) == 0 || len(s.forms()) == 0 || s.Ways[0].Type != s.forms()[0].Type)
}

// control is a field of a form as a page shows it.
type control struct {
	store.AuthField
	ID    string
	Value string
}

// controls is the fields of a form; n tells the forms of a page apart.
func controls(s Slot, n int, fields []store.AuthField) []control {
	var all []control
	for m, f := range fields {
		c := control{AuthField: f, ID: "value-" + strconv.Itoa(n) + "-" + strconv.Itoa(m), Value: f.Default}
		if entered, ok := s.Entered[f.Key]; ok {
			c.Value = entered
		}
		if f.Secret {
			c.Value = ""
		}
		all = append(all, c)
	}
	return all
}

// once is the fields of a way to sign in, where what is said of the way is not said again of its only field.
func once(way store.AuthWay) []store.AuthField {
	fields := slices.Clone(way.Fields)
	for n := range fields {
		if fields[n].Description == way.Description {
			fields[n].Description = ""
		}
	}
	return fields
}

// kind is the type of a line of text.
func (c control) kind() string {
	switch {
	case c.Secret:
		return "password"
	case c.Type == fieldNumber:
		return "text" // with decimal keys: what a browser takes for a number differs by language
	}
	return "text"
}

func (c control) autocomplete() string {
	if c.Secret {
		return "new-password" // "off" is not heeded for secrets
	}
	return "off"
}

// about joins a field to what is said of it.
func (c control) about() templ.Attributes {
	if c.Description == "" {
		return nil
	}
	return templ.Attributes{"aria-describedby": c.ID + "-about"}
}
