package traysim

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"portico/sandbox/control"
)

// otherHands are the routes that do what somebody else may do at Tray while the portal looks away.
func (s *Server) otherHands(route func(string, func(*http.Request) (any, error))) {
	locked := func(pattern string, h func(st *state, r *http.Request, now time.Time) (any, error)) {
		route(pattern, func(r *http.Request) (v any, err error) {
			s.change(func(st *state, now time.Time) {
				if v, err = h(st, r, now); err == nil {
					v, err = control.Frozen(v)
				}
			})
			return v, err
		})
	}
	locked("POST /_control/instances/{id}/remove", removeInstanceElsewhere)
	locked("POST /_control/authentications/{id}/remove", removeAuthElsewhere)
	locked("POST /_control/authentications", addAuthElsewhere)
	locked("POST /_control/users/{id}/instances", addInstanceElsewhere)
	locked("POST /_control/users/{id}/revoke", revokeTokens)
	locked("POST /_control/solutions/{id}/publish", publishSolution)
	locked("POST /_control/solutions/{id}/unpublish", unpublishSolution)
	locked("POST /_control/workflows/{id}", setAnswer)
	locked("POST /_control/seed", seedState)
	route("POST /_control/authentications/{id}/expire", s.expireAuthentication)
}

func removeInstanceElsewhere(st *state, r *http.Request, _ time.Time) (any, error) {
	id := r.PathValue("id")
	if _, ok := st.Instances.get(id); !ok {
		return nil, noSuch("solution instance", id)
	}
	st.Instances.remove(id)
	st.changed = true
	return control.Done, nil
}

func removeAuthElsewhere(st *state, r *http.Request, _ time.Time) (any, error) {
	id := r.PathValue("id")
	if _, ok := st.Authentications.get(id); !ok {
		return nil, noSuch("authentication", id)
	}
	st.removeAuthentication(id)
	return control.Done, nil
}

func addAuthElsewhere(st *state, r *http.Request, _ time.Time) (any, error) {
	var body struct {
		UserID  string `json:"user_id"`
		Service string `json:"service"`
		Name    string `json:"name"`
	}
	if err := control.ReadInto(r, &body); err != nil {
		return nil, err
	}
	if _, ok := st.Users.get(body.UserID); !ok {
		return nil, noSuch("user", body.UserID)
	}
	return st.addAuthentication(body.UserID, body.Service, body.Name, nil), nil
}

func addInstanceElsewhere(st *state, r *http.Request, now time.Time) (any, error) {
	var body struct {
		SolutionID string      `json:"solution_id"`
		Name       string      `json:"name"`
		Enabled    bool        `json:"enabled"`
		AuthValues []slotValue `json:"auth_values"`
	}
	if err := control.ReadInto(r, &body); err != nil {
		return nil, err
	}
	if _, ok := st.Users.get(r.PathValue("id")); !ok {
		return nil, noSuch("user", r.PathValue("id"))
	}
	sol, ok := st.Solutions.get(body.SolutionID)
	if !ok {
		return nil, noSuch("solution", body.SolutionID)
	}
	i := st.addInstance(r.PathValue("id"), body.Name, sol, now)
	i.Enabled, i.Auths = body.Enabled, body.AuthValues
	return i, nil
}

// revokeTokens ends a user's tokens before their time.
func revokeTokens(st *state, r *http.Request, _ time.Time) (any, error) {
	dropGrants(st.Tokens, r.PathValue("id"))
	st.changed = true
	return control.Done, nil
}

// publishSolution brings a new version out, or one that was unpublished back when no kind is said.
func publishSolution(st *state, r *http.Request, now time.Time) (any, error) {
	body := struct {
		Kind    string `json:"kind"`
		Service string `json:"service"` // of the new slot, with kind user
	}{Service: "slack"}
	if err := control.ReadInto(r, &body); err != nil {
		return nil, err
	}
	sol, ok := st.Solutions.get(r.PathValue("id"))
	if !ok {
		return nil, noSuch("solution", r.PathValue("id"))
	}
	st.changed = true
	if body.Kind == "" {
		sol.Unpublished = false
		return sol, nil
	}
	if !slices.Contains([]string{"lazy", "user", "system"}, body.Kind) {
		return nil, fmt.Errorf("kind is %q, not lazy, user or system", body.Kind)
	}
	sol.publish(body.Kind, body.Service, now)
	return sol, nil
}

func unpublishSolution(st *state, r *http.Request, _ time.Time) (any, error) {
	sol, ok := st.Solutions.get(r.PathValue("id"))
	if !ok {
		return nil, noSuch("solution", r.PathValue("id"))
	}
	sol.Unpublished, st.changed = true, true
	return sol, nil
}

// setAnswer makes an instance's workflow answer its webhook with JSON, or with nothing again.
func setAnswer(st *state, r *http.Request, _ time.Time) (any, error) {
	var body struct {
		Answer json.RawMessage `json:"answer"`
	}
	if err := control.ReadInto(r, &body); err != nil {
		return nil, err
	}
	for _, i := range st.Instances.Rows {
		for n := range i.Workflows {
			if i.Workflows[n].ID == r.PathValue("id") {
				i.Workflows[n].Answer, st.changed = string(body.Answer), true
				return control.Done, nil
			}
		}
	}
	return nil, noSuch("workflow", r.PathValue("id"))
}

// expireAuthentication makes runs fail that use it, and tells the portal if the settings say where.
func (s *Server) expireAuthentication(r *http.Request) (any, error) {
	var copied authentication
	var owner user
	s.change(func(st *state, _ time.Time) {
		a, ok := st.Authentications.get(r.PathValue("id"))
		if !ok {
			return
		}
		a.Expired, st.changed = true, true
		u, _ := st.Users.get(a.Owner)
		copied, owner = *a, *u
	})
	if copied.ID == "" {
		return nil, noSuch("authentication", r.PathValue("id"))
	}
	url := s.settings().ExpiredAuthURL
	if url == "" {
		return control.Done, nil
	}
	if err := announceExpiry(context.WithoutCancel(r.Context()), url, &copied, &owner); err != nil {
		return nil, fmt.Errorf("posting the notice: %w", err)
	}
	return control.Done, nil
}
