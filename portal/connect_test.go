package portal

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"portico/store"
)

func TestConnect(t *testing.T) {
	for n := range 4 {
		t.Run(fmt.Sprintf("%d sign-ins", n), func(t *testing.T) {
			w := newWorld(t, nil)
			in := w.connect(w.integration(withSignins(n)))
			if n > 0 {
				w.wantState(in, store.Authorizing, "")
			}
			w.authorize(in)
			in = w.settle(in.ID)
			w.wantState(in, store.Enabled, "")
			w.wantOne()
			if got := in.EnabledAt.Sub(in.UpstreamCreated.Time); got < 2*time.Second {
				t.Errorf("enabled %s after creation, want 2 s at least", got)
			}
		})
	}
}

// Whatever goes wrong at whichever call, it ends the same.
func TestConnectThroughFaults(t *testing.T) {
	operations := []string{"createExternalUser", "authorize", "createSolutionInstance", "updateSolutionInstance", "authentications", "generateAuthorizationCode"}
	for _, operation := range operations {
		for _, kind := range []string{"500", "429", "lost", "malformed"} {
			t.Run(operation+" "+kind, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, nil)
				w.fault(operation, kind, 1)
				in := w.connect(w.integration(withSignins(2)))
				for range 20 { // a person presses again where a dialog could not be opened
					if in = w.settle(in.ID); in.State == store.Enabled {
						break
					}
					w.tryAuthorize(in)
				}
				w.wantState(in, store.Enabled, "")
				w.wantOne()
			})
		}
	}
}

// tryAuthorize does what authorize does as far as Tray lets it.
func (w *world) tryAuthorize(in store.Instance) {
	slots, err := w.store.Slots(w.ctx, in.ID)
	w.ok(err)
	for _, s := range slots {
		if s.AuthenticationID != "" {
			continue
		}
		d, err := w.portal.OpenAuth(w.ctx, w.who, in.ID, s.ExternalID)
		if err != nil {
			return
		}
		if w.portal.FinishFlow(w.ctx, w.who, in.ID, d.FlowID, store.FlowFinished, w.signIn(service(s), "billy")) != nil {
			return
		}
	}
}

func TestConnectTwiceMakesOne(t *testing.T) {
	w := newWorld(t, nil)
	g := w.integration(withSignins(1))
	var first, second store.Instance
	errs := make(chan error, 2)
	go func() {
		in, err := w.portal.Connect(w.ctx, w.who, g.ID, false, false)
		first = in
		errs <- err
	}()
	in, err := w.portal.Connect(w.ctx, w.who, g.ID, false, false)
	second = in
	w.ok(errors.Join(err, <-errs))
	if first.ID != second.ID {
		t.Errorf("two tabs made two instances: %s, %s", first.ID, second.ID)
	}
	w.settle(second.ID)
	if n := len(w.there("instances")); n != 1 {
		t.Errorf("got %d instances at Tray, want 1", n)
	}
}

func TestConnectAnother(t *testing.T) {
	w := newWorld(t, nil)
	g := w.integration(withSignins(1))
	in := w.connect(g)
	unfinished, err := w.portal.Connect(w.ctx, w.who, g.ID, true, false)
	w.ok(err)
	if unfinished.ID != in.ID {
		t.Error("another was begun while one is unfinished")
	}
	w.authorize(in)
	w.settle(in.ID)
	same, err := w.portal.Connect(w.ctx, w.who, g.ID, false, false)
	w.ok(err)
	if same.ID != in.ID {
		t.Error("connecting again did not lead to the one there is")
	}
	other, err := w.portal.Connect(w.ctx, w.who, g.ID, true, false)
	w.ok(err)
	if other.ID == in.ID || other.Name != g.Title+" 2" {
		t.Errorf("another is %s %q, want a new one with a name of its own", other.ID, other.Name)
	}
}

func TestForceUnique(t *testing.T) {
	w := newWorld(t, nil)
	g := w.integration(func(g store.Integration, _ []store.IntegrationSlot) bool {
		return g.ForceUnique && g.Kind == store.KindAuth
	})
	in := w.connect(g)
	w.authorize(in)
	w.wantState(w.settle(in.ID), store.Enabled, "")
	_, err := w.portal.Connect(w.ctx, w.who, g.ID, true, false)
	wantRefusal(t, err, "already_unique")
}

func TestDisableAutoEnable(t *testing.T) {
	w := newWorld(t, nil)
	g := w.integration(func(g store.Integration, _ []store.IntegrationSlot) bool {
		return g.EnableMode == store.EnableManual && g.Kind == store.KindAuth
	})
	in := w.connect(g)
	w.authorize(in)
	in = w.settle(in.ID)
	w.wantState(in, store.Disabled, "")
	w.ok(w.portal.TurnOn(w.ctx, w.who, in.ID))
	w.wantState(w.settle(in.ID), store.Enabled, "")
}

func TestCheckedByStaff(t *testing.T) {
	w := newWorld(t, nil)
	g := w.integration(withSignins(1))
	staff := store.Actor{Kind: store.ActorStaff, ID: "s1"}
	w.ok(w.portal.SetIntegration(w.ctx, staff, g.ID, IntegrationChange{Shown: true, EnableMode: store.EnableChecked}))
	in := w.connect(g)
	w.authorize(in)
	in = w.settle(in.ID)
	w.wantState(in, store.Enabling, "")
	if in.Hold != store.HoldCheck {
		t.Fatalf("got hold %q, want it checked first", in.Hold)
	}
	w.ok(w.portal.Approve(w.ctx, staff, in.ID))
	w.wantState(w.settle(in.ID), store.Enabled, "")
}

func wantRefusal(t *testing.T, err error, code string) {
	t.Helper()
	var r *Refusal
	if !errors.As(err, &r) || r.Code != code {
		t.Fatalf("got %v, want the refusal %s", err, code)
	}
}

func TestReplacingTray(t *testing.T) {
	w := newWorld(t, nil)
	w.control("PATCH", "/settings", map[string]any{"replace_values": true, "early_enable": "error"})
	in := w.connect(w.integration(withSignins(3)))
	w.authorize(in)
	w.wantState(w.settle(in.ID), store.Enabled, "")
	w.wantOne()
}

func TestViewersOnlyLook(t *testing.T) {
	w := newWorld(t, nil)
	w.who.User.Role = store.RoleViewer
	_, err := w.portal.Connect(w.ctx, w.who, w.integration(withSignins(1)).ID, false, false)
	wantRefusal(t, err, "read_only")
}
