package connectsim

import (
	"net/http"
	"time"

	"portico/sandbox/control"
)

// locked is a control that runs on the state.
type locked func(st *state, r *http.Request, now time.Time) (any, error)

// controlRoutes are for tests and for whoever plays with the sandbox: faults, held calls, requests and the clock as every
// simulator has them; settings; what there is, with what was accepted and how often it was asked for; and what others do
// at commercetools while the portal looks away (hand.go, review.go).
func (s *Server) controlRoutes(mux *http.ServeMux) {
	s.desk.Routes(mux)
	for pattern, h := range map[string]locked{
		"GET /_control/settings":   func(st *state, _ *http.Request, _ time.Time) (any, error) { return st.conf(), nil },
		"PATCH /_control/settings": configure,

		"GET /_control/drafts":       showDrafts,
		"GET /_control/connectors":   showConnectors,
		"GET /_control/deployments":  showDeployments,
		"GET /_control/writes":       func(st *state, _ *http.Request, _ time.Time) (any, error) { return control.Some(st.writes.rows), nil },
		"GET /_control/projects":     func(st *state, _ *http.Request, _ time.Time) (any, error) { return st.projects.rows, nil },
		"GET /_control/clients":      showClients,
		"GET /_control/repositories": showRepositories,

		"POST /_control/drafts/{id}/comment": reviewComment,
		"POST /_control/drafts/{id}/approve": reviewApprove,
		"POST /_control/drafts/{id}/reject":  reviewReject,
		"POST /_control/drafts/{id}/status":  reviewStatus,

		"PATCH /_control/drafts/{id}":            changeDraft,
		"POST /_control/drafts/{id}/remove":      removeDraft,
		"PATCH /_control/deployments/{id}":       changeDeployment,
		"POST /_control/deployments/{id}/remove": removeDeployment,
		"POST /_control/connectors":              addConnector,
		"POST /_control/projects":                putProject,
		"POST /_control/clients":                 addClient,
		"POST /_control/tokens/revoke":           revokeTokens,
	} {
		control.Route(mux, pattern, s.locked(h))
	}
	control.Route(mux, "POST /_control/repositories", s.locked(s.putRepository))
}

func (s *Server) locked(h locked) func(r *http.Request) (any, error) {
	return func(r *http.Request) (v any, err error) {
		s.change(func(st *state, now time.Time) {
			if v, err = h(st, r, now); err == nil {
				v, err = control.Frozen(v)
			}
		})
		return v, err
	}
}

func showDrafts(st *state, _ *http.Request, _ time.Time) (any, error) {
	out := []object{}
	for _, d := range st.drafts.rows {
		out = append(out, object{
			"id": d.ID, "key": d.Key, "region": d.Region, "organization": d.Organization, "project": d.Project, "version": d.Version,
			"status": d.Status, "previewable": d.Previewable, "tag": d.Repository.Tag, "listed": d.AlreadyListed, "gone": d.gone(),
			"comments": control.Some(d.Comments), "accepted": st.accepted(d.ID), "polls": control.Some(st.polls.times[d.ID]),
		})
	}
	return out, nil
}

func showConnectors(st *state, _ *http.Request, _ time.Time) (any, error) {
	out := []object{}
	for _, k := range st.connectors.rows {
		out = append(out, object{
			"id": k.ID, "key": k.Key, "region": k.Region, "version": k.Version, "private": k.Private, "certified": k.Certified,
			"listed": k.Listed, "tag": k.Repository.Tag, "gone": !k.Gone.IsZero(),
		})
	}
	return out, nil
}

// showDeployments also shows the fingerprint (SHA-256, hexadecimal) of each value that a deployment has, by application
// and key; values for all applications stand under "".
func showDeployments(st *state, _ *http.Request, _ time.Time) (any, error) {
	out := []object{}
	for _, d := range st.deployments.rows {
		prints := map[string]map[string]string{}
		for _, a := range d.Applications {
			prints[a.Name] = a.Values.fingerprints()
		}
		if d.Global != nil {
			prints[""] = d.Global.fingerprints()
		}
		out = append(out, object{
			"id": d.ID, "key": d.Key, "region": d.Region, "project": d.Project, "version": d.Version, "type": d.Type,
			"status": d.Status, "connector": d.Connector.ID, "connector_version": d.Connector.Version, "deployed_region": d.Deployed,
			"gone": d.gone(), "fingerprints": prints, "accepted": st.accepted(d.ID), "polls": control.Some(st.polls.times[d.ID]),
		})
	}
	return out, nil
}

func showClients(st *state, _ *http.Request, _ time.Time) (any, error) {
	out := []object{}
	for _, c := range st.clients.rows {
		out = append(out, object{
			"id": c.ID, "region": c.Region, "project": c.Project, "scopes": c.Scopes, "issued": c.Issued, "good_tokens": len(c.Tokens),
		})
	}
	return out, nil
}

func showRepositories(st *state, _ *http.Request, _ time.Time) (any, error) {
	out := []object{}
	for _, f := range st.fixtures.rows {
		tags := map[string]string{}
		for tag, files := range f.Tags {
			tags[tag] = files[specificationFile]
		}
		out = append(out, object{"name": f.Name, "private": f.Private, "unreachable": f.Unreachable, "tags": tags})
	}
	return out, nil
}
