package control

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// keptRecords is how many requests the journal holds before it forgets the oldest.
const keptRecords = 20_000

// Record is one request received. Secrets are taken out before they come in.
type Record struct {
	ID         int            `json:"id"`
	Operation  string         `json:"operation"`  // the first of Operations
	Operations []string       `json:"operations"` // the names by which faults know it too
	Token      string         `json:"token"`      // the kind of token it came with; empty for none
	UserID     string         `json:"user_id,omitempty"`
	Variables  map[string]any `json:"variables,omitempty"`
	At         time.Time      `json:"at"`
	Status     int            `json:"status"` // 0 while it waits, and when the answer was lost
	Error      string         `json:"error,omitempty"`
	Fault      string         `json:"fault,omitempty"`
	Done       bool           `json:"done"`

	in *Journal
}

// Journal is the list of requests received, oldest first. It is safe for concurrent use.
type Journal struct {
	secret []string
	mu     sync.Mutex
	last   int
	rows   []*Record
}

// NewJournal makes an empty journal that never keeps the values of variables with these names, whatever their case.
func NewJournal(secret ...string) *Journal {
	j := &Journal{}
	for _, name := range secret {
		j.secret = append(j.secret, strings.ToLower(name))
	}
	return j
}

// Open begins the record of a request.
func (j *Journal) Open(operation string, at time.Time) *Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	r := &Record{ID: j.last, Operation: operation, At: at, in: j}
	if operation != "" {
		r.Operations = []string{operation}
	}
	j.rows = append(j.rows, r)
	if len(j.rows) > keptRecords {
		j.rows = slices.Delete(j.rows, 0, len(j.rows)-keptRecords)
	}
	return r
}

// List copies the records.
func (j *Journal) List() []Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := make([]Record, len(j.rows))
	for i, r := range j.rows {
		out[i] = *r
	}
	return out
}

// Clear forgets all records.
func (j *Journal) Clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.rows = nil
}

// Close says that nothing more happens to the request.
func (r *Record) Close() { r.update(func() { r.Done = true }) }

// From notes whose token came with it.
func (r *Record) From(token, userID string) { r.update(func() { r.Token, r.UserID = token, userID }) }

// Asks notes what a request wants.
func (r *Record) Asks(names []string, vars map[string]any) {
	r.update(func() {
		if len(names) > 0 {
			r.Operation = names[0]
		}
		r.Operations, r.Variables = names, r.in.redact(vars)
	})
}

// Failed notes the error that a request is answered with.
func (r *Record) Failed(message string) { r.update(func() { r.Error = message }) }

func (r *Record) faulted(kind string) { r.update(func() { r.Fault = kind }) }

func (r *Record) update(f func()) {
	r.in.mu.Lock()
	defer r.in.mu.Unlock()
	f()
}

// redact copies variables without the values of secret ones, at any depth.
func (j *Journal) redact(vars map[string]any) map[string]any {
	out := make(map[string]any, len(vars))
	for k, v := range vars {
		inner, nested := v.(map[string]any)
		switch {
		case slices.Contains(j.secret, strings.ToLower(k)):
			out[k] = "•••"
		case nested:
			out[k] = j.redact(inner)
		default:
			out[k] = v
		}
	}
	return out
}

// watched notes the status of an answer.
type watched struct {
	http.ResponseWriter
	entry *Record
}

// Watch notes in a record the status that is answered through the writer.
func Watch(w http.ResponseWriter, entry *Record) http.ResponseWriter { return &watched{w, entry} }

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
