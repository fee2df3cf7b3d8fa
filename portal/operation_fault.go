package portal

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"portico/store"
	"portico/upstream"
	"portico/upstream/commercetools"
)

// opFault is why an operation failed.
type opFault struct {
	code    string
	detail  string
	status  int
	request string
}

func faultOf(e *upstream.Error) opFault {
	return opFault{cmp.Or(e.Code, strings.ReplaceAll(string(e.Kind), " ", "_")), cmp.Or(e.Message, e.Error()), e.Status, e.RequestID}
}

// notSent keeps that a call did not come back as a success.
func (p *Portal) notSent(ctx context.Context, r opRun, failure error) error {
	e, ok := errors.AsType[*upstream.Error](failure)
	if !ok {
		return failure
	}
	p.Log.WarnContext(ctx, "an operation", "operation", r.ID, "kind", r.Kind, "err", failure)
	_, _, conflict := commercetools.Conflict(failure)
	switch {
	case e.OutcomeUnknown():
		return p.unsure(ctx, r, e)
	case e.Temporary():
		r.notCarriedOut()
		return p.again(ctx, r, e)
	case conflict && r.kind.fits != nil:
		return p.conflicted(ctx, r)
	case e.Kind == upstream.NotFound && r.SubjectID != "":
		return p.subjectGone(ctx, r, e)
	case r.Unsure: // an earlier try may be why
		return p.keepRun(ctx, &r, func(*store.Tx) error {
			why := faultOf(e)
			r.Refused, r.Problem, r.Detail, r.HTTPStatus, r.UpstreamRequest = true, why.code, why.detail, why.status, why.request
			return nil
		})
	}
	return p.fail(ctx, r, faultOf(e))
}

// unsure keeps that a call may have been carried out: the next step looks.
func (p *Portal) unsure(ctx context.Context, r opRun, e *upstream.Error) error {
	return p.keepRun(ctx, &r, func(*store.Tx) error {
		r.Unsure = true
		r.note(e)
		r.NotBefore = store.At(p.Now().Add(max(e.RetryAfter, backoff(r.Tries))))
		return nil
	})
}

// again keeps that the platform has not answered, and is to be asked again later. Where what was asked is the call itself,
// that was certainly not carried out.
func (p *Portal) again(ctx context.Context, r opRun, e *upstream.Error) error {
	return p.keepRun(ctx, &r, func(*store.Tx) error {
		if r.Waits == 0 {
			r.Silent = store.At(p.Now())
		}
		r.Waits++
		r.note(e)
		r.NotBefore = store.At(p.Now().Add(max(e.RetryAfter, backoff(r.Waits))))
		return nil
	})
}

// notCarriedOut takes the last try back. What came of those before it may still not be known.
func (r *opRun) notCarriedOut() {
	r.Tries--
	if !r.Unsure {
		r.State = store.OpWaiting
	}
}

func (r *opRun) note(e *upstream.Error) {
	why := faultOf(e)
	r.Detail, r.HTTPStatus, r.UpstreamRequest = why.detail, why.status, why.request
}

// conflicted keeps that the subject had another version than was named: nothing was changed, unless an earlier try was.
func (p *Portal) conflicted(ctx context.Context, r opRun) error {
	r.notCarriedOut()
	return p.keepRun(ctx, &r, func(*store.Tx) error {
		r.Conflicts++
		r.Read = true
		if r.Conflicts > 1 { // somebody, or the platform itself, is at work there
			r.NotBefore = store.At(p.Now().Add(backoff(r.Conflicts - 1)))
		}
		return nil
	})
}

// notRead keeps that a look has failed: that nobody knows how things are.
func (p *Portal) notRead(ctx context.Context, r opRun, failure error) error {
	e, ok := errors.AsType[*upstream.Error](failure)
	switch {
	case !ok:
		return failure
	case e.Temporary():
		return p.again(ctx, r, e)
	case e.Kind == upstream.NotFound && r.SubjectID != "":
		return p.subjectGone(ctx, r, e)
	case r.State == store.OpSending || r.Unsure:
		why := faultOf(e)
		why.code = problemLost
		return p.fail(ctx, r, why)
	}
	return p.fail(ctx, r, faultOf(e))
}

// subjectGone ends an operation whose subject is not there any more, and marks it in the copies.
func (p *Portal) subjectGone(ctx context.Context, r opRun, e *upstream.Error) error {
	if r.kind.gone {
		return p.done(ctx, r, nil, p.Now())
	}
	err := p.store.Update(ctx, func(tx *store.Tx) error { return p.keepGone(ctx, tx, r.SubjectKind, r.SubjectID) })
	if err != nil {
		return err
	}
	return p.fail(ctx, r, faultOf(e))
}
