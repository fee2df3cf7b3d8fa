package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

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
	Platform     string // PlatformTray or PlatformActivepieces
	Name         string // by which host tokens and the configuration name it
	Region       string
	APIURL       string
	DialogURL    string
	WebhookHosts []string
	EmbeddedID   string
	Token        secret.Text // the master token, or the API key
	UserScope    string      // ScopeUser or ScopeWorkspace
	IsDefault    bool        // of its platform: for workspaces whose token names no other
	CreatedAt    Time
	UpdatedAt    Time

	// Of an Activepieces alone.
	Email        string      // an admin's, where there is no API key
	Password     secret.Text // theirs
	SigningKeyID string      // of the key that signs people in to its builder
	SigningKey   secret.Text // that key, PEM
	SDKURL       string      // where its browser script comes from
	Server       Server      // what it last said of itself
}

// Platforms that an account may be at.
const (
	PlatformTray         = "tray"
	PlatformActivepieces = "activepieces"
)

// Server is what a platform's server says of itself.
type Server struct {
	Version           string    `json:"version,omitempty"`
	Edition           string    `json:"edition,omitempty"` // "ce", "ee" or "cloud"
	PlatformID        string    `json:"platform_id,omitempty"`
	Embedding         bool      `json:"embedding,omitempty"`
	GlobalConnections bool      `json:"global_connections,omitempty"`
	ManyProjects      bool      `json:"many_projects,omitempty"`
	EmbedOrigins      []string  `json:"embed_origins,omitempty"` // that may frame it
	CheckedAt         time.Time `json:"checked_at,omitzero"`
	Problem           string    `json:"problem,omitempty"` // why the last check failed
}

const accountColumns = `id, platform, name, region, api_url, dialog_url, webhook_hosts, embedded_id, token, user_scope, is_default, created_at, updated_at,
	email, password, signing_key_id, signing_key, sdk_url, server`

func (r reads) scanAccount(ctx context.Context) func(row) (Account, error) {
	return func(row row) (Account, error) {
		var a Account
		var hosts JSON[[]string]
		var token, password, signing []byte
		var server JSON[Server]
		err := row.Scan(&a.ID, &a.Platform, &a.Name, &a.Region, &a.APIURL, &a.DialogURL, &hosts, &a.EmbeddedID, &token, &a.UserScope, &a.IsDefault, &a.CreatedAt, &a.UpdatedAt,
			&a.Email, &password, &a.SigningKeyID, &signing, &a.SDKURL, &server)
		if err != nil {
			return a, err
		}
		a.WebhookHosts, a.Server = hosts.V, server.V
		for _, s := range []struct {
			to     *secret.Text
			row    string
			sealed []byte
		}{{&a.Token, "", token}, {&a.Password, "/password", password}, {&a.SigningKey, "/signing_key", signing}} {
			if *s.to, err = r.keys.open(ctx, r.q, "accounts/"+a.ID+s.row, s.sealed); err != nil {
				return a, err
			}
		}
		return a, nil
	}
}

// Accounts is every account, the default ones first, and Tray's before Activepieces's.
func (r reads) Accounts(ctx context.Context) ([]Account, error) {
	return many(ctx, r.q, "listing accounts", r.scanAccount(ctx), `SELECT `+accountColumns+` FROM accounts ORDER BY is_default DESC, platform DESC, name`)
}

// Account is one account; ErrNotFound when there is none.
func (r reads) Account(ctx context.Context, id string) (Account, error) {
	return one(ctx, r.q, "reading an account", r.scanAccount(ctx), `SELECT `+accountColumns+` FROM accounts WHERE id = $1`, id)
}

// ErrOtherPlatform says that an account of the same name is at another platform: what is there cannot move.
var ErrOtherPlatform = errors.New("an account of this name is at another platform")

// PutAccount stores an account as it is configured, under the name it has; it gets the ID that the name has already.
// The default one takes that from any other of its platform. ErrOtherPlatform when the name is another platform's.
func (t *Tx) PutAccount(ctx context.Context, a Account) (Account, error) {
	t.accountsPut = true
	id, err := t.accountID(ctx, a)
	if err != nil {
		return a, err
	}
	a.ID = id
	sealed := map[string][]byte{}
	for row, text := range map[string]secret.Text{"": a.Token, "/password": a.Password, "/signing_key": a.SigningKey} {
		if sealed[row], err = t.keys.seal(ctx, t.q, "", "accounts/"+a.ID+row, text); err != nil {
			return a, err
		}
	}
	if a.IsDefault {
		if _, err := t.exec(ctx, "changing the default account", `UPDATE accounts SET is_default = FALSE WHERE id <> $1 AND platform = $2 AND is_default`, a.ID, a.Platform); err != nil {
			return a, err
		}
	}
	_, err = t.exec(ctx, "storing an account", `
		UPDATE accounts SET region = $2, api_url = $3, dialog_url = $4, webhook_hosts = $5, embedded_id = $6,
			token = $7, user_scope = $8, is_default = $9, updated_at = $10,
			email = $11, password = $12, signing_key_id = $13, signing_key = $14, sdk_url = $15 WHERE id = $1`,
		a.ID, a.Region, a.APIURL, a.DialogURL, JSON[[]string]{a.WebhookHosts}, a.EmbeddedID, sealed[""], a.UserScope, a.IsDefault, t.Now(),
		a.Email, sealed["/password"], a.SigningKeyID, sealed["/signing_key"], a.SDKURL)
	return a, err
}

// accountID is the ID of the account that has a's name, made when there is none: processes that start together find
// the same one.
func (t *Tx) accountID(ctx context.Context, a Account) (string, error) {
	if _, err := t.exec(ctx, "storing an account", `
		INSERT INTO accounts (id, platform, name, region, api_url, dialog_url, webhook_hosts, embedded_id, token, user_scope, is_default, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) ON CONFLICT (name) DO NOTHING`,
		t.newID(), a.Platform, a.Name, a.Region, a.APIURL, a.DialogURL, JSON[[]string]{a.WebhookHosts}, a.EmbeddedID, []byte{}, a.UserScope, a.IsDefault, t.Now()); err != nil {
		return "", err
	}
	id, err := one(ctx, t.q, "finding an account", scalar[string], `SELECT id FROM accounts WHERE name = $1 AND platform = $2`, a.Name, a.Platform)
	if errors.Is(err, ErrNotFound) {
		return "", fmt.Errorf("storing the account %s: %w", a.Name, ErrOtherPlatform)
	}
	return id, err
}

// RetireAccounts takes from all accounts but those named that they are the default one: nothing new comes to what is no longer
// configured. What is there stays.
func (t *Tx) RetireAccounts(ctx context.Context, configured []string) error {
	t.accountsPut = true
	all, err := many(ctx, t.q, "listing default accounts", scalar[string], `SELECT name FROM accounts WHERE is_default ORDER BY name`)
	if err != nil {
		return err
	}
	for _, name := range all {
		if slices.Contains(configured, name) {
			continue
		}
		if err := t.exec1(ctx, "retiring an account", `UPDATE accounts SET is_default = FALSE WHERE name = $1`, name); err != nil {
			return err
		}
	}
	return nil
}

// SetServer keeps what an account's server said of itself.
func (t *Tx) SetServer(ctx context.Context, accountID string, s Server) error {
	return t.exec1(ctx, "storing what a server says", `UPDATE accounts SET server = $2 WHERE id = $1`, accountID, JSON[Server]{s})
}

// accountsFor is how long what processes know of each other's accounts may be old.
const accountsFor = 5 * time.Second

// accountLists knows which accounts a workspace has by its own one, so that the catalogue need not ask for each page: they
// change when a process starts with another configuration.
type accountLists struct {
	mu   sync.Mutex
	read time.Time // of the machine's clock
	of   map[string][]string
}

// accountsOf is the accounts of a workspace whose own is given: that one, and of every other platform the default one.
func (r reads) accountsOf(ctx context.Context, own string) ([]string, error) {
	l := r.accounts
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.read) < accountsFor {
		return l.of[own], nil
	}
	type account struct {
		id, platform string
		isDefault    bool
	}
	all, err := many(ctx, r.q, "listing accounts", func(row row) (a account, err error) {
		return a, row.Scan(&a.id, &a.platform, &a.isDefault)
	}, `SELECT id, platform, is_default FROM accounts ORDER BY platform DESC, id`)
	if err != nil {
		return nil, err
	}
	l.of = map[string][]string{}
	for _, a := range all {
		for _, b := range all {
			if a.id == b.id || b.isDefault && a.platform != b.platform {
				l.of[a.id] = append(l.of[a.id], b.id)
			}
		}
	}
	l.read = time.Now()
	return l.of[own], nil
}

// forget has the lists made anew.
func (l *accountLists) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.read = time.Time{}
}

// WorkspaceAccounts is a workspace's accounts: one a platform.
func (r reads) WorkspaceAccounts(ctx context.Context, w Workspace) ([]Account, error) {
	return many(ctx, r.q, "listing a workspace's accounts", r.scanAccount(ctx), `SELECT `+accountColumns+` FROM accounts
		WHERE id = $1 OR (is_default AND platform <> (SELECT o.platform FROM accounts o WHERE o.id = $1)) ORDER BY platform DESC`, w.AccountID)
}

// WorkspaceAccount is a workspace's account at a platform; ErrNotFound when it has none.
func (r reads) WorkspaceAccount(ctx context.Context, w Workspace, platform string) (Account, error) {
	all, err := r.WorkspaceAccounts(ctx, w)
	if err != nil {
		return Account{}, err
	}
	n := slices.IndexFunc(all, func(a Account) bool { return a.Platform == platform })
	if n < 0 {
		return Account{}, ErrNotFound
	}
	return all[n], nil
}

// WorkspacesOf is the IDs of an account's workspaces, oldest first.
func (r reads) WorkspacesOf(ctx context.Context, accountID string) ([]string, error) {
	return many(ctx, r.q, "listing an account's workspaces", scalar[string], `
		SELECT w.id FROM workspaces w JOIN accounts a ON a.id = $1
		WHERE w.account_id = a.id OR (a.is_default AND a.platform <> (SELECT o.platform FROM accounts o WHERE o.id = w.account_id)) ORDER BY w.id`, accountID)
}
