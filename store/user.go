package store

import (
	"context"
	"slices"
	"strings"
)

// Roles of a person in a workspace, by what they may do: look, connect their own, and act on shared ones of others.
const (
	RoleViewer = "viewer"
	RoleMember = "member"
	RoleAdmin  = "admin"
)

// User is a person of a workspace.
type User struct {
	ID          string
	WorkspaceID string
	ExternalID  string // the host's
	Name        string
	Email       string
	Role        string   // RoleViewer, RoleMember or RoleAdmin
	Locale      string   // as the host says, e.g. "de-CH"
	Tags        []string // of the integrations they may see; nil = all
	CreatedAt   Time
	UpdatedAt   Time
	SeenAt      Time
}

const userColumns = `u.id, u.workspace_id, u.external_id, u.name, u.email, u.role, u.locale, u.tags, u.created_at, u.updated_at, u.seen_at`

func (u *User) fields(tags *JSON[[]string]) []any {
	return []any{&u.ID, &u.WorkspaceID, &u.ExternalID, &u.Name, &u.Email, &u.Role, &u.Locale, tags, &u.CreatedAt, &u.UpdatedAt, &u.SeenAt}
}

func scanUser(r row) (User, error) {
	var u User
	var tags JSON[[]string]
	err := r.Scan(u.fields(&tags)...)
	u.Tags = tags.V
	return u, err
}

// User is one user; ErrNotFound when there is none.
func (r reads) User(ctx context.Context, id string) (User, error) {
	return one(ctx, r.q, "reading a user", scanUser, `SELECT `+userColumns+` FROM users u WHERE u.id = $1`, id)
}

// UsersByExternalID is the users that the host knows by an ID: one a workspace that they have come from.
func (r reads) UsersByExternalID(ctx context.Context, externalID string) ([]User, error) {
	return many(ctx, r.q, "finding users", scanUser, `SELECT `+userColumns+` FROM users u WHERE u.external_id = $1 ORDER BY u.id`, externalID)
}

// WorkspaceUsers is the users of a workspace by name.
func (r reads) WorkspaceUsers(ctx context.Context, workspaceID string, limit int) ([]User, error) {
	return many(ctx, r.q, "listing users", scanUser, `SELECT `+userColumns+` FROM users u WHERE u.workspace_id = $1 ORDER BY u.name, u.id LIMIT $2`, workspaceID, limit)
}

// Member is a user with who they are at their workspace's platform.
type Member struct {
	User
	PlatformExternalID string // what the platform knows them by; "" before the first visit
	PlatformID         string // "" until the platform has confirmed it
}

// Members is a page of a workspace's users by name, after a (name, id).
func (r reads) Members(ctx context.Context, workspaceID, afterName, afterID string, limit int) ([]Member, error) {
	return many(ctx, r.q, "listing users", func(row row) (Member, error) {
		var m Member
		var tags JSON[[]string]
		err := row.Scan(append(m.fields(&tags), &m.PlatformExternalID, &m.PlatformID)...)
		m.Tags = tags.V
		return m, err
	}, `
		SELECT `+userColumns+`, COALESCE(i.external_id, j.external_id, ''), COALESCE(i.upstream_id, j.upstream_id, '')
		FROM users u JOIN workspaces w ON w.id = u.workspace_id
		LEFT JOIN identities i ON i.account_id = w.account_id AND i.workspace_id = w.id AND i.user_id = u.id
		LEFT JOIN identities j ON j.account_id = w.account_id AND j.workspace_id = w.id AND j.user_id = ''
		WHERE u.workspace_id = $1 AND (u.name, u.id) > ($2, $3) ORDER BY u.name, u.id LIMIT $4`, workspaceID, afterName, afterID, limit)
}

// PutUser stores a user as the host's token describes them, and says whether that changed anything but the visit.
func (t *Tx) PutUser(ctx context.Context, u User) (stored User, changed bool, err error) {
	id := t.newID()
	n, err := t.exec(ctx, "storing a user", `
		INSERT INTO users (id, workspace_id, external_id, name, email, role, locale, tags, created_at, updated_at, seen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $9) ON CONFLICT (workspace_id, external_id) DO NOTHING`,
		id, u.WorkspaceID, u.ExternalID, u.Name, u.Email, u.Role, u.Locale, JSON[[]string]{u.Tags}, t.Now())
	if err != nil {
		return u, false, err
	}
	if n == 1 {
		u.ID, u.CreatedAt, u.UpdatedAt, u.SeenAt = id, t.Now(), t.Now(), t.Now()
		return u, true, nil
	}
	was, err := one(ctx, t.q, "reading a user", scanUser, `SELECT `+userColumns+` FROM users u WHERE u.workspace_id = $1 AND u.external_id = $2`, u.WorkspaceID, u.ExternalID)
	if err != nil {
		return u, false, err
	}
	u.ID, u.CreatedAt, u.UpdatedAt, u.SeenAt = was.ID, was.CreatedAt, was.UpdatedAt, t.Now()
	if changed = !was.sameAs(u); changed {
		u.UpdatedAt = t.Now()
	}
	_, err = t.exec(ctx, "updating a user", `
		UPDATE users SET name = $2, email = $3, role = $4, locale = $5, tags = $6, updated_at = $7, seen_at = $8 WHERE id = $1`,
		u.ID, u.Name, u.Email, u.Role, u.Locale, JSON[[]string]{u.Tags}, u.UpdatedAt, u.SeenAt)
	return u, changed, err
}

// sameAs says whether the host's token says the same of both; no tags at all and an empty list differ.
func (u User) sameAs(o User) bool {
	return u.Name == o.Name && u.Email == o.Email && u.Role == o.Role && u.Locale == o.Locale &&
		slices.Equal(u.Tags, o.Tags) && (u.Tags == nil) == (o.Tags == nil)
}

// likePrefix is a LIKE pattern for what begins with s, in lower case.
func likePrefix(s string) string { return likeEscape(s) + "%" }

// likeAnywhere is a LIKE pattern for what contains s, in lower case.
func likeAnywhere(s string) string { return "%" + likeEscape(s) + "%" }

func likeEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(s))
}
