package portal

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"portico/store"
)

// side is a platform as the law knows it.
type side struct {
	world     func(*testing.T) *world
	offers    func(*world) []store.Integration
	authorize func(*world, store.Instance)
	breaks    []string // calls that may fail
	there     func(*world) map[string]theirs
	name      func(store.Instance) string
}

// theirs is an instance as its platform has it.
type theirs struct {
	on   bool
	name string
}

var atTray = side{
	world: func(t *testing.T) *world { return newWorld(t, nil) },
	offers: func(w *world) []store.Integration {
		return []store.Integration{w.integration(withSignins(0)), w.integration(withSignins(1)), w.integration(withSignins(2))}
	},
	authorize: (*world).tryAuthorize,
	breaks:    []string{"createExternalUser", "authorize", "createSolutionInstance", "updateSolutionInstance", "removeSolutionInstance", "authentications", "solutionInstances"},
	there: func(w *world) map[string]theirs {
		return theirsOf(w.there("instances"), func(m map[string]any) theirs { on, _ := m["enabled"].(bool); return theirs{on, m["name"].(string)} })
	},
	name: trayEngine{}.upstreamName,
}

var atActivepieces = side{
	world: newPieces,
	offers: func(w *world) []store.Integration {
		return []store.Integration{w.template("Webhook"), w.template("Stripe")}
	},
	authorize: func(w *world, in store.Instance) {
		_ = w.give(in) // that it is not its turn is part of the game
	},
	breaks: []string{"listProjects", "createProject", "createFlow", "deleteFlow", "IMPORT_FLOW", "LOCK_AND_PUBLISH", "CHANGE_STATUS", "CHANGE_NAME", "upsertConnection", "listConnections", "listFlows", "getFlow"},
	there: func(w *world) map[string]theirs {
		return theirsOf(w.there("flows"), func(m map[string]any) theirs { return theirs{m["status"] == "ENABLED", m["name"].(string)} })
	},
	name: piecesEngine{}.upstreamName,
}

func theirsOf(list []any, as func(map[string]any) theirs) map[string]theirs {
	all := map[string]theirs{}
	for _, x := range list {
		m := x.(map[string]any)
		all[m["id"].(string)] = as(m)
	}
	return all
}

// Whatever people do and whatever breaks in between, once nothing is broken any more the platform has exactly what we
// think it has: nothing twice, nothing orphaned, on and off as we say.
func TestWhateverHappensItAgrees(t *testing.T) {
	t.Run("Tray", func(t *testing.T) { t.Parallel(); agrees(t, atTray) })
	t.Run("Activepieces", func(t *testing.T) { t.Parallel(); agrees(t, atActivepieces) })
}

func agrees(t *testing.T, at side) {
	rapid.Check(t, func(r *rapid.T) {
		w := at.world(t)
		offers := at.offers(w)
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
				at.authorize(w, pick(cards))
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
				operation := rapid.SampledFrom(at.breaks).Draw(r, "operation")
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
		w.agree(r, at)
	})
}

// agree mends everything, lets all come to rest, and compares both sides.
func (w *world) agree(r *rapid.T, at side) {
	w.control("DELETE", "/faults", nil)
	w.clock.Advance(10 * time.Minute)
	for range 2 {
		for _, c := range w.cards() {
			w.settle(c.ID)
		}
		w.clock.Advance(time.Minute)
		w.sweep()
	}
	there := at.there(w)
	for _, card := range w.cards() {
		c, err := w.store.Instance(w.ctx, card.ID) // a card has no more than it shows
		w.ok(err)
		if c.State == store.Creating || c.State == store.Deleting || c.UpstreamID == "" {
			r.Fatalf("%s is left in state %s, attention %q (%s)", c.Name, c.State, c.Attention, c.AttentionDetail)
		}
		x, ok := there[c.UpstreamID]
		if !ok {
			r.Fatalf("%s (%s, %q) is not there", c.Name, c.State, c.Attention)
		}
		if x.on != (c.State == store.Enabled) {
			r.Fatalf("%s is %s here, and on=%v there", c.Name, c.State, x.on)
		}
		if x.name != at.name(c) {
			r.Fatalf("%s is called %v there", c.Name, x.name)
		}
		delete(there, c.UpstreamID)
	}
	if len(there) > 0 {
		r.Fatalf("orphans there: %v", there)
	}
}
