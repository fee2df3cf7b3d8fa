package portal

import (
	"context"
	"errors"

	"portico/store"
)

// consentName is the name that a connection gets by the dialog of a slot whose connection the host predefines but each
// workspace signs in for by itself; a *Refusal where nothing is to be signed in for.
func (p *Portal) consentName(ctx context.Context, in store.Instance, s store.Slot) (string, error) {
	c, err := p.store.PredefinedConnection(ctx, s.PredefinedID)
	if err != nil {
		return "", err
	}
	w, err := p.store.Workspace(ctx, in.WorkspaceID)
	if err != nil {
		return "", err
	}
	name, ok := p.nameFor(c, w)
	if !ok || !NeedsConsent(c) || c.State != store.PredefinedActive {
		return "", refuse("slot_unknown")
	}
	return name, nil
}

// dialogName is the name of the connection that the dialog of a slot makes.
func (p *Portal) dialogName(ctx context.Context, in store.Instance, s store.Slot) (string, error) {
	if s.PredefinedID == "" {
		return connectionName(in, s), nil
	}
	return p.consentName(ctx, in, s)
}

// FinishDialog redeems what a dialog said, as FinishFlow does. Where somebody has signed in for a connection that the host
// predefines, it is their whole workspace's, and everything of theirs that waits for it goes on.
func (p *Portal) FinishDialog(ctx context.Context, who Who, instanceID, flowID, outcome, authID string) error {
	in, err := p.instance(ctx, who, instanceID)
	if err != nil {
		return err
	}
	f, err := p.store.Flow(ctx, flowID, in.ID, who.User.ID)
	if err == nil && f.Outcome == "" && f.Kind == store.FlowAuth && outcome == store.FlowFinished {
		s, err := slot(ctx, p.store, in.ID, f.Slot)
		if err == nil && s.PredefinedID != "" {
			return p.finishConsent(ctx, who, in, f, s)
		}
	}
	return p.FinishFlow(ctx, who, instanceID, flowID, outcome, authID)
}

// finishConsent asks the platform, and not the browser, whether somebody has signed in.
func (p *Portal) finishConsent(ctx context.Context, who Who, in store.Instance, f store.Flow, s store.Slot) error {
	ctx = withAbout(ctx, about{instanceID: in.ID, journeyID: in.JourneyID})
	if err := p.AnswerSlot(ctx, who, in.ID, s.ExternalID, nil); err != nil {
		return err
	}
	x, err := p.store.WorkspaceConnection(ctx, s.PredefinedID, in.WorkspaceID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if x.State == store.ConnAsked {
		return errors.Join(p.giveUp(ctx, who, in, f, store.FlowFailed), refuse("signin_not_yours"))
	}
	return p.store.Update(ctx, func(tx *store.Tx) error {
		first, err := tx.EndFlow(ctx, f.ID, store.FlowFinished)
		if err != nil || !first {
			return err
		}
		return tell(ctx, tx, who.Actor, in, "slot.taken", "slot", s.Title)
	})
}
