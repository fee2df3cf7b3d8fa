package portal

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"portico/store"
	"portico/upstream/commercetools"
)

const (
	// operationClaim is longer than the longest call takes: a token, a try, another token and another try.
	operationClaim = 4*commercetools.Timeout + time.Minute
	// behindFor is how soon an operation looks again whether those ahead of it have ended.
	behindFor = 2 * time.Second
	// silentFor is how long a platform may be silent before an operation is given up: what somebody wanted an hour ago they may
	// not want any more.
	silentFor = time.Hour
)

// opRun is one process's hold on an operation while it takes a step.
type opRun struct {
	store.Operation
	intent
	kind   operationKind
	client *commercetools.Client
	body   []byte
	by     string
}

// opStep does what is next for an operation: one call at the most, and one transaction that keeps what came of it.
type opStep func(*Portal, context.Context, opRun) error

// AdvanceOperation takes an operation as far as it goes without a person. It may be called at any time and any number of
// times. It says how long to wait when something is due later, 0 when nothing is due by itself.
func (p *Portal) AdvanceOperation(ctx context.Context, id string) (time.Duration, error) {
	return p.claimed(ctx, store.Operations, id, operationClaim, func(ctx context.Context, by string) (time.Duration, error) {
		for range maxSteps {
			r, err := p.opRun(ctx, id, by)
			if err != nil {
				return retryLost(err)
			}
			next, wait, err := p.nextOf(ctx, r)
			if err != nil || next == nil || p.stopping() {
				return wait, err
			}
			if r, err = p.equipped(ctx, r); err == nil {
				ctx := withAbout(ctx, about{journeyID: r.Journey(), requestID: r.Actor.RequestID})
				err = next(p, ctx, r)
			}
			if err != nil {
				return retryLost(err)
			}
		}
		return time.Second, nil
	})
}

// retryLost makes of a lost claim something that is tried again soon.
func retryLost(err error) (time.Duration, error) {
	if errors.Is(err, store.ErrLost) {
		return time.Second, nil
	}
	return 0, err
}

// opRun reads an operation as it is, and prolongs the claim for the step that is next.
func (p *Portal) opRun(ctx context.Context, id, by string) (r opRun, err error) {
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		mine, err := tx.ClaimRow(ctx, store.Operations, id, by, p.Now().Add(operationClaim))
		if err == nil && !mine {
			err = store.ErrLost
		}
		if err != nil {
			return err
		}
		r.Operation, err = tx.Operation(ctx, id)
		return err
	})
	r.intent, r.by = intentOf(r.Operation), by
	return r, err
}

// nextOf is the decision table of an operation: what is due, or how long until something is.
func (p *Portal) nextOf(ctx context.Context, r opRun) (opStep, time.Duration, error) {
	if !r.UnderWay() {
		return nil, 0, nil
	}
	if r.State == store.OpWaiting && !r.Unsure {
		_, err := p.store.OperationAhead(ctx, r.Operation)
		if err == nil {
			return nil, behindFor, nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return nil, 0, err
		}
	}
	if wait := r.NotBefore.Sub(p.Now()); wait > 0 {
		return nil, wait, nil
	}
	return r.due(p.Now()), 0, nil
}

func (r opRun) due(now time.Time) opStep {
	switch {
	case r.Waits > 0 && now.Sub(r.Silent.Time) > silentFor:
		return (*Portal).giveUpOperation
	case r.State == store.OpSending:
		return (*Portal).lookFor
	case r.Read:
		return (*Portal).readAgain
	}
	return (*Portal).sendIt
}

// equipped gives a run what its step needs: what is sent, and the client. An account that is configured no more ends it.
func (p *Portal) equipped(ctx context.Context, r opRun) (opRun, error) {
	body, err := p.store.OperationBody(ctx, r.ID)
	if err != nil {
		return r, err
	}
	r.body = []byte(body.Reveal())
	kind, known := operationKindOf(r.Kind)
	if !known {
		return r, errors.New("an operation of an unknown kind: " + r.Kind)
	}
	r.kind = kind
	if r.client, err = p.connectClient(ctx, r.AccountID); err != nil {
		if refused, ok := errors.AsType[*Refusal](err); ok {
			return r, errors.Join(p.fail(ctx, r, opFault{code: refused.Code}), store.ErrLost) // there is nothing more to do
		}
	}
	return r, err
}

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
