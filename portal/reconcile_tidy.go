package portal

import (
	"cmp"
	"context"
	"slices"

	"portico/store"
	"portico/upstream"
	"portico/upstream/activepieces"
)

// drop removes a global connection that we have made, unless another workspace's is the same.
func (p *Portal) drop(ctx context.Context, c *activepieces.Client, h holding, upstreamID string) error {
	used, err := p.store.ConnectionUsed(ctx, upstreamID, h.PredefinedID, h.WorkspaceID)
	if err != nil || used {
		return err
	}
	err = c.DeleteGlobalConnection(ctx, upstreamID)
	if upstream.IsKind(err, upstream.NotFound) {
		return nil
	}
	return err
}

// tidy looks at what a connection's name leads to in its project, keeps one of the global ones, which it names ("" =
// none), and takes the others from the project. It counts what is left: connections that somebody made in the project
// itself are not ours to remove.
func (p *Portal) tidy(ctx context.Context, c *activepieces.Client, h holding, keep string) (resolves int, kept string, err error) {
	all, err := c.Connections(ctx, h.ProjectID)
	if err != nil {
		return 0, keep, err
	}
	named := slices.DeleteFunc(all, func(x activepieces.Connection) bool { return x.ExternalID != h.Name })
	slices.SortStableFunc(named, func(a, b activepieces.Connection) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	if keep == "" {
		if n := slices.IndexFunc(named, func(x activepieces.Connection) bool { return x.Scope == activepieces.ScopePlatform }); n >= 0 {
			keep = named[n].ID
		}
	}
	for _, x := range named {
		switch {
		case x.ID == keep || x.Scope != activepieces.ScopePlatform:
			resolves++
		default:
			if err := p.takeOut(ctx, c, h, x); err != nil {
				return resolves, keep, err
			}
		}
	}
	return resolves, keep, nil
}

// takeOut takes a global connection from a project: it is removed where it is of no other.
func (p *Portal) takeOut(ctx context.Context, c *activepieces.Client, h holding, x activepieces.Connection) error {
	others := slices.DeleteFunc(slices.Clone(x.ProjectIDs), func(id string) bool { return id == h.ProjectID })
	if len(others) == 0 {
		return p.drop(ctx, c, h, x.ID)
	}
	_, err := c.UpdateGlobalConnection(ctx, x.ID, x.DisplayName, others)
	return err
}

// clear removes what an earlier try, whose outcome is not known, may have made under a name that is not the one any more.
func (p *Portal) clear(ctx context.Context, h holding) error {
	if err := p.removeNamed(ctx, h, h.UpstreamID); err != nil {
		return err
	}
	h.Name, h.State = h.name, store.ConnWaiting
	return p.keepConnection(ctx, h, "")
}

// removeNamed takes from the project what a connection's name leads to there, but for one.
func (p *Portal) removeNamed(ctx context.Context, h holding, except string) error {
	if h.ProjectID == "" {
		return nil
	}
	c, err := p.piecesClient(ctx, h.predefined.AccountID)
	if err != nil {
		return err
	}
	all, err := c.Connections(ctx, h.ProjectID)
	if upstream.IsKind(err, upstream.NotFound) {
		return nil // the project is gone, and they with it
	}
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.ExternalID != h.Name || x.ID == except || x.Scope != activepieces.ScopePlatform || x.PieceName != h.predefined.Piece {
			continue
		}
		if err := p.takeOut(ctx, c, h, x); err != nil {
			return err
		}
	}
	return nil
}

// withdraw removes the connection at the platform, and what a try that was never confirmed may have made. What somebody
// of the workspace has signed in for stays theirs.
func (p *Portal) withdraw(ctx context.Context, h holding) error {
	if !NeedsConsent(h.predefined) {
		if h.UpstreamID != "" {
			c, err := p.piecesClient(ctx, h.predefined.AccountID)
			if err != nil {
				return err
			}
			if err := p.drop(ctx, c, h, h.UpstreamID); err != nil {
				return err
			}
		}
		if err := p.prolong(ctx, h); err != nil {
			return err
		}
		if err := p.removeNamed(ctx, h, ""); err != nil {
			return err
		}
	}
	h.UpstreamID, h.Revision, h.Resolves, h.State, h.Detail, h.Tries, h.NotBefore = "", 0, 0, store.ConnRemoved, "", 0, store.Time{}
	if err := p.keepConnection(ctx, h, "connection.removed"); err != nil {
		return err
	}
	return p.store.Update(ctx, func(tx *store.Tx) error { return endRemoval(ctx, tx, h.PredefinedID) })
}

// endRemoval ends a predefined connection that is being removed, once no workspace has it any more.
func endRemoval(ctx context.Context, tx *store.Tx, id string) error {
	c, err := tx.LockPredefined(ctx, id)
	if err != nil || c.State != store.PredefinedRemoving {
		return err
	}
	left, err := tx.HasConnections(ctx, id)
	if err != nil || left {
		return err
	}
	return tx.SetPredefinedState(ctx, id, store.PredefinedRemoved)
}
