package traysim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"

	"portico/graphql"
	"portico/sandbox/control"
)

// maxBody is the most that is read of a request, in bytes.
const maxBody = 4 << 20

// schemaFor is Tray's schema, less the fields that the settings take away.
func schemaFor(c settings) (*ast.Schema, error) {
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: graphql.Schema})
	if err != nil {
		return nil, fmt.Errorf("loading Tray's schema: %w", err)
	}
	if !c.AuthSlots {
		dropField(schema, "Solution", "authSlots")
	}
	if !c.ServiceEnvironment {
		dropField(schema, "Authentication", "serviceEnvironment")
	}
	return schema, nil
}

func dropField(schema *ast.Schema, typeName, field string) {
	def := schema.Types[typeName]
	var kept ast.FieldList
	for _, f := range def.Fields {
		if f.Name != field {
			kept = append(kept, f)
		}
	}
	def.Fields = kept
}

// graphqlRequest is the body that clients post.
type graphqlRequest struct {
	Query         string         `json:"query"`
	Variables     map[string]any `json:"variables"`
	OperationName string         `json:"operationName"`
}

// call is one GraphQL request on its way.
type call struct {
	st   *state
	who  bearer
	now  time.Time
	base string
	conf settings
}

// graphqlHint answers GET /graphql, where Tray shows a playground.
func (s *Server) graphqlHint(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "This is the simulated Tray's GraphQL API. POST a query as JSON, with a bearer token.\n")
}

// graphql answers POST /graphql.
func (s *Server) graphql(w http.ResponseWriter, r *http.Request) {
	entry := s.desk.Journal.Open("", s.clock.Now())
	defer entry.Close()
	s.mu.Lock()
	who, known := s.state.bearer(r, s.clock.Now())
	schema := s.schema
	free := s.config.admit(s.clock.Now())
	s.mu.Unlock()

	entry.From(who.kind.String(), who.userID())
	w = control.Watch(w, entry)
	body, err := readRequest(r)
	switch {
	case !known:
		writeMessage(w, http.StatusUnauthorized, "The request is unauthorized")
	case err != nil:
		writeMessage(w, http.StatusBadRequest, err.Error())
	case !free:
		w.Header().Set("Retry-After", "1")
		writeMessage(w, http.StatusTooManyRequests, "Too many requests")
	default:
		s.perform(w, r, entry, body, schema)
	}
}

func readRequest(r *http.Request) (graphqlRequest, error) {
	var body graphqlRequest
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return body, fmt.Errorf("reading the request: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&body); err != nil {
		return body, fmt.Errorf("Invalid value for: body (%w)", err) //nolint:staticcheck // Tray's words
	}
	return body, nil
}

// perform checks a query and runs it, with the faults that are set for what it asks.
func (s *Server) perform(w http.ResponseWriter, r *http.Request, entry *control.Record, body graphqlRequest, schema *ast.Schema) {
	op, vars, errs := prepare(schema, body)
	if errs != nil {
		entry.Asks(nil, body.Variables)
		entry.Failed(errs[0].Message)
		writeJSON(w, http.StatusOK, map[string]any{"errors": errs})
		return
	}
	names := operations(op)
	entry.Asks(names, body.Variables)
	s.desk.Perform(w, r, entry, names, func(w http.ResponseWriter) {
		s.execute(w, r, entry, schema, op, vars)
	})
}

// execute runs an operation on the state, and answers when the state is free again.
func (s *Server) execute(w http.ResponseWriter, r *http.Request, entry *control.Record, schema *ast.Schema, op *ast.OperationDefinition, vars map[string]any) {
	x := &execution{schema: schema, vars: vars}
	data, known := s.run(r, x, op)
	if !known {
		writeMessage(w, http.StatusUnauthorized, "The request is unauthorized")
		return
	}
	answer := members{{"data", data}}
	if x.errors != nil {
		answer = append(answer, member{"errors", x.errors})
		entry.Failed(x.errors[0].Message)
	}
	writeJSON(w, http.StatusOK, answer)
}

// run is false when the token is no longer good, since the request may have been held for long.
func (s *Server) run(r *http.Request, x *execution, op *ast.OperationDefinition) (members, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	who, known := s.state.bearer(r, now)
	if !known {
		return nil, false
	}
	c := &call{st: s.state, who: who, now: now, base: s.base(r), conf: s.config}
	root, typeName := c.queries(), "Query"
	if op.Operation == ast.Mutation {
		root, typeName = c.mutations(), "Mutation"
	}
	data := x.run(root, typeName, op.SelectionSet)
	s.keep()
	return data, true
}

// prepare parses and validates; what it returns instead is errors[] as Tray writes them.
func prepare(schema *ast.Schema, body graphqlRequest) (op *ast.OperationDefinition, vars map[string]any, errs []gqlError) {
	defer func() { // gqlparser panics on a few variables that no schema allows, such as null within a list of Json
		if p := recover(); p != nil {
			errs = []gqlError{invalid(fmt.Sprintf("The variables do not fit the query: %v", p), nil)}
		}
	}()
	doc, list := gqlparser.LoadQuery(schema, body.Query)
	for _, e := range list {
		errs = append(errs, invalid(e.Message, e.Locations))
	}
	if errs != nil {
		return nil, nil, errs
	}
	if op = doc.Operations.ForName(body.OperationName); op == nil {
		return nil, nil, []gqlError{invalid("The request does not say which operation to run", nil)}
	}
	vars, err := validator.VariableValues(schema, op, body.Variables)
	if err != nil {
		return nil, nil, []gqlError{invalid(err.Error(), nil)}
	}
	return op, vars, nil
}

func invalid(message string, at []gqlerror.Location) gqlError {
	e := gqlError{Message: message, Extensions: map[string]string{"name": "GraphQLError"}}
	for _, l := range at {
		e.Message += fmt.Sprintf(" (line %d, column %d)", l.Line, l.Column)
		e.Locations = append(e.Locations, location{l.Line, l.Column})
	}
	return e
}

// operations are the names by which faults and the journal know a request: its top-level fields, and for viewer the
// fields under it.
func operations(op *ast.OperationDefinition) []string {
	var out []string
	viewer := false
	var walk func(set ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, sel := range set {
			switch sel := sel.(type) {
			case *ast.Field:
				if sel.Name == "viewer" {
					viewer = true
					walk(sel.SelectionSet)
				} else if sel.Name != "__typename" {
					out = append(out, sel.Name)
				}
			case *ast.InlineFragment:
				walk(sel.SelectionSet)
			case *ast.FragmentSpread:
				walk(sel.Definition.SelectionSet)
			}
		}
	}
	walk(op.SelectionSet)
	if viewer {
		out = append(out, "viewer")
	}
	return out
}
