package commercetools

import (
	"context"
	"net/url"
)

// DeploymentQuery narrows a list of deployments; zero fields do not.
type DeploymentQuery struct {
	Limit, Offset    int
	Sort             []string // OldestFirst …
	Type             string   // DeployPreview …
	IntegrationTypes []string
}

func (q DeploymentQuery) values() url.Values {
	values := adding(paging(q.Limit, q.Offset, q.Sort), "integrationTypes", q.IntegrationTypes)
	if q.Type != "" {
		values.Set("deploymentType", q.Type)
	}
	return values
}

// CreateDeployment makes a deployment of the project (POST /{projectKey}/deployments); then it is Queued or Deploying.
// Exists: the key is taken.
func (c *Client) CreateDeployment(ctx context.Context, draft DeploymentDraft) (Deployment, error) {
	hidden := c.secrets(draft.Configurations, draft.GlobalConfiguration, draft.Key, draft.Region, draft.Connector.Key, draft.Connector.ID)
	return one[Deployment](ctx, c, c.post("POST /{projectKey}/deployments", c.deployments(), draft).hiding(hidden...))
}

// Deployments is one page of the project's deployments (GET /{projectKey}/deployments).
func (c *Client) Deployments(ctx context.Context, query DeploymentQuery) (Page[Deployment], error) {
	return page[Deployment](ctx, c, c.get("GET /{projectKey}/deployments", c.deployments(), query.values()))
}

// AllDeployments are all of the project's deployments, the oldest first.
func (c *Client) AllDeployments(ctx context.Context) ([]Deployment, error) {
	return all(func(limit, offset int) (Page[Deployment], error) {
		return c.Deployments(ctx, DeploymentQuery{Limit: limit, Offset: offset, Sort: []string{OldestFirst}})
	})
}

// Deployment reads a deployment (GET /{projectKey}/deployments/{id}). NotFound: it has been undeployed.
func (c *Client) Deployment(ctx context.Context, id string) (Deployment, error) {
	return one[Deployment](ctx, c, c.get("GET /{projectKey}/deployments/{id}", c.deployments().id(id), nil))
}

// DeploymentByKey reads a deployment (GET /{projectKey}/deployments/key={key}).
func (c *Client) DeploymentByKey(ctx context.Context, key string) (Deployment, error) {
	return one[Deployment](ctx, c, c.get("GET /{projectKey}/deployments/key={key}", c.deployments().key(key), nil))
}

// Redeploy makes a deployment anew, with other values or a newer connector (POST /{projectKey}/deployments/{id}, action
// redeploy). When the deployment has another version, nothing is changed and the error is a Conflict. If what is built
// fails, what was deployed goes on.
func (c *Client) Redeploy(ctx context.Context, id string, version int, change Redeploy) (Deployment, error) {
	body := updateBody{version, []Redeploy{change}}
	hidden := c.secrets(change.ConfigurationValues, change.GlobalConfiguration)
	return one[Deployment](ctx, c, c.post("POST /{projectKey}/deployments/{id} redeploy", c.deployments().id(id), body).hiding(hidden...))
}

// DeleteDeployment undeploys (DELETE /{projectKey}/deployments/{id}); it returns the deployment, Undeploying, or nothing
// where the service says nothing. Later the deployment is not found any more, or is UndeployFailed. NotFound: it has gone.
func (c *Client) DeleteDeployment(ctx context.Context, id string) (Deployment, error) {
	return removed[Deployment](ctx, c, c.remove("DELETE /{projectKey}/deployments/{id}", c.deployments().id(id)))
}
