package store

import "context"

// Kinds of rollouts.
const (
	RolloutBackfill = "backfill" // a project and all predefined connections for every workspace
	RolloutApply    = "apply"    // one predefined connection for every workspace
	RolloutRemove   = "remove"   // one predefined connection taken from every workspace
)

// States of a rollout.
const (
	RolloutRunning = "running"
	RolloutStopped = "stopped" // by staff, or because too much failed
	RolloutDone    = "done"
)

// States of a workspace in a rollout.
const (
	ItemWaiting = "waiting"
	ItemDone    = "done"
	ItemAsked   = "asked" // the workspace has to give a value first
	ItemFailed  = "failed"
)

// Rollout is staff's work over many workspaces, done in the background.
type Rollout struct {
	ID           string
	AccountID    string
	Kind         string // RolloutBackfill, RolloutApply or RolloutRemove
	PredefinedID string // "" for a backfill
	State        string // RolloutRunning, RolloutStopped or RolloutDone
	StopPercent  int    // of failures among what was tried, at which it stops
	Total        int
	ActorName    string // who asked for it
	CreatedAt    Time
	EndedAt      Time

	Done, Failed, Asked int // counted
}

// Tried is how many workspaces have been come to.
func (r Rollout) Tried() int { return r.Done + r.Failed + r.Asked }

// RolloutItem is a workspace in a rollout.
type RolloutItem struct {
	RolloutID     string
	WorkspaceID   string
	WorkspaceName string
	State         string
	Detail        string // why it failed: words of the service or the platform, or a reason of ours (see Reason)
	Tries         int
	UpdatedAt     Time
}

const rolloutColumns = `r.id, r.account_id, r.kind, r.predefined_id, r.state, r.stop_percent, r.total, r.actor_name, r.created_at, r.ended_at,
	(SELECT COUNT(*) FROM rollout_items n WHERE n.rollout_id = r.id AND n.state = 'done'),
	(SELECT COUNT(*) FROM rollout_items n WHERE n.rollout_id = r.id AND n.state = 'failed'),
	(SELECT COUNT(*) FROM rollout_items n WHERE n.rollout_id = r.id AND n.state = 'asked')`

func scanRollout(r row) (Rollout, error) {
	var o Rollout
	return o, r.Scan(&o.ID, &o.AccountID, &o.Kind, &o.PredefinedID, &o.State, &o.StopPercent, &o.Total, &o.ActorName, &o.CreatedAt, &o.EndedAt, &o.Done, &o.Failed, &o.Asked)
}

// Rollout is one rollout; ErrNotFound when there is none.
func (r reads) Rollout(ctx context.Context, id string) (Rollout, error) {
	return one(ctx, r.q, "reading a rollout", scanRollout, `SELECT `+rolloutColumns+` FROM rollouts r WHERE r.id = $1`, id)
}

// Rollouts is an account's, newest first.
func (r reads) Rollouts(ctx context.Context, accountID string, limit int) ([]Rollout, error) {
	return many(ctx, r.q, "listing rollouts", scanRollout, `SELECT `+rolloutColumns+` FROM rollouts r WHERE r.account_id = $1 ORDER BY r.id DESC LIMIT $2`, accountID, limit)
}

// RunningRollout is the one of a kind that is under way; ErrNotFound when none is.
func (r reads) RunningRollout(ctx context.Context, accountID, kind, predefinedID string) (Rollout, error) {
	return one(ctx, r.q, "reading a rollout", scanRollout, `
		SELECT `+rolloutColumns+` FROM rollouts r WHERE r.account_id = $1 AND r.kind = $2 AND r.predefined_id = $3 AND r.state = 'running'`, accountID, kind, predefinedID)
}

const rolloutItemColumns = `n.rollout_id, n.workspace_id, w.name, n.state, n.detail, n.tries, n.updated_at`

func scanRolloutItem(r row) (RolloutItem, error) {
	var n RolloutItem
	return n, r.Scan(&n.RolloutID, &n.WorkspaceID, &n.WorkspaceName, &n.State, &n.Detail, &n.Tries, &n.UpdatedAt)
}

// RolloutItems is a page of a rollout's workspaces after an ID, those in a state; "" is every state.
func (r reads) RolloutItems(ctx context.Context, rolloutID, state, after string, limit int) ([]RolloutItem, error) {
	return many(ctx, r.q, "listing a rollout's workspaces", scanRolloutItem, `
		SELECT `+rolloutItemColumns+` FROM rollout_items n JOIN workspaces w ON w.id = n.workspace_id
		WHERE n.rollout_id = $1 AND (n.state = $2 OR $2 = '') AND n.workspace_id > $3 ORDER BY n.workspace_id LIMIT $4`, rolloutID, state, after, limit)
}

// WaitingItems is some of a rollout's workspaces that are left to do: those tried least first.
func (r reads) WaitingItems(ctx context.Context, rolloutID string, limit int) ([]RolloutItem, error) {
	return many(ctx, r.q, "listing a rollout's workspaces", scanRolloutItem, `
		SELECT `+rolloutItemColumns+` FROM rollout_items n JOIN workspaces w ON w.id = n.workspace_id
		WHERE n.rollout_id = $1 AND n.state = 'waiting' ORDER BY n.tries, n.workspace_id LIMIT $2`, rolloutID, limit)
}

// AddRollout stores a rollout and the workspaces that it is to come to: all of the account's, or where something is
// removed those that have it. Where one of the same kind is under way it is that one, and made is false.
func (t *Tx) AddRollout(ctx context.Context, o Rollout) (added Rollout, made bool, err error) {
	o.ID, o.State, o.CreatedAt = t.newID(), RolloutRunning, t.Now()
	n, err := t.exec(ctx, "storing a rollout", `
		INSERT INTO rollouts (id, account_id, kind, predefined_id, state, stop_percent, total, actor_name, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8) ON CONFLICT DO NOTHING`,
		o.ID, o.AccountID, o.Kind, o.PredefinedID, o.State, o.StopPercent, o.ActorName, o.CreatedAt)
	if err != nil {
		return o, false, err
	}
	if n == 0 {
		added, err = t.RunningRollout(ctx, o.AccountID, o.Kind, o.PredefinedID)
		if err != nil {
			return added, false, err
		}
		return added, false, t.redoItems(ctx, added)
	}
	from := ` FROM workspaces w JOIN accounts a ON a.id = $3
		WHERE (w.account_id = a.id OR (a.is_default AND a.platform <> (SELECT p.platform FROM accounts p WHERE p.id = w.account_id)))`
	about := o.AccountID
	if o.Kind == RolloutRemove {
		from, about = ` FROM workspace_connections x JOIN workspaces w ON w.id = x.workspace_id WHERE x.predefined_id = $3 AND x.state <> 'removed'`, o.PredefinedID
	}
	if _, err := t.exec(ctx, "storing a rollout's workspaces", `
		INSERT INTO rollout_items (rollout_id, workspace_id, state, updated_at) SELECT $1, w.id, 'waiting', $2`+from, o.ID, t.Now(), about); err != nil {
		return o, false, err
	}
	if err := t.exec1(ctx, "counting a rollout's workspaces", `
		UPDATE rollouts SET total = (SELECT COUNT(*) FROM rollout_items n WHERE n.rollout_id = rollouts.id) WHERE id = $1`, o.ID); err != nil {
		return o, false, err
	}
	added, err = t.Rollout(ctx, o.ID)
	return added, true, err
}

// redoItems has a rollout that is under way come again to the workspaces that it has given an older revision.
func (t *Tx) redoItems(ctx context.Context, o Rollout) error {
	if err := t.HoldRollout(ctx, o.ID); err != nil {
		return err
	}
	_, err := t.exec(ctx, "beginning a rollout again", `
		UPDATE rollout_items SET state = 'waiting', detail = '', tries = 0, updated_at = $2
		WHERE rollout_id = $1 AND state = 'done' AND workspace_id IN (
			SELECT x.workspace_id FROM workspace_connections x JOIN predefined_connections c ON c.id = x.predefined_id
			WHERE c.id = $3 AND c.state = 'active' AND x.revision <> c.revision)`, o.ID, t.Now(), o.PredefinedID)
	return err
}

// LockRollout reads a rollout so that nobody changes it before the transaction ends.
func (t *Tx) LockRollout(ctx context.Context, id string) (Rollout, error) {
	if err := t.HoldRollout(ctx, id); err != nil {
		return Rollout{}, err
	}
	return t.Rollout(ctx, id)
}

// HoldRollout lets nobody change a rollout before the transaction ends. It does not count what has come of it, which takes
// longer the larger it is.
func (t *Tx) HoldRollout(ctx context.Context, id string) error {
	if !t.postgres { // there one transaction writes at a time
		return nil
	}
	_, err := one(ctx, t.q, "locking a rollout", scalar[string], `SELECT id FROM rollouts WHERE id = $1 FOR NO KEY UPDATE`, id)
	return err
}

// EndItem writes what has become of a workspace in a rollout; false when another process was quicker.
func (t *Tx) EndItem(ctx context.Context, n RolloutItem, state, detail string) (bool, error) {
	changed, err := t.exec(ctx, "storing what came of a workspace", `
		UPDATE rollout_items SET state = $3, detail = $4, updated_at = $5 WHERE rollout_id = $1 AND workspace_id = $2 AND state = 'waiting'`,
		n.RolloutID, n.WorkspaceID, state, clip(detail), t.Now())
	return changed == 1, err
}

// ItemTried notes that a workspace in a rollout was tried in vain and will be again.
func (t *Tx) ItemTried(ctx context.Context, n RolloutItem, detail string) error {
	_, err := t.exec(ctx, "noting a try", `
		UPDATE rollout_items SET tries = tries + 1, detail = $3, updated_at = $4 WHERE rollout_id = $1 AND workspace_id = $2 AND state = 'waiting' AND tries = $5`,
		n.RolloutID, n.WorkspaceID, clip(detail), t.Now(), n.Tries)
	return err
}

// EndRollout ends a rollout that is under way as stopped or done; false when it is not.
func (t *Tx) EndRollout(ctx context.Context, id, state string) (bool, error) {
	n, err := t.exec(ctx, "ending a rollout", `UPDATE rollouts SET state = $2, ended_at = $3 WHERE id = $1 AND state = 'running'`, id, state, t.Now())
	return n == 1, err
}

// ResumeRollout lets a rollout that has ended go on with what is left and with what failed; false when there is nothing of
// either, or another of its kind is under way.
func (t *Tx) ResumeRollout(ctx context.Context, id string) (bool, error) {
	n, err := t.exec(ctx, "resuming a rollout", `
		UPDATE rollouts SET state = 'running', ended_at = 0 WHERE id = $1 AND state <> 'running' AND EXISTS (
			SELECT 1 FROM rollout_items n WHERE n.rollout_id = rollouts.id AND n.state IN ('waiting', 'failed')) AND NOT EXISTS (
			SELECT 1 FROM rollouts o WHERE o.account_id = rollouts.account_id AND o.kind = rollouts.kind AND o.predefined_id = rollouts.predefined_id AND o.state = 'running')`, id)
	if err != nil || n == 0 {
		return false, err
	}
	// What has failed is tried after what was never tried, and at once, whatever it was to wait for.
	_, err = t.exec(ctx, "resuming a rollout", `
		UPDATE workspace_connections SET tries = 0, not_before = 0, updated_at = `+nextVersion+`
		WHERE not_before > 0 AND EXISTS (SELECT 1 FROM rollouts o JOIN rollout_items n ON n.rollout_id = o.id
			WHERE o.id = $2 AND n.workspace_id = workspace_connections.workspace_id AND n.state = 'failed'
				AND (o.predefined_id = workspace_connections.predefined_id OR o.predefined_id = ''))`, t.Now(), id)
	if err != nil {
		return false, err
	}
	_, err = t.exec(ctx, "resuming a rollout", `
		UPDATE rollout_items SET state = 'waiting', detail = '', tries = 1, updated_at = $2 WHERE rollout_id = $1 AND state = 'failed'`, id, t.Now())
	return true, err
}
