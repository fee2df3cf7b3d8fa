package store

import (
	"context"
	"time"

	"portico/secret"
)

// Kinds of operations.
const (
	OpDraftCreate        = "draft.create"
	OpDraftUpdate        = "draft.update"
	OpDraftDelete        = "draft.delete"
	OpDeploymentCreate   = "deployment.create"
	OpDeploymentRedeploy = "deployment.redeploy"
	OpDeploymentDelete   = "deployment.delete"
)

// States of an operation.
const (
	OpWaiting = "waiting" // it was not sent, or was certainly not carried out
	OpSending = "sending" // it was sent, and what came of it is not known
	OpDone    = "done"
	OpMoved   = "moved" // what it is to change has changed meanwhile, so that a person has to decide
	OpFailed  = "failed"
)

// Moved is something that changed at the platform while a person decided: as they saw it, and as it is.
type Moved struct {
	Field string `json:"field"` // the platform's name of it, "repository.tag"
	Old   string `json:"old"`
	New   string `json:"new"`
}

// Operation is something that a person wants changed at commercetools, until it is.
type Operation struct {
	ID              string
	AccountID       string
	Kind            string // OpDraftCreate …
	SubjectKind     string // SubjectDraft or SubjectDeployment
	SubjectID       string // ours; "" while it is being made
	SubjectKey      string // the platform's key of it
	PipelineID      string // of which it is a step; "" = of none
	State           string // OpWaiting …
	Body            string // JSON, redacted
	Intent          string // JSON: by which it is recognised as done, or as overtaken
	BaseVersion     int    // of the subject, as the person saw it
	SentVersion     int    // that it named when it was last sent
	Moved           []Moved
	Problem         string // why it failed, or waits for a person: the platform's code, or one of ours
	Detail          string // the platform's words
	HTTPStatus      int    // of the last answer; 0 = there was none
	UpstreamRequest string // what to quote to the platform's support
	Tries           int    // that were sent, and of which nobody knows what came
	NotBefore       Time
	Actor           Actor // whose wish it is
	SentAt          Time  // when it was last about to be sent
	CreatedAt       Time
	UpdatedAt       Time
	EndedAt         Time // zero: it is under way, or waits for a person
	DroppedAt       Time // since when nobody has to look at it any more, though it failed
}

// UnderWay says whether it goes on by itself.
func (o Operation) UnderWay() bool { return o.State == OpWaiting || o.State == OpSending }

// Journey is the ID by which calls and events are joined: the pipeline's, or its own.
func (o Operation) Journey() string {
	if o.PipelineID != "" {
		return o.PipelineID
	}
	return o.ID
}

const operationColumns = `id, account_id, kind, subject_kind, subject_id, subject_key, pipeline_id, state, body, intent, base_version, sent_version, moved, problem, detail,
	http_status, upstream_request, tries, not_before, actor_kind, actor_id, actor_name, request_id, sent_at, created_at, updated_at, ended_at, dropped_at`

func scanOperation(r row) (Operation, error) {
	var o Operation
	var moved JSON[[]Moved]
	err := r.Scan(&o.ID, &o.AccountID, &o.Kind, &o.SubjectKind, &o.SubjectID, &o.SubjectKey, &o.PipelineID, &o.State, &o.Body, &o.Intent, &o.BaseVersion, &o.SentVersion,
		&moved, &o.Problem, &o.Detail, &o.HTTPStatus, &o.UpstreamRequest, &o.Tries, &o.NotBefore, &o.Actor.Kind, &o.Actor.ID, &o.Actor.Name, &o.Actor.RequestID,
		&o.SentAt, &o.CreatedAt, &o.UpdatedAt, &o.EndedAt, &o.DroppedAt)
	o.Moved = moved.V
	return o, err
}

// Operation is one operation; ErrNotFound when there is none.
func (r reads) Operation(ctx context.Context, id string) (Operation, error) {
	return one(ctx, r.q, "reading an operation", scanOperation, `SELECT `+operationColumns+` FROM operations WHERE id = $1`, id)
}

// OperationsOf is the operations of a draft or deployment, newest first, before an ID ("" = the newest).
func (r reads) OperationsOf(ctx context.Context, subjectKind, subjectID, before string, limit int) ([]Operation, error) {
	return many(ctx, r.q, "listing operations", scanOperation, `
		SELECT `+operationColumns+` FROM operations WHERE subject_kind = $1 AND subject_id = $2 AND subject_id <> '' AND (id < $3 OR $3 = '')
		ORDER BY id DESC`+atMost(limit), subjectKind, subjectID, before)
}

// PipelineOperations is the operations of a pipeline's steps, oldest first.
func (r reads) PipelineOperations(ctx context.Context, pipelineID string) ([]Operation, error) {
	return many(ctx, r.q, "listing operations", scanOperation, `
		SELECT `+operationColumns+` FROM operations WHERE pipeline_id = $1 AND pipeline_id <> '' ORDER BY id`, pipelineID)
}

// OperationsUnderWay is the operations that go on by themselves, in every account, oldest first.
func (r reads) OperationsUnderWay(ctx context.Context, limit int) ([]Operation, error) {
	return many(ctx, r.q, "listing operations", scanOperation, `
		SELECT `+operationColumns+` FROM operations WHERE ended_at = 0 AND state IN ('waiting', 'sending') ORDER BY id`+atMost(limit))
}

// OperationsAsking is the operations that a person has to look at, in every account, newest first: those that moved, and
// those that failed. What a pipeline does is told by the pipeline.
func (r reads) OperationsAsking(ctx context.Context, limit int) ([]Operation, error) {
	return many(ctx, r.q, "listing operations", scanOperation, `
		SELECT `+operationColumns+` FROM operations WHERE state IN ('moved', 'failed') AND dropped_at = 0 AND pipeline_id = '' ORDER BY id DESC`+atMost(limit))
}

// LeftOperations is the IDs of operations that go on by themselves, and have been due untouched since a time. Those that
// wait for their turn are not among them.
func (r reads) LeftOperations(ctx context.Context, since time.Time, limit int) ([]string, error) {
	return many(ctx, r.q, "looking for operations that nobody works on", scalar[string], `
		SELECT o.id FROM operations o
		WHERE o.ended_at = 0 AND o.state IN ('waiting', 'sending') AND o.updated_at < $1 AND o.not_before < $1 AND NOT EXISTS (
			SELECT 1 FROM operations e
			WHERE e.ended_at = 0 AND e.state IN ('waiting', 'sending') AND e.account_id = o.account_id AND e.subject_kind = o.subject_kind
				AND e.subject_id = o.subject_id AND e.id < o.id)
		ORDER BY o.updated_at`+atMost(limit), At(since))
}

// OperationAhead is the oldest operation under way on the same subject that is older than o: they go one after the other,
// and so do those that make something in one account. ErrNotFound when o is next.
func (r reads) OperationAhead(ctx context.Context, o Operation) (Operation, error) {
	return one(ctx, r.q, "looking for an earlier operation", scanOperation, `
		SELECT `+operationColumns+` FROM operations
		WHERE account_id = $1 AND subject_kind = $2 AND subject_id = $3 AND id < $4 AND ended_at = 0 AND state IN ('waiting', 'sending') ORDER BY id LIMIT 1`,
		o.AccountID, o.SubjectKind, o.SubjectID, o.ID)
}

func operationRow(id string) string { return "operations/" + id }

// OperationBody is what an operation sends, whole; "" once it is forgotten.
func (r reads) OperationBody(ctx context.Context, id string) (secret.Text, error) {
	sealed, err := one(ctx, r.q, "reading what an operation sends", scalar[[]byte], `SELECT sealed FROM operations WHERE id = $1`, id)
	if err != nil {
		return "", err
	}
	return r.keys.open(ctx, r.q, operationRow(id), sealed)
}

// AddOperation stores a new operation, and what it sends sealed.
func (t *Tx) AddOperation(ctx context.Context, o Operation, body secret.Text) (Operation, error) {
	o.ID = t.newID()
	sealed, err := t.keys.seal(ctx, t.q, "", operationRow(o.ID), body)
	if err != nil {
		return o, err
	}
	if o.Intent == "" {
		o.Intent = "{}"
	}
	_, err = t.exec(ctx, "storing an operation", `
		INSERT INTO operations (id, account_id, kind, subject_kind, subject_id, subject_key, pipeline_id, state, body, sealed, intent, base_version, sent_version, moved, sent_at,
			actor_kind, actor_id, actor_name, request_id, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $20)`,
		o.ID, o.AccountID, o.Kind, o.SubjectKind, o.SubjectID, o.SubjectKey, o.PipelineID, o.State, o.Body, sealed, o.Intent, o.BaseVersion, o.SentVersion,
		JSON[[]Moved]{o.Moved}, o.SentAt, o.Actor.Kind, o.Actor.ID, o.Actor.Name, o.Actor.RequestID, t.Now())
	if err != nil {
		return o, err
	}
	return t.Operation(ctx, o.ID)
}

// LockOperation reads an operation so that nobody changes it before the transaction ends; ErrNotFound when there is none.
func (t *Tx) LockOperation(ctx context.Context, id string) (Operation, error) {
	return one(ctx, t.q, "reading an operation", scanOperation, `SELECT `+operationColumns+` FROM operations WHERE id = $1`+t.lock(), id)
}

// PutOperation writes what has become of an operation. A step that holds a claim says so in by and gets ErrLost when it no
// longer does; "" writes for a person, and gets ErrLost while it is claimed.
func (t *Tx) PutOperation(ctx context.Context, o Operation, by string) error {
	n, err := t.exec(ctx, "writing an operation", `
		UPDATE operations SET subject_id = $2, subject_key = $3, state = $4, intent = $5, base_version = $6, sent_version = $7, moved = $8, problem = $9, detail = $10,
			http_status = $11, upstream_request = $12, tries = $13, not_before = $14, sent_at = $15, ended_at = $16, dropped_at = $17, updated_at = $18
		WHERE id = $1 AND (claimed_by = $19 OR ($19 = '' AND claimed_until < $18))`,
		o.ID, o.SubjectID, o.SubjectKey, o.State, o.Intent, o.BaseVersion, o.SentVersion, JSON[[]Moved]{o.Moved}, o.Problem, clip(o.Detail), o.HTTPStatus, o.UpstreamRequest,
		o.Tries, o.NotBefore, o.SentAt, o.EndedAt, o.DroppedAt, t.Now(), by)
	if err == nil && n == 0 {
		return ErrLost
	}
	return err
}

// ForgetBody forgets what an operation sends.
func (t *Tx) ForgetBody(ctx context.Context, id string) error {
	return t.exec1(ctx, "forgetting what an operation sends", `UPDATE operations SET sealed = $2 WHERE id = $1`, id, []byte{})
}

// ForgetBodies forgets what operations send that have ended before a time.
func (t *Tx) ForgetBodies(ctx context.Context, before time.Time) error {
	_, err := t.exec(ctx, "forgetting what operations send", `UPDATE operations SET sealed = $2 WHERE ended_at > 0 AND ended_at < $1 AND length(sealed) > 0`, At(before), []byte{})
	return err
}

// OperationsBefore is all operations, newest first, before an ID ("" = the newest).
func (r reads) OperationsBefore(ctx context.Context, before string, limit int) ([]Operation, error) {
	return many(ctx, r.q, "listing operations", scanOperation, `
		SELECT `+operationColumns+` FROM operations WHERE id < $1 OR $1 = '' ORDER BY id DESC`+atMost(limit), before)
}
