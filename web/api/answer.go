package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"portico/portal"
	"portico/store"
)

// What the addresses are about, in the description.
const (
	tagSessions = "sessions"
	tagCDK      = "cdk"
	tagConnect  = "connect"
)

// document is one thing as the body of an answer.
type document[T any] struct {
	Body T
}

// list is some things as the body of an answer.
type list[T any] struct {
	Body struct {
		Items []T    `json:"items" nullable:"false"`
		Next  string `json:"next,omitempty" doc:"Where the next ones begin: give it as before. Absent: there are no more."`
	}
}

func listed[T any](items []T) *list[T] {
	var out list[T]
	if out.Body.Items = items; items == nil {
		out.Body.Items = []T{}
	}
	return &out
}

// Page is which part of a list is asked for.
type Page struct {
	Before string `query:"before" maxLength:"64" doc:"What next said of the list before. Absent: the newest."`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many there are at most."`
}

// paged cuts a list that was read with one thing more than was asked for, and says where it goes on.
func paged[T any](items []T, p Page, id func(T) string) *list[T] {
	next := ""
	if len(items) > p.Limit {
		items = items[:p.Limit]
		next = id(items[p.Limit-1])
	}
	out := listed(items)
	out.Body.Next = next
	return out
}

// of describes an operation; all of them may be refused for the same reasons.
func of(tag, id, method, path, summary string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: prefix + path, Summary: summary, Tags: []string{tag}, MaxBodyBytes: maxBody,
		Errors: []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusTooManyRequests},
	}
}

// more describes an operation beyond its summary.
func more(o huma.Operation, description string) huma.Operation {
	o.Description = description
	return o
}

// begins is an operation of which the answer says what was begun, and not what came of it.
func begins(o huma.Operation) huma.Operation {
	o.DefaultStatus = http.StatusAccepted
	return o
}

// withValues is an operation whose body holds values of a deployment.
func withValues(o huma.Operation) huma.Operation {
	o.MaxBodyBytes = maxValues
	return o
}

// serve has an operation answered. Its errors become what fail makes of them.
func serve[I, O any](a *API, o huma.Operation, do func(context.Context, *I) (*O, error)) {
	huma.Register(a.huma, o, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, a.fail(ctx, err)
		}
		return out, nil
	})
}

// when is a time as documents have it; nil where there is none.
func when(t store.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t.Time
}

// raw is JSON that was kept as text; nil where there is none.
func raw(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

// person is who has done something.
type person struct {
	Kind string `json:"kind" doc:"user, staff, host (through this API), terminal, system or platform."`
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

func personOf(a store.Actor) person { return person{a.Kind, a.ID, a.Name} }

// refused is a refusal in words: its text, filled with its arguments. A form would show it beside its field, which is named
// here.
func (a *API) refused(r *portal.Refusal) string {
	text := a.text("refusal."+r.Code, r.Args)
	if field := r.Args["field"]; field != "" {
		return field + ": " + text
	}
	return text
}

func (a *API) text(key string, args map[string]string) string {
	var pairs []any
	for name, value := range args {
		pairs = append(pairs, name, value)
	}
	return a.Messages.For("en").T(key, pairs...)
}

// withFix is a problem in words: what happened, and what to do.
func (a *API) withFix(key string, args map[string]string) string {
	return a.text(key, args) + " " + a.text(key+".fix", args)
}

func mebibytes(n int64) string { return strconv.FormatFloat(float64(n)/(1<<20), 'f', -1, 64) + " MiB" }
