package activepieces

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"portico/upstream"
)

// Status of a connection. ERROR is set when a flow could not renew its token; no
// list tests anything, so ACTIVE proves nothing.
const (
	StatusActive  = "ACTIVE"
	StatusMissing = "MISSING" // a place was kept for it, and nobody has connected
	StatusError   = "ERROR"
)

// Scope of a connection.
const (
	ScopeProject  = "PROJECT"
	ScopePlatform = "PLATFORM" // a global connection, of the projects that it lists
)

// Connection is a credential that flows use by its external ID. Its value is
// never shown.
type Connection struct {
	ID           string
	ExternalID   string // what connections.get and {{connections['…']}} name
	DisplayName  string
	Type         string // TypeSecretText …
	PieceName    string
	PieceVersion string
	Status       string // StatusActive …
	Scope        string // ScopeProject or ScopePlatform
	ProjectIDs   []string
	FlowIDs      []string // that use it; in lists only
	Created      time.Time
	Updated      time.Time
}

// NewConnection is what makes or replaces a connection.
type NewConnection struct {
	ExternalID   string
	DisplayName  string
	PieceName    string
	PieceVersion string // "" is the newest
	Value        Value
	ProjectID    string            // of a project's connection
	ProjectIDs   []string          // of a global connection
	Metadata     map[string]string // kept for a project's connection, dropped for a global one (0.86)
}

type connectionBody struct {
	ID, ExternalID, DisplayName, Type, PieceName, PieceVersion, Status, Scope text
	ProjectIDs, FlowIDs                                                       texts
	Created, Updated                                                          moment
}

func (b connectionBody) connection() (Connection, bool) {
	return Connection{
		ID:           string(b.ID),
		ExternalID:   string(b.ExternalID),
		DisplayName:  string(b.DisplayName),
		Type:         string(b.Type),
		PieceName:    string(b.PieceName),
		PieceVersion: string(b.PieceVersion),
		Status:       string(b.Status),
		Scope:        string(b.Scope),
		ProjectIDs:   b.ProjectIDs,
		FlowIDs:      b.FlowIDs,
		Created:      time.Time(b.Created),
		Updated:      time.Time(b.Updated),
	}, b.ID != ""
}

func (n NewConnection) wire() (map[string]any, error) {
	value, err := n.Value.wire()
	if err != nil {
		return nil, err
	}
	body := map[string]any{
		"externalId":  n.ExternalID,
		"displayName": n.DisplayName,
		"pieceName":   n.PieceName,
		"type":        n.Value.Type,
		"value":       value,
	}
	if n.PieceVersion != "" {
		body["pieceVersion"] = n.PieceVersion
	}
	if n.Metadata != nil {
		body["metadata"] = n.Metadata
	}
	return body, nil
}

// UpsertConnection makes a project's connection, or replaces the one with this
// external ID, which keeps its ID (POST /app-connections). The piece's own check
// of the credential runs on a worker: what it refuses is of kind Refused with the
// piece's words, as is a piece that the platform does not have; without a worker
// there is no answer at all (Unavailable). NotFound is the project.
func (c *Client) UpsertConnection(ctx context.Context, n NewConnection) (Connection, error) {
	const operation = "POST /app-connections"
	body, err := n.wire()
	if err != nil {
		return Connection{}, refusedHere(operation, err)
	}
	body["projectId"] = n.ProjectID
	call := c.post(operation, "/app-connections", body).slowly().hiding(n.Value.secrets()...)
	return one(ctx, c, call, connectionBody.connection)
}

// Connections lists a project's connections, with the global ones that it may use
// (GET /app-connections). It comes in one page: up to 0.86 a walk through pages
// loses rows that were made in the same second.
func (c *Client) Connections(ctx context.Context, projectID string) ([]Connection, error) {
	query := url.Values{"projectId": {projectID}}
	return list(ctx, c, c.get("GET /app-connections", "/app-connections", c.whole(query)), connectionBody.connection)
}

// RenameConnection changes the name that people see (POST /app-connections/{id}),
// not the external ID.
func (c *Client) RenameConnection(ctx context.Context, id, name string) (Connection, error) {
	call := c.post("POST /app-connections/:id", "/app-connections/"+pathSegment(id), map[string]any{"displayName": name})
	return one(ctx, c, call, connectionBody.connection)
}

// DeleteConnection removes a project's connection (DELETE /app-connections/{id});
// of a global one the platform forbids it.
func (c *Client) DeleteConnection(ctx context.Context, id string) error {
	return c.do(ctx, c.remove("DELETE /app-connections/:id", "/app-connections/"+pathSegment(id)), nil)
}

// UpsertGlobalConnection makes a connection of the platform for the projects that
// it lists, or replaces one (POST /global-connections; read from source). The
// platform looks for a row with this external ID whose projects contain all those
// given: a longer list makes a second row, a shorter one takes projects away. So
// keep one project a connection, or repeat the exact list.
func (c *Client) UpsertGlobalConnection(ctx context.Context, n NewConnection) (Connection, error) {
	const operation = "POST /global-connections"
	body, err := n.wire()
	if err != nil {
		return Connection{}, refusedHere(operation, err)
	}
	body["scope"] = ScopePlatform
	body["projectIds"] = append([]string{}, n.ProjectIDs...) // null would be refused
	call := c.post(operation, "/global-connections", body).slowly().hiding(n.Value.secrets()...)
	return one(ctx, c, call, connectionBody.connection)
}

// GlobalConnections lists all connections of the platform (GET
// /global-connections; read from source), in one page as Connections. There is no
// filter by external ID, and several may have the same one.
func (c *Client) GlobalConnections(ctx context.Context) ([]Connection, error) {
	call := c.get("GET /global-connections", "/global-connections", c.whole(url.Values{}))
	return list(ctx, c, call, connectionBody.connection)
}

// ProjectConnections lists the connections of all projects that people have made in them (GET /platform-app-connections),
// in one page as Connections.
func (c *Client) ProjectConnections(ctx context.Context) ([]Connection, error) {
	call := c.get("GET /platform-app-connections", "/platform-app-connections", c.whole(url.Values{}))
	all, err := list(ctx, c, call, connectionBody.connection)
	return slices.DeleteFunc(all, func(x Connection) bool { return x.Scope == ScopePlatform }), err
}

// UpdateGlobalConnection changes name and projects of a global connection (POST
// /global-connections/{id}; read from source); nil projects stay as they are. The
// credential is changed by UpsertGlobalConnection only.
func (c *Client) UpdateGlobalConnection(ctx context.Context, id, displayName string, projectIDs []string) (Connection, error) {
	body := map[string]any{"displayName": displayName}
	if projectIDs != nil {
		body["projectIds"] = projectIDs
	}
	call := c.post("POST /global-connections/:id", "/global-connections/"+pathSegment(id), body)
	return one(ctx, c, call, connectionBody.connection)
}

// DeleteGlobalConnection removes a global connection (DELETE
// /global-connections/{id}; read from source).
func (c *Client) DeleteGlobalConnection(ctx context.Context, id string) error {
	return c.do(ctx, c.remove("DELETE /global-connections/:id", "/global-connections/"+pathSegment(id)), nil)
}

// whole asks for a list in one page.
func (c *Client) whole(query url.Values) url.Values {
	if c.page > 0 {
		query.Set("limit", strconv.Itoa(c.page))
	}
	return query
}

// refusedHere is the error for a call that the platform would not understand.
func refusedHere(operation string, err error) error {
	return &upstream.Error{Platform: Platform, Operation: operation, Kind: upstream.Invalid, Err: notSent(err)}
}
