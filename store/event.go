package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Kinds of actors.
const (
	ActorUser     = "user"
	ActorStaff    = "staff"
	ActorHost     = "host" // the host's server, with its API key
	ActorJob      = "job"
	ActorPlatform = "platform"
)

// Actor is who did something, on whose behalf, and where from.
type Actor struct {
	Kind      string
	ID        string
	Name      string
	BehalfID  string // the user it was done for, where that is somebody else
	Address   string // network address; kept in the audit alone
	RequestID string
}

// Event is one line of a timeline: a code and arguments, told to each reader in their own language.
type Event struct {
	ID          string
	At          Time
	Code        string
	Args        map[string]string
	Actor       Actor
	WorkspaceID string
	SubjectKind string // "instance", "user", "workspace", "integration", "staff", "account"
	SubjectID   string
	Duration    time.Duration
	JourneyID   string
}

const eventColumns = `id, at, code, args, actor_kind, actor_id, actor_name, behalf_id, workspace_id, subject_kind, subject_id, duration_us, request_id, journey_id`

func scanEvent(r row) (Event, error) {
	var e Event
	var args JSON[map[string]string]
	var us int64
	err := r.Scan(&e.ID, &e.At, &e.Code, &args, &e.Actor.Kind, &e.Actor.ID, &e.Actor.Name, &e.Actor.BehalfID, &e.WorkspaceID, &e.SubjectKind, &e.SubjectID, &us, &e.Actor.RequestID, &e.JourneyID)
	e.Args, e.Duration = args.V, time.Duration(us)*time.Microsecond
	return e, err
}

// Events is what happened to a subject, newest first, before an ID ("" = the newest).
func (r reads) Events(ctx context.Context, subjectKind, subjectID, before string, limit int) ([]Event, error) {
	return many(ctx, r.q, "listing events", scanEvent, `
		SELECT `+eventColumns+` FROM events WHERE subject_kind = $1 AND subject_id = $2 AND (id < $3 OR $3 = '')
		ORDER BY id DESC`+atMost(limit), subjectKind, subjectID, before)
}

// EventsByCode is what happened of one kind, newest first.
func (r reads) EventsByCode(ctx context.Context, code string, limit int) ([]Event, error) {
	return many(ctx, r.q, "listing events", scanEvent, `SELECT `+eventColumns+` FROM events WHERE code = $1 ORDER BY id DESC LIMIT $2`, code, limit)
}

// AddEvent adds a line to a timeline.
func (t *Tx) AddEvent(ctx context.Context, e Event) error {
	_, err := t.exec(ctx, "adding an event", `
		INSERT INTO events (`+eventColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		t.newID(), t.Now(), e.Code, JSON[map[string]string]{e.Args}, e.Actor.Kind, e.Actor.ID, e.Actor.Name, e.Actor.BehalfID,
		e.WorkspaceID, e.SubjectKind, e.SubjectID, e.Duration.Microseconds(), e.Actor.RequestID, e.JourneyID)
	return err
}

// Audit is a change by anyone: who, what, before and after (secrets redacted), why, from where.
type Audit struct {
	ID          string
	At          Time
	Code        string
	Actor       Actor
	WorkspaceID string
	SubjectKind string
	SubjectID   string
	Before      string // JSON, "" = there was nothing
	After       string // JSON, "" = nothing is left
	Reason      string
	Request     PlannedRequest // what it sends to a platform, where it is one call that a person asked for
}

// PlannedRequest is a call as a person could make it by hand: no secret is in it. The zero value is none.
type PlannedRequest struct {
	Method string            `json:"method,omitempty"`
	URL    string            `json:"url,omitempty"`
	Header map[string]string `json:"header,omitempty"` // beside Authorization: "Content-Type"
	Body   string            `json:"body,omitempty"`   // redacted JSON
	File   string            `json:"file,omitempty"`   // the archive that a connector's source code in the body is made of
	Token  string            `json:"token,omitempty"`  // the environment variable that stands for the token: "TRAY_TOKEN_US"
}

const auditColumns = `id, at, code, actor_kind, actor_id, actor_name, behalf_id, workspace_id, subject_kind, subject_id, before, after, reason, address, request_id, request`

func scanAudit(r row) (Audit, error) {
	var a Audit
	var request string
	err := r.Scan(&a.ID, &a.At, &a.Code, &a.Actor.Kind, &a.Actor.ID, &a.Actor.Name, &a.Actor.BehalfID, &a.WorkspaceID, &a.SubjectKind, &a.SubjectID, &a.Before, &a.After, &a.Reason, &a.Actor.Address, &a.Actor.RequestID, &request)
	if err == nil && request != "" {
		err = json.Unmarshal([]byte(request), &a.Request)
	}
	return a, err
}

// AuditLog is the changes, newest first, before an ID ("" = the newest).
func (r reads) AuditLog(ctx context.Context, before string, limit int) ([]Audit, error) {
	return many(ctx, r.q, "listing the audit log", scanAudit, `SELECT `+auditColumns+` FROM audit WHERE id < $1 OR $1 = '' ORDER BY id DESC LIMIT $2`, before, limit)
}

// SubjectAudit is the changes of one subject, newest first, before an ID ("" = the newest).
func (r reads) SubjectAudit(ctx context.Context, kind, id, before string, limit int) ([]Audit, error) {
	return many(ctx, r.q, "listing the audit log", scanAudit, `
		SELECT `+auditColumns+` FROM audit WHERE subject_kind = $1 AND subject_id = $2 AND (id < $3 OR $3 = '')
		ORDER BY id DESC LIMIT $4`, kind, id, before, limit)
}

// AddAudit writes a change down. There is no way to alter or remove one.
func (t *Tx) AddAudit(ctx context.Context, a Audit) error {
	var request []byte
	if a.Request.Method != "" {
		var err error
		if request, err = json.Marshal(a.Request); err != nil {
			return fmt.Errorf("writing the audit log: %w", err)
		}
	}
	_, err := t.exec(ctx, "writing the audit log", `
		INSERT INTO audit (`+auditColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		t.newID(), t.Now(), a.Code, a.Actor.Kind, a.Actor.ID, a.Actor.Name, a.Actor.BehalfID, a.WorkspaceID, a.SubjectKind, a.SubjectID,
		a.Before, a.After, a.Reason, a.Actor.Address, a.Actor.RequestID, string(request))
	return err
}
