package store

import (
	"context"
	"slices"
)

// WorkspaceProject is a workspace of an account with its project there.
type WorkspaceProject struct {
	WorkspaceID string
	ExternalID  string // the host's, which is also the project's
	Name        string
	ProjectID   string // the platform's; "" = not made yet
	ProjectName string // there
	Problem     string // why it could not be made; "" = nothing is known against it
	Connections int    // predefined ones that it has, or is to have
	Ready       int    // of those, the ones that are active
}

// isOf is SQL for that a workspace w is one of an account a: its own, or the default one of a platform where it has none
// of its own.
const isOf = `(w.account_id = a.id OR (a.is_default AND a.platform <> (SELECT o.platform FROM accounts o WHERE o.id = w.account_id)))`

// Projects is a page of an account's workspaces by name, those whose name or external ID begins with prefix, after a
// (name, ID).
func (r reads) Projects(ctx context.Context, accountID, prefix, afterName, afterID string, limit int) ([]WorkspaceProject, error) {
	return many(ctx, r.q, "listing projects", func(row row) (WorkspaceProject, error) {
		var p WorkspaceProject
		return p, row.Scan(&p.WorkspaceID, &p.ExternalID, &p.Name, &p.ProjectID, &p.ProjectName, &p.Problem, &p.Connections, &p.Ready)
	}, `
		SELECT w.id, w.external_id, w.name, COALESCE(i.upstream_id, ''), COALESCE(i.upstream_name, ''), COALESCE(i.sync_error, ''),
			(SELECT COUNT(*) FROM workspace_connections x JOIN predefined_connections c ON c.id = x.predefined_id
				WHERE x.workspace_id = w.id AND c.account_id = a.id AND x.state <> 'removed'),
			(SELECT COUNT(*) FROM workspace_connections x JOIN predefined_connections c ON c.id = x.predefined_id
				WHERE x.workspace_id = w.id AND c.account_id = a.id AND x.state = 'active')
		FROM accounts a JOIN workspaces w ON `+isOf+`
		LEFT JOIN identities i ON i.account_id = a.id AND i.workspace_id = w.id AND i.user_id = ''
		WHERE a.id = $1 AND (LOWER(w.name) LIKE $2 ESCAPE '\' OR LOWER(w.external_id) LIKE $2 ESCAPE '\') AND (w.name, w.id) > ($3, $4)
		ORDER BY w.name, w.id LIMIT $5`, accountID, likePrefix(prefix), afterName, afterID, limit)
}

// ProjectCounts is how many workspaces an account has, and how many of them have their project.
type ProjectCounts struct{ Workspaces, Made int }

// CountProjects counts an account's workspaces and their projects.
func (r reads) CountProjects(ctx context.Context, accountID string) (ProjectCounts, error) {
	return one(ctx, r.q, "counting projects", func(row row) (ProjectCounts, error) {
		var c ProjectCounts
		return c, row.Scan(&c.Workspaces, &c.Made)
	}, `
		SELECT COUNT(*), COUNT(i.id) FROM accounts a JOIN workspaces w ON `+isOf+`
		LEFT JOIN identities i ON i.account_id = a.id AND i.workspace_id = w.id AND i.user_id = '' AND i.upstream_id <> ''
		WHERE a.id = $1`, accountID)
}

// CountUpToDate counts the workspaces that have a predefined connection just as it now is.
func (r reads) CountUpToDate(ctx context.Context, predefinedID string) (int, error) {
	return one(ctx, r.q, "counting connections", scalar[int], `
		SELECT COUNT(*) FROM workspace_connections x JOIN predefined_connections c ON c.id = x.predefined_id
		WHERE c.id = $1 AND x.state = 'active' AND x.revision = c.revision`, predefinedID)
}

// TouchedCounts is how many workspaces applying a predefined connection comes to.
type TouchedCounts struct {
	Workspaces int // of the account
	UpToDate   int // have it as it now is
	New        int // have none
	Asked      int // have to give a value first
}

// ofEach is SQL for an account's workspaces w with their copy x of the predefined connection c, where they have one.
const ofEach = ` FROM predefined_connections c JOIN accounts a ON a.id = c.account_id JOIN workspaces w ON ` + isOf + `
	LEFT JOIN workspace_connections x ON x.predefined_id = c.id AND x.workspace_id = w.id AND x.state <> 'removed' WHERE c.id = $1`

// CountTouched counts the workspaces that applying a predefined connection comes to.
func (r reads) CountTouched(ctx context.Context, c PredefinedConnection) (TouchedCounts, error) {
	return one(ctx, r.q, "counting workspaces", func(row row) (TouchedCounts, error) {
		var n TouchedCounts
		return n, row.Scan(&n.Workspaces, &n.UpToDate, &n.New, &n.Asked)
	}, `
		SELECT COUNT(*), COALESCE(SUM(CASE WHEN x.state = 'active' AND x.revision = c.revision THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN x.workspace_id IS NULL THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN x.state = 'asked' THEN 1 ELSE 0 END), 0)`+ofEach, c.ID)
}

// TouchedNames is the names of the first workspaces that applying a predefined connection comes to.
func (r reads) TouchedNames(ctx context.Context, c PredefinedConnection, limit int) ([]string, error) {
	return many(ctx, r.q, "listing workspaces", scalar[string], `
		SELECT w.name`+ofEach+` AND (x.workspace_id IS NULL OR x.state <> 'active' OR x.revision <> c.revision) ORDER BY w.id LIMIT $2`, c.ID, limit)
}

// attributesLookedAt is how many workspaces AttributeNames looks at.
const attributesLookedAt = 500

// AttributeNames is the names of attributes that hosts' tokens have given an account's workspaces: those of the ones that
// came last, in order.
func (r reads) AttributeNames(ctx context.Context, accountID string) ([]string, error) {
	all, err := many(ctx, r.q, "listing attributes", scalar[JSON[map[string]string]], `
		SELECT w.attributes FROM accounts a JOIN workspaces w ON `+isOf+`
		WHERE a.id = $1 AND w.attributes NOT IN ('', '{}', 'null') ORDER BY w.updated_at DESC LIMIT $2`, accountID, attributesLookedAt)
	var names []string
	for _, attributes := range all {
		for name := range attributes.V {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names, err
}

// AccountName is an account by name alone: no secret is opened for it.
type AccountName struct{ ID, Name string }

// AccountNames is the accounts at a platform, the default one first.
func (r reads) AccountNames(ctx context.Context, platform string) ([]AccountName, error) {
	return many(ctx, r.q, "listing accounts", func(row row) (AccountName, error) {
		var a AccountName
		return a, row.Scan(&a.ID, &a.Name)
	}, `SELECT id, name FROM accounts WHERE platform = $1 ORDER BY is_default DESC, name`, platform)
}

// CountAutomations counts the flows of a workspace's project that people have made in the builder.
func (r reads) CountAutomations(ctx context.Context, accountID, workspaceID string) (int, error) {
	return one(ctx, r.q, "counting automations", scalar[int], `
		SELECT COUNT(*) FROM automations WHERE account_id = $1 AND workspace_id = $2 AND instance_id = '' AND gone_at = 0`, accountID, workspaceID)
}
