package connectsim

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"portico/sandbox/control"
)

// What there is beside drafts and deployments, and what others have made.

// addConnector answers POST /_control/connectors: one of somebody else's that is published and, unless it is private,
// certified.
func addConnector(st *state, r *http.Request, now time.Time) (any, error) {
	body := struct {
		Region      string   `json:"region"`
		Key         string   `json:"key"`
		Name        string   `json:"name"`
		Description string   `json:"description"`
		Company     string   `json:"company"`
		URL         string   `json:"url"`
		Tag         string   `json:"tag"`
		Types       []string `json:"integration_types"`
		Private     bool     `json:"private"`
		Projects    []string `json:"private_projects"`
	}{Region: defaultRegion}
	if err := control.ReadInto(r, &body); err != nil {
		return nil, err
	}
	d := &draft{
		content: content{
			Key: body.Key, Name: body.Name, Description: body.Description, IntegrationTypes: control.Some(body.Types),
			Creator:    creator{Email: "connect@" + cmp.Or(body.Company, "other") + ".example", Company: body.Company},
			Repository: repository{body.URL, body.Tag}, SupportedRegions: []string{},
		},
		ID: uuid.NewString(), Region: body.Region, Organization: "organization of " + body.Company, Version: 1,
		Previewable: previewYes, Private: true, PrivateProjects: control.Some(body.Projects), ForReview: !body.Private,
	}
	var err error
	if d.Specification, err = st.inspect(d.Repository); err != nil {
		return nil, err
	}
	d.begin(now, nil)
	st.release(d, now)
	st.drafts.put(d)
	return object{"id": d.ID}, nil
}

// putProject answers POST /_control/projects: a new project, or what has changed of one.
func putProject(st *state, r *http.Request, _ time.Time) (any, error) {
	p := project{Region: defaultRegion, Organization: demoOrganization, Production: true}
	if err := control.ReadInto(r, &p); err != nil {
		return nil, err
	}
	if !projectShape.MatchString(p.rowID()) || !slices.Contains(regionNames, p.Region) {
		return nil, fmt.Errorf("%q is no region and project key", p.rowID())
	}
	return st.projects.put(&p), nil
}

// addClient answers POST /_control/clients with the ID and the secret of a new API client. Scopes are bare.
func addClient(st *state, r *http.Request, _ time.Time) (any, error) {
	body := struct {
		Region  string   `json:"region"`
		Project string   `json:"project"`
		Scopes  []string `json:"scopes"`
	}{Region: defaultRegion, Scopes: bareScopes}
	if err := control.ReadInto(r, &body); err != nil {
		return nil, err
	}
	p, ok := st.projects.get(body.Region + ":" + body.Project)
	if !ok {
		return nil, control.Missing("there is no project %s:%s", body.Region, body.Project)
	}
	c := st.addClient(p, body.Scopes)
	return object{"id": c.ID, "secret": c.Secret}, nil
}

// putRepository answers POST /_control/repositories: a repository with its tags, each with its files; or what has
// changed of one. A tag that is given again is moved.
func (s *Server) putRepository(st *state, r *http.Request, _ time.Time) (any, error) {
	var f fixture
	if err := control.ReadInto(r, &f); err != nil {
		return nil, err
	}
	if f.Name == "" {
		return nil, fmt.Errorf("a repository needs a name: owner/name")
	}
	tags := map[string]map[string]string{}
	if old, ok := st.fixtures.get(f.Name); ok {
		maps.Copy(tags, old.Tags)
	}
	maps.Copy(tags, f.Tags)
	f.Tags = tags
	st.fixtures.put(&f)
	s.git = hostRepositories(st)
	return control.Done, nil
}
