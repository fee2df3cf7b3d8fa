package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"database/sql"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"
)

// Queues keep kinds of work apart, so that a slow platform starves nothing else.
const (
	QueueAdvance = "advance"
	QueueSync    = "sync"
	QueueIcons   = "icons"
	QueueCare    = "care"
	// QueueConnections is what staff and people wait for at a platform, apart from the copies of all that is there.
	QueueConnections = "connections"
	// QueueDeploy sends what admins deploy; QueueWatch asks how far it is.
	QueueDeploy = "deploy"
	QueueWatch  = "watch"
)

// AdvanceInstance does the next step of an instance's journey, if one is due.
type AdvanceInstance struct {
	InstanceID string `json:"instance_id"`
}

// Kind implements river.JobArgs.
func (AdvanceInstance) Kind() string { return "advance_instance" }

// InsertOpts implements river.JobArgsWithInsertOpts. Never unique: one dropped as a duplicate of a job that is just
// ending would leave the instance where it is.
func (AdvanceInstance) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueAdvance, MaxAttempts: 100}
}

// SyncCatalogue copies what an account offers.
type SyncCatalogue struct {
	AccountID string `json:"account_id"`
	Asked     string `json:"asked,omitempty"` // an ID of its own where staff ask: never the duplicate of another
}

// Kind implements river.JobArgs.
func (SyncCatalogue) Kind() string { return "sync_catalogue" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (SyncCatalogue) InsertOpts() river.InsertOpts { return syncOpts() }

// SyncInstances copies the instances of all users of an account.
type SyncInstances struct {
	AccountID string `json:"account_id"`
	Asked     string `json:"asked,omitempty"` // as in SyncCatalogue
}

// Kind implements river.JobArgs.
func (SyncInstances) Kind() string { return "sync_instances" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (SyncInstances) InsertOpts() river.InsertOpts { return syncOpts() }

// SyncIdentity copies the instances and authentications of one user at a platform.
type SyncIdentity struct {
	IdentityID string `json:"identity_id"`
}

// Kind implements river.JobArgs.
func (SyncIdentity) Kind() string { return "sync_identity" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (SyncIdentity) InsertOpts() river.InsertOpts { return syncOpts() }

// FetchIcon makes the icon of an integration from the address its platform gives.
type FetchIcon struct {
	IntegrationID string `json:"integration_id"`
}

// Kind implements river.JobArgs.
func (FetchIcon) Kind() string { return "fetch_icon" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (FetchIcon) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueIcons, MaxAttempts: 5, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished}}
}

// FetchLogos makes the icons of the services that an Activepieces knows.
type FetchLogos struct {
	AccountID string `json:"account_id"`
	After     string `json:"after,omitempty"` // the name at which the job before has stopped
}

// Kind implements river.JobArgs.
func (FetchLogos) Kind() string { return "fetch_logos" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (FetchLogos) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueIcons, MaxAttempts: 3, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished}}
}

// Care removes what has expired and starts again what was left under way.
type Care struct{}

// Kind implements river.JobArgs.
func (Care) Kind() string { return "care" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Care) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueCare, MaxAttempts: 2}
}

// unfinished is the states of a job that will do, or is doing, what another of the same arguments would.
var unfinished = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
}

// syncOpts: a copy that waits for its turn, or for a silent platform, serves whoever asks for it meanwhile, or they would
// pile up for as long as the platform is silent.
func syncOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueSync, MaxAttempts: 5, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished}}
}

// Enqueue inserts a job with the transaction: it runs if, and only if, the transaction is kept.
func (t *Tx) Enqueue(ctx context.Context, args river.JobArgs, at time.Time) error {
	if _, err := t.jobs.InsertTx(ctx, t.tx, args, &river.InsertOpts{ScheduledAt: at}); err != nil {
		return fmt.Errorf("inserting the job %s: %w", args.Kind(), err)
	}
	return nil
}

func (s *Store) jobDriver() riverdriver.Driver[*sql.Tx] {
	if s.postgres {
		return riverdatabasesql.New(s.writer)
	}
	return riversqlite.New(s.writer)
}

// newJobs makes the client that only inserts.
func (s *Store) newJobs() (*river.Client[*sql.Tx], error) {
	return river.NewClient(s.jobDriver(), &river.Config{Logger: quiet()})
}

// Jobs makes a client that works on this store's jobs; the caller starts and stops it.
func (s *Store) Jobs(config *river.Config) (*river.Client[*sql.Tx], error) {
	c, err := river.NewClient(s.jobDriver(), config)
	if err != nil {
		return nil, fmt.Errorf("setting up jobs: %w", err)
	}
	return c, nil
}

// TakeOver makes what a killed process held free again. Only for SQLite, where the caller holds the lock file and so
// knows that no other process lives; on PostgreSQL claims and leases run out by themselves.
func (s *Store) TakeOver(ctx context.Context) error {
	if s.postgres {
		return nil
	}
	queries := []string{
		`DELETE FROM river_leader`,
		`UPDATE river_job SET state = 'available' WHERE state = 'running'`,
		`UPDATE instances SET claimed_by = '', claimed_until = 0 WHERE claimed_until > 0`,
		`UPDATE workspace_connections SET claimed_by = '', claimed_until = 0 WHERE claimed_until > 0`,
		`UPDATE identities SET claimed_by = '', claimed_until = 0 WHERE claimed_until > 0`,
	}
	for _, of := range claimables {
		queries = append(queries, `UPDATE `+string(of)+` SET claimed_by = '', claimed_until = 0 WHERE claimed_until > 0`)
	}
	for _, query := range queries {
		if _, err := s.writer.ExecContext(ctx, query); err != nil {
			return fmt.Errorf("taking over from a process that was killed: %w", err)
		}
	}
	return nil
}

// Job is a job as support sees it.
type Job = rivertype.JobRow

// JobList is the jobs in some states, newest first.
func (s *Store) JobList(ctx context.Context, limit int, states ...rivertype.JobState) ([]*Job, error) {
	r, err := s.jobs.JobList(ctx, river.NewJobListParams().First(limit).States(states...).OrderBy(river.JobListOrderByID, river.SortOrderDesc))
	if err != nil {
		return nil, fmt.Errorf("listing jobs: %w", err)
	}
	return r.Jobs, nil
}

// Job is one job; ErrNotFound when there is none, or no longer.
func (t *Tx) Job(ctx context.Context, id int64) (*Job, error) {
	j, err := t.jobs.JobGetTx(ctx, t.tx, id)
	return j, jobError("reading", id, err)
}

// RetryJob makes a job run at once, whatever its state.
func (t *Tx) RetryJob(ctx context.Context, id int64) error {
	_, err := t.jobs.JobRetryTx(ctx, t.tx, id)
	return jobError("retrying", id, err)
}

// DiscardJob gives a job up; one that runs is told to stop.
func (t *Tx) DiscardJob(ctx context.Context, id int64) error {
	_, err := t.jobs.JobCancelTx(ctx, t.tx, id)
	return jobError("discarding", id, err)
}

func jobError(what string, id int64, err error) error {
	if errors.Is(err, rivertype.ErrNotFound) {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("%s job %d: %w", what, id, err)
	}
	return nil
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
