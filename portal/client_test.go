package portal

import (
	"runtime"
	"testing"
)

// What an account's clients count with must not grow with what they are told never to do.
func TestClientsAreSmall(t *testing.T) {
	w := newWorld(t, nil)
	a, err := w.store.Account(w.ctx, w.who.Workspace.AccountID)
	w.ok(err)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c := w.portal.newClient(a)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("the clients of %s take %d bytes, want 1 MB at most", c.account.Name, got)
	}
}
