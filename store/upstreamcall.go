package store

import (
	"context"
	"time"
)

// UpstreamCall is one call to a platform, redacted; kept 30 days.
type UpstreamCall struct {
	ID         string
	At         Time
	AccountID  string
	Operation  string
	Status     int    // HTTP status, 0 = no answer
	Outcome    string // "ok", or the kind of error
	Duration   time.Duration
	Tries      int
	Request    string
	Answer     string
	InstanceID string
	RequestID  string
	JourneyID  string
}

const upstreamCallsFor = 30 * 24 * time.Hour

const upstreamCallColumns = `id, at, account_id, operation, status, outcome, duration_us, tries, request, answer, instance_id, request_id, journey_id`

func scanUpstreamCall(r row) (UpstreamCall, error) {
	var c UpstreamCall
	var us int64
	err := r.Scan(&c.ID, &c.At, &c.AccountID, &c.Operation, &c.Status, &c.Outcome, &us, &c.Tries, &c.Request, &c.Answer, &c.InstanceID, &c.RequestID, &c.JourneyID)
	c.Duration = time.Duration(us) * time.Microsecond
	return c, err
}

// InstanceCalls is the calls made for an instance, newest first, before an ID ("" = the newest). Any ULID will do for it,
// an event's too.
func (r reads) InstanceCalls(ctx context.Context, instanceID, before string, limit int) ([]UpstreamCall, error) {
	return many(ctx, r.q, "listing upstream calls", scanUpstreamCall, `
		SELECT `+upstreamCallColumns+` FROM upstream_calls WHERE instance_id = $1 AND instance_id <> '' AND (id < $2 OR $2 = '')
		ORDER BY id DESC LIMIT $3`, instanceID, before, limit)
}

// RequestCalls is the calls made while one request was answered, oldest first.
func (r reads) RequestCalls(ctx context.Context, requestID string) ([]UpstreamCall, error) {
	return many(ctx, r.q, "listing upstream calls", scanUpstreamCall, `SELECT `+upstreamCallColumns+` FROM upstream_calls WHERE request_id = $1 AND request_id <> '' ORDER BY id LIMIT 200`, requestID)
}

// JourneyCalls is the calls made for a journey that no instance has (a release, an operation, a pipeline), newest first,
// before an ID ("" = the newest).
func (r reads) JourneyCalls(ctx context.Context, journeyID, before string, limit int) ([]UpstreamCall, error) {
	return many(ctx, r.q, "listing upstream calls", scanUpstreamCall, `
		SELECT `+upstreamCallColumns+` FROM upstream_calls WHERE journey_id = $1 AND journey_id <> '' AND (id < $2 OR $2 = '')
		ORDER BY id DESC LIMIT $3`, journeyID, before, limit)
}

// AddUpstreamCall writes a call down.
func (t *Tx) AddUpstreamCall(ctx context.Context, c UpstreamCall) error {
	_, err := t.exec(ctx, "writing an upstream call", `
		INSERT INTO upstream_calls (`+upstreamCallColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		NewID(c.At.Time), c.At, c.AccountID, c.Operation, c.Status, c.Outcome, c.Duration.Microseconds(), c.Tries, c.Request, c.Answer, c.InstanceID, c.RequestID, c.JourneyID)
	return err
}
