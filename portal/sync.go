package portal

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"portico/store"
	"portico/upstream/tray"
)

// syncCatalogue copies what an account offers. What nobody can see any more is marked, never removed: instances of it
// live on.
func (p *Portal) syncCatalogue(ctx context.Context, accountID string) error {
	c, err := p.client(ctx, accountID)
	if err != nil {
		return err
	}
	listed, err := c.Integrations(ctx)
	if err != nil {
		return p.notSynced(ctx, accountID, store.SyncedCatalogue, err)
	}
	slots, err := c.AuthSlots(ctx)
	if err != nil && !errors.Is(err, tray.ErrNoAuthSlots) {
		return p.notSynced(ctx, accountID, store.SyncedCatalogue, err)
	}
	return p.store.Update(ctx, func(tx *store.Tx) error {
		kept := map[string]bool{}
		for _, x := range listed {
			g, err := p.putIntegration(ctx, tx, accountID, x, slots)
			if err != nil {
				return err
			}
			kept[g.ID] = true
		}
		if _, err := tx.MarkIntegrationsGone(ctx, accountID, kept); err != nil {
			return err
		}
		return tx.SetSync(ctx, accountID, store.SyncedCatalogue, "")
	})
}

// notSynced notes why a copy is not fresh.
func (p *Portal) notSynced(ctx context.Context, accountID, kind string, why error) error {
	return errors.Join(why, p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		return tx.SetSync(ctx, accountID, kind, why.Error())
	}))
}

// putIntegration stores one solution where it differs from what we have, and has its icon made.
func (p *Portal) putIntegration(ctx context.Context, tx *store.Tx, accountID string, x tray.Integration, slots map[string][]tray.Slot) (store.Integration, error) {
	g, err := tx.IntegrationByUpstreamID(ctx, accountID, x.ID, x.Title)
	if err != nil {
		return g, err
	}
	changed, err := p.putSlots(ctx, tx, &g, x, slots)
	if err != nil {
		return g, err
	}
	same := g.UpstreamTitle == x.Title && g.UpstreamDescription == x.Description && slices.Equal(g.Tags, x.Tags) && maps.Equal(g.CustomFields, x.CustomFields) && g.GoneAt.IsZero()
	if !same || changed || g.UpdatedAt == g.CreatedAt {
		g.UpstreamTitle, g.UpstreamDescription, g.Tags, g.CustomFields, g.GoneAt = x.Title, x.Description, x.Tags, x.CustomFields, store.Time{}
		if g, err = tx.PutIntegration(ctx, g); err != nil {
			return g, err
		}
	}
	if g.ImageURL != "" && g.ImageURL != g.ImageFetched {
		return g, tx.Enqueue(ctx, store.FetchIcon{IntegrationID: g.ID}, time.Time{})
	}
	return g, nil
}

// putSlots stores a solution's slots. Where Tray does not list auth slots, those that staff entered, or that Tray
// once listed, stay.
func (p *Portal) putSlots(ctx context.Context, tx *store.Tx, g *store.Integration, x tray.Integration, slots map[string][]tray.Slot) (changed bool, err error) {
	have, err := tx.IntegrationSlots(ctx, g.ID)
	if err != nil {
		return false, err
	}
	put := func(kind string, listed []tray.Slot) error {
		var had, want []store.IntegrationSlot
		for _, s := range have {
			if s.Kind == kind {
				had = append(had, s)
			}
		}
		for n, s := range listed {
			want = append(want, store.IntegrationSlot{Kind: kind, ExternalID: s.ExternalID, Title: s.Title, Default: s.Default, Position: n, Source: store.FromPlatform})
		}
		if slices.Equal(had, want) {
			return nil
		}
		changed = true
		return tx.SetIntegrationSlots(ctx, g.ID, kind, want)
	}
	if err := put(store.SlotConfig, x.ConfigSlots); err != nil {
		return changed, err
	}
	listed, known := slots[x.ID]
	if !known {
		return changed, nil
	}
	if !g.AuthSlotsKnown {
		g.AuthSlotsKnown, changed = true, true
	}
	return changed, put(store.SlotAuth, listed)
}

// syncIdentity copies the instances and sign-ins of one user at Tray, who is made known there if need be.
func (p *Portal) syncIdentity(ctx context.Context, identityID string) error {
	err := p.copyIdentity(ctx, identityID)
	problem := ""
	if err != nil {
		problem = err.Error()
	}
	return errors.Join(err, p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		return tx.SetIdentitySynced(ctx, identityID, problem)
	}))
}

func (p *Portal) copyIdentity(ctx context.Context, identityID string) error {
	i, err := p.provisioned(ctx, identityID)
	if err != nil {
		return err
	}
	began := p.Now()
	there, err := p.authentications(ctx, identityID)
	if err != nil {
		return err
	}
	var listed []tray.Instance
	err = p.asUser(ctx, identityID, func(u *tray.UserClient) (err error) {
		listed, err = u.Instances(ctx, tray.InstanceFilter{})
		return err
	})
	if err != nil {
		return err
	}
	if err := p.putInstances(ctx, i, listed); err != nil {
		return err
	}
	return p.markMissing(ctx, i, listed, there, began)
}

// markMissing marks the instances of an identity that Tray no longer lists, and those whose sign-ins are gone.
func (p *Portal) markMissing(ctx context.Context, i store.Identity, listed []tray.Instance, there []tray.Authentication, began time.Time) error {
	have, err := p.store.IdentityInstances(ctx, i.ID)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, x := range listed {
		seen[x.ID] = true
	}
	for _, in := range have {
		if in.UpstreamID == "" || in.UpstreamCreated.After(began) {
			continue
		}
		if !seen[in.UpstreamID] {
			err = p.markRemoved(ctx, in.ID)
		} else {
			err = p.markSignins(ctx, in.ID, ids(there))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// markRemoved marks an instance that is gone at Tray; one that we were removing is removed.
func (p *Portal) markRemoved(ctx context.Context, instanceID string) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		in, err := tx.LockInstance(ctx, instanceID)
		if err != nil || in.State == store.Deleting || in.State == store.Deleted || in.Attention == causeRemoved {
			return err
		}
		if err := setAttention(ctx, tx, &in, causeRemoved, "not in Tray's list"); err != nil {
			return err
		}
		in.WantEnabled, in.EnabledAt = false, store.Time{}
		if in.State == store.Enabled {
			in.State = store.Disabled
		}
		if err := tell(ctx, tx, platform, in, "instance.removed"); err != nil {
			return err
		}
		return tx.PutInstance(ctx, in, "")
	})
}

// markSignins marks an instance that uses a sign-in which is gone at Tray, and clears the mark when it is not.
func (p *Portal) markSignins(ctx context.Context, instanceID string, there []string) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		in, err := tx.LockInstance(ctx, instanceID)
		if err != nil || in.Unfinished() || (in.Attention != "" && in.Attention != causeSigninGone) {
			return err
		}
		slots, err := tx.Slots(ctx, in.ID)
		if err != nil {
			return err
		}
		missing := slices.ContainsFunc(slots, func(s store.Slot) bool {
			return s.AuthenticationID != "" && !slices.Contains(there, s.AuthenticationID)
		})
		switch {
		case missing && in.Attention == "":
			err = setAttention(ctx, tx, &in, causeSigninGone, "a sign-in is not in Tray's list")
		case !missing && in.Attention != "":
			err = clearAttention(ctx, tx, &in)
		default:
			return nil
		}
		if err != nil {
			return err
		}
		return tx.PutInstance(ctx, in, "")
	})
}

// syncInstances copies the instances of all users of an account, a page at a time, and marks those that are gone.
func (p *Portal) syncInstances(ctx context.Context, accountID string) error {
	c, err := p.client(ctx, accountID)
	if err != nil {
		return err
	}
	began := p.Now()
	err = c.EachInstance(ctx, tray.InstanceFilter{}, func(page []tray.Instance) error {
		byOwner := map[string][]tray.Instance{}
		for _, x := range page {
			byOwner[x.Owner] = append(byOwner[x.Owner], x)
		}
		for owner, theirs := range byOwner {
			i, err := p.store.IdentityByUpstreamID(ctx, accountID, owner)
			if errors.Is(err, store.ErrNotFound) {
				continue // nobody of ours
			}
			if err != nil {
				return err
			}
			if err := p.putInstances(ctx, i, theirs); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return p.notSynced(ctx, accountID, store.SyncedInstances, err)
	}
	unseen, err := p.store.UnseenInstances(ctx, accountID, began)
	if err != nil {
		return err
	}
	for _, in := range unseen {
		if err := p.markRemoved(ctx, in.ID); err != nil {
			return err
		}
	}
	return p.store.Update(ctx, func(tx *store.Tx) error { return tx.SetSync(ctx, accountID, store.SyncedInstances, "") })
}

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

// SyncNow asks for fresh copies of what an account offers and of its instances.
func (p *Portal) SyncNow(ctx context.Context, actor store.Actor, accountID string) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(ctx, accountID)
		if err != nil {
			return err
		}
		if err := tx.AddAudit(ctx, store.Audit{Code: "catalogue.synced", Actor: actor, SubjectKind: "account", SubjectID: a.ID}); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, store.SyncCatalogue{AccountID: a.ID}, time.Time{}); err != nil {
			return err
		}
		return tx.Enqueue(ctx, store.SyncInstances{AccountID: a.ID}, time.Time{})
	})
}
