package portal

import (
	"context"
	"slices"
	"strings"

	"portico/store"
	"portico/upstream/traycdk"
)

// takenCDK keeps that the platform has taken what was sent, by its own word or as it was found there after the answer had
// been lost, and from now on watches it.
func (p *Portal) takenCDK(ctx context.Context, h cdkHold, taken traycdk.Deployment, code string) error {
	return p.keepCDK(ctx, h, func(tx *store.Tx, d *store.CDKDeployment) error {
		answerOf(d, nil)
		d.UpstreamID, d.AcceptedAt, d.WatchFrom, d.BehindID, d.BehindStatus = taken.ID, tx.Now(), tx.Now(), "", ""
		if err := tellCDK(ctx, tx, *d, code, "id", taken.ID); err != nil {
			return err
		}
		if err := p.progressCDK(ctx, tx, d, taken.Status); err != nil || !d.EndedAt.IsZero() {
			return err
		}
		return tx.Enqueue(ctx, store.WatchCDK{ID: d.ID, Asked: store.NewKey()}, d.NotBefore.Time)
	})
}

// repeatedCDK keeps that the platform was busy with another of the same name and version and has not taken ours. After a
// try that seemed lost that other may be our own.
func (p *Portal) repeatedCDK(ctx context.Context, h cdkHold, other traycdk.Deployment) error {
	if h.Tries > 1 {
		ours, err := p.isOurs(ctx, h, other.ID)
		if err != nil {
			return err
		}
		if ours {
			return p.takenCDK(ctx, h, other, "cdk.found")
		}
	}
	return p.keepCDK(ctx, h, func(tx *store.Tx, d *store.CDKDeployment) error {
		answerOf(d, nil)
		d.State, d.BehindID, d.BehindStatus, d.Tries, d.WatchFrom = store.CDKBehind, other.ID, other.Status, 0, tx.Now()
		p.restCDK(d, cdkLookEvery, nil)
		if err := tellCDK(ctx, tx, *d, "cdk.behind", "id", other.ID); err != nil {
			return err
		}
		return tx.Enqueue(ctx, store.WatchCDK{ID: d.ID, Asked: store.NewKey()}, d.NotBefore.Time)
	})
}

// isOurs says whether a deployment at the platform can only be what we have sent: it was not there before, and is none
// that we know. Where somebody else deploys the same at the same moment, nobody could tell.
func (p *Portal) isOurs(ctx context.Context, h cdkHold, upstreamID string) (bool, error) {
	if upstreamID == "" || h.LatestBefore == store.LatestUnknown || strings.EqualFold(upstreamID, h.LatestBefore) || strings.EqualFold(upstreamID, h.BehindID) {
		return false, nil
	}
	known, err := p.store.CDKAbout(ctx, h.CDKDeployment, upstreamID)
	return err == nil && !slices.ContainsFunc(known, func(d store.CDKDeployment) bool { return strings.EqualFold(d.UpstreamID, upstreamID) }), err
}
