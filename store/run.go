package store

import (
	"context"
	"time"
)

// runsFor is how long runs are kept: as long as an Activepieces keeps what they worked on (AP_EXECUTION_DATA_RETENTION_DAYS).
const runsFor = 30 * 24 * time.Hour

// Run is one execution of an automation.
type Run struct {
	ID           string
	AutomationID string
	UpstreamID   string
	Status       string // the platform's word, such as SUCCEEDED
	Step         string // that failed
	Message      string // why, in the step's own words
	At           Time   // made; a retry from the failed step keeps it
	StartedAt    Time   // zero: not yet
	EndedAt      Time   // zero: not yet
	RetriedAt    Time   // when a person last asked for it again
}

// Statuses of an Activepieces's runs that are not over. PAUSED waits for a time or for somebody.
const (
	RunQueued  = "QUEUED"
	RunRunning = "RUNNING"
	RunPaused  = "PAUSED"
)

// UnderWay says whether the run is about to change by itself.
func (r Run) UnderWay() bool { return r.Status == RunQueued || r.Status == RunRunning }

// Over says whether the run has come to its end.
func (r Run) Over() bool { return !r.UnderWay() && r.Status != RunPaused }

const runColumns = `r.id, r.upstream_id, r.status, r.step, r.message, r.at, r.started_at, r.ended_at, r.retried_at, r.automation_id`

func (r *Run) fields() []any {
	return []any{&r.ID, &r.UpstreamID, &r.Status, &r.Step, &r.Message, &r.At, &r.StartedAt, &r.EndedAt, &r.RetriedAt}
}

func scanRun(from row) (Run, error) {
	var r Run
	return r, from.Scan(append(r.fields(), &r.AutomationID)...)
}

// Runs is the runs of an automation that the caller may see, newest first, before one ("" = the newest).
func (r reads) Runs(ctx context.Context, automationID, before string, limit int) ([]Run, error) {
	return many(ctx, r.q, "listing runs", scanRun, `
		SELECT `+runColumns+` FROM runs r
		WHERE r.automation_id = $1 AND ($2 = '' OR (r.at, r.id) < (SELECT b.at, b.id FROM runs b WHERE b.id = $2 AND b.automation_id = $1))
		ORDER BY r.at DESC, r.id DESC LIMIT $3`, automationID, before, limit)
}

// Run is one run of an automation; ErrNotFound when it has none of that ID, or no longer.
func (r reads) Run(ctx context.Context, automationID, id string) (Run, error) {
	return one(ctx, r.q, "reading a run", scanRun, `SELECT `+runColumns+` FROM runs r WHERE r.automation_id = $1 AND r.id = $2`, automationID, id)
}

// NewestRun is when the newest run of an identity's automations was made; zero when none is known.
func (r reads) NewestRun(ctx context.Context, identityID string) (Time, error) {
	return one(ctx, r.q, "finding the newest run", scalar[Time], `
		SELECT COALESCE(MAX(r.at), 0) FROM automations a JOIN runs r ON r.automation_id = a.id WHERE a.identity_id = $1`, identityID)
}

// UnfinishedRuns is the runs of an identity's automations that are not over as far as is known, those looked at longest
// ago first.
func (r reads) UnfinishedRuns(ctx context.Context, identityID string, limit int) ([]Run, error) {
	return many(ctx, r.q, "listing runs under way", scanRun, `
		SELECT `+runColumns+` FROM automations a JOIN runs r ON r.automation_id = a.id
		WHERE a.identity_id = $1 AND a.gone_at = 0 AND r.status IN ('QUEUED', 'RUNNING', 'PAUSED') ORDER BY r.seen_at, r.id LIMIT $2`, identityID, limit)
}

// PutRun stores a run of an identity's flow as the platform had it when it was asked. What is newer here stays; a run of a
// flow that is not known, or from before runs are kept, is left out.
func (t *Tx) PutRun(ctx context.Context, identityID, flowID string, r Run, asked time.Time) error {
	if r.At.Before(t.now().Add(-runsFor)) {
		return nil
	}
	_, err := t.exec(ctx, "storing a run", `
		INSERT INTO runs (id, automation_id, upstream_id, status, step, message, at, started_at, ended_at, seen_at)
		SELECT $1, a.id, $4, $5, $6, $7, $8, $9, $10, $11 FROM automations a WHERE a.identity_id = $2 AND a.upstream_id = $3
		ON CONFLICT (automation_id, upstream_id) DO UPDATE SET status = excluded.status, step = excluded.step, message = excluded.message,
			started_at = excluded.started_at, ended_at = excluded.ended_at, seen_at = excluded.seen_at
		WHERE runs.seen_at <= excluded.seen_at`,
		t.newID(), identityID, flowID, r.UpstreamID, r.Status, r.Step, r.Message, r.At, r.StartedAt, r.EndedAt, At(asked))
	return err
}

// RemoveRun forgets a run that the platform no longer has.
func (t *Tx) RemoveRun(ctx context.Context, id string) error {
	_, err := t.exec(ctx, "removing a run", `DELETE FROM runs WHERE id = $1`, id)
	return err
}

// ClaimRetry notes that a person asks for a run again; false when that was asked within the time given: a second click.
func (t *Tx) ClaimRetry(ctx context.Context, id string, unless time.Duration) (bool, error) {
	n, err := t.exec(ctx, "asking for a run again", `UPDATE runs SET retried_at = $2 WHERE id = $1 AND retried_at <= $3`, id, t.Now(), At(t.now().Add(-unless)))
	return n == 1, err
}

// FreeRetry takes that note back: nothing came of it, so it may be asked for again at once.
func (t *Tx) FreeRetry(ctx context.Context, id string) error {
	_, err := t.exec(ctx, "asking for a run again", `UPDATE runs SET retried_at = 0 WHERE id = $1`, id)
	return err
}
