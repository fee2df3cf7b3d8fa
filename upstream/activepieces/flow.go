package activepieces

import (
	"context"
	"encoding/json"
	"net/url"
	"time"
)

// Status of a flow.
const (
	FlowEnabled  = "ENABLED"
	FlowDisabled = "DISABLED"
)

// States of a version of a flow.
const (
	VersionDraft  = "DRAFT"
	VersionLocked = "LOCKED"
)

// Flow is an automation in a project.
type Flow struct {
	ID         string
	ProjectID  string
	ExternalID string // made by the platform
	Name       string // of its latest version
	Status     string // FlowEnabled or FlowDisabled
	// PublishedVersionID is "" until the flow is published. It alone does not
	// prove that the flow can be switched on: publishing one without a trigger
	// fails and sets it; Version.Valid must be true too.
	PublishedVersionID string
	Metadata           map[string]string // members that are not strings are left out
	Version            FlowVersion       // the latest
	Created            time.Time
	Updated            time.Time
}

// FlowVersion is one state of a flow's steps.
type FlowVersion struct {
	ID            string
	Name          string
	State         string // VersionDraft or VersionLocked
	Valid         bool   // all steps are filled in
	SchemaVersion string
	Trigger       json.RawMessage // with the chain of steps inside it
	ConnectionIDs []string        // external IDs of the connections that its steps name
	Notes         json.RawMessage
}

type flowBody struct {
	ID, ProjectID, ExternalID, Status, PublishedVersionID text
	Metadata                                              words
	Version                                               json.RawMessage
	Created, Updated                                      moment
}

type versionBody struct {
	ID, DisplayName, State, SchemaVersion text
	Valid                                 flag
	Trigger, Notes                        json.RawMessage
	ConnectionIDs                         texts
}

func (b flowBody) flow() (Flow, bool) {
	var v versionBody
	object(b.Version, &v)
	return Flow{
		ID:                 string(b.ID),
		ProjectID:          string(b.ProjectID),
		ExternalID:         string(b.ExternalID),
		Name:               string(v.DisplayName),
		Status:             string(b.Status),
		PublishedVersionID: string(b.PublishedVersionID),
		Metadata:           b.Metadata,
		Version: FlowVersion{
			ID:            string(v.ID),
			Name:          string(v.DisplayName),
			State:         string(v.State),
			Valid:         bool(v.Valid),
			SchemaVersion: string(v.SchemaVersion),
			Trigger:       v.Trigger,
			ConnectionIDs: v.ConnectionIDs,
			Notes:         v.Notes,
		},
		Created: time.Time(b.Created),
		Updated: time.Time(b.Updated),
	}, b.ID != ""
}

// FlowContent is what a flow consists of, as templates carry it and ImportFlow
// takes it.
type FlowContent struct {
	DisplayName   string
	SchemaVersion string // "" when unknown
	Trigger       json.RawMessage
	Notes         json.RawMessage // nil when there are none
}

// Flows lists a project's flows (GET /flows), in one page as Connections.
func (c *Client) Flows(ctx context.Context, projectID string) ([]Flow, error) {
	call := c.get("GET /flows", "/flows", c.whole(url.Values{"projectId": {projectID}}))
	return list(ctx, c, call, flowBody.flow)
}

// Flow reads a flow with its latest version (GET /flows/{id}).
func (c *Client) Flow(ctx context.Context, id string) (Flow, error) {
	return one(ctx, c, c.get("GET /flows/:id", flowPath(id), nil), flowBody.flow)
}

// CreateFlow makes an empty flow (POST /flows). It is not idempotent, and the
// platform takes no external ID (0.86): when the outcome is unknown, look for the
// metadata.
func (c *Client) CreateFlow(ctx context.Context, projectID, name string, metadata map[string]string) (Flow, error) {
	body := map[string]any{"displayName": name, "projectId": projectID}
	if metadata != nil {
		body["metadata"] = metadata
	}
	return one(ctx, c, c.post("POST /flows", "/flows", body), flowBody.flow)
}

// DeleteFlow removes a flow (DELETE /flows/{id}).
func (c *Client) DeleteFlow(ctx context.Context, id string) error {
	return c.do(ctx, c.remove("DELETE /flows/:id", flowPath(id)), nil)
}

// ImportFlow replaces the steps of a flow's draft (operation IMPORT_FLOW).
func (c *Client) ImportFlow(ctx context.Context, id string, content FlowContent) (Flow, error) {
	request := map[string]any{
		"displayName":   content.DisplayName,
		"trigger":       orNull(content.Trigger),
		"schemaVersion": nil,
		"notes":         orNull(content.Notes),
	}
	if content.SchemaVersion != "" {
		request["schemaVersion"] = content.SchemaVersion
	}
	return c.operate(ctx, id, "IMPORT_FLOW", request, false)
}

// PublishFlow locks the draft and makes it the version that runs (operation
// LOCK_AND_PUBLISH), switched on or off. Without a trigger the error is of kind
// Refused, and yet the flow has a published version afterwards.
func (c *Client) PublishFlow(ctx context.Context, id string, enabled bool) (Flow, error) {
	return c.operate(ctx, id, "LOCK_AND_PUBLISH", map[string]any{"status": statusOf(enabled)}, true)
}

// SetFlowStatus switches a flow on or off (operation CHANGE_STATUS); to what it
// is already changes nothing. The error is of kind Refused when the flow was
// never published, Unlicensed when the plan allows no more active flows, Limited
// while another operation on the flow runs.
func (c *Client) SetFlowStatus(ctx context.Context, id string, enabled bool) (Flow, error) {
	return c.operate(ctx, id, "CHANGE_STATUS", map[string]any{"status": statusOf(enabled)}, true)
}

// RenameFlow changes the name of the flow's latest version (operation
// CHANGE_NAME).
func (c *Client) RenameFlow(ctx context.Context, id, name string) (Flow, error) {
	return c.operate(ctx, id, "CHANGE_NAME", map[string]any{"displayName": name}, false)
}

// operate carries out one operation on a flow (POST /flows/{id}); those that
// change the trigger's hook wait for a worker.
func (c *Client) operate(ctx context.Context, id, operation string, request map[string]any, onWorker bool) (Flow, error) {
	call := c.post("POST /flows/:id "+operation, flowPath(id), map[string]any{"type": operation, "request": request})
	if onWorker {
		call = call.slowly()
	}
	return one(ctx, c, call, flowBody.flow)
}

func flowPath(id string) string { return "/flows/" + pathSegment(id) }

func statusOf(enabled bool) string {
	if enabled {
		return FlowEnabled
	}
	return FlowDisabled
}

func orNull(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	return raw
}
