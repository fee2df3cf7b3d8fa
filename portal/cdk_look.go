package portal

import (
	"context"
	"errors"

	"portico/store"
	"portico/upstream"
)

// lookForCDK finds out what became of an archive whose answer was lost, or whose sender was killed: it has arrived when
// the platform has a deployment that it did not have before. As long as it can still arrive, nothing is sent again.
func (p *Portal) lookForCDK(ctx context.Context, h cdkHold) error {
	c, err := p.deployClient(ctx, h.AccountID)
	if isGone(err) {
		return p.lostCDK(ctx, h, store.CDKTokenGone)
	}
	if err != nil {
		return err
	}
	newest, err := p.latestCDK(ctx, c, h)
	if err != nil && !upstream.IsKind(err, upstream.NotFound) {
		return p.unseenCDK(ctx, h, err)
	}
	ours, wrong := p.isOurs(ctx, h, newest.ID)
	switch {
	case wrong != nil:
		return wrong
	case ours:
		return p.takenCDK(ctx, h, newest, "cdk.found")
	case p.Now().Before(h.SentAt.Add(cdkArrivesWithin)):
		return p.lookAgain(ctx, h, nil)
	case h.Tries >= cdkSends || h.LatestBefore == store.LatestUnknown:
		return p.lostCDK(ctx, h, store.CDKLost)
	}
	return p.postCDK(ctx, c, h, h.LatestBefore)
}

// unseenCDK is for when the platform does not say what it has.
func (p *Portal) unseenCDK(ctx context.Context, h cdkHold, failure error) error {
	var e *upstream.Error
	if !errors.As(failure, &e) {
		return failure
	}
	since := h.SentAt
	if since.Before(h.WatchFrom.Time) { // somebody wants it to be looked for again
		since = h.WatchFrom
	}
	if p.Now().Sub(since.Time) >= cdkWaitFor {
		return p.lostCDK(ctx, h, store.CDKLost)
	}
	return p.lookAgain(ctx, h, e)
}

func (p *Portal) lookAgain(ctx context.Context, h cdkHold, failure error) error {
	return p.keepCDK(ctx, h, func(_ *store.Tx, d *store.CDKDeployment) error {
		p.restCDK(d, p.cdkPace(*d), failure)
		return nil
	})
}

// lostCDK ends a deployment of which nobody knows whether it has arrived.
func (p *Portal) lostCDK(ctx context.Context, h cdkHold, problem string) error {
	return p.keepCDK(ctx, h, func(tx *store.Tx, d *store.CDKDeployment) error {
		return endCDK(ctx, tx, d, store.CDKFailed, problem)
	})
}
