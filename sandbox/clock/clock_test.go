package clock

import (
	"testing"
	"time"
)

func TestAdvance(t *testing.T) {
	start := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	c := From(func() time.Time { return start })
	moved := c.Moved()

	c.Advance(3 * time.Second)
	c.Advance(-time.Hour)

	if got, want := c.Now(), start.Add(3*time.Second); !got.Equal(want) {
		t.Errorf("Now() = %v, want %v", got, want)
	}
	select {
	case <-moved:
	default:
		t.Error("Moved() was not closed by Advance")
	}
	select {
	case <-c.Moved():
		t.Error("the next Moved() is closed before the next Advance")
	default:
	}
}

func TestRuns(t *testing.T) {
	c := New()
	before := time.Now()
	if got := c.Now(); got.Before(before) {
		t.Errorf("Now() = %v, want not before %v", got, before)
	}
}
