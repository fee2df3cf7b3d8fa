package portal

import (
	"context"
	"errors"

	"portico/store"
	"portico/upstream"
	"portico/upstream/activepieces"
)

// project is a workspace's identity at Activepieces with its project, which is made there on the first need. It returns
// errBusy while another process is at it.
func (p *Portal) project(ctx context.Context, identityID string) (store.Identity, error) {
	return p.provisioned(ctx, identityID)
}

// projectOf is project by the workspace.
func (p *Portal) projectOf(ctx context.Context, accountID string, w store.Workspace) (i store.Identity, err error) {
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		i, err = p.putIdentity(ctx, tx, store.User{}, w, accountID)
		return err
	})
	if err != nil || i.UpstreamID != "" {
		return i, err
	}
	return p.project(ctx, i.ID)
}

// provision makes a workspace's project, or finds the one that has its external ID: made by another process at the same
// time, by a try whose answer was lost, or by the host before.
func (a piecesEngine) provision(ctx context.Context, i store.Identity, name string) (id string, found bool, err error) {
	there, err := a.c.pieces.FindProject(ctx, i.ExternalID)
	if err == nil {
		return there.ID, true, nil
	}
	if !upstream.IsKind(err, upstream.NotFound) {
		return "", false, err
	}
	made, err := a.c.pieces.CreateProject(ctx, i.ExternalID, activepieces.ProjectName(name, i.ExternalID))
	var e *upstream.Error
	if errors.As(err, &e) && (e.Kind == upstream.Exists || e.OutcomeUnknown()) {
		there, ferr := a.c.pieces.FindProject(ctx, i.ExternalID)
		if ferr != nil {
			return "", false, errors.Join(err, ferr)
		}
		return there.ID, true, nil
	}
	return made.ID, false, err
}

// follow gives a project the name that its workspace has now.
func (a piecesEngine) follow(ctx context.Context, i store.Identity, name string) error {
	name = activepieces.ProjectName(name, i.ExternalID)
	if i.UpstreamName == name {
		return nil
	}
	if _, err := a.c.pieces.RenameProject(ctx, i.UpstreamID, name); err != nil {
		return err
	}
	return a.p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.SetUpstreamName(ctx, i.ID, name) })
}
