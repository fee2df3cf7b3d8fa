package portal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/traycdk"
)

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
	case passes(e): // it was not sent
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

// stopGrace is how long a send may go on while the process ends. What is cut off then is looked for by the next one.
const stopGrace = 20 * time.Second

// untilStopped is the context of a send: it ends when that can take no longer, or a while after the portal has begun to.
func (p *Portal) untilStopped(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, traycdk.SlowTimeout)
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
