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
// The default one takes that from any other.
func (t *Tx) PutAccount(ctx context.Context, a Account) (Account, error) {
	id, err := t.accountID(ctx, a)
	if err != nil {
		return a, err
	}
	a.ID = id
	token, err := t.keys.seal(ctx, t.q, "", "accounts/"+a.ID, a.Token)
	if err != nil {
		return a, err
	}
	if a.IsDefault {
		if _, err := t.exec(ctx, "changing the default account", `UPDATE accounts SET is_default = FALSE WHERE id <> $1 AND is_default`, a.ID); err != nil {
			return a, err
		}
	}
	_, err = t.exec(ctx, "storing an account", `
		UPDATE accounts SET region = $2, api_url = $3, dialog_url = $4, webhook_hosts = $5, embedded_id = $6,
			token = $7, user_scope = $8, is_default = $9, updated_at = $10 WHERE id = $1`,
		a.ID, a.Region, a.APIURL, a.DialogURL, JSON[[]string]{a.WebhookHosts}, a.EmbeddedID, token, a.UserScope, a.IsDefault, t.Now())
	return a, err
}

// accountID is the ID of the account that has a's name, made when there is none: processes that start together find
// the same one.
func (t *Tx) accountID(ctx context.Context, a Account) (string, error) {
	if _, err := t.exec(ctx, "storing an account", `
		INSERT INTO accounts (`+accountColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) ON CONFLICT (name) DO NOTHING`,
		t.newID(), a.Platform, a.Name, a.Region, a.APIURL, a.DialogURL, JSON[[]string]{a.WebhookHosts}, a.EmbeddedID, []byte{}, a.UserScope, a.IsDefault, t.Now()); err != nil {
		return "", err
	}
	return one(ctx, t.q, "finding an account", scalar[string], `SELECT id FROM accounts WHERE name = $1`, a.Name)
}
