package portal

import (
	"context"
	"errors"
	"strings"
	"time"

	"portico/secret"
	"portico/store"
)

// RepeatOperation has an operation sent that waits for a person, or has failed, with the version that is there now. The
// person has seen what moved. One that failed is left, and a new one is made for it; one of which nobody knows what came
// is looked for before it is sent. A *Refusal when it goes on by itself, or is done.
func (p *Portal) RepeatOperation(ctx context.Context, actor store.Actor, operationID string) (o store.Operation, err error) {
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		was, err := tx.LockOperation(ctx, operationID)
		if err != nil {
			return err
		}
		switch {
		case was.State == store.OpMoved:
			o, err = p.goOn(ctx, tx, actor, was)
		case was.State == store.OpFailed && was.DroppedAt.IsZero():
			o, err = p.anew(ctx, tx, actor, was)
		default:
			return refuse("operation_not_repeatable")
		}
		if err != nil {
			return err
		}
		return tx.Enqueue(ctx, store.AdvanceOperation{ID: o.ID}, time.Time{})
	})
	if err != nil {
		return o, underWay(err)
	}
	return p.hurry(ctx, o)
}

// underWay says in a person's words that a process works on an operation just now.
func underWay(err error) error {
	if errors.Is(err, store.ErrLost) {
		return refuse("operation_under_way")
	}
	return err
}

// goOn lets an operation go on that waited for a person, who has seen what moved.
func (p *Portal) goOn(ctx context.Context, tx *store.Tx, actor store.Actor, o store.Operation) (store.Operation, error) {
	i := intentOf(o)
	i.Seen, i.Read, i.Conflicts = seenNow(o), true, 0
	o.State, o.Problem, o.Moved, o.Actor = store.OpWaiting, "", nil, actor
	if err := remember(&o, i); err != nil {
		return o, err
	}
	if err := tx.PutOperation(ctx, o, ""); err != nil {
		return o, err
	}
	return o, p.audit(ctx, tx, actor, o, ".repeated", wish{})
}

// anew makes an operation for one that has failed.
func (p *Portal) anew(ctx context.Context, tx *store.Tx, actor store.Actor, was store.Operation) (store.Operation, error) {
	if _, err := connectAccount(ctx, tx, was.AccountID, scopesOf(was.Kind)...); err != nil {
		return was, err
	}
	body, err := tx.OperationBody(ctx, was.ID)
	if err != nil {
		return was, err
	}
	if body == "" && !strings.HasPrefix(was.Kind, store.SubjectDraft+".") {
		return was, refuse("operation_forgotten")
	}
	if body == "" { // a draft's operations hold no secrets
		body = secret.Text(was.Body)
	}
	if err := p.leave(ctx, tx, was); err != nil {
		return was, err
	}
	i := intentOf(was)
	again := intent{Seen: seenNow(was), Version: i.Version, Read: i.Seen != nil, Extra: i.Extra}
	o := was
	o.State, o.Problem, o.Detail, o.Moved, o.Actor = store.OpWaiting, "", "", nil, actor
	if was.Problem == problemLost { // it may have happened
		again.Known, again.Prepared, again.Unsure = i.Known, i.Prepared, true
		o.State = store.OpSending
	}
	if err := remember(&o, again); err != nil {
		return o, err
	}
	if o, err = tx.AddOperation(ctx, o, body); err != nil {
		return o, err
	}
	return o, p.audit(ctx, tx, actor, o, ".repeated", wish{})
}

// scopesOf are the scopes that a kind of operation needs.
func scopesOf(kind string) []string {
	k, _ := operationKindOf(kind)
	return k.scopes
}

// leave notes of an operation that nobody has to look at it any more, and forgets what it sends.
func (p *Portal) leave(ctx context.Context, tx *store.Tx, o store.Operation) error {
	o.DroppedAt = tx.Now()
	if err := tx.PutOperation(ctx, o, ""); err != nil {
		return err
	}
	return tx.ForgetBody(ctx, o.ID)
}

// DropOperation leaves an operation: one that waits for a person, or was never sent, is not sent any more; of one that has
// failed nobody is told any longer. A *Refusal when it goes on by itself, or is done.
func (p *Portal) DropOperation(ctx context.Context, actor store.Actor, operationID string) error {
	return underWay(p.store.Update(ctx, func(tx *store.Tx) error {
		o, err := tx.LockOperation(ctx, operationID)
		if err != nil {
			return err
		}
		switch {
		case o.State == store.OpFailed && o.DroppedAt.IsZero():
		case o.State == store.OpMoved, o.State == store.OpWaiting && !intentOf(o).Unsure:
			if o.Problem != problemLost { // which stays true
				o.Problem = problemLeft
			}
			o.State, o.EndedAt = store.OpFailed, tx.Now()
		case o.UnderWay():
			return refuse("operation_under_way")
		default:
			return refuse("operation_not_repeatable")
		}
		if err := p.leave(ctx, tx, o); err != nil {
			return err
		}
		return p.audit(ctx, tx, actor, o, ".left", wish{})
	}))
}
