package portal

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"portico/store"
)

// Whatever people do and whatever breaks in between, once nothing is broken any more Tray has exactly what we think
// it has: nothing twice, nothing orphaned, on and off as we say.
func TestWhateverHappensItAgrees(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t, nil)
		offers := []store.Integration{w.integration(withSignins(0)), w.integration(withSignins(1)), w.integration(withSignins(2))}
		pick := func(cards []store.Card) store.Instance {
			in, err := w.store.Instance(w.ctx, cards[rapid.IntRange(0, len(cards)-1).Draw(r, "which")].ID)
			w.ok(err)
			return in
		}
		steps := rapid.IntRange(4, 14).Draw(r, "steps")
		for range steps {
			cards := w.cards()
			action := rapid.SampledFrom([]string{"connect", "connect", "authorize", "authorize", "on", "off", "disconnect", "rename", "fault", "wait", "sync", "sweep", "retry"}).Draw(r, "action")
			if len(cards) == 0 && action != "fault" {
				action = "connect"
			}
			switch action { // that one fails is part of the game
			case "connect":
				_, _ = w.portal.Connect(w.ctx, w.who, rapid.SampledFrom(offers).Draw(r, "offer").ID, rapid.Bool().Draw(r, "another"), false)
			case "authorize":
				w.tryAuthorize(pick(cards))
			case "on":
				_ = w.portal.TurnOn(w.ctx, w.who, pick(cards).ID)
			case "off":
				_ = w.portal.TurnOff(w.ctx, w.who, pick(cards).ID)
			case "disconnect":
				_ = w.portal.Disconnect(w.ctx, w.who, pick(cards).ID)
			case "rename":
				_ = w.portal.Rename(w.ctx, w.who, pick(cards).ID, rapid.StringMatching(`[A-Z][a-z]{2,8}`).Draw(r, "name"))
			case "retry":
				_ = w.portal.Retry(w.ctx, w.who, pick(cards).ID)
			case "fault":
				operation := rapid.SampledFrom([]string{"createExternalUser", "authorize", "createSolutionInstance", "updateSolutionInstance", "removeSolutionInstance", "authentications", "solutionInstances"}).Draw(r, "operation")
				w.fault(operation, rapid.SampledFrom([]string{"500", "429", "lost", "malformed"}).Draw(r, "kind"), rapid.IntRange(1, 2).Draw(r, "times"))
			case "wait":
				w.clock.Advance(time.Duration(rapid.IntRange(1, 90).Draw(r, "seconds")) * time.Second)
			case "sync":
				if i, err := w.store.UserIdentity(w.ctx, w.who.User, w.who.Workspace.AccountID); err == nil {
					_ = w.portal.syncIdentity(w.ctx, i.ID)
				}
			case "sweep":
				_ = w.portal.syncInstances(w.ctx, w.who.Workspace.AccountID)
			}
		}
		w.agree(r)
	})
}

// agree mends everything, lets all come to rest, and compares both sides.
func (w *world) agree(r *rapid.T) {
	w.control("DELETE", "/faults", nil)
	w.clock.Advance(10 * time.Minute)
	for range 2 {
		for _, c := range w.cards() {
			w.settle(c.ID)
		}
		w.clock.Advance(time.Minute)
		w.sweep()
	}
	there := map[string]map[string]any{}
	for _, x := range w.there("instances") {
		m := x.(map[string]any)
		there[m["id"].(string)] = m
	}
	for _, card := range w.cards() {
		c, err := w.store.Instance(w.ctx, card.ID) // a card has no more than it shows
		w.ok(err)
		if c.State == store.Creating || c.State == store.Deleting || c.UpstreamID == "" {
			r.Fatalf("%s is left in state %s, attention %q (%s)", c.Name, c.State, c.Attention, c.AttentionDetail)
		}
		x, ok := there[c.UpstreamID]
		if !ok {
			r.Fatalf("%s (%s, %q) is not at Tray", c.Name, c.State, c.Attention)
		}
		if on, _ := x["enabled"].(bool); on != (c.State == store.Enabled) {
			r.Fatalf("%s is %s here, and enabled=%v at Tray", c.Name, c.State, on)
		}
		if x["name"] != (trayEngine{}).upstreamName(c) {
			r.Fatalf("%s is called %v at Tray", c.Name, x["name"])
		}
		delete(there, c.UpstreamID)
	}
	if len(there) > 0 {
		r.Fatalf("orphans at Tray: %v", there)
	}
}
