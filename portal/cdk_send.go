package portal

import (
	"context"
	"errors"
	"net/http"

	"portico/store"
	"portico/upstream"
	"portico/upstream/traycdk"
)

// sendCDK sends what is queued when it is its turn: what is the newest at the platform is kept, then that it is being
// sent, and only then is it.
func (p *Portal) sendCDK(ctx context.Context, h cdkHold) error {
	c, err := p.deployClient(ctx, h.AccountID)
	if isGone(err) {
		return p.keepCDK(ctx, h, func(tx *store.Tx, d *store.CDKDeployment) error {
			return endCDK(ctx, tx, d, store.CDKRefused, store.CDKTokenGone)
		})
	}
	if err != nil {
		return err
	}
	ahead, err := p.store.CDKAhead(ctx, h.CDKDeployment)
	if err != nil {
		return err
	}
	if len(ahead) > 0 {
		return p.waitTurn(ctx, h)
	}
	newest, err := p.latestCDK(ctx, c, h)
	if unready(err) {
		return p.putOff(ctx, h, err, h.Tries)
	}
	if h.Tries > 0 && err == nil { // an earlier try may have arrived after all
		ours, err := p.isOurs(ctx, h, newest.ID)
		if err != nil {
			return err
		}
		if ours {
			return p.takenCDK(ctx, h, newest, "cdk.found")
		}
	}
	return p.postCDK(ctx, c, h, before(newest, err))
}

// before is what is kept of the newest deployment before ours is sent.
func before(newest traycdk.Deployment, err error) string {
	switch {
	case err == nil:
		return newest.ID
	case upstream.IsKind(err, upstream.NotFound):
		return ""
	}
	return store.LatestUnknown // a token may be allowed to deploy, and not to look
}

// unready says whether nothing can be sent at the moment, or at all, as the platform does not even say what is there.
func unready(err error) bool {
	var e *upstream.Error
	return errors.As(err, &e) && (e.Temporary() || e.Kind == upstream.Unauthorized) || err != nil && !errors.As(err, &e)
}

// latestCDK asks for the newest deployment of the same name and version, once. Only that it cannot be had is written down.
func (p *Portal) latestCDK(ctx context.Context, c deployClient, h cdkHold) (traycdk.Deployment, error) {
	idle := func(c upstream.Call) bool { return c.Err == "" || c.Status == http.StatusNotFound }
	ctx, cancel := context.WithTimeout(withAbout(upstream.Once(ctx), about{journeyID: h.ReleaseID, idle: idle}), cdkLookTimeout)
	defer cancel()
	return c.cdk.Latest(ctx, h.Name, h.Version)
}

// waitTurn lets a deployment wait for another of ours, for as long as that takes.
func (p *Portal) waitTurn(ctx context.Context, h cdkHold) error {
	return p.keepCDK(ctx, h, func(tx *store.Tx, d *store.CDKDeployment) error {
		d.WatchFrom = tx.Now()
		p.restCDK(d, cdkTurn, nil)
		return nil
	})
}

// passes says whether trouble goes by itself: the platform's, or that our copy could not be read although it is there.
func passes(e *upstream.Error) bool {
	return e.Temporary() || errors.Is(e, errArchive) && !errors.Is(e, store.ErrNotFound)
}

// putOff lets what was not sent be sent later, or gives it up: nothing was deployed. tries is how often it was sent before.
func (p *Portal) putOff(ctx context.Context, h cdkHold, failure error, tries int) error {
	var e *upstream.Error
	if !errors.As(failure, &e) {
		return failure
	}
	return p.keepCDK(ctx, h, func(tx *store.Tx, d *store.CDKDeployment) error {
		was := d.Problem
		if was == "" { // what it waited for until now was its turn
			d.WatchFrom = tx.Now()
		}
		answerOf(d, e)
		d.State, d.Tries = store.CDKQueued, tries
		if !passes(e) || p.Now().Sub(d.WatchFrom.Time) >= cdkWaitFor {
			return endCDK(ctx, tx, d, store.CDKRefused, d.Problem)
		}
		p.restCDK(d, cdkLookSlowly, e)
		if was == d.Problem {
			return nil
		}
		return tellCDK(ctx, tx, *d, "cdk.put_off", "problem", d.Problem)
	})
}
