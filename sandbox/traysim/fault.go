package traysim

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// fault is a way for calls to go wrong.
type fault struct {
	// Operation is a GraphQL field at the top level or under viewer, "dialog", "webhook", "image" or "me"; "*" is every
	// GraphQL call and webhook.
	Operation string `json:"operation"`
	Kind      string `json:"kind"`
	// Times is how many calls it hits; 0 is all until faults are cleared.
	Times      int    `json:"times"`
	LatencyMS  int    `json:"latency_ms"`
	RetryAfter int    `json:"retry_after"` // seconds; with 429
	Code       string `json:"code"`        // with reject: extensions.code
	Message    string `json:"message"`
	Location   string `json:"location"` // with redirect
	Size       int    `json:"size"`     // with big: bytes of the answer
}

// faultKinds says what each does.
var faultKinds = map[string]string{
	"latency":     "answers, latency_ms later",
	"401":         "refuses the token",
	"429":         "asks to come back after retry_after seconds",
	"500":         "fails with a body that is not JSON",
	"reject":      "answers 200 with a PreconditionError of the given code and message",
	"redirect":    "sends the caller to location",
	"big":         "answers size bytes",
	"lost":        "does the work and drops the connection",
	"malformed":   "does the work and answers half of the JSON",
	"hold_before": "waits before the work until released",
	"hold_after":  "does the work and waits before the answer until released",
}

// faultList are the faults in force, in the order they were asked for.
type faultList struct {
	mu   sync.Mutex
	rows []*fault
}

func (l *faultList) add(f fault) error {
	if faultKinds[f.Kind] == "" {
		return fmt.Errorf("there is no fault of kind %q", f.Kind)
	}
	if f.Operation == "" || f.Times < 0 {
		return fmt.Errorf("a fault needs an operation, and times of 0 or more")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows = append(l.rows, &f)
	return nil
}

func (l *faultList) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows = nil
}

func (l *faultList) list() []fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]fault, len(l.rows))
	for i, f := range l.rows {
		out[i] = *f
	}
	return out
}

// take finds the first fault for a request, and counts it.
func (l *faultList) take(names []string) (fault, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.rows, func(f *fault) bool { return f.hits(names) })
	if i < 0 {
		return fault{}, false
	}
	f := l.rows[i]
	if f.Times == 1 {
		l.rows = slices.Delete(l.rows, i, i+1)
	} else if f.Times > 1 {
		f.Times--
	}
	return *f, true
}

func (f *fault) hits(names []string) bool {
	if f.Operation != "*" {
		return slices.Contains(names, f.Operation)
	}
	own := []string{"dialog", "image", "me"}
	return !slices.ContainsFunc(names, func(n string) bool { return slices.Contains(own, n) })
}

// withFaults lets act answer a request, unless a fault is set for one of its names. The state is not locked here.
func (s *Server) withFaults(w http.ResponseWriter, r *http.Request, entry *record, names []string, act func(http.ResponseWriter)) {
	f, hit := s.faults.take(names)
	if !hit {
		act(w)
		return
	}
	entry.faulted(f.Kind)
	switch f.Kind {
	case "latency":
		if pause(r, f.LatencyMS) {
			act(w)
		}
	case "hold_before":
		s.held.wait(r, names[0], "before")
		act(w)
	case "hold_after", "lost", "malformed":
		s.spoil(w, r, f, names[0], act)
	default:
		f.answer(w)
	}
}

// spoil is for what goes wrong after the work is done.
func (s *Server) spoil(w http.ResponseWriter, r *http.Request, f fault, name string, act func(http.ResponseWriter)) {
	done := &buffer{header: http.Header{}, status: http.StatusOK}
	act(done)
	switch f.Kind {
	case "lost":
		panic(http.ErrAbortHandler)
	case "malformed":
		done.body.Truncate(done.body.Len() / 2)
	case "hold_after":
		s.held.wait(r, name, "after")
	}
	done.copyTo(w)
}

// answer is what the faults say that do no work at all.
func (f fault) answer(w http.ResponseWriter) {
	message := f.Message
	switch f.Kind {
	case "401":
		writeMessage(w, http.StatusUnauthorized, "The request is unauthorized")
	case "429":
		w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		writeMessage(w, http.StatusTooManyRequests, "Too many requests")
	case "reject":
		if message == "" {
			message = "The request was refused"
		}
		p := &problem{Name: "PreconditionError", Code: f.Code, Message: message}
		writeJSON(w, http.StatusOK, map[string]any{
			"data": nil, "errors": []gqlError{{Message: p.Message, Extensions: p.extensions()}},
		})
	case "redirect":
		w.Header().Set("Location", f.Location)
		w.WriteHeader(http.StatusFound)
	case "big":
		_, _ = w.Write([]byte(strings.Repeat("x", f.Size)))
	default:
		http.Error(w, "<html><body>Internal server error</body></html>", http.StatusInternalServerError)
	}
}

// pause waits in real time; false when the caller has gone.
func pause(r *http.Request, ms int) bool {
	t := time.NewTimer(time.Duration(ms) * time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// buffer holds an answer back.
type buffer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is the answer's header.
func (b *buffer) Header() http.Header { return b.header }

// WriteHeader keeps the status.
func (b *buffer) WriteHeader(status int) { b.status = status }

// Write keeps a part of the body.
func (b *buffer) Write(p []byte) (int, error) { return b.body.Write(p) }

func (b *buffer) copyTo(w http.ResponseWriter) {
	for k, v := range b.header {
		w.Header()[k] = v
	}
	w.WriteHeader(b.status)
	_, _ = w.Write(b.body.Bytes())
}
