package portal

import (
	"context"
	"errors"
	"time"

	"portico/store"
	"portico/upstream"
)

// doItem does what a rollout is for in one workspace.
func (p *Portal) doItem(ctx context.Context, o store.Rollout, n store.RolloutItem) (outcome, error) {
	switch o.Kind {
	case store.RolloutRemove:
		err := p.store.Update(ctx, func(tx *store.Tx) error {
			x, err := tx.WorkspaceConnection(ctx, o.PredefinedID, n.WorkspaceID)
			if err == nil && x.State != store.ConnRemoving {
				_, err = tx.RemoveConnection(ctx, o.PredefinedID, n.WorkspaceID)
			}
			return err
		})
		if err != nil {
			return outcome{}, err
		}
		return p.rollOne(ctx, o.PredefinedID, n)
	case store.RolloutApply:
		c, err := p.store.PredefinedConnection(ctx, o.PredefinedID)
		if err != nil {
			return outcome{}, err
		}
		return p.rollMade(ctx, c, n)
	}
	w, err := p.store.Workspace(ctx, n.WorkspaceID)
	if err != nil {
		return outcome{}, err
	}
	if _, err := p.projectOf(ctx, o.AccountID, w); err != nil {
		return judged(store.WorkspaceConnection{}, time.Second, err)
	}
	all, err := p.store.PredefinedConnections(ctx, o.AccountID)
	if err != nil {
		return outcome{}, err
	}
	worst := outcome{state: store.ItemDone}
	for _, c := range all {
		if c.State != store.PredefinedActive {
			continue
		}
		out, err := p.rollMade(ctx, c, n)
		if err != nil || out.halt {
			return out, err
		}
		worst = worse(worst, out)
	}
	return worst, nil
}

// worse is what a workspace comes to where several connections are made for it: one that is to be tried again comes
// before one that failed.
func worse(a, b outcome) outcome {
	rank := map[string]int{store.ItemDone: 0, store.ItemAsked: 1, store.ItemFailed: 2, store.ItemWaiting: 3}
	if rank[b.state] > rank[a.state] {
		return b
	}
	return a
}

// rollMade makes or renews one predefined connection in one workspace. What was refused before is tried again, once.
func (p *Portal) rollMade(ctx context.Context, c store.PredefinedConnection, n store.RolloutItem) (outcome, error) {
	err := p.wantConnection(ctx, c, n.WorkspaceID, false)
	var r *Refusal
	if errors.As(err, &r) {
		return outcome{state: store.ItemFailed, detail: store.OwnReason(r.Code, r.Args["name"])}, nil
	}
	if err != nil {
		return outcome{}, err
	}
	x, err := p.store.WorkspaceConnection(ctx, c.ID, n.WorkspaceID)
	if err != nil {
		return outcome{}, err
	}
	if n.Tries == 0 && !x.NotBefore.IsZero() {
		if err := p.store.Update(ctx, func(tx *store.Tx) error { return tx.HurryConnection(ctx, c.ID, n.WorkspaceID) }); err != nil {
			return outcome{}, err
		}
	}
	return p.rollOne(ctx, c.ID, n)
}

func (p *Portal) rollOne(ctx context.Context, predefinedID string, n store.RolloutItem) (outcome, error) {
	r, err := p.reconcile(ctx, predefinedID, n.WorkspaceID, false)
	if err != nil {
		return outcome{}, err
	}
	return judged(r.WorkspaceConnection, r.wait, r.failure)
}

// judged is what a workspace comes to for what stands in its connection's way.
func judged(x store.WorkspaceConnection, wait time.Duration, failure error) (outcome, error) {
	var e *upstream.Error
	switch {
	case failure == nil:
		return outcome{state: store.ItemDone}, nil
	case errors.Is(failure, errBusy):
		return outcome{state: store.ItemWaiting, wait: time.Second}, nil
	case x.State == store.ConnAsked:
		return outcome{state: store.ItemAsked}, nil
	case x.State == store.ConnError, x.State == store.ConnDouble, x.State == store.ConnRefused:
		return outcome{state: store.ItemFailed, detail: detailOf(x)}, nil
	case !errors.As(failure, &e):
		return outcome{}, failure
	}
	out := outcome{state: store.ItemFailed, detail: x.Detail}
	switch e.Kind {
	case upstream.Unlicensed:
		out.halt, out.detail = true, store.OwnReason(reasonUnlicensed, "")
	case upstream.Unauthorized, upstream.Forbidden:
		out.halt, out.detail = true, store.OwnReason(reasonUnauthorized, "")
	default:
		if e.Temporary() {
			// One that is waiting for its time was not tried just now; neither was what the platform puts off.
			early := errors.Is(e.Err, upstream.ErrNotSent) && x.State != ""
			return outcome{state: store.ItemWaiting, wait: wait, tried: !early && e.Kind != upstream.Limited, detail: x.Detail}, nil
		}
		if out.detail == "" {
			out.detail = e.Error()
		}
	}
	return out, nil
}

func detailOf(x store.WorkspaceConnection) string {
	if x.State == store.ConnError {
		return store.OwnReason(reasonError, "")
	}
	return x.Detail
}
