package portal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

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
		if ours, err := p.isOurs(ctx, h, newest.ID); err != nil || ours {
			return errors.Join(err, p.foundCDK(ctx, h, newest, ours))
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

// putOff lets what was not sent be sent later, or gives it up: nothing was deployed. tries is how often it was sent before.
func (p *Portal) putOff(ctx context.Context, h cdkHold, failure error, tries int) error {
	var e *upstream.Error
	if !errors.As(failure, &e) {
		return failure
	}
	return p.keepCDK(ctx, h, func(tx *store.Tx, d *store.CDKDeployment) error {
		was := d.Problem
		answerOf(d, e)
		d.State, d.Tries = store.CDKQueued, tries
		if !e.Temporary() || p.Now().Sub(d.WatchFrom.Time) >= cdkWaitFor {
			return endCDK(ctx, tx, d, store.CDKRefused, d.Problem)
		}
		p.restCDK(d, cdkLookSlowly, e)
		if was == d.Problem {
			return nil
		}
		return tellCDK(ctx, tx, *d, "cdk.put_off", "problem", d.Problem)
	})
}

// postCDK notes that an archive is being sent, and sends it.
func (p *Portal) postCDK(ctx context.Context, c deployClient, h cdkHold, latestBefore string) error {
	a, err := p.archiveOf(ctx, h)
	if err != nil {
		return err
	}
	err = p.noteCDK(ctx, h, func(tx *store.Tx, d *store.CDKDeployment) error {
		answerOf(d, nil)
		d.State, d.LatestBefore, d.UpstreamStatus, d.Label, d.Fingerprint = store.CDKSending, latestBefore, "", c.account.Name, c.account.Fingerprint
		d.Tries, d.SentAt, d.AcceptedAt, d.NotBefore = d.Tries+1, tx.Now(), store.Time{}, store.Time{}
		h.CDKDeployment = *d
		if held, err := tx.ClaimRow(ctx, store.CDKDeployments, h.ID, h.by, p.Now().Add(cdkSendClaim)); err != nil || !held {
			return errors.Join(err, store.ErrLost)
		}
		return tellCDK(ctx, tx, *d, "cdk.sending", "try", strconv.Itoa(d.Tries))
	})
	if errors.Is(err, store.ErrExists) { // another came first
		return p.waitTurn(ctx, h)
	}
	if err != nil {
		return err
	}
	call, cancel := p.untilStopped(ctx, stopGrace)
	defer cancel()
	taken, failure := c.cdk.Deploy(call, h.Name, h.Version, p.opener(ctx, a), a.Size)
	return p.answeredCDK(ctx, h, taken, failure)
}

func (p *Portal) archiveOf(ctx context.Context, h cdkHold) (store.Archive, error) {
	r, err := p.store.Release(ctx, h.ReleaseID)
	if err != nil {
		return store.Archive{}, err
	}
	return p.store.Archive(ctx, r.ArchiveID)
}

// opener opens an archive as often as it is asked to.
func (p *Portal) opener(ctx context.Context, a store.Archive) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		return io.NopCloser(io.NewSectionReader(ourCopy{p.archiveAt(ctx, a)}, 0, a.Size)), nil
	}
}

// ourCopy tells a fault of our copy apart from one on the way to the platform.
type ourCopy struct{ io.ReaderAt }

// ReadAt implements io.ReaderAt.
func (m ourCopy) ReadAt(into []byte, at int64) (int, error) {
	n, err := m.ReaderAt.ReadAt(into, at)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %w", errArchive, err)
	}
	return n, err
}

// answeredCDK keeps what the platform has answered to an archive.
func (p *Portal) answeredCDK(ctx context.Context, h cdkHold, taken traycdk.Deployment, failure error) error {
	var e *upstream.Error
	switch {
	case failure == nil && taken.Repeat:
		return p.repeatedCDK(ctx, h, taken)
	case failure == nil:
		return p.takenCDK(ctx, h, taken, "cdk.accepted")
	case !errors.As(failure, &e):
		return failure
	case e.OutcomeUnknown():
		return p.unansweredCDK(ctx, h, e)
	case e.Temporary(): // it was not sent
		return p.putOff(ctx, h, e, h.Tries-1)
	}
	return p.keepCDK(ctx, h, func(tx *store.Tx, d *store.CDKDeployment) error {
		answerOf(d, e)
		return endCDK(ctx, tx, d, store.CDKRefused, d.Problem)
	})
}

// unansweredCDK lets it be looked for what became of an archive.
func (p *Portal) unansweredCDK(ctx context.Context, h cdkHold, e *upstream.Error) error {
	return p.keepCDK(ctx, h, func(tx *store.Tx, d *store.CDKDeployment) error {
		answerOf(d, e)
		p.restCDK(d, cdkLookEvery, e)
		return tellCDK(ctx, tx, *d, "cdk.unanswered", "status", strconv.Itoa(e.Status), "detail", e.Message)
	})
}

// takenCDK keeps that the platform has taken what was sent, and from now on watches it.
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

// foundCDK is takenCDK for what was found at the platform after its answer had been lost.
func (p *Portal) foundCDK(ctx context.Context, h cdkHold, found traycdk.Deployment, ours bool) error {
	if !ours {
		return nil
	}
	return p.takenCDK(ctx, h, found, "cdk.found")
}

// repeatedCDK keeps that the platform was busy with another of the same name and version and has not taken ours. After a
// try that seemed lost that other may be our own.
func (p *Portal) repeatedCDK(ctx context.Context, h cdkHold, other traycdk.Deployment) error {
	if h.Tries > 1 {
		if ours, err := p.isOurs(ctx, h, other.ID); err != nil || ours {
			return errors.Join(err, p.foundCDK(ctx, h, other, ours))
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

// stopGrace is how long a send may go on while the process ends. What is cut off then is looked for by the next one.
const stopGrace = 20 * time.Second

// untilStopped is a context that ends a while after the portal has begun to.
func (p *Portal) untilStopped(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		select {
		case <-ctx.Done():
			return
		case <-p.stop:
		}
		enough := time.NewTimer(grace)
		defer enough.Stop()
		select {
		case <-ctx.Done():
		case <-enough.C:
		}
	}()
	return ctx, cancel
}
