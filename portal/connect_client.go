package portal

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"portico/store"
	"portico/upstream/commercetools"
)

// commercetoolsItself is the actor of what happens at commercetools without us: by its own work, or by somebody else there.
var commercetoolsItself = store.Actor{Kind: store.ActorPlatform, Name: commercetools.Platform}

// tokenVariable stands for the token in calls that are shown as curl.
const tokenVariable = "COMMERCETOOLS_TOKEN" //nolint:gosec // the name of a variable, no token

// connectClient is how we call commercetools for an account. A *Refusal when the account is configured no more, or is at
// another platform.
func (p *Portal) connectClient(ctx context.Context, accountID string) (*commercetools.Client, error) {
	c, err := p.deployClient(ctx, accountID)
	if err == nil && c.connect == nil {
		err = refuse("connect_account", "account", c.account.Name)
	}
	return c.connect, err
}

// connectAccount is an account at commercetools that may be written to: it is configured, and its API client, as far as
// that is known, has one of the scopes, of which the first is named where it has none.
func connectAccount(ctx context.Context, tx *store.Tx, accountID string, scopes ...string) (store.DeployAccount, error) {
	a, err := tx.DeployAccount(ctx, accountID)
	switch {
	case err != nil:
		return a, err
	case a.Platform != store.PlatformCommercetools:
		return a, refuse("connect_account", "account", a.Name)
	case !a.GoneAt.IsZero():
		return a, refuse("deploy_account_gone", "account", a.Name)
	}
	has := func(scope string) bool { return slices.Contains(a.Scopes, scope) }
	if len(a.Scopes) > 0 && !has(commercetools.ScopeManageProject) && !slices.ContainsFunc(scopes, has) {
		return a, refuse("connect_scope", "account", a.Name, "scope", scopes[0]+":"+a.ProjectKey)
	}
	return a, nil
}

// plannedCall is a call to commercetools as a person could make it by hand. The body is JSON without secrets; nil is none.
func plannedCall(a store.DeployAccount, method, path string, body []byte) store.PlannedRequest {
	r := store.PlannedRequest{Method: method, URL: cmp.Or(a.APIURL, commercetools.ConnectURL(a.Region)) + path, Token: tokenVariable}
	if body != nil {
		r.Header, r.Body = map[string]string{"Content-Type": "application/json"}, string(body)
	}
	return r
}

// DraftDocument is a draft as the platform has it. The documents that the store keeps were written by us, so that they can
// always be read.
func DraftDocument(d store.ConnectorDraft) (commercetools.Draft, error) {
	return document[commercetools.Draft](d.Document)
}

// PublishedConnector is the connector that was published from a draft; false when none was seen.
func PublishedConnector(d store.ConnectorDraft) (commercetools.Connector, bool, error) {
	c, err := document[commercetools.Connector](d.Connector)
	return c, d.Connector != "" && err == nil, err
}

// DeploymentDocument is a deployment as the platform has it, with its secured values masked.
func DeploymentDocument(d store.ConnectDeployment) (commercetools.Deployment, error) {
	return document[commercetools.Deployment](d.Document)
}

func document[T any](text string) (v T, err error) {
	if text == "" {
		return v, nil
	}
	return v, json.Unmarshal([]byte(text), &v)
}
