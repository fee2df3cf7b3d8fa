package portal

import (
	"context"
	"errors"
	"time"

	"portico/store"
)

// await brings a workspace's connection to what it should be and waits for that as long as a person would; a job goes on.
func (p *Portal) await(ctx context.Context, predefinedID, workspaceID string) {
	p.patiently(ctx, "a predefined connection", predefinedID+" in "+workspaceID, func(ctx context.Context) error {
		_, err := p.reconcile(ctx, predefinedID, workspaceID, true)
		return err
	})
}

// ensurePredefined is the name of a workspace's predefined connection, which is made if it is not there as it should be.
// A *Refusal or an *upstream.Error says why it cannot be, errBusy that another process is at it.
func (p *Portal) ensurePredefined(ctx context.Context, accountID, workspaceID, predefinedID string) (name string, err error) {
	c, err := p.store.PredefinedConnection(ctx, predefinedID)
	if err != nil {
		return "", err
	}
	if c.AccountID != accountID || c.State != store.PredefinedActive {
		return "", refuse("predefined_removed")
	}
	if err := p.wantConnection(ctx, c, workspaceID, false); err != nil {
		return "", err
	}
	r, err := p.reconcile(ctx, c.ID, workspaceID, true)
	if err == nil {
		err = r.failure
	}
	if err == nil && r.State != store.ConnActive {
		err = refuse("predefined_removed")
	}
	return r.Name, err
}

// wantConnection stores that a workspace is to have a predefined connection, where that is not stored; with a job it is
// made whatever becomes of the caller.
func (p *Portal) wantConnection(ctx context.Context, c store.PredefinedConnection, workspaceID string, job bool) error {
	x, err := p.store.WorkspaceConnection(ctx, c.ID, workspaceID)
	if err == nil && x.State != store.ConnRemoved {
		return nil
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return p.store.Update(ctx, func(tx *store.Tx) error {
		c, err := activePredefined(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		w, err := tx.Workspace(ctx, workspaceID)
		if err != nil {
			return err
		}
		if err := p.makeConnection(ctx, tx, c, w); err != nil || !job {
			return err
		}
		return tx.Enqueue(ctx, store.ReconcileConnection{PredefinedID: c.ID, WorkspaceID: w.ID}, time.Time{})
	})
}

// attributesChanged has the predefined connections renewed that hold what the host's token says of a workspace.
func attributesChanged(ctx context.Context, tx *store.Tx, workspaceID string) error {
	due, err := tx.AttributesChanged(ctx, workspaceID)
	if err != nil {
		return err
	}
	for _, id := range due {
		if err := tx.Enqueue(ctx, store.ReconcileConnection{PredefinedID: id, WorkspaceID: workspaceID, Asked: store.NewKey()}, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// provisionWorkspace makes a workspace's project and its predefined connections, before it needs them. A connection that
// cannot be had keeps nobody from their project: its row says why.
func (p *Portal) provisionWorkspace(ctx context.Context, accountID, workspaceID string) error {
	w, err := p.store.Workspace(ctx, workspaceID)
	if err != nil {
		return err
	}
	if _, err := p.projectOf(ctx, accountID, w); err != nil {
		return err
	}
	all, err := p.store.PredefinedConnections(ctx, accountID)
	if err != nil {
		return err
	}
	p.patiently(ctx, "a workspace's predefined connections", w.ID, func(ctx context.Context) error {
		var failed []error
		for _, c := range all {
			if c.State != store.PredefinedActive {
				continue
			}
			err := p.wantConnection(ctx, c, w.ID, true)
			if err == nil {
				_, err = p.reconcile(ctx, c.ID, w.ID, true)
			}
			failed = append(failed, err)
		}
		return errors.Join(failed...)
	})
	return nil
}

// MakeProject makes a workspace's project and its predefined connections at an Activepieces, as staff ask. Why the project
// cannot be had is told at once where it is known within the time that a person waits; a job goes on.
func (p *Portal) MakeProject(ctx context.Context, actor store.Actor, accountID, workspaceID string) error {
	w, err := p.pieceWorkspace(ctx, accountID, workspaceID)
	if err != nil {
		return err
	}
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		d := deed{actor: actor, workspace: w.ID, kind: "workspace", subject: w.ID, after: map[string]string{"account": accountID}}
		if err := d.write(ctx, tx, "project.asked"); err != nil {
			return err
		}
		return tx.Enqueue(ctx, store.ProvisionWorkspace{AccountID: accountID, WorkspaceID: w.ID, Asked: store.NewKey()}, time.Time{})
	})
	if err != nil {
		return err
	}
	told := make(chan error, 1)
	p.patiently(ctx, "a project", w.ID, func(ctx context.Context) error {
		err := p.provisionWorkspace(ctx, accountID, w.ID)
		told <- err
		return nil
	})
	select {
	case err := <-told:
		if errors.Is(err, errBusy) {
			return nil
		}
		return err
	default:
		return nil
	}
}

// pieceWorkspace is a workspace that has an account at an Activepieces.
func (p *Portal) pieceWorkspace(ctx context.Context, accountID, workspaceID string) (store.Workspace, error) {
	w, err := p.store.Workspace(ctx, workspaceID)
	if err != nil {
		return w, err
	}
	a, err := p.store.WorkspaceAccount(ctx, w, store.PlatformActivepieces)
	if err == nil && a.ID != accountID {
		err = store.ErrNotFound
	}
	return w, err
}
