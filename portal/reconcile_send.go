package portal

import (
	"context"
	"errors"
	"slices"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/activepieces"
)

// checkFor is how long a service has to say whether it takes what a connection holds: less than a claim lasts.
func (p *Portal) checkFor() time.Duration { return min(checkPatience, p.claimFor()*2/3) }

// send makes the connection at the platform, or gives the one there what it is to hold now. Activepieces has no
// idempotency keys and no unique names: it replaces the connection that has this name and this project, so one project a
// connection, and after a try whose outcome is not known we look first, or there might be two.
func (p *Portal) send(ctx context.Context, h holding) error {
	if h.problem != nil {
		return h.problem
	}
	c, err := p.piecesClient(ctx, h.predefined.AccountID)
	if err != nil {
		return err
	}
	if h.unsure {
		if _, h.UpstreamID, err = p.tidy(ctx, c, h, h.UpstreamID); err != nil {
			return p.sendFailed(ctx, c, h, err)
		}
		if err := p.prolong(ctx, h); err != nil {
			return err
		}
	}
	checked, cancel := context.WithTimeout(ctx, p.checkFor())
	made, err := c.UpsertGlobalConnection(checked, activepieces.NewConnection{
		ExternalID: h.name, DisplayName: h.predefined.Title, PieceName: h.predefined.Piece, Value: h.value, ProjectIDs: []string{h.ProjectID},
	})
	cancel()
	if err != nil {
		return p.sendFailed(ctx, c, h, err)
	}
	if err := p.replaced(ctx, c, h, made.ID); err != nil {
		return err
	}
	resolves := 1
	if look, _ := ctx.Value(lookKey{}).(bool); look || h.unsure {
		if err := p.prolong(ctx, h); err != nil {
			return err
		}
		if resolves, _, err = p.tidy(ctx, c, h, made.ID); err != nil {
			return errors.Join(err, p.note(ctx, h, made.ID))
		}
	}
	return p.sent(ctx, h, made.ID, resolves)
}

// prolong keeps the claim for another call.
func (p *Portal) prolong(ctx context.Context, h holding) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		ok, err := tx.ClaimConnection(ctx, h.PredefinedID, h.WorkspaceID, h.by, p.Now().Add(p.claimFor()))
		if err == nil && !ok {
			return store.ErrLost
		}
		return err
	})
}

// sendFailed finds out whether it failed because the project is gone at the platform: then the next try makes it anew.
func (p *Portal) sendFailed(ctx context.Context, c *activepieces.Client, h holding, failure error) error {
	if !upstream.IsKind(failure, upstream.NotFound) {
		return failure
	}
	if _, err := c.Project(ctx, h.ProjectID); !upstream.IsKind(err, upstream.NotFound) {
		return failure
	}
	return p.projectGone(ctx, h.predefined.AccountID, h.WorkspaceID, h.ProjectID)
}

// projectGone forgets a project that is gone at the platform.
func (p *Portal) projectGone(ctx context.Context, accountID, workspaceID, projectID string) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		i, err := tx.WorkspaceIdentity(ctx, workspaceID, accountID)
		if err != nil || i.UpstreamID != projectID {
			return err
		}
		if err := tx.ForgetUpstream(ctx, i.ID); err != nil {
			return err
		}
		return tx.AddEvent(ctx, store.Event{
			Code: "project.gone", Args: map[string]string{"id": projectID}, Actor: piecesPlatform, WorkspaceID: workspaceID, SubjectKind: "workspace", SubjectID: workspaceID,
		})
	})
}

// piecesPlatform is the actor of what was done at Activepieces.
var piecesPlatform = store.Actor{Kind: store.ActorPlatform, Name: "Activepieces"}

// replaced removes the connection that another has taken the place of: its name or its project had changed.
func (p *Portal) replaced(ctx context.Context, c *activepieces.Client, h holding, now string) error {
	if h.UpstreamID == "" || h.UpstreamID == now {
		return nil
	}
	if err := p.prolong(ctx, h); err != nil {
		return err
	}
	return p.drop(ctx, c, h, h.UpstreamID) // where that fails it is still the one that we know, and the next try removes it
}

// note keeps which connection was made where what followed went wrong.
func (p *Portal) note(ctx context.Context, h holding, upstreamID string) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		return tx.NoteConnection(ctx, h.PredefinedID, h.WorkspaceID, upstreamID, h.by)
	})
}

// sent keeps that the platform has the connection.
func (p *Portal) sent(ctx context.Context, h holding, upstreamID string, resolves int) error {
	code := "connection.renewed"
	if h.UpstreamID == "" {
		code = "connection.made"
	}
	h.UpstreamID, h.Revision, h.Resolves, h.CheckedAt = upstreamID, h.predefined.Revision, resolves, store.At(p.Now())
	h.State, h.Detail, h.Tries, h.NotBefore = store.ConnActive, "", 0, store.Time{}
	if resolves > 1 {
		h.State, h.Detail, h.NotBefore = store.ConnDouble, store.OwnReason(reasonDouble, h.Name), store.At(p.Now().Add(doubleAgain))
	}
	err := p.keepConnection(ctx, h, code)
	if errors.Is(err, store.ErrLost) {
		err = errors.Join(err, p.note(ctx, h, upstreamID))
	}
	return err
}

// doubleAgain is how long until we look again whether a name that leads to several still does.
const doubleAgain = 5 * time.Minute

// keepConnection writes what has become of a connection, and with a code also into its timeline.
func (p *Portal) keepConnection(ctx context.Context, h holding, code string) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.PutConnection(ctx, h.WorkspaceConnection, h.by); err != nil {
			return err
		}
		if code == "" {
			return nil
		}
		return tellConnection(ctx, tx, itself, h.WorkspaceConnection, code, "title", h.predefined.Title)
	})
}

// tellConnection adds a line to a predefined connection's timeline, about one workspace.
func tellConnection(ctx context.Context, tx *store.Tx, actor store.Actor, x store.WorkspaceConnection, code string, args ...string) error {
	m := map[string]string{"workspace": x.WorkspaceName, "name": shortened(x.Name), "state": x.State}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	return tx.AddEvent(ctx, store.Event{Code: code, Args: m, Actor: actor, WorkspaceID: x.WorkspaceID, SubjectKind: "predefined", SubjectID: x.PredefinedID})
}

// single looks again where a name led to several.
func (p *Portal) single(ctx context.Context, h holding) error {
	c, err := p.piecesClient(ctx, h.predefined.AccountID)
	if err != nil {
		return err
	}
	resolves, kept, err := p.tidy(ctx, c, h, h.UpstreamID)
	if err != nil {
		return err
	}
	if kept != h.UpstreamID || resolves == 0 { // it is not ours that is left
		h.Revision, h.State = 0, store.ConnWaiting
		return p.keepConnection(ctx, h, "")
	}
	return p.sent(ctx, h, kept, resolves)
}

// seek looks whether somebody of the workspace has signed in for a connection that needs their consent.
func (p *Portal) seek(ctx context.Context, h holding) error {
	if h.problem != nil {
		return h.problem
	}
	c, err := p.piecesClient(ctx, h.predefined.AccountID)
	if err != nil {
		return err
	}
	all, err := c.Connections(ctx, h.ProjectID)
	if err != nil {
		return p.sendFailed(ctx, c, h, err)
	}
	named := slices.DeleteFunc(all, func(x activepieces.Connection) bool { return x.ExternalID != h.name })
	n := slices.IndexFunc(named, func(x activepieces.Connection) bool {
		return x.PieceName == h.predefined.Piece && x.Status == activepieces.StatusActive
	})
	if n < 0 {
		return refuse("predefined_asked", "title", h.predefined.Title)
	}
	return p.sent(ctx, h, named[n].ID, len(named))
}
