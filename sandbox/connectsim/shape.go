package connectsim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// shape reads fields off a JSON object and notes what does not fit. A null is a field that is not there; a field that
// nobody reads is ignored, as the real service does.
type shape struct {
	of     object
	path   string
	faults *[]string
}

// shape reads a request's body.
func (c *call) shape() (shape, error) {
	if c.body == nil {
		var v any
		detail := "the body is not a JSON object"
		if err := json.Unmarshal(c.raw, &v); err != nil {
			detail = err.Error()
		}
		return shape{}, invalidJSON(detail)
	}
	return shape{of: c.body, faults: new([]string)}, nil
}

// err is what was noted; nil when everything fits.
func (s shape) err() error {
	if len(*s.faults) == 0 {
		return nil
	}
	return invalidJSON(*s.faults...)
}

func (s shape) fault(name, format string, args ...any) {
	*s.faults = append(*s.faults, s.path+name+": "+fmt.Sprintf(format, args...))
}

// has says whether a field is there; where it is required and is not, that is a fault.
func (s shape) has(name string, required bool) bool {
	there := s.of[name] != nil
	if !there && required {
		s.fault(name, "a required field is missing")
	}
	return there
}

func (s shape) text(name string, required bool) string {
	if !s.has(name, required) {
		return ""
	}
	v, ok := s.of[name].(string)
	if !ok {
		s.fault(name, "expected a string")
	}
	return v
}

// key is a text in the form of keys.
func (s shape) key(name string) string {
	v := s.text(name, false)
	if s.of[name] != nil && !keyShape.MatchString(v) {
		s.fault(name, "does not match ^[A-Za-z0-9_-]{2,256}$")
	}
	return v
}

func (s shape) flag(name string, required bool) bool {
	if !s.has(name, required) {
		return false
	}
	v, ok := s.of[name].(bool)
	if !ok {
		s.fault(name, "expected a boolean")
	}
	return v
}

// number is an integer of at least lowest.
func (s shape) number(name string, required bool, lowest int64) int {
	if !s.has(name, required) {
		return 0
	}
	n, ok := s.of[name].(json.Number)
	v, err := n.Int64()
	if !ok || err != nil || v < lowest {
		s.fault(name, "expected an integer of at least %d", lowest)
	}
	return int(v)
}

func (s shape) list(name string, required bool) []any {
	if !s.has(name, required) {
		return nil
	}
	v, ok := s.of[name].([]any)
	if !ok {
		s.fault(name, "expected an array")
	}
	return v
}

// texts is a list of strings, each one of allowed unless that is nil.
func (s shape) texts(name string, required bool, allowed []string) []string {
	out := []string{}
	for i, v := range s.list(name, required) {
		text, ok := v.(string)
		if !ok || allowed != nil && !slices.Contains(allowed, text) {
			s.fault(fmt.Sprintf("%s[%d]", name, i), "expected %s", expected(allowed))
		}
		out = append(out, text)
	}
	return out
}

// choice is a text that is one of allowed.
func (s shape) choice(name string, required bool, allowed []string) string {
	v := s.text(name, required)
	if s.of[name] != nil && !slices.Contains(allowed, v) {
		s.fault(name, "expected %s", expected(allowed))
	}
	return v
}

func expected(allowed []string) string {
	if allowed == nil {
		return "a string"
	}
	return "one of " + strings.Join(allowed, ", ")
}

// inner is an object inside.
func (s shape) inner(name string, required bool) (shape, bool) {
	in := shape{path: s.path + name + ".", faults: s.faults}
	if !s.has(name, required) {
		return in, false
	}
	o, ok := s.of[name].(object)
	if !ok {
		s.fault(name, "expected an object")
	}
	in.of = o
	return in, ok
}

// each is the objects of a list.
func (s shape) each(name string, required bool) []shape {
	var out []shape
	for i, v := range s.list(name, required) {
		place := fmt.Sprintf("%s[%d]", name, i)
		o, ok := v.(object)
		if !ok {
			s.fault(place, "expected an object")
			continue
		}
		out = append(out, shape{of: o, path: s.path + place + ".", faults: s.faults})
	}
	return out
}
