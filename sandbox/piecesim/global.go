package piecesim

import "slices"

// globalEndpoints are the predefined connections (from source: no recording shows a licensed server).
func globalEndpoints() []endpoint {
	const feature = "globalConnectionsEnabled"
	return []endpoint{
		{pattern: "GET /api/v1/global-connections", name: "listGlobalConnections", admin: true, feature: feature, check: needQuery(), do: listGlobals},
		{pattern: "POST /api/v1/global-connections", name: "upsertGlobalConnection", admin: true, feature: feature, status: 201, check: checkGlobal, do: upsertGlobal},
		{pattern: "POST /api/v1/global-connections/{id}", name: "updateGlobalConnection", admin: true, feature: feature, check: checkGlobalUpdate, do: updateGlobal},
		{pattern: "DELETE /api/v1/global-connections/{id}", name: "deleteGlobalConnection", admin: true, feature: feature, status: 204, do: deleteGlobal},
	}
}

// listGlobals has no filter by external ID.
func listGlobals(c *call) (any, error) {
	rows := c.st.connections.where(func(n *connection) bool { return n.Scope == scopePlatform && c.matches(n) })
	return c.listed(rows), nil
}

func checkGlobal(c *call) error {
	_, listed := texts(c.body["projectIds"])
	_, fits := readValue(c.body["value"], c.text("type"))
	if !c.isConnection() || c.text("scope") != scopePlatform || !listed || !fits {
		return noUnion()
	}
	return nil
}

// upsertGlobal looks for a row of the same external ID whose projects contain all the posted ones. A longer list makes
// a second row, a shorter one takes projects away, and two at once make two rows, since the row is looked for before the
// worker is asked and nothing makes external IDs unique.
func upsertGlobal(c *call) (any, error) {
	ids, _ := texts(c.body["projectIds"])
	if err := c.existing(ids); err != nil {
		return nil, err
	}
	p, err := c.wantedPiece()
	if err != nil {
		return nil, err
	}
	found, looked := c.memo.(string)
	if !looked {
		found = c.st.globalFor(c.text("externalId"), ids)
		c.memo = found
	}
	if err := c.check(p); err != nil {
		return nil, err
	}
	n, ok := c.st.connections.get(found)
	if !ok {
		n = &connection{ID: newID(), ExternalID: c.text("externalId"), Scope: scopePlatform, OwnerID: c.who.userID(), Created: c.now}
		if n.ExternalID == "" {
			n.ExternalID = newID()
		}
	}
	c.fill(n, p) // the metadata of the request is dropped
	n.ProjectIDs = ids
	if v, ok := c.body["preSelectForNewProjects"].(bool); ok {
		n.PreSelect = v
	}
	return c.st.connections.put(n).show(c.st.ID), nil
}

// existing counts the projects: one that is unknown, or there twice [?], is not found.
func (c *call) existing(ids []string) error {
	for i, id := range ids {
		if _, ok := c.st.projects.get(id); !ok || slices.Contains(ids[:i], id) {
			return notFound("Project", id)
		}
	}
	return nil
}

func (st *state) globalFor(externalID string, projectIDs []string) string {
	n, ok := st.connections.find(func(n *connection) bool {
		return n.Scope == scopePlatform && externalID != "" && n.ExternalID == externalID && containsAll(n.ProjectIDs, projectIDs)
	})
	if !ok {
		return ""
	}
	return n.ID
}

func containsAll(list, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(id string) bool { return !slices.Contains(list, id) })
}

func checkGlobalUpdate(c *call) error {
	k := c.checkBody()
	k.text(c.body, "displayName")
	k.maybeStrings(c.body, "projectIds")
	k.maybeObject(c.body, "metadata")
	return k.err()
}

func (c *call) theGlobal() (*connection, error) {
	n, ok := c.st.connections.get(c.id)
	if !ok || n.Scope != scopePlatform {
		return nil, notFound("app_connection", c.id)
	}
	return n, nil
}

// updateGlobal cannot change the credential, and drops metadata as the upsert does.
func updateGlobal(c *call) (any, error) {
	n, err := c.theGlobal()
	if err != nil {
		return nil, err
	}
	if ids, ok := texts(c.body["projectIds"]); ok {
		if err := c.existing(ids); err != nil {
			return nil, err
		}
		n.ProjectIDs = ids
	}
	if v, ok := c.body["preSelectForNewProjects"].(bool); ok {
		n.PreSelect = v
	}
	n.DisplayName, n.Updated = c.text("displayName"), c.now
	return c.st.connections.put(n).show(c.st.ID), nil
}

func deleteGlobal(c *call) (any, error) {
	n, err := c.theGlobal()
	if err != nil {
		return nil, err
	}
	c.st.connections.remove(n.ID)
	return nil, nil
}

// assignGlobals makes a project's set of global connections the one that is named; without the feature it is ignored.
func (c *call) assignGlobals(p *project) {
	names, ok := texts(c.body["globalConnectionExternalIds"])
	if !ok || !c.conf.has("globalConnectionsEnabled") {
		return
	}
	for _, n := range c.st.connections.where(func(n *connection) bool { return n.Scope == scopePlatform }) {
		has, wanted := slices.Contains(n.ProjectIDs, p.ID), slices.Contains(names, n.ExternalID)
		switch {
		case wanted && !has:
			n.ProjectIDs = append(n.ProjectIDs, p.ID)
		case has && !wanted:
			n.ProjectIDs = slices.DeleteFunc(slices.Clone(n.ProjectIDs), func(id string) bool { return id == p.ID })
		default:
			continue
		}
		c.st.connections.put(n)
	}
}
