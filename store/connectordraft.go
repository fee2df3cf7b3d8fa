package store

import "context"

// What an operation, a timeline and a kept document are about.
const (
	SubjectDraft      = "draft"      // a ConnectorDraft
	SubjectDeployment = "deployment" // a ConnectDeployment
)

// ConnectorDraft is a copy of one of commercetools' connector drafts, with the connector that was published from it.
type ConnectorDraft struct {
	ID               string
	AccountID        string
	UpstreamID       string
	UpstreamKey      string // "" = it has none, or has lost it
	Version          int
	Name             string
	Status           string // the platform's own word
	Previewable      string // "none", "pending", "true", "false", or what the platform says
	Tag              string
	HasChanges       bool // against the published connector
	Listed           bool // published and ready for use
	Comments         int  // of the certification
	CommentsRead     int  // how many of them staff have seen
	ConnectorVersion int  // of the published connector; 0 = none was seen
	ConnectorTag     string
	Document         string // JSON, as the platform has it
	Connector        string // JSON: the published connector; "" = none was seen
	SeenAt           Time   // when the platform was last asked
	MovedAt          Time   // when it was last seen to differ from before
	GoneAt           Time   // since when it is not there any more; zero = it is
	NotBefore        Time   // when to look next, while something is under way there; zero = nobody watches it
	WatchFrom        Time   // since when it is watched
	CreatedAt        Time   // when it was first seen
}

// Unread is how many comments of the certification staff have not seen.
func (d ConnectorDraft) Unread() int { return max(0, d.Comments-d.CommentsRead) }

const connectorDraftColumns = `id, account_id, upstream_id, upstream_key, version, name, status, previewable, tag, has_changes, listed, comments, comments_read,
	connector_version, connector_tag, document, connector, seen_at, moved_at, gone_at, not_before, watch_from, created_at`

func scanConnectorDraft(r row) (ConnectorDraft, error) {
	var d ConnectorDraft
	return d, r.Scan(&d.ID, &d.AccountID, &d.UpstreamID, &d.UpstreamKey, &d.Version, &d.Name, &d.Status, &d.Previewable, &d.Tag, &d.HasChanges, &d.Listed,
		&d.Comments, &d.CommentsRead, &d.ConnectorVersion, &d.ConnectorTag, &d.Document, &d.Connector, &d.SeenAt, &d.MovedAt, &d.GoneAt, &d.NotBefore,
		&d.WatchFrom, &d.CreatedAt)
}

// ConnectorDrafts is an account's drafts ("" = of every account) that are there, by name.
func (r reads) ConnectorDrafts(ctx context.Context, accountID string) ([]ConnectorDraft, error) {
	return many(ctx, r.q, "listing connector drafts", scanConnectorDraft, `
		SELECT `+connectorDraftColumns+` FROM connector_drafts WHERE gone_at = 0 AND (account_id = $1 OR $1 = '') ORDER BY name, id`, accountID)
}

// AllConnectorDrafts is an account's drafts, those that are gone too, in the order in which they were first seen.
func (r reads) AllConnectorDrafts(ctx context.Context, accountID string) ([]ConnectorDraft, error) {
	return many(ctx, r.q, "listing connector drafts", scanConnectorDraft, `
		SELECT `+connectorDraftColumns+` FROM connector_drafts WHERE account_id = $1 ORDER BY created_at, id`, accountID)
}

// ConnectorDraft is one draft, also one that is gone; ErrNotFound when there is none.
func (r reads) ConnectorDraft(ctx context.Context, id string) (ConnectorDraft, error) {
	return one(ctx, r.q, "reading a connector draft", scanConnectorDraft, `SELECT `+connectorDraftColumns+` FROM connector_drafts WHERE id = $1`, id)
}

// ConnectorDraftByUpstreamID is an account's draft by the platform's ID, which is the published connector's too;
// ErrNotFound when there is none.
func (r reads) ConnectorDraftByUpstreamID(ctx context.Context, accountID, upstreamID string) (ConnectorDraft, error) {
	return one(ctx, r.q, "reading a connector draft", scanConnectorDraft, `
		SELECT `+connectorDraftColumns+` FROM connector_drafts WHERE account_id = $1 AND upstream_id = $2`, accountID, upstreamID)
}

// TakeConnectorDraft reads an account's draft by the platform's ID so that nobody changes it before the transaction ends.
// One that was never seen is made; its CreatedAt is zero until PutConnectorDraft.
func (t *Tx) TakeConnectorDraft(ctx context.Context, accountID, upstreamID string) (ConnectorDraft, error) {
	_, err := t.exec(ctx, "storing a connector draft", `
		INSERT INTO connector_drafts (id, account_id, upstream_id, version, name, status, previewable, tag, has_changes, listed, document, seen_at, moved_at, created_at)
		VALUES ($1, $2, $3, 0, '', '', '', '', FALSE, FALSE, '', 0, 0, 0) ON CONFLICT (account_id, upstream_id) DO NOTHING`, t.newID(), accountID, upstreamID)
	if err != nil {
		return ConnectorDraft{}, err
	}
	return one(ctx, t.q, "reading a connector draft", scanConnectorDraft, `
		SELECT `+connectorDraftColumns+` FROM connector_drafts WHERE account_id = $1 AND upstream_id = $2`+t.lock(), accountID, upstreamID)
}

// lock is the end of a query whose rows nobody else is to change before the transaction ends.
func (t *Tx) lock() string {
	if t.postgres { // on SQLite one transaction writes at a time
		return ` FOR NO KEY UPDATE`
	}
	return ""
}

// LockConnectorDraft reads a draft so that nobody changes it before the transaction ends; ErrNotFound when there is none.
func (t *Tx) LockConnectorDraft(ctx context.Context, id string) (ConnectorDraft, error) {
	return one(ctx, t.q, "reading a connector draft", scanConnectorDraft, `SELECT `+connectorDraftColumns+` FROM connector_drafts WHERE id = $1`+t.lock(), id)
}

// PutConnectorDraft writes a draft that was taken or locked.
func (t *Tx) PutConnectorDraft(ctx context.Context, d ConnectorDraft) error {
	if d.CreatedAt.IsZero() {
		d.CreatedAt = t.Now()
	}
	return t.exec1(ctx, "storing a connector draft", `
		UPDATE connector_drafts SET upstream_key = $2, version = $3, name = $4, status = $5, previewable = $6, tag = $7, has_changes = $8, listed = $9,
			comments = $10, comments_read = $11, connector_version = $12, connector_tag = $13, document = $14, connector = $15, seen_at = $16, moved_at = $17,
			gone_at = $18, not_before = $19, watch_from = $20, created_at = $21
		WHERE id = $1`,
		d.ID, d.UpstreamKey, d.Version, d.Name, d.Status, d.Previewable, d.Tag, d.HasChanges, d.Listed, d.Comments, d.CommentsRead, d.ConnectorVersion, d.ConnectorTag,
		d.Document, d.Connector, d.SeenAt, d.MovedAt, d.GoneAt, d.NotBefore, d.WatchFrom, d.CreatedAt)
}

// ReadComments notes that staff have seen the first so many comments of a draft's certification.
func (t *Tx) ReadComments(ctx context.Context, draftID string, read int) error {
	_, err := t.exec(ctx, "noting comments as read", `
		UPDATE connector_drafts SET comments_read = $2 WHERE id = $1 AND comments_read < $2 AND comments >= $2`, draftID, read)
	return err
}
