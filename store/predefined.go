package store

import (
	"context"
	"encoding/json"
	"fmt"

	"portico/secret"
)

// States of a predefined connection.
const (
	PredefinedActive   = "active"
	PredefinedRemoving = "removing" // its copies are being removed from the projects
	PredefinedRemoved  = "removed"
)

// Where a value of a predefined connection comes from.
const (
	FromAll       = "all"       // one value for all workspaces, sealed
	FromAttribute = "attribute" // an attribute that the host's token gives a workspace
	FromWorkspace = "workspace" // the workspace is asked
)

// PredefinedConnection is a connection that the host makes for its workspaces: what each of them gets a copy of.
type PredefinedConnection struct {
	ID          string
	AccountID   string
	Piece       string // "@activepieces/piece-gelato"
	AuthType    string // the platform's word, such as CUSTOM_AUTH
	Title       string // the copies' display name
	NamePattern string // of the copies' names; see portal.ConnectionName
	Fields      []PredefinedField
	Revision    int // counts the changes
	StopPercent int // of failures, at which a rollout stops
	State       string
	CreatedAt   Time
	UpdatedAt   Time

	fixed []byte
}

// PredefinedField is one value of a predefined connection and where it comes from.
type PredefinedField struct {
	Key       string `json:"key"`
	Source    string `json:"source"`              // FromAll, FromAttribute or FromWorkspace
	Attribute string `json:"attribute,omitempty"` // its name, where the source is one
}

// From says whether any value comes from a source.
func (c PredefinedConnection) From(source string) bool {
	for _, f := range c.Fields {
		if f.Source == source {
			return true
		}
	}
	return false
}

const predefinedColumns = `c.id, c.account_id, c.piece, c.auth_type, c.title, c.name_pattern, c.fields, c.fixed, c.revision, c.stop_percent, c.state, c.created_at, c.updated_at`

func scanPredefined(r row) (PredefinedConnection, error) {
	var c PredefinedConnection
	var fields JSON[[]PredefinedField]
	err := r.Scan(&c.ID, &c.AccountID, &c.Piece, &c.AuthType, &c.Title, &c.NamePattern, &fields, &c.fixed, &c.Revision, &c.StopPercent, &c.State, &c.CreatedAt, &c.UpdatedAt)
	c.Fields = fields.V
	return c, err
}

// PredefinedConnection is one; ErrNotFound when there is none.
func (r reads) PredefinedConnection(ctx context.Context, id string) (PredefinedConnection, error) {
	return one(ctx, r.q, "reading a predefined connection", scanPredefined, `SELECT `+predefinedColumns+` FROM predefined_connections c WHERE c.id = $1`, id)
}

// PredefinedConnections is an account's that are not removed, by title.
func (r reads) PredefinedConnections(ctx context.Context, accountID string) ([]PredefinedConnection, error) {
	return many(ctx, r.q, "listing predefined connections", scanPredefined, `
		SELECT `+predefinedColumns+` FROM predefined_connections c WHERE c.account_id = $1 AND c.state <> 'removed' ORDER BY LOWER(c.title), c.id`, accountID)
}

// PredefinedForPiece is an account's active ones for a service, oldest first.
func (r reads) PredefinedForPiece(ctx context.Context, accountID, piece string) ([]PredefinedConnection, error) {
	return many(ctx, r.q, "listing predefined connections", scanPredefined, `
		SELECT `+predefinedColumns+` FROM predefined_connections c WHERE c.account_id = $1 AND c.piece = $2 AND c.state = 'active' ORDER BY c.id`, accountID, piece)
}

// LockPredefined reads a predefined connection so that nobody changes it before the transaction ends.
func (t *Tx) LockPredefined(ctx context.Context, id string) (PredefinedConnection, error) {
	query := `SELECT ` + predefinedColumns + ` FROM predefined_connections c WHERE c.id = $1`
	if t.postgres { // the ID stays, so that those who write rows which refer to it need not wait: they may hold what we want next
		query += ` FOR NO KEY UPDATE`
	}
	return one(ctx, t.q, "locking a predefined connection", scanPredefined, query, id)
}

// AddPredefined stores a new predefined connection with the values that are the same for all.
func (t *Tx) AddPredefined(ctx context.Context, c PredefinedConnection, fixed map[string]secret.Text) (PredefinedConnection, error) {
	c.ID, c.Revision, c.State, c.CreatedAt, c.UpdatedAt = t.newID(), 1, PredefinedActive, t.Now(), t.Now()
	var err error
	if c.fixed, err = t.sealValues(ctx, "", c.fixedRow(), fixed); err != nil {
		return c, err
	}
	_, err = t.exec(ctx, "storing a predefined connection", `
		INSERT INTO predefined_connections (id, account_id, piece, auth_type, title, name_pattern, fields, fixed, revision, stop_percent, state, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)`,
		c.ID, c.AccountID, c.Piece, c.AuthType, c.Title, c.NamePattern, JSON[[]PredefinedField]{c.Fields}, c.fixed, c.Revision, c.StopPercent, c.State, c.CreatedAt)
	return c, err
}

// PutPredefined stores what has changed of a predefined connection, as its next revision, with the values that are the
// same for all.
func (t *Tx) PutPredefined(ctx context.Context, c PredefinedConnection, fixed map[string]secret.Text) error {
	sealed, err := t.sealValues(ctx, "", c.fixedRow(), fixed)
	if err != nil {
		return err
	}
	return t.exec1(ctx, "changing a predefined connection", `
		UPDATE predefined_connections SET auth_type = $2, title = $3, name_pattern = $4, fields = $5, fixed = $6, revision = revision + 1, stop_percent = $7, updated_at = $8
		WHERE id = $1`, c.ID, c.AuthType, c.Title, c.NamePattern, JSON[[]PredefinedField]{c.Fields}, sealed, c.StopPercent, t.Now())
}

// SetPredefinedState takes a predefined connection on its way out. Once it is removed, what it sealed is forgotten.
func (t *Tx) SetPredefinedState(ctx context.Context, id, state string) error {
	if err := t.exec1(ctx, "changing a predefined connection", `UPDATE predefined_connections SET state = $2, updated_at = $3 WHERE id = $1`, id, state, t.Now()); err != nil || state != PredefinedRemoved {
		return err
	}
	if _, err := t.exec(ctx, "forgetting a predefined connection's values", `UPDATE predefined_connections SET fixed = $2 WHERE id = $1`, id, []byte{}); err != nil {
		return err
	}
	_, err := t.exec(ctx, "forgetting a predefined connection's values", `DELETE FROM asked_values WHERE predefined_id = $1`, id)
	return err
}

// FixedValues opens the values that are the same for all, by key.
func (r reads) FixedValues(ctx context.Context, c PredefinedConnection) (map[string]secret.Text, error) {
	return r.openValues(ctx, c.fixedRow(), c.fixed)
}

// fixedRow is what a predefined connection's values are sealed for.
func (c PredefinedConnection) fixedRow() string { return "predefined_connections/" + c.ID }

// askedRow is what a workspace's answers are sealed for.
func askedRow(predefinedID, workspaceID string) string {
	return "asked_values/" + predefinedID + "/" + workspaceID
}

// AskedValues opens what a workspace has answered for a predefined connection, by key; empty when it has not.
func (r reads) AskedValues(ctx context.Context, predefinedID, workspaceID string) (map[string]secret.Text, error) {
	sealed, err := many(ctx, r.q, "reading a workspace's answers", scalar[[]byte], `SELECT sealed FROM asked_values WHERE predefined_id = $1 AND workspace_id = $2`, predefinedID, workspaceID)
	if err != nil || len(sealed) == 0 {
		return map[string]secret.Text{}, err
	}
	return r.openValues(ctx, askedRow(predefinedID, workspaceID), sealed[0])
}

// PutAskedValues seals what a workspace has answered, with the workspace's own key, in the place of what it answered before.
func (t *Tx) PutAskedValues(ctx context.Context, predefinedID, workspaceID string, values map[string]secret.Text) error {
	sealed, err := t.sealValues(ctx, workspaceID, askedRow(predefinedID, workspaceID), values)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "storing a workspace's answers", `
		INSERT INTO asked_values (predefined_id, workspace_id, sealed, updated_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (predefined_id, workspace_id) DO UPDATE SET sealed = $3, updated_at = $4`, predefinedID, workspaceID, sealed, t.Now())
	return err
}

// sealValues seals values as one text.
func (t *Tx) sealValues(ctx context.Context, workspaceID, row string, values map[string]secret.Text) ([]byte, error) {
	plain := map[string]string{}
	for key, v := range values {
		plain[key] = v.Reveal()
	}
	b, err := json.Marshal(plain)
	if err != nil {
		return nil, fmt.Errorf("sealing %s: %w", row, err)
	}
	return t.keys.seal(ctx, t.q, workspaceID, row, secret.Text(b))
}

func (r reads) openValues(ctx context.Context, row string, sealed []byte) (map[string]secret.Text, error) {
	text, err := r.keys.open(ctx, r.q, row, sealed)
	if err != nil || text == "" {
		return map[string]secret.Text{}, err
	}
	values := map[string]secret.Text{}
	if err := json.Unmarshal([]byte(text.Reveal()), &values); err != nil {
		return nil, fmt.Errorf("opening %s: it holds no values", row) // the cause would quote them
	}
	return values, nil
}
