package portal

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"portico/store"
	"portico/upstream/activepieces"
)

// putInstances stores what Tray lists of an identity's instances. A second one that bears the marker of one of ours
// is what a lost answer left behind, and is removed. asked is when Tray was asked: what has changed here since is newer.
func (p *Portal) putInstances(ctx context.Context, i store.Identity, listed []remote, asked time.Time) error {
	var extra []remote
	var of []store.Instance
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		for _, x := range listed {
			in, duplicate, err := p.putInstance(ctx, tx, i, x, asked)
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
func (p *Portal) putInstance(ctx context.Context, tx *store.Tx, i store.Identity, x remote, asked time.Time) (in store.Instance, duplicate bool, err error) {
	in, err = tx.InstanceByUpstreamID(ctx, i.AccountID, x.ID)
	if err == nil {
		return in, false, p.refresh(ctx, tx, in.ID, x, asked)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return in, false, err
	}
	if x.Mark != "" {
		in, err = tx.Instance(ctx, x.Mark)
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
func (p *Portal) refresh(ctx context.Context, tx *store.Tx, id string, x remote, asked time.Time) error {
	in, err := tx.LockInstance(ctx, id)
	if err != nil || in.State == store.Deleted {
		return err
	}
	newer := in.UpdatedAt.After(asked)
	in.SeenAt = tx.Now()
	if in.Attention == causeRemoved && in.State != store.Deleting {
		if err := p.isBack(ctx, tx, &in); err != nil {
			return err
		}
	}
	settled := in.State == store.Enabled && in.WantEnabled || in.State == store.Disabled && !in.WantEnabled
	settled = settled && !newer && in.ClaimedUntil.Before(p.Now())
	if settled {
		if err := p.takeOver(ctx, tx, &in, x); err != nil {
			return err
		}
	}
	return tx.PutInstance(ctx, in, "")
}

// isBack takes the mark off an instance that was thought gone, and lets its journey go on.
func (p *Portal) isBack(ctx context.Context, tx *store.Tx, in *store.Instance) error {
	if err := clearAttention(ctx, tx, in); err != nil {
		return err
	}
	return tx.Enqueue(ctx, store.AdvanceInstance{InstanceID: in.ID}, time.Time{})
}

// takeOver makes of a settled instance what Tray says it is.
func (p *Portal) takeOver(ctx context.Context, tx *store.Tx, in *store.Instance, x remote) error {
	at, err := p.at(ctx, in.AccountID)
	if err != nil {
		return err
	}
	in.Version = x.Version
	if x.Name != in.UpstreamName && in.UpstreamName == at.upstreamName(*in) { // renamed there
		before := *in
		in.UpstreamName = x.Name
		if name := x.Title; name != "" && name != in.Name {
			in.Name = name
			if err := record(ctx, tx, platform, &before, in, "instance.renamed", "from", before.Name, "to", name); err != nil {
				return err
			}
		}
	}
	if x.Enabled != (in.State == store.Enabled) {
		before, code := *in, "instance.enabled"
		in.State, in.WantEnabled, in.EnabledAt = store.Enabled, true, tx.Now()
		if !x.Enabled {
			code = "instance.disabled"
			in.State, in.WantEnabled, in.EnabledAt = store.Disabled, false, store.Time{}
		}
		if err := record(ctx, tx, platform, &before, in, code); err != nil {
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
	return tx.SetWorkflows(ctx, in.ID, x.Workflows)
}

func sameWorkflows(have []store.Workflow, there []store.Workflow) bool {
	if len(have) != len(there) {
		return false
	}
	for _, w := range there {
		if !slices.ContainsFunc(have, func(h store.Workflow) bool {
			return h.UpstreamID == w.UpstreamID && h.TriggerURL == w.TriggerURL && h.Name == w.Name
		}) {
			return false
		}
	}
	return true
}

// integrationOf is the integration that an instance at Tray is of. One that the catalogue does not list, or not yet, is
// marked gone until it does: nobody else is offered what one person has.
func (p *Portal) integrationOf(ctx context.Context, tx *store.Tx, accountID string, x remote) (store.Integration, error) {
	known, err := tx.KnowsIntegration(ctx, accountID, x.Of)
	if err != nil {
		return store.Integration{}, err
	}
	g, err := tx.IntegrationByUpstreamID(ctx, accountID, x.Of, cmp.Or(x.OfTitle, x.Of))
	if err != nil || known {
		return g, err
	}
	at, err := p.at(ctx, accountID)
	if err != nil {
		return g, err
	}
	g.GoneAt, g.Shown = tx.Now(), g.Shown && at.name() != activepieces.Platform // templates wait for staff to publish them
	return tx.PutIntegration(ctx, g)
}

// adopt stores an instance that was made elsewhere, where it is of something that the catalogue may offer.
func (p *Portal) adopt(ctx context.Context, tx *store.Tx, i store.Identity, x remote) error {
	if x.Of == "" {
		return nil
	}
	g, err := p.integrationOf(ctx, tx, i.AccountID, x)
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
	in, made, err := tx.CreateInstance(ctx, store.Instance{
		WorkspaceID: i.WorkspaceID, OwnerID: owner, AccountID: i.AccountID, IdentityID: i.ID, IntegrationID: g.ID, Shared: shared,
		Name: x.Title, UpstreamName: x.Name, UpstreamID: x.ID, State: state, WantEnabled: x.Enabled, Version: x.Version,
		UpstreamCreated: store.At(x.Created), EnabledAt: enabled, SeenAt: tx.Now(),
	})
	if err != nil || !made {
		return err
	}
	if err := record(ctx, tx, platform, nil, &in, "instance.synced"); err != nil {
		return err
	}
	if err := setValues(ctx, tx, in, x); err != nil {
		return err
	}
	return tx.SetWorkflows(ctx, in.ID, x.Workflows)
}
