package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"portico/secret"
)

// Platforms that admins deploy connectors to.
const (
	PlatformTrayCDK       = "traycdk"
	PlatformCommercetools = "commercetools"
)

// DeployAccount is one account that admins deploy connectors to: a token of one of Tray's regions, or an API client of one
// project of commercetools.
type DeployAccount struct {
	ID          string
	Platform    string // PlatformTrayCDK or PlatformCommercetools
	Name        string // the label by which people know it
	Region      string // the platform's own word
	APIURL      string
	AuthURL     string      // where tokens come from; of commercetools
	ProjectKey  string      // of commercetools
	ClientID    string      // of commercetools
	Secret      secret.Text // the token, or the client's secret
	Fingerprint string      // by which the secret is known again, and not found out
	GitKey      secret.Text // PEM, to read private repositories by SSH; "" = none
	KnownHosts  string      // the repositories' hosts, as ssh writes them down; "" = none are known
	Position    int         // in the configuration
	Scopes      []string    // of the token, as last seen; of commercetools
	CheckedAt   Time
	Problem     string // why the last check failed; "" = it did not
	GoneAt      Time   // since when it is configured no more; zero = it is
	CreatedAt   Time
	UpdatedAt   Time // when what is configured of it changed last
}

// place is where what an account has deployed lies: it cannot move.
func (a DeployAccount) place() [3]string { return [3]string{a.Platform, a.Region, a.ProjectKey} }

// same says whether two accounts are configured alike.
func (a DeployAccount) same(b DeployAccount) bool {
	return a.place() == b.place() && a.Name == b.Name && a.APIURL == b.APIURL && a.AuthURL == b.AuthURL && a.ClientID == b.ClientID &&
		a.Secret == b.Secret && a.GitKey == b.GitKey && a.KnownHosts == b.KnownHosts && a.Position == b.Position
}

const deployAccountColumns = `id, platform, name, region, api_url, auth_url, project_key, client_id, secret, fingerprint, git_key, known_hosts,
	position, scopes, checked_at, problem, gone_at, created_at, updated_at`

func (r reads) scanDeployAccount(ctx context.Context) func(row) (DeployAccount, error) {
	return func(row row) (DeployAccount, error) {
		var a DeployAccount
		var sealed, gitKey []byte
		var scopes JSON[[]string]
		err := row.Scan(&a.ID, &a.Platform, &a.Name, &a.Region, &a.APIURL, &a.AuthURL, &a.ProjectKey, &a.ClientID, &sealed, &a.Fingerprint, &gitKey, &a.KnownHosts,
			&a.Position, &scopes, &a.CheckedAt, &a.Problem, &a.GoneAt, &a.CreatedAt, &a.UpdatedAt)
		if err != nil {
			return a, err
		}
		a.Scopes = scopes.V
		if a.Secret, err = r.keys.open(ctx, r.q, "deploy_accounts/"+a.ID, sealed); err != nil {
			return a, err
		}
		a.GitKey, err = r.keys.open(ctx, r.q, "deploy_accounts/"+a.ID+"/git_key", gitKey)
		return a, err
	}
}

// DeployAccounts is the accounts of a platform that are configured ("" = of every one), in the order of the configuration.
func (r reads) DeployAccounts(ctx context.Context, platform string) ([]DeployAccount, error) {
	return many(ctx, r.q, "listing accounts to deploy to", r.scanDeployAccount(ctx), `
		SELECT `+deployAccountColumns+` FROM deploy_accounts
		WHERE gone_at = 0 AND (platform = $1 OR $1 = '') ORDER BY position, name`, platform)
}

// AllDeployAccounts is every account that was ever configured, those that are gone at the end.
func (r reads) AllDeployAccounts(ctx context.Context) ([]DeployAccount, error) {
	return many(ctx, r.q, "listing accounts to deploy to", r.scanDeployAccount(ctx), `
		SELECT `+deployAccountColumns+` FROM deploy_accounts ORDER BY gone_at, position, name`)
}

// DeployAccount is one account, also one that is gone; ErrNotFound when there is none.
func (r reads) DeployAccount(ctx context.Context, id string) (DeployAccount, error) {
	return one(ctx, r.q, "reading an account to deploy to", r.scanDeployAccount(ctx), `SELECT `+deployAccountColumns+` FROM deploy_accounts WHERE id = $1`, id)
}

// DeployAccountByName is the configured account of a name; ErrNotFound when there is none, or it is gone.
func (r reads) DeployAccountByName(ctx context.Context, name string) (DeployAccount, error) {
	return one(ctx, r.q, "reading an account to deploy to", r.scanDeployAccount(ctx), `
		SELECT `+deployAccountColumns+` FROM deploy_accounts WHERE name = $1 AND gone_at = 0`, name)
}

// ErrOtherPlace says that an account of the same name is at another platform, region or project, and something lies there
// already: that cannot move.
var ErrOtherPlace = errors.New("an account of this name is at another platform, region or project, and what was deployed there cannot move")

// PutDeployAccount stores an account as it is configured, under the ID that its name has already. One that was gone is
// back. What is configured as before stays as it is, so that UpdatedAt tells when it changed. ErrOtherPlace when the name
// is another place's, in which there is something already.
func (t *Tx) PutDeployAccount(ctx context.Context, a DeployAccount) (DeployAccount, error) {
	was, err := t.deployAccountNamed(ctx, a)
	if err != nil {
		return a, err
	}
	fingerprint, err := t.fingerprint(ctx, a.Secret)
	if err != nil {
		return a, err
	}
	if was.same(a) && was.GoneAt.IsZero() && was.Fingerprint == fingerprint {
		return was, nil
	}
	if err := t.mayMove(ctx, was, a); err != nil {
		return a, err
	}
	a.ID, a.Fingerprint = was.ID, fingerprint
	return t.writeDeployAccount(ctx, a)
}

// deployAccountNamed is the account that has a's name, made when there is none: processes that start together find the
// same one.
func (t *Tx) deployAccountNamed(ctx context.Context, a DeployAccount) (DeployAccount, error) {
	_, err := t.exec(ctx, "storing an account to deploy to", `
		INSERT INTO deploy_accounts (id, platform, name, region, api_url, project_key, secret, fingerprint, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, $8) ON CONFLICT (name) DO NOTHING`,
		t.newID(), a.Platform, a.Name, a.Region, a.APIURL, a.ProjectKey, []byte{}, t.Now())
	if err != nil {
		return DeployAccount{}, err
	}
	return one(ctx, t.q, "finding an account to deploy to", t.scanDeployAccount(ctx), `SELECT `+deployAccountColumns+` FROM deploy_accounts WHERE name = $1`, a.Name)
}

// mayMove lets an account be somewhere else as long as nothing lies where it was: a region that was mistyped can be mended.
func (t *Tx) mayMove(ctx context.Context, was, now DeployAccount) error {
	if was.place() == now.place() {
		return nil
	}
	used, err := one(ctx, t.q, "looking what an account holds", scalar[bool], `
		SELECT EXISTS (SELECT 1 FROM cdk_deployments WHERE account_id = $1)
			OR EXISTS (SELECT 1 FROM connector_drafts WHERE account_id = $1)
			OR EXISTS (SELECT 1 FROM connect_deployments WHERE account_id = $1)
			OR EXISTS (SELECT 1 FROM operations WHERE account_id = $1)`, was.ID)
	if err == nil && used {
		err = fmt.Errorf("storing the account %s: %w", now.Name, ErrOtherPlace)
	}
	return err
}

func (t *Tx) writeDeployAccount(ctx context.Context, a DeployAccount) (DeployAccount, error) {
	sealed, err := t.keys.seal(ctx, t.q, "", "deploy_accounts/"+a.ID, a.Secret)
	if err != nil {
		return a, err
	}
	gitKey, err := t.keys.seal(ctx, t.q, "", "deploy_accounts/"+a.ID+"/git_key", a.GitKey)
	if err != nil {
		return a, err
	}
	err = t.exec1(ctx, "storing an account to deploy to", `
		UPDATE deploy_accounts SET platform = $2, region = $3, api_url = $4, auth_url = $5, project_key = $6, client_id = $7, secret = $8, fingerprint = $9,
			git_key = $10, known_hosts = $11, position = $12, gone_at = 0, updated_at = $13 WHERE id = $1`,
		a.ID, a.Platform, a.Region, a.APIURL, a.AuthURL, a.ProjectKey, a.ClientID, sealed, a.Fingerprint, gitKey, a.KnownHosts, a.Position, t.Now())
	if err != nil {
		return a, err
	}
	return t.DeployAccount(ctx, a.ID)
}

// RetireDeployAccounts notes of all accounts but those named that they are configured no more. What they have deployed, and
// who did it, stays.
func (t *Tx) RetireDeployAccounts(ctx context.Context, configured []string) error {
	all, err := t.DeployAccounts(ctx, "")
	if err != nil {
		return err
	}
	for _, a := range all {
		if slices.Contains(configured, a.Name) {
			continue
		}
		if err := t.exec1(ctx, "retiring an account to deploy to", `UPDATE deploy_accounts SET gone_at = $2, updated_at = $2 WHERE id = $1`, a.ID, t.Now()); err != nil {
			return err
		}
	}
	return nil
}

// SetDeployAccountCheck keeps what a check of an account's credentials has found: the scopes of its token, and why it failed
// ("" = it did not). Without scopes those last seen stay.
func (t *Tx) SetDeployAccountCheck(ctx context.Context, id string, scopes []string, problem string) error {
	if scopes == nil {
		return t.exec1(ctx, "storing what a check has found", `UPDATE deploy_accounts SET checked_at = $2, problem = $3 WHERE id = $1`, id, t.Now(), problem)
	}
	return t.exec1(ctx, "storing what a check has found", `UPDATE deploy_accounts SET checked_at = $2, problem = $3, scopes = $4 WHERE id = $1`,
		id, t.Now(), problem, JSON[[]string]{scopes})
}

// DeploysTo says whether anything can be, or was, deployed to Tray and to commercetools: whether their pages are shown.
func (r reads) DeploysTo(ctx context.Context) (cdk, connect bool, err error) {
	platforms, err := many(ctx, r.q, "listing where is deployed to", scalar[string], `SELECT DISTINCT platform FROM deploy_accounts`)
	return slices.Contains(platforms, PlatformTrayCDK), slices.Contains(platforms, PlatformCommercetools), err
}
