package portal

import (
	"context"
	"errors"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/commercetools"
)

const (
	// leastPause is the shortest time between two looks at one thing, whoever asks.
	leastPause = 5 * time.Second
	// refusedPause is how long a token that is refused is left alone.
	refusedPause = 5 * time.Minute
)

// lookEvery is how long after a look the next one is due of something that has been watched so long; 0 when it is left to
// the copy of everything.
func lookEvery(watched time.Duration) time.Duration {
	switch {
	case watched < time.Minute:
		return leastPause
	case watched < 10*time.Minute:
		return 15 * time.Second
	case watched < 30*time.Minute:
		return time.Minute
	}
	return 0
}

// watching is the watch of a draft or a deployment, in its row.
type watching struct {
	job             store.WatchConnect
	notBefore, from *store.Time
}

func draftWatch(d *store.ConnectorDraft) watching {
	return watching{store.WatchConnect{SubjectKind: store.SubjectDraft, ID: d.ID}, &d.NotBefore, &d.WatchFrom}
}

func deploymentWatch(d *store.ConnectDeployment) watching {
	return watching{store.WatchConnect{SubjectKind: store.SubjectDeployment, ID: d.ID}, &d.NotBefore, &d.WatchFrom}
}

// keepWatch has something looked at again while it does not rest. What is watched already goes on as it was, unless a change of
// ours has begun something new. What was given up is not watched again before it has moved.
func (p *Portal) keepWatch(ctx context.Context, tx *store.Tx, w watching, resting, moved, ours bool) error {
	if resting {
		*w.notBefore, *w.from = store.Time{}, store.Time{}
		return nil
	}
	given := !w.from.IsZero() && w.notBefore.IsZero()
	if !w.from.IsZero() && !ours && !(given && moved) {
		return nil
	}
	*w.from, *w.notBefore = tx.Now(), store.At(tx.Now().Add(leastPause))
	return tx.Enqueue(ctx, w.job, w.notBefore.Time)
}

// looked is what a watch needs of a row.
type looked struct {
	accountID, upstreamID string
	notBefore, from, gone store.Time
}

func (p *Portal) looked(ctx context.Context, subjectKind, id string) (looked, error) {
	if subjectKind == store.SubjectDraft {
		d, err := p.store.ConnectorDraft(ctx, id)
		return looked{d.AccountID, d.UpstreamID, d.NotBefore, d.WatchFrom, d.GoneAt}, err
	}
	d, err := p.store.ConnectDeployment(ctx, id)
	return looked{d.AccountID, d.UpstreamID, d.NotBefore, d.WatchFrom, d.GoneAt}, err
}

// watchConnect looks at something when that is due, and says how long until the next look; 0 when nobody waits for it any
// more. The row decides, so that any number of jobs in any number of processes look no more often than one.
func (p *Portal) watchConnect(ctx context.Context, subjectKind, id string) (time.Duration, error) {
	x, err := p.looked(ctx, subjectKind, id)
	if err != nil || x.notBefore.IsZero() || !x.gone.IsZero() {
		return 0, err
	}
	now := p.Now()
	if wait := x.notBefore.Sub(now); wait > 0 {
		return wait, nil
	}
	every := lookEvery(now.Sub(x.from.Time))
	if every == 0 {
		return 0, p.store.Update(ctx, func(tx *store.Tx) error { return tx.EndWatch(ctx, subjectKind, id, x.from) })
	}
	mine := false
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		mine, err = tx.ReserveLook(ctx, subjectKind, id, now.Add(every), now.Add(-leastPause))
		return err
	})
	if err != nil || !mine {
		return leastPause, err
	}
	if err := p.look(ctx, subjectKind, id, x); err != nil {
		return p.lookFailed(ctx, subjectKind, id, x, err)
	}
	if x, err = p.looked(ctx, subjectKind, id); err != nil || x.notBefore.IsZero() {
		return 0, err
	}
	return max(time.Second, x.notBefore.Sub(p.Now())), nil
}

// lookFailed leaves a platform alone for as long as it asks, and one that refuses the token for longer. What belongs to an
// account that is configured no more is not watched any longer.
func (p *Portal) lookFailed(ctx context.Context, subjectKind, id string, x looked, failure error) (time.Duration, error) {
	if _, refused := errors.AsType[*Refusal](failure); refused {
		return 0, p.store.Update(ctx, func(tx *store.Tx) error { return tx.EndWatch(ctx, subjectKind, id, x.from) })
	}
	e, ok := errors.AsType[*upstream.Error](failure)
	if !ok {
		return 0, failure
	}
	pause := max(e.RetryAfter, leastPause)
	if !e.Temporary() {
		pause = refusedPause
	}
	return pause, p.store.Update(ctx, func(tx *store.Tx) error { return tx.PutOffLook(ctx, subjectKind, id, p.Now().Add(pause)) })
}

// look asks commercetools for one thing and keeps what it says. Of looks that succeed there is no record.
func (p *Portal) look(ctx context.Context, subjectKind, id string, x looked) error {
	c, err := p.deployClient(ctx, x.accountID)
	if err != nil {
		return err
	}
	asked := p.Now()
	quiet := upstream.Quietly(upstream.Once(ctx))
	if subjectKind == store.SubjectDraft {
		d, err := c.connect.Draft(quiet, x.upstreamID)
		if err != nil {
			return p.perhapsGone(ctx, subjectKind, id, err)
		}
		return p.sawDraft(ctx, c, d, asked)
	}
	d, err := c.connect.Deployment(quiet, x.upstreamID)
	if err != nil {
		return p.perhapsGone(ctx, subjectKind, id, err)
	}
	return p.store.Update(ctx, func(tx *store.Tx) error {
		_, err := p.keepDeployment(ctx, tx, c.account, d, asked, false)
		return err
	})
}

// perhapsGone keeps that something is not there any more, where that is what an error says.
func (p *Portal) perhapsGone(ctx context.Context, subjectKind, id string, err error) error {
	if !upstream.IsKind(err, upstream.NotFound) {
		return err
	}
	return p.store.Update(ctx, func(tx *store.Tx) error { return p.keepGone(ctx, tx, subjectKind, id) })
}

// sawDraft keeps a draft that was looked at, and the connector that it has just become.
func (p *Portal) sawDraft(ctx context.Context, c deployClient, d commercetools.Draft, asked time.Time) error {
	var was, now store.ConnectorDraft
	err := p.store.Update(ctx, func(tx *store.Tx) (err error) {
		if was, err = tx.TakeConnectorDraft(ctx, c.account.ID, d.ID); err != nil {
			return err
		}
		now, err = p.keepDraft(ctx, tx, c.account, d, asked, false)
		return err
	})
	if err != nil || was.Status == now.Status || now.Status != string(commercetools.StatusPublished) {
		return err
	}
	return p.copyConnector(ctx, c, now)
}

// copyConnector reads what is published from a draft.
func (p *Portal) copyConnector(ctx context.Context, c deployClient, d store.ConnectorDraft) error {
	published, err := c.connect.Connector(upstream.Quietly(ctx), d.UpstreamID)
	found := &published
	if upstream.IsKind(err, upstream.NotFound) {
		found, err = nil, nil
	}
	if err != nil {
		return err
	}
	return p.store.Update(ctx, func(tx *store.Tx) error { return p.keepConnector(ctx, tx, d.ID, found) })
}

// LookAgainDraft looks at a draft now, unless somebody did a moment ago, and watches it again if something is under way
// there. It waits for the answer, but for no longer than a person would. ErrNotFound when there is none.
func (p *Portal) LookAgainDraft(ctx context.Context, id string) error {
	return p.lookNow(ctx, store.SubjectDraft, id)
}

// LookAgainDeployment is LookAgainDraft for a deployment.
func (p *Portal) LookAgainDeployment(ctx context.Context, id string) error {
	return p.lookNow(ctx, store.SubjectDeployment, id)
}

func (p *Portal) lookNow(ctx context.Context, subjectKind, id string) error {
	x, err := p.looked(ctx, subjectKind, id)
	if err != nil {
		return err
	}
	now, mine := p.Now(), false
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		if x.notBefore.IsZero() && !x.from.IsZero() { // it was given up
			if err := tx.WatchAgain(ctx, subjectKind, id); err != nil {
				return err
			}
			if err := tx.Enqueue(ctx, store.WatchConnect{SubjectKind: subjectKind, ID: id}, now.Add(leastPause)); err != nil {
				return err
			}
		}
		mine, err = tx.ReserveExtraLook(ctx, subjectKind, id, now.Add(leastPause), now.Add(-leastPause))
		return err
	})
	if err != nil || !mine {
		return err
	}
	p.patiently(ctx, "looking again", id, func(ctx context.Context) error {
		err := p.look(ctx, subjectKind, id, x)
		if err == nil {
			return nil
		}
		_, err = p.lookFailed(ctx, subjectKind, id, x, err)
		return err
	})
	return nil
}
