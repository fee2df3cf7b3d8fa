package portal

import (
	"context"
	"encoding/json"

	"portico/store"
)

// sendIt makes the call. That it is being made, and with which version, is written before.
func (p *Portal) sendIt(ctx context.Context, r opRun) error {
	if r.kind.prepare != nil && !r.Prepared {
		return p.prepare(ctx, r)
	}
	err := p.keepRun(ctx, &r, func(*store.Tx) error {
		r.State, r.SentVersion, r.SentAt = store.OpSending, r.Version, store.At(p.Now())
		r.Tries++
		return nil
	})
	if err != nil {
		return err
	}
	asked := p.Now()
	result, err := r.kind.send(ctx, p, r.client, r.Operation, r.body, r.Version)
	if err != nil {
		return p.notSent(ctx, r, err)
	}
	return p.done(ctx, r, result, asked)
}

// prepare looks what is there before something is made.
func (p *Portal) prepare(ctx context.Context, r opRun) error {
	known, err := r.kind.prepare(ctx, p, r.client, r.Operation, r.body)
	if err != nil {
		return p.notRead(ctx, r, err)
	}
	return p.keepRun(ctx, &r, func(*store.Tx) error {
		r.Known, r.Prepared, r.Waits = known, true, 0
		return nil
	})
}

// lookFor finds out what came of a call whose answer is not known.
func (p *Portal) lookFor(ctx context.Context, r opRun) error {
	asked := p.Now()
	found, result, err := r.kind.already(ctx, p, r.client, r.Operation, r.body)
	switch {
	case err != nil:
		return p.notRead(ctx, r, err)
	case found:
		return p.done(ctx, r, result, asked)
	case asked.Before(r.SentAt.Add(r.kind.settle)):
		return p.keepRun(ctx, &r, func(*store.Tx) error {
			r.NotBefore, r.Waits = store.At(r.SentAt.Add(r.kind.settle)), 0
			return nil
		})
	case r.Refused:
		return p.fail(ctx, r, opFault{r.Problem, r.Detail, r.HTTPStatus, r.UpstreamRequest})
	case r.Tries >= mostTries:
		return p.fail(ctx, r, opFault{code: problemLost, detail: r.Detail, status: r.HTTPStatus, request: r.UpstreamRequest})
	}
	return p.keepRun(ctx, &r, func(*store.Tx) error {
		r.State, r.Unsure, r.Waits = store.OpWaiting, true, 0
		r.Read = r.Read || r.kind.fits != nil
		r.NotBefore = store.At(p.Now().Add(backoff(max(1, r.Tries))))
		return nil
	})
}

// readAgain reads what an operation is to change, and decides whether the wish still fits.
func (p *Portal) readAgain(ctx context.Context, r opRun) error {
	version, moved, fits, err := r.kind.fits(ctx, p, r.client, r.Operation, r.body)
	if err != nil {
		return p.notRead(ctx, r, err)
	}
	if !fits || r.Conflicts > mostConflicts {
		return p.askPerson(ctx, r, moved)
	}
	return p.keepRun(ctx, &r, func(tx *store.Tx) error {
		r.Version, r.Read, r.Waits, r.Moved = version, false, 0, moved
		if len(moved) == 0 {
			return nil
		}
		return tellOf(ctx, tx, itself, r.Operation, ".anew", movedArgs(moved))
	})
}

// keepRun writes what a step has changed, while the claim holds.
func (p *Portal) keepRun(ctx context.Context, r *opRun, do func(*store.Tx) error) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		r.NotBefore = store.Time{}
		if err := do(tx); err != nil {
			return err
		}
		return r.put(ctx, tx)
	})
}

func (r *opRun) put(ctx context.Context, tx *store.Tx) error {
	remembered, err := json.Marshal(r.intent)
	if err != nil {
		return err
	}
	r.Intent = string(remembered)
	return tx.PutOperation(ctx, r.Operation, r.by)
}
