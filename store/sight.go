package store

import "context"

// Sight is an instance as its page shows it to those who may look at it. Of instance and integration it has what the
// page asks for, and no more: to read one column takes longer than to write it out.
type Sight struct {
	Instance    Instance
	Integration Integration
	OwnerName   string
}

func scanSight(r row) (Sight, error) {
	var s Sight
	var tags JSON[[]string]
	n, g := &s.Instance, &s.Integration
	err := r.Scan(&n.ID, &n.WorkspaceID, &n.OwnerID, &n.AccountID, &n.IdentityID, &n.IntegrationID, &n.Shared, &n.Name, &n.State, &n.WantEnabled, &n.WizardDone, &n.Hold,
		&n.Attention, &n.AttentionWho, &n.AttentionSince, &n.EnabledAt,
		&g.Title, &g.Description, &g.Icon, &tags, &g.Kind, &g.EnableMode, &g.ForceUnique, &g.Shown, &g.GoneAt, &s.OwnerName)
	g.ID, g.Tags = n.IntegrationID, tags.V
	return s, err
}

// Sight is an instance that a user may look at: their own, or one shared in their workspace; ErrNotFound when it is
// neither.
func (r reads) Sight(ctx context.Context, u User, id string) (Sight, error) {
	return one(ctx, r.q, "reading an instance", scanSight, `
		SELECT n.id, n.workspace_id, n.owner_id, n.account_id, n.identity_id, n.integration_id, n.shared, n.name, n.state, n.want_enabled, n.wizard_done, n.hold,
			n.attention, n.attention_who, n.attention_since, n.enabled_at,
			g.title, g.description, g.icon, g.tags, g.kind, g.enable_mode, g.force_unique, g.shown, g.gone_at, u.name
		FROM instances n JOIN integrations g ON g.id = n.integration_id JOIN users u ON u.id = n.owner_id
		WHERE n.id = $1 AND n.workspace_id = $2 AND (n.shared OR n.owner_id = $3) AND n.state <> 'deleted'`, id, u.WorkspaceID, u.ID)
}

// Timeline is what happened to an instance, newest first: of each event what a customer is told.
func (r reads) Timeline(ctx context.Context, instanceID string, limit int) ([]Event, error) {
	return many(ctx, r.q, "listing events", func(row row) (Event, error) {
		var e Event
		var args JSON[map[string]string]
		err := row.Scan(&e.At, &e.Code, &args, &e.Actor.Kind, &e.Actor.ID, &e.Actor.Name)
		e.Args = args.V
		return e, err
	}, `SELECT at, code, args, actor_kind, actor_id, actor_name FROM events WHERE subject_kind = 'instance' AND subject_id = $1
		ORDER BY id DESC`+atMost(limit), instanceID)
}
