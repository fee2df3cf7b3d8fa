package piecesim

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"
)

// arrange makes what must have been there: what the answer shows, and what each kind of request needs.
func (w *stage) arrange() {
	path, query, _ := strings.Cut(strings.TrimPrefix(w.p.Request.Path, "/api/v1/"), "?")
	params, err := url.ParseQuery(query)
	if err != nil {
		w.t.Fatal(err)
	}
	parts := strings.Split(path, "/")
	body, _ := w.p.Response.Body.(object)
	rows, listed := body["data"].([]any)
	if !listed && len(parts) > 1 && w.p.Response.Status < 300 && body != nil {
		rows = []any{body}
	}
	for _, v := range rows {
		row, _ := v.(object)
		w.put(parts[0], row)
	}
	w.special(parts, params)
}

// put stores a row as an answer shows it.
func (w *stage) put(kind string, o object) {
	switch kind {
	case "projects":
		w.putProject(o)
	case "app-connections", "platform-app-connections":
		w.putConnection(o)
	case "flows":
		w.putFlow(o)
	case "flow-runs":
		w.putRun(o)
	}
}

func text(o object, key string) string { s, _ := o[key].(string); return s }

func (w *stage) moment(o object, key string) time.Time {
	w.t.Helper()
	t, err := time.Parse(time.RFC3339, text(o, key))
	if err != nil {
		w.t.Fatalf("%s: %v", key, err)
	}
	return t
}

func (w *stage) putProject(o object) {
	if text(o, "id") == "" {
		return
	}
	w.st.projects.remove(text(o, "id"))
	w.st.projects.put(&project{
		ID: text(o, "id"), DisplayName: text(o, "displayName"), Type: text(o, "type"), ExternalID: text(o, "externalId"),
		OwnerID: w.st.Owner, Created: w.moment(o, "created"), Updated: w.moment(o, "updated"), Filter: "NONE", Metadata: o["metadata"],
	})
}

func (w *stage) putConnection(o object) {
	if text(o, "externalId") == "" {
		return
	}
	ids, _ := texts(o["projectIds"])
	w.st.connections.put(&connection{
		ID: text(o, "id"), ExternalID: text(o, "externalId"), DisplayName: text(o, "displayName"), Type: text(o, "type"),
		PieceName: text(o, "pieceName"), PieceVersion: text(o, "pieceVersion"), Status: text(o, "status"), Scope: text(o, "scope"),
		OwnerID: w.st.Owner, ProjectIDs: ids, Metadata: o["metadata"], Created: w.moment(o, "created"), Updated: w.moment(o, "updated"),
	})
}

func (w *stage) putFlow(o object) {
	v, ok := o["version"].(object)
	if !ok {
		return
	}
	f := &flow{
		ID: text(o, "id"), ProjectID: text(o, "projectId"), ExternalID: text(o, "externalId"), OwnerID: w.st.Owner,
		Status: text(o, "status"), PublishedVersionID: text(o, "publishedVersionId"), Metadata: o["metadata"],
		Created: w.moment(o, "created"), Updated: w.moment(o, "updated"),
	}
	f.Versions = []*version{w.version(v)}
	w.st.flows.put(f)
}

func (w *stage) version(v object) *version {
	trigger, _ := v["trigger"].(object)
	valid, _ := v["valid"].(bool)
	return &version{
		ID: text(v, "id"), FlowID: text(v, "flowId"), DisplayName: text(v, "displayName"), State: text(v, "state"), Valid: valid,
		SchemaVersion: v["schemaVersion"], Trigger: trigger, Notes: v["notes"], Created: w.moment(v, "created"), Updated: w.moment(v, "updated"),
	}
}

// putRun stores a run with the flow that it ran.
func (w *stage) putRun(o object) {
	if text(o, "flowId") == "" {
		return
	}
	f := w.ranFlow(o)
	r := &run{
		ID: text(o, "id"), ProjectID: text(o, "projectId"), FlowID: f.ID, VersionID: text(o, "flowVersionId"), Outcome: runSucceeded,
		Request: object{}, Steps: object{}, Created: w.moment(o, "created"), Updated: w.moment(o, "updated"), Started: w.moment(o, "created"),
	}
	r.Ends = r.Started
	if failed, ok := o["failedStep"].(object); ok {
		r.Outcome, r.Failed = runFailed, &failure{Step: text(failed, "name"), DisplayName: text(failed, "displayName"), Message: "fetch failed", Kind: "TypeError"}
	}
	w.st.runs.put(r)
}

func (w *stage) ranFlow(o object) *flow {
	if f, ok := w.st.flows.get(text(o, "flowId")); ok {
		return f
	}
	f := &flow{
		ID: text(o, "flowId"), ProjectID: text(o, "projectId"), OwnerID: w.st.Owner, Status: statusEnabled,
		PublishedVersionID: text(o, "flowVersionId"), Created: w.moment(o, "created"), Updated: w.moment(o, "created"),
	}
	v := emptyVersion(f.ID, "Orders", f.Created)
	v.ID = f.PublishedVersionID
	if recorded, ok := o["flowVersion"].(object); ok {
		v = w.version(recorded)
	}
	f.Versions = []*version{v}
	return w.st.flows.put(f)
}

// anyFlow makes a flow of the given ID, as a pair of an error names it.
func (w *stage) anyFlow(id string, change func(f *flow, v *version)) {
	f := &flow{ID: id, ProjectID: w.st.projects.rows[0].ID, ExternalID: newID(), OwnerID: w.st.Owner, Status: statusDisabled}
	v := emptyVersion(id, "Failing", w.s.now())
	f.Versions = []*version{v}
	change(f, v)
	w.st.flows.put(f)
}

// recorded is the answer of another pair of the same edition, for what it shows of the state.
func (w *stage) recorded(name string) object {
	w.t.Helper()
	for _, p := range w.all {
		if p.edition == w.p.edition && p.name == name {
			body, _ := p.Response.Body.(object)
			return body
		}
	}
	w.t.Fatalf("there is no pair %s", name)
	return nil
}

// special is what is not seen in the answer.
func (w *stage) special(parts []string, params url.Values) {
	id := ""
	if len(parts) > 1 {
		id = parts[1]
	}
	switch w.p.name {
	case "app-connections-list", "app-connections-list-page2", "app-connections-paging-0", "app-connections-paging-1", "platform-app-connections-list":
		w.crowd(params)
	case "app-connections-owners":
		w.putConnection(w.recorded("app-connections-update"))
	case "flags-fresh-prod":
		w.st.users.remove(w.st.Owner)
	case "platform-update":
		w.st.AllowedEmbedOrigins = []string{"https://portal.example.com"}
	case "app-connections-delete", "app-connections-upsert-again-same-externalId":
		w.putConnection(w.recorded("app-connections-update"))
	case "projects-create-duplicate-externalId", "projects-create-race-1", "projects-create-race-2", "projects-create-race-3", "projects-update-externalId-conflict":
		w.st.projects.rows[0].ExternalID = text(w.body(), "externalId")
		w.putProjectNamed(id)
	case "projects-create-second-team-project":
		w.st.addProject(w.st.Owner, "another", "another", typeTeam, nil, w.s.now())
	case "projects-create-nulls", "projects-create-only-displayName":
		if w.p.edition == "ce" { // in the enterprise recordings there was no other
			w.st.addProject(w.st.Owner, "another", "another", typeTeam, nil, w.s.now())
		}
	case "projects-delete":
		w.putProjectNamed(id)
	case "projects-list-page1", "projects-list-page2", "projects-list-back":
		w.putProject(w.firstOf("projects-list"))
		if w.p.edition == "ee" {
			w.putProject(w.firstOf("projects-list-page2"))
		}
	case "sign-in-rate-limited":
		w.s.tries["192.0.2.1"] = &attempts{count: 50, until: w.s.now().Add(46 * time.Second)}
	}
	w.specialFlow(parts, id)
}

func (w *stage) body() object { b, _ := w.p.Request.Body.(object); return b }

func (w *stage) firstOf(name string) object {
	data, _ := w.recorded(name)["data"].([]any)
	first, _ := data[0].(object)
	return first
}

func (w *stage) putProjectNamed(id string) {
	if idShape.MatchString(id) {
		w.st.projects.put(&project{ID: id, DisplayName: "org_1234", Type: typeTeam, OwnerID: w.st.Owner})
	}
}

// crowd makes more connections in the second of those that the first page shows.
func (w *stage) crowd(params url.Values) {
	name := strings.Replace(strings.Replace(w.p.name, "page2", "", 1), "paging-1", "paging-0", 1)
	data, _ := w.recorded(strings.TrimSuffix(name, "-"))["data"].([]any)
	for _, v := range data {
		row, _ := v.(object)
		w.putConnection(row)
	}
	last := w.st.connections.rows[len(w.st.connections.rows)-1]
	for range 3 {
		more := *last
		more.ID, more.Created = newID(), last.Created.Add(time.Millisecond)
		w.st.connections.put(&more)
	}
	if w.p.name == "platform-app-connections-list" && params.Get("limit") == "" {
		w.t.Fatal("the recorded request has a limit")
	}
}

// specialFlow is for operations on flows, whose answers show the state after them.
func (w *stage) specialFlow(parts []string, id string) {
	f, _ := w.st.flows.get(id)
	switch w.p.name {
	case "flows-op-publish":
		if w.p.edition == "ee" {
			w.anyFlow(id, func(*flow, *version) {})
			return
		}
		f.Status, f.PublishedVersionID, f.latest().State = statusDisabled, "", stateDraft
	case "flows-op-publish-empty-trigger", "flows-op-change-status-unpublished":
		w.anyFlow(id, func(*flow, *version) {})
	case "flows-op-enable":
		if w.p.edition == "ee" {
			w.anyFlow(id, func(f *flow, v *version) { f.PublishedVersionID, v.State = v.ID, stateLocked })
			return
		}
		f.Status = statusDisabled
	case "flows-op-update-trigger", "flows-delete":
		if f == nil {
			w.anyFlow(id, func(*flow, *version) {})
		}
	case "flows-op-import":
		f.latest().State = stateLocked
	case "flows-count":
		w.anyFlow(newID(), func(*flow, *version) {})
	case "flows-template":
		w.anyFlow(id, func(_ *flow, v *version) {
			v.setTrigger(cloneTrigger(w.t, catch()), w.s.now())
		})
	case "webhook-call":
		w.anyFlow(id, func(f *flow, v *version) {
			if w.p.edition == "ce" {
				v.setTrigger(cloneTrigger(w.t, catch()), w.s.now())
				f.PublishedVersionID, f.Status = v.ID, statusEnabled
			}
		})
	case "flow-runs-count":
		if w.p.edition == "ce" {
			w.putRun(w.firstOf("flow-runs-list"))
		}
	case "flow-runs-retry-latest", "flow-runs-retry-bulk":
		w.putRun(w.recorded("flow-runs-get"))
	}
	if len(parts) == 0 {
		w.t.Fatal("the recorded request has no path")
	}
}

func cloneTrigger(t interface{ Fatal(...any) }, o object) object {
	raw, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var out object
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
