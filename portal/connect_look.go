package portal

import (
	"context"
	"errors"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/commercetools"
)

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
