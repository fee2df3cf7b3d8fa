package traysim

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// object is a value of a GraphQL object type: its fields by name. A field that takes arguments, or is dear, is a resolver.
type object map[string]any

// resolver answers for a field when it is asked for.
type resolver func(args map[string]any) (any, error)

// execution runs one operation that has been validated against the schema.
type execution struct {
	schema *ast.Schema
	vars   map[string]any
	errors []gqlError
}

// gqlError is one member of errors[] in Tray's shape.
type gqlError struct {
	Message    string            `json:"message"`
	Locations  []location        `json:"locations,omitempty"`
	Path       []any             `json:"path,omitempty"`
	Extensions map[string]string `json:"extensions"`
}

type location struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// run answers the top-level fields one after the other. One that goes wrong is null and leaves an error, as in Tray's sample.
func (x *execution) run(root object, typeName string, set ast.SelectionSet) members {
	var out members
	for _, f := range x.collect(set, typeName) {
		v, err := x.field(root, typeName, f)
		if err != nil {
			x.errors = append(x.errors, located(err, f))
		}
		out = append(out, member{f.name, v})
	}
	return out
}

func located(err error, f selected) gqlError {
	p, ok := errors.AsType[*problem](err)
	if !ok {
		p = &problem{Name: "InternalError", ErrorID: newID(), Message: err.Error()}
	}
	at := f.fields[0].Position
	return gqlError{
		Message: p.Message, Path: []any{f.name}, Extensions: p.extensions(),
		Locations: []location{{Line: at.Line, Column: at.Column}},
	}
}

// selected is one key of an answer, with all the places in the query that ask for it.
type selected struct {
	name   string
	fields []*ast.Field
}

func (s selected) sub() ast.SelectionSet {
	var out ast.SelectionSet
	for _, f := range s.fields {
		out = append(out, f.SelectionSet...)
	}
	return out
}

// collect gathers the keys that a selection asks of a type, through fragments, in the order of the query.
func (x *execution) collect(set ast.SelectionSet, typeName string) []selected {
	var out []selected
	at := map[string]int{}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, sel := range set {
			switch sel := sel.(type) {
			case *ast.Field:
				if !x.wanted(sel.Directives) {
					continue
				}
				if i, ok := at[sel.Alias]; ok {
					out[i].fields = append(out[i].fields, sel)
					continue
				}
				at[sel.Alias] = len(out)
				out = append(out, selected{sel.Alias, []*ast.Field{sel}})
			case *ast.InlineFragment:
				if x.wanted(sel.Directives) && x.applies(sel.TypeCondition, typeName) {
					walk(sel.SelectionSet)
				}
			case *ast.FragmentSpread:
				if x.wanted(sel.Directives) && x.applies(sel.Definition.TypeCondition, typeName) {
					walk(sel.Definition.SelectionSet)
				}
			}
		}
	}
	walk(set)
	return out
}

// wanted heeds @skip and @include.
func (x *execution) wanted(directives ast.DirectiveList) bool {
	for _, d := range directives {
		cond, _ := d.ArgumentMap(x.vars)["if"].(bool)
		if d.Name == "skip" && cond || d.Name == "include" && !cond {
			return false
		}
	}
	return true
}

func (x *execution) applies(condition, typeName string) bool {
	if condition == "" || condition == typeName {
		return true
	}
	for _, def := range x.schema.PossibleTypes[condition] {
		if def.Name == typeName {
			return true
		}
	}
	return false
}

func (x *execution) field(o object, typeName string, f selected) (any, error) {
	first := f.fields[0]
	if first.Name == "__typename" {
		return typeName, nil
	}
	v, ok := o[first.Name]
	if !ok {
		return nil, &problem{Name: "GraphQLError", Message: fmt.Sprintf("Cannot query field '%s' on type '%s'.", first.Name, typeName)}
	}
	if resolve, ok := v.(resolver); ok {
		var err error
		if v, err = resolve(x.arguments(first)); err != nil {
			return nil, err
		}
	}
	return x.complete(v, first.Definition.Type.Name(), f.sub())
}

// complete turns a field's value into the part of it that is asked for.
func (x *execution) complete(v any, typeName string, set ast.SelectionSet) (any, error) {
	switch v := v.(type) {
	case object:
		var out members
		for _, f := range x.collect(set, typeName) {
			value, err := x.field(v, typeName, f)
			if err != nil {
				return nil, err
			}
			out = append(out, member{f.name, value})
		}
		return out, nil
	case []object:
		out := make([]any, len(v))
		for i := range v {
			var err error
			if out[i], err = x.complete(v[i], typeName, set); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return v, nil
}

// arguments are those of a field, with variables put in. One whose variable was not sent is not there, at any depth:
// update calls must be able to tell "not said" from null.
func (x *execution) arguments(f *ast.Field) map[string]any {
	out := map[string]any{}
	for _, a := range f.Arguments {
		if v, ok := x.value(a.Value); ok {
			out[a.Name] = v
		}
	}
	return out
}

func (x *execution) value(v *ast.Value) (any, bool) {
	switch v.Kind {
	case ast.Variable:
		got, ok := x.vars[v.Raw]
		return got, ok
	case ast.ObjectValue:
		out := map[string]any{}
		for _, child := range v.Children {
			if got, ok := x.value(child.Value); ok {
				out[child.Name] = got
			}
		}
		return out, true
	case ast.ListValue:
		out := []any{}
		for _, child := range v.Children {
			got, _ := x.value(child.Value)
			out = append(out, got)
		}
		return out, true
	case ast.IntValue, ast.FloatValue:
		return json.Number(v.Raw), true
	case ast.BooleanValue:
		b, err := strconv.ParseBool(v.Raw)
		return b, err == nil
	case ast.NullValue:
		return nil, true
	}
	return v.Raw, true
}

// members is a JSON object that keeps the order of the query.
type members []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in order.
func (m members) MarshalJSON() ([]byte, error) { return appendJSON(nil, m) }

// appendJSON writes the objects and lists of an answer itself: one MarshalJSON within another would have each level
// read again by all those above it.
func appendJSON(out []byte, v any) ([]byte, error) {
	var err error
	switch v := v.(type) {
	case members:
		out = append(out, '{')
		for i, m := range v {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(strconv.AppendQuote(out, m.name), ':')
			if out, err = appendJSON(out, m.value); err != nil {
				return nil, err
			}
		}
		return append(out, '}'), nil
	case []any:
		out = append(out, '[')
		for i := range v {
			if i > 0 {
				out = append(out, ',')
			}
			if out, err = appendJSON(out, v[i]); err != nil {
				return nil, err
			}
		}
		return append(out, ']'), nil
	}
	raw, err := json.Marshal(v)
	return append(out, raw...), err
}
