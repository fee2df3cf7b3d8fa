package connectsim

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"portico/sandbox/control"
)

// What the certification team does.

// reviewDraft finds the draft that a control names, by ID or key.
func reviewDraft(st *state, r *http.Request) (*draft, error) {
	id, region := r.PathValue("id"), r.URL.Query().Get("region")
	d, ok := st.drafts.find(func(d *draft) bool {
		return !d.gone() && (d.ID == id || d.Key == id && id != "") && (region == "" || region == d.Region)
	})
	if !ok {
		return nil, control.Missing("there is no draft %s", id)
	}
	return d, nil
}

// reviewed writes that the certification team has changed a draft.
func reviewed(st *state, d *draft, now time.Time) (any, error) {
	d.Version++
	d.Modified = now
	st.drafts.put(d)
	return object{"id": d.ID, "version": d.Version, "status": d.Status}, nil
}

// reviewComment answers POST /_control/drafts/{id}/comment.
func reviewComment(st *state, r *http.Request, now time.Time) (any, error) {
	var body struct {
		Comment string `json:"comment"`
		UserID  string `json:"user_id"` // a project's key; that of the team when empty
	}
	d, err := reviewDraft(st, r)
	if err == nil {
		err = control.ReadInto(r, &body)
	}
	if err != nil {
		return nil, err
	}
	d.Comments = append(slices.Clone(d.Comments), comment{cmp.Or(body.UserID, "connect-certification"), stamp(now), body.Comment})
	return reviewed(st, d, now)
}

// reviewApprove answers POST /_control/drafts/{id}/approve: the connector is there for everybody.
func reviewApprove(st *state, r *http.Request, now time.Time) (any, error) {
	d, err := reviewDraft(st, r)
	if err != nil {
		return nil, err
	}
	if !d.inCertification() {
		return nil, fmt.Errorf("the draft is %s: there is nothing to approve", d.Status)
	}
	d.Version++
	d.ForReview = true
	st.release(d, now)
	st.drafts.put(d)
	return object{"id": d.ID, "version": d.Version, "status": d.Status}, nil
}

// reviewReject answers POST /_control/drafts/{id}/reject, with a title and a message for the report.
func reviewReject(st *state, r *http.Request, now time.Time) (any, error) {
	body := struct {
		Title   string `json:"title"`
		Message string `json:"message"`
	}{Title: "Certification rejected"}
	d, err := reviewDraft(st, r)
	if err == nil {
		err = control.ReadInto(r, &body)
	}
	if err != nil {
		return nil, err
	}
	d.Status, d.Publishing = statusFailed, &report{}
	d.cancel(stepPublishing, stepPublished, stepReviewed)
	d.Publishing.add(now, failure, body.Title).Message = body.Message
	return reviewed(st, d, now)
}

// reviewStatus answers POST /_control/drafts/{id}/status: any text, such as FEEDBACK_REQUIRED of the old documentation.
func reviewStatus(st *state, r *http.Request, now time.Time) (any, error) {
	var body struct {
		Status string `json:"status"`
	}
	d, err := reviewDraft(st, r)
	if err == nil {
		err = control.ReadInto(r, &body)
	}
	if err != nil {
		return nil, err
	}
	d.Status = body.Status
	d.cancel(stepPublishing, stepPublished, stepReviewed)
	return reviewed(st, d, now)
}
