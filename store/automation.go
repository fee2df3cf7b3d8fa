package store

import (
	"context"
	"time"
)

// Automation is a flow of a workspace's project at an Activepieces: an instance's, or one made in the builder.
type Automation struct {
	ID          string
	AccountID   string
	WorkspaceID string
	IdentityID  string
	InstanceID  string // of the instance that it runs; "" = made in the builder
	UpstreamID  string
	Name        string
	Enabled     bool // where an instance has it: what is wished of the instance
	Published   bool
	Valid       bool // every step of its latest version is complete
	SeenAt      Time // when the platform was asked for what is here
	GoneAt      Time
	CreatedAt   Time

	InstanceState string // "" where there is no instance
	Changeable    bool   // by the user who asked
}

// Switchable says whether turning it on or off can work.
func (a Automation) Switchable() bool {
	if a.InstanceID != "" {
		return a.InstanceState == Enabled || a.InstanceState == Disabled
	}
	return a.Enabled || a.Published && a.Valid
}

// AutomationCard is an automation as lists show it.
type AutomationCard struct {
	Automation
	Last Run // the newest; the zero Run when none is known
}

// seenAutomations is what a user ($1 its workspace, $2 the user, $3 their role) sees: all of the workspace's, but of
// instances only those that they see. They may change what OwnInstance lets them change, and unless they only look, what
// was made in the builder.
const (
	automationColumns = `a.id, a.account_id, a.workspace_id, a.identity_id, a.instance_id, a.upstream_id, a.name,
		CASE WHEN n.id IS NULL THEN a.enabled ELSE n.want_enabled END, a.published, a.valid, a.seen_at, a.gone_at, a.created_at, COALESCE(n.state, ''),
		$3 <> 'viewer' AND (a.instance_id = '' OR n.owner_id = $2 OR $3 = 'admin')`
	seenAutomations = ` FROM automations a LEFT JOIN instances n ON n.id = a.instance_id
		LEFT JOIN runs r ON r.id = (SELECT l.id FROM runs l WHERE l.automation_id = a.id ORDER BY l.at DESC, l.id DESC LIMIT 1)
		WHERE a.workspace_id = $1 AND a.gone_at = 0 AND (a.instance_id = '' OR (n.state <> 'deleted' AND (n.shared OR n.owner_id = $2)))`
	lastRunColumns = `COALESCE(r.id, ''), COALESCE(r.upstream_id, ''), COALESCE(r.status, ''), COALESCE(r.step, ''), COALESCE(r.message, ''),
		COALESCE(r.at, 0), COALESCE(r.started_at, 0), COALESCE(r.ended_at, 0), COALESCE(r.retried_at, 0)`
)

func (a *Automation) fields() []any {
	return []any{&a.ID, &a.AccountID, &a.WorkspaceID, &a.IdentityID, &a.InstanceID, &a.UpstreamID, &a.Name,
		&a.Enabled, &a.Published, &a.Valid, &a.SeenAt, &a.GoneAt, &a.CreatedAt, &a.InstanceState, &a.Changeable}
}

func scanAutomationCard(r row) (AutomationCard, error) {
	var c AutomationCard
	err := r.Scan(append(c.fields(), c.Last.fields()...)...)
	c.Last.AutomationID = c.ID
	return c, err
}

// Automations is a page by name of those that a user sees.
func (r reads) Automations(ctx context.Context, u User, offset, limit int) ([]AutomationCard, error) {
	return many(ctx, r.q, "listing automations", scanAutomationCard,
		`SELECT `+automationColumns+`, `+lastRunColumns+seenAutomations+` ORDER BY a.name, a.id LIMIT $4 OFFSET $5`, u.WorkspaceID, u.ID, u.Role, limit, offset)
}

// Automation is one that a user sees; ErrNotFound when there is none, or none for them.
func (r reads) Automation(ctx context.Context, u User, id string) (AutomationCard, error) {
	return one(ctx, r.q, "reading an automation", scanAutomationCard,
		`SELECT `+automationColumns+`, `+lastRunColumns+seenAutomations+` AND a.id = $4`, u.WorkspaceID, u.ID, u.Role, id)
}

// InstanceAutomations is the automations of an instance that a user sees: of what is offered each has one.
func (r reads) InstanceAutomations(ctx context.Context, u User, instanceID string) ([]AutomationCard, error) {
	return many(ctx, r.q, "listing an instance's automations", scanAutomationCard,
		`SELECT `+automationColumns+`, `+lastRunColumns+seenAutomations+` AND a.instance_id = $4 ORDER BY a.name, a.id`, u.WorkspaceID, u.ID, u.Role, instanceID)
}

// PutAutomations stores all flows that the platform listed of an identity's project when it was asked: those it no longer
// lists are gone. What is newer here stays. Instances are found by the flow's ID; InstanceID says which one a flow was made
// for, and counts until that instance knows its flow.
func (t *Tx) PutAutomations(ctx context.Context, i Identity, listed []Automation, asked time.Time) error {
	there := map[string]bool{}
	for _, a := range listed {
		there[a.UpstreamID] = true
		if _, err := t.exec(ctx, "storing an automation", `
			INSERT INTO automations (id, account_id, workspace_id, identity_id, instance_id, upstream_id, name, enabled, published, valid, seen_at, created_at)
			VALUES ($1, $2, $3, $4, COALESCE(
				(SELECT MAX(n.id) FROM instances n WHERE n.account_id = $2 AND n.upstream_id = $5),
				(SELECT n.id FROM instances n WHERE n.id = $6 AND n.identity_id = $4 AND n.upstream_id = ''), ''), $5, $7, $8, $9, $10, $11, $12)
			ON CONFLICT (account_id, upstream_id) DO UPDATE SET instance_id = excluded.instance_id, name = excluded.name, enabled = excluded.enabled,
				published = excluded.published, valid = excluded.valid, seen_at = excluded.seen_at, gone_at = 0
			WHERE automations.seen_at <= excluded.seen_at AND automations.identity_id = excluded.identity_id`,
			t.newID(), i.AccountID, i.WorkspaceID, i.ID, a.UpstreamID, a.InstanceID, a.Name, a.Enabled, a.Published, a.Valid, At(asked), t.Now()); err != nil {
			return err
		}
	}
	known, err := many(ctx, t.q, "listing automations", func(r row) ([2]string, error) {
		var k [2]string
		return k, r.Scan(&k[0], &k[1])
	}, `SELECT id, upstream_id FROM automations WHERE identity_id = $1 AND gone_at = 0 AND seen_at <= $2`, i.ID, At(asked))
	if err != nil {
		return err
	}
	for _, k := range known {
		if there[k[1]] {
			continue
		}
		if _, err := t.exec(ctx, "marking an automation gone", `UPDATE automations SET gone_at = $2 WHERE id = $1`, k[0], t.Now()); err != nil {
			return err
		}
	}
	return nil
}

// SetAutomation keeps what the platform has answered about one automation just now.
func (t *Tx) SetAutomation(ctx context.Context, id string, enabled, published, valid bool) error {
	return t.exec1(ctx, "storing an automation", `UPDATE automations SET enabled = $2, published = $3, valid = $4, seen_at = $5 WHERE id = $1`,
		id, enabled, published, valid, t.Now())
}

// AutomationSync is how fresh the copies of a project's flows and runs are.
type AutomationSync struct {
	TriedAt Time // when the last copy began
	DoneAt  Time // when the last one began that came to its end; zero: none
	Error   string
}

// AutomationSync is how fresh an identity's are; the zero value when nobody has tried.
func (r reads) AutomationSync(ctx context.Context, identityID string) (AutomationSync, error) {
	all, err := many(ctx, r.q, "reading a sync", func(r row) (AutomationSync, error) {
		var s AutomationSync
		return s, r.Scan(&s.TriedAt, &s.DoneAt, &s.Error)
	}, `SELECT tried_at, done_at, error FROM automation_syncs WHERE identity_id = $1`, identityID)
	if err != nil || len(all) == 0 {
		return AutomationSync{}, err
	}
	return all[0], nil
}

// BeginAutomationSync notes that a copy begins at a time; false when one has begun within the duration before it.
func (t *Tx) BeginAutomationSync(ctx context.Context, identityID string, at time.Time, unless time.Duration) (bool, error) {
	n, err := t.exec(ctx, "noting a sync", `
		INSERT INTO automation_syncs (identity_id, tried_at) VALUES ($1, $2)
		ON CONFLICT (identity_id) DO UPDATE SET tried_at = $2 WHERE automation_syncs.tried_at <= $3`,
		identityID, At(at), At(at.Add(-unless)))
	return n == 1, err
}

// EndAutomationSync notes how a copy that began at a time has ended: an error's text, or "".
func (t *Tx) EndAutomationSync(ctx context.Context, identityID string, began time.Time, problem string) error {
	done := At(began)
	if problem != "" {
		done = Time{}
	}
	_, err := t.exec(ctx, "noting a sync", `
		UPDATE automation_syncs SET error = $3, done_at = CASE WHEN $2 > done_at THEN $2 ELSE done_at END WHERE identity_id = $1`, identityID, done, problem)
	return err
}

// StaleAutomations is the identities whose flows and runs are to be copied: those of an Activepieces with somebody who has
// come since a time, or with an instance, last tried before another time; and those with a run under way, last tried
// before a third. The oldest come first.
func (r reads) StaleAutomations(ctx context.Context, visited, tried, watched time.Time, limit int) ([]string, error) {
	return many(ctx, r.q, "listing automations to copy", scalar[string], `
		SELECT i.id FROM identities i JOIN accounts k ON k.id = i.account_id LEFT JOIN automation_syncs s ON s.identity_id = i.id
		WHERE k.platform = 'activepieces' AND i.upstream_id <> ''
			AND ((COALESCE(s.tried_at, 0) < $2 AND (EXISTS (SELECT 1 FROM users u WHERE u.workspace_id = i.workspace_id AND u.seen_at >= $1)
					OR EXISTS (SELECT 1 FROM instances n WHERE n.identity_id = i.id AND n.state <> 'deleted')))
				OR (s.tried_at < $3 AND EXISTS (SELECT 1 FROM automations a JOIN runs r ON r.automation_id = a.id
					WHERE a.identity_id = i.id AND a.gone_at = 0 AND r.status IN ('QUEUED', 'RUNNING') AND r.at >= $1)))
		ORDER BY COALESCE(s.tried_at, 0), i.id LIMIT $4`, At(visited), At(tried), At(watched), limit)
}
