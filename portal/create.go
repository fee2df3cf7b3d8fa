package portal

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/tray"
)

// lookAgain is how long a create whose answer was lost may take to show up in Tray's list.
const lookAgain = 5 * time.Second

// upstreamName is an instance's name at Tray. It ends in our ID, by which an instance is found again whose creation
// Tray carried out but never confirmed; a rename keeps it.
func upstreamName(in store.Instance) string { return in.Name + markerSign + in.ID }

const markerSign = " · "

// marker is the ID of ours that a name at Tray ends in, and the name before it; "" when it was made elsewhere.
func marker(name string) (before, id string) {
	i := strings.LastIndex(name, markerSign)
	if i < 0 || len(name)-i-len(markerSign) != 26 {
		return name, ""
	}
	return name[:i], name[i+len(markerSign):]
}

// create makes the instance at Tray. Tray has no idempotency keys: that it is being tried is written first, and once
// it has been, we look for the marker, wait, and look again before trying anew.
func (p *Portal) create(ctx context.Context, r run) error {
	g, err := p.store.Integration(ctx, r.IntegrationID)
	if err != nil {
		return err
	}
	if !r.CreateTriedAt.IsZero() {
		found, err := p.lookForMarker(ctx, r, g)
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
	if err := p.asOwner(ctx, r.Instance, func(*tray.UserClient) error { return nil }); err != nil {
		return err // the user or the token cannot be had: nothing has been tried yet
	}
	err = p.keep(ctx, r, func(tx *store.Tx, in *store.Instance) error {
		in.CreateTriedAt, in.CreateLooked = tx.Now(), 0
		return nil
	})
	if err != nil {
		return err
	}
	var made tray.Instance
	err = p.asOwner(ctx, r.Instance, func(u *tray.UserClient) (err error) {
		made, err = u.CreateInstance(ctx, g.UpstreamID, upstreamName(r.Instance))
		return err
	})
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

// lookForMarker finds what an earlier try has made: the oldest is ours, younger ones are removed.
func (p *Portal) lookForMarker(ctx context.Context, r run, g store.Integration) (bool, error) {
	marked, err := p.marked(ctx, r, g)
	if err != nil || len(marked) == 0 {
		return false, err
	}
	for _, extra := range marked[1:] {
		if err := p.removeDuplicate(ctx, r.Instance, extra.ID); err != nil {
			return false, err
		}
	}
	return true, p.created(ctx, r, g, marked[0], "instance.found")
}

// marked is the instances at Tray that bear our instance's marker, oldest first.
func (p *Portal) marked(ctx context.Context, r run, g store.Integration) ([]tray.Instance, error) {
	var marked []tray.Instance
	err := p.asOwner(ctx, r.Instance, func(u *tray.UserClient) error {
		all, err := u.Instances(ctx, tray.InstanceFilter{SolutionID: g.UpstreamID})
		for _, x := range all {
			if _, id := marker(x.Name); id == r.ID {
				marked = append(marked, x)
			}
		}
		return err
	})
	slices.SortStableFunc(marked, func(a, b tray.Instance) int { return a.Created.Compare(b.Created) })
	return marked, err
}

// removeDuplicate removes the younger of two that one intent has made.
func (p *Portal) removeDuplicate(ctx context.Context, in store.Instance, upstreamID string) error {
	err := p.asOwner(ctx, in, func(u *tray.UserClient) error { return u.Remove(ctx, upstreamID) })
	if err != nil && !upstream.IsKind(err, upstream.NotFound) {
		return err
	}
	return p.store.Update(ctx, func(tx *store.Tx) error {
		return tell(ctx, tx, itself, in, "instance.duplicate", "id", upstreamID)
	})
}

// created keeps that Tray has the instance, and what it needs next.
func (p *Portal) created(ctx context.Context, r run, g store.Integration, made tray.Instance, code string) error {
	return p.keep(ctx, r, func(tx *store.Tx, in *store.Instance) error {
		in.UpstreamID, in.UpstreamName, in.UpstreamCreated = made.ID, made.Name, tx.Now()
		in.SeenAt = tx.Now()
		if err := tell(ctx, tx, itself, *in, code); err != nil {
			return err
		}
		if err := setWorkflows(ctx, tx, in.ID, made); err != nil {
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

func setWorkflows(ctx context.Context, tx *store.Tx, instanceID string, x tray.Instance) error {
	var workflows []store.Workflow
	for _, w := range x.Workflows {
		workflows = append(workflows, store.Workflow{UpstreamID: w.ID, SourceID: w.SourceID, Name: w.Name, TriggerURL: w.TriggerURL})
	}
	return tx.SetWorkflows(ctx, instanceID, workflows)
}

// complete says that the instance has all it was asked for: it is enabled next, held for staff, or left to the
// person, as the integration says.
func complete(ctx context.Context, tx *store.Tx, in *store.Instance, g store.Integration) error {
	in.NotBefore = store.At(in.UpstreamCreated.Add(tray.EnableDelay))
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
