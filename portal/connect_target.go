package portal

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"portico/store"
)

// ProposedTarget is an account to which a connector could be deployed.
type ProposedTarget struct {
	DeployTarget
	Account     store.DeployAccount // without its secrets
	Regions     []string            // in which it may run there; empty is any
	Types       []string
	Deployments []store.ConnectDeployment // of this connector that are there already
}

// ProposeTargets is the accounts to which a draft (staged) or what is published from it could be deployed, each with the
// region of its project and a key that is free. The draft's own account is the first.
func (p *Portal) ProposeTargets(ctx context.Context, draftID string, staged bool) ([]ProposedTarget, error) {
	row, err := p.store.ConnectorDraft(ctx, draftID)
	if err != nil {
		return nil, err
	}
	f, err := p.DeployForm(ctx, draftID, staged)
	if err != nil {
		return nil, err
	}
	accounts, err := p.store.DeployAccounts(ctx, store.PlatformCommercetools)
	if err != nil {
		return nil, err
	}
	there, err := p.store.ConnectDeployments(ctx, "")
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(accounts, func(a, b store.DeployAccount) int { return ownFirst(row, b) - ownFirst(row, a) })
	var all []ProposedTarget
	for _, a := range accounts {
		all = append(all, proposed(f, row, a, there))
	}
	return all, nil
}

func ownFirst(row store.ConnectorDraft, a store.DeployAccount) int {
	if a.ID == row.AccountID {
		return 1
	}
	return 0
}

func proposed(f ConfigForm, row store.ConnectorDraft, a store.DeployAccount, there []store.ConnectDeployment) ProposedTarget {
	a.Secret, a.GitKey = "", ""
	t := ProposedTarget{Account: a, Regions: f.Regions, Types: f.Types}
	t.AccountID, t.Region, t.Type = a.ID, a.Region, f.Types[0]
	if len(f.Regions) > 0 && !slices.Contains(f.Regions, a.Region) {
		t.Region = f.Regions[0]
	}
	taken := map[string]bool{}
	for _, d := range there {
		if d.AccountID != a.ID {
			continue
		}
		taken[d.UpstreamKey] = true
		if d.ConnectorID == row.UpstreamID {
			t.Deployments = append(t.Deployments, d)
		}
	}
	base := ProposeKey(orElse(f.Key, f.Name), t.Region)
	if f.Staged {
		base = ProposeKey(orElse(f.Key, f.Name)+"-preview", t.Region)
	}
	t.Key = base
	for n := 2; taken[t.Key]; n++ {
		t.Key = base + "-" + strconv.Itoa(n)
	}
	return t
}

var notInKeys = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// ProposeKey is a key that tells what is deployed, and where: "loyalty-europe-west1-gcp".
func ProposeKey(name, region string) string {
	plain := func(text string) string { return strings.Trim(notInKeys.ReplaceAllString(text, "-"), "-") }
	name = plain(strings.ToLower(name))
	if name == "" {
		name = "connector"
	}
	return name[:min(len(name), 200)] + "-" + plain(region)
}
