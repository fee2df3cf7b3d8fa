package views

import (
	"testing"
	"time"

	"portico/store"
)

func TestTimeline(t *testing.T) {
	noon := time.Date(2026, 11, 20, 23, 59, 59, 0, time.UTC)
	at := func(seconds int) (string, store.Time) {
		when := noon.Add(time.Duration(seconds) * time.Second)
		return store.NewID(when), store.At(when)
	}
	var events []store.Event
	var calls []store.UpstreamCall
	for n := 4; n >= 0; n-- { // newest first, as the store lists them
		id, when := at(n)
		if n%2 == 0 {
			events = append(events, store.Event{ID: id, At: when, Code: "instance.on"})
		} else {
			calls = append(calls, store.UpstreamCall{ID: id, At: when, Outcome: "ok"})
		}
	}
	lines, next := Timeline(events, calls, 9)
	if len(lines) != 5 || next != "" {
		t.Fatalf("%d lines and more from %q, want 5 and no more", len(lines), next)
	}
	for n, l := range lines {
		if _, want := at(4 - n); !l.At().Equal(want.Time) || (l.Event != nil) != (n%2 == 0) {
			t.Errorf("line %d is of %v, want %v", n, l.At(), want)
		}
		if want := n == 0 || n == 4; l.NewDay != want { // the oldest alone is of the day before
			t.Errorf("line %d begins a day: %v, want %v", n, l.NewDay, want)
		}
	}
	lines, next = Timeline(events, calls, 2)
	if len(lines) != 2 || next != calls[0].ID {
		t.Errorf("cut at 2: %d lines and more from %q, want more from %q", len(lines), next, calls[0].ID)
	}
}

func TestMillis(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "", -time.Second: "", 412 * time.Millisecond: "412 ms", 35668 * time.Microsecond: "36 ms", 1540 * time.Microsecond: "1.5 ms"} {
		if got := adminMillis(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestMay(t *testing.T) {
	roles := []string{store.StaffViewer, store.StaffSupport, store.StaffAdmin}
	for has, role := range roles {
		for asked, needed := range roles {
			a := AdminPage{Staff: store.Staff{Role: role}}
			if got := a.May(needed); got != (has >= asked) {
				t.Errorf("a %s may what a %s may: %v", role, needed, got)
			}
		}
	}
	if (AdminPage{}).May(store.StaffViewer) {
		t.Error("nobody may look")
	}
}
