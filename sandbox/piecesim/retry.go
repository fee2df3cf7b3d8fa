package piecesim

import (
	"net/http"
	"time"
)

// Strategies of trying a run again.
const (
	onLatestVersion = "ON_LATEST_VERSION"
	fromFailedStep  = "FROM_FAILED_STEP"
)

func checkRetry(c *call) error {
	k := c.checkBody()
	k.oneOf(c.body, "strategy", onLatestVersion, fromFailedStep)
	k.text(c.body, "projectId")
	return k.err()
}

// retentionDays is how long a run can be tried again (AP_EXECUTION_DATA_RETENTION_DAYS).
const retentionDays = 30

func retryRun(c *call) (any, error) {
	r, err := c.theRun()
	if err != nil {
		return nil, err
	}
	if r.ProjectID != c.text("projectId") {
		return nil, notFound("flow_run", c.id)
	}
	if _, err := c.changing(r.ProjectID); err != nil {
		return nil, err
	}
	if c.now.Sub(r.Created) > retentionDays*24*time.Hour {
		return nil, refuse(http.StatusGone, "FLOW_RUN_RETRY_OUTSIDE_RETENTION", object{"flowRunId": r.ID, "retentionDays": retentionDays})
	}
	return c.retry(r), nil
}

// retry makes a new run, or runs the same one again; either is answered while it is still queued, the new one with few
// of its members.
func (c *call) retry(r *run) object {
	f, ok := c.st.flows.get(r.FlowID)
	if !ok {
		return object{}
	}
	if c.text("strategy") == fromFailedStep {
		r.Before = r.Failed
		c.srv.execute(c.st, f, r, c.now)
		out := c.st.showRun(c.st.runs.put(r), c.now)
		out["status"], out["finishTime"], out["failedStep"] = runQueued, nil, r.Before.show()
		return out
	}
	n := c.st.start(c.srv, f, r.Request, c.now)
	return object{
		"id": n.ID, "projectId": n.ProjectID, "flowId": n.FlowID, "flowVersionId": n.VersionID, "environment": "PRODUCTION",
		"parentRunId": nil, "failParentOnFailure": false, "status": runQueued, "created": stamp(n.Created),
		"updated": stamp(n.Updated), "tags": []any{}, "steps": object{},
	}
}

func retryRuns(c *call) (any, error) {
	if _, err := c.changing(c.text("projectId")); err != nil {
		return nil, err
	}
	ids, _ := texts(c.body["flowRunIds"])
	out := []object{}
	for _, id := range ids {
		if r, ok := c.st.runs.get(id); ok && r.ProjectID == c.text("projectId") {
			out = append(out, c.retry(r))
		}
	}
	return out, nil
}
