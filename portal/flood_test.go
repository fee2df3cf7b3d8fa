package portal

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"portico/store"
	"portico/store/storetest"
)

// Strangers who come by the thousand are refused as before, but do not fill the database.
func TestFloodAtTheDoor(t *testing.T) {
	g := newGate(t)
	g.portal.refusals = rate.NewLimiter(refusalsPerSecond, 3)
	for range 5 {
		_, err := g.bring("garbage")
		g.wantRefusal(err, "door_garbage")
	}
	if got := len(g.events("session.refused")); got != 3 {
		t.Errorf("got %d events, want 3", got)
	}
	if got := strings.Count(g.log.String(), "refused at the door"); got != 5 {
		t.Errorf("the log has %d of the 5 refusals", got)
	}
	g.clock.Advance(time.Second)
	g.refused("garbage", "door_garbage") // with its event
}

func TestFloodAtTheStaffsDoor(t *testing.T) {
	g := newGate(t)
	g.failed(attemptsEmail, "sam@example.com", "192.0.2.1")
	audited := func() int { return len(storetest.Must[[]store.Audit](t)(g.store.AuditLog(t.Context(), "", 1000))) }
	before := audited()
	for range 3 {
		_, err := g.signIn("sam@example.com", "wrong", "192.0.2.1")
		g.wantRefusal(err, "staff_wait")
	}
	if got := audited(); got != before {
		t.Errorf("attempts beyond the limit left %d lines that nothing removes", got-before)
	}
	if !strings.Contains(g.log.String(), "too many attempts") {
		t.Error("nobody can see them")
	}
	// What is no address is not kept as one.
	long := strings.Repeat("x", 1<<15) + "@example.com"
	g.failed(1, long, "192.0.2.9")
	_, err := g.signIn(long, "wrong", "192.0.2.9")
	g.wantRefusal(err, "staff_refused")
}
