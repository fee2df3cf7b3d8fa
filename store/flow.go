package store

import "context"

// How a flow ended.
const (
	FlowFinished  = "finished"
	FlowCancelled = "cancelled"
	FlowFailed    = "failed"
)

// Kinds of flows.
const (
	FlowAuth   = "auth"
	FlowWizard = "wizard"
)

// Flow is one opening of a hosted dialog by one person for one slot; what comes back redeems it once.
type Flow struct {
	ID         string // a secret of the session that opened it
	InstanceID string
	UserID     string
	Kind       string // FlowAuth or FlowWizard
	Slot       string
	Outcome    string // "" while it is open
	OpenedAt   Time
	EndedAt    Time
}

// AddFlow stores a flow that is being opened.
func (t *Tx) AddFlow(ctx context.Context, f Flow) (Flow, error) {
	f.ID, f.OpenedAt = NewKey(), t.Now()
	_, err := t.exec(ctx, "storing a flow", `INSERT INTO flows (id, instance_id, user_id, kind, slot, opened_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		f.ID, f.InstanceID, f.UserID, f.Kind, f.Slot, f.OpenedAt)
	return f, err
}

// Flow is a flow that a user opened for an instance; ErrNotFound when it is nobody's or somebody else's.
func (r reads) Flow(ctx context.Context, id, instanceID, userID string) (Flow, error) {
	return one(ctx, r.q, "reading a flow", func(row row) (Flow, error) {
		var f Flow
		return f, row.Scan(&f.ID, &f.InstanceID, &f.UserID, &f.Kind, &f.Slot, &f.Outcome, &f.OpenedAt, &f.EndedAt)
	}, `SELECT id, instance_id, user_id, kind, slot, outcome, opened_at, ended_at FROM flows WHERE id = $1 AND instance_id = $2 AND user_id = $3`, id, instanceID, userID)
}

// EndFlow redeems a flow; false when that was done before.
func (t *Tx) EndFlow(ctx context.Context, id, outcome string) (bool, error) {
	n, err := t.exec(ctx, "ending a flow", `UPDATE flows SET outcome = $2, ended_at = $3 WHERE id = $1 AND outcome = ''`, id, outcome, t.Now())
	return n == 1, err
}
