package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// States of a predefined connection in one workspace's project.
const (
	ConnWaiting  = "waiting"  // not made yet, or what it holds is out of date
	ConnAsked    = "asked"    // a value has to come from the workspace
	ConnChecking = "checking" // the platform is still checking
	ConnActive   = "active"
	ConnError    = "error"   // the platform says that the service no longer takes it
	ConnMissing  = "missing" // gone at the platform, or it holds nothing there
	ConnChanged  = "changed" // differs at the platform from what was made
	ConnDouble   = "double"  // the name leads to several
	ConnRefused  = "refused" // the service or we ourselves will not have it; Detail says why
	ConnFailed   = "failed"  // the platform is silent or refuses us
	ConnRemoving = "removing"
	ConnRemoved  = "removed"
)

// WorkspaceConnection is a predefined connection in one workspace's project.
type WorkspaceConnection struct {
	PredefinedID  string
	WorkspaceID   string
	WorkspaceName string
	ProjectID     string // the platform's ID of the workspace's project, "" = none yet
	Name          string // by which flows name it
	UpstreamID    string // "" = the platform has not confirmed one
	Revision      int    // that the platform has; 0 = none, or one with values that have changed
	State         string
	Detail        string // the service's words, or a reason of our own: see Reason
	Resolves      int    // connections that the name led to in the project when last looked at
	Tries         int    // failures in a row
	NotBefore     Time
	CheckedAt     Time
	UpdatedAt     Time // strictly later with each change, so that it tells one from the next
}

// ownReason begins what we ourselves say of a connection or an item of a rollout, in the place of the service's words.
const ownReason = "portico:"

// OwnReason is a detail that names a reason of ours: a code (a message predefined.reason.CODE) and what it is about.
func OwnReason(code, about string) string { return ownReason + code + ":" + about }

// Reason takes a detail apart: a code and what it is about where the reason is ours, else both are "" and the detail is
// the service's words.
func Reason(detail string) (code, about string) {
	rest, ours := strings.CutPrefix(detail, ownReason)
	if !ours {
		return "", ""
	}
	code, about, _ = strings.Cut(rest, ":")
	return code, about
}

const (
	workspaceConnectionColumns = `x.predefined_id, x.workspace_id, w.name, COALESCE(i.upstream_id, ''), x.name, x.upstream_id, x.revision, x.state, x.detail, x.resolves,
	x.tries, x.not_before, x.checked_at, x.updated_at`
	workspaceConnectionTables = ` FROM workspace_connections x JOIN predefined_connections c ON c.id = x.predefined_id JOIN workspaces w ON w.id = x.workspace_id
	LEFT JOIN identities i ON i.account_id = c.account_id AND i.workspace_id = x.workspace_id AND i.user_id = ''`
)

func scanWorkspaceConnection(r row) (WorkspaceConnection, error) {
	var c WorkspaceConnection
	return c, r.Scan(&c.PredefinedID, &c.WorkspaceID, &c.WorkspaceName, &c.ProjectID, &c.Name, &c.UpstreamID, &c.Revision, &c.State, &c.Detail, &c.Resolves,
		&c.Tries, &c.NotBefore, &c.CheckedAt, &c.UpdatedAt)
}

// WorkspaceConnection is a predefined connection in one workspace; ErrNotFound when it was never to be made there.
func (r reads) WorkspaceConnection(ctx context.Context, predefinedID, workspaceID string) (WorkspaceConnection, error) {
	return one(ctx, r.q, "reading a workspace's connection", scanWorkspaceConnection, `
		SELECT `+workspaceConnectionColumns+workspaceConnectionTables+` WHERE x.predefined_id = $1 AND x.workspace_id = $2`, predefinedID, workspaceID)
}

// WorkspaceConnections is a page of a predefined connection's workspaces by name, after a (name, ID), those in a state;
// "" is every state but removed.
func (r reads) WorkspaceConnections(ctx context.Context, predefinedID, state, afterName, afterID string, limit int) ([]WorkspaceConnection, error) {
	return many(ctx, r.q, "listing workspaces' connections", scanWorkspaceConnection, `
		SELECT `+workspaceConnectionColumns+workspaceConnectionTables+`
		WHERE x.predefined_id = $1 AND (x.state = $2 OR ($2 = '' AND x.state <> 'removed')) AND (w.name, w.id) > ($3, $4)
		ORDER BY w.name, w.id LIMIT $5`, predefinedID, state, afterName, afterID, limit)
}

// ConnectionsOf is the predefined connections of a workspace that are not removed.
func (r reads) ConnectionsOf(ctx context.Context, workspaceID string) ([]WorkspaceConnection, error) {
	return many(ctx, r.q, "listing a workspace's connections", scanWorkspaceConnection, `
		SELECT `+workspaceConnectionColumns+workspaceConnectionTables+` WHERE x.workspace_id = $1 AND x.state <> 'removed' ORDER BY c.title, x.predefined_id`, workspaceID)
}

// AccountConnections is every workspace's connections at an account that are not removed.
func (r reads) AccountConnections(ctx context.Context, accountID string) ([]WorkspaceConnection, error) {
	return many(ctx, r.q, "listing an account's connections", scanWorkspaceConnection, `
		SELECT `+workspaceConnectionColumns+workspaceConnectionTables+` WHERE c.account_id = $1 AND x.state <> 'removed'`, accountID)
}

// CountConnections counts the workspaces of a predefined connection by state; those removed are left out.
func (r reads) CountConnections(ctx context.Context, predefinedID string) (map[string]int, error) {
	type count struct {
		state string
		n     int
	}
	all, err := many(ctx, r.q, "counting connections", func(row row) (count, error) {
		var c count
		return c, row.Scan(&c.state, &c.n)
	}, `SELECT state, COUNT(*) FROM workspace_connections WHERE predefined_id = $1 AND state <> 'removed' GROUP BY state`, predefinedID)
	counts := map[string]int{}
	for _, c := range all {
		counts[c.state] = c.n
	}
	return counts, err
}

// HasConnections says whether any workspace has a predefined connection that is not removed. The order of states lets an
// index answer that.
func (r reads) HasConnections(ctx context.Context, predefinedID string) (bool, error) {
	return one(ctx, r.q, "looking for connections", scalar[bool], `
		SELECT EXISTS (SELECT 1 FROM workspace_connections WHERE predefined_id = $1 AND state < 'removed')
			OR EXISTS (SELECT 1 FROM workspace_connections WHERE predefined_id = $1 AND state > 'removed')`, predefinedID)
}

// CountResolving counts the projects in which a predefined connection's name leads to exactly one connection, as last
// looked at.
func (r reads) CountResolving(ctx context.Context, predefinedID string) (int, error) {
	return one(ctx, r.q, "counting connections", scalar[int], `
		SELECT COUNT(*) FROM workspace_connections WHERE predefined_id = $1 AND state <> 'removed' AND resolves = 1`, predefinedID)
}

// ConnectionUsed says whether another workspace's connection is the same one at the platform.
func (r reads) ConnectionUsed(ctx context.Context, upstreamID, exceptPredefinedID, exceptWorkspaceID string) (bool, error) {
	n, err := one(ctx, r.q, "looking for a connection", scalar[int], `
		SELECT COUNT(*) FROM workspace_connections WHERE upstream_id = $1 AND state <> 'removed' AND NOT (predefined_id = $2 AND workspace_id = $3)`,
		upstreamID, exceptPredefinedID, exceptWorkspaceID)
	return n > 0, err
}

// nextVersion is SQL for when a row is changed: now, but later than the last change on a clock that stands still.
const nextVersion = `CASE WHEN updated_at >= $1 THEN updated_at + 1 ELSE $1 END`

// MakeConnection stores that a workspace is to have a predefined connection; one that it has, or is being removed, stays
// as it is. ErrExists when another of its connections has the name: nothing is written and the transaction may go on.
func (t *Tx) MakeConnection(ctx context.Context, predefinedID, workspaceID, name string) error {
	if err := t.nameFree(ctx, predefinedID, workspaceID, name); err != nil {
		return err
	}
	_, err := t.exec(ctx, "storing a workspace's connection", `
		INSERT INTO workspace_connections (predefined_id, workspace_id, name, state, updated_at) VALUES ($2, $3, $4, 'waiting', $1)
		ON CONFLICT (predefined_id, workspace_id) DO UPDATE SET name = $4, upstream_id = '', revision = 0, state = 'waiting', detail = '', resolves = 0, tries = 0,
			not_before = 0, updated_at = CASE WHEN workspace_connections.updated_at >= $1 THEN workspace_connections.updated_at + 1 ELSE $1 END
		WHERE workspace_connections.state = 'removed'`, t.Now(), predefinedID, workspaceID, name)
	return err
}

func (t *Tx) nameFree(ctx context.Context, predefinedID, workspaceID, name string) error {
	n, err := one(ctx, t.q, "looking for a connection's name", scalar[int], `
		SELECT COUNT(*) FROM workspace_connections WHERE workspace_id = $1 AND name = $2 AND predefined_id <> $3 AND state <> 'removed'`, workspaceID, name, predefinedID)
	if err == nil && n > 0 {
		return fmt.Errorf("a connection named %s: %w", name, ErrExists)
	}
	return err
}

// ClaimConnection takes a workspace's connection for one process until a time; false when another has it, or there is
// none. Claiming again prolongs.
func (t *Tx) ClaimConnection(ctx context.Context, predefinedID, workspaceID, by string, until time.Time) (bool, error) {
	n, err := t.exec(ctx, "claiming a connection", `
		UPDATE workspace_connections SET claimed_by = $3, claimed_until = $4
		WHERE predefined_id = $1 AND workspace_id = $2 AND (claimed_until < $5 OR claimed_by = $3)`, predefinedID, workspaceID, by, At(until), t.Now())
	return n == 1, err
}

// ReleaseConnection gives a claim back.
func (t *Tx) ReleaseConnection(ctx context.Context, predefinedID, workspaceID, by string) error {
	_, err := t.exec(ctx, "releasing a connection", `
		UPDATE workspace_connections SET claimed_by = '', claimed_until = 0 WHERE predefined_id = $1 AND workspace_id = $2 AND claimed_by = $3`, predefinedID, workspaceID, by)
	return err
}

// PutConnection writes what has become of a connection that a process has claimed ("" = that nobody has). ErrLost when
// the claim was lost, or when the row was changed since c was read: then nothing is written, and what is due is not what
// it was.
func (t *Tx) PutConnection(ctx context.Context, c WorkspaceConnection, by string) error {
	if err := t.nameFree(ctx, c.PredefinedID, c.WorkspaceID, c.Name); err != nil {
		return err
	}
	n, err := t.exec(ctx, "storing a workspace's connection", `
		UPDATE workspace_connections SET name = $5, upstream_id = $6, revision = $7, state = $8, detail = $9, resolves = $10, tries = $11, not_before = $12,
			checked_at = $13, updated_at = `+nextVersion+`
		WHERE predefined_id = $2 AND workspace_id = $3 AND updated_at = $4 AND (claimed_by = $14 OR ($14 = '' AND claimed_until < $1))`,
		t.Now(), c.PredefinedID, c.WorkspaceID, c.UpdatedAt, c.Name, c.UpstreamID, c.Revision, c.State, clip(c.Detail), c.Resolves, c.Tries, c.NotBefore, c.CheckedAt, by)
	if err == nil && n == 0 {
		return ErrLost
	}
	return err
}

// NoteConnection keeps which connection a process that has claimed the row has made, though the row was changed meanwhile
// and what is due is not what it was.
func (t *Tx) NoteConnection(ctx context.Context, predefinedID, workspaceID, upstreamID, by string) error {
	_, err := t.exec(ctx, "noting a connection", `
		UPDATE workspace_connections SET upstream_id = $3 WHERE predefined_id = $1 AND workspace_id = $2 AND claimed_by = $4`, predefinedID, workspaceID, upstreamID, by)
	return err
}

// clip makes of a platform's words what can be kept: both databases take it, and a page shows it.
func clip(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\x00", "")
	if r := []rune(s); len(r) > 500 {
		return string(r[:499]) + "…"
	}
	return s
}

// DueConnection marks that a connection has to be made anew: its values have changed, or somebody asks for it. It is so
// for whoever is at work on it too. That the outcome of an earlier try is not known stays known; one that is being removed
// stays as it is.
func (t *Tx) DueConnection(ctx context.Context, predefinedID, workspaceID string) error {
	_, err := t.exec(ctx, "asking for a connection", `
		UPDATE workspace_connections SET revision = 0, state = CASE WHEN state IN ('checking', 'failed') THEN 'checking' ELSE 'waiting' END, detail = '', tries = 0, not_before = 0, updated_at = `+nextVersion+`
		WHERE predefined_id = $2 AND workspace_id = $3 AND state NOT IN ('removing', 'removed')`, t.Now(), predefinedID, workspaceID)
	return err
}

// HurryConnection takes the wait from a connection that failed or was refused, so that it is tried at once.
func (t *Tx) HurryConnection(ctx context.Context, predefinedID, workspaceID string) error {
	_, err := t.exec(ctx, "hurrying a connection", `
		UPDATE workspace_connections SET tries = 0, not_before = 0, updated_at = `+nextVersion+`
		WHERE predefined_id = $2 AND workspace_id = $3 AND not_before > 0`, t.Now(), predefinedID, workspaceID)
	return err
}

// AttributesChanged marks a workspace's connections whose values come from its attributes as due, and says which.
func (t *Tx) AttributesChanged(ctx context.Context, workspaceID string) ([]string, error) {
	all, err := many(ctx, t.q, "listing a workspace's connections", scanPredefined, `
		SELECT `+predefinedColumns+` FROM predefined_connections c JOIN workspace_connections x ON x.predefined_id = c.id
		WHERE x.workspace_id = $1 AND c.state = 'active' AND x.state NOT IN ('removing', 'removed') ORDER BY c.id`, workspaceID)
	if err != nil {
		return nil, err
	}
	var due []string
	for _, c := range all {
		if !c.From(FromAttribute) {
			continue
		}
		if err := t.DueConnection(ctx, c.ID, workspaceID); err != nil {
			return nil, err
		}
		due = append(due, c.ID)
	}
	return due, nil
}

// RemoveConnection marks that a connection is to be removed at the platform; false when there is none.
func (t *Tx) RemoveConnection(ctx context.Context, predefinedID, workspaceID string) (bool, error) {
	n, err := t.exec(ctx, "asking for a connection's removal", `
		UPDATE workspace_connections SET state = 'removing', tries = 0, not_before = 0, updated_at = `+nextVersion+`
		WHERE predefined_id = $2 AND workspace_id = $3 AND state <> 'removed'`, t.Now(), predefinedID, workspaceID)
	return n == 1, err
}

// ConnectionsChecked notes that the connections of an account were looked at.
func (t *Tx) ConnectionsChecked(ctx context.Context, accountID string, began time.Time) error {
	_, err := t.exec(ctx, "noting a look at connections", `
		UPDATE workspace_connections SET checked_at = $2
		WHERE checked_at < $2 AND state <> 'removed' AND predefined_id IN (SELECT id FROM predefined_connections WHERE account_id = $1)`, accountID, At(began))
	return err
}
