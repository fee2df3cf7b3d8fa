package connectsim

import (
	"slices"
	"strings"
)

// demoProject is the project of the official walk-through, in its region. Other regions have one that is named by them.
const demoProject = "composable-product-dev-sandbox"

// demoOrganization is whose projects they all are, until a control says otherwise.
const demoOrganization = "demo-organization"

// project is one Composable Commerce project. Drafts belong to its organisation, deployments to itself.
type project struct {
	Region       string `json:"region"`
	Key          string `json:"key"`
	Organization string `json:"organization"`
	// Production: whether deployments of type production are enabled.
	Production bool `json:"production"`
}

func (p *project) rowID() string { return p.Region + ":" + p.Key }

// client is an API client of a project, with the tokens that it has been given.
type client struct {
	ID      string   `json:"id"`
	Secret  string   `json:"secret"`
	Region  string   `json:"region"`
	Project string   `json:"project"`
	Scopes  []string `json:"scopes"`
	Demo    string   `json:"demo,omitempty"` // "all" or "limited": which of the demo clients it is
	Tokens  []token  `json:"tokens"`
	Issued  int      `json:"issued"` // how many tokens it has been given in its life
}

func (c *client) rowID() string { return c.ID }

// bareScopes are all that concern Connect; limitedScopes lack what a connector with an own API client needs.
var (
	bareScopes = []string{
		"manage_project", "manage_api_clients", "view_connectors", "manage_connectors", "view_connectors_deployments",
		"manage_connectors_deployments",
	}
	limitedScopes = []string{"manage_connectors", "manage_connectors_deployments"}
)

// addDemoProject makes a region's project with its two API clients.
func (st *state) addDemoProject(region string) {
	p := st.projects.put(&project{Region: region, Key: demoKey(region), Organization: demoOrganization, Production: true})
	st.addClient(p, bareScopes).Demo = "all"
	st.addClient(p, limitedScopes).Demo = "limited"
}

func demoKey(region string) string {
	if region == defaultRegion {
		return demoProject
	}
	return "demo-" + strings.ReplaceAll(region, ".", "-")
}

// addClient makes an API client. Scopes are bare; the project's key is appended.
func (st *state) addClient(p *project, scopes []string) *client {
	c := &client{ID: randomText(24, tokenAlphabet), Secret: randomText(32, tokenAlphabet), Region: p.Region, Project: p.Key}
	for _, s := range scopes {
		c.Scopes = append(c.Scopes, s+":"+p.Key)
	}
	return st.clients.put(c)
}

// Access is what a program needs to speak for a project.
type Access struct {
	Region, ProjectKey     string
	ClientID, ClientSecret string
	// ConnectURL and AuthURL are the bases of the region's API and of its token service. Without Options.URL they are paths.
	ConnectURL, AuthURL string
}

// Access is the demo project of a region with an API client that may everything. An unknown region has none.
func (s *Server) Access(region string) Access { return s.access(region, "all") }

// LimitedAccess is the demo project of a region with an API client that has neither manage_project nor
// manage_api_clients: it cannot deploy a connector that is given an API client of its own.
func (s *Server) LimitedAccess(region string) Access { return s.access(region, "limited") }

func (s *Server) access(region, which string) Access {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.state.clients.find(func(c *client) bool { return c.Region == region && c.Demo == which })
	if !ok || !slices.Contains(regionNames, region) {
		return Access{}
	}
	base := s.url + "/" + region
	return Access{Region: region, ProjectKey: c.Project, ClientID: c.ID, ClientSecret: c.Secret, ConnectURL: base, AuthURL: base}
}

// ProjectKey is the key of the demo project in us-central1.gcp.
func (s *Server) ProjectKey() string { return s.Access(defaultRegion).ProjectKey }

// ClientID is the ID of an API client of that project with all scopes.
func (s *Server) ClientID() string { return s.Access(defaultRegion).ClientID }

// ClientSecret is the secret of that API client.
func (s *Server) ClientSecret() string { return s.Access(defaultRegion).ClientSecret }
