package store

import (
	"context"
	"errors"
	"maps"
)

// Workspace is a customer of the host.
type Workspace struct {
	ID         string
	ExternalID string // the host's
	Name       string
	AccountID  string
	Personal   bool // made for a user whose token names no workspace
	Attributes map[string]string
	CreatedAt  Time
	UpdatedAt  Time
}

const workspaceColumns = `w.id, w.external_id, w.name, w.account_id, w.personal, w.attributes, w.created_at, w.updated_at`

func scanWorkspace(r row) (Workspace, error) {
	var w Workspace
	var attributes JSON[map[string]string]
	err := r.Scan(&w.ID, &w.ExternalID, &w.Name, &w.AccountID, &w.Personal, &attributes, &w.CreatedAt, &w.UpdatedAt)
	w.Attributes = attributes.V
	return w, err
}

// Workspace is one workspace; ErrNotFound when there is none.
func (r reads) Workspace(ctx context.Context, id string) (Workspace, error) {
	return one(ctx, r.q, "reading a workspace", scanWorkspace, `SELECT `+workspaceColumns+` FROM workspaces w WHERE w.id = $1`, id)
}

// WorkspaceByExternalID is the workspace that the host knows by an ID; ErrNotFound when it has never come.
func (r reads) WorkspaceByExternalID(ctx context.Context, externalID string) (Workspace, error) {
	return one(ctx, r.q, "reading a workspace", scanWorkspace, `SELECT `+workspaceColumns+` FROM workspaces w WHERE w.external_id = $1`, externalID)
}

// Workspaces is a page of workspaces by name, those whose name or external ID begins with prefix, after a (name, id).
func (r reads) Workspaces(ctx context.Context, prefix, afterName, afterID string, limit int) ([]Workspace, error) {
	return many(ctx, r.q, "listing workspaces", scanWorkspace, `
		SELECT `+workspaceColumns+` FROM workspaces w
		WHERE (LOWER(w.name) LIKE $1 ESCAPE '\' OR LOWER(w.external_id) LIKE $1 ESCAPE '\') AND (w.name, w.id) > ($2, $3)
		ORDER BY w.name, w.id LIMIT $4`, likePrefix(prefix), afterName, afterID, limit)
}

// PutWorkspace stores a workspace as the host's token describes it, and says whether that changed anything. An account
// once given stays: its users and instances live there.
func (t *Tx) PutWorkspace(ctx context.Context, w Workspace) (stored Workspace, changed bool, err error) {
	was, err := t.WorkspaceByExternalID(ctx, w.ExternalID)
	if err == nil {
		return t.updateWorkspace(ctx, was, w)
	}
	if !errors.Is(err, ErrNotFound) {
		return w, false, err
	}
	w.ID, w.CreatedAt, w.UpdatedAt = t.newID(), t.Now(), t.Now()
	key, err := t.keys.keys.newDataKey(w.ID)
	if err != nil {
		return w, false, err
	}
	n, err := t.exec(ctx, "storing a workspace", `
		INSERT INTO workspaces (id, external_id, name, account_id, personal, attributes, data_key, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT (external_id) DO NOTHING`,
		w.ID, w.ExternalID, w.Name, w.AccountID, w.Personal, JSON[map[string]string]{w.Attributes}, key, w.CreatedAt)
	if err != nil || n == 1 {
		return w, true, err
	}
	was, err = t.WorkspaceByExternalID(ctx, w.ExternalID) // another first visit was quicker
	return was, false, err
}

func (t *Tx) updateWorkspace(ctx context.Context, was, now Workspace) (stored Workspace, changed bool, err error) {
	if was.Name == now.Name && maps.Equal(was.Attributes, now.Attributes) {
		return was, false, nil
	}
	was.Name, was.Attributes, was.UpdatedAt = now.Name, now.Attributes, t.Now()
	_, err = t.exec(ctx, "updating a workspace", `UPDATE workspaces SET name = $2, attributes = $3, updated_at = $4 WHERE id = $1`,
		was.ID, was.Name, JSON[map[string]string]{was.Attributes}, was.UpdatedAt)
	return was, true, err
}
