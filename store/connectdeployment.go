package store

import "context"

// ConnectDeployment is a copy of one of commercetools' deployments: a connector in a project and a region.
type ConnectDeployment struct {
	ID               string
	AccountID        string
	UpstreamID       string
	UpstreamKey      string // "" = it has none
	Version          int
	Status           string // the platform's own word
	Type             string // "preview", "sandbox", "production", or what the platform says
	Region           string // where it runs, which need not be the project's region
	ConnectorID      string // the platform's: also that of the draft
	ConnectorName    string
	ConnectorVersion int // that is deployed
	Tag              string
	Warnings         int    // in its report, while it is deployed
	Document         string // JSON, as the platform has it, with every secured value masked
	SeenAt           Time   // when the platform was last asked
	MovedAt          Time   // when it was last seen to differ from before
	GoneAt           Time   // since when it is not there any more; zero = it is
	NotBefore        Time   // when to look next, while something is under way there; zero = nobody watches it
	WatchFrom        Time   // since when it is watched
	CreatedAt        Time   // when it was first seen
}

const connectDeploymentColumns = `id, account_id, upstream_id, upstream_key, version, status, type, region, connector_id, connector_name, connector_version, tag,
	warnings, document, seen_at, moved_at, gone_at, not_before, watch_from, created_at`

func scanConnectDeployment(r row) (ConnectDeployment, error) {
	var d ConnectDeployment
	return d, r.Scan(&d.ID, &d.AccountID, &d.UpstreamID, &d.UpstreamKey, &d.Version, &d.Status, &d.Type, &d.Region, &d.ConnectorID, &d.ConnectorName,
		&d.ConnectorVersion, &d.Tag, &d.Warnings, &d.Document, &d.SeenAt, &d.MovedAt, &d.GoneAt, &d.NotBefore, &d.WatchFrom, &d.CreatedAt)
}

// ConnectDeployments is an account's deployments ("" = of every account) that are there, by connector.
func (r reads) ConnectDeployments(ctx context.Context, accountID string) ([]ConnectDeployment, error) {
	return many(ctx, r.q, "listing deployments", scanConnectDeployment, `
		SELECT `+connectDeploymentColumns+` FROM connect_deployments
		WHERE gone_at = 0 AND (account_id = $1 OR $1 = '') ORDER BY connector_name, connector_id, account_id, region, type, id`, accountID)
}

// DeploymentsOfConnector is the deployments, in every account, of the connector or draft with the platform's ID.
func (r reads) DeploymentsOfConnector(ctx context.Context, connectorID string) ([]ConnectDeployment, error) {
	return many(ctx, r.q, "listing deployments", scanConnectDeployment, `
		SELECT `+connectDeploymentColumns+` FROM connect_deployments
		WHERE gone_at = 0 AND connector_id = $1 ORDER BY account_id, region, type, id`, connectorID)
}

// ConnectDeployment is one deployment, also one that is gone; ErrNotFound when there is none.
func (r reads) ConnectDeployment(ctx context.Context, id string) (ConnectDeployment, error) {
	return one(ctx, r.q, "reading a deployment", scanConnectDeployment, `SELECT `+connectDeploymentColumns+` FROM connect_deployments WHERE id = $1`, id)
}

// ConnectDeploymentByKey is an account's deployment by its key that is there; ErrNotFound when there is none.
func (r reads) ConnectDeploymentByKey(ctx context.Context, accountID, key string) (ConnectDeployment, error) {
	return one(ctx, r.q, "reading a deployment", scanConnectDeployment, `
		SELECT `+connectDeploymentColumns+` FROM connect_deployments
		WHERE account_id = $1 AND upstream_key = $2 AND upstream_key <> '' AND gone_at = 0 ORDER BY id DESC LIMIT 1`, accountID, key)
}

// TakeConnectDeployment reads an account's deployment by the platform's ID so that nobody changes it before the
// transaction ends. One that was never seen is made; its CreatedAt is zero until PutConnectDeployment.
func (t *Tx) TakeConnectDeployment(ctx context.Context, accountID, upstreamID string) (ConnectDeployment, error) {
	_, err := t.exec(ctx, "storing a deployment", `
		INSERT INTO connect_deployments (id, account_id, upstream_id, version, status, type, region, connector_id, connector_name, connector_version, tag, document,
			seen_at, moved_at, created_at)
		VALUES ($1, $2, $3, 0, '', '', '', '', '', 0, '', '', 0, 0, 0) ON CONFLICT (account_id, upstream_id) DO NOTHING`, t.newID(), accountID, upstreamID)
	if err != nil {
		return ConnectDeployment{}, err
	}
	return one(ctx, t.q, "reading a deployment", scanConnectDeployment, `
		SELECT `+connectDeploymentColumns+` FROM connect_deployments WHERE account_id = $1 AND upstream_id = $2`+t.lock(), accountID, upstreamID)
}

// LockConnectDeployment reads a deployment so that nobody changes it before the transaction ends; ErrNotFound when there
// is none.
func (t *Tx) LockConnectDeployment(ctx context.Context, id string) (ConnectDeployment, error) {
	return one(ctx, t.q, "reading a deployment", scanConnectDeployment, `SELECT `+connectDeploymentColumns+` FROM connect_deployments WHERE id = $1`+t.lock(), id)
}

// PutConnectDeployment writes a deployment that was taken or locked.
func (t *Tx) PutConnectDeployment(ctx context.Context, d ConnectDeployment) error {
	if d.CreatedAt.IsZero() {
		d.CreatedAt = t.Now()
	}
	return t.exec1(ctx, "storing a deployment", `
		UPDATE connect_deployments SET upstream_key = $2, version = $3, status = $4, type = $5, region = $6, connector_id = $7, connector_name = $8,
			connector_version = $9, tag = $10, warnings = $11, document = $12, seen_at = $13, moved_at = $14, gone_at = $15, not_before = $16, watch_from = $17,
			created_at = $18
		WHERE id = $1`,
		d.ID, d.UpstreamKey, d.Version, d.Status, d.Type, d.Region, d.ConnectorID, d.ConnectorName, d.ConnectorVersion, d.Tag, d.Warnings, d.Document,
		d.SeenAt, d.MovedAt, d.GoneAt, d.NotBefore, d.WatchFrom, d.CreatedAt)
}
