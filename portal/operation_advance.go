package portal

import (
	"context"
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
