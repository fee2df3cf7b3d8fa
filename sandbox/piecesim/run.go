package piecesim

import (
	"slices"
	"strings"
	"time"
)

// Outcomes of runs.
const (
	runQueued    = "QUEUED"
	runSucceeded = "SUCCEEDED"
	runFailed    = "FAILED"
)

// keptRuns is how many runs are remembered.
const keptRuns = 5000

// run is one execution of a flow.
type run struct {
	ID, ProjectID, FlowID, VersionID string
	Outcome                          string // what it is once it has ended
	Failed                           *failure
	Before                           *failure // what a run that is tried again failed with, until it ends
	Request                          object   // what started it: method, headers, body
	Steps                            object
	Started, Ends, Created, Updated  time.Time
	Archived                         bool
}

func (r *run) key() string { return r.ID }

// status is what the run is at a time.
func (r *run) status(now time.Time) string {
	if now.Before(r.Ends) {
		return runQueued
	}
	return r.Outcome
}

// start runs a flow's published version. It has ended when RunMS have passed.
func (st *state) start(s *Server, f *flow, request object, now time.Time) *run {
	r := &run{
		ID: newID(), ProjectID: f.ProjectID, FlowID: f.ID, VersionID: f.PublishedVersionID, Request: request, Created: now,
	}
	s.execute(st, f, r, now)
	st.runs.put(r)
	if len(st.runs.rows) > keptRuns {
		st.runs.remove(st.runs.rows[0].ID)
	}
	return r
}

// execute works out how a run ends.
func (s *Server) execute(st *state, f *flow, r *run, now time.Time) {
	v, _ := f.version(r.VersionID)
	r.Steps, r.Failed = s.runSteps(st, f, v, r.Request)
	r.Outcome = runSucceeded
	if r.Failed != nil {
		r.Outcome = runFailed
	}
	r.Started, r.Updated = now, now
	r.Ends = now.Add(time.Duration(s.config.RunMS) * time.Millisecond)
}

// show is a run as the API answers it, without its steps.
func (st *state) showRun(r *run, now time.Time) object {
	status := r.status(now)
	out := object{
		"id": r.ID, "created": stamp(r.Created), "updated": stamp(r.Updated), "projectId": r.ProjectID, "flowId": r.FlowID,
		"flowVersionId": r.VersionID, "environment": "PRODUCTION", "logsFileId": fixedID("logs/" + r.ID), "parentRunId": nil,
		"failParentOnFailure": false, "status": status, "tags": []any{}, "startTime": stampOrNull(r.Started), "triggeredBy": nil,
		"finishTime": nil, "timeline": timeline(), "failedStep": r.Before.show(), "archivedAt": nil, "stepNameToTest": nil,
		"stepsCount": 0, "pauseMetadata": nil,
	}
	if status != runQueued {
		out["finishTime"], out["failedStep"] = stamp(r.Ends), r.Failed.show()
	}
	if r.Archived {
		out["archivedAt"] = stamp(r.Updated)
	}
	if f, ok := st.flows.get(r.FlowID); ok {
		if v, ok := f.version(r.VersionID); ok {
			out["flowVersion"] = v.show()
		}
	}
	return out
}

func timeline() object {
	leg := []object{}
	for i, name := range []string{"QUEUE", "PROVISION", "BOOT", "RUN"} {
		leg = append(leg, object{"name": name, "durationMs": 20 * i})
	}
	return object{"legs": [][]object{leg}}
}

// listed is a run in a list, where the columns of the join leak out (recorded).
func (st *state) listedRun(r *run, now time.Time) object {
	out := st.showRun(r, now)
	v, ok := out["flowVersion"].(object)
	if !ok {
		return out
	}
	for k, x := range v {
		out["flowVersion_"+k] = x
	}
	out["displayName"] = v["displayName"]
	return out
}

func runEndpoints() []endpoint {
	return []endpoint{
		{pattern: "GET /api/v1/flow-runs", name: "listRuns", check: needQuery("projectId"), do: listRuns},
		{pattern: "GET /api/v1/flow-runs/count-by-status", name: "countRuns", check: needQuery("projectId"), do: countRuns},
		{pattern: "GET /api/v1/flow-runs/{id}", name: "getRun", do: getRun},
		{pattern: "POST /api/v1/flow-runs/retry", name: "retryRuns", check: checkRetry, do: retryRuns},
		{pattern: "POST /api/v1/flow-runs/{id}/retry", name: "retryRun", check: checkRetry, do: retryRun},
	}
}

// runFilter is what the lists and counts of runs share.
type runFilter struct {
	ProjectID, FailedStep, Message string
	After, Before                  time.Time
	Archived                       bool
}

func (c *call) runFilter() runFilter {
	moment := func(key string) time.Time {
		t, _ := time.Parse(time.RFC3339, c.query.Get(key)) // what cannot be read is no limit
		return t
	}
	return runFilter{
		ProjectID: c.query.Get("projectId"), FailedStep: c.query.Get("failedStepName"), Message: c.query.Get("failedStepMessage"),
		After: moment("createdAfter"), Before: moment("createdBefore"), Archived: c.query.Get("includeArchived") == "true",
	}
}

func (c *call) matchingRuns() ([]*run, error) {
	f := c.runFilter()
	if _, err := c.theProject(f.ProjectID); err != nil {
		return nil, err
	}
	return c.st.runs.where(func(r *run) bool {
		return r.ProjectID == f.ProjectID && c.wants("flowId", r.FlowID) && c.wants("status", r.status(c.now)) &&
			c.wants("flowRunIds", r.ID) && (f.After.IsZero() || !r.Created.Before(f.After)) &&
			(f.Before.IsZero() || !r.Created.After(f.Before)) && (f.Archived || !r.Archived) && f.failed(r)
	}), nil
}

func (f runFilter) failed(r *run) bool {
	if f.FailedStep == "" && f.Message == "" {
		return true
	}
	return r.Failed != nil && strings.Contains(r.Failed.Step, f.FailedStep) && strings.Contains(r.Failed.Message, f.Message)
}

func listRuns(c *call) (any, error) {
	rows, err := c.matchingRuns()
	if err != nil {
		return nil, err
	}
	slices.Reverse(rows) // of one millisecond the later one comes first
	made := func(r *run) time.Time { return r.Created }
	return page(c, rows, newestFirst(made), 10, func(r *run) any { return c.st.listedRun(r, c.now) }), nil
}

func countRuns(c *call) (any, error) {
	rows, err := c.matchingRuns()
	if err != nil {
		return nil, err
	}
	counts, data := map[string]int{}, []object{}
	for _, r := range rows {
		counts[r.status(c.now)]++
	}
	for _, status := range []string{runQueued, runSucceeded, runFailed} {
		if counts[status] > 0 {
			data = append(data, object{"status": status, "count": counts[status]})
		}
	}
	return object{"data": data}, nil
}

func (c *call) theRun() (*run, error) {
	r, ok := c.st.runs.get(c.id)
	if !ok {
		return nil, notFound("flow_run", c.id)
	}
	_, err := c.theProject(r.ProjectID)
	return r, err
}

// getRun holds everything that went through the flow, the headers of the request that started it included.
func getRun(c *call) (any, error) {
	r, err := c.theRun()
	if err != nil {
		return nil, err
	}
	out := c.st.showRun(r, c.now)
	out["steps"] = r.Steps
	return out, nil
}
