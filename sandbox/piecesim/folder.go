package piecesim

import "time"

// folder is where flows are put within a project.
type folder struct {
	ID, ProjectID, DisplayName string
	Created, Updated           time.Time
}

func (f *folder) key() string { return f.ID }

func folderEndpoints() []endpoint {
	return []endpoint{
		{pattern: "GET /api/v1/folders", name: "listFolders", check: needQuery("projectId"), do: listFolders},
		{pattern: "POST /api/v1/folders", name: "createFolder", check: checkFolder, do: createFolder},
	}
}

func (f *folder) show(st *state) object {
	flows := st.flows.where(func(o *flow) bool { return o.FolderID == f.ID })
	return object{
		"id": f.ID, "created": stamp(f.Created), "updated": stamp(f.Updated), "displayName": f.DisplayName,
		"displayOrder": 0, "projectId": f.ProjectID, "numberOfFlows": len(flows),
	}
}

func listFolders(c *call) (any, error) {
	projectID := c.query.Get("projectId")
	if _, err := c.theProject(projectID); err != nil {
		return nil, err
	}
	rows := c.st.folders.where(func(f *folder) bool { return f.ProjectID == projectID })
	created := func(f *folder) time.Time { return f.Created }
	return page(c, rows, byCreated(created), 10, func(f *folder) any { return f.show(c.st) }), nil
}

func checkFolder(c *call) error {
	k := c.checkBody()
	k.text(c.body, "displayName")
	k.text(c.body, "projectId")
	return k.err()
}

// createFolder answers with the folder of that name when there is one (from source).
func createFolder(c *call) (any, error) {
	if _, err := c.changing(c.text("projectId")); err != nil {
		return nil, err
	}
	return c.st.folderNamed(c.text("projectId"), c.text("displayName"), c.now).show(c.st), nil
}

func (st *state) folderNamed(projectID, name string, now time.Time) *folder {
	f, ok := st.folders.find(func(f *folder) bool { return f.ProjectID == projectID && f.DisplayName == name })
	if ok {
		return f
	}
	return st.folders.put(&folder{ID: newID(), ProjectID: projectID, DisplayName: name, Created: now, Updated: now})
}
