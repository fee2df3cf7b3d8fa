package portal

import (
	"context"
	"strings"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/traycdk"
)

// followCDK finds out how far the deployment is that stands in the way of ours.
func (p *Portal) followCDK(ctx context.Context, h cdkHold) error {
	all, err := p.store.CDKAbout(ctx, h.CDKDeployment, h.BehindID)
	if err != nil {
		return err
	}
	if status, known := p.knownStatus(h, all); known {
		return p.followedCDK(ctx, h, status, h.PolledAt)
	}
	c, err := p.deployClient(ctx, h.AccountID)
	if isGone(err) {
		return p.keepCDK(ctx, h, func(tx *store.Tx, d *store.CDKDeployment) error {
			return endCDK(ctx, tx, d, store.CDKRefused, store.CDKTokenGone)
		})
	}
	if err != nil {
		return err
	}
	other, failure := p.askCDK(ctx, c, h, h.BehindID, h.BehindStatus)
	if failure != nil && !upstream.IsKind(failure, upstream.NotFound) {
		return p.troubledCDK(ctx, h, failure)
	}
	return p.followedCDK(ctx, h, other.Status, store.At(p.Now())) // none where the platform knows it no more
}

// knownStatus is the status of what stands in the way where another of our rows asks for it already: the one that it is,
// or the first of those that wait for it. The platform is asked by one of them alone, and no sooner after another has.
func (p *Portal) knownStatus(h cdkHold, all []store.CDKDeployment) (status string, known bool) {
	lately := p.Now().Add(-cdkLookEvery)
	for _, d := range all {
		if strings.EqualFold(d.UpstreamID, h.BehindID) && (!d.WaitedOut || d.PolledAt.After(lately)) {
			return d.UpstreamStatus, true
		}
	}
	first := ""
	for _, d := range all {
		if first == "" && d.State == store.CDKBehind && d.UnderWay() {
			first = d.ID
		}
		if d.ID != h.ID && d.PolledAt.After(lately) {
			return d.BehindStatus, true
		}
		if d.ID == first {
			status = d.BehindStatus
		}
	}
	return status, first != h.ID
}

// followedCDK keeps the status of what stands in the way, and when the platform was last asked for it. When that has ended
// ours is sent, where somebody has said so; else it waits for a word.
func (p *Portal) followedCDK(ctx context.Context, h cdkHold, status string, polled store.Time) error {
	return p.keepCDK(ctx, h, func(tx *store.Tx, d *store.CDKDeployment) error {
		answerOf(d, nil)
		d.BehindStatus, d.PolledAt = status, polled
		if traycdk.StatusOf(status).UnderWay() {
			p.restCDK(d, p.cdkPace(*d), nil)
			return p.patienceCDK(ctx, tx, d)
		}
		d.NotBefore = store.Time{}
		if !d.SendAfter {
			d.WatchFrom = store.Time{}
			return tellCDK(ctx, tx, *d, "cdk.behind_ended", "status", status)
		}
		return queueCDK(ctx, tx, d, "cdk.turn")
	})
}

// queueCDK has ours sent now that nothing stands in its way any more.
func queueCDK(ctx context.Context, tx *store.Tx, d *store.CDKDeployment, code string) error {
	d.State, d.Tries, d.WatchFrom, d.NotBefore = store.CDKQueued, 0, tx.Now(), store.Time{}
	if err := tellCDK(ctx, tx, *d, code, "status", d.BehindStatus); err != nil {
		return err
	}
	return tx.Enqueue(ctx, store.SendCDK{ID: d.ID, Asked: store.NewKey()}, time.Time{})
}
