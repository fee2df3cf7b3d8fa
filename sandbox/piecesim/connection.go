package piecesim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Scopes of connections.
const (
	scopeProject  = "PROJECT"
	scopePlatform = "PLATFORM"
)

// connection is a credential that flows use by its external ID. Its value is not kept: nothing here calls third parties.
type connection struct {
	ID, ExternalID, DisplayName string
	Type, PieceName             string
	PieceVersion                string
	Status                      string // ACTIVE, MISSING or ERROR
	Scope, OwnerID              string
	ProjectIDs                  []string
	Metadata                    any
	PreSelect                   bool
	ValueDigest                 string // tells tests whether a new value has arrived
	Upserts                     int    // how often a value was given
	Created, Updated            time.Time
}

func (n *connection) key() string { return n.ID }

// shownConnection is a connection as an upsert answers it. It is a struct, unlike most answers, since lists of thousands
// are asked for.
type shownConnection struct {
	ID           string   `json:"id"`
	Created      string   `json:"created"`
	Updated      string   `json:"updated"`
	DisplayName  string   `json:"displayName"`
	ExternalID   string   `json:"externalId"`
	Type         string   `json:"type"`
	Status       string   `json:"status"`
	PlatformID   string   `json:"platformId"`
	PieceName    string   `json:"pieceName"`
	OwnerID      string   `json:"ownerId"`
	ProjectIDs   []string `json:"projectIds"`
	Scope        string   `json:"scope"`
	Metadata     any      `json:"metadata"`
	PieceVersion string   `json:"pieceVersion"`
	PreSelect    bool     `json:"preSelectForNewProjects"`
	Managed      bool     `json:"usingSecretManager"`
}

// listedConnection is a connection as lists have it: with its owner and the flows that use it.
type listedConnection struct {
	shownConnection
	Owner    any      `json:"owner"`
	FlowIDs  []string `json:"flowIds"`
	Projects []object `json:"projects,omitempty"`
}

func (n *connection) show(platformID string) shownConnection {
	return shownConnection{
		ID: n.ID, Created: stamp(n.Created), Updated: stamp(n.Updated), DisplayName: n.DisplayName, ExternalID: n.ExternalID,
		Type: n.Type, Status: n.Status, PlatformID: platformID, PieceName: n.PieceName, OwnerID: n.OwnerID,
		ProjectIDs: notNil(n.ProjectIDs), Scope: n.Scope, Metadata: n.Metadata, PieceVersion: n.PieceVersion, PreSelect: n.PreSelect,
	}
}

// listing shows connections in a list.
func (c *call) listing() func(*connection) listedConnection {
	uses, owners := c.st.uses(), map[string]any{}
	return func(n *connection) listedConnection {
		flows := []string{}
		for _, f := range uses[n.ExternalID] {
			if slices.Contains(n.ProjectIDs, f.ProjectID) {
				flows = append(flows, f.ID)
			}
		}
		owner, ok := owners[n.OwnerID]
		if !ok {
			raw, _ := json.Marshal(c.st.showOwner(n.OwnerID)) // texts only
			owner = json.RawMessage(raw)
			owners[n.OwnerID] = owner
		}
		return listedConnection{shownConnection: n.show(c.st.ID), Owner: owner, FlowIDs: flows}
	}
}

// listed is the page of connections that the request asks for.
func (c *call) listed(rows []*connection) object {
	show := c.listing()
	return page(c, rows, byCreated(connectionMade), 10, func(n *connection) any { return show(n) })
}

// uses are the flows by the external IDs that they name.
func (st *state) uses() map[string][]*flow {
	out := map[string][]*flow{}
	for _, f := range st.flows.rows {
		for _, name := range f.latest().ConnectionIDs {
			out[name] = append(out[name], f)
		}
	}
	return out
}

func connectionEndpoints() []endpoint {
	return []endpoint{
		{pattern: "GET /api/v1/app-connections", name: "listConnections", check: needQuery("projectId"), do: listConnections},
		{pattern: "GET /api/v1/app-connections/owners", name: "listConnectionOwners", check: needQuery("projectId"), do: listOwners},
		{pattern: "POST /api/v1/app-connections", name: "upsertConnection", status: 201, check: checkUpsert, do: upsertConnection},
		{pattern: "POST /api/v1/app-connections/replace", name: "replaceConnection", status: 204, check: checkReplace, do: replaceConnection},
		{pattern: "POST /api/v1/app-connections/{id}", name: "updateConnection", check: checkRename, do: updateConnection},
		{pattern: "DELETE /api/v1/app-connections/{id}", name: "deleteConnection", status: 204, do: deleteConnection},
		{pattern: "GET /api/v1/platform-app-connections", name: "listPlatformConnections", admin: true, check: needQuery(), do: listPlatformConnections},
	}
}

// matches are the filters that the lists of connections share.
func (c *call) matches(n *connection) bool {
	name := strings.ToLower(c.query.Get("displayName"))
	return c.wants("pieceName", n.PieceName) && c.wants("status", n.Status) && c.wants("scope", n.Scope) &&
		strings.Contains(strings.ToLower(n.DisplayName), name)
}

func connectionMade(n *connection) time.Time { return n.Created }

func listConnections(c *call) (any, error) {
	projectID := c.query.Get("projectId")
	if _, err := c.theProject(projectID); err != nil {
		return nil, err
	}
	rows := c.st.connections.where(func(n *connection) bool { return slices.Contains(n.ProjectIDs, projectID) && c.matches(n) })
	return c.listed(rows), nil
}

func listPlatformConnections(c *call) (any, error) {
	rows := c.st.connections.where(func(n *connection) bool {
		in := slices.ContainsFunc(n.ProjectIDs, func(id string) bool { return c.wants("projectIds", id) })
		return c.matches(n) && c.wants("ownerIds", n.OwnerID) && (in || len(n.ProjectIDs) == 0 && !c.query.Has("projectIds"))
	})
	show := c.listing()
	return page(c, rows, byCreated(connectionMade), 10, func(n *connection) any {
		out := show(n)
		for _, id := range n.ProjectIDs {
			if p, ok := c.st.projects.get(id); ok {
				out.Projects = append(out.Projects, object{"id": p.ID, "displayName": p.DisplayName, "type": p.Type})
			}
		}
		return out
	}), nil
}

func listOwners(c *call) (any, error) {
	projectID := c.query.Get("projectId")
	if _, err := c.theProject(projectID); err != nil {
		return nil, err
	}
	data, seen := []any{}, map[string]bool{}
	for _, n := range c.st.connections.rows {
		u, ok := c.st.users.get(n.OwnerID)
		if ok && !seen[u.ID] && slices.Contains(n.ProjectIDs, projectID) {
			seen[u.ID] = true
			data = append(data, object{"firstName": u.FirstName, "lastName": u.LastName, "email": u.Email})
		}
	}
	return object{"data": data, "next": nil, "previous": nil}, nil
}

func checkRename(c *call) error {
	k := c.checkBody()
	k.text(c.body, "displayName")
	k.maybeObject(c.body, "metadata")
	return k.err()
}

// theConnection is a project's connection that the caller may change. A global one is for the platform's admins: 403 here.
func (c *call) theConnection(id string) (*connection, error) {
	n, ok := c.st.connections.get(id)
	if !ok {
		return nil, notFound("app_connection", id)
	}
	if n.Scope == scopePlatform {
		return nil, refuse(http.StatusForbidden, "AUTHORIZATION", object{})
	}
	if _, err := c.changing(n.ProjectIDs[0]); err != nil {
		return nil, err
	}
	return n, nil
}

func updateConnection(c *call) (any, error) {
	n, err := c.theConnection(c.id)
	if err != nil {
		return nil, err
	}
	n.DisplayName, n.Updated = c.text("displayName"), c.now
	if v, ok := c.body["metadata"]; ok {
		n.Metadata = v
	}
	return c.st.connections.put(n).show(c.st.ID), nil
}

func deleteConnection(c *call) (any, error) {
	n, err := c.theConnection(c.id)
	if err != nil {
		return nil, err
	}
	c.st.connections.remove(n.ID)
	return nil, nil
}
