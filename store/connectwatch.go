package store

import (
	"context"
	"errors"
	"time"
)

// keptDocuments is how many versions of one draft or deployment are kept: more than anybody looks at while they decide.
const keptDocuments = 50

// KeepDocument keeps a draft or deployment as it is in a version, so that later it can be said what a person saw. Of each
// the newest versions stay.
func (t *Tx) KeepDocument(ctx context.Context, subjectKind, subjectID string, version int, document string) error {
	_, err := t.exec(ctx, "keeping a document", `
		INSERT INTO connect_documents (subject_kind, subject_id, version, document, seen_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (subject_kind, subject_id, version) DO UPDATE SET document = $4, seen_at = $5`, subjectKind, subjectID, version, document, t.Now())
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "forgetting old documents", `
		DELETE FROM connect_documents WHERE subject_kind = $1 AND subject_id = $2 AND version NOT IN (
			SELECT version FROM connect_documents WHERE subject_kind = $1 AND subject_id = $2 ORDER BY seen_at DESC, version DESC`+atMost(keptDocuments)+`)`, subjectKind, subjectID)
	return err
}

// DocumentAt is a draft or deployment as it was in a version, as JSON; ErrNotFound when that was never seen, or too long
// ago.
func (r reads) DocumentAt(ctx context.Context, subjectKind, subjectID string, version int) (string, error) {
	return one(ctx, r.q, "reading a document", scalar[string], `
		SELECT document FROM connect_documents WHERE subject_kind = $1 AND subject_id = $2 AND version = $3`, subjectKind, subjectID, version)
}

// Documents is a draft or deployment in every version that is kept, the oldest first, as JSON.
func (r reads) Documents(ctx context.Context, subjectKind, subjectID string) ([]string, error) {
	return many(ctx, r.q, "listing documents", scalar[string], `
		SELECT document FROM connect_documents WHERE subject_kind = $1 AND subject_id = $2 ORDER BY version`, subjectKind, subjectID)
}

// watched are the tables of what is looked at again while something is under way there.
var watched = map[string]string{SubjectDraft: "connector_drafts", SubjectDeployment: "connect_deployments"}

// ReserveLook takes the next look at a draft or deployment that is watched for one process, by setting when the one after it
// may be; false when it is not due, nobody watches it, or somebody has looked since the time given.
func (t *Tx) ReserveLook(ctx context.Context, subjectKind, id string, next, unlessSince time.Time) (bool, error) {
	n, err := t.exec(ctx, "reserving a look", `
		UPDATE `+watched[subjectKind]+` SET not_before = $2, looked_at = $3
		WHERE id = $1 AND not_before > 0 AND not_before <= $3 AND looked_at <= $4 AND gone_at = 0`, id, At(next), t.Now(), At(unlessSince))
	return n == 1, err
}

// ReserveExtraLook is ReserveLook for a look that somebody asks for, whether it is watched or due. Where it is watched, the
// next look is put off too.
func (t *Tx) ReserveExtraLook(ctx context.Context, subjectKind, id string, next, unlessSince time.Time) (bool, error) {
	n, err := t.exec(ctx, "reserving a look", `
		UPDATE `+watched[subjectKind]+` SET not_before = CASE WHEN not_before > 0 AND not_before < $2 THEN $2 ELSE not_before END, looked_at = $3
		WHERE id = $1 AND looked_at <= $4`, id, At(next), t.Now(), At(unlessSince))
	return n == 1, err
}

// PutOffLook lets nobody look before a time at what is watched.
func (t *Tx) PutOffLook(ctx context.Context, subjectKind, id string, until time.Time) error {
	_, err := t.exec(ctx, "putting a look off", `
		UPDATE `+watched[subjectKind]+` SET not_before = $2 WHERE id = $1 AND not_before > 0 AND not_before < $2`, id, At(until))
	return err
}

// EndWatch lets nobody look any more at what has been watched since a time; that it was, stays.
func (t *Tx) EndWatch(ctx context.Context, subjectKind, id string, from Time) error {
	_, err := t.exec(ctx, "ending a watch", `UPDATE `+watched[subjectKind]+` SET not_before = 0 WHERE id = $1 AND watch_from = $2`, id, from)
	return err
}

// WatchAgain has something watched again from now on that was given up; it is due at once.
func (t *Tx) WatchAgain(ctx context.Context, subjectKind, id string) error {
	_, err := t.exec(ctx, "watching again", `
		UPDATE `+watched[subjectKind]+` SET not_before = $2, watch_from = $2 WHERE id = $1 AND not_before = 0 AND watch_from > 0 AND gone_at = 0`, id, t.Now())
	return err
}

// LeftWatches is the jobs of what is watched and has been due untouched since a time.
func (r reads) LeftWatches(ctx context.Context, since time.Time, limit int) ([]WatchConnect, error) {
	return many(ctx, r.q, "looking for what nobody watches", func(row row) (WatchConnect, error) {
		var w WatchConnect
		return w, row.Scan(&w.SubjectKind, &w.ID)
	}, `
		SELECT 'draft', id FROM connector_drafts WHERE not_before > 0 AND not_before < $1 AND gone_at = 0
		UNION ALL
		SELECT 'deployment', id FROM connect_deployments WHERE not_before > 0 AND not_before < $1 AND gone_at = 0`+atMost(limit), At(since))
}

// ConnectSync is how fresh the copy of an account's drafts and deployments is.
type ConnectSync struct {
	AccountID string
	TriedAt   Time
	DoneAt    Time // zero: never
	Error     string
}

// ConnectSync is how fresh an account's copy is; the zero ConnectSync when nobody has tried.
func (r reads) ConnectSync(ctx context.Context, accountID string) (ConnectSync, error) {
	s, err := one(ctx, r.q, "reading a sync", func(row row) (ConnectSync, error) {
		var s ConnectSync
		return s, row.Scan(&s.AccountID, &s.TriedAt, &s.DoneAt, &s.Error)
	}, `SELECT account_id, tried_at, done_at, error FROM connect_syncs WHERE account_id = $1`, accountID)
	if errors.Is(err, ErrNotFound) {
		return ConnectSync{AccountID: accountID}, nil
	}
	return s, err
}

// SetConnectSync notes that a copy has ended, with an error's text or "".
func (t *Tx) SetConnectSync(ctx context.Context, accountID, problem string) error {
	done := t.Now()
	if problem != "" {
		done = Time{}
	}
	_, err := t.exec(ctx, "noting a sync", `
		INSERT INTO connect_syncs (account_id, tried_at, done_at, error) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account_id) DO UPDATE SET tried_at = $2, done_at = CASE WHEN $3 = 0 THEN connect_syncs.done_at ELSE $3 END, error = $4`,
		accountID, t.Now(), done, clip(problem))
	return err
}
