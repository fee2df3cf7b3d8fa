package activepieces

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"portico/upstream"
)

// Types of projects. A personal one belongs to a user and cannot be deleted.
const (
	TypeTeam     = "TEAM"
	TypePersonal = "PERSONAL"
)

// Project is the place of one workspace at Activepieces.
type Project struct {
	ID          string
	ExternalID  string // the host's; "" when it has none
	DisplayName string
	PlatformID  string
	OwnerID     string
	Type        string // TypeTeam or TypePersonal
	Created     time.Time
}

// ProjectFilter narrows a list of projects; empty fields do not.
type ProjectFilter struct {
	ExternalID  string   // exactly
	DisplayName string   // a part of it, in any case
	Types       []string // TypeTeam, TypePersonal
}

type projectBody struct {
	ID, ExternalID, DisplayName, PlatformID, OwnerID, Type text
	Created                                                moment
}

func (b projectBody) project() (Project, bool) {
	return Project{
		ID:          string(b.ID),
		ExternalID:  string(b.ExternalID),
		DisplayName: string(b.DisplayName),
		PlatformID:  string(b.PlatformID),
		OwnerID:     string(b.OwnerID),
		Type:        string(b.Type),
		Created:     time.Time(b.Created),
	}, b.ID != ""
}

// Projects lists the platform's projects (GET /projects): all pages, which this
// list does not lose rows between, as it is ordered by name and ID.
func (c *Client) Projects(ctx context.Context, filter ProjectFilter) ([]Project, error) {
	query := url.Values{}
	if filter.ExternalID != "" {
		query.Set("externalId", filter.ExternalID)
	}
	if filter.DisplayName != "" {
		query.Set("displayName", filter.DisplayName)
	}
	if len(filter.Types) > 0 {
		query["types"] = filter.Types
	}
	if c.page > 0 {
		query.Set("limit", strconv.Itoa(min(c.page, projectPage)))
	}
	return list(ctx, c, c.get("GET /projects", "/projects", query), projectBody.project)
}

// FindProject finds a project by the host's ID (GET /projects?externalId=); the
// error is of kind NotFound when there is none.
func (c *Client) FindProject(ctx context.Context, externalID string) (Project, error) {
	call := c.get("GET /projects", "/projects", url.Values{"externalId": {externalID}})
	all, err := list(ctx, c, call, projectBody.project)
	if err != nil {
		return Project{}, err
	}
	for _, p := range all {
		if p.ExternalID == externalID {
			return p, nil
		}
	}
	return Project{}, notFound(call.operation, "no project has this external ID")
}

// Project reads one project (GET /projects/{id}).
func (c *Client) Project(ctx context.Context, id string) (Project, error) {
	call := c.get("GET /projects/:id", "/projects/"+pathSegment(id), nil)
	return one(ctx, c, call, projectBody.project)
}

// CreateProject makes a team project (POST /projects); its name must be one of
// ProjectName. It is not idempotent: the error is of kind Exists when there is
// one with this external ID, then FindProject; of kind Unlicensed when the plan
// allows no more. When the outcome is unknown, look for the external ID.
func (c *Client) CreateProject(ctx context.Context, externalID, displayName string) (Project, error) {
	body := map[string]any{"displayName": displayName, "externalId": externalID, "metadata": map[string]string{}}
	return one(ctx, c, c.post("POST /projects", "/projects", body), projectBody.project)
}

// RenameProject changes the name that people see (POST /projects/{id}); it must
// be one of ProjectName.
func (c *Client) RenameProject(ctx context.Context, id, displayName string) (Project, error) {
	call := c.post("POST /projects/:id", "/projects/"+pathSegment(id), map[string]any{"displayName": displayName})
	return one(ctx, c, call, projectBody.project)
}

// DeleteProject removes a project with all its flows and connections (DELETE
// /projects/{id}), and frees its external ID. The error is of kind NotFound when
// it is gone already, Refused when it is a personal one.
func (c *Client) DeleteProject(ctx context.Context, id string) error {
	return c.do(ctx, c.remove("DELETE /projects/:id", "/projects/"+pathSegment(id)), nil)
}

const (
	maxProjectName = 100 // characters; the platform names no limit
	lastName       = "Workspace"
)

// ProjectName makes a name that the platform takes, ^[^./]+$, of any text, and of
// the fallback where nothing readable is left. It is never empty.
func ProjectName(name, fallback string) string {
	for _, candidate := range []string{name, fallback} {
		if cleaned := projectName(candidate); cleaned != "" {
			return cleaned
		}
	}
	return lastName
}

func projectName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r == '.' || r == '/':
			return '-'
		case !unicode.IsGraphic(r) || r == unicode.ReplacementChar:
			return ' '
		}
		return r
	}, name)
	name = strings.Join(strings.Fields(name), " ")
	if runes := []rune(name); len(runes) > maxProjectName {
		name = strings.TrimSpace(string(runes[:maxProjectName]))
	}
	if strings.Trim(name, "- ") == "" {
		return ""
	}
	return name
}

func notFound(operation, message string) error {
	return &upstream.Error{Platform: Platform, Operation: operation, Kind: upstream.NotFound, Message: message}
}
