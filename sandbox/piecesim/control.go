package piecesim

import (
	"net/http"
	"slices"
	"time"

	"portico/sandbox/control"
)

// controlRoutes are for tests and for whoever plays with the sandbox: faults, held calls, requests and the clock as every
// simulator has them; settings (licence, worker, limits); what there is, in counts or whole; how many calls wait for a
// worker; and what others do at Activepieces while the portal looks away (hand.go).
func (s *Server) controlRoutes(mux *http.ServeMux) {
	s.desk.Routes(mux)
	control.Route(mux, "GET /_control/settings", func(*http.Request) (any, error) { return s.settings(), nil })
	control.Route(mux, "PATCH /_control/settings", func(r *http.Request) (any, error) { return s.configure(r.Body) })
	locked := func(pattern string, h func(st *state, r *http.Request, now time.Time) (any, error)) {
		control.Route(mux, pattern, func(r *http.Request) (v any, err error) {
			s.change(func(st *state, now time.Time) {
				if v, err = h(st, r, now); err == nil {
					v, err = control.Frozen(v)
				}
			})
			return v, err
		})
	}
	locked("GET /_control/state", showState)
	locked("GET /_control/counts", showCounts)
	control.Route(mux, "GET /_control/waiting", func(*http.Request) (any, error) {
		return map[string]int{"waiting": s.workers.waiting()}, nil
	})
	locked("GET /_control/projects", showProjects)
	locked("GET /_control/connections", showConnections)
	locked("GET /_control/flows", showFlows)
	locked("GET /_control/runs", showRuns)
	s.otherHands(locked)
}

func showCounts(st *state, _ *http.Request, _ time.Time) (any, error) {
	global := 0
	for _, n := range st.connections.rows {
		if n.Scope == scopePlatform {
			global++
		}
	}
	return map[string]int{
		"users": len(st.users.rows), "projects": len(st.projects.rows), "connections": len(st.connections.rows),
		"global_connections": global, "flows": len(st.flows.rows), "enabled_flows": st.enabledFlows(), "runs": len(st.runs.rows),
		"templates": len(st.templates.rows),
	}, nil
}

// showState is everything but keys, tokens and passwords.
func showState(st *state, r *http.Request, now time.Time) (any, error) {
	out := object{"platform_id": st.ID, "allowed_embed_origins": notNil(st.AllowedEmbedOrigins)}
	for name, show := range map[string]func(*state, *http.Request, time.Time) (any, error){
		"counts": showCounts, "projects": showProjects, "connections": showConnections, "flows": showFlows, "runs": showRuns,
	} {
		var err error
		if out[name], err = show(st, r, now); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func showProjects(st *state, _ *http.Request, _ time.Time) (any, error) {
	out := []object{}
	for _, p := range st.projects.rows {
		out = append(out, object{
			"id": p.ID, "external_id": p.ExternalID, "name": p.DisplayName, "type": p.Type, "filter": p.Filter,
			"pieces": notNil(p.Pieces), "metadata": p.Metadata,
		})
	}
	return out, nil
}

// showConnections answers GET /_control/connections, of one project with ?project=ID.
func showConnections(st *state, r *http.Request, _ time.Time) (any, error) {
	project := r.URL.Query().Get("project")
	out := []object{}
	for _, n := range st.connections.rows {
		if project != "" && !slices.Contains(n.ProjectIDs, project) {
			continue
		}
		out = append(out, object{
			"id": n.ID, "external_id": n.ExternalID, "name": n.DisplayName, "piece": n.PieceName, "type": n.Type,
			"status": n.Status, "scope": n.Scope, "projects": notNil(n.ProjectIDs), "value_sha256": n.ValueDigest, "upserts": n.Upserts,
		})
	}
	return out, nil
}

// showFlows answers GET /_control/flows, of one project with ?project=ID.
func showFlows(st *state, r *http.Request, _ time.Time) (any, error) {
	project := r.URL.Query().Get("project")
	out := []object{}
	for _, f := range st.flows.rows {
		if project != "" && f.ProjectID != project {
			continue
		}
		v := f.latest()
		out = append(out, object{
			"id": f.ID, "project": f.ProjectID, "name": v.DisplayName, "status": f.Status, "published": f.PublishedVersionID,
			"valid": v.Valid, "connections": notNil(v.ConnectionIDs), "metadata": f.Metadata,
		})
	}
	return out, nil
}

func showRuns(st *state, _ *http.Request, now time.Time) (any, error) {
	out := []object{}
	for _, r := range st.runs.rows {
		out = append(out, object{"id": r.ID, "flow": r.FlowID, "project": r.ProjectID, "status": r.status(now)})
	}
	return out, nil
}
