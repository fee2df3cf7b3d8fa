package piecesim

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Kinds of projects: a user's own, and those that a team shares.
const (
	typePersonal = "PERSONAL"
	typeTeam     = "TEAM"
)

// projectName is what a project's name must be like: no dot and no slash (recorded).
var projectName = regexp.MustCompile(`^[^./]+$`)

// project is where flows, connections and runs are.
type project struct {
	ID, OwnerID         string
	DisplayName, Type   string
	ExternalID          string // empty is null
	Metadata            any
	MaxConcurrentJobs   any
	Color               string
	ReleasesEnabled     bool
	PlanID, PlanName    string
	Filter              string // of pieces: NONE or ALLOWED
	Pieces              []string
	Created, Updated    time.Time
	PlanMade, PlanSince time.Time
}

func (p *project) key() string { return p.ID }

var projectColours = []string{"RED", "BLUE", "YELLOW", "PURPLE", "GREEN", "PINK", "VIOLET", "ORANGE", "DARK_GREEN", "CYAN", "LAVENDER"}

// addProject makes a project.
func (st *state) addProject(owner, name, externalID, kind string, metadata any, now time.Time) *project {
	plan := "platform"
	if kind == typePersonal {
		plan = "free"
	}
	id := newID()
	return st.projects.put(&project{
		ID: id, OwnerID: owner, DisplayName: name, Type: kind, ExternalID: externalID, Metadata: metadata,
		Color: projectColours[int(id[0])%len(projectColours)], PlanID: newID(), PlanName: plan, Filter: "NONE",
		Created: now, Updated: now, PlanMade: now, PlanSince: now,
	})
}

func (st *state) personalProject(userID string) any {
	p, ok := st.projects.find(func(p *project) bool { return p.Type == typePersonal && p.OwnerID == userID })
	if !ok {
		return nil
	}
	return p.ID
}

// byExternalID is the project with an external ID, of those that are not deleted.
func (st *state) byExternalID(externalID string) (*project, bool) {
	return st.projects.find(func(p *project) bool { return externalID != "" && p.ExternalID == externalID })
}

// removeProject takes everything in a project with it. Its external ID is free again.
func (st *state) removeProject(id string) {
	for _, c := range st.connections.where(func(c *connection) bool { return slices.Contains(c.ProjectIDs, id) }) {
		if c.Scope == scopeProject {
			st.connections.remove(c.ID)
			continue
		}
		c.ProjectIDs = slices.DeleteFunc(slices.Clone(c.ProjectIDs), func(p string) bool { return p == id })
		st.connections.put(c)
	}
	for _, f := range st.flows.where(func(f *flow) bool { return f.ProjectID == id }) {
		st.removeFlow(f.ID)
	}
	for _, m := range st.members.where(func(m *member) bool { return m.ProjectID == id }) {
		st.members.remove(m.ID)
	}
	st.projects.remove(id)
}

func (st *state) showProject(p *project) object {
	flows := st.flows.where(func(f *flow) bool { return f.ProjectID == p.ID })
	active := slices.DeleteFunc(slices.Clone(flows), func(f *flow) bool { return f.Status != statusEnabled })
	members := st.members.where(func(m *member) bool { return m.ProjectID == p.ID })
	return object{
		"id": p.ID, "created": stamp(p.Created), "updated": stamp(p.Updated), "ownerId": p.OwnerID, "displayName": p.DisplayName,
		"platformId": st.ID, "maxConcurrentJobs": p.MaxConcurrentJobs, "type": p.Type, "icon": object{"color": p.Color},
		"externalId": textOrNull(p.ExternalID), "releasesEnabled": p.ReleasesEnabled, "metadata": p.Metadata, "poolId": nil,
		"plan": object{
			"id": p.PlanID, "created": stamp(p.PlanMade), "updated": stamp(p.PlanSince), "projectId": p.ID, "locked": false,
			"name": p.PlanName, "piecesFilterType": p.Filter, "pieces": notNil(p.Pieces),
		},
		"analytics": object{
			"totalUsers": len(members), "activeUsers": 0, "totalFlows": len(flows), "activeFlows": len(active),
		},
	}
}

func projectEndpoints() []endpoint {
	return []endpoint{
		{pattern: "GET /api/v1/projects", name: "listProjects", check: needQuery(), do: listProjects},
		{pattern: "GET /api/v1/projects/{id}", name: "getProject", do: getProject},
		{pattern: "POST /api/v1/projects", name: "createProject", admin: true, status: 201, check: checkNewProject, do: createProject},
		{pattern: "POST /api/v1/projects/{id}", name: "updateProject", check: checkProject, do: updateProject},
		{pattern: "DELETE /api/v1/projects/{id}", name: "deleteProject", admin: true, status: 204, do: deleteProject},
	}
}

func listProjects(c *call) (any, error) {
	if c.query.Has("externalUserId") && c.who.kind != byKey {
		return nil, refuse(http.StatusForbidden, "AUTHORIZATION", object{})
	}
	name := strings.ToLower(c.query.Get("displayName"))
	rows := c.st.projects.where(func(p *project) bool {
		return c.mayRead(p.ID) && c.wants("externalId", p.ExternalID) && c.wants("types", p.Type) &&
			strings.Contains(strings.ToLower(p.DisplayName), name) && c.ofExternalUser(p)
	})
	return page(c, rows, byName, 50, func(p *project) any { return c.st.showProject(p) }), nil
}

// ofExternalUser holds a list to the projects of one embedded user; nobody knows the user: none.
func (c *call) ofExternalUser(p *project) bool {
	if !c.query.Has("externalUserId") {
		return true
	}
	u, ok := c.st.users.find(func(u *user) bool { return u.ExternalID == c.query.Get("externalUserId") })
	if !ok {
		return false
	}
	_, member := c.st.memberOf(u.ID, p.ID)
	return member || p.OwnerID == u.ID && p.Type == typePersonal
}

// theProject is a project that the caller may see.
func (c *call) theProject(id string) (*project, error) {
	p, ok := c.st.projects.get(id)
	if !ok {
		return nil, notFound("project", id)
	}
	if !c.mayRead(id) {
		return nil, refuse(http.StatusForbidden, "AUTHORIZATION", object{})
	}
	return p, nil
}

// changing is a project that the caller may change things in.
func (c *call) changing(id string) (*project, error) {
	p, err := c.theProject(id)
	if err != nil {
		return nil, err
	}
	if m, ok := c.st.memberOf(c.who.userID(), id); !c.who.admin() && ok && m.Role == memberViewer {
		return nil, refuse(http.StatusForbidden, "PERMISSION_DENIED", object{"userId": c.who.userID(), "projectId": id})
	}
	return p, nil
}

func (c *call) mayRead(projectID string) bool {
	_, member := c.st.memberOf(c.who.userID(), projectID)
	return member || c.who.admin()
}

func getProject(c *call) (any, error) {
	p, err := c.theProject(c.id)
	if err != nil {
		return nil, err
	}
	out := c.st.showProject(p)
	out["deleted"] = nil
	return out, nil
}
