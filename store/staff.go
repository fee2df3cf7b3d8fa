package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Roles of staff, each with what the one before it may do: look; help customers; change what everybody sees.
const (
	StaffViewer  = "viewer"
	StaffSupport = "support"
	StaffAdmin   = "admin"
)

// Staff is a person of the host who works in the admin area.
type Staff struct {
	ID           string
	Email        string // lower case
	Name         string
	PasswordHash string // argon2id, PHC format
	Role         string
	DisabledAt   Time
	CreatedAt    Time
	SeenAt       Time
}

const staffColumns = `id, email, name, password_hash, role, disabled_at, created_at, seen_at`

func scanStaff(r row) (Staff, error) {
	var s Staff
	return s, r.Scan(&s.ID, &s.Email, &s.Name, &s.PasswordHash, &s.Role, &s.DisabledAt, &s.CreatedAt, &s.SeenAt)
}

// Staff is one member of the staff who may sign in; ErrNotFound when there is none or they were disabled.
func (r reads) Staff(ctx context.Context, id string) (Staff, error) {
	return one(ctx, r.q, "reading a staff member", scanStaff, `SELECT `+staffColumns+` FROM staff WHERE id = $1 AND disabled_at = 0`, id)
}

// StaffByEmail is the member with an e-mail address, in any case; ErrNotFound when there is none or they were disabled.
func (r reads) StaffByEmail(ctx context.Context, email string) (Staff, error) {
	return one(ctx, r.q, "reading a staff member", scanStaff, `SELECT `+staffColumns+` FROM staff WHERE email = $1 AND disabled_at = 0`, strings.ToLower(email))
}

// StaffList is everybody of the staff by e-mail.
func (r reads) StaffList(ctx context.Context) ([]Staff, error) {
	return many(ctx, r.q, "listing staff", scanStaff, `SELECT `+staffColumns+` FROM staff ORDER BY email`)
}

// CreateStaff adds a member; ErrExists when the e-mail address is taken.
func (t *Tx) CreateStaff(ctx context.Context, s Staff) (Staff, error) {
	s.ID, s.Email, s.CreatedAt = t.newID(), strings.ToLower(s.Email), t.Now()
	n, err := t.exec(ctx, "storing a staff member", `
		INSERT INTO staff (id, email, name, password_hash, role, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email) DO NOTHING`,
		s.ID, s.Email, s.Name, s.PasswordHash, s.Role, s.CreatedAt)
	if err == nil && n == 0 {
		return s, fmt.Errorf("storing a staff member: %w", ErrExists)
	}
	return s, err
}

// SeeStaff notes that a member signed in.
func (t *Tx) SeeStaff(ctx context.Context, id string) error {
	return t.exec1(ctx, "noting a sign-in", `UPDATE staff SET seen_at = $2 WHERE id = $1`, id, t.Now())
}

// Attempts is how often signing in failed for a subject (an address, an e-mail) since a time.
func (r reads) Attempts(ctx context.Context, subject string, since time.Time) (int, error) {
	return one(ctx, r.q, "counting attempts", scalar[int], `SELECT COUNT(*) FROM attempts WHERE subject = $1 AND at > $2`, subject, At(since))
}

// AddAttempt notes that signing in failed for a subject.
func (t *Tx) AddAttempt(ctx context.Context, subject string) error {
	_, err := t.exec(ctx, "noting an attempt", `INSERT INTO attempts (id, subject, at) VALUES ($1, $2, $3)`, t.newID(), subject, t.Now())
	return err
}

// ForgetAttempt takes one attempt of a subject back: it did not fail.
func (t *Tx) ForgetAttempt(ctx context.Context, subject string) error {
	_, err := t.exec(ctx, "forgetting an attempt", `
		DELETE FROM attempts WHERE id = (SELECT id FROM attempts WHERE subject = $1 ORDER BY id DESC LIMIT 1)`, subject)
	return err
}
