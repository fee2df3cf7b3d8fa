package traysim

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// keptRecords is how many requests the journal holds before it forgets the oldest.
const keptRecords = 20_000

// record is one request received. Secrets are taken out before they come in.
type record struct {
	ID         int            `json:"id"`
	Operation  string         `json:"operation"`  // the first of Operations
	Operations []string       `json:"operations"` // GraphQL fields, or "dialog", "webhook", "image", "me"
	Token      string         `json:"token"`      // "master", "user" or nothing
	UserID     string         `json:"user_id,omitempty"`
	Variables  map[string]any `json:"variables,omitempty"`
	At         time.Time      `json:"at"`
	Status     int            `json:"status"` // 0 while it waits, and when the answer was lost
	Error      string         `json:"error,omitempty"`
	Fault      string         `json:"fault,omitempty"`
	Done       bool           `json:"done"`

	in *journal
}

// journal is the list of requests received, oldest first.
type journal struct {
	mu   sync.Mutex
	last int
	rows []*record
}

func newJournal() *journal { return &journal{} }

func (j *journal) open(operation string, at time.Time) *record {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	r := &record{ID: j.last, Operation: operation, At: at, in: j}
	if operation != "" {
		r.Operations = []string{operation}
	}
	j.rows = append(j.rows, r)
	if len(j.rows) > keptRecords {
		j.rows = slices.Delete(j.rows, 0, len(j.rows)-keptRecords)
	}
	return r
}

func (j *journal) close(r *record) { r.update(func() { r.Done = true }) }

func (j *journal) list() []record {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := make([]record, len(j.rows))
	for i, r := range j.rows {
		out[i] = *r
	}
	return out
}

func (j *journal) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.rows = nil
}

func (r *record) update(f func()) {
	r.in.mu.Lock()
	defer r.in.mu.Unlock()
	f()
}

func (r *record) from(b bearer) {
	r.update(func() { r.Token, r.UserID = b.kind.String(), b.userID() })
}

// asks notes what a request wants.
func (r *record) asks(names []string, vars map[string]any) {
	r.update(func() {
		if len(names) > 0 {
			r.Operation = names[0]
		}
		r.Operations, r.Variables = names, redact(vars)
	})
}

// failed notes the error that a request is answered with.
func (r *record) failed(message string) { r.update(func() { r.Error = message }) }

func (r *record) faulted(kind string) { r.update(func() { r.Fault = kind }) }

// secretNames are the variables that carry credentials, in lower case.
var secretNames = []string{"accesstoken", "authorizationcode", "code", "data", "formdata", "password", "secret", "token"}

// redact copies variables without the values of secret ones, at any depth.
func redact(vars map[string]any) map[string]any {
	out := make(map[string]any, len(vars))
	for k, v := range vars {
		inner, nested := v.(map[string]any)
		switch {
		case slices.Contains(secretNames, strings.ToLower(k)):
			out[k] = "•••"
		case nested:
			out[k] = redact(inner)
		default:
			out[k] = v
		}
	}
	return out
}

// watched notes the status of an answer.
type watched struct {
	http.ResponseWriter
	entry *record
}

func watch(w http.ResponseWriter, entry *record) http.ResponseWriter { return &watched{w, entry} }

// WriteHeader notes the status and passes it on.
func (w *watched) WriteHeader(status int) {
	w.entry.update(func() { w.entry.Status = status })
	w.ResponseWriter.WriteHeader(status)
}

// Write answers 200 when nothing else has been said.
func (w *watched) Write(b []byte) (int, error) {
	w.entry.update(func() {
		if w.entry.Status == 0 {
			w.entry.Status = http.StatusOK
		}
	})
	return w.ResponseWriter.Write(b)
}
