package portal

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"portico/store"
)

const (
	// mostTries is how often something is sent of which nobody knows what came.
	mostTries = 3
	// mostConflicts is how often something is sent anew because another version was there.
	mostConflicts = 5
)

// Problems of operations beside the platform's codes.
const (
	problemLost        = "lost"        // it may have happened: look
	problemUnavailable = "unavailable" // the platform was silent: nothing was changed
	problemLeft        = "left"        // a person has decided against it
	problemMoved       = "moved"       // what it is to change has changed meanwhile
)

// done ends an operation that has come about.
func (p *Portal) done(ctx context.Context, r opRun, result any, asked time.Time) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		if err := r.kind.keep(ctx, p, tx, &r.Operation, r.body, result, asked); err != nil {
			return err
		}
		r.State, r.EndedAt, r.NotBefore = store.OpDone, tx.Now(), store.Time{}
		r.Problem, r.Detail, r.HTTPStatus, r.UpstreamRequest = "", "", 0, ""
		if err := r.put(ctx, tx); err != nil {
			return err
		}
		if err := tx.ForgetBody(ctx, r.ID); err != nil {
			return err
		}
		return p.tellEnd(ctx, tx, r.Operation, ".done", nil)
	})
}

// fail ends an operation that has not come about. What it sends is kept for a while, so that it can be sent again.
func (p *Portal) fail(ctx context.Context, r opRun, why opFault) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		r.State, r.EndedAt, r.NotBefore = store.OpFailed, tx.Now(), store.Time{}
		r.Problem, r.Detail, r.HTTPStatus, r.UpstreamRequest = why.code, why.detail, why.status, why.request
		if err := r.put(ctx, tx); err != nil {
			return err
		}
		return p.tellEnd(ctx, tx, r.Operation, ".failed", map[string]string{"problem": r.Problem, "detail": r.Detail})
	})
}

// giveUpOperation ends an operation that the platform was silent about for too long.
func (p *Portal) giveUpOperation(ctx context.Context, r opRun) error {
	code := problemUnavailable
	if r.State == store.OpSending || r.Unsure {
		code = problemLost
	}
	return p.fail(ctx, r, opFault{code, r.Detail, r.HTTPStatus, r.UpstreamRequest})
}

// askPerson leaves an operation to a person, because what it is to change has changed in a way that matters to it. Where an
// answer was lost before, it may have been done, and changed again by somebody else.
func (p *Portal) askPerson(ctx context.Context, r opRun, moved []store.Moved) error {
	return p.keepRun(ctx, &r, func(tx *store.Tx) error {
		args := movedArgs(moved)
		r.State, r.Problem, r.Moved = store.OpMoved, problemMoved, moved
		if r.Unsure {
			r.Problem, args["lost"] = problemLost, "true"
		}
		return p.tellEnd(ctx, tx, r.Operation, ".moved", args)
	})
}

// tellEnd tells what has become of an operation: its timeline, and the pipeline that waits for it.
func (p *Portal) tellEnd(ctx context.Context, tx *store.Tx, o store.Operation, end string, args map[string]string) error {
	if err := tellOf(ctx, tx, itself, o, end, args); err != nil || o.PipelineID == "" {
		return err
	}
	return tx.Enqueue(ctx, store.AdvancePipeline{ID: o.PipelineID}, time.Time{})
}

func movedArgs(moved []store.Moved) map[string]string {
	fields := make([]string, len(moved))
	for i, m := range moved {
		fields[i] = m.Field
	}
	return map[string]string{"fields": strings.Join(fields, ", "), "count": strconv.Itoa(len(moved))}
}

// seenNow is what a person has seen of a subject once they know what moved.
func seenNow(o store.Operation) map[string]string {
	seen := intentOf(o).Seen
	if seen == nil {
		seen = map[string]string{}
	}
	for _, m := range o.Moved {
		seen[m.Field] = m.New
	}
	return seen
}

// remember writes what an operation remembers.
func remember(o *store.Operation, i intent) error {
	b, err := json.Marshal(i)
	o.Intent = string(b)
	return err
}
