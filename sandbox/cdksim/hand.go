package cdksim

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"portico/sandbox/control"
)

// changeDeployment decides how a deployment goes on from now.
func changeDeployment(st *state, r *http.Request, now time.Time) (any, error) {
	var body struct {
		Status string  `json:"status"` // for good, from now on
		Phases []phase `json:"phases"`
	}
	if err := control.ReadInto(r, &body); err != nil {
		return nil, err
	}
	if body.Status != "" {
		body.Phases = []phase{{Status: body.Status}}
	}
	if err := checkPhases(body.Phases); err != nil {
		return nil, err
	}
	found := st.deployment(r.PathValue("id"))
	if found == nil {
		return nil, control.Missing("there is no deployment %s", r.PathValue("id"))
	}
	// Time is counted from when it was taken: what has passed until now is put before.
	d := *found
	before, _ := found.status(now)
	d.Phases = append([]phase{{before, now.Sub(d.At).Milliseconds()}}, body.Phases...)
	return control.Done, st.put(line{Deployment: &d})
}

// addToken makes one more API user's token, which tests need in clear.
func addToken(st *state, r *http.Request, _ time.Time) (any, error) {
	var body struct {
		Region    string `json:"region"`
		Label     string `json:"label"`
		Username  string `json:"username"`
		ReadsOnly bool   `json:"reads_only"`
	}
	if err := control.ReadInto(r, &body); err != nil {
		return nil, err
	}
	if !slices.Contains(regions, body.Region) || body.Label == "" || body.Username == "" {
		return nil, errors.New("a token has a region (us, eu or ap), a label and a username")
	}
	if st.labelled(body.Region, body.Label) != nil {
		return nil, fmt.Errorf("the region %s has a token %q already", body.Region, body.Label)
	}
	t := newToken(body.Region, body.Label, body.Username)
	t.ReadsOnly = body.ReadsOnly
	return map[string]string{"id": t.ID, "token": t.Value}, st.put(line{Token: t})
}

// revokeToken ends a token. What it owns stays its own, and so nobody's.
func revokeToken(st *state, r *http.Request, _ time.Time) (any, error) {
	found := st.token(r.PathValue("id"))
	if found == nil {
		return nil, control.Missing("there is no token %s", r.PathValue("id"))
	}
	t := *found
	t.Revoked = true
	return control.Done, st.put(line{Token: &t})
}

func addPlan(st *state, r *http.Request, _ time.Time) (any, error) {
	var p plan
	if err := control.ReadInto(r, &p); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	conf := st.settings
	conf.Plans = append(slices.Clone(conf.Plans), p)
	return conf.Plans, st.put(line{Settings: &conf})
}

func clearPlans(st *state, _ *http.Request, _ time.Time) (any, error) {
	conf := st.settings
	conf.Plans = []plan{}
	return control.Done, st.put(line{Settings: &conf})
}
