package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"portico/portal"
	"portico/store"
)

// deployAccount is an account that connectors are deployed to, without what opens it.
type deployAccount struct {
	ID         string     `json:"id"`
	Name       string     `json:"name" doc:"Its label in the configuration; where an account is asked for, this or the ID is given."`
	Region     string     `json:"region" doc:"The platform's own word." example:"europe-west1.gcp"`
	ProjectKey string     `json:"project_key,omitempty" doc:"Of commercetools."`
	Scopes     []string   `json:"scopes,omitempty" doc:"Of the API client, as last seen; of commercetools."`
	CheckedAt  *time.Time `json:"checked_at,omitempty"`
	Problem    string     `json:"problem,omitempty" doc:"Why the last check of its credentials failed."`
}

func deployAccountOf(a store.DeployAccount) deployAccount {
	return deployAccount{ID: a.ID, Name: a.Name, Region: a.Region, ProjectKey: a.ProjectKey, Scopes: a.Scopes, CheckedAt: when(a.CheckedAt), Problem: a.Problem}
}

func (a *API) deployAccounts() {
	serve(a, of(tagCDK, "list-cdk-accounts", http.MethodGet, "/cdk/accounts", "List the tokens that connectors for Tray are deployed with"),
		a.listAccounts(store.PlatformTrayCDK))
	serve(a, of(tagConnect, "list-connect-accounts", http.MethodGet, "/connect/accounts", "List the projects of commercetools that connectors are deployed to"),
		a.listAccounts(store.PlatformCommercetools))
	serve(a, begins(more(of(tagConnect, "sync-connect-account", http.MethodPost, "/connect/accounts/{account}/sync", "Copy an account's drafts and deployments again"),
		"Copies are kept fresh while something goes on, and every ten minutes. This asks now, and waits for it 2 seconds at most.")), a.syncAccount)
}

// listAccounts answers GET /api/v1/cdk/accounts and GET /api/v1/connect/accounts.
func (a *API) listAccounts(platform string) func(context.Context, *struct{}) (*list[deployAccount], error) {
	return func(ctx context.Context, _ *struct{}) (*list[deployAccount], error) {
		all, err := a.Store.DeployAccounts(ctx, platform)
		if err != nil {
			return nil, err
		}
		var items []deployAccount
		for _, one := range all {
			items = append(items, deployAccountOf(one))
		}
		return listed(items), nil
	}
}

// account finds a configured account of a platform by its name or ID; store.ErrNotFound when there is none.
func (a *API) account(ctx context.Context, platform, named string) (store.DeployAccount, error) {
	all, err := a.Store.DeployAccounts(ctx, platform)
	if err != nil {
		return store.DeployAccount{}, err
	}
	n := slices.IndexFunc(all, func(one store.DeployAccount) bool { return one.ID == named || one.Name == named })
	if n < 0 {
		return store.DeployAccount{}, store.ErrNotFound
	}
	return all[n], nil
}

// tokens is the IDs of the tokens that a wish names, by their names or IDs, and by regions: each the first of its region.
func (a *API) tokens(ctx context.Context, names, regions []string) (ids []string, err error) {
	all, err := a.Store.DeployAccounts(ctx, store.PlatformTrayCDK)
	if err != nil {
		return nil, err
	}
	find := func(is func(store.DeployAccount) bool) error {
		n := slices.IndexFunc(all, is)
		if n < 0 {
			return &portal.Refusal{Code: "cdk_account_unknown"}
		}
		ids = append(ids, all[n].ID)
		return nil
	}
	for _, name := range names {
		if err := find(func(one store.DeployAccount) bool { return one.ID == name || one.Name == name }); err != nil {
			return nil, err
		}
	}
	for _, region := range regions {
		if err := find(func(one store.DeployAccount) bool { return strings.EqualFold(one.Region, region) }); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

type accountPath struct {
	Account string `path:"account" maxLength:"255" doc:"Name or ID of an account."`
}

// syncAccount answers POST /api/v1/connect/accounts/{account}/sync.
func (a *API) syncAccount(ctx context.Context, in *accountPath) (*struct{}, error) {
	one, err := a.account(ctx, store.PlatformCommercetools, in.Account)
	if err != nil {
		return nil, err
	}
	return &struct{}{}, a.Portal.SyncConnect(ctx, one.ID)
}
