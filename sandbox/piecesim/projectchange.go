package piecesim

import "net/http"

func checkNewProject(c *call) error {
	k := c.checkBody()
	k.text(c.body, "displayName")
	checkProjectFields(k, c)
	return k.err()
}

func checkProject(c *call) error {
	k := c.checkBody()
	k.maybeText(c.body, "displayName")
	checkProjectFields(k, c)
	return k.err()
}

func checkProjectFields(k *checker, c *call) {
	if name, ok := c.body["displayName"].(string); ok && !projectName.MatchString(name) {
		k.fault("displayName", "Invalid string: must match pattern /^[^./]+$/")
	}
	k.maybeText(c.body, "externalId")
	k.maybeObject(c.body, "metadata")
	k.maybeObject(c.body, "plan")
	k.maybeStrings(c.body, "globalConnectionExternalIds")
}

// createProject checks the plan's limit before the database's: an external ID that is taken ends in the database's own
// words, and not in a 409 (recorded).
func createProject(c *call) (any, error) {
	if !c.conf.has(unlimited) {
		if _, another := c.st.projects.find(func(p *project) bool { return p.Type == typeTeam }); another {
			return nil, featureDisabled("Maximum limit of 1 team project reached for this plan. Upgrade your plan to add more team projects.")
		}
	}
	externalID := c.text("externalId")
	if _, taken := c.st.byExternalID(externalID); taken {
		return nil, crash("23505", `duplicate key value violates unique constraint "idx_project_platform_id_external_id"`)
	}
	p := c.st.addProject(c.who.userID(), c.text("displayName"), externalID, typeTeam, c.body["metadata"], c.now)
	p.MaxConcurrentJobs = c.body["maxConcurrentJobs"]
	c.assignGlobals(p)
	return c.st.showProject(p), nil
}

// updateProject: an external ID is changed by admins and keys only (from source).
func updateProject(c *call) (any, error) {
	p, err := c.changing(c.id)
	if err != nil {
		return nil, err
	}
	if externalID, ok := c.body["externalId"].(string); ok && c.who.admin() {
		if other, taken := c.st.byExternalID(externalID); taken && other != p {
			return nil, refuse(http.StatusConflict, "PROJECT_EXTERNAL_ID_ALREADY_EXISTS", object{"externalId": externalID})
		}
		p.ExternalID = externalID
	}
	c.setProject(p)
	c.assignGlobals(p)
	return c.st.showProject(c.st.projects.put(p)), nil
}

func (c *call) setProject(p *project) {
	p.Updated = c.now
	if name, ok := c.body["displayName"].(string); ok {
		p.DisplayName = name
	}
	if v, ok := c.body["metadata"]; ok {
		p.Metadata = v
	}
	if v, ok := c.body["maxConcurrentJobs"]; ok {
		p.MaxConcurrentJobs = v
	}
	if v, ok := c.body["releasesEnabled"].(bool); ok {
		p.ReleasesEnabled = v
	}
	if icon, ok := c.body["icon"].(object); ok {
		p.Color, _ = icon["color"].(string)
	}
	plan, ok := c.body["plan"].(object)
	if !ok {
		return
	}
	p.PlanSince = c.now
	if filter, ok := plan["piecesFilterType"].(string); ok {
		p.Filter = filter
	}
	if list, ok := texts(plan["pieces"]); ok {
		p.Pieces = list
	}
}

func deleteProject(c *call) (any, error) {
	p, err := c.theProject(c.id)
	if err != nil {
		return nil, err
	}
	if p.Type == typePersonal {
		return nil, refuseWith(http.StatusConflict, "VALIDATION", "Personal projects cannot be deleted")
	}
	c.st.removeProject(p.ID)
	return nil, nil
}
