package portal

import (
	"context"

	"portico/store"
)

// SignOutUser ends all sessions of a customer's person, and says how many there were.
func (p *Portal) SignOutUser(ctx context.Context, actor store.Actor, userID string) (int, error) {
	var ended int64
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		u, err := tx.User(ctx, userID)
		if err != nil {
			return err
		}
		if ended, err = tx.EndSessions(ctx, store.SessionUser, u.ID); err != nil {
			return err
		}
		if err := tx.DropTickets(ctx, store.SessionUser, u.ID, false); err != nil { // nor may an address still sign them in
			return err
		}
		d := deed{actor: actor, workspace: u.WorkspaceID, kind: "user", subject: u.ID}
		d.actor.BehalfID = u.ID
		d.before, d.after = map[string]int64{"sessions": ended}, map[string]int64{"sessions": 0}
		return d.write(ctx, tx, "session.ended")
	})
	return int(ended), err
}
