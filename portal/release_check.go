package portal

import (
	"context"
	"errors"
	"slices"
	"strings"

	"portico/store"
)

// deployable is the archive and the accounts of a wish; a Refusal when they do not fit.
func (p *Portal) deployable(ctx context.Context, tx *store.Tx, wish ReleaseWish) (store.Archive, []store.DeployAccount, error) {
	a, err := tx.LockArchive(ctx, wish.ArchiveID) // a second click, at another process too, sees what the first has made
	if err != nil {
		return a, nil, err
	}
	if wish.AgainOf != "" {
		again, err := tx.Release(ctx, wish.AgainOf)
		if err != nil {
			return a, nil, err
		}
		if again.ArchiveID != a.ID {
			return a, nil, store.ErrNotFound
		}
	}
	switch {
	case len(a.Report.Problems) > 0:
		return a, nil, refuse("archive_blocked")
	case wish.Name != a.Name:
		return a, nil, refuse("cdk_name_unlike", "name", a.Name, "given", shortened(wish.Name))
	case wish.Version != a.Version:
		return a, nil, refuse("cdk_version_unlike", "version", a.Version, "given", shortened(wish.Version))
	}
	accounts, err := regionsOf(ctx, tx, wish.Accounts)
	return a, accounts, err
}

// regionsOf is the accounts that are wished for: at least one, each of another region, all of them configured.
func regionsOf(ctx context.Context, tx *store.Tx, ids []string) ([]store.DeployAccount, error) {
	var accounts []store.DeployAccount
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		a, err := tx.DeployAccount(ctx, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && a.Platform != store.PlatformTrayCDK {
			return nil, refuse("cdk_account_unknown")
		}
		if err != nil {
			return nil, err
		}
		if !a.GoneAt.IsZero() {
			return nil, refuse("deploy_account_gone", "account", a.Name)
		}
		for _, other := range accounts {
			if other.Region == a.Region {
				return nil, refuse("cdk_region_twice", "region", strings.ToUpper(a.Region), "one", other.Name, "other", a.Name)
			}
		}
		accounts = append(accounts, a)
	}
	if len(accounts) == 0 {
		return nil, refuse("cdk_no_region")
	}
	slices.SortStableFunc(accounts, func(a, b store.DeployAccount) int { return a.Position - b.Position })
	return accounts, nil
}

// askedAlready is the release that a second click asks for: of the same person, archive and accounts, and not answered yet.
func askedAlready(ctx context.Context, tx *store.Tx, actor store.Actor, wish ReleaseWish, accounts []store.DeployAccount) (store.Release, error) {
	newest, err := tx.ReleasesOf(ctx, wish.Name, wish.Version, "", 1)
	if err != nil || len(newest) == 0 {
		return store.Release{}, err
	}
	r := newest[0]
	if r.ArchiveID != wish.ArchiveID || r.AgainOf != wish.AgainOf || r.Actor.Kind != actor.Kind || r.Actor.ID != actor.ID || !slices.Equal(r.Emails, wish.Emails) {
		return store.Release{}, nil
	}
	rows, err := tx.CDKDeploymentsOf(ctx, r.ID)
	if err != nil || len(rows) != len(accounts) {
		return store.Release{}, err
	}
	for n, d := range rows {
		if d.AccountID != accounts[n].ID || d.State != store.CDKQueued && d.State != store.CDKSending {
			return store.Release{}, nil
		}
	}
	return r, nil
}
