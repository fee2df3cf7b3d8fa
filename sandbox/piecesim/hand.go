package piecesim

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"portico/sandbox/control"
)

// otherHands are the routes that do what somebody else may do at Activepieces.
func (s *Server) otherHands(locked func(string, func(*state, *http.Request, time.Time) (any, error))) {
	locked("POST /_control/connections", addConnection)
	locked("POST /_control/connections/{id}", changeConnection)
	locked("POST /_control/connections/{id}/remove", removeConnection)
	locked("POST /_control/projects/{id}", renameProject)
	locked("POST /_control/projects/{id}/remove", removeProject)
	locked("POST /_control/flows/{id}", s.changeFlow)
	locked("POST /_control/flows/{id}/fail", failRuns)
	locked("POST /_control/flows/{id}/run", s.runFlow)
	locked("POST /_control/flows/{id}/remove", removeFlow)
	locked("POST /_control/users/{id}/revoke", revokeSessions)
	locked("POST /_control/bulk", bulk)
}

// addConnection makes a connection by the builder's dialog, as it were: without a check.
func addConnection(st *state, r *http.Request, now time.Time) (any, error) {
	body := struct {
		Project    string   `json:"project"`
		Projects   []string `json:"projects"` // of a global one
		ExternalID string   `json:"external_id"`
		Name       string   `json:"name"`
		Piece      string   `json:"piece"`
		Type       string   `json:"type"`
		Status     string   `json:"status"`
	}{Type: "SECRET_TEXT", Status: "ACTIVE"}
	if err := control.ReadInto(r, &body); err != nil {
		return nil, err
	}
	n := &connection{
		ID: newID(), ExternalID: body.ExternalID, DisplayName: body.Name, PieceName: body.Piece, Type: body.Type,
		Status: body.Status, Scope: scopePlatform, OwnerID: st.Owner, ProjectIDs: body.Projects, Created: now, Updated: now,
	}
	if body.Project != "" {
		n.Scope, n.ProjectIDs = scopeProject, []string{body.Project}
	}
	for _, id := range n.ProjectIDs {
		if _, ok := st.projects.get(id); !ok {
			return nil, control.Missing("there is no project %s", id)
		}
	}
	st.connections.put(n)
	return map[string]string{"id": n.ID}, nil
}

// changeConnection changes what the body names: a name, a status such as ERROR, projects, an external ID.
func changeConnection(st *state, r *http.Request, now time.Time) (any, error) {
	n, ok := st.connections.get(r.PathValue("id"))
	if !ok {
		return nil, control.Missing("there is no connection %s", r.PathValue("id"))
	}
	body := struct {
		Name       *string   `json:"name"`
		Status     *string   `json:"status"`
		ExternalID *string   `json:"external_id"`
		Projects   *[]string `json:"projects"`
	}{&n.DisplayName, &n.Status, &n.ExternalID, &n.ProjectIDs}
	if err := control.ReadInto(r, &body); err != nil {
		return nil, err
	}
	n.Updated = now
	st.connections.put(n)
	return control.Done, nil
}

func removeConnection(st *state, r *http.Request, _ time.Time) (any, error) {
	id := r.PathValue("id")
	if _, ok := st.connections.get(id); !ok {
		return nil, control.Missing("there is no connection %s", id)
	}
	st.connections.remove(id)
	return control.Done, nil
}

func renameProject(st *state, r *http.Request, now time.Time) (any, error) {
	p, ok := st.projects.get(r.PathValue("id"))
	if !ok {
		return nil, control.Missing("there is no project %s", r.PathValue("id"))
	}
	body := struct {
		Name       *string `json:"name"`
		ExternalID *string `json:"external_id"`
	}{&p.DisplayName, &p.ExternalID}
	if err := control.ReadInto(r, &body); err != nil {
		return nil, err
	}
	p.Updated = now
	st.projects.put(p)
	return control.Done, nil
}

func removeProject(st *state, r *http.Request, _ time.Time) (any, error) {
	id := r.PathValue("id")
	if _, ok := st.projects.get(id); !ok {
		return nil, control.Missing("there is no project %s", id)
	}
	st.removeProject(id)
	return control.Done, nil
}

func flowNamed(st *state, r *http.Request) (*flow, error) {
	f, ok := st.flows.get(r.PathValue("id"))
	if !ok {
		return nil, control.Missing("there is no flow %s", r.PathValue("id"))
	}
	return f, nil
}

// changeFlow turns a flow on or off, renames it, breaks it, or keeps it busy with somebody else's operation.
func (s *Server) changeFlow(st *state, r *http.Request, now time.Time) (any, error) {
	f, err := flowNamed(st, r)
	if err != nil {
		return nil, err
	}
	body := struct {
		Status *string `json:"status"`
		Name   *string `json:"name"`
		Valid  *bool   `json:"valid"`
		Busy   bool    `json:"busy"`
	}{&f.Status, &f.latest().DisplayName, &f.latest().Valid, s.busy[f.ID]}
	if err := control.ReadInto(r, &body); err != nil {
		return nil, err
	}
	if body.Busy {
		s.busy[f.ID] = true
	} else {
		delete(s.busy, f.ID)
	}
	f.Updated = now
	st.flows.put(f)
	return control.Done, nil
}

// failRuns makes the next runs of a flow fail at their last step.
func failRuns(st *state, r *http.Request, _ time.Time) (any, error) {
	f, err := flowNamed(st, r)
	if err != nil {
		return nil, err
	}
	body := struct {
		Times   int    `json:"times"`
		Message string `json:"message"`
	}{1, "The service did not answer"}
	if err := control.ReadInto(r, &body); err != nil {
		return nil, err
	}
	if body.Times < 0 || body.Times > 1000 {
		return nil, fmt.Errorf("times is %d, not 0 to 1000", body.Times)
	}
	f.FailNext = slices.Repeat([]string{body.Message}, body.Times)
	st.flows.put(f)
	return control.Done, nil
}

// runFlow starts a run as a schedule does.
func (s *Server) runFlow(st *state, r *http.Request, now time.Time) (any, error) {
	f, err := flowNamed(st, r)
	if err != nil {
		return nil, err
	}
	if f.PublishedVersionID == "" {
		return nil, fmt.Errorf("the flow is not published")
	}
	run := st.start(s, f, object{}, now)
	return map[string]string{"id": run.ID, "status": run.status(now)}, nil
}

func removeFlow(st *state, r *http.Request, _ time.Time) (any, error) {
	f, err := flowNamed(st, r)
	if err != nil {
		return nil, err
	}
	st.removeFlow(f.ID)
	return control.Done, nil
}

// revokeSessions ends a user's tokens before their time. The owner goes by "owner".
func revokeSessions(st *state, r *http.Request, _ time.Time) (any, error) {
	id := r.PathValue("id")
	if id == "owner" {
		id = st.Owner
	}
	u, ok := st.users.get(id)
	if !ok {
		return nil, control.Missing("there is no user %s", id)
	}
	u.TokenVersion = newID()
	st.users.put(u)
	return control.Done, nil
}

// bulk makes a great many rows at once. It is repeatable: names count on from what is there.
func bulk(st *state, r *http.Request, now time.Time) (any, error) {
	var n struct {
		Projects    int    `json:"projects"`
		Connections int    `json:"connections"` // global ones in each of the new projects
		Prefix      string `json:"prefix"`
	}
	if err := control.ReadInto(r, &n); err != nil {
		return nil, err
	}
	if n.Projects < 0 || n.Connections < 0 || n.Projects*max(1, n.Connections) > 100_000 {
		return nil, fmt.Errorf("at most 100,000 rows can be made at once")
	}
	for range n.Projects {
		externalID := fmt.Sprintf("%sbulk-%06d", n.Prefix, len(st.projects.rows))
		p := st.addProject(st.Owner, externalID, externalID, typeTeam, nil, now)
		for k := range n.Connections {
			st.connections.put(&connection{
				ID: newID(), ExternalID: fmt.Sprintf("bulk%d_%s", k, externalID), DisplayName: "Bulk", Type: "NO_AUTH",
				PieceName: "@activepieces/piece-http", Status: "ACTIVE", Scope: scopePlatform, OwnerID: st.Owner,
				ProjectIDs: []string{p.ID}, Created: now, Updated: now,
			})
		}
	}
	return showCounts(st, r, now)
}
