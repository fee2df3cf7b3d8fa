package connectsim

import (
	"net/http"
	"time"

	"portico/sandbox/control"
)

// What colleagues do in the Merchant Center, and what only a simulator can do.

// changeDraft answers PATCH /_control/drafts/{id}: the switches, an empty key as some drafts have lost theirs, a name.
// Each change is one more version.
func changeDraft(st *state, r *http.Request, now time.Time) (any, error) {
	d, err := reviewDraft(st, r)
	if err != nil {
		return nil, err
	}
	body := struct {
		Key         *string   `json:"key"`
		Name        *string   `json:"name"`
		Previewable *string   `json:"previewable"`
		Switches    *[]string `json:"switches"`
		Trips       *[]string `json:"trips"`
	}{&d.Key, &d.Name, &d.Previewable, &d.Switches, &d.Trips}
	if err := control.ReadInto(r, &body); err != nil {
		return nil, err
	}
	return reviewed(st, d, now)
}

func removeDraft(st *state, r *http.Request, now time.Time) (any, error) {
	d, err := reviewDraft(st, r)
	if err != nil {
		return nil, err
	}
	st.removeDraft(d, now)
	return control.Done, nil
}

func handDeployment(st *state, r *http.Request) (*deployment, error) {
	id, region := r.PathValue("id"), r.URL.Query().Get("region")
	d, ok := st.deployments.find(func(d *deployment) bool {
		return !d.gone() && (d.ID == id || d.Key == id && id != "") && (region == "" || region == d.Region)
	})
	if !ok {
		return nil, control.Missing("there is no deployment %s", id)
	}
	return d, nil
}

// changeDeployment answers PATCH /_control/deployments/{id}: the switches, a status of any text. Each change is one
// more version.
func changeDeployment(st *state, r *http.Request, now time.Time) (any, error) {
	d, err := handDeployment(st, r)
	if err != nil {
		return nil, err
	}
	status := d.Status
	body := struct {
		Status   *string   `json:"status"`
		Switches *[]string `json:"switches"`
		Trips    *[]string `json:"trips"`
	}{&d.Status, &d.Switches, &d.Trips}
	if err := control.ReadInto(r, &body); err != nil {
		return nil, err
	}
	if d.Status != status {
		d.cancel()
	}
	d.Version++
	d.Modified = now
	st.deployments.put(d)
	return object{"id": d.ID, "version": d.Version, "status": d.Status}, nil
}

func removeDeployment(st *state, r *http.Request, now time.Time) (any, error) {
	d, err := handDeployment(st, r)
	if err != nil {
		return nil, err
	}
	d.end(now)
	st.deployments.put(d)
	return control.Done, nil
}
