package store

import (
	"context"
	"time"

	"portico/secret"
)

// Identity is who a user, or a whole workspace, is at a platform.
type Identity struct {
	ID           string
	AccountID    string
	WorkspaceID  string
	UserID       string // "" where the workspace is the user there
	ExternalID   string // what the platform knows it by
	UpstreamID   string // "" until the platform has confirmed it
	TokenExpires Time
	SyncedAt     Time
	SyncError    string
	UpstreamName string // what the platform calls it, where we gave it that name
	CreatedAt    Time

	token []byte
}

const identityColumns = `i.id, i.account_id, i.workspace_id, i.user_id, i.external_id, i.upstream_id, i.token, i.token_expires_at, i.synced_at, i.sync_error, i.upstream_name, i.created_at`

func scanIdentity(r row) (Identity, error) {
	var i Identity
	err := r.Scan(&i.ID, &i.AccountID, &i.WorkspaceID, &i.UserID, &i.ExternalID, &i.UpstreamID, &i.token, &i.TokenExpires, &i.SyncedAt, &i.SyncError, &i.UpstreamName, &i.CreatedAt)
	return i, err
}

// Identity is one identity; ErrNotFound when there is none.
func (r reads) Identity(ctx context.Context, id string) (Identity, error) {
	return one(ctx, r.q, "reading an identity", scanIdentity, `SELECT `+identityColumns+` FROM identities i WHERE i.id = $1`, id)
}

// IdentityByUpstreamID is the identity that a platform knows by an ID; ErrNotFound when it is none of ours.
func (r reads) IdentityByUpstreamID(ctx context.Context, accountID, upstreamID string) (Identity, error) {
	return one(ctx, r.q, "reading an identity", scanIdentity, `SELECT `+identityColumns+` FROM identities i WHERE i.account_id = $1 AND i.upstream_id = $2 AND i.upstream_id <> ''`, accountID, upstreamID)
}

// UserIdentity is who a user, or their workspace, is at an account; ErrNotFound before it was needed.
func (r reads) UserIdentity(ctx context.Context, u User, accountID string) (Identity, error) {
	return one(ctx, r.q, "reading an identity", scanIdentity, `
		SELECT `+identityColumns+` FROM identities i
		WHERE i.workspace_id = $1 AND i.account_id = $3 AND i.user_id IN ($2, '') ORDER BY i.user_id DESC LIMIT 1`, u.WorkspaceID, u.ID, accountID)
}

// WorkspaceIdentity is who a workspace is at an account; ErrNotFound before it was needed.
func (r reads) WorkspaceIdentity(ctx context.Context, workspaceID, accountID string) (Identity, error) {
	return one(ctx, r.q, "reading an identity", scanIdentity, `
		SELECT `+identityColumns+` FROM identities i WHERE i.workspace_id = $1 AND i.account_id = $2 AND i.user_id = ''`, workspaceID, accountID)
}

// WorkspaceIdentities is every identity of a workspace.
func (r reads) WorkspaceIdentities(ctx context.Context, workspaceID string) ([]Identity, error) {
	return many(ctx, r.q, "listing identities", scanIdentity, `SELECT `+identityColumns+` FROM identities i WHERE i.workspace_id = $1 ORDER BY i.id`, workspaceID)
}

// OwnIdentities is a workspace's identities where the whole workspace is the user.
func (r reads) OwnIdentities(ctx context.Context, workspaceID string) ([]Identity, error) {
	return many(ctx, r.q, "listing identities", scanIdentity, `SELECT `+identityColumns+` FROM identities i WHERE i.workspace_id = $1 AND i.user_id = '' ORDER BY i.id`, workspaceID)
}

// StaleIdentities is the IDs of identities with living instances that were last copied before a time: the oldest first,
// those whose copy failed last after all others.
func (r reads) StaleIdentities(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return many(ctx, r.q, "listing identities to copy", scalar[string], `
		SELECT i.id FROM identities i
		WHERE i.upstream_id <> '' AND i.synced_at < $1
			AND EXISTS (SELECT 1 FROM instances n WHERE n.identity_id = i.id AND n.state <> 'deleted')
		ORDER BY i.sync_error <> '', i.synced_at LIMIT $2`, At(before), limit)
}

// IdentitiesWithInstances is the identities of an account that the platform knows and that have living instances.
func (r reads) IdentitiesWithInstances(ctx context.Context, accountID string) ([]Identity, error) {
	return many(ctx, r.q, "listing identities", scanIdentity, `
		SELECT `+identityColumns+` FROM identities i WHERE i.account_id = $1 AND i.upstream_id <> ''
			AND EXISTS (SELECT 1 FROM instances n WHERE n.identity_id = i.id AND n.state <> 'deleted') ORDER BY i.id`, accountID)
}

// IdentityToken opens an identity's token; "" when it has none.
func (r reads) IdentityToken(ctx context.Context, i Identity) (secret.Text, error) {
	return r.keys.open(ctx, r.q, "identities/"+i.ID, i.token)
}

// PutIdentity stores that a user or a workspace is to be known at an account, or finds that it is. Where the external
// ID is taken there (the same person comes from a second workspace), other is used instead.
func (t *Tx) PutIdentity(ctx context.Context, i Identity, other string) (Identity, error) {
	find := func() (Identity, error) {
		return one(ctx, t.q, "reading an identity", scanIdentity, `
			SELECT `+identityColumns+` FROM identities i WHERE i.account_id = $1 AND i.workspace_id = $2 AND i.user_id = $3`, i.AccountID, i.WorkspaceID, i.UserID)
	}
	if was, err := find(); err == nil {
		return was, nil
	}
	for _, externalID := range []string{i.ExternalID, other} {
		n, err := t.exec(ctx, "storing an identity", `
			INSERT INTO identities (id, account_id, workspace_id, user_id, external_id, created_at)
			VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`, t.newID(), i.AccountID, i.WorkspaceID, i.UserID, externalID, t.Now())
		if err != nil {
			return i, err
		}
		if n == 1 {
			break
		}
		if was, err := find(); err == nil {
			return was, nil
		}
	}
	return find()
}

// ClaimIdentity takes an identity for one process until a time; false when another has it.
func (t *Tx) ClaimIdentity(ctx context.Context, id, by string, until time.Time) (bool, error) {
	n, err := t.exec(ctx, "claiming an identity", `
		UPDATE identities SET claimed_by = $2, claimed_until = $3 WHERE id = $1 AND (claimed_until < $4 OR claimed_by = $2)`, id, by, At(until), t.Now())
	return n == 1, err
}

// ReleaseIdentity gives a claim back.
func (t *Tx) ReleaseIdentity(ctx context.Context, id, by string) error {
	_, err := t.exec(ctx, "releasing an identity", `UPDATE identities SET claimed_by = '', claimed_until = 0 WHERE id = $1 AND claimed_by = $2`, id, by)
	return err
}

// SetUpstreamUser stores the ID that the platform knows an identity by; ErrExists when another identity has it.
func (t *Tx) SetUpstreamUser(ctx context.Context, id, upstreamID string) error {
	return t.exec1(ctx, "storing a platform's user ID", `UPDATE identities SET upstream_id = $2 WHERE id = $1`, id, upstreamID)
}

// SetUpstreamName notes what the platform calls an identity.
func (t *Tx) SetUpstreamName(ctx context.Context, id, name string) error {
	return t.exec1(ctx, "storing a platform's name", `UPDATE identities SET upstream_name = $2 WHERE id = $1`, id, name)
}

// ForgetUpstream takes away what is gone at the platform, with the automations that it had: the next need makes it anew.
func (t *Tx) ForgetUpstream(ctx context.Context, id string) error {
	if _, err := t.exec(ctx, "marking automations gone", `UPDATE automations SET gone_at = $2 WHERE identity_id = $1 AND gone_at = 0`, id, t.Now()); err != nil {
		return err
	}
	return t.exec1(ctx, "forgetting a platform's ID", `UPDATE identities SET upstream_id = '', upstream_name = '', token = '', token_expires_at = 0 WHERE id = $1`, id)
}

// SetIdentityToken seals and stores a token; "" forgets one that was refused.
func (t *Tx) SetIdentityToken(ctx context.Context, i Identity, token secret.Text, expires time.Time) error {
	sealed, err := t.keys.seal(ctx, t.q, i.WorkspaceID, "identities/"+i.ID, token)
	if err != nil {
		return err
	}
	return t.exec1(ctx, "storing a user token", `UPDATE identities SET token = $2, token_expires_at = $3 WHERE id = $1`, i.ID, sealed, At(expires))
}

// SetIdentitySynced notes the end of a sync: an error's text, or "" and the copies are fresh.
func (t *Tx) SetIdentitySynced(ctx context.Context, id, problem string) error {
	if problem != "" {
		return t.exec1(ctx, "noting a sync", `UPDATE identities SET sync_error = $2 WHERE id = $1`, id, problem)
	}
	return t.exec1(ctx, "noting a sync", `UPDATE identities SET synced_at = $2, sync_error = '' WHERE id = $1`, id, t.Now())
}
