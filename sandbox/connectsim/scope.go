package connectsim

import (
	"slices"
	"strings"
)

// Scopes that calls need, without the project's key. Each list is alternatives, as the API description has them.
var (
	viewConnectors    = []string{"manage_project", "manage_connectors", "view_connectors"}
	manageConnectors  = []string{"manage_project", "manage_connectors"}
	viewDeployments   = []string{"manage_project", "manage_connectors_deployments", "view_connectors_deployments"}
	manageDeployments = []string{"manage_project", "manage_connectors_deployments"}
)

// principal is in whose name a call is made.
type principal struct {
	client  *client
	project *project
	scopes  []string
}

// may says whether the token has one of the scopes for a project.
func (p principal) may(scopes []string, projectKey string) bool {
	return slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(p.scopes, s+":"+projectKey) })
}

// admit finds whose call it is and whether its token has a scope for it: of the project in the path, or where there is
// none of the token's own project.
func (c *call) admit(scopes []string) error {
	value, ok := strings.CutPrefix(c.r.Header.Get("Authorization"), "Bearer ")
	who, known := c.st.principal(c.region, value, c.now)
	if !ok || !known {
		return unauthenticated(c.conf)
	}
	c.who = who
	c.entry.From("bearer", who.client.ID)
	key := who.project.Key
	if c.project != "" {
		key = c.project
	}
	if !who.may(scopes, key) {
		return forbidden(c.conf, scopes, key)
	}
	return nil
}

// mayMakeClients says whether the token may have an API client made in the project, which a connector with
// inheritAs.apiClient wants of whoever deploys it. manage_project does not include it.
func (p principal) mayMakeClients() bool {
	return p.may([]string{"manage_api_clients"}, p.project.Key)
}
