package piecesim

import (
	"net/http"
	"slices"
	"time"
)

// Template is a flow, or several, that projects can import.
type Template struct {
	Name, Summary, Description string
	Tags                       []Tag
	Categories                 []string
	Flows                      []TemplateFlow
}

// Tag is a word that templates are found by (shape from source).
type Tag struct {
	Title string `json:"title"`
	Color string `json:"color"` // "#rrggbb"
}

// TemplateFlow is what a template keeps of a flow's version.
type TemplateFlow struct {
	DisplayName string `json:"displayName"`
	Trigger     any    `json:"trigger"`
	Valid       bool   `json:"valid"`
	Schema      any    `json:"schemaVersion"`
	Notes       any    `json:"notes"`
}

// template is a stored one.
type template struct {
	ID, Type, Author, Status string
	Template
	BlogURL          any
	Metadata         any
	TagsRaw          any // as they were posted
	Created, Updated time.Time
}

func (t *template) key() string { return t.ID }

// addTemplate offers one of the server's own.
func (st *state) addTemplate(t Template, now time.Time) {
	st.templates.put(&template{
		ID: fixedID("template/" + t.Name), Type: "CUSTOM", Author: "Portico", Status: "PUBLISHED", Template: t,
		BlogURL: "", Metadata: object{}, Created: now, Updated: now,
	})
}

// pieces are the names of the pieces that the flows are built of, each once.
func (t *template) pieces() []string {
	out := []string{}
	for _, f := range t.Flows {
		trigger, _ := f.Trigger.(object)
		for step := range steps(trigger) {
			if name := setting(step, "pieceName"); name != "" && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

func (t *template) show(platformID string) object {
	tags := t.TagsRaw
	if tags == nil {
		tags = append([]Tag{}, t.Tags...)
	}
	return object{
		"id": t.ID, "name": t.Name, "type": t.Type, "summary": t.Summary, "description": t.Description, "platformId": platformID,
		"tags": tags, "blogUrl": t.BlogURL, "metadata": t.Metadata, "author": t.Author, "categories": notNil(t.Categories),
		"pieces": t.pieces(), "flows": t.Flows, "status": t.Status, "tables": nil, "created": stamp(t.Created),
		"updated": stamp(t.Updated),
	}
}

func templateEndpoints() []endpoint {
	return []endpoint{
		{pattern: "GET /api/v1/templates", name: "listTemplates", do: listTemplates},
		{pattern: "GET /api/v1/templates/categories", name: "listTemplateCategories", who: public, do: cloudOnly},
		{pattern: "GET /api/v1/templates/{id}", name: "getTemplate", who: public, do: getTemplate},
		{pattern: "POST /api/v1/templates", name: "createTemplate", status: 201, check: checkTemplate, do: createTemplate},
		{pattern: "DELETE /api/v1/templates/{id}", name: "deleteTemplate", admin: true, status: 204, do: deleteTemplate},
	}
}

// cloudOnly asks Activepieces' cloud, which a sandbox cannot reach.
func cloudOnly(*call) (any, error) { return nil, crash("", "fetch failed") }

// listTemplates asks the cloud for the official ones unless the type rules them out, and fails when it cannot (recorded).
// There are no pages.
func listTemplates(c *call) (any, error) {
	kind := c.query.Get("type")
	if kind != "CUSTOM" && kind != "SHARED" {
		return cloudOnly(c)
	}
	data := []object{}
	for _, t := range c.st.templates.rows {
		wanted := func(list []string, parameter string) bool {
			return !c.query.Has(parameter) || slices.ContainsFunc(list, func(s string) bool { return c.wants(parameter, s) })
		}
		if t.Type == kind && wanted(t.pieces(), "pieces") && wanted(t.Categories, "category") {
			data = append(data, t.show(c.st.ID))
		}
	}
	return object{"data": data, "next": nil, "previous": nil}, nil
}

func getTemplate(c *call) (any, error) {
	t, ok := c.st.templates.get(c.id)
	if !ok {
		return nil, notFound("template", c.id)
	}
	return t.show(c.st.ID), nil
}

func checkTemplate(c *call) error {
	k := c.checkBody()
	for _, key := range []string{"name", "summary", "description", "author"} {
		k.text(c.body, key)
	}
	k.strings(c.body, "categories")
	k.oneOf(c.body, "type", "CUSTOM", "SHARED", "OFFICIAL")
	return k.err()
}

// createTemplate keeps five members of each flow, whatever else is posted (recorded).
func createTemplate(c *call) (any, error) {
	list, _ := c.body["flows"].([]any)
	if len(list) == 0 {
		return nil, refuseWith(http.StatusConflict, "VALIDATION", "Flows are required")
	}
	t := &template{
		ID: newID(), Type: c.text("type"), Author: c.text("author"), Status: "PUBLISHED", BlogURL: c.body["blogUrl"],
		Metadata: c.body["metadata"], TagsRaw: c.body["tags"], Created: c.now, Updated: c.now,
	}
	t.Name, t.Summary, t.Description = c.text("name"), c.text("summary"), c.text("description")
	t.Categories, _ = texts(c.body["categories"])
	for _, v := range list {
		in, _ := v.(object)
		f := TemplateFlow{Trigger: in["trigger"], Schema: in["schemaVersion"], Notes: in["notes"]}
		f.DisplayName, _ = in["displayName"].(string)
		f.Valid, _ = in["valid"].(bool)
		t.Flows = append(t.Flows, f)
	}
	return c.st.templates.put(t).show(c.st.ID), nil
}

func deleteTemplate(c *call) (any, error) {
	if _, ok := c.st.templates.get(c.id); !ok {
		return nil, notFound("template", c.id)
	}
	c.st.templates.remove(c.id)
	return nil, nil
}

// getFlowTemplate makes a template of a flow, without keeping it. Connections are taken out of it (from source).
func getFlowTemplate(c *call) (any, error) {
	f, err := c.theFlow()
	if err != nil {
		return nil, err
	}
	v := f.latest()
	trigger := cloned(v.Trigger)
	for step := range steps(trigger) {
		if settings, ok := step["settings"].(object); ok {
			if input, ok := settings["input"].(object); ok {
				delete(input, "auth")
			}
		}
	}
	t := &template{Template: Template{Flows: []TemplateFlow{{v.DisplayName, trigger, v.Valid, v.SchemaVersion, v.Notes}}}}
	author := ""
	if u, ok := c.st.users.get(f.OwnerID); ok {
		author = u.FirstName + " " + u.LastName
	}
	return object{
		"name": v.DisplayName, "type": "SHARED", "summary": "", "description": "", "tags": []any{}, "blogUrl": "",
		"metadata": object{"externalId": f.ExternalID}, "author": author, "categories": []any{}, "pieces": t.pieces(),
		"flows": t.Flows, "status": "PUBLISHED",
	}, nil
}
