package portal

import (
	"context"
	"encoding/json"
	"strconv"

	"portico/store"
)

// RetryJob makes a job run at once. Jobs may run any number of times, so this harms nothing.
func (p *Portal) RetryJob(ctx context.Context, actor store.Actor, id int64) error {
	return p.changeJob(ctx, actor, id, "job.retried", (*store.Tx).RetryJob)
}

// DiscardJob gives a job up: what it was to do is left until something else asks for it.
func (p *Portal) DiscardJob(ctx context.Context, actor store.Actor, id int64) error {
	return p.changeJob(ctx, actor, id, "job.discarded", (*store.Tx).DiscardJob)
}

func (p *Portal) changeJob(ctx context.Context, actor store.Actor, id int64, code string, do func(*store.Tx, context.Context, int64) error) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		before, err := tx.Job(ctx, id)
		if err != nil {
			return err
		}
		if err := do(tx, ctx, id); err != nil {
			return err
		}
		after, err := tx.Job(ctx, id)
		if err != nil {
			return err
		}
		d := deed{actor: actor, kind: "job", subject: strconv.FormatInt(id, 10), before: aboutJob(before), after: aboutJob(after)}
		d.args = map[string]string{"job": before.Kind}
		return d.write(ctx, tx, code)
	})
}

// aboutJob is what the audit keeps of a job.
func aboutJob(j *store.Job) any {
	return map[string]any{"kind": j.Kind, "args": json.RawMessage(j.EncodedArgs), "state": j.State, "attempt": j.Attempt}
}
