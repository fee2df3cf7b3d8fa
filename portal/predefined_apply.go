package portal

import (
	"context"
	"errors"
	"slices"
	"time"

	"portico/store"
)

// TryPredefined sends a predefined connection to one workspace as it now is, and says what has come of it within the
// time that a person waits; after that a job goes on.
func (p *Portal) TryPredefined(ctx context.Context, actor store.Actor, id, workspaceID string) (store.WorkspaceConnection, error) {
	if err := p.askedByStaff(ctx, actor, id, workspaceID, "predefined.tried"); err != nil {
		return store.WorkspaceConnection{}, err
	}
	p.await(ctx, id, workspaceID)
	return p.store.WorkspaceConnection(ctx, id, workspaceID)
}

// RepairConnection sends a predefined connection anew to a workspace where it is out of step, or the service refused it.
func (p *Portal) RepairConnection(ctx context.Context, actor store.Actor, id, workspaceID string) error {
	if err := p.askedByStaff(ctx, actor, id, workspaceID, "predefined.repaired"); err != nil {
		return err
	}
	p.await(ctx, id, workspaceID)
	return nil
}

func (p *Portal) askedByStaff(ctx context.Context, actor store.Actor, id, workspaceID, code string) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		c, err := activePredefined(ctx, tx, id)
		if err != nil {
			return err
		}
		w, err := tx.Workspace(ctx, workspaceID)
		if err != nil {
			return err
		}
		if err := p.makeConnection(ctx, tx, c, w); err != nil {
			return err
		}
		d := deed{actor: actor, workspace: w.ID, kind: "predefined", subject: c.ID, args: map[string]string{"workspace": w.Name, "title": c.Title}}
		if err := d.write(ctx, tx, code); err != nil {
			return err
		}
		return askFor(ctx, tx, c.ID, w.ID)
	})
}

// makeConnection stores that a workspace is to have a predefined connection, which has to be of one of its accounts.
func (p *Portal) makeConnection(ctx context.Context, tx *store.Tx, c store.PredefinedConnection, w store.Workspace) error {
	theirs, err := tx.WorkspaceAccounts(ctx, w)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(theirs, func(a store.Account) bool { return a.ID == c.AccountID }) {
		return store.ErrNotFound
	}
	name, _ := p.nameFor(c, w)
	err = tx.MakeConnection(ctx, c.ID, w.ID, name)
	if errors.Is(err, store.ErrExists) {
		return refuse("connection_name_taken", "name", shortened(name))
	}
	return err
}

// askFor has a workspace's connection made anew, by a job that outlives whoever asks.
func askFor(ctx context.Context, tx *store.Tx, predefinedID, workspaceID string) error {
	if err := tx.DueConnection(ctx, predefinedID, workspaceID); err != nil {
		return err
	}
	if err := tx.HurryConnection(ctx, predefinedID, workspaceID); err != nil { // one that is being removed is only hurried
		return err
	}
	return tx.Enqueue(ctx, store.ReconcileConnection{PredefinedID: predefinedID, WorkspaceID: workspaceID, Asked: store.NewKey()}, time.Time{})
}

// ApplyPredefined sends a predefined connection to every workspace of its account that does not have it as it now is, in
// the background. While that is under way it is that rollout.
func (p *Portal) ApplyPredefined(ctx context.Context, actor store.Actor, id string) (store.Rollout, error) {
	var o store.Rollout
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		c, err := activePredefined(ctx, tx, id)
		if err != nil {
			return err
		}
		o, err = begin(ctx, tx, actor, store.Rollout{AccountID: c.AccountID, Kind: store.RolloutApply, PredefinedID: c.ID, StopPercent: c.StopPercent},
			deed{kind: "predefined", subject: c.ID, args: map[string]string{"title": c.Title}}, "predefined.applied")
		return err
	})
	return o, err
}

// RemovePredefined removes a predefined connection from every workspace that has it, in the background, and with the last
// one forgets its values.
func (p *Portal) RemovePredefined(ctx context.Context, actor store.Actor, id string) (store.Rollout, error) {
	var o store.Rollout
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		c, err := tx.LockPredefined(ctx, id)
		if err != nil {
			return err
		}
		if c.State == store.PredefinedRemoved {
			return refuse("predefined_removed")
		}
		if err := tx.SetPredefinedState(ctx, c.ID, store.PredefinedRemoving); err != nil {
			return err
		}
		if other, err := tx.RunningRollout(ctx, c.AccountID, store.RolloutApply, c.ID); err == nil {
			if _, err := tx.EndRollout(ctx, other.ID, store.RolloutStopped); err != nil {
				return err
			}
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		o, err = begin(ctx, tx, actor, store.Rollout{AccountID: c.AccountID, Kind: store.RolloutRemove, PredefinedID: c.ID, StopPercent: 100},
			deed{kind: "predefined", subject: c.ID, before: aboutPredefined(c, nil, nil), args: map[string]string{"title": c.Title}}, "predefined.removed")
		return err
	})
	return o, err
}

// CheckPredefined asks the platform for the state of all connections of a predefined connection's account now.
func (p *Portal) CheckPredefined(ctx context.Context, actor store.Actor, id string) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		c, err := tx.PredefinedConnection(ctx, id)
		if err != nil {
			return err
		}
		if err := (deed{actor: actor, kind: "predefined", subject: c.ID, args: map[string]string{"title": c.Title}}).write(ctx, tx, "predefined.checked"); err != nil {
			return err
		}
		return tx.Enqueue(ctx, store.CheckConnections{AccountID: c.AccountID, Asked: store.NewKey()}, time.Time{})
	})
}
