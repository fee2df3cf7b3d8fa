package store

import (
	"context"

	"portico/secret"
)

// Who is a user at the platform: each person, or the whole workspace.
const (
	ScopeUser      = "user"
	ScopeWorkspace = "workspace"
)

// Account is one configured account at one platform.
type Account struct {
	ID           string
	Platform     string // "tray"
	Name         string // by which host tokens and the configuration name it
	Region       string
	APIURL       string
	DialogURL    string
	WebhookHosts []string
	EmbeddedID   string
	Token        secret.Text
	UserScope    string // ScopeUser or ScopeWorkspace
	IsDefault    bool   // workspaces whose token names no account belong to it
	CreatedAt    Time
	UpdatedAt    Time
}

const accountColumns = `id, platform, name, region, api_url, dialog_url, webhook_hosts, embedded_id, token, user_scope, is_default, created_at, updated_at`

func (r reads) scanAccount(ctx context.Context) func(row) (Account, error) {
	return func(row row) (Account, error) {
		var a Account
		var hosts JSON[[]string]
		var token []byte
		err := row.Scan(&a.ID, &a.Platform, &a.Name, &a.Region, &a.APIURL, &a.DialogURL, &hosts, &a.EmbeddedID, &token, &a.UserScope, &a.IsDefault, &a.CreatedAt, &a.UpdatedAt)
		if err != nil {
			return a, err
		}
		a.WebhookHosts = hosts.V
		a.Token, err = r.keys.open(ctx, r.q, "accounts/"+a.ID, token)
		return a, err
	}
}

// Accounts is every account, the default one first.
func (r reads) Accounts(ctx context.Context) ([]Account, error) {
	return many(ctx, r.q, "listing accounts", r.scanAccount(ctx), `SELECT `+accountColumns+` FROM accounts ORDER BY is_default DESC, name`)
}

// Account is one account; ErrNotFound when there is none.
func (r reads) Account(ctx context.Context, id string) (Account, error) {
	return one(ctx, r.q, "reading an account", r.scanAccount(ctx), `SELECT `+accountColumns+` FROM accounts WHERE id = $1`, id)
}

// PutAccount stores an account as it is configured, under the name it has; it gets the ID that the name has already.
func (t *Tx) PutAccount(ctx context.Context, a Account) (Account, error) {
	id, err := one(ctx, t.q, "finding an account", scalar[string], `SELECT id FROM accounts WHERE name = $1`, a.Name)
	if err != nil {
		id = t.newID()
	}
	a.ID = id
	token, err := t.keys.seal(ctx, t.q, "", "accounts/"+a.ID, a.Token)
	if err != nil {
		return a, err
	}
	_, err = t.exec(ctx, "storing an account", `
		INSERT INTO accounts (`+accountColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
		ON CONFLICT (id) DO UPDATE SET region = $4, api_url = $5, dialog_url = $6, webhook_hosts = $7, embedded_id = $8,
			token = $9, user_scope = $10, is_default = $11, updated_at = $12`,
		a.ID, a.Platform, a.Name, a.Region, a.APIURL, a.DialogURL, JSON[[]string]{a.WebhookHosts}, a.EmbeddedID, token, a.UserScope, a.IsDefault, t.time())
	return a, err
}
