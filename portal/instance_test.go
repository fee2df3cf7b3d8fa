package portal

import (
	"errors"
	"strings"
	"testing"
	"time"

	"portico/store"
	"portico/upstream/tray"
)

type trayUser = tray.UserClient

func TestTurnOffAndOn(t *testing.T) {
	w := newWorld(t, nil)
	in := w.enabled(1)
	w.ok(w.portal.TurnOff(w.ctx, w.who, in.ID))
	w.wantState(w.settle(in.ID), store.Disabled, "")
	w.ok(w.portal.TurnOn(w.ctx, w.who, in.ID))
	w.wantState(w.settle(in.ID), store.Enabled, "")
	w.wantOne()
}

func TestRename(t *testing.T) {
	w := newWorld(t, nil)
	in := w.enabled(1)
	wantRefusal(t, w.portal.Rename(w.ctx, w.who, in.ID, "  "), "name_empty")
	wantRefusal(t, w.portal.Rename(w.ctx, w.who, in.ID, "\u202e\x00\xff"), "name_empty")
	wantRefusal(t, w.portal.Rename(w.ctx, w.who, in.ID, strings.Repeat("x", 81)), "name_long")
	w.ok(w.portal.Rename(w.ctx, w.who, in.ID, " De\u202eals  to\tSl\x00ack\xff "))
	in = w.settle(in.ID)
	if in.Name != "Deals to Slack" || in.UpstreamName != "Deals to Slack · "+in.ID {
		t.Errorf("got %q, at Tray %q", in.Name, in.UpstreamName)
	}
}

func TestDisconnectGoesOnWhenTrayIsBack(t *testing.T) {
	w := newWorld(t, nil)
	in := w.enabled(1)
	w.fault("removeSolutionInstance", "500", 2)
	w.ok(w.portal.Disconnect(w.ctx, w.who, in.ID))
	w.ok(w.portal.Disconnect(w.ctx, w.who, in.ID))
	in = w.settle(in.ID)
	w.wantState(in, store.Deleted, "")
	w.ok(w.portal.Disconnect(w.ctx, w.who, in.ID)) // the second of two clicks
	if err := w.portal.Disconnect(w.ctx, Who{User: store.User{ID: "another", WorkspaceID: w.who.User.WorkspaceID, Role: store.RoleAdmin}}, in.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a colleague finds what was personal: %v", err)
	}
	if n := len(w.there("instances")); n != 0 {
		t.Errorf("%d instances are left at Tray", n)
	}
	if len(w.cards()) != 0 {
		t.Error("it is still shown")
	}
}

// What stood in its way does not stand in the way of disconnecting, nor does a silent Tray keep a person from connecting anew.
func TestDisconnectWhatIsStuck(t *testing.T) {
	w := newWorld(t, nil)
	g := w.integration(withSignins(2))
	in := w.connect(g)
	w.ok(w.store.Update(w.ctx, func(tx *store.Tx) error {
		in, err := tx.LockInstance(w.ctx, in.ID)
		if err != nil {
			return err
		}
		if err := setAttention(w.ctx, tx, &in, causeSignin, "refused"); err != nil {
			return err
		}
		return tx.PutInstance(w.ctx, in, "")
	}))
	w.fault("removeSolutionInstance", "500", 1)
	w.ok(w.portal.Disconnect(w.ctx, w.who, in.ID))
	left, err := w.store.Instance(w.ctx, in.ID)
	w.ok(err)
	w.wantState(left, store.Deleting, "")
	if wait, err := w.portal.Advance(w.ctx, in.ID); err != nil || wait == 0 {
		t.Errorf("it is tried again in %v (%v), want later", wait, err)
	}
	anew := w.connect(g)
	w.wantState(anew, store.Authorizing, "")
	if anew.ID == in.ID {
		t.Error("connecting anew leads to what is being disconnected")
	}
	w.wantState(w.settle(in.ID), store.Deleted, "")
	if n := len(w.there("instances")); n != 1 {
		t.Errorf("got %d instances at Tray, want the new one", n)
	}
}

// What is found gone at Tray by a step is off, as when a copy finds it gone.
func TestGoneAtAStep(t *testing.T) {
	w := newWorld(t, nil)
	in := w.enabled(1)
	w.control("POST", "/instances/"+in.UpstreamID+"/remove", map[string]any{})
	w.ok(w.portal.Rename(w.ctx, w.who, in.ID, "Deals"))
	in = w.settle(in.ID)
	w.wantState(in, store.Disabled, causeRemoved)
	if in.WantEnabled || !in.EnabledAt.IsZero() {
		t.Errorf("it is wished on %v, on since %v", in.WantEnabled, in.EnabledAt)
	}
	w.ok(w.portal.Retry(w.ctx, w.who, in.ID))
	w.wantState(w.settle(in.ID), store.Enabled, "")
	w.wantOne()
}

// Taken back before the platform's answer came: what it made is found and removed.
func TestDisconnectWhileCreating(t *testing.T) {
	w := newWorld(t, nil)
	w.fault("createSolutionInstance", "lost", 1)
	in, err := w.portal.Connect(w.ctx, w.who, w.integration(withSignins(1)).ID, false, false)
	w.ok(err)
	w.ok(w.portal.Disconnect(w.ctx, w.who, in.ID))
	w.wantState(w.settle(in.ID), store.Deleted, "")
	if n := len(w.there("instances")); n != 0 {
		t.Errorf("%d instances are left at Tray", n)
	}
}

func TestSilentTrayIsSaidAndPasses(t *testing.T) {
	w := newWorld(t, nil)
	in := w.enabled(1)
	w.fault("updateSolutionInstance", "500", 4)
	w.ok(w.portal.TurnOff(w.ctx, w.who, in.ID))
	said := false
	for range 20 {
		in, err := w.store.Instance(w.ctx, in.ID)
		w.ok(err)
		said = said || in.Attention == causeUnavailable && in.AttentionWho == store.WhoThem
		wait, err := w.portal.Advance(w.ctx, in.ID)
		w.ok(err)
		if wait == 0 {
			break
		}
		w.clock.Advance(wait)
	}
	if !said {
		t.Error("nobody was told that Tray is silent")
	}
	w.wantState(w.settle(in.ID), store.Disabled, "")
}

func TestTry(t *testing.T) {
	w := newWorld(t, nil)
	in := w.enabled(2)
	workflows, err := w.store.Workflows(w.ctx, in.ID)
	w.ok(err)
	tried := 0
	for _, f := range workflows {
		if f.TriggerURL == "" {
			continue
		}
		tried++
		got, err := w.portal.Try(w.ctx, w.who, in.ID, f.UpstreamID)
		w.ok(err)
		if got.Status != 200 {
			t.Errorf("%s answered %d", f.Name, got.Status)
		}
	}
	if tried == 0 {
		t.Fatal("the demo integration has no trigger")
	}
	calls, err := w.store.InstanceCalls(w.ctx, in.ID, "", 5)
	w.ok(err)
	if calls[0].Operation != "trigger" || calls[0].Status != 200 {
		t.Errorf("support finds %s %d, not what the workflow answered", calls[0].Operation, calls[0].Status)
	}
	_, err = w.portal.Try(w.ctx, w.who, in.ID, "no-such-workflow")
	wantRefusal(t, err, "no_trigger")
}

func TestUserTokenIsRenewed(t *testing.T) {
	w := newWorld(t, nil)
	in := w.enabled(1)
	w.clock.Advance(72 * time.Hour)
	w.ok(w.portal.TurnOff(w.ctx, w.who, in.ID))
	w.wantState(w.settle(in.ID), store.Disabled, "")

	i, err := w.store.UserIdentity(w.ctx, w.who.User, w.who.Workspace.AccountID)
	w.ok(err)
	w.control("POST", "/users/"+i.UpstreamID+"/revoke", map[string]any{})
	w.ok(w.portal.TurnOn(w.ctx, w.who, in.ID))
	w.wantState(w.settle(in.ID), store.Enabled, "")
}

func TestSharedInstances(t *testing.T) {
	w := newWorld(t, nil)
	in := w.enabled(1)
	a, err := w.store.Account(w.ctx, w.who.Workspace.AccountID)
	w.ok(err)
	colleague, admin := w.person(a, "acme", "u_2", store.RoleMember), w.person(a, "acme", "u_3", store.RoleAdmin)
	if err := w.portal.TurnOff(w.ctx, admin, in.ID); err == nil {
		t.Error("an admin changed a personal instance")
	}
	w.ok(w.portal.Share(w.ctx, w.who, in.ID, true))
	wantRefusal(t, w.portal.TurnOff(w.ctx, colleague, in.ID), "read_only")
	w.ok(w.portal.TurnOff(w.ctx, admin, in.ID))
	w.wantState(w.settle(in.ID), store.Disabled, "")
}

func TestWizard(t *testing.T) {
	w := newWorld(t, nil)
	g := w.integration(func(g store.Integration, slots []store.IntegrationSlot) bool {
		return g.Kind == store.KindWizard && len(slots) > 1
	})
	in := w.connect(g)
	w.wantState(in, store.Configuring, "")
	d, err := w.portal.OpenWizard(w.ctx, w.who, in.ID)
	w.ok(err)
	if !strings.Contains(d.URL, "/configure/"+in.UpstreamID) || d.FlowID == "" {
		t.Errorf("got %q", d.URL)
	}
	// The person says they are through, but the wizard was closed midway: Tray's check says so, and they go back.
	w.ok(w.portal.CheckWizard(w.ctx, w.who, in.ID))
	in = w.settle(in.ID)
	w.wantState(in, store.Configuring, causeMissing)
}
