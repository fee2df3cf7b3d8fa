package portal

import (
	"context"
	"errors"
	"slices"

	"portico/store"
	"portico/upstream/tray"
)

// putInstances stores what Tray lists of an identity's instances. A second one that bears the marker of one of ours
// is what a lost answer left behind, and is removed.
func (p *Portal) putInstances(ctx context.Context, i store.Identity, listed []tray.Instance) error {
	var extra []tray.Instance
	var of []store.Instance
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		for _, x := range listed {
			in, duplicate, err := p.putInstance(ctx, tx, i, x)
			if err != nil {
				return err
			}
			if duplicate {
				extra, of = append(extra, x), append(of, in)
			}
		}
		return nil
	})
	for n, x := range extra {
		err = errors.Join(err, p.removeDuplicate(ctx, of[n], x.ID))
	}
	return err
}

// putInstance stores one instance as Tray has it. What is under way here is left alone.
func (p *Portal) putInstance(ctx context.Context, tx *store.Tx, i store.Identity, x tray.Instance) (in store.Instance, duplicate bool, err error) {
	in, err = tx.InstanceByUpstreamID(ctx, i.AccountID, x.ID)
	if err == nil {
		return in, false, p.refresh(ctx, tx, in.ID, x)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return in, false, err
	}
	if _, id := marker(x.Name); id != "" {
		in, err = tx.Instance(ctx, id)
		if err == nil && in.IdentityID == i.ID {
			// While it is being created or removed Advance looks for it itself.
			return in, in.UpstreamID != "" || in.State == store.Deleted, nil
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return in, false, err
		}
	}
	return in, false, p.adopt(ctx, tx, i, x)
}

// refresh brings an instance of ours up to date with Tray, unless a person or a step is at it.
func (p *Portal) refresh(ctx context.Context, tx *store.Tx, id string, x tray.Instance) error {
	in, err := tx.LockInstance(ctx, id)
	if err != nil || in.State == store.Deleted {
		return err
	}
	in.SeenAt = tx.Now()
	settled := (in.State == store.Enabled && in.WantEnabled || in.State == store.Disabled && !in.WantEnabled) && in.ClaimedUntil.Before(p.Now())
	if settled {
		if err := p.takeOver(ctx, tx, &in, x); err != nil {
			return err
		}
	}
	return tx.PutInstance(ctx, in, "")
}

// takeOver makes of a settled instance what Tray says it is.
func (p *Portal) takeOver(ctx context.Context, tx *store.Tx, in *store.Instance, x tray.Instance) error {
	in.Version = flags(x)
	if in.Attention == causeRemoved {
		if err := clearAttention(ctx, tx, in); err != nil {
			return err
		}
	}
	if x.Name != in.UpstreamName && in.UpstreamName == upstreamName(*in) { // renamed there
		in.Name, _ = marker(x.Name)
		in.UpstreamName = x.Name
	}
	if x.Enabled != (in.State == store.Enabled) {
		code := "instance.enabled"
		in.State, in.WantEnabled, in.EnabledAt = store.Enabled, true, tx.Now()
		if !x.Enabled {
			code = "instance.disabled"
			in.State, in.WantEnabled, in.EnabledAt = store.Disabled, false, store.Time{}
		}
		if err := tell(ctx, tx, platform, *in, code); err != nil {
			return err
		}
	}
	if err := setValues(ctx, tx, *in, x); err != nil {
		return err
	}
	have, err := tx.Workflows(ctx, in.ID)
	if err != nil || sameWorkflows(have, x.Workflows) {
		return err
	}
	return setWorkflows(ctx, tx, in.ID, x)
}

func sameWorkflows(have []store.Workflow, there []tray.Workflow) bool {
	if len(have) != len(there) {
		return false
	}
	for _, w := range there {
		if !slices.ContainsFunc(have, func(h store.Workflow) bool {
			return h.UpstreamID == w.ID && h.TriggerURL == w.TriggerURL && h.Name == w.Name
		}) {
			return false
		}
	}
	return true
}

// adopt stores an instance that was made elsewhere.
func (p *Portal) adopt(ctx context.Context, tx *store.Tx, i store.Identity, x tray.Instance) error {
	g, err := tx.IntegrationByUpstreamID(ctx, i.AccountID, x.SolutionID, x.Name)
	if err != nil {
		return err
	}
	owner, shared := i.UserID, false
	if owner == "" { // the whole workspace's: shared, in the name of whoever came first
		users, err := tx.WorkspaceUsers(ctx, i.WorkspaceID, 1)
		if err != nil || len(users) == 0 {
			return err
		}
		owner, shared = users[0].ID, true
	}
	state, enabled := store.Disabled, store.Time{}
	if x.Enabled {
		state, enabled = store.Enabled, tx.Now()
	}
	name, _ := marker(x.Name)
	in, made, err := tx.CreateInstance(ctx, store.Instance{
		WorkspaceID: i.WorkspaceID, OwnerID: owner, AccountID: i.AccountID, IdentityID: i.ID, IntegrationID: g.ID, Shared: shared,
		Name: name, UpstreamName: x.Name, UpstreamID: x.ID, State: state, WantEnabled: x.Enabled, Version: flags(x),
		UpstreamCreated: store.At(x.Created), EnabledAt: enabled, SeenAt: tx.Now(),
	})
	if err != nil || !made {
		return err
	}
	if err := tell(ctx, tx, platform, in, "instance.synced"); err != nil {
		return err
	}
	if err := setValues(ctx, tx, in, x); err != nil {
		return err
	}
	return setWorkflows(ctx, tx, in.ID, x)
}
