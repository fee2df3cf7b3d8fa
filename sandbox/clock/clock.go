// Package clock is the one clock of a sandbox: it runs like the real one, and can be moved forward so that nobody has
// to wait for a token to expire.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time of the sandbox. The portal, its jobs and the simulators share one. It is safe for concurrent use.
type Clock struct {
	base func() time.Time

	mu    sync.Mutex
	ahead time.Duration
	moved chan struct{}
}

// New is a clock that runs with the machine's.
func New() *Clock { return From(time.Now) }

// From is a clock that runs with base, for a test that wants to hold even the seconds.
func From(base func() time.Time) *Clock {
	return &Clock{base: base, moved: make(chan struct{})}
}

// Now is the time on this clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base().Add(c.ahead)
}

// Advance moves the clock forward by d. A clock is never put back, since what it has already stamped would lie in the
// future: a negative d does nothing.
func (c *Clock) Advance(d time.Duration) {
	if d <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
	close(c.moved)
	c.moved = make(chan struct{})
}

// Moved is closed at the next Advance, so that whoever waits for a time can look again.
func (c *Clock) Moved() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.moved
}
