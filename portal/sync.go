package portal

import (
	"context"
	"errors"
	"time"

	"portico/store"
	"portico/upstream"
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
	at, err := p.at(ctx, accountID)
	if err != nil {
		return err
	}
	began := p.Now()
	err = at.each(ctx, func(owner string, theirs []remote) error {
		i, err := p.store.IdentityByUpstreamID(ctx, accountID, owner)
		if errors.Is(err, store.ErrNotFound) {
			return nil // nobody of ours
		}
		if err != nil {
			return err
		}
		return p.putInstances(ctx, i, theirs, began)
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

// syncIdentity copies the instances and sign-ins of one user at a platform, who is made known there if need be.
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
	at, err := p.at(ctx, i.AccountID)
	if err != nil {
		return err
	}
	name, err := p.identityName(ctx, i)
	if err != nil {
		return err
	}
	if err := at.follow(ctx, i, name); err != nil {
		return err
	}
	listed, err := at.list(ctx, identityID, "")
	if err != nil {
		return err
	}
	if err := p.putInstances(ctx, i, listed, began); err != nil {
		return err
	}
	if i, err = p.store.Identity(ctx, identityID); err != nil {
		return err
	}
	var there []store.Authentication
	if i.UpstreamID != "" { // else it turned out to be gone there, and is made anew when somebody needs it
		// Sign-ins last: what an instance was given while its list was on the way is among them.
		if there, err = p.authentications(ctx, identityID); err != nil {
			return err
		}
	}
	return p.markMissing(ctx, i, listed, there, began)
}

// markMissing marks the instances of an identity that the platform no longer lists, and those whose sign-ins are gone.
func (p *Portal) markMissing(ctx context.Context, i store.Identity, listed []remote, there []store.Authentication, began time.Time) error {
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
			err = p.markSignins(ctx, in.ID, there)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkGone asks the platform for an instance that a list has left out, since a list's pages may shift while it is read, and
// marks it when it is gone.
func (p *Portal) checkGone(ctx context.Context, in store.Instance) error {
	ctx = withAbout(ctx, about{instanceID: in.ID, journeyID: in.JourneyID})
	asked := p.Now()
	at, err := p.at(ctx, in.AccountID)
	if err != nil {
		return err
	}
	x, err := at.one(ctx, in)
	if upstream.IsKind(err, upstream.NotFound) {
		return p.markRemoved(ctx, in)
	}
	if err != nil {
		return err
	}
	return p.store.Update(ctx, func(tx *store.Tx) error { return p.refresh(ctx, tx, in.ID, x, asked) })
}

// markRemoved marks an instance that is gone at its platform, unless it has been made anew meanwhile; one that we were removing
// is removed.
func (p *Portal) markRemoved(ctx context.Context, gone store.Instance) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		in, err := tx.LockInstance(ctx, gone.ID)
		if err != nil || in.UpstreamID != gone.UpstreamID || in.State == store.Deleting || in.State == store.Deleted || in.Attention == causeRemoved {
			return err
		}
		before := in
		if err := setAttention(ctx, tx, &in, causeRemoved, "not in the platform's list"); err != nil {
			return err
		}
		removed(&in)
		if err := record(ctx, tx, platform, &before, &in, "instance.removed"); err != nil {
			return err
		}
		return tx.PutInstance(ctx, in, "")
	})
}

// removed makes of an instance what is left of it once it is gone there: one that is off.
func removed(in *store.Instance) {
	in.WantEnabled, in.EnabledAt = false, store.Time{}
	if in.State == store.Enabled {
		in.State = store.Disabled
	}
}

// markSignins marks an instance that uses a sign-in which is gone at the platform, or which its service no longer takes,
// and clears the mark when it is well again.
func (p *Portal) markSignins(ctx context.Context, instanceID string, there []store.Authentication) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		in, err := tx.LockInstance(ctx, instanceID)
		of := in.Attention == "" || in.Attention == causeSigninGone || in.Attention == causeBroken
		if err != nil || in.Unfinished() || !of {
			return err
		}
		slots, err := tx.Slots(ctx, in.ID)
		if err != nil {
			return err
		}
		cause, detail := signinCause(slots, there)
		switch {
		case cause == in.Attention:
			return nil
		case cause == "":
			err = clearAttention(ctx, tx, &in)
		default:
			err = setAttention(ctx, tx, &in, cause, detail)
		}
		if err != nil {
			return err
		}
		return tx.PutInstance(ctx, in, "")
	})
}

// signinCause says what is wrong with the sign-ins of slots; "" when nothing is.
func signinCause(slots []store.Slot, there []store.Authentication) (cause, detail string) {
	for _, s := range slots {
		if s.AuthenticationID == "" || s.PredefinedID != "" {
			continue
		}
		a, listed := find(there, s.AuthenticationID)
		switch {
		case !listed:
			return causeSigninGone, "a sign-in is not in the platform's list"
		case a.Status != store.AuthGood:
			cause, detail = causeBroken, "the platform says of a sign-in: "+a.Status
		}
	}
	return cause, detail
}
