package store

import (
	"testing"
	"time"
)

// IDs of a store rise, however many make them, and when the clock goes back.
func TestIDsRise(t *testing.T) {
	s := newIDSource()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	last := ""
	for n := range 1000 {
		id := s.next(now.Add(time.Duration(n%3) * -time.Millisecond))
		if id <= last {
			t.Fatalf("after %s comes %s", last, id)
		}
		last = id
	}
}
