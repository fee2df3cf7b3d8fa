package portal

import (
	"testing"
	"time"

	"portico/store"
)

// change writes an instance as a person's or another process's write between two steps leaves it.
func (w *world) change(id string, do func(*store.Tx, *store.Instance) error) {
	w.Helper()
	w.ok(w.store.Update(w.ctx, func(tx *store.Tx) error {
		in, err := tx.LockInstance(w.ctx, id)
		if err != nil {
			return err
		}
		if err := do(tx, &in); err != nil {
			return err
		}
		return tx.PutInstance(w.ctx, in, "")
	}))
}

// A sign-in that was taken back while it was on its way to Tray, and then chosen again, is no news to us but must not
// leave the person with all given and nothing happening.
func TestChosenAgainWhileItWasAttached(t *testing.T) {
	w := newWorld(t, nil)
	in := w.connect(w.integration(withSignins(1)))
	s := w.opened(in)
	made := w.signIn(service(s), "billy's")
	w.change(in.ID, func(tx *store.Tx, _ *store.Instance) error {
		s.AttachedID = made // the step's result, which came after the person's "not this one"
		return tx.PutSlot(w.ctx, s)
	})
	w.wantState(w.settle(in.ID), store.Authorizing, "")
	w.ok(w.portal.ChooseAuth(w.ctx, w.who, in.ID, s.ExternalID, made))
	w.wantState(w.settle(in.ID), store.Enabled, "")
	w.wantOne()
}

// An instance that is off and lacks a value when it is turned on goes back to where values are given: a wizard cannot
// be opened anywhere else.
func TestMissingWhenTurnedOn(t *testing.T) {
	w := newWorld(t, nil)
	in := w.connect(w.integration(func(g store.Integration, slots []store.IntegrationSlot) bool {
		return g.Kind == store.KindWizard && len(slots) > 1
	}))
	w.clock.Advance(time.Minute)
	w.change(in.ID, func(_ *store.Tx, in *store.Instance) error {
		in.State = store.Disabled
		return nil
	})
	w.ok(w.portal.TurnOn(w.ctx, w.who, in.ID))
	w.wantState(w.settle(in.ID), store.Configuring, causeMissing)
	_, err := w.portal.OpenWizard(w.ctx, w.who, in.ID)
	w.ok(err)
}
