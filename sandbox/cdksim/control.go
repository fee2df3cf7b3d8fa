package cdksim

import (
	"net/http"
	"slices"
	"time"

	"portico/sandbox/control"
)

// controlRoutes are for tests and for whoever plays with the sandbox. Beside the common ones (faults, held, release,
// requests, clock) they are:
//
//	GET    /_control/state                  all of the following
//	GET    /_control/deployments            each archive that was taken, with its status now and when it was asked for
//	POST   /_control/deployments/{id}       {"status":"Failed"} or {"phases":[...]}: what it goes through from now on
//	GET    /_control/shares                 each permission
//	GET    /_control/tokens                 without their values
//	POST   /_control/tokens                 {"region":"eu","label":"third","username":"…","reads_only":false}: answers {"id","token"}
//	POST   /_control/tokens/{id}/revoke
//	POST   /_control/plans                  {"region":"eu","name":"my-connector","times":1,"phases":[{"status":"Building","ms":1000},{"status":"Failed"}]}
//	DELETE /_control/plans
//	GET    /_control/settings
//	PATCH  /_control/settings
func (s *Server) controlRoutes(mux *http.ServeMux) {
	s.desk.Routes(mux)
	route := func(pattern string, h func(st *state, r *http.Request, now time.Time) (any, error)) {
		control.Route(mux, pattern, s.locked(h))
	}
	route("GET /_control/state", showState)
	route("GET /_control/deployments", listDeployments)
	route("POST /_control/deployments/{id}", changeDeployment)
	route("GET /_control/shares", listShares)
	route("GET /_control/tokens", listTokens)
	route("POST /_control/tokens", addToken)
	route("POST /_control/tokens/{id}/revoke", revokeToken)
	route("POST /_control/plans", addPlan)
	route("DELETE /_control/plans", clearPlans)
	route("GET /_control/settings", func(st *state, _ *http.Request, _ time.Time) (any, error) { return st.settings, nil })
	control.Route(mux, "PATCH /_control/settings", func(r *http.Request) (any, error) { return s.configure(r.Body) })
}

// locked runs a control on the state, and freezes its answer before the state is let go.
func (s *Server) locked(h func(st *state, r *http.Request, now time.Time) (any, error)) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		v, err := h(s.state, r, s.now())
		if err != nil {
			return nil, err
		}
		return control.Frozen(v)
	}
}

func showState(st *state, r *http.Request, now time.Time) (any, error) {
	all := map[string]any{"settings": st.settings}
	for name, show := range map[string]func(*state, *http.Request, time.Time) (any, error){
		"deployments": listDeployments, "shares": listShares, "tokens": listTokens,
	} {
		var err error
		if all[name], err = show(st, r, now); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// shownDeployment is a deployment as tests look at it.
type shownDeployment struct {
	ID         string    `json:"id"`
	Region     string    `json:"region"`
	Name       string    `json:"name"`
	Version    string    `json:"version"`
	Status     string    `json:"status"`
	Running    bool      `json:"running"`
	Broken     string    `json:"broken,omitempty"` // why its build fails, which Tray tells nobody
	SHA256     string    `json:"sha256"`
	Bytes      int64     `json:"bytes"`
	At         time.Time `json:"at"`
	Owner      string    `json:"owner"` // the label of the token that owns the connector
	Token      string    `json:"token"` // the label of the token that it was sent with
	Operations []string  `json:"operations"`
	Polls      []int64   `json:"polls"`   // Unix milliseconds of the sandbox's clock
	Repeats    []int64   `json:"repeats"` // as polls: answers with repeatDeployment, whose code was not taken
}

// listDeployments answers GET /_control/deployments, oldest first.
func listDeployments(st *state, _ *http.Request, now time.Time) (any, error) {
	rows := []shownDeployment{}
	for _, d := range st.deployments {
		row := shownDeployment{
			ID: d.ID, Region: d.Region, Name: d.Name, Version: d.Version, Broken: d.Code.Broken, SHA256: d.SHA256, Bytes: d.Bytes,
			At: d.At, Owner: st.owner(d.Region, d.Name).Label, Token: st.token(d.TokenID).Label,
			Polls: control.Some(slices.Clone(d.Polls)), Repeats: control.Some(slices.Clone(d.Repeats)),
		}
		row.Status, row.Running = d.status(now)
		for _, op := range d.Code.Operations {
			row.Operations = append(row.Operations, op.Name)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func listShares(st *state, _ *http.Request, _ time.Time) (any, error) {
	return control.Some(slices.Clone(st.shares)), nil
}

// listTokens shows everything but the values.
func listTokens(st *state, _ *http.Request, _ time.Time) (any, error) {
	rows := []token{}
	for _, t := range st.tokens {
		row := *t
		row.Value = ""
		rows = append(rows, row)
	}
	return rows, nil
}
