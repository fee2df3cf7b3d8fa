package piecesim

import (
	"fmt"
	"slices"
	"strings"
)

// checker collects what is wrong with a request, in the words of the schema library: all faults in one message.
type checker struct {
	where  string // "body" or "querystring"
	faults []string
}

func (k *checker) fault(key, format string, args ...any) {
	k.faults = append(k.faults, fmt.Sprintf("%s/%s %s", k.where, key, fmt.Sprintf(format, args...)))
}

// err is the problem that the faults make, or nil.
func (k *checker) err() error {
	if k.faults == nil {
		return nil
	}
	return invalid(strings.Join(k.faults, ", "))
}

// body starts checking the fields of a body. One that is no object lacks every field.
func (c *call) checkBody() *checker { return &checker{where: "body"} }

// text wants a string.
func (k *checker) text(in object, key string) {
	v, there := in[key]
	if _, ok := v.(string); !ok {
		k.fault(key, "Invalid input: expected string, received %s", typeName(v, there))
	}
}

// maybeText wants a string, null or nothing.
func (k *checker) maybeText(in object, key string) {
	if v := in[key]; v != nil {
		k.text(in, key)
	}
}

func (k *checker) oneOf(in object, key string, options ...string) {
	v, _ := in[key].(string)
	if !slices.Contains(options, v) {
		k.fault(key, `Invalid option: expected one of "%s"`, strings.Join(options, `"|"`))
	}
}

// maybeStrings wants a list of strings, null or nothing.
func (k *checker) maybeStrings(in object, key string) {
	if v := in[key]; v != nil {
		k.strings(in, key)
	}
}

func (k *checker) strings(in object, key string) {
	v, there := in[key]
	if _, ok := texts(v); !ok {
		k.fault(key, "Invalid input: expected array, received %s", typeName(v, there))
	}
}

// maybeObject wants an object, null or nothing.
func (k *checker) maybeObject(in object, key string) {
	v, there := in[key]
	if _, ok := v.(object); v != nil && !ok {
		k.fault(key, "Invalid input: expected record, received %s", typeName(v, there))
	}
}

// typeName is what the schema library calls the type of a value.
func typeName(v any, there bool) string {
	switch v.(type) {
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "boolean"
	case []any:
		return "array"
	case object:
		return "object"
	}
	if !there {
		return "undefined"
	}
	return "null"
}

// texts reads a list of strings.
func texts(v any) ([]string, bool) {
	list, ok := v.([]any)
	if !ok {
		return nil, false
	}
	out := make([]string, 0, len(list))
	for _, e := range list {
		s, ok := e.(string)
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}

// text is a string of the body, or nothing.
func (c *call) text(key string) string {
	s, _ := c.body[key].(string)
	return s
}

// needQuery is a check that a parameter is there, and that limit is a number.
func needQuery(keys ...string) func(c *call) error {
	return func(c *call) error {
		k := &checker{where: "querystring"}
		for _, key := range keys {
			if !c.query.Has(key) {
				k.fault(key, "Invalid input: expected string, received undefined")
			}
		}
		if text := c.query.Get("limit"); text != "" && !isNumber(text) {
			k.fault("limit", "Invalid input: expected number, received NaN")
		}
		return k.err()
	}
}
