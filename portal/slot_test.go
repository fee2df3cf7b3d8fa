package portal

import (
	"errors"
	"testing"
	"time"

	"portico/store"
	"portico/upstream"
)

// slots of an instance that is being authorized, with its dialog opened once.
func (w *world) opened(in store.Instance) store.Slot {
	w.Helper()
	slots, err := w.store.Slots(w.ctx, in.ID)
	w.ok(err)
	_, err = w.portal.OpenAuth(w.ctx, w.who, in.ID, slots[0].ExternalID)
	w.ok(err)
	return slots[0]
}

func TestCheckSlot(t *testing.T) {
	w := newWorld(t, nil)
	in := w.connect(w.integration(withSignins(1)))
	s := w.opened(in)

	found, err := w.portal.CheckSlot(w.ctx, w.who, in.ID, s.ExternalID)
	w.ok(err)
	if found.Attached != nil || found.Choices != nil {
		t.Fatalf("nothing is there, got %+v", found)
	}
	made := w.signIn(service(s), "billy's")
	w.opened(in) // opened again before the first answer was looked for: what was made since the first is still new
	found, err = w.portal.CheckSlot(w.ctx, w.who, in.ID, s.ExternalID)
	w.ok(err)
	if found.Attached == nil || found.Attached.UpstreamID != made || found.Attached.Name != "billy's" {
		t.Fatalf("got %+v, want the new sign-in", found)
	}
	w.wantState(w.settle(in.ID), store.Enabled, "")
}

func TestNotThisOne(t *testing.T) {
	w := newWorld(t, nil)
	in := w.connect(w.integration(withSignins(1)))
	s := w.opened(in)
	wrong := w.signIn(service(s), "somebody else's")
	_, err := w.portal.CheckSlot(w.ctx, w.who, in.ID, s.ExternalID)
	w.ok(err)
	w.wantState(w.settle(in.ID), store.Enabled, "")

	w.ok(w.portal.RejectAuth(w.ctx, w.who, in.ID, s.ExternalID))
	in = w.settle(in.ID)
	w.wantState(in, store.Authorizing, "")
	if on := w.there("instances")[0].(map[string]any)["enabled"]; on != false {
		t.Error("it goes on at Tray with the sign-in that was taken back")
	}
	found, err := w.portal.CheckSlot(w.ctx, w.who, in.ID, s.ExternalID)
	w.ok(err)
	if found.Attached != nil || found.Choices != nil {
		t.Errorf("found %+v again, which was not the one", found)
	}
	right := w.signIn(service(s), "mine")
	found, err = w.portal.CheckSlot(w.ctx, w.who, in.ID, s.ExternalID)
	w.ok(err)
	if found.Attached == nil || found.Attached.UpstreamID != right || right == wrong {
		t.Fatalf("got %+v, want the second sign-in", found)
	}
	w.wantState(w.settle(in.ID), store.Enabled, "")
}

// What was signed in to by the dialog and taken back is not found as if it were new.
func TestChangedAndNothingNew(t *testing.T) {
	w := newWorld(t, nil)
	in := w.connect(w.integration(withSignins(2)))
	s := w.opened(in)
	d, err := w.portal.OpenAuth(w.ctx, w.who, in.ID, s.ExternalID)
	w.ok(err)
	w.ok(w.portal.FinishFlow(w.ctx, w.who, in.ID, d.FlowID, store.FlowFinished, w.signIn(service(s), "the wrong one")))
	w.ok(w.portal.RejectAuth(w.ctx, w.who, in.ID, s.ExternalID))
	w.opened(in)
	found, err := w.portal.CheckSlot(w.ctx, w.who, in.ID, s.ExternalID)
	w.ok(err)
	if found.Attached != nil || found.Choices != nil {
		t.Errorf("found %+v, which was taken back", found)
	}
	right := w.signIn(service(s), "the right one")
	found, err = w.portal.CheckSlot(w.ctx, w.who, in.ID, s.ExternalID)
	w.ok(err)
	if found.Attached == nil || found.Attached.UpstreamID != right {
		t.Errorf("got %+v, want the one that is new", found)
	}
}

func TestSeveralNewOnes(t *testing.T) {
	w := newWorld(t, nil)
	in := w.connect(w.integration(withSignins(1)))
	s := w.opened(in)
	w.signIn(service(s), "one")
	two := w.signIn(service(s), "two")
	found, err := w.portal.CheckSlot(w.ctx, w.who, in.ID, s.ExternalID)
	w.ok(err)
	if found.Attached != nil || len(found.Choices) != 2 {
		t.Fatalf("got %+v, want a choice of two", found)
	}
	w.ok(w.portal.ChooseAuth(w.ctx, w.who, in.ID, s.ExternalID, two))
	w.wantState(w.settle(in.ID), store.Enabled, "")
}

func TestColleaguesShareTheUser(t *testing.T) {
	w := newWorld(t, func(a *store.Account) { a.UserScope = store.ScopeWorkspace })
	// The person's own identity is replaced by the workspace's.
	w.ok(w.store.Update(w.ctx, func(tx *store.Tx) error {
		_, err := w.portal.putIdentity(w.ctx, tx, w.who.User, w.who.Workspace, w.who.Workspace.AccountID)
		return err
	}))
	i, err := w.store.WorkspaceIdentities(w.ctx, w.who.Workspace.ID)
	w.ok(err)
	var shared store.Identity
	for _, one := range i {
		if one.UserID == "" {
			shared = one
		}
	}
	g := w.integration(withSignins(1))
	var in store.Instance
	w.ok(w.store.Update(w.ctx, func(tx *store.Tx) (err error) {
		in, _, err = tx.CreateInstance(w.ctx, store.Instance{WorkspaceID: w.who.Workspace.ID, OwnerID: w.who.User.ID, AccountID: g.AccountID,
			IdentityID: shared.ID, IntegrationID: g.ID, Name: g.Title, State: store.Creating})
		if err != nil {
			return err
		}
		slots, err := tx.IntegrationSlots(w.ctx, g.ID)
		if err != nil {
			return err
		}
		return tx.PutSlot(w.ctx, store.Slot{InstanceID: in.ID, Kind: store.SlotAuth, ExternalID: slots[0].ExternalID, Title: slots[0].Title})
	}))
	in = w.settle(in.ID)
	s := w.opened(in)
	shared, err = w.store.Identity(w.ctx, shared.ID)
	w.ok(err)
	w.control("POST", "/authentications", map[string]any{"user_id": shared.UpstreamID, "service": service(s), "name": "a colleague's?"})
	found, err := w.portal.CheckSlot(w.ctx, w.who, in.ID, s.ExternalID)
	w.ok(err)
	if found.Attached != nil || len(found.Choices) != 1 {
		t.Errorf("got %+v, want a choice even of one: colleagues sign in as the same user", found)
	}
}

func TestForeignSigninsAreRefused(t *testing.T) {
	w := newWorld(t, nil)
	in := w.connect(w.integration(withSignins(1)))
	s := w.opened(in)
	other := w.control("POST", "/authentications", map[string]any{"user_id": w.stranger(), "service": service(s), "name": "theirs"})["id"].(string)
	d, err := w.portal.OpenAuth(w.ctx, w.who, in.ID, s.ExternalID)
	w.ok(err)
	wantRefusal(t, w.portal.FinishFlow(w.ctx, w.who, in.ID, d.FlowID, store.FlowFinished, other), "signin_not_yours")
	wantRefusal(t, w.portal.ChooseAuth(w.ctx, w.who, in.ID, s.ExternalID, other), "signin_not_yours")
	wantRefusal(t, w.portal.FinishFlow(w.ctx, w.who, in.ID, "no-such-flow", store.FlowFinished, other), "flow_over")
	w.wantState(w.settle(in.ID), store.Authorizing, "")
}

// stranger makes another user at Tray and returns its ID.
func (w *world) stranger() string {
	w.Helper()
	a, err := w.store.Account(w.ctx, w.who.Workspace.AccountID)
	w.ok(err)
	them := w.person(a, "other", "u_2", store.RoleMember)
	i, err := w.store.UserIdentity(w.ctx, them.User, them.Workspace.AccountID)
	w.ok(err)
	i, err = w.portal.provisioned(w.ctx, i.ID)
	w.ok(err)
	return i.UpstreamID
}

func TestFlowIsRedeemedOnce(t *testing.T) {
	w := newWorld(t, nil)
	in := w.connect(w.integration(withSignins(2)))
	slots, err := w.store.Slots(w.ctx, in.ID)
	w.ok(err)
	d, err := w.portal.OpenAuth(w.ctx, w.who, in.ID, slots[0].ExternalID)
	w.ok(err)
	first := w.signIn(service(slots[0]), "first")
	w.ok(w.portal.FinishFlow(w.ctx, w.who, in.ID, d.FlowID, store.FlowFinished, first))
	second := w.signIn(service(slots[0]), "second")
	w.ok(w.portal.FinishFlow(w.ctx, w.who, in.ID, d.FlowID, store.FlowFinished, second)) // said twice
	slots, err = w.store.Slots(w.ctx, in.ID)
	w.ok(err)
	if slots[0].AuthenticationID != first {
		t.Error("a flow was redeemed twice")
	}
}

// A Tray that takes a request and says nothing is said to be silent while the person is still there to read it.
func TestSilentTrayIsNotWaitedFor(t *testing.T) {
	w := newWorld(t, nil)
	in := w.connect(w.integration(withSignins(1)))
	s := w.opened(in)
	w.portal.AnswerWithin = 500 * time.Millisecond
	for operation, ask := range map[string]func() error{
		"authentications": func() error {
			_, err := w.portal.CheckSlot(w.ctx, w.who, in.ID, s.ExternalID)
			return err
		},
		"generateAuthorizationCode": func() error {
			_, err := w.portal.OpenAuth(w.ctx, w.who, in.ID, s.ExternalID)
			return err
		},
	} {
		w.fault(operation, "hold_before", 0)
		err := ask()
		var e *upstream.Error
		if !errors.As(err, &e) || e.Kind != upstream.Canceled || !e.Temporary() {
			t.Errorf("%s: got %v, want to be told that Tray is silent", operation, err)
		}
		w.control("DELETE", "/faults", map[string]any{})
		w.control("POST", "/release", map[string]any{"all": true})
	}
	_, err := w.portal.OpenAuth(w.ctx, w.who, in.ID, s.ExternalID)
	w.ok(err)
}

func TestFits(t *testing.T) {
	for _, c := range []struct {
		slot           store.Slot
		service, title string
		want           bool
	}{
		{store.Slot{ExternalID: "external_google_sheets_authentication"}, "google-sheets", "Google Sheets", true},
		{store.Slot{ExternalID: "external_slack_authentication"}, "salesforce", "Salesforce", false},
		{store.Slot{ExternalID: "x", Service: "HubSpot"}, "hubspot", "HubSpot", true},
		{store.Slot{ExternalID: "external__authentication"}, "", "", false},
	} {
		if got := Fits(c.slot, c.service, c.title); got != c.want {
			t.Errorf("Fits(%+v, %q, %q) = %v", c.slot, c.service, c.title, got)
		}
	}
}
