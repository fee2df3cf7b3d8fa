package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"portico/store"
	"portico/upstream"
	"portico/upstream/commercetools"
)

// neededScopes are what an API client should be allowed, each with the one that lets it look at least, and what does not
// work without it. Who may manage the project may do all of this but make API clients.
var neededScopes = []struct {
	scope, looks, without string
}{
	{commercetools.ScopeManageConnectors, commercetools.ScopeViewConnectors, "connector drafts cannot be made, changed or published"},
	{commercetools.ScopeManageDeployments, commercetools.ScopeViewDeployments, "nothing can be deployed, redeployed or undeployed"},
	{commercetools.ScopeManageAPIClients, "", "connectors that ask for an API client of their own (inheritAs.apiClient) cannot be deployed"},
}

// commercetools tests one API client of a project, by looking alone.
func (c *checks) commercetools(ctx context.Context, a store.DeployAccount) {
	what := "commercetools account " + a.Name + ", "
	client := commercetools.New(commercetools.Config{
		Account: a.Name, Region: a.Region, ProjectKey: a.ProjectKey, ClientID: a.ClientID, ClientSecret: a.Secret, ConnectURL: a.APIURL, AuthURL: a.AuthURL,
	})
	scopes, err := within(ctx, client.Scopes)
	c.line(what+"token", fmt.Sprintf("fetched from %s, for the project %s", a.AuthURL, a.ProjectKey), commercetoolsFault(a, err))
	if err != nil {
		return // nothing else can be told
	}
	c.scopes(what, scopes)
	c.listed(what+"drafts", sees(scopes, 0), func() (int, error) {
		page, err := within(ctx, func(ctx context.Context) (commercetools.Page[commercetools.Draft], error) {
			return client.Drafts(ctx, commercetools.DraftQuery{Limit: 1})
		})
		return page.Total, err
	})
	c.listed(what+"deployments", sees(scopes, 1), func() (int, error) {
		page, err := within(ctx, func(ctx context.Context) (commercetools.Page[commercetools.Deployment], error) {
			return client.Deployments(ctx, commercetools.DeploymentQuery{Limit: 1})
		})
		return page.Total, err
	})
}

// scopes tells what will not work for want of a scope.
func (c *checks) scopes(what string, scopes []string) {
	if scopes == nil {
		c.warn(what+"scopes", "the service does not say what the API client may do; what it may not shows when it is tried")
		return
	}
	missing := false
	for _, n := range neededScopes {
		if slices.Contains(scopes, n.scope) || n.looks != "" && slices.Contains(scopes, commercetools.ScopeManageProject) {
			continue
		}
		missing = true
		c.warn(what+"scopes", n.scope+" is missing: "+n.without+"; make an API client that has it in the Merchant Center")
	}
	if !missing {
		c.line(what+"scopes", strings.Join(scopes, ", "), nil)
	}
}

// sees says whether what is needed for one of neededScopes can at least be looked at.
func sees(scopes []string, n int) bool {
	return scopes == nil || slices.ContainsFunc([]string{neededScopes[n].scope, neededScopes[n].looks, commercetools.ScopeManageProject}, func(s string) bool {
		return slices.Contains(scopes, s)
	})
}

// listed tests a list, unless it is known already that the API client may not see it.
func (c *checks) listed(what string, may bool, count func() (int, error)) {
	if !may {
		c.line(what, "", errors.New("the API client may not see them: none of the scopes for it is there"))
		return
	}
	n, err := count()
	if err != nil {
		err = fmt.Errorf("cannot be listed: %w", err)
	}
	c.line(what, fmt.Sprintf("can be listed, there are %d", n), err)
}

func commercetoolsFault(a store.DeployAccount, err error) error {
	failed, _ := errors.AsType[*upstream.Error](err)
	switch {
	case err == nil:
		return nil
	case failed != nil && failed.Code == commercetools.CodeOtherProject:
		return fmt.Errorf("the API client is not one of the project %s (%w); check the project key", a.ProjectKey, err)
	case refusedToken(err):
		return fmt.Errorf("refused by commercetools (%w); check the client ID, its secret and the region: %s knows only the projects of its own", err, a.Region)
	case upstream.IsKind(err, upstream.Unavailable), upstream.IsKind(err, upstream.Canceled):
		return fmt.Errorf("no answer from %s (%w); check the region and that this machine can reach it", a.AuthURL, err)
	}
	return fmt.Errorf("could not be tested at %s: %w", a.AuthURL, err)
}
