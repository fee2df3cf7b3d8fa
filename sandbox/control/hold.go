package control

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// heldCall is one that waits for its release.
type heldCall struct {
	ID        string `json:"id"`
	Operation string `json:"operation"`
	Phase     string `json:"phase"` // "before" the work or "after" it

	released chan struct{}
}

// Holds are the calls that wait, in the order they came.
type Holds struct {
	mu      sync.Mutex
	last    int
	calls   []*heldCall
	arrived chan struct{} // closed when one more waits
}

// NewHolds is a list without calls.
func NewHolds() *Holds { return &Holds{arrived: make(chan struct{})} }

// wait holds a call until it is released. When its caller goes first the call ends there, without an answer: one held
// before its work then does none.
func (l *Holds) wait(r *http.Request, operation, phase string) {
	c := l.add(operation, phase)
	defer l.drop(c)
	select {
	case <-c.released:
	case <-r.Context().Done():
	}
	if r.Context().Err() != nil {
		panic(http.ErrAbortHandler)
	}
}

func (l *Holds) add(operation, phase string) *heldCall {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	c := &heldCall{ID: strconv.Itoa(l.last), Operation: operation, Phase: phase, released: make(chan struct{})}
	l.calls = append(l.calls, c)
	close(l.arrived)
	l.arrived = make(chan struct{})
	return c
}

func (l *Holds) drop(c *heldCall) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = slices.DeleteFunc(l.calls, func(o *heldCall) bool { return o == c })
}

// first is the call that has waited longest; it waits for one until ctx ends.
func (l *Holds) first(ctx context.Context) (heldCall, bool) {
	for {
		l.mu.Lock()
		calls, arrived := l.calls, l.arrived
		var c heldCall
		if len(calls) > 0 {
			c = *calls[0]
		}
		l.mu.Unlock()
		if c.ID != "" {
			return c, true
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return heldCall{}, false
		}
	}
}

// Release lets one call go, or with an empty ID all, and says how many.
func (l *Holds) Release(id string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.calls)
	l.calls = slices.DeleteFunc(l.calls, func(c *heldCall) bool {
		if id != "" && c.ID != id {
			return false
		}
		close(c.released)
		return true
	})
	return n - len(l.calls)
}
