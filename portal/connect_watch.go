package portal

import (
	"context"
	"time"

	"portico/store"
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
