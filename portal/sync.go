package portal

import (
	"context"
	"errors"
	"slices"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/tray"
)

// SyncNow asks for fresh copies of what an account offers and of its instances.
func (p *Portal) SyncNow(ctx context.Context, actor store.Actor, accountID string) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(ctx, accountID)
		if err != nil {
			return err
		}
		asked := store.NewID(p.Now())
		if err := tx.AddAudit(ctx, store.Audit{Code: "catalogue.synced", Actor: actor, SubjectKind: "account", SubjectID: a.ID}); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, store.SyncCatalogue{AccountID: a.ID, Asked: asked}, time.Time{}); err != nil {
			return err
		}
		return tx.Enqueue(ctx, store.SyncInstances{AccountID: a.ID, Asked: asked}, time.Time{})
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
			if err := p.putInstances(ctx, i, theirs, began); err != nil {
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
		if err := p.checkGone(ctx, in); err != nil {
			return p.notSynced(ctx, accountID, store.SyncedInstances, err)
		}
	}
	return p.store.Update(ctx, func(tx *store.Tx) error { return tx.SetSync(ctx, accountID, store.SyncedInstances, "") })
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
	var listed []tray.Instance
	err = p.asUser(ctx, identityID, func(u *tray.UserClient) (err error) {
		listed, err = u.Instances(ctx, tray.InstanceFilter{})
		return err
	})
	if err != nil {
		return err
	}
	if err := p.putInstances(ctx, i, listed, began); err != nil {
		return err
	}
	// Sign-ins last: what an instance was given while its list was on the way is among them.
	there, err := p.authentications(ctx, identityID)
	if err != nil {
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
			err = p.checkGone(ctx, in)
		} else {
			err = p.markSignins(ctx, in.ID, ids(there))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkGone asks Tray for an instance that a list has left out, since a list's pages may shift while it is read, and
// marks it when it is gone.
func (p *Portal) checkGone(ctx context.Context, in store.Instance) error {
	ctx = withAbout(ctx, about{instanceID: in.ID, journeyID: in.JourneyID})
	asked := p.Now()
	var x tray.Instance
	err := p.asOwner(ctx, in, func(u *tray.UserClient) (err error) {
		x, err = u.Instance(ctx, in.UpstreamID)
		return err
	})
	if upstream.IsKind(err, upstream.NotFound) {
		return p.markRemoved(ctx, in)
	}
	if err != nil {
		return err
	}
	return p.store.Update(ctx, func(tx *store.Tx) error { return p.refresh(ctx, tx, in.ID, x, asked) })
}

// markRemoved marks an instance that is gone at Tray, unless it has been made anew meanwhile; one that we were removing
// is removed.
func (p *Portal) markRemoved(ctx context.Context, gone store.Instance) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		in, err := tx.LockInstance(ctx, gone.ID)
		if err != nil || in.UpstreamID != gone.UpstreamID || in.State == store.Deleting || in.State == store.Deleted || in.Attention == causeRemoved {
			return err
		}
		before := in
		if err := setAttention(ctx, tx, &in, causeRemoved, "not in Tray's list"); err != nil {
			return err
		}
		removed(&in)
		if err := record(ctx, tx, platform, &before, &in, "instance.removed"); err != nil {
			return err
		}
		return tx.PutInstance(ctx, in, "")
	})
}

// removed makes of an instance what is left of it once it is gone at Tray: one that is off.
func removed(in *store.Instance) {
	in.WantEnabled, in.EnabledAt = false, store.Time{}
	if in.State == store.Enabled {
		in.State = store.Disabled
	}
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
