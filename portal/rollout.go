package portal

import (
	"context"
	"time"

	"portico/store"
)

// Backfill makes a project and all predefined connections for every workspace of an account, in the background. While
// that is under way it is that rollout.
func (p *Portal) Backfill(ctx context.Context, actor store.Actor, accountID string) (store.Rollout, error) {
	var o store.Rollout
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(ctx, accountID)
		if err != nil {
			return err
		}
		if a.Platform != store.PlatformActivepieces {
			return store.ErrNotFound
		}
		o, err = begin(ctx, tx, actor, store.Rollout{AccountID: a.ID, Kind: store.RolloutBackfill, StopPercent: defaultStop},
			deed{kind: "account", subject: a.ID, args: map[string]string{"account": a.Name}}, "project.backfilled")
		return err
	})
	return o, err
}

// begin stores a rollout with the job that does it, and who asked for it; one of the same kind that is under way stays
// the only one, and gets another job in case somebody gave its own up.
func begin(ctx context.Context, tx *store.Tx, actor store.Actor, o store.Rollout, d deed, code string) (store.Rollout, error) {
	o.ActorName = actor.Name
	o, made, err := tx.AddRollout(ctx, o)
	if err != nil {
		return o, err
	}
	if !made {
		return o, tx.Enqueue(ctx, store.RunRollout{ID: o.ID, Asked: store.NewKey()}, time.Time{})
	}
	d.actor, d.after = actor, map[string]any{"rollout": o.ID, "workspaces": o.Total}
	if err := d.write(ctx, tx, code); err != nil {
		return o, err
	}
	return o, tx.Enqueue(ctx, store.RunRollout{ID: o.ID}, time.Time{})
}

// StopRollout stops a rollout after what is under way; what is done stays.
func (p *Portal) StopRollout(ctx context.Context, actor store.Actor, id string) error {
	return p.changeRollout(ctx, actor, id, "rollout.stopped", func(tx *store.Tx) (bool, error) { return tx.EndRollout(ctx, id, store.RolloutStopped) })
}

// ResumeRollout lets a stopped rollout go on with what is left and with what failed.
func (p *Portal) ResumeRollout(ctx context.Context, actor store.Actor, id string) error {
	return p.changeRollout(ctx, actor, id, "rollout.resumed", func(tx *store.Tx) (bool, error) {
		o, err := tx.Rollout(ctx, id)
		if err != nil {
			return false, err
		}
		if o.Kind == store.RolloutApply { // not into one that is being removed
			if _, err := activePredefined(ctx, tx, o.PredefinedID); err != nil {
				return false, err
			}
		}
		if ok, err := tx.ResumeRollout(ctx, id); err != nil || !ok {
			return false, err
		}
		return true, tx.Enqueue(ctx, store.RunRollout{ID: id, Asked: store.NewKey()}, time.Time{})
	})
}

func (p *Portal) changeRollout(ctx context.Context, actor store.Actor, id, code string, do func(*store.Tx) (bool, error)) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		before, err := tx.Rollout(ctx, id)
		if err != nil {
			return err
		}
		if ok, err := do(tx); err != nil {
			return err
		} else if !ok {
			return refuse("rollout_state")
		}
		after, err := tx.Rollout(ctx, id)
		if err != nil {
			return err
		}
		return deed{actor: actor, kind: "rollout", subject: id, before: aboutRollout(before), after: aboutRollout(after)}.write(ctx, tx, code)
	})
}

// aboutRollout is what the audit keeps of a rollout.
func aboutRollout(o store.Rollout) any {
	return map[string]any{"kind": o.Kind, "state": o.State, "predefined": o.PredefinedID, "total": o.Total, "done": o.Done, "failed": o.Failed, "asked": o.Asked}
}
