package portal

import (
	"context"
	"errors"
	"slices"
	"time"

	"portico/store"
	"portico/upstream"
)

// lookAgain is how long a create whose answer was lost may take to show up in Tray's list.
const lookAgain = 5 * time.Second

// create makes the instance at its platform. None has idempotency keys: that it is being tried is written first, and
// once it has been, we look for our mark, wait, and look again before trying anew.
func (p *Portal) create(ctx context.Context, r run) error {
	g, err := p.store.Integration(ctx, r.IntegrationID)
	if err != nil {
		return err
	}
	if !r.CreateTriedAt.IsZero() {
		found, err := p.lookForMark(ctx, r, g)
		if err != nil || found {
			return err
		}
		if r.CreateLooked == 0 {
			return p.keep(ctx, r, func(_ *store.Tx, in *store.Instance) error {
				in.CreateLooked, in.NotBefore = 1, store.At(p.Now().Add(lookAgain))
				return nil
			})
		}
	}
	if err := r.at.ready(ctx, r.IdentityID); err != nil {
		return err // the user or the token cannot be had: nothing has been tried yet
	}
	err = p.keep(ctx, r, func(tx *store.Tx, in *store.Instance) error {
		in.CreateTriedAt, in.CreateLooked = tx.Now(), 0
		return nil
	})
	if err != nil {
		return err
	}
	made, err := r.at.create(ctx, r.Instance, g)
	var e *upstream.Error
	if errors.As(err, &e) && !e.OutcomeUnknown() {
		return errors.Join(err, p.forgetTry(ctx, r))
	}
	if err != nil {
		return err
	}
	return p.created(ctx, r, g, made, "instance.created")
}

func (p *Portal) forgetTry(ctx context.Context, r run) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		in, err := tx.LockInstance(ctx, r.ID)
		if err != nil {
			return err
		}
		in.CreateTriedAt, in.CreateLooked = store.Time{}, 0
		return tx.PutInstance(ctx, in, r.by)
	})
}

// lookForMark finds what an earlier try has made: the oldest is ours, younger ones are removed.
func (p *Portal) lookForMark(ctx context.Context, r run, g store.Integration) (bool, error) {
	found, err := marked(ctx, r, g)
	if err != nil || len(found) == 0 {
		return false, err
	}
	for _, extra := range found[1:] {
		if err := p.removeDuplicate(ctx, r.Instance, extra.ID); err != nil {
			return false, err
		}
	}
	return true, p.created(ctx, r, g, found[0], "instance.found")
}

// marked is the instances at the platform that bear our instance's mark, oldest first.
func marked(ctx context.Context, r run, g store.Integration) ([]remote, error) {
	all, err := r.at.list(ctx, r.IdentityID, g.UpstreamID)
	all = slices.DeleteFunc(all, func(x remote) bool { return x.Mark != r.ID })
	slices.SortStableFunc(all, func(a, b remote) int { return a.Created.Compare(b.Created) })
	return all, err
}

// removeDuplicate removes the younger of two that one intent has made.
func (p *Portal) removeDuplicate(ctx context.Context, in store.Instance, upstreamID string) error {
	at, err := p.at(ctx, in.AccountID)
	if err != nil {
		return err
	}
	err = at.remove(ctx, in.IdentityID, upstreamID)
	if err != nil && !upstream.IsKind(err, upstream.NotFound) {
		return err
	}
	return p.store.Update(ctx, func(tx *store.Tx) error {
		return tell(ctx, tx, itself, in, "instance.duplicate", "id", upstreamID)
	})
}

// created keeps that Tray has the instance, and what it needs next.
func (p *Portal) created(ctx context.Context, r run, g store.Integration, made remote, code string) error {
	return p.keep(ctx, r, func(tx *store.Tx, in *store.Instance) error {
		in.UpstreamID, in.UpstreamName, in.UpstreamCreated = made.ID, made.Name, tx.Now()
		in.SeenAt = tx.Now()
		if err := tell(ctx, tx, itself, *in, code); err != nil {
			return err
		}
		if err := tx.SetWorkflows(ctx, in.ID, made.Workflows); err != nil {
			return err
		}
		if in.State == store.Deleting { // taken back while it was being made
			return nil
		}
		switch g.Kind {
		case store.KindAuth:
			in.State = store.Authorizing
		case store.KindWizard:
			in.State = store.Configuring
		default:
			return complete(ctx, tx, in, g)
		}
		return nil
	})
}

// complete says that the instance has all it was asked for: it is enabled next, held for staff, or left to the
// person, as the integration says.
func complete(ctx context.Context, tx *store.Tx, in *store.Instance, g store.Integration) error {
	if err := tell(ctx, tx, itself, *in, "instance.complete"); err != nil {
		return err
	}
	switch g.EnableMode {
	case store.EnableManual:
		in.State, in.WantEnabled = store.Disabled, false
		finished(in, g)
	case store.EnableChecked:
		in.State, in.WantEnabled, in.Hold = store.Enabling, true, store.HoldCheck
		return tell(ctx, tx, itself, *in, "instance.held")
	default:
		in.State, in.WantEnabled = store.Enabling, true
	}
	return nil
}

// finished lets another instance of the integration be begun, unless there may be only one: then not before this one is gone.
func finished(in *store.Instance, g store.Integration) {
	if !g.ForceUnique {
		in.UniqueKey = ""
	}
}
