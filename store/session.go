package store

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"portico/secret"
)

// Kinds of sessions: each has its own cookie and its own door.
const (
	SessionUser  = "user"
	SessionStaff = "staff"
)

// How long sessions last: without use, and in all.
const (
	SessionIdle = 8 * time.Hour
	SessionLife = 24 * time.Hour
)

// Session is one browser signed in.
type Session struct {
	ID        string // sha256 of what the cookie holds
	Kind      string // SessionUser or SessionStaff
	SubjectID string // a user's or a staff member's ID
	Data      string // flashes, as the web room keeps them
	CreatedAt Time
	SeenAt    Time
	ExpiresAt Time
}

const sessionColumns = `s.id, s.kind, s.subject_id, s.data, s.created_at, s.seen_at, s.expires_at`

func (s *Session) fields() []any {
	return []any{&s.ID, &s.Kind, &s.SubjectID, &s.Data, &s.CreatedAt, &s.SeenAt, &s.ExpiresAt}
}

func scanSession(r row) (Session, error) {
	var s Session
	return s, r.Scan(s.fields()...)
}

// hashed is how a secret that a browser holds is looked up: the table alone signs nobody in.
func hashed(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// NewKey makes a secret for a browser to hold: 256 random bits in base64url.
func NewKey() string { return base64.RawURLEncoding.EncodeToString(random(32)) }

// Session is the live session that a cookie's key opens; ErrNotFound when it has ended.
func (r reads) Session(ctx context.Context, kind, key string) (Session, error) {
	now := r.now()
	return one(ctx, r.q, "reading a session", scanSession, `
		SELECT `+sessionColumns+` FROM sessions s WHERE s.id = $1 AND s.kind = $2 AND s.expires_at > $3 AND s.seen_at > $4`,
		hashed(key), kind, At(now), At(now.Add(-SessionIdle)))
}

// Visit is a session with all that a page needs to know of who asks.
type Visit struct {
	Session   Session
	User      User
	Workspace Workspace
}

// Visit is the live session of a user with the user and the workspace, in one question; ErrNotFound when it has ended.
func (r reads) Visit(ctx context.Context, key string) (Visit, error) {
	now := r.now()
	return one(ctx, r.q, "reading a session", scanVisit, `
		SELECT `+sessionColumns+`, `+userColumns+`, `+workspaceColumns+`
		FROM sessions s JOIN users u ON u.id = s.subject_id JOIN workspaces w ON w.id = u.workspace_id
		WHERE s.id = $1 AND s.kind = 'user' AND s.expires_at > $2 AND s.seen_at > $3`, hashed(key), At(now), At(now.Add(-SessionIdle)))
}

func scanVisit(r row) (Visit, error) {
	var v Visit
	var tags JSON[[]string]
	var attributes JSON[map[string]string]
	fields := append(v.Session.fields(), v.User.fields(&tags)...)
	w := &v.Workspace
	fields = append(fields, &w.ID, &w.ExternalID, &w.Name, &w.AccountID, &w.Personal, &attributes, &w.CreatedAt, &w.UpdatedAt)
	err := r.Scan(fields...)
	v.User.Tags, v.Workspace.Attributes = tags.V, attributes.V
	return v, err
}

// CreateSession opens a session and returns the key for the cookie.
func (t *Tx) CreateSession(ctx context.Context, kind, subjectID string) (key string, err error) {
	key = NewKey()
	now := t.now()
	_, err = t.exec(ctx, "storing a session", `
		INSERT INTO sessions (id, kind, subject_id, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $4, $5)`,
		hashed(key), kind, subjectID, At(now), At(now.Add(SessionLife)))
	return key, err
}

// SaveSession stores what a session carries, and that it was used.
func (t *Tx) SaveSession(ctx context.Context, s Session) error {
	return t.exec1(ctx, "saving a session", `UPDATE sessions SET data = $2, seen_at = $3 WHERE id = $1`, s.ID, s.Data, t.Now())
}

// TouchSession stores that a session was used, and leaves what it carries alone.
func (t *Tx) TouchSession(ctx context.Context, id string) error {
	_, err := t.exec(ctx, "noting that a session was used", `UPDATE sessions SET seen_at = $2 WHERE id = $1`, id, t.Now())
	return err
}

// EndSession ends the session that a key opens.
func (t *Tx) EndSession(ctx context.Context, key string) error {
	_, err := t.exec(ctx, "ending a session", `DELETE FROM sessions WHERE id = $1`, hashed(key))
	return err
}

// EndSessions ends all sessions of a user or a staff member and says how many there were.
func (t *Tx) EndSessions(ctx context.Context, kind, subjectID string) (int64, error) {
	return t.exec(ctx, "ending sessions", `DELETE FROM sessions WHERE kind = $1 AND subject_id = $2`, kind, subjectID)
}

// LiveSessions is the sessions that a user or a staff member has open, the last used first.
func (r reads) LiveSessions(ctx context.Context, kind, subjectID string) ([]Session, error) {
	now := r.now()
	return many(ctx, r.q, "listing sessions", scanSession, `
		SELECT `+sessionColumns+` FROM sessions s WHERE s.kind = $1 AND s.subject_id = $2 AND s.expires_at > $3 AND s.seen_at > $4
		ORDER BY s.seen_at DESC LIMIT 100`, kind, subjectID, At(now), At(now.Add(-SessionIdle)))
}

// Ticket is a one-time sign-in address.
type Ticket struct {
	Kind      string
	SubjectID string
	Path      string // where it leads, a path of the portal
	Reusable  bool   // the sandbox's own: good until they expire
	ExpiresAt Time
}

// CreateTicket stores a ticket and returns the key that goes into the address.
func (t *Tx) CreateTicket(ctx context.Context, ticket Ticket) (key string, err error) {
	key = NewKey()
	_, err = t.exec(ctx, "storing a ticket", `
		INSERT INTO tickets (id, kind, subject_id, path, reusable, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		hashed(key), ticket.Kind, ticket.SubjectID, ticket.Path, ticket.Reusable, ticket.ExpiresAt)
	return key, err
}

// RedeemTicket uses a ticket up; ErrNotFound when it was used, has expired or never was.
func (t *Tx) RedeemTicket(ctx context.Context, kind, key string) (Ticket, error) {
	k, err := one(ctx, t.q, "redeeming a ticket", func(r row) (Ticket, error) {
		var k Ticket
		return k, r.Scan(&k.Kind, &k.SubjectID, &k.Path, &k.Reusable, &k.ExpiresAt)
	}, `SELECT kind, subject_id, path, reusable, expires_at FROM tickets WHERE id = $1 AND kind = $2 AND expires_at > $3`, hashed(key), kind, t.Now())
	if err != nil || k.Reusable {
		return k, err
	}
	return k, t.exec1(ctx, "redeeming a ticket", `DELETE FROM tickets WHERE id = $1`, hashed(key))
}

// DropTickets makes the tickets of a user or a staff member worthless: those that are good once, or the sandbox's own.
func (t *Tx) DropTickets(ctx context.Context, kind, subjectID string, reusable bool) error {
	_, err := t.exec(ctx, "dropping tickets", `DELETE FROM tickets WHERE kind = $1 AND subject_id = $2 AND reusable = $3`, kind, subjectID, reusable)
	return err
}

// UseToken remembers that a host token was used; ErrExists when it was used before. The transaction can go on then.
func (t *Tx) UseToken(ctx context.Context, issuer, jti string, expires time.Time) error {
	n, err := t.exec(ctx, "remembering a token", `INSERT INTO used_tokens (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, hashed(issuer+"\x00"+jti), At(expires))
	if err == nil && n == 0 {
		return fmt.Errorf("remembering a token: %w", ErrExists)
	}
	return err
}

// SessionKeys is one pair that signs and encrypts cookies.
type SessionKeys struct {
	Hash, Block []byte
	CreatedAt   Time
}

// How often a new pair of keys signs the cookies; old pairs open them as long as a session can last.
const sessionKeysFor = 30 * 24 * time.Hour

// SessionKeys is the pairs that open cookies, the one that signs first.
func (r reads) SessionKeys(ctx context.Context) ([]SessionKeys, error) {
	return many(ctx, r.q, "reading session keys", func(row row) (SessionKeys, error) {
		var id string
		var sealed []byte
		var k SessionKeys
		if err := row.Scan(&id, &sealed, &k.CreatedAt); err != nil {
			return k, err
		}
		both, err := r.keys.open(ctx, r.q, "session_keys/"+id, sealed)
		if err != nil {
			return k, err
		}
		if len(both) != 96 {
			return k, errors.New("session keys of a wrong length")
		}
		k.Hash, k.Block = []byte(both.Reveal()[:64]), []byte(both.Reveal()[64:])
		return k, nil
	}, `SELECT id, keys, created_at FROM session_keys ORDER BY created_at DESC, id DESC`)
}

// RotateSessionKeys makes a new pair when the newest is 30 days old, and drops those that no session needs.
func (t *Tx) RotateSessionKeys(ctx context.Context) error {
	now := t.now()
	var newest Time
	err := t.q.QueryRowContext(ctx, `SELECT created_at FROM session_keys ORDER BY created_at DESC LIMIT 1`).Scan(&newest)
	if err == nil && now.Sub(newest.Time) < sessionKeysFor {
		return nil
	}
	id := t.newID()
	sealed, err := t.keys.seal(ctx, t.q, "", "session_keys/"+id, secret.Text(random(96)))
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, "storing session keys", `INSERT INTO session_keys (id, keys, created_at) VALUES ($1, $2, $3)`, id, sealed, At(now)); err != nil {
		return err
	}
	_, err = t.exec(ctx, "dropping session keys", `DELETE FROM session_keys WHERE created_at < $1`, At(now.Add(-sessionKeysFor-SessionLife-time.Hour)))
	if err != nil {
		return fmt.Errorf("rotating session keys: %w", err)
	}
	return nil
}
