package portal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portico/store"
)

// Connect begins an integration for a person: the intent is stored and the journey goes on by itself. Where one of
// theirs is there already it comes back, unless another is asked for; one that is unfinished comes back in any case.
func (p *Portal) Connect(ctx context.Context, who Who, integrationID string, another, shared bool) (store.Instance, error) {
	var in store.Instance
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		if who.User.Role == store.RoleViewer {
			return refuse("read_only")
		}
		g, err := tx.VisibleIntegration(ctx, who.User, who.Workspace.AccountID, integrationID)
		if err != nil {
			return err
		}
		mine, err := own(ctx, tx, who.User, g.ID)
		if err != nil {
			return err
		}
		if len(mine) > 0 && (g.ForceUnique || !another || mine[0].Unfinished()) {
			if another && g.ForceUnique && !mine[0].Unfinished() {
				return refuse("already_unique", "name", g.Title)
			}
			in = mine[0]
			return nil
		}
		in, err = p.begin(ctx, tx, who, g, len(mine), shared)
		return err
	})
	if err != nil {
		return in, err
	}
	p.nudge(ctx, in.ID)
	return in, nil
}

// own is a person's living instances of an integration, unfinished ones first.
func own(ctx context.Context, tx *store.Tx, u store.User, integrationID string) ([]store.Instance, error) {
	cards, err := tx.UserIntegrationCards(ctx, u, integrationID)
	if err != nil {
		return nil, err
	}
	var unfinished, rest []store.Instance
	for _, c := range cards {
		switch {
		case c.OwnerID != u.ID || c.State == store.Deleting:
		case c.Unfinished():
			unfinished = append(unfinished, c.Instance)
		default:
			rest = append(rest, c.Instance)
		}
	}
	return append(unfinished, rest...), nil
}

// begin stores a new instance with its slots, and the job that will make it whatever becomes of the request.
func (p *Portal) begin(ctx context.Context, tx *store.Tx, who Who, g store.Integration, number int, shared bool) (store.Instance, error) {
	identity, err := tx.UserIdentity(ctx, who.User, g.AccountID)
	if errors.Is(err, store.ErrNotFound) {
		identity, err = p.putIdentity(ctx, tx, who.User, who.Workspace, g.AccountID)
	}
	if err != nil {
		return store.Instance{}, err
	}
	name := g.Title
	if number > 0 {
		name = fmt.Sprintf("%s %d", g.Title, number+1)
	}
	in, made, err := tx.CreateInstance(ctx, store.Instance{
		WorkspaceID: who.Workspace.ID, OwnerID: who.User.ID, AccountID: g.AccountID, IdentityID: identity.ID,
		IntegrationID: g.ID, Shared: shared, Name: name, State: store.Creating,
		UniqueKey: who.User.ID + "/" + g.ID, JourneyID: store.NewID(p.Now()),
	})
	if err != nil || !made {
		return in, err
	}
	slots, err := tx.IntegrationSlots(ctx, g.ID)
	if err != nil {
		return in, err
	}
	for _, s := range slots {
		now, err := slotOf(ctx, tx, in, s)
		if err != nil {
			return in, err
		}
		if err := tx.PutSlot(ctx, now); err != nil {
			return in, err
		}
	}
	if err := record(ctx, tx, who.Actor, nil, &in, "instance.connect"); err != nil {
		return in, err
	}
	return in, tx.Enqueue(ctx, store.AdvanceInstance{InstanceID: in.ID}, time.Time{})
}

// slotOf is an instance's slot before anything is in it, with the connection that the host makes for it, if there is one.
func slotOf(ctx context.Context, tx *store.Tx, in store.Instance, s store.IntegrationSlot) (store.Slot, error) {
	now := store.Slot{InstanceID: in.ID, Kind: s.Kind, ExternalID: s.ExternalID, Title: s.Title, Service: s.Service, Position: s.Position}
	ready, err := tx.PredefinedForPiece(ctx, in.AccountID, s.Service)
	if err == nil && len(ready) > 0 {
		now.PredefinedID = ready[0].ID
	}
	return now, err
}

// putIdentity stores that a person, or their workspace where the account says so, is to be known at the account.
func (p *Portal) putIdentity(ctx context.Context, tx *store.Tx, u store.User, w store.Workspace, accountID string) (store.Identity, error) {
	a, err := tx.Account(ctx, accountID)
	if err != nil {
		return store.Identity{}, err
	}
	if a.UserScope == store.ScopeWorkspace {
		return tx.PutIdentity(ctx, store.Identity{AccountID: a.ID, WorkspaceID: w.ID, ExternalID: w.ExternalID}, "workspace:"+w.ExternalID)
	}
	return tx.PutIdentity(ctx, store.Identity{AccountID: a.ID, WorkspaceID: w.ID, UserID: u.ID, ExternalID: u.ExternalID}, u.ExternalID+"@"+w.ExternalID)
}
