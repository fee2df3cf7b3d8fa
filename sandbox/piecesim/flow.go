package piecesim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// States of a flow, and of its versions.
const (
	statusEnabled  = "ENABLED"
	statusDisabled = "DISABLED"
	stateDraft     = "DRAFT"
	stateLocked    = "LOCKED"
)

// schemaVersion is that of flows in 0.86.
const schemaVersion = "22"

// flow is a program of a project. Its name and steps are in its versions, the last of which is shown.
type flow struct {
	ID, ProjectID, ExternalID string
	OwnerID, FolderID         string
	Status                    string
	PublishedVersionID        string
	Metadata                  any
	TemplateID                string
	Versions                  []*version
	FailNext                  []string // what the next runs fail with, set by the controls
	Created, Updated          time.Time
}

func (f *flow) key() string { return f.ID }

func (f *flow) latest() *version { return f.Versions[len(f.Versions)-1] }

func (f *flow) version(id string) (*version, bool) {
	i := slices.IndexFunc(f.Versions, func(v *version) bool { return v.ID == id })
	if i < 0 {
		return nil, false
	}
	return f.Versions[i], true
}

func (f *flow) published() (*version, bool) { return f.version(f.PublishedVersionID) }

// show is a whole flow with its latest version, or another. triggerSource is there only while it is enabled.
func (f *flow) show(v *version) object {
	out := object{
		"id": f.ID, "created": stamp(f.Created), "updated": stamp(f.Updated), "projectId": f.ProjectID, "externalId": f.ExternalID,
		"ownerId": f.OwnerID, "folderId": textOrNull(f.FolderID), "status": f.Status,
		"publishedVersionId": textOrNull(f.PublishedVersionID), "metadata": f.Metadata, "operationStatus": "NONE",
		"timeSavedPerRun": nil, "templateId": textOrNull(f.TemplateID), "createdBy": nil, "version": v.show(),
	}
	if f.Status == statusEnabled {
		out["triggerSource"] = object{"schedule": nil}
	}
	return out
}

func (st *state) enabledFlows() int {
	return len(st.flows.where(func(f *flow) bool { return f.Status == statusEnabled }))
}

func (st *state) removeFlow(id string) {
	for _, r := range st.runs.where(func(r *run) bool { return r.FlowID == id }) {
		st.runs.remove(r.ID)
	}
	st.flows.remove(id)
}

func flowEndpoints() []endpoint {
	return []endpoint{
		{pattern: "GET /api/v1/flows", name: "listFlows", check: needQuery("projectId"), do: listFlows},
		{pattern: "GET /api/v1/flows/count", name: "countFlows", check: needQuery("projectId"), do: countFlows},
		{pattern: "GET /api/v1/flows/{id}", name: "getFlow", do: getFlow},
		{pattern: "GET /api/v1/flows/{id}/template", name: "getFlowTemplate", do: getFlowTemplate},
		{pattern: "POST /api/v1/flows", name: "createFlow", status: 201, check: checkNewFlow, do: createFlow},
		{pattern: "POST /api/v1/flows/{id}", name: opFlow, check: checkOperation, do: operate},
		{pattern: "DELETE /api/v1/flows/{id}", name: "deleteFlow", status: 204, do: deleteFlow},
	}
}

func listFlows(c *call) (any, error) {
	projectID := c.query.Get("projectId")
	if _, err := c.theProject(projectID); err != nil {
		return nil, err
	}
	rows := c.st.flows.where(func(f *flow) bool { return f.ProjectID == projectID && c.matchesFlow(f) })
	made := func(f *flow) time.Time { return f.Created }
	return page(c, rows, newestFirst(made), 10, func(f *flow) any { return f.show(f.latest()) }), nil
}

func (c *call) matchesFlow(f *flow) bool {
	v := f.latest()
	name := strings.ToLower(c.query.Get("name"))
	names, byConnection := c.query["connectionExternalIds"]
	uses := slices.ContainsFunc(names, func(n string) bool { return slices.Contains(v.ConnectionIDs, n) })
	return c.wants("status", f.Status) && c.wants("folderId", f.FolderID) && c.wants("folderIds", f.FolderID) &&
		c.wants("externalIds", f.ExternalID) && c.wants("versionState", v.State) && (uses || !byConnection) &&
		strings.Contains(strings.ToLower(v.DisplayName), name)
}

func countFlows(c *call) (any, error) {
	projectID := c.query.Get("projectId")
	if _, err := c.theProject(projectID); err != nil {
		return nil, err
	}
	return len(c.st.flows.where(func(f *flow) bool { return f.ProjectID == projectID })), nil
}

// theFlow is a flow that the caller may see.
func (c *call) theFlow() (*flow, error) {
	f, ok := c.st.flows.get(c.id)
	if !ok {
		return nil, notFound("flow", c.id)
	}
	_, err := c.theProject(f.ProjectID)
	return f, err
}

func getFlow(c *call) (any, error) {
	f, err := c.theFlow()
	if err != nil {
		return nil, err
	}
	v := f.latest()
	if id := c.query.Get("versionId"); id != "" {
		var ok bool
		if v, ok = f.version(id); !ok {
			return nil, notFound("flow_version", id)
		}
	}
	return f.show(v), nil
}

func checkNewFlow(c *call) error {
	k := c.checkBody()
	k.text(c.body, "displayName")
	k.text(c.body, "projectId")
	k.maybeObject(c.body, "metadata")
	return k.err()
}

func createFlow(c *call) (any, error) {
	projectID := c.text("projectId")
	if _, err := c.changing(projectID); err != nil {
		return nil, err
	}
	f := &flow{
		ID: newID(), ProjectID: projectID, ExternalID: newID(), OwnerID: c.who.userID(), Status: statusDisabled,
		FolderID: c.text("folderId"), TemplateID: c.text("templateId"), Metadata: c.body["metadata"], Created: c.now, Updated: c.now,
	}
	if name := c.text("folderName"); name != "" {
		f.FolderID = c.st.folderNamed(projectID, name, c.now).ID
	}
	f.Versions = []*version{emptyVersion(f.ID, c.text("displayName"), c.now)}
	return c.st.flows.put(f).show(f.latest()), nil
}

// deleteFlow: a flow that is not there is not named, unlike in every other answer (recorded).
func deleteFlow(c *call) (any, error) {
	f, ok := c.st.flows.get(c.id)
	if !ok {
		return nil, refuse(http.StatusNotFound, "ENTITY_NOT_FOUND", object{})
	}
	if _, err := c.changing(f.ProjectID); err != nil {
		return nil, err
	}
	c.st.removeFlow(f.ID)
	return nil, nil
}
