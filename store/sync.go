package store

import (
	"context"
	"time"
)

// What is copied from a platform.
const (
	SyncedCatalogue = "catalogue"
	SyncedInstances = "instances"
)

// Sync is how fresh a copy is.
type Sync struct {
	AccountID string
	Kind      string // SyncedCatalogue or SyncedInstances
	TriedAt   Time
	DoneAt    Time // zero: never
	Error     string
}

func scanSync(r row) (Sync, error) {
	var s Sync
	return s, r.Scan(&s.AccountID, &s.Kind, &s.TriedAt, &s.DoneAt, &s.Error)
}

// Sync is how fresh one copy is; the zero Sync when nobody has tried.
func (r reads) Sync(ctx context.Context, accountID, kind string) (Sync, error) {
	all, err := many(ctx, r.q, "reading a sync", scanSync, `SELECT account_id, kind, tried_at, done_at, error FROM syncs WHERE account_id = $1 AND kind = $2`, accountID, kind)
	if err != nil || len(all) == 0 {
		return Sync{AccountID: accountID, Kind: kind}, err
	}
	return all[0], nil
}

// Syncs is how fresh every copy is.
func (r reads) Syncs(ctx context.Context) ([]Sync, error) {
	return many(ctx, r.q, "listing syncs", scanSync, `SELECT account_id, kind, tried_at, done_at, error FROM syncs ORDER BY account_id, kind`)
}

// SetSync notes that a sync has ended, with an error's text or "".
func (t *Tx) SetSync(ctx context.Context, accountID, kind, problem string) error {
	done := t.Now()
	if problem != "" {
		done = Time{}
	}
	_, err := t.exec(ctx, "noting a sync", `
		INSERT INTO syncs (account_id, kind, tried_at, done_at, error) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account_id, kind) DO UPDATE SET tried_at = $3, done_at = CASE WHEN $4 = 0 THEN syncs.done_at ELSE $4 END, error = $5`,
		accountID, kind, t.Now(), done, problem)
	return err
}

// RemoveExpired removes what nobody can use any more, and upstream calls after their 30 days.
func (t *Tx) RemoveExpired(ctx context.Context) error {
	now := t.now()
	for _, e := range []struct {
		query  string
		before time.Time
	}{
		{`DELETE FROM sessions WHERE expires_at < $1`, now},
		{`DELETE FROM sessions WHERE seen_at < $1`, now.Add(-SessionIdle)},
		{`DELETE FROM tickets WHERE expires_at < $1`, now},
		{`DELETE FROM used_tokens WHERE expires_at < $1`, now},
		{`DELETE FROM attempts WHERE at < $1`, now.Add(-24 * time.Hour)},
		{`DELETE FROM flows WHERE opened_at < $1`, now.Add(-30 * 24 * time.Hour)},
		{`DELETE FROM value_sets WHERE kind = 'form' AND updated_at < $1`, now.Add(-24 * time.Hour)},
		{`DELETE FROM upstream_calls WHERE at < $1`, now.Add(-upstreamCallsFor)},
		{`DELETE FROM runs WHERE at < $1`, now.Add(-runsFor)},
		{`DELETE FROM events WHERE code = 'session.refused' AND at < $1`, now.Add(-upstreamCallsFor)}, // strangers write these
	} {
		if _, err := t.exec(ctx, "removing what has expired", e.query, At(e.before)); err != nil {
			return err
		}
	}
	return nil
}
