package portal

import (
	"context"
	"errors"
	"time"

	"portico/secret"
	"portico/store"
	"portico/upstream"
)

// problemAsked says of a slot which the host fills that the workspace has to give something for it first.
const problemAsked = "asked"

// predefined is the first slot that the host fills and has not filled yet, unless the person has to be asked.
func (r run) predefined() *store.Slot {
	for n, s := range r.slots {
		if s.PredefinedID != "" && s.AuthenticationID == "" && s.Problem != problemAsked {
			return &r.slots[n]
		}
	}
	return nil
}

// predefine fills a slot with the connection that the host makes for the workspace.
func (p *Portal) predefine(ctx context.Context, r run) error {
	s := *r.predefined()
	name, err := p.ensurePredefined(ctx, r.AccountID, r.WorkspaceID, s.PredefinedID)
	var refusal *Refusal
	var e *upstream.Error
	asked := errors.As(err, &refusal) && refusal.Code == "predefined_asked"
	if refused := refusal != nil || errors.As(err, &e) && !e.Temporary(); refused && !asked {
		anew, aerr := p.AskedFields(ctx, s.PredefinedID, r.WorkspaceID) // the service does not take what the workspace has answered
		if aerr != nil {
			return aerr
		}
		asked = len(anew) > 0
	}
	switch {
	case asked:
		name = ""
	case refusal != nil, e != nil && !e.Temporary():
		return p.notPrepared(ctx, r, err)
	case err != nil:
		return err
	}
	return p.keep(ctx, r, func(tx *store.Tx, in *store.Instance) error {
		s, err := slot(ctx, tx, in.ID, s.ExternalID)
		if err != nil {
			return err
		}
		s.AuthenticationID, s.Problem = name, ""
		if asked {
			s.Problem = problemAsked
		}
		return tx.PutSlot(ctx, s)
	})
}

// preparedAgain is how long until a connection that could not be made for the workspace is tried again.
const preparedAgain = 5 * time.Minute

// notPrepared marks that the host's own connection cannot be had; it is tried again by itself, after staff have mended it.
func (p *Portal) notPrepared(ctx context.Context, r run, why error) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		in, err := tx.LockInstance(ctx, r.ID)
		if err != nil {
			return err
		}
		in.NotBefore = store.At(p.Now().Add(preparedAgain))
		if err := setAttention(ctx, tx, &in, causeNotPrepared, why.Error()); err != nil {
			return err
		}
		return tx.PutInstance(ctx, in, r.by)
	})
}

// AnswerSlot takes what a workspace is asked for a connection that the host makes, and lets every instance go on that waits
// for it.
func (p *Portal) AnswerSlot(ctx context.Context, who Who, instanceID, slotID string, values map[string]secret.Text) error {
	in, err := p.instance(ctx, who, instanceID)
	if err != nil {
		return err
	}
	s, err := slot(ctx, p.store, in.ID, slotID)
	if err != nil {
		return err
	}
	if s.PredefinedID == "" {
		return refuse("slot_unknown")
	}
	err = p.AnswerPredefined(ctx, who, s.PredefinedID, values)
	p.nudge(ctx, instanceID)
	return err
}

// wake lets every instance go on that waits for a connection which the host makes for a workspace.
func wake(ctx context.Context, tx *store.Tx, workspaceID, predefinedID string) error {
	waiting, err := tx.AskedInstances(ctx, workspaceID, predefinedID)
	if err != nil {
		return err
	}
	for _, id := range waiting {
		if err := answered(ctx, tx, id, predefinedID); err != nil {
			return err
		}
	}
	return nil
}

// answered lets one instance look again whether the host's connection can be had.
func answered(ctx context.Context, tx *store.Tx, instanceID, predefinedID string) error {
	in, err := tx.LockInstance(ctx, instanceID)
	if err != nil {
		return err
	}
	slots, err := tx.Slots(ctx, in.ID)
	if err != nil {
		return err
	}
	for _, s := range slots {
		if s.PredefinedID != predefinedID {
			continue
		}
		s.Problem = ""
		if err := tx.PutSlot(ctx, s); err != nil {
			return err
		}
	}
	if in.Attention == causeNotPrepared {
		freeOf(&in)
	}
	in.NotBefore, in.Tries = store.Time{}, 0
	if err := tx.PutInstance(ctx, in, ""); err != nil {
		return err
	}
	return tx.Enqueue(ctx, store.AdvanceInstance{InstanceID: in.ID}, time.Time{})
}
