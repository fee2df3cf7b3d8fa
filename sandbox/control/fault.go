package control

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is a way for calls to go wrong.
type Fault struct {
	// Operation is a name that the simulator gives its requests; "*" is all that are not set apart.
	Operation string `json:"operation"`
	Kind      string `json:"kind"`
	// Times is how many calls it hits; 0 is all until faults are cleared.
	Times      int    `json:"times"`
	LatencyMS  int    `json:"latency_ms"`
	RetryAfter int    `json:"retry_after"` // seconds; with 429
	Status     int    `json:"status"`      // with status
	Code       string `json:"code"`        // with kinds that the platform words: its own code
	Message    string `json:"message"`
	Location   string `json:"location"` // with redirect
	Size       int    `json:"size"`     // with big: bytes of the answer
}

// commonKinds says what each kind does that every simulator knows.
var commonKinds = map[string]string{
	"latency":     "answers, latency_ms later",
	"401":         "refuses the token",
	"429":         "asks to come back after retry_after seconds",
	"500":         "fails",
	"status":      "fails with the given status and message",
	"html":        "answers 200 with a page of HTML",
	"redirect":    "sends the caller to location",
	"big":         "answers size bytes",
	"lost":        "does the work and drops the connection",
	"malformed":   "does the work and answers half of the JSON",
	"500_after":   "does the work and fails all the same",
	"hold_before": "waits before the work until released",
	"hold_after":  "does the work and waits before the answer until released",
}

// Faults are those in force, in the order they were asked for. Set the exported fields once, before it serves.
type Faults struct {
	// Kinds are the simulator's own, which do no work, with what each does.
	Kinds map[string]string
	// Apart are the operations that "*" leaves alone.
	Apart []string
	// Answer says in the platform's words what 401, 429, 500, status and the simulator's own kinds say.
	Answer func(w http.ResponseWriter, f Fault)

	mu   sync.Mutex
	rows []*Fault
}

func (l *Faults) kinds() map[string]string {
	all := maps.Clone(commonKinds)
	maps.Copy(all, l.Kinds)
	return all
}

// Add puts a fault in force.
func (l *Faults) Add(f Fault) error {
	if l.kinds()[f.Kind] == "" {
		return fmt.Errorf("there is no fault of kind %q", f.Kind)
	}
	if f.Operation == "" || f.Times < 0 {
		return fmt.Errorf("a fault needs an operation, and times of 0 or more")
	}
	if f.Kind == "status" && (f.Status < 200 || f.Status > 599) {
		return fmt.Errorf("status is %d, not one of 200 to 599", f.Status)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows = append(l.rows, &f)
	return nil
}

// Clear takes all faults away. Calls that are held stay so.
func (l *Faults) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows = nil
}

// List copies the faults in force.
func (l *Faults) List() []Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Fault, len(l.rows))
	for i, f := range l.rows {
		out[i] = *f
	}
	return out
}

// take finds the first fault for a request, and counts it.
func (l *Faults) take(names []string) (Fault, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.rows, func(f *Fault) bool { return l.hits(f, names) })
	if i < 0 {
		return Fault{}, false
	}
	f := l.rows[i]
	if f.Times == 1 {
		l.rows = slices.Delete(l.rows, i, i+1)
	} else if f.Times > 1 {
		f.Times--
	}
	return *f, true
}

func (l *Faults) hits(f *Fault, names []string) bool {
	if f.Operation != "*" {
		return slices.Contains(names, f.Operation)
	}
	return !slices.ContainsFunc(names, func(n string) bool { return slices.Contains(l.Apart, n) })
}

// Perform lets act answer a request, unless a fault is set for one of its names. Call it with no state locked.
func (d *Desk) Perform(w http.ResponseWriter, r *http.Request, entry *Record, names []string, act func(http.ResponseWriter)) {
	f, hit := d.Faults.take(names)
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
		d.Held.wait(r, names[0], "before")
		act(w)
	case "hold_after", "lost", "malformed", "500_after":
		d.spoil(w, r, f, names[0], act)
	default:
		d.Faults.answer(w, f)
	}
}

// spoil is for what goes wrong after the work is done.
func (d *Desk) spoil(w http.ResponseWriter, r *http.Request, f Fault, name string, act func(http.ResponseWriter)) {
	done := NewBuffer()
	act(done)
	switch f.Kind {
	case "lost":
		panic(http.ErrAbortHandler)
	case "malformed":
		done.Body.Truncate(done.Body.Len() / 2)
	case "500_after":
		d.Faults.Answer(w, Fault{Kind: "500", Message: f.Message})
		return
	case "hold_after":
		d.Held.wait(r, name, "after")
	}
	done.CopyTo(w)
}

// answer is what the faults say that do no work at all.
func (l *Faults) answer(w http.ResponseWriter, f Fault) {
	switch f.Kind {
	case "redirect":
		w.Header().Set("Location", f.Location)
		w.WriteHeader(http.StatusFound)
	case "big":
		_, _ = w.Write([]byte(strings.Repeat("x", f.Size)))
	case "html":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html>\n<title>Welcome</title>\n<p>This is another program.</p>\n"))
	default:
		l.Answer(w, f)
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
