package commercetools

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"portico/upstream"
)

// Scopes that calls of this package need, without the project key.
const (
	ScopeManageProject     = "manage_project" // everything in Connect
	ScopeViewConnectors    = "view_connectors"
	ScopeManageConnectors  = "manage_connectors"
	ScopeViewDeployments   = "view_connectors_deployments"
	ScopeManageDeployments = "manage_connectors_deployments"
	// ScopeManageAPIClients is needed, beside the others, to create a deployment of a connector that asks for an API
	// client of its own.
	ScopeManageAPIClients = "manage_api_clients"
)

// Scopes lists what the API client may do in the project, without the ":projectKey" at the end of each scope. nil means
// that the service does not say. An API client of another project is an *upstream.Error with CodeOtherProject. A token
// is fetched if there is none (POST /oauth/token), which is how to test credentials.
func (c *Client) Scopes(ctx context.Context) ([]string, error) {
	token, err := c.session.token(ctx, c)
	if err != nil {
		return nil, err
	}
	all := c.session.scopesNow()
	if len(all) == 0 {
		if all, err = c.introspect(ctx, token.Reveal()); err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	return c.ownScopes(all)
}

func (s *session) scopesNow() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.scopes
}

// introspect asks what a token is good for (POST /oauth/introspect), where it came without its scopes.
func (c *Client) introspect(ctx context.Context, token string) ([]string, error) {
	var got struct{ Scope text }
	err := c.try(ctx, c.form("/oauth/introspect", url.Values{"token": {token}}), c.session.basic(), &got)
	if failed, ok := errors.AsType[*upstream.Error](err); ok && !failed.Temporary() {
		return nil, nil // this service does not say it
	}
	return split(string(got.Scope)), err
}

func (c *Client) ownScopes(all []string) ([]string, error) {
	var own []string
	for _, scope := range all {
		if name, ok := strings.CutSuffix(scope, ":"+c.project); ok {
			own = append(own, name)
		}
	}
	if len(own) == 0 {
		return nil, &upstream.Error{Platform: Platform, Operation: grantOperation, Kind: upstream.Forbidden, Code: CodeOtherProject,
			Message: "the API client has no scope of this project"}
	}
	return own, nil
}

func split(scope string) []string {
	fields := strings.Fields(scope)
	if len(fields) == 0 {
		return nil
	}
	return fields
}
