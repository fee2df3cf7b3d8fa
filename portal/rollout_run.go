package portal

import (
	"context"
	"errors"
	"sync"
	"time"

	"portico/store"
)

const (
	// rolloutSlice is how long one run of a rollout's job begins new workspaces: with what is then under way it ends
	// before a killed process's jobs are rescued.
	rolloutSlice = 10 * time.Second
	// rolloutAtOnce is how many workspaces a rollout comes to at a time.
	rolloutAtOnce = 4
	// rolloutBatch is how many are read at a time.
	rolloutBatch = 32
	// itemTries is how often a workspace is tried where the platform is silent.
	itemTries = 3
	// stopAfter is how many workspaces have to be tried before too many failures stop a rollout.
	stopAfter = 5
)

// outcome is what has come of one workspace in a rollout.
type outcome struct {
	state  string        // of the item; ItemWaiting = it is to be tried again
	detail string        // why it failed, or waits
	wait   time.Duration // until it may be tried again
	tried  bool          // in vain, as opposed to: another process is at it, or it is too early
	halt   bool          // the others would fail for the same reason
}

// runRollout works through a rollout, some workspaces at a time. Any number of processes may run the same one, and any of
// them may be killed at any time.
func (p *Portal) runRollout(ctx context.Context, id string) error {
	until := time.Now().Add(min(rolloutSlice, p.RescueAfter/4))
	for time.Now().Before(until) && !p.stopping() && ctx.Err() == nil {
		o, err := p.store.Rollout(ctx, id)
		if err != nil || o.State != store.RolloutRunning {
			return err
		}
		items, err := p.store.WaitingItems(ctx, id, rolloutBatch)
		if err != nil {
			return err
		}
		if len(items) == 0 {
			if err := p.endRollout(ctx, o); err != nil {
				return err
			}
			continue
		}
		moved, wait, err := p.doItems(ctx, o, items)
		if err != nil {
			return err
		}
		if !moved {
			return snooze(min(max(wait, time.Second), 15*time.Second), nil)
		}
	}
	return snooze(time.Millisecond, nil)
}

// doItems comes to some workspaces, a few at a time. It says whether any got anywhere, and if none, how long to wait.
func (p *Portal) doItems(ctx context.Context, o store.Rollout, items []store.RolloutItem) (moved bool, wait time.Duration, err error) {
	var mu sync.Mutex
	var work sync.WaitGroup
	left := make(chan store.RolloutItem)
	ended := false
	enough := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return ended || p.stopping()
	}
	for range rolloutAtOnce {
		work.Go(func() {
			for n := range left {
				if enough() {
					continue
				}
				out, e := p.doItem(ctx, o, n)
				stopped := false
				if e == nil {
					stopped, e = p.keepItem(ctx, o, n, out)
				}
				mu.Lock()
				moved = moved || out.state != store.ItemWaiting || out.tried
				if out.wait > 0 && (wait == 0 || out.wait < wait) {
					wait = out.wait
				}
				ended, err = ended || stopped || e != nil, errors.Join(err, e)
				mu.Unlock()
			}
		})
	}
	for _, n := range items {
		left <- n
	}
	close(left)
	work.Wait()
	return moved || ended, wait, err
}

// keepItem writes what has come of a workspace, and stops the rollout when too many have failed; it says so.
func (p *Portal) keepItem(ctx context.Context, o store.Rollout, n store.RolloutItem, out outcome) (stopped bool, err error) {
	if out.state == store.ItemWaiting && !out.tried {
		return false, nil
	}
	if out.state == store.ItemWaiting && n.Tries+1 >= itemTries {
		out.state = store.ItemFailed
	}
	err = p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		if out.state == store.ItemWaiting {
			return tx.ItemTried(ctx, n, out.detail)
		}
		if fresh, err := stillFresh(ctx, tx, o, n, out); err != nil || !fresh {
			return err
		}
		kept, err := tx.EndItem(ctx, n, out.state, out.detail)
		if err != nil || !kept || out.state != store.ItemFailed {
			return err
		}
		now, err := tx.Rollout(ctx, o.ID)
		if err != nil || !(out.halt || tooMany(now)) {
			return err
		}
		stopped = true
		return rolloutEnds(ctx, tx, now, store.RolloutStopped)
	})
	return stopped, err
}

// stillFresh says whether a workspace has a predefined connection as it is now, and not as it was before somebody changed
// it and applied it again, which this rollout then does too.
func stillFresh(ctx context.Context, tx *store.Tx, o store.Rollout, n store.RolloutItem, out outcome) (bool, error) {
	if o.Kind != store.RolloutApply || out.state != store.ItemDone {
		return true, nil
	}
	if err := tx.HoldRollout(ctx, o.ID); err != nil {
		return false, err
	}
	c, err := tx.PredefinedConnection(ctx, o.PredefinedID)
	if err != nil || c.State != store.PredefinedActive {
		return true, err
	}
	x, err := tx.WorkspaceConnection(ctx, o.PredefinedID, n.WorkspaceID)
	return x.Revision == c.Revision, err
}

// tooMany says whether so many workspaces have failed that a rollout stops.
func tooMany(o store.Rollout) bool {
	return o.Tried() >= min(stopAfter, o.Total) && o.Failed*100 > o.StopPercent*o.Tried()
}

// endRollout ends a rollout that has come to every workspace, and has the platform asked whether all is there.
func (p *Portal) endRollout(ctx context.Context, o store.Rollout) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		now, err := tx.LockRollout(ctx, o.ID)
		if err != nil || now.Tried() < now.Total { // somebody has it go on
			return err
		}
		state := store.RolloutDone
		if tooMany(now) {
			state = store.RolloutStopped
		}
		if err := rolloutEnds(ctx, tx, now, state); err != nil {
			return err
		}
		if o.Kind == store.RolloutRemove {
			if err := endRemoval(ctx, tx, o.PredefinedID); err != nil {
				return err
			}
		}
		return tx.Enqueue(ctx, store.CheckConnections{AccountID: o.AccountID}, time.Time{})
	})
}

func rolloutEnds(ctx context.Context, tx *store.Tx, o store.Rollout, state string) error {
	ended, err := tx.EndRollout(ctx, o.ID, state)
	if err != nil || !ended {
		return err
	}
	after := o
	after.State = state
	return deed{actor: itself, kind: "rollout", subject: o.ID, before: aboutRollout(o), after: aboutRollout(after)}.write(ctx, tx, "rollout."+map[string]string{
		store.RolloutStopped: "halted", store.RolloutDone: "done",
	}[state])
}
