package activepieces

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"
)

// Status of a run. LogSizeExceeded is there since 0.84.
const (
	RunQueued              = "QUEUED"
	RunRunning             = "RUNNING"
	RunSucceeded           = "SUCCEEDED"
	RunFailed              = "FAILED"
	RunPaused              = "PAUSED"
	RunTimeout             = "TIMEOUT"
	RunCanceled            = "CANCELED"
	RunInternalError       = "INTERNAL_ERROR"
	RunQuotaExceeded       = "QUOTA_EXCEEDED"
	RunMemoryLimitExceeded = "MEMORY_LIMIT_EXCEEDED"
	RunLogSizeExceeded     = "LOG_SIZE_EXCEEDED"
)

// Run is one execution of a flow, without the data that went through it.
type Run struct {
	ID       string
	FlowID   string
	FlowName string // "" in the answer to a retry on the latest version
	Status   string // RunQueued …
	Created  time.Time
	Started  time.Time // zero when it has not
	Finished time.Time // zero when it has not
	// FailedStep and FailedName are the step's name in the flow and the one that
	// people gave it.
	FailedStep string
	FailedName string
	// Message is what the step said: the inner message alone, without stack,
	// paths of the server and payloads, at most 300 characters.
	Message    string
	StepsCount int
}

// RunFilter narrows a list of runs; all but ProjectID may be empty.
type RunFilter struct {
	ProjectID    string
	FlowIDs      []string
	Statuses     []string
	CreatedAfter time.Time
	Limit        int // of runs, the newest; 0 leaves it to the platform, which gives 10
}

type runBody struct {
	ID, FlowID, Status             text
	Created, StartTime, FinishTime moment
	StepsCount                     number
	FlowVersion, FailedStep        json.RawMessage
}

func (b runBody) run() (Run, bool) {
	var version struct{ DisplayName text }
	object(b.FlowVersion, &version)
	var failed struct{ Name, DisplayName, Message text }
	object(b.FailedStep, &failed)
	return Run{
		ID:         string(b.ID),
		FlowID:     string(b.FlowID),
		FlowName:   string(version.DisplayName),
		Status:     string(b.Status),
		Created:    time.Time(b.Created),
		Started:    time.Time(b.StartTime),
		Finished:   time.Time(b.FinishTime),
		FailedStep: string(failed.Name),
		FailedName: string(failed.DisplayName),
		Message:    stepMessage(string(failed.Message)),
		StepsCount: int(b.StepsCount),
	}, b.ID != ""
}

// Runs lists the newest runs of a project in production (GET /flow-runs), one
// page of them.
func (c *Client) Runs(ctx context.Context, filter RunFilter) ([]Run, error) {
	query := url.Values{"projectId": {filter.ProjectID}}
	if len(filter.FlowIDs) > 0 {
		query["flowId"] = filter.FlowIDs
	}
	if len(filter.Statuses) > 0 {
		query["status"] = filter.Statuses
	}
	if !filter.CreatedAfter.IsZero() {
		query.Set("createdAfter", filter.CreatedAfter.UTC().Format(time.RFC3339Nano))
	}
	if filter.Limit > 0 {
		query.Set("limit", strconv.Itoa(filter.Limit))
	}
	all, _, err := onePage(ctx, c, c.get("GET /flow-runs", "/flow-runs", query).unrecorded(), runBody.run)
	return all, err
}

// Run reads one run (GET /flow-runs/{id}). The platform sends the data of all
// steps with it, even the headers of the call that started it: none of that is
// read or recorded.
func (c *Client) Run(ctx context.Context, id string) (Run, error) {
	call := c.get("GET /flow-runs/:id", "/flow-runs/"+pathSegment(id), nil).unrecorded()
	return one(ctx, c, call, runBody.run)
}

// RetryRun runs a flow again (POST /flow-runs/{id}/retry): from the failed step,
// which is the same run queued again and keeps its message until it ends; or from
// the start on the latest version, which is a new run. The platform also takes
// runs that succeeded. The error is of kind Refused when the run is older than the
// data that are kept.
func (c *Client) RetryRun(ctx context.Context, projectID, runID string, fromFailed bool) (Run, error) {
	strategy := "ON_LATEST_VERSION"
	if fromFailed {
		strategy = "FROM_FAILED_STEP"
	}
	call := c.post("POST /flow-runs/:id/retry", "/flow-runs/"+pathSegment(runID)+"/retry",
		map[string]any{"projectId": projectID, "strategy": strategy}).unrecorded()
	return one(ctx, c, call, runBody.run)
}
