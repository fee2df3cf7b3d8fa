package portal

import (
	"context"
	"errors"

	"portico/store"
)

// RetryCDK sends a deployment again that was refused, has failed, or was left behind another. Of one whose answer was lost
// it is looked first whether it has arrived after all.
func (p *Portal) RetryCDK(ctx context.Context, actor store.Actor, deploymentID string) error {
	return p.actCDK(ctx, actor, deploymentID, "cdk.retried", func(tx *store.Tx, d *store.CDKDeployment) (request store.PlannedRequest, err error) {
		if d.EndedAt.IsZero() || d.State == store.CDKDeployed {
			return request, refuse("cdk_not_ended")
		}
		account, a, err := sentWith(ctx, tx, *d)
		if err != nil {
			return request, err
		}
		d.Tries, d.NotBefore = 0, store.Time{}
		if d.Unsure() {
			d.Tries, d.NotBefore = 1, store.At(d.SentAt.Add(cdkArrivesWithin))
		}
		d.State, d.SendAfter, d.WatchFrom, d.EndedAt = store.CDKQueued, false, tx.Now(), store.Time{}
		answerOf(d, nil)
		return PlannedDeploy(account, *d, a), nil
	})
}

// sentWith is the account and the archive that a deployment is sent with; a Refusal when the account is configured no more.
func sentWith(ctx context.Context, tx *store.Tx, d store.CDKDeployment) (account store.DeployAccount, a store.Archive, err error) {
	if account, err = tx.DeployAccount(ctx, d.AccountID); err != nil {
		return account, a, err
	}
	if !account.GoneAt.IsZero() {
		return account, a, refuse("deploy_account_gone", "account", account.Name)
	}
	r, err := tx.Release(ctx, d.ReleaseID)
	if err != nil {
		return account, a, err
	}
	a, err = tx.Archive(ctx, r.ArchiveID)
	return account, a, err
}

// SendAfter decides about a deployment that was not taken because another ran already: yes sends it when that one has
// ended, no leaves it.
func (p *Portal) SendAfter(ctx context.Context, actor store.Actor, deploymentID string, yes bool) error {
	code := "cdk.left"
	if yes {
		code = "cdk.after"
	}
	return p.actCDK(ctx, actor, deploymentID, code, func(tx *store.Tx, d *store.CDKDeployment) (request store.PlannedRequest, err error) {
		if d.State != store.CDKBehind || !d.EndedAt.IsZero() {
			return request, refuse("cdk_not_behind")
		}
		if !yes {
			d.SendAfter, d.WaitedOut, d.EndedAt = false, false, tx.Now()
			return request, nil
		}
		account, a, err := sentWith(ctx, tx, *d)
		if err != nil {
			return request, err
		}
		if d.Asks() { // that one has ended already
			d.State, d.Tries, d.NotBefore = store.CDKQueued, 0, store.Time{}
		}
		if d.WaitedOut || d.WatchFrom.IsZero() {
			d.WaitedOut, d.WatchFrom = false, tx.Now()
		}
		d.SendAfter = true
		return PlannedDeploy(account, *d, a), nil
	})
}

// WatchCDK waits again for a deployment that was waited for too long, or that has ended in a way which may not be the last
// word: with a status that is not known, or with an answer that was lost. Nothing is sent.
func (p *Portal) WatchCDK(ctx context.Context, actor store.Actor, deploymentID string) error {
	return p.actCDK(ctx, actor, deploymentID, "cdk.watched", func(tx *store.Tx, d *store.CDKDeployment) (request store.PlannedRequest, err error) {
		switch {
		case d.UnderWay():
			return request, nil
		case d.WaitedOut:
		case d.Unsure():
			d.State, d.Tries = store.CDKSending, cdkSends // so that it is only looked for
		case d.State == store.CDKFailed && d.Problem == store.CDKUnknownStatus:
			d.State = store.CDKDeploying
		default:
			return request, refuse("cdk_not_waiting")
		}
		account, err := tx.DeployAccount(ctx, d.AccountID)
		if err != nil {
			return request, err
		}
		if !account.GoneAt.IsZero() {
			return request, refuse("deploy_account_gone", "account", account.Name)
		}
		d.WaitedOut, d.EndedAt, d.WatchFrom, d.NotBefore = false, store.Time{}, tx.Now(), store.Time{}
		answerOf(d, nil)
		return PlannedLook(account, *d), nil
	})
}

// actCDK changes a deployment as a person wants it, and lets it go on. The platform is asked no sooner for that than it
// would be by itself. Where nothing is changed nothing is written.
func (p *Portal) actCDK(ctx context.Context, actor store.Actor, id, code string, change func(*store.Tx, *store.CDKDeployment) (store.PlannedRequest, error)) error {
	var now store.CDKDeployment
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		d, err := tx.LockCDKDeployment(ctx, id, "")
		if err != nil {
			return err
		}
		was := d
		request, err := change(tx, &d)
		if err != nil || d == was {
			return err
		}
		if again := d.PolledAt.Add(cdkLookEvery); !d.PolledAt.IsZero() && d.NotBefore.Before(again) {
			d.NotBefore = store.At(again)
		}
		if err := tx.PutCDKDeployment(ctx, d); err != nil {
			return err
		}
		done := cdkDeed(actor, d)
		done.before, done.after, done.request = aboutCDK(was), aboutCDK(d), request
		now = d
		return errors.Join(done.write(ctx, tx, code), enqueueCDK(ctx, tx, d, store.NewKey()))
	})
	if errors.Is(err, store.ErrExists) {
		return refuse("cdk_busy")
	}
	if err == nil && now.ID != "" && now.UnderWay() {
		p.nudgeCDK(ctx, now)
	}
	return err
}

// cdkDeed is what a person does about a release in one region.
func cdkDeed(actor store.Actor, d store.CDKDeployment) deed {
	return deed{actor: actor, kind: "release", subject: d.ReleaseID, args: cdkArgs(d)}
}

func aboutCDK(d store.CDKDeployment) any {
	about := map[string]any{"deployment": d.ID, "region": d.Region, "account": d.Label, "state": d.State}
	for name, value := range map[string]string{"problem": d.Problem, "upstream_id": d.UpstreamID, "behind_id": d.BehindID} {
		if value != "" {
			about[name] = value
		}
	}
	if d.SendAfter {
		about["send_after"] = true
	}
	return about
}
