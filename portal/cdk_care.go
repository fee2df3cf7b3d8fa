package portal

import (
	"context"
	"errors"
	"time"

	"portico/store"
)

// enqueueCDK inserts the job that lets a deployment go on; asked is an ID of its own where it has to be another than those
// that are there.
func enqueueCDK(ctx context.Context, tx *store.Tx, d store.CDKDeployment, asked string) error {
	switch {
	case !d.UnderWay():
		return nil
	case isSent(d):
		return tx.Enqueue(ctx, store.WatchCDK{ID: d.ID, Asked: asked}, d.NotBefore.Time)
	}
	return tx.Enqueue(ctx, store.SendCDK{ID: d.ID, Asked: asked}, d.NotBefore.Time)
}

// CDKToken is the account that a deployment was made with, and what has become of its token: "" is the same still, be it
// under another name by now, "replaced" is another in its place, which may not share what that one owns, "gone" is
// configured no more.
func (p *Portal) CDKToken(ctx context.Context, d store.CDKDeployment) (account store.DeployAccount, state string, err error) {
	account, err = p.store.DeployAccount(ctx, d.AccountID)
	if err != nil || account.GoneAt.IsZero() && account.Fingerprint == d.Fingerprint {
		return account, "", err
	}
	all, err := p.store.DeployAccounts(ctx, store.PlatformTrayCDK)
	if err != nil {
		return account, "", err
	}
	for _, other := range all {
		if other.Region == d.Region && other.Fingerprint == d.Fingerprint {
			return other, "", nil
		}
	}
	if !account.GoneAt.IsZero() {
		return account, "gone", nil
	}
	return account, "replaced", nil
}

// careCDK gives what was left under way a job again, and removes uploads that were broken off.
func (p *Portal) careCDK(ctx context.Context) error {
	before := p.Now().Add(-leftAfter)
	left, err := p.store.LeftCDK(ctx, before, 200)
	if err != nil {
		return err
	}
	shares, err := p.store.LeftShares(ctx, before, 200)
	if err != nil {
		return err
	}
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		for _, d := range left {
			if err := enqueueCDK(ctx, tx, d, ""); err != nil {
				return err
			}
		}
		for _, id := range shares {
			if err := tx.Enqueue(ctx, store.ShareCDK{ID: id}, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, p.dropArchives(ctx))
}
