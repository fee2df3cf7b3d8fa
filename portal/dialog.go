package portal

import (
	"context"
	"errors"
	"slices"
	"time"

	"portico/secret"
	"portico/store"
	"portico/upstream/activepieces"
	"portico/upstream/tray"
)

// Dialog is a hosted dialog that is ready to be opened once, within five minutes.
type Dialog struct {
	URL    string // holds a one-time code: it goes to the person's browser and nowhere else
	Origin string // where its messages come from
	FlowID string // redeems what it says
}

// OpenAuth prepares the dialog in which a person signs in for a slot.
func (p *Portal) OpenAuth(ctx context.Context, who Who, instanceID, slotID string) (Dialog, error) {
	in, err := p.instance(ctx, who, instanceID)
	if err != nil {
		return Dialog{}, err
	}
	s, err := slot(ctx, p.store, in.ID, slotID)
	if err != nil {
		return Dialog{}, err
	}
	if in.State != store.Authorizing || in.UpstreamID == "" {
		return Dialog{}, refuse("not_ready")
	}
	at, err := p.at(ctx, in.AccountID)
	if err != nil {
		return Dialog{}, err
	}
	if at.name() == activepieces.Platform {
		return p.openPiecesAuth(ctx, who, in, s)
	}
	ctx = withAbout(ctx, about{instanceID: in.ID, journeyID: in.JourneyID})
	there, err := p.askAuthentications(ctx, in.IdentityID)
	if err != nil {
		return Dialog{}, err
	}
	return p.open(ctx, who, in, store.FlowAuth, slotID, func(tx *store.Tx) error {
		s, err := slot(ctx, tx, in.ID, slotID)
		if err != nil || s.Baseline != nil {
			return err // what there was when the dialog was first opened: a sign-in made since is new
		}
		s.Baseline = ids(there)
		return tx.PutSlot(ctx, s)
	}, func(c *tray.Client, code secret.Text) string { return c.AuthDialogURL(in.UpstreamID, slotID, code) })
}

// OpenWizard prepares the platform's configuration wizard.
func (p *Portal) OpenWizard(ctx context.Context, who Who, instanceID string) (Dialog, error) {
	in, err := p.instance(ctx, who, instanceID)
	if err != nil {
		return Dialog{}, err
	}
	if in.State != store.Configuring || in.UpstreamID == "" {
		return Dialog{}, refuse("not_ready")
	}
	ctx = withAbout(ctx, about{instanceID: in.ID, journeyID: in.JourneyID})
	return p.open(ctx, who, in, store.FlowWizard, "", func(*store.Tx) error { return nil },
		func(c *tray.Client, code secret.Text) string { return c.WizardURL(in.UpstreamID, code) })
}

// open gets a one-time code and stores the flow that it begins.
func (p *Portal) open(ctx context.Context, who Who, in store.Instance, kind, slotID string, prepare func(*store.Tx) error, address func(*tray.Client, secret.Text) string) (Dialog, error) {
	c, err := p.client(ctx, in.AccountID)
	if err != nil {
		return Dialog{}, err
	}
	if c.tray == nil { // no other platform has such dialogs
		return Dialog{}, refuse("not_ready")
	}
	code, err := p.askCode(ctx, c, in.IdentityID)
	if err != nil {
		return Dialog{}, err
	}
	var f store.Flow
	err = p.store.Update(ctx, func(tx *store.Tx) (err error) {
		if _, err = tx.LockInstance(ctx, in.ID); err != nil { // its slots are written as they are read here
			return err
		}
		if f, err = tx.AddFlow(ctx, store.Flow{InstanceID: in.ID, UserID: who.User.ID, Kind: kind, Slot: slotID}); err != nil {
			return err
		}
		if err := prepare(tx); err != nil {
			return err
		}
		return tell(ctx, tx, who.Actor, in, "dialog.opened", "slot", slotTitle(ctx, tx, in.ID, slotID))
	})
	return Dialog{URL: address(c.tray, code), Origin: c.tray.DialogOrigin(), FlowID: f.ID}, err
}

// askCode asks for the one-time code that a dialog is opened with, while a person waits.
func (p *Portal) askCode(ctx context.Context, c client, identityID string) (secret.Text, error) {
	ctx, cancel := context.WithTimeout(ctx, p.AnswerWithin)
	defer cancel()
	identity, err := p.provisioned(ctx, identityID)
	if err != nil {
		return "", err
	}
	return c.tray.AuthorizationCode(ctx, identity.UpstreamID)
}

// slotTitle is what a timeline calls a slot; "" for the wizard, which has none.
func slotTitle(ctx context.Context, tx *store.Tx, instanceID, slotID string) string {
	s, err := slot(ctx, tx, instanceID, slotID)
	if err != nil {
		return ""
	}
	return s.Title
}

// askAuthentications is authentications while a person waits.
func (p *Portal) askAuthentications(ctx context.Context, identityID string) ([]store.Authentication, error) {
	ctx, cancel := context.WithTimeout(ctx, p.AnswerWithin)
	defer cancel()
	return p.authentications(ctx, identityID)
}

// authentications asks the platform for the sign-ins that an identity has now, and keeps a copy.
func (p *Portal) authentications(ctx context.Context, identityID string) ([]store.Authentication, error) {
	i, err := p.store.Identity(ctx, identityID)
	if err != nil {
		return nil, err
	}
	at, err := p.at(ctx, i.AccountID)
	if err != nil {
		return nil, err
	}
	there, err := at.signIns(ctx, identityID)
	if err != nil {
		return nil, err
	}
	return there, p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.PutAuthentications(ctx, i, there) })
}

func ids(there []store.Authentication) []string {
	all := []string{} // never nil, which would say that the dialog was never opened
	for _, a := range there {
		all = append(all, a.UpstreamID)
	}
	return all
}

// FinishFlow redeems what a dialog said. Nothing that came through the browser is believed: a sign-in is taken only
// when the platform lists it for this very user.
func (p *Portal) FinishFlow(ctx context.Context, who Who, instanceID, flowID, outcome, authID string) error {
	in, err := p.instance(ctx, who, instanceID)
	if err != nil {
		return err
	}
	f, err := p.store.Flow(ctx, flowID, in.ID, who.User.ID)
	if errors.Is(err, store.ErrNotFound) {
		return refuse("flow_over")
	}
	if err != nil {
		return err
	}
	if f.Outcome != "" {
		return nil // the dialog said so twice, or in two tabs
	}
	ctx = withAbout(ctx, about{instanceID: in.ID, journeyID: in.JourneyID})
	switch {
	case outcome != store.FlowFinished:
		return p.giveUp(ctx, who, in, f, outcome)
	case f.Kind == store.FlowWizard:
		return p.finishWizard(ctx, who, in, f)
	}
	return p.finishAuth(ctx, who, in, f, authID)
}

// giveUp keeps that a dialog ended without a result; the place is kept.
func (p *Portal) giveUp(ctx context.Context, who Who, in store.Instance, f store.Flow, outcome string) error {
	code := "dialog.cancelled"
	if outcome != store.FlowCancelled {
		outcome, code = store.FlowFailed, "dialog.failed"
	}
	return p.store.Update(ctx, func(tx *store.Tx) error {
		first, err := tx.EndFlow(ctx, f.ID, outcome)
		if err != nil || !first {
			return err
		}
		return tell(ctx, tx, who.Actor, in, code, "slot", slotTitle(ctx, tx, in.ID, f.Slot))
	})
}

func (p *Portal) finishWizard(ctx context.Context, who Who, in store.Instance, f store.Flow) error {
	err := p.change(ctx, who, in.ID, func(tx *store.Tx, in *store.Instance) error {
		first, err := tx.EndFlow(ctx, f.ID, store.FlowFinished)
		if err != nil || !first || in.State != store.Configuring {
			return err
		}
		return wizardDone(ctx, tx, who, in)
	})
	if err == nil {
		p.nudge(ctx, in.ID)
	}
	return err
}

// wizardDone lets the journey read what the wizard has stored.
func wizardDone(ctx context.Context, tx *store.Tx, who Who, in *store.Instance) error {
	before := *in
	in.WizardDone, in.NotBefore, in.Tries = true, store.Time{}, 0
	freeOf(in)
	return record(ctx, tx, who.Actor, &before, in, "dialog.finished", "slot", "")
}

// CheckWizard takes a person's word that they have been through the wizard where nobody told us: Tray's check for
// missing values decides whether they have.
func (p *Portal) CheckWizard(ctx context.Context, who Who, instanceID string) error {
	err := p.change(ctx, who, instanceID, func(tx *store.Tx, in *store.Instance) error {
		if in.State != store.Configuring {
			return nil
		}
		return wizardDone(ctx, tx, who, in)
	})
	if err == nil {
		p.nudge(ctx, instanceID)
	}
	return err
}

func (p *Portal) finishAuth(ctx context.Context, who Who, in store.Instance, f store.Flow, authID string) error {
	a, listed, err := p.signedIn(ctx, in, f, authID)
	if err != nil {
		return err
	}
	if !listed {
		if err := p.giveUp(ctx, who, in, f, store.FlowFailed); err != nil {
			return err
		}
		return refuse("signin_not_yours")
	}
	return p.choose(ctx, who, in.ID, f.Slot, a, "slot.chosen", func(tx *store.Tx) error {
		_, err := tx.EndFlow(ctx, f.ID, store.FlowFinished)
		return err
	})
}

// signedIn is the sign-in that a dialog has made, as the platform lists it.
func (p *Portal) signedIn(ctx context.Context, in store.Instance, f store.Flow, authID string) (a store.Authentication, listed bool, err error) {
	at, err := p.at(ctx, in.AccountID)
	if err != nil {
		return a, false, err
	}
	if at.name() == activepieces.Platform {
		return p.madeHere(ctx, in, f.Slot)
	}
	there, err := p.askAuthentications(ctx, in.IdentityID)
	if err != nil {
		return a, false, err
	}
	a, listed = find(there, authID)
	return a, listed, nil
}

// madeHere is the connection that the dialog of a slot has made at Activepieces.
func (p *Portal) madeHere(ctx context.Context, in store.Instance, slotID string) (a store.Authentication, made bool, err error) {
	s, err := slot(ctx, p.store, in.ID, slotID)
	if err != nil {
		return a, false, err
	}
	a, err = p.finishPiecesAuth(ctx, in, s)
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return a, false, nil
	}
	return a, err == nil, err
}

func find(there []store.Authentication, id string) (store.Authentication, bool) {
	n := slices.IndexFunc(there, func(a store.Authentication) bool { return a.UpstreamID == id && id != "" })
	if n < 0 {
		return store.Authentication{}, false
	}
	return there[n], true
}

// choose gives a slot a sign-in that the platform has listed for the instance's user, and lets the journey go on.
func (p *Portal) choose(ctx context.Context, who Who, instanceID, slotID string, a store.Authentication, code string, also func(*store.Tx) error) error {
	err := p.change(ctx, who, instanceID, func(tx *store.Tx, in *store.Instance) error {
		if err := also(tx); err != nil || in.State != store.Authorizing {
			return err
		}
		s, err := slot(ctx, tx, in.ID, slotID)
		if err != nil {
			return err
		}
		if s.PredefinedID != "" {
			return refuse("slot_unknown")
		}
		before := *in
		s.AuthenticationID, s.Found = a.UpstreamID, code == "slot.found"
		if err := tx.PutSlot(ctx, s); err != nil {
			return err
		}
		in.NotBefore, in.Tries = store.Time{}, 0
		freeOf(in)
		if err := record(ctx, tx, who.Actor, &before, in, code, "slot", s.Title, "name", a.Name); err != nil {
			return err
		}
		return tx.Enqueue(ctx, store.AdvanceInstance{InstanceID: in.ID}, time.Time{})
	})
	if err == nil {
		p.nudge(ctx, instanceID)
	}
	return err
}
