package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// States of an instance: where its journey stands.
const (
	Creating    = "creating"    // the intent is stored, the platform may or may not know
	Authorizing = "authorizing" // waits for sign-ins
	Configuring = "configuring" // waits for the platform's wizard
	Enabling    = "enabling"    // complete; is being turned on
	Enabled     = "enabled"
	Disabled    = "disabled"
	Deleting    = "deleting"
	Deleted     = "deleted" // the row and its values stay
)

// HoldCheck: staff look at the instance before it is enabled.
const HoldCheck = "check"

// Who can fix what needs attention.
const (
	WhoYou  = "you"
	WhoUs   = "us"
	WhoThem = "them"
)

// VersionFlags is what the platform says of an instance's version.
type VersionFlags struct {
	HasNewer         bool `json:"has_newer"`
	NeedsUserInput   bool `json:"needs_user_input"`
	NeedsSystemInput bool `json:"needs_system_input"`
}

// Instance is a customer's copy of an integration.
type Instance struct {
	ID              string
	WorkspaceID     string
	OwnerID         string
	AccountID       string
	IdentityID      string
	IntegrationID   string
	Shared          bool // with the workspace
	Name            string
	UpstreamName    string // as the platform has it
	UpstreamID      string
	State           string
	WantEnabled     bool
	WizardDone      bool
	Hold            string
	UniqueKey       string
	Attention       string // a cause; "" = none
	AttentionWho    string
	AttentionDetail string // the platform's words, for support
	AttentionSince  Time
	Version         VersionFlags
	CreateTriedAt   Time
	CreateLooked    int
	NotBefore       Time
	ClaimedBy       string
	ClaimedUntil    Time
	Tries           int
	JourneyID       string
	CreatedAt       Time
	UpdatedAt       Time
	UpstreamCreated Time
	EnabledAt       Time
	SeenAt          Time
	DeletedAt       Time
}

// Unfinished says whether the instance is on its way to being connected.
func (i Instance) Unfinished() bool {
	switch i.State {
	case Creating, Authorizing, Configuring, Enabling:
		return true
	}
	return false
}

const instanceColumns = `n.id, n.workspace_id, n.owner_id, n.account_id, n.identity_id, n.integration_id, n.shared, n.name, n.upstream_name, n.upstream_id,
	n.state, n.want_enabled, n.wizard_done, n.hold, n.unique_key, n.attention, n.attention_who, n.attention_detail, n.attention_since, n.version_flags,
	n.create_tried_at, n.create_looked, n.not_before, n.claimed_by, n.claimed_until, n.tries, n.journey_id, n.created_at, n.updated_at,
	n.upstream_created_at, n.enabled_at, n.seen_at, n.deleted_at`

func (i *Instance) fields(version *JSON[VersionFlags]) []any {
	return []any{&i.ID, &i.WorkspaceID, &i.OwnerID, &i.AccountID, &i.IdentityID, &i.IntegrationID, &i.Shared, &i.Name, &i.UpstreamName, &i.UpstreamID,
		&i.State, &i.WantEnabled, &i.WizardDone, &i.Hold, &i.UniqueKey, &i.Attention, &i.AttentionWho, &i.AttentionDetail, &i.AttentionSince, version,
		&i.CreateTriedAt, &i.CreateLooked, &i.NotBefore, &i.ClaimedBy, &i.ClaimedUntil, &i.Tries, &i.JourneyID, &i.CreatedAt, &i.UpdatedAt,
		&i.UpstreamCreated, &i.EnabledAt, &i.SeenAt, &i.DeletedAt}
}

func scanInstance(r row) (Instance, error) {
	var i Instance
	var version JSON[VersionFlags]
	err := r.Scan(i.fields(&version)...)
	i.Version = version.V
	return i, err
}

// Instance is one instance whoever owns it, for jobs and staff; ErrNotFound when there is none.
func (r reads) Instance(ctx context.Context, id string) (Instance, error) {
	return one(ctx, r.q, "reading an instance", scanInstance, `SELECT `+instanceColumns+` FROM instances n WHERE n.id = $1`, id)
}

// SeenInstance is an instance that a user may look at: their own, or one shared in their workspace.
func (r reads) SeenInstance(ctx context.Context, u User, id string) (Instance, error) {
	return one(ctx, r.q, "reading an instance", scanInstance, `
		SELECT `+instanceColumns+` FROM instances n
		WHERE n.id = $1 AND n.workspace_id = $2 AND (n.shared OR n.owner_id = $3) AND n.state <> 'deleted'`, id, u.WorkspaceID, u.ID)
}

// OwnInstance is an instance that a user may change: their own unless they only look, or a shared one for the
// workspace's admins.
func (r reads) OwnInstance(ctx context.Context, u User, id string) (Instance, error) {
	return one(ctx, r.q, "reading an instance", scanInstance, `
		SELECT `+instanceColumns+` FROM instances n
		WHERE n.id = $1 AND n.workspace_id = $2 AND n.state <> 'deleted'
			AND ((n.owner_id = $3 AND $4 <> 'viewer') OR (n.shared AND $4 = 'admin'))`, id, u.WorkspaceID, u.ID, u.Role)
}

// WasOwnInstance says whether a user has disconnected an instance, or could have, as OwnInstance says.
func (r reads) WasOwnInstance(ctx context.Context, u User, id string) (bool, error) {
	return one(ctx, r.q, "reading an instance", scalar[bool], `
		SELECT EXISTS (SELECT 1 FROM instances n
		WHERE n.id = $1 AND n.workspace_id = $2 AND n.state = 'deleted'
			AND ((n.owner_id = $3 AND $4 <> 'viewer') OR (n.shared AND $4 = 'admin')))`, id, u.WorkspaceID, u.ID, u.Role)
}

// Card is an instance as lists show it.
type Card struct {
	Instance
	Title       string // the integration's
	Description string
	Icon        string
	Tags        []string
	OwnerName   string
}

const cardColumns = instanceColumns + `, g.title, g.description, g.icon, g.tags, u.name`

func scanCard(r row) (Card, error) {
	var c Card
	var version JSON[VersionFlags]
	var tags JSON[[]string]
	err := r.Scan(append(c.fields(&version), &c.Title, &c.Description, &c.Icon, &tags, &c.OwnerName)...)
	c.Version, c.Tags = version.V, tags.V
	return c, err
}

// briefColumns is as much of an instance as the catalogue's cards show: it is read more often than anything else.
const briefColumns = `n.id, n.workspace_id, n.owner_id, n.integration_id, n.shared, n.name, n.state, n.want_enabled, n.hold, n.attention, n.attention_who,
	g.title, g.description, g.icon, g.tags, u.name`

func scanBrief(r row) (Card, error) {
	var c Card
	var tags JSON[[]string]
	err := r.Scan(&c.ID, &c.WorkspaceID, &c.OwnerID, &c.IntegrationID, &c.Shared, &c.Name, &c.State, &c.WantEnabled, &c.Hold, &c.Attention, &c.AttentionWho,
		&c.Title, &c.Description, &c.Icon, &tags, &c.OwnerName)
	c.Tags = tags.V
	return c, err
}

// UserCards is the living instances that a user may look at, those that need somebody first, then by name. Of an
// instance it has what a card shows, and no more.
func (r reads) UserCards(ctx context.Context, u User, offset, limit int) ([]Card, error) {
	// The limit is no argument: SQLite looks at that of a UNION ALL, and would read the query again each time it is given.
	return many(ctx, r.q, "listing a user's instances", scanBrief, `
		SELECT `+briefColumns+` FROM (
			SELECT id FROM instances WHERE owner_id = $1 AND workspace_id = $2 AND state <> 'deleted'
			UNION ALL SELECT id FROM instances WHERE workspace_id = $2 AND shared AND owner_id <> $1 AND state <> 'deleted'
		) m JOIN instances n ON n.id = m.id JOIN integrations g ON g.id = n.integration_id JOIN users u ON u.id = n.owner_id
		ORDER BY CASE WHEN n.attention <> '' THEN 0 ELSE 1 END, n.name, n.id LIMIT `+fmt.Sprintf("%d OFFSET %d", limit, offset), u.ID, u.WorkspaceID)
}

// UserIntegrationCards is the living instances of one integration that a user may look at.
func (r reads) UserIntegrationCards(ctx context.Context, u User, integrationID string) ([]Card, error) {
	return many(ctx, r.q, "listing a user's instances", scanCard, `
		SELECT `+cardColumns+` FROM instances n JOIN integrations g ON g.id = n.integration_id JOIN users u ON u.id = n.owner_id
		WHERE n.integration_id = $3 AND n.workspace_id = $2 AND (n.shared OR n.owner_id = $1) AND n.state <> 'deleted'
		ORDER BY n.name, n.id LIMIT 100`, u.ID, u.WorkspaceID, integrationID)
}

// InstanceFilter chooses instances for staff.
type InstanceFilter struct {
	WorkspaceID   string
	IntegrationID string
	State         string
	Hold          string
	Attention     bool
	Before        string // an ID: the page after it
	Limit         int
}

// StaffCard is an instance as staff's lists show it.
type StaffCard struct {
	Card
	WorkspaceName string
	AccountName   string
}

func scanStaffCard(r row) (StaffCard, error) {
	var c StaffCard
	var version JSON[VersionFlags]
	var tags JSON[[]string]
	err := r.Scan(append(c.fields(&version), &c.Title, &c.Description, &c.Icon, &tags, &c.OwnerName, &c.WorkspaceName, &c.AccountName)...)
	c.Version, c.Tags = version.V, tags.V
	return c, err
}

const staffCards = `
	SELECT ` + cardColumns + `, w.name, k.name FROM instances n
	JOIN integrations g ON g.id = n.integration_id JOIN users u ON u.id = n.owner_id
	JOIN workspaces w ON w.id = n.workspace_id JOIN accounts k ON k.id = n.account_id`

// StaffCard is one instance as staff see it; ErrNotFound when there is none.
func (r reads) StaffCard(ctx context.Context, id string) (StaffCard, error) {
	return one(ctx, r.q, "reading an instance", scanStaffCard, staffCards+` WHERE n.id = $1`, id)
}

// Held counts the instances that wait for staff to look at them.
func (r reads) Held(ctx context.Context) (int, error) {
	return one(ctx, r.q, "counting what waits for a check", scalar[int], `SELECT COUNT(*) FROM instances WHERE hold = 'check' AND hold <> ''`)
}

// StaffCards is instances of all workspaces, newest first.
func (r reads) StaffCards(ctx context.Context, f InstanceFilter) ([]StaffCard, error) {
	where, args := []string{"TRUE"}, []any{}
	add := func(clause string, v any) {
		args = append(args, v)
		where = append(where, fmt.Sprintf(clause, len(args)))
	}
	if f.WorkspaceID != "" {
		add("n.workspace_id = $%d", f.WorkspaceID)
	}
	if f.IntegrationID != "" {
		add("n.integration_id = $%d", f.IntegrationID)
	}
	if f.State != "" {
		add("n.state = $%d", f.State)
	}
	if f.Hold != "" {
		add("n.hold = $%d AND n.hold <> ''", f.Hold) // the words of the index, or it is not used
	}
	if f.Attention {
		where = append(where, "n.attention <> ''")
	}
	if f.Before != "" {
		add("n.id < $%d", f.Before)
	}
	args = append(args, f.Limit)
	return many(ctx, r.q, "listing instances", scanStaffCard, staffCards+`
		WHERE `+strings.Join(where, " AND ")+fmt.Sprintf(` ORDER BY n.id DESC LIMIT $%d`, len(args)), args...)
}

// WaitingForSlots is the instances of an integration that are still being connected: a change of its slots is theirs too.
func (r reads) WaitingForSlots(ctx context.Context, integrationID string) ([]Instance, error) {
	return many(ctx, r.q, "listing instances", scanInstance, `
		SELECT `+instanceColumns+` FROM instances n
		WHERE n.integration_id = $1 AND n.state IN ('creating', 'authorizing', 'configuring') ORDER BY n.id`, integrationID)
}

// CreateInstance stores a new instance; where one with its unique key lives, that one comes back, with created false.
func (t *Tx) CreateInstance(ctx context.Context, i Instance) (stored Instance, created bool, err error) {
	i.CreatedAt, i.UpdatedAt = t.Now(), t.Now()
	if i.ID == "" {
		i.ID = t.newID()
	}
	n, err := t.exec(ctx, "storing an instance", `
		INSERT INTO instances (id, workspace_id, owner_id, account_id, identity_id, integration_id, shared, name, upstream_name, upstream_id, state,
			want_enabled, hold, unique_key, version_flags, journey_id, created_at, updated_at, upstream_created_at, enabled_at, seen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $18, $19, $20) ON CONFLICT DO NOTHING`,
		i.ID, i.WorkspaceID, i.OwnerID, i.AccountID, i.IdentityID, i.IntegrationID, i.Shared, i.Name, i.UpstreamName, i.UpstreamID, i.State,
		i.WantEnabled, i.Hold, i.UniqueKey, JSON[VersionFlags]{i.Version}, i.JourneyID, i.CreatedAt, i.UpstreamCreated, i.EnabledAt, i.SeenAt)
	if err != nil || n == 1 {
		return i, n == 1, err
	}
	i, err = one(ctx, t.q, "reading an instance", scanInstance, `
		SELECT `+instanceColumns+` FROM instances n WHERE (n.unique_key = $1 AND n.unique_key <> '') OR (n.account_id = $2 AND n.upstream_id = $3 AND n.upstream_id <> '') LIMIT 1`,
		i.UniqueKey, i.AccountID, i.UpstreamID)
	return i, false, err
}

// LockInstance reads an instance that the transaction is going to change, and keeps others from changing it meanwhile.
func (t *Tx) LockInstance(ctx context.Context, id string) (Instance, error) {
	query := `SELECT ` + instanceColumns + ` FROM instances n WHERE n.id = $1`
	// On SQLite every transaction that writes holds the file's lock from its beginning. The ID stays, so that those who write
	// rows which refer to it need not wait: they may hold what we want next.
	if t.postgres {
		query += ` FOR NO KEY UPDATE`
	}
	return one(ctx, t.q, "reading an instance", scanInstance, query, id)
}

// ErrLost says that the claim ran out and somebody else has the instance now: nothing was written.
var ErrLost = errors.New("the claim was lost")

// Claim takes an instance for one process until a time; false when another has it. Claiming again prolongs.
func (t *Tx) Claim(ctx context.Context, id, by string, until time.Time) (bool, error) {
	n, err := t.exec(ctx, "claiming an instance", `
		UPDATE instances SET claimed_by = $2, claimed_until = $3 WHERE id = $1 AND (claimed_until < $4 OR claimed_by = $2)`, id, by, At(until), t.Now())
	return n == 1, err
}

// ReleaseInstance gives a claim back.
func (t *Tx) ReleaseInstance(ctx context.Context, id, by string) error {
	_, err := t.exec(ctx, "releasing an instance", `UPDATE instances SET claimed_by = '', claimed_until = 0 WHERE id = $1 AND claimed_by = $2`, id, by)
	return err
}

// PutInstance writes what a step has changed. A step that holds a claim says so in by and gets ErrLost when it no
// longer does; "" writes for a person, whatever is claimed.
func (t *Tx) PutInstance(ctx context.Context, i Instance, by string) error {
	n, err := t.exec(ctx, "writing an instance", `
		UPDATE instances SET shared = $2, name = $3, upstream_name = $4, upstream_id = $5, state = $6, want_enabled = $7, wizard_done = $8, hold = $9,
			unique_key = $10, attention = $11, attention_who = $12, attention_detail = $13, attention_since = $14, version_flags = $15,
			create_tried_at = $16, create_looked = $17, not_before = $18, tries = $19, journey_id = $20, upstream_created_at = $21, enabled_at = $22,
			seen_at = $23, deleted_at = $24, owner_id = $25, updated_at = $26
		WHERE id = $1 AND ($27 = '' OR claimed_by = $27)`,
		i.ID, i.Shared, i.Name, i.UpstreamName, i.UpstreamID, i.State, i.WantEnabled, i.WizardDone, i.Hold,
		i.UniqueKey, i.Attention, i.AttentionWho, i.AttentionDetail, i.AttentionSince, JSON[VersionFlags]{i.Version},
		i.CreateTriedAt, i.CreateLooked, i.NotBefore, i.Tries, i.JourneyID, i.UpstreamCreated, i.EnabledAt,
		i.SeenAt, i.DeletedAt, i.OwnerID, t.Now(), by)
	if err == nil && n == 0 {
		return ErrLost
	}
	return err
}

// UnderWay is the instances that a job has to move on, and that have been due untouched since a time. Those that wait
// for somebody, as their cause of attention says, are not among them, unless they are being removed.
func (r reads) UnderWay(ctx context.Context, since time.Time, waiting []string, limit int) ([]string, error) {
	args := []any{At(since), At(r.now()), limit}
	causes := []string{"''"} // which the query looks at apart: a list must not be empty
	for _, cause := range waiting {
		args = append(args, cause)
		causes = append(causes, fmt.Sprintf("$%d", len(args)))
	}
	return many(ctx, r.q, "finding instances left under way", scalar[string], `
		SELECT n.id FROM instances n
		WHERE CASE n.state WHEN 'creating' THEN TRUE WHEN 'enabling' THEN TRUE WHEN 'deleting' THEN TRUE
				WHEN 'authorizing' THEN n.enabled_at > 0 WHEN 'configuring' THEN n.wizard_done
				WHEN 'enabled' THEN NOT n.want_enabled WHEN 'disabled' THEN n.want_enabled ELSE FALSE END
			AND n.updated_at < $1 AND n.not_before < $1 AND n.hold = '' AND n.claimed_until < $2
			AND (n.attention = '' OR n.state = 'deleting' OR n.attention NOT IN (`+strings.Join(causes, ", ")+`))
		ORDER BY n.updated_at LIMIT $3`, args...)
}

// IdentityInstances is the living instances of an identity.
func (r reads) IdentityInstances(ctx context.Context, identityID string) ([]Instance, error) {
	return many(ctx, r.q, "listing instances", scanInstance, `SELECT `+instanceColumns+` FROM instances n WHERE n.identity_id = $1 AND n.state <> 'deleted' ORDER BY n.id`, identityID)
}

// InstanceByUpstreamID is the instance that a platform knows by an ID, deleted ones too; ErrNotFound when it is none of ours.
func (r reads) InstanceByUpstreamID(ctx context.Context, accountID, upstreamID string) (Instance, error) {
	return one(ctx, r.q, "reading an instance", scanInstance, `SELECT `+instanceColumns+` FROM instances n WHERE n.account_id = $1 AND n.upstream_id = $2 AND n.upstream_id <> ''`, accountID, upstreamID)
}

// UnseenInstances is the living instances of an account that a sweep which began at a time did not meet, those longest
// unseen first. It is 1,000 at the most, since the platform is asked about each: the next sweep goes on.
func (r reads) UnseenInstances(ctx context.Context, accountID string, began time.Time) ([]Instance, error) {
	return many(ctx, r.q, "listing instances", scanInstance, `
		SELECT `+instanceColumns+` FROM instances n
		WHERE n.account_id = $1 AND n.upstream_id <> '' AND n.state <> 'deleted' AND n.seen_at < $2 AND n.upstream_created_at < $2 AND n.attention <> 'removed'
		ORDER BY n.seen_at, n.id LIMIT 1000`, accountID, At(began))
}

// Workflow is one workflow of an instance.
type Workflow struct {
	InstanceID string
	UpstreamID string
	SourceID   string
	Name       string
	TriggerURL string // "" = it has no web hook
}

// Workflows is the workflows of an instance by name.
func (r reads) Workflows(ctx context.Context, instanceID string) ([]Workflow, error) {
	return many(ctx, r.q, "listing workflows", func(row row) (Workflow, error) {
		var w Workflow
		return w, row.Scan(&w.InstanceID, &w.UpstreamID, &w.SourceID, &w.Name, &w.TriggerURL)
	}, `SELECT instance_id, upstream_id, source_id, name, trigger_url FROM workflows WHERE instance_id = $1 ORDER BY name, upstream_id`, instanceID)
}

// SetWorkflows replaces the workflows of an instance.
func (t *Tx) SetWorkflows(ctx context.Context, instanceID string, workflows []Workflow) error {
	if _, err := t.exec(ctx, "replacing workflows", `DELETE FROM workflows WHERE instance_id = $1`, instanceID); err != nil {
		return err
	}
	for _, w := range workflows {
		if _, err := t.exec(ctx, "storing a workflow", `INSERT INTO workflows (instance_id, upstream_id, source_id, name, trigger_url) VALUES ($1, $2, $3, $4, $5)`,
			instanceID, w.UpstreamID, w.SourceID, w.Name, w.TriggerURL); err != nil {
			return err
		}
	}
	return nil
}
