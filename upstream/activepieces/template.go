package activepieces

import (
	"context"
	"encoding/json"
	"net/url"
	"time"
)

// Template is a set of flows that somebody may import.
type Template struct {
	ID          string
	Name        string
	Summary     string
	Description string
	Status      string // "PUBLISHED" or "ARCHIVED"
	Tags        []string
	Pieces      []string // names of the pieces that it uses
	Flows       []FlowContent
	Updated     time.Time
}

type templateBody struct {
	ID, Name, Summary, Description, Status text
	Tags                                   json.RawMessage
	Pieces                                 texts
	Flows                                  json.RawMessage
	Updated                                moment
}

type contentBody struct {
	DisplayName, SchemaVersion text
	Trigger, Notes             json.RawMessage
}

func (b templateBody) template() (Template, bool) {
	return Template{
		ID:          string(b.ID),
		Name:        string(b.Name),
		Summary:     string(b.Summary),
		Description: string(b.Description),
		Status:      string(b.Status),
		Tags:        readTags(b.Tags),
		Pieces:      b.Pieces,
		Flows:       readContents(b.Flows),
		Updated:     time.Time(b.Updated),
	}, b.ID != ""
}

// readTags reads tags, which are strings or objects with a title.
func readTags(raw json.RawMessage) []string {
	var rows []json.RawMessage
	object(raw, &rows)
	var tags []string
	for _, row := range rows {
		var tag struct{ Title text }
		object(row, &tag)
		if title := scalar(row); title != "" {
			tags = append(tags, title)
		} else if tag.Title != "" {
			tags = append(tags, string(tag.Title))
		}
	}
	return tags
}

func readContents(raw json.RawMessage) []FlowContent {
	var rows []json.RawMessage
	object(raw, &rows)
	var contents []FlowContent
	for _, row := range rows {
		var b contentBody
		object(row, &b)
		contents = append(contents, FlowContent{DisplayName: string(b.DisplayName), SchemaVersion: string(b.SchemaVersion),
			Trigger: b.Trigger, Notes: b.Notes})
	}
	return contents
}

// Templates lists the platform's own templates (GET /templates?type=CUSTOM). The
// other types ask Activepieces' cloud at every call, and fail where it cannot be
// reached.
func (c *Client) Templates(ctx context.Context) ([]Template, error) {
	call := c.get("GET /templates", "/templates", url.Values{"type": {"CUSTOM"}})
	return list(ctx, c, call, templateBody.template)
}

// Template reads one template (GET /templates/{id}).
func (c *Client) Template(ctx context.Context, id string) (Template, error) {
	return one(ctx, c, c.get("GET /templates/:id", "/templates/"+pathSegment(id), nil), templateBody.template)
}
