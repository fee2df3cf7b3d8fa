package portal

import (
	"context"
	"fmt"

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
		actor := actor
		actor.BehalfID = u.ID
		event := store.Event{Code: "session.ended", Actor: actor, WorkspaceID: u.WorkspaceID, SubjectKind: "user", SubjectID: u.ID}
		if err := tx.AddEvent(ctx, event); err != nil {
			return err
		}
		return tx.AddAudit(ctx, store.Audit{
			Code: "session.ended", Actor: actor, WorkspaceID: u.WorkspaceID, SubjectKind: "user", SubjectID: u.ID,
			Before: fmt.Sprintf(`{"sessions":%d}`, ended), After: `{"sessions":0}`,
		})
	})
	return int(ended), err
}
