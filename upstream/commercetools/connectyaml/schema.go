package connectyaml

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// checker collects problems. Its checks return false after a hard problem: a value
// that is missing or of the wrong type, so that nothing can be said of what it is
// part of. After a soft one (a text of the wrong form, an unknown key) they return
// true, and what looks at several values together goes on.
type checker struct{ problems []Problem }

// check is the rule of one value.
type check func(place) bool

// field is one key that an object may have.
type field struct {
	key      string
	required bool
	check    check
}

func must(key string, c check) field { return field{key: key, required: true, check: c} }
func may(key string, c check) field  { return field{key: key, check: c} }

func (c *checker) report(p place, message string) {
	path := p.path
	if path == "" {
		path = FileContent
	}
	c.problems = append(c.problems, Problem{Path: path, Message: message, Line: p.atLine(), Column: p.atColumn()})
}

// is reports whether a value has a kind; where it has not, that is a hard problem.
func (c *checker) is(p place, want kind) bool {
	switch {
	case p.node == nil:
		c.report(p, "Required")
	case p.node.kind != want:
		c.report(p, "Expected "+string(want)+", received "+string(p.node.kind))
	default:
		return true
	}
	return false
}

// object checks the fields in their order, then names all keys that are none.
func (c *checker) object(p place, fields []field) bool {
	if !c.is(p, object) {
		return false
	}
	sound := true
	for _, f := range fields {
		child := p.member(f.key)
		if child.node != nil || f.required {
			sound = f.check(child) && sound
		}
	}
	c.unknown(p, fields)
	return sound
}

// unknown names the keys of an object that no field has.
func (c *checker) unknown(p place, fields []field) {
	var names []string
	at := p
	for _, m := range ordered(p.node.members) {
		if slices.ContainsFunc(fields, func(f field) bool { return f.key == m.key }) {
			continue
		}
		if names == nil {
			at.line, at.column = m.line, m.column
		}
		names = append(names, "'"+m.key+"'")
	}
	if names != nil {
		c.report(at, "Unrecognized key(s) in object: "+strings.Join(names, ", "))
	}
}

// ordered are the members as JavaScript lists them.
func ordered(members []member) []member {
	sorted := slices.Clone(members)
	slices.SortStableFunc(sorted, func(a, b member) int { return byIndex(a.key, b.key) })
	return sorted
}

// byIndex puts names that are places in a list first, in the order of the places.
func byIndex(a, b string) int {
	i, first := index(a)
	j, second := index(b)
	switch {
	case first && second:
		return int(i) - int(j)
	case first:
		return -1
	case second:
		return 1
	}
	return 0
}

// array checks every item by one rule.
func (c *checker) array(p place, item check) bool {
	if !c.is(p, array) {
		return false
	}
	sound := true
	for i := range p.node.items {
		sound = item(p.item(i)) && sound
	}
	return sound
}

// text checks a text by rules each of which names a problem, or "".
func (c *checker) text(p place, rules ...func(string) string) bool {
	if !c.is(p, text) {
		return false
	}
	for _, rule := range rules {
		if message := rule(p.node.text); message != "" {
			c.report(p, message)
		}
	}
	return true
}

func (c *checker) boolean(p place) bool { return c.is(p, boolean) }

// integer checks a whole number between two bounds.
func (c *checker) integer(least, most float64) check {
	return func(p place) bool {
		if !c.is(p, number) {
			return false
		}
		n := p.node.number
		if n != math.Trunc(n) || math.IsInf(n, 0) {
			c.report(p, "Expected integer, received float")
		}
		if n < least {
			c.report(p, "Number must be greater than or equal to "+strconv.Itoa(int(least)))
		}
		if n > most {
			c.report(p, "Number must be less than or equal to "+strconv.Itoa(int(most)))
		}
		return true
	}
}

// choice checks the field that decides by which rules its object is checked. Where
// it decides nothing, nothing else of the object is checked.
func (c *checker) choice(p place, field string, options []string) (chosen string, ok bool) {
	if !c.is(p, object) {
		return "", false
	}
	by := p.member(field)
	if by.node != nil && by.node.kind == text && slices.Contains(options, by.node.text) {
		return by.node.text, true
	}
	c.report(by, "Invalid discriminator value. Expected '"+strings.Join(options, "' | '")+"'")
	return "", false
}
