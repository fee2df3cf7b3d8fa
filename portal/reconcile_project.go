package portal

import (
	"context"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/activepieces"
)

// DeleteProject removes a workspace's project with all that is in it, first its predefined connections, and what we
// know of it; a job does it whatever becomes of the person who asked. A person's own project cannot be removed.
func (p *Portal) DeleteProject(ctx context.Context, actor store.Actor, accountID, workspaceID string) error {
	i, err := p.store.WorkspaceIdentity(ctx, workspaceID, accountID)
	if err != nil {
		return err
	}
	if i.UpstreamID == "" {
		return refuse("project_none")
	}
	if err := p.deletable(ctx, i); err != nil {
		return err
	}
	args := store.DeleteProject{AccountID: accountID, WorkspaceID: workspaceID, ProjectID: i.UpstreamID}
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		d := deed{actor: actor, workspace: workspaceID, kind: "workspace", subject: workspaceID}
		d.before = map[string]string{"account": accountID, "project": i.UpstreamID}
		if err := d.write(ctx, tx, "project.delete"); err != nil {
			return err
		}
		if err := removeConnections(ctx, tx, accountID, workspaceID); err != nil {
			return err
		}
		return tx.Enqueue(ctx, args, time.Time{})
	})
	if err != nil {
		return err
	}
	p.patiently(ctx, "deleting a project", i.UpstreamID, func(ctx context.Context) error {
		if err := p.deleteProject(ctx, args); err != nil && !passing(err) {
			return err
		}
		return nil
	})
	return nil
}

// deletable refuses to delete a person's own project, which the platform would, before anything is removed.
func (p *Portal) deletable(ctx context.Context, i store.Identity) error {
	c, err := p.piecesClient(ctx, i.AccountID)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, p.AnswerWithin)
	defer cancel()
	there, err := c.Project(ctx, i.UpstreamID)
	if upstream.IsKind(err, upstream.NotFound) {
		return nil
	}
	if err == nil && there.Type == activepieces.TypePersonal {
		return refuse("project_personal")
	}
	return err
}

func removeConnections(ctx context.Context, tx *store.Tx, accountID, workspaceID string) error {
	all, err := tx.ConnectionsOf(ctx, workspaceID)
	if err != nil {
		return err
	}
	for _, x := range all {
		c, err := tx.PredefinedConnection(ctx, x.PredefinedID)
		if err != nil {
			return err
		}
		if c.AccountID != accountID {
			continue
		}
		if _, err := tx.RemoveConnection(ctx, x.PredefinedID, workspaceID); err != nil {
			return err
		}
	}
	return nil
}

// deleteProject removes a project, its connections first. It may be called any number of times.
func (p *Portal) deleteProject(ctx context.Context, a store.DeleteProject) error {
	i, err := p.store.WorkspaceIdentity(ctx, a.WorkspaceID, a.AccountID)
	if err != nil || i.UpstreamID != a.ProjectID {
		return err // it is done, and there may be another by now
	}
	if err := p.withdrawAll(ctx, a.WorkspaceID); err != nil {
		return err
	}
	by := store.NewKey()
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		ok, err := tx.ClaimIdentity(ctx, i.ID, by, p.Now().Add(p.claimFor()))
		if err == nil && !ok {
			return errBusy
		}
		return err
	})
	if err != nil {
		return err
	}
	defer p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.ReleaseIdentity(ctx, i.ID, by) }) //nolint:errcheck // it runs out by itself
	c, err := p.piecesClient(ctx, a.AccountID)
	if err != nil {
		return err
	}
	if err := c.DeleteProject(ctx, a.ProjectID); err != nil && !upstream.IsKind(err, upstream.NotFound) {
		return err
	}
	return p.projectDeleted(context.WithoutCancel(ctx), i)
}

// withdrawAll removes the predefined connections of a workspace that are to be removed.
func (p *Portal) withdrawAll(ctx context.Context, workspaceID string) error {
	all, err := p.store.ConnectionsOf(ctx, workspaceID)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.State != store.ConnRemoving {
			continue
		}
		r, err := p.reconcile(ctx, x.PredefinedID, workspaceID, false)
		if err == nil {
			err = r.failure
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// projectDeleted keeps that a project is gone, and all that was in it.
func (p *Portal) projectDeleted(ctx context.Context, i store.Identity) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.ForgetUpstream(ctx, i.ID); err != nil {
			return err
		}
		lost, err := tx.IdentityInstances(ctx, i.ID)
		if err != nil {
			return err
		}
		for _, in := range lost {
			if err := goneWithProject(ctx, tx, in.ID); err != nil {
				return err
			}
		}
		return tx.AddEvent(ctx, store.Event{
			Code: "project.deleted", Args: map[string]string{"id": i.UpstreamID}, Actor: itself, WorkspaceID: i.WorkspaceID, SubjectKind: "workspace", SubjectID: i.WorkspaceID,
		})
	})
}

// goneWithProject ends an instance whose project was deleted.
func goneWithProject(ctx context.Context, tx *store.Tx, instanceID string) error {
	in, err := tx.LockInstance(ctx, instanceID)
	if err != nil || in.State == store.Deleted {
		return err
	}
	before := in
	removed(&in)
	in.State, in.DeletedAt, in.UniqueKey, in.Hold = store.Deleted, tx.Now(), "", ""
	freeOf(&in)
	if err := forgetGiven(ctx, tx, in); err != nil {
		return err
	}
	if err := record(ctx, tx, itself, &before, &in, "instance.deleted"); err != nil {
		return err
	}
	return tx.PutInstance(ctx, in, "")
}
