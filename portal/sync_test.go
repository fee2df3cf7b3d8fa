package portal

import (
	"strings"
	"testing"
	"time"

	"portico/store"
	"portico/upstream/tray"
)

func (w *world) sync() {
	w.Helper()
	i, err := w.store.UserIdentity(w.ctx, w.who.User, w.who.Workspace.AccountID)
	w.ok(err)
	w.ok(w.portal.syncIdentity(w.ctx, i.ID))
}

func (w *world) sweep() {
	w.Helper()
	w.ok(w.portal.syncInstances(w.ctx, w.who.Workspace.AccountID))
}

// enabled is a connected instance.
func (w *world) enabled(n int) store.Instance {
	w.Helper()
	in := w.connect(w.integration(withSignins(n)))
	w.authorize(in)
	in = w.settle(in.ID)
	w.wantState(in, store.Enabled, "")
	return in
}

func (w *world) cards() []store.Card {
	w.Helper()
	cards, err := w.store.UserCards(w.ctx, w.who.User, 0, 100)
	w.ok(err)
	return cards
}

func TestInstancesMadeElsewhereAppear(t *testing.T) {
	for name, copyThem := range map[string]func(*world){"at the first visit": (*world).sync, "by the sweep": (*world).sweep} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			i, err := w.store.UserIdentity(w.ctx, w.who.User, w.who.Workspace.AccountID)
			w.ok(err)
			i, err = w.portal.provisioned(w.ctx, i.ID)
			w.ok(err)
			g := w.integration(withSignins(1))
			w.control("POST", "/users/"+i.UpstreamID+"/instances", map[string]any{"solution_id": g.UpstreamID, "name": "Made by hand", "enabled": true})
			copyThem(w)
			copyThem(w)
			cards := w.cards()
			if len(cards) != 1 || cards[0].Name != "Made by hand" || cards[0].State != store.Enabled || cards[0].IntegrationID != g.ID {
				t.Errorf("got %+v, want the one that was made by hand", cards)
			}
		})
	}
}

func TestRemovedAtTray(t *testing.T) {
	for name, copyThem := range map[string]func(*world){"at a visit": (*world).sync, "by the sweep": (*world).sweep} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			in := w.enabled(2)
			w.clock.Advance(time.Minute)
			w.control("POST", "/instances/"+in.UpstreamID+"/remove", map[string]any{})
			copyThem(w)
			in = w.settle(in.ID)
			w.wantState(in, store.Disabled, causeRemoved)

			w.ok(w.portal.Retry(w.ctx, w.who, in.ID))
			in = w.settle(in.ID)
			w.wantState(in, store.Enabled, "")
			w.wantOne() // set up again with the sign-ins it had
		})
	}
}

func TestRenamedAndTurnedOffAtTray(t *testing.T) {
	w := newWorld(t, nil)
	in := w.enabled(1)
	i, err := w.store.UserIdentity(w.ctx, w.who.User, w.who.Workspace.AccountID)
	w.ok(err)
	w.ok(w.asUser(i.ID, func(u *trayUser) error {
		if _, err := u.Rename(w.ctx, in.UpstreamID, "Their words"+markerSign+in.ID); err != nil {
			return err
		}
		_, err := u.Disable(w.ctx, in.UpstreamID)
		return err
	}))
	w.sync()
	in = w.settle(in.ID)
	w.wantState(in, store.Disabled, "")
	if in.Name != "Their words" {
		t.Errorf("got the name %q, want the one given at Tray", in.Name)
	}
}

func TestSigninGone(t *testing.T) {
	w := newWorld(t, nil)
	in := w.enabled(1)
	slots, err := w.store.Slots(w.ctx, in.ID)
	w.ok(err)
	w.clock.Advance(time.Minute)
	w.control("POST", "/authentications/"+slots[0].AuthenticationID+"/remove", map[string]any{})
	w.sync()
	in, err = w.store.Instance(w.ctx, in.ID)
	w.ok(err)
	w.wantState(in, store.Enabled, causeSigninGone)
}

// A second one that a lost answer left behind goes away.
func TestDuplicatesAreRemoved(t *testing.T) {
	w := newWorld(t, nil)
	in := w.enabled(1)
	i, err := w.store.UserIdentity(w.ctx, w.who.User, w.who.Workspace.AccountID)
	w.ok(err)
	g, err := w.store.Integration(w.ctx, in.IntegrationID)
	w.ok(err)
	w.ok(w.asUser(i.ID, func(u *trayUser) error {
		_, err := u.CreateInstance(w.ctx, g.UpstreamID, (trayEngine{}).upstreamName(in))
		return err
	}))
	w.sweep()
	w.wantOne()
	if n := len(w.cards()); n != 1 {
		t.Errorf("got %d cards, want 1", n)
	}
}

func TestCatalogueWithoutAuthSlots(t *testing.T) {
	w := newWorld(t, nil)
	known := w.integration(withSignins(1))
	w.control("PATCH", "/settings", map[string]any{"auth_slots": false})
	w.ok(w.portal.syncCatalogue(w.ctx, known.AccountID))
	again, err := w.store.Integration(w.ctx, known.ID)
	w.ok(err)
	if again.Kind != store.KindAuth {
		t.Errorf("got kind %q once Tray no longer lists slots, want those it had listed to stay", again.Kind)
	}
}

func TestUnpublishedIsMarkedGone(t *testing.T) {
	w := newWorld(t, nil)
	g := w.integration(withSignins(1))
	w.control("POST", "/solutions/"+g.UpstreamID+"/unpublish", map[string]any{})
	w.ok(w.portal.syncCatalogue(w.ctx, g.AccountID))
	g, err := w.store.Integration(w.ctx, g.ID)
	w.ok(err)
	if g.GoneAt.IsZero() {
		t.Error("it is still shown")
	}
	if _, err := w.store.VisibleIntegration(w.ctx, w.who.User, g.AccountID, g.ID); err == nil {
		t.Error("it can still be connected")
	}
}

func TestSilentTrayIsNoted(t *testing.T) {
	w := newWorld(t, nil)
	account := w.who.Workspace.AccountID
	before, err := w.store.Sync(w.ctx, account, store.SyncedCatalogue)
	w.ok(err)
	w.control("PATCH", "/settings", map[string]any{"down": true})
	if err := w.portal.syncCatalogue(w.ctx, account); err == nil {
		t.Fatal("copied from a Tray that is down")
	}
	after, err := w.store.Sync(w.ctx, account, store.SyncedCatalogue)
	w.ok(err)
	if after.Error == "" || after.DoneAt != before.DoneAt {
		t.Errorf("got %+v, want an error and the age of the last good copy", after)
	}
}

// A list that leaves an instance out says nothing: Tray is asked for that one before anybody is told that it is gone.
func TestLeftOutOfAList(t *testing.T) {
	w := newWorld(t, nil)
	in := w.enabled(1)
	w.clock.Advance(time.Minute)
	w.ok(w.portal.checkGone(w.ctx, in))
	in = w.settle(in.ID)
	w.wantState(in, store.Enabled, "")

	w.control("POST", "/instances/"+in.UpstreamID+"/remove", map[string]any{})
	gone := in
	gone.UpstreamID = "the one before it was made anew"
	w.ok(w.portal.checkGone(w.ctx, gone))
	in = w.settle(in.ID)
	w.wantState(in, store.Enabled, "")
	w.ok(w.portal.checkGone(w.ctx, in))
	w.wantState(w.settle(in.ID), store.Disabled, causeRemoved)
}

// One that Tray lists again is taken up where it was, though a person was in the middle of connecting it.
func TestListedAgain(t *testing.T) {
	w := newWorld(t, nil)
	in := w.connect(w.integration(withSignins(1)))
	w.ok(w.portal.markRemoved(w.ctx, in))
	w.wantState(w.settle(in.ID), store.Authorizing, causeRemoved)
	w.sweep()
	in = w.settle(in.ID)
	w.wantState(in, store.Authorizing, "")
	w.authorize(in)
	w.wantState(w.settle(in.ID), store.Enabled, "")
}

// What a person has changed since Tray was asked is newer than the answer.
func TestOldNewsIsNoNews(t *testing.T) {
	w := newWorld(t, nil)
	in := w.enabled(1)
	i, err := w.store.UserIdentity(w.ctx, w.who.User, w.who.Workspace.AccountID)
	w.ok(err)
	var listed []remote
	asked := w.clock.Now()
	w.ok(w.asUser(i.ID, func(u *trayUser) (err error) {
		there, err := u.Instances(w.ctx, tray.InstanceFilter{})
		for _, x := range there {
			listed = append(listed, remoteOf(x))
		}
		return err
	}))
	w.clock.Advance(time.Second)
	w.ok(w.portal.TurnOff(w.ctx, w.who, in.ID))
	w.wantState(w.settle(in.ID), store.Disabled, "")
	w.ok(w.portal.putInstances(w.ctx, i, listed, asked))
	w.wantState(w.settle(in.ID), store.Disabled, "")
}

// What was changed at Tray is in the audit log as what was changed here is.
func TestChangesAtTrayAreAudited(t *testing.T) {
	w := newWorld(t, nil)
	in := w.enabled(1)
	i, err := w.store.UserIdentity(w.ctx, w.who.User, w.who.Workspace.AccountID)
	w.ok(err)
	w.ok(w.asUser(i.ID, func(u *trayUser) error {
		if _, err := u.Rename(w.ctx, in.UpstreamID, "Their words"+markerSign+in.ID); err != nil {
			return err
		}
		_, err := u.Disable(w.ctx, in.UpstreamID)
		return err
	}))
	w.sync()
	w.clock.Advance(time.Minute)
	w.control("POST", "/instances/"+in.UpstreamID+"/remove", map[string]any{})
	w.sync()
	log, err := w.store.SubjectAudit(w.ctx, "instance", in.ID, "", 100)
	w.ok(err)
	var codes []string
	for _, a := range log {
		if a.Actor == platform {
			codes = append(codes, a.Code)
		}
	}
	if got := strings.Join(codes, " "); got != "instance.removed instance.disabled instance.renamed" {
		t.Errorf("the platform's changes in the audit log are %q", got)
	}
}

// What one person has of a solution that is not in the catalogue is offered to nobody else, least of all by the name
// that they gave it.
func TestInstanceOfWhatIsNotListed(t *testing.T) {
	w := newWorld(t, nil)
	i, err := w.store.UserIdentity(w.ctx, w.who.User, w.who.Workspace.AccountID)
	w.ok(err)
	i, err = w.portal.provisioned(w.ctx, i.ID)
	w.ok(err)
	w.ok(w.portal.putInstances(w.ctx, i, []remote{{
		ID: "i-1", Name: "Payroll of the board", Title: "Payroll of the board", Of: "s-unlisted", OfTitle: "Payroll", Enabled: true, Created: w.clock.Now(),
	}}, w.clock.Now()))
	cards := w.cards()
	if len(cards) != 1 || cards[0].Title != "Payroll" || cards[0].Name != "Payroll of the board" {
		t.Fatalf("got %+v, want theirs", cards)
	}
	if _, err := w.store.VisibleIntegration(w.ctx, w.who.User, w.who.Workspace.AccountID, cards[0].IntegrationID); err == nil {
		t.Error("it is in the catalogue")
	}
}

// Where Tray begins to list sign-ins while somebody is connecting, they are asked for what it lists.
func TestSlotsListedMeanwhile(t *testing.T) {
	w := newWorld(t, nil)
	g := w.integration(withSignins(1))
	w.ok(w.store.Update(w.ctx, func(tx *store.Tx) error {
		if err := tx.SetIntegrationSlots(w.ctx, g.ID, store.SlotAuth, nil); err != nil {
			return err
		}
		g.AuthSlotsKnown = false
		_, err := tx.PutIntegration(w.ctx, g)
		return err
	}))
	in := w.connect(g)
	w.wantState(in, store.Configuring, "")
	w.ok(w.portal.syncCatalogue(w.ctx, g.AccountID))
	in = w.settle(in.ID)
	w.wantState(in, store.Authorizing, "")
	w.authorize(in)
	w.wantState(w.settle(in.ID), store.Enabled, "")
	w.wantOne()
}

// The user that Tray finds is another's here already: support is told, and nobody gets at their things.
func TestSomebodyElsesUser(t *testing.T) {
	w := newWorld(t, nil)
	w.stranger()
	mine, err := w.store.UserIdentity(w.ctx, w.who.User, w.who.Workspace.AccountID)
	w.ok(err)
	mine, err = w.portal.provisioned(w.ctx, mine.ID)
	w.ok(err)
	others, err := w.store.WorkspaceByExternalID(w.ctx, "other")
	w.ok(err)
	theirs, err := w.store.WorkspaceIdentities(w.ctx, others.ID)
	w.ok(err)
	w.ok(w.store.Update(w.ctx, func(tx *store.Tx) error {
		if err := tx.SetUpstreamUser(w.ctx, mine.ID, ""); err != nil {
			return err
		}
		return tx.SetUpstreamUser(w.ctx, theirs[0].ID, mine.UpstreamID)
	}))
	w.wantState(w.connect(w.integration(withSignins(1))), store.Creating, causeRefused)
}
