package store

import (
	"crypto/rand"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
)

// NewID makes an ID: a lower-case ULID, so that IDs sort by the time they were made.
func NewID(now time.Time) string {
	return strings.ToLower(ulid.MustNewDefault(now).String())
}

// newID makes an ID by the store's clock, which sorts after all that this store has made before.
func (r reads) newID() string { return r.ids.next(r.now()) }

// idSource makes IDs that rise, also within a millisecond, and when a clock that many read seems to go back.
type idSource struct {
	mu      sync.Mutex
	last    time.Time
	entropy *ulid.MonotonicEntropy
}

func newIDSource() *idSource { return &idSource{entropy: ulid.Monotonic(rand.Reader, 0)} }

func (s *idSource) next(now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.last) {
		now = s.last
	}
	s.last = now
	return strings.ToLower(ulid.MustNew(ulid.Timestamp(now), s.entropy).String())
}
