package portal

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"portico/store"
	"portico/upstream"
	"portico/upstream/traycdk"
)

// watchCDK asks how far a deployment is.
func (p *Portal) watchCDK(ctx context.Context, h cdkHold) error {
	c, err := p.deployClient(ctx, h.AccountID)
	if isGone(err) {
		return p.keepCDK(ctx, h, func(tx *store.Tx, d *store.CDKDeployment) error {
			d.Problem = store.CDKTokenGone
			return waitedOut(ctx, tx, d)
		})
	}
	if err != nil {
		return err
	}
	now, failure := p.askCDK(ctx, c, h, h.UpstreamID, h.UpstreamStatus)
	if failure != nil {
		return p.troubledCDK(ctx, h, failure)
	}
	return p.keepCDK(ctx, h, func(tx *store.Tx, d *store.CDKDeployment) error {
		answerOf(d, nil)
		if err := p.progressCDK(ctx, tx, d, now.Status); err != nil || !d.EndedAt.IsZero() {
			return err
		}
		return p.patienceCDK(ctx, tx, d)
	})
}

// askCDK asks for a deployment by its ID. That it is as it was is not written down.
func (p *Portal) askCDK(ctx context.Context, c deployClient, h cdkHold, id, status string) (traycdk.Deployment, error) {
	idle := func(c upstream.Call) bool { return c.Err == "" && strings.Contains(c.Answer, strconv.Quote(status)) }
	ctx, cancel := context.WithTimeout(withAbout(ctx, about{journeyID: h.ReleaseID, idle: idle}), cdkLookTimeout)
	defer cancel()
	return c.cdk.Deployment(ctx, h.Name, h.Version, id)
}

// progressCDK keeps a status that the platform has given, and what follows from it.
func (p *Portal) progressCDK(ctx context.Context, tx *store.Tx, d *store.CDKDeployment, status string) error {
	was := d.State
	d.UpstreamStatus = status
	p.restCDK(d, p.cdkPace(*d), nil)
	switch traycdk.StatusOf(status) {
	case traycdk.Building:
		d.State = store.CDKBuilding
	case traycdk.Deploying:
		d.State = store.CDKDeploying
	case traycdk.Deployed:
		if err := endCDK(ctx, tx, d, store.CDKDeployed, ""); err != nil {
			return err
		}
		return p.shareDeployed(ctx, tx, *d)
	case traycdk.Failed:
		return endCDK(ctx, tx, d, store.CDKFailed, store.CDKBuildFailed)
	default:
		return endCDK(ctx, tx, d, store.CDKFailed, store.CDKUnknownStatus)
	}
	if d.State == was {
		return nil
	}
	return tellCDK(ctx, tx, *d, "cdk."+d.State)
}

// troubledCDK keeps that the platform did not say how far a deployment is. It goes on there all the same: where the platform
// will not say, it is asked less and less often.
func (p *Portal) troubledCDK(ctx context.Context, h cdkHold, failure error) error {
	var e *upstream.Error
	if !errors.As(failure, &e) {
		return failure
	}
	return p.keepCDK(ctx, h, func(tx *store.Tx, d *store.CDKDeployment) error {
		was, pause := d.Problem, p.cdkPace(*d)
		answerOf(d, e)
		if d.Problem == store.CDKNotFound {
			d.Problem = store.CDKUnknownThere
		}
		if !e.Temporary() {
			pause = min(max(2*p.Now().Sub(h.PolledAt.Time), cdkLookSlowly), cdkLookTroubled)
			if was != d.Problem {
				pause = cdkLookSlowly
				if err := tellCDK(ctx, tx, *d, "cdk.troubled", "problem", d.Problem, "detail", d.Detail); err != nil {
					return err
				}
			}
		}
		p.restCDK(d, pause, e)
		return p.patienceCDK(ctx, tx, d)
	})
}

// patienceCDK stops waiting for what takes too long. That goes on at the platform, and anybody may look again.
func (p *Portal) patienceCDK(ctx context.Context, tx *store.Tx, d *store.CDKDeployment) error {
	if d.WatchFrom.IsZero() || p.Now().Sub(d.WatchFrom.Time) < cdkWaitFor {
		return nil
	}
	return waitedOut(ctx, tx, d)
}

func waitedOut(ctx context.Context, tx *store.Tx, d *store.CDKDeployment) error {
	d.WaitedOut = true
	return tellCDK(ctx, tx, *d, "cdk.waited_out", "problem", d.Problem)
}
