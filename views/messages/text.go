package messages

import (
	"fmt"
	"strings"
)

// text is a text in parts: those at even places are told as they are, those at odd ones are names of values.
type text []string

// parse reads a text whose values stand as {{.name}}, and false where it says anything else between braces: that is for
// the template engine, which takes twenty times as long.
func parse(s string) (text, bool) {
	var t text
	for {
		before, rest, found := strings.Cut(s, "{{")
		t = append(t, before)
		if !found {
			return t, true
		}
		inner, after, closed := strings.Cut(rest, "}}")
		name, isValue := strings.CutPrefix(strings.TrimSpace(inner), ".")
		if !closed || !isValue || strings.ContainsAny(name, " .|()") {
			return nil, false
		}
		t, s = append(t, name), after
	}
}

// with is the text with its values, which come as name, value, name, value.
func (t text) with(pairs []any) string {
	if len(t) == 1 {
		return t[0]
	}
	var b strings.Builder
	for n, part := range t {
		if n%2 == 0 {
			b.WriteString(part)
		} else {
			b.WriteString(value(pairs, part))
		}
	}
	return b.String()
}

// value is the last value of a name, as the template engine would have it.
func value(pairs []any, name string) string {
	for n := len(pairs)/2*2 - 2; n >= 0; n -= 2 {
		if pairs[n] == name {
			if s, ok := pairs[n+1].(string); ok {
				return s
			}
			return fmt.Sprint(pairs[n+1])
		}
	}
	return "<no value>"
}
