package piecesim

import (
	"context"
	"sync"
	"time"

	"portico/sandbox/clock"
)

// workerPatience is how long a real server waits for a worker before it gives up (facts, "Validation on upsert").
const workerPatience = 5 * time.Minute

// outcome is how waiting for a worker ended.
type outcome int

const (
	worked outcome = iota
	gaveUp
	callerGone
)

// workerGate is whether there is a worker: without one, whatever needs it hangs.
type workerGate struct {
	clock *clock.Clock

	mu      sync.Mutex
	off     bool
	calls   int           // that wait
	changed chan struct{} // closed when off changes
}

func newWorkerGate(c *clock.Clock) *workerGate {
	return &workerGate{clock: c, changed: make(chan struct{})}
}

func (g *workerGate) set(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.off == !on {
		return
	}
	g.off = !on
	close(g.changed)
	g.changed = make(chan struct{})
}

func (g *workerGate) state() (off bool, changed chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.off, g.changed
}

func (g *workerGate) count(by int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls += by
}

// waiting is how many calls wait for a worker.
func (g *workerGate) waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.calls
}

// wait waits until there is a worker, five minutes have passed on the sandbox's clock, or the caller has gone.
func (g *workerGate) wait(ctx context.Context) outcome {
	g.count(1)
	defer g.count(-1)
	until := g.clock.Now().Add(workerPatience)
	for {
		moved := g.clock.Moved()
		off, changed := g.state()
		left := until.Sub(g.clock.Now())
		switch {
		case !off:
			return worked
		case left <= 0:
			return gaveUp
		}
		if !pass(ctx, left, changed, moved) {
			return callerGone
		}
	}
}

// pass waits for anything to happen; false when the caller has gone.
func pass(ctx context.Context, left time.Duration, changed, moved <-chan struct{}) bool {
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-changed:
	case <-moved:
	case <-timer.C:
	case <-ctx.Done():
		return false
	}
	return true
}
