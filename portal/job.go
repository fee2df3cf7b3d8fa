package portal

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"maps"
	"time"

	"github.com/riverqueue/river"

	"portico/store"
	"portico/upstream"
)

// How often what is copied is copied again, and how often what was left under way is looked for.
const (
	catalogueEvery = 10 * time.Minute
	instancesEvery = 30 * time.Minute
	careEvery      = time.Minute
	scriptEvery    = time.Hour // until there is one
	// What an API client may do is decided elsewhere, and told in the pages.
	deployAccountEvery = time.Hour
	// Tray lists sign-ins to their owner alone, so each person's are copied apart: this often, and this many at a time.
	personEvery   = 6 * time.Hour
	personsAtOnce = 30
	// leftAfter is how long an instance may be under way untouched before its job counts as lost.
	leftAfter = 2 * time.Minute
	// How long a job may take; a copy of a large account takes its time.
	jobTimeout  = 30 * time.Second
	syncTimeout = 15 * time.Minute
	// personTimeout is for one person's copy. While a killed process's counts as running, no other of theirs is begun.
	personTimeout = 2 * time.Minute
)

// Run works on jobs until ctx ends, then lets what is under way come to its end. A process without Run answers
// requests all the same: others do its jobs.
func (p *Portal) Run(ctx context.Context) error {
	c, err := p.jobs()
	if err != nil {
		return err
	}
	// River's own context outlives ours, so that a job that has begun ends by itself.
	if err := c.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	<-ctx.Done()
	p.stopped.Do(func() { close(p.stop) })
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 40*time.Second)
	defer cancel()
	err = c.Stop(end)
	if errors.Is(err, context.DeadlineExceeded) {
		err = c.StopAndCancel(context.WithoutCancel(ctx))
	}
	p.hold.Wait()
	return err
}

func (p *Portal) jobs() (*river.Client[*sql.Tx], error) {
	workers := river.NewWorkers()
	add(workers, 0, func(ctx context.Context, a store.AdvanceInstance) error { return snooze(p.Advance(ctx, a.InstanceID)) })
	add(workers, syncTimeout, func(ctx context.Context, a store.SyncCatalogue) error {
		return later(p.syncCatalogue(ctx, a.AccountID))
	})
	add(workers, syncTimeout, func(ctx context.Context, a store.SyncInstances) error {
		return later(p.syncInstances(ctx, a.AccountID))
	})
	add(workers, personTimeout, func(ctx context.Context, a store.SyncIdentity) error { return p.copyOrLeave(ctx, a.IdentityID) })
	add(workers, 0, func(ctx context.Context, a store.FetchIcon) error { return p.fetchIcon(ctx, a.IntegrationID) })
	add(workers, syncTimeout, func(ctx context.Context, a store.FetchLogos) error { return p.fetchLogos(ctx, a) })
	add(workers, personTimeout, func(ctx context.Context, a store.SyncAutomations) error { return p.followAutomations(ctx, a) })
	add(workers, 0, p.fetchScript)
	p.addPredefined(workers)
	p.addCDK(workers)
	p.addConnect(workers)
	add(workers, syncTimeout, func(ctx context.Context, a store.CheckDeployAccount) error {
		return later(p.CheckDeployAccount(ctx, a.AccountID))
	})
	add(workers, 0, func(ctx context.Context, _ store.Care) error { return p.care(ctx) })
	queues, periodic := allQueues(), p.periodic()
	if p.DeploysAlone {
		maps.DeleteFunc(queues, func(name string, _ river.QueueConfig) bool {
			return name != store.QueueDeploy && name != store.QueueWatch
		})
		periodic = nil
	}
	return p.store.Jobs(&river.Config{
		Queues:  queues,
		Workers: workers, PeriodicJobs: periodic, Logger: slog.New(warnings{p.Log.Handler()}),
		FetchPollInterval: time.Second, FetchCooldown: 100 * time.Millisecond,
		JobTimeout: min(jobTimeout, p.RescueAfter), RescueStuckJobsAfter: p.RescueAfter,
		Test: river.TestConfig{Time: timer{p.Now}},
	})
}

// allQueues is how many jobs of each queue are worked on at a time, and how often each is looked at: several times a second
// where a person waits for the first step, less often elsewhere, since each look is a query.
func allQueues() map[string]river.QueueConfig {
	queue := func(workers int, look time.Duration) river.QueueConfig {
		return river.QueueConfig{MaxWorkers: workers, FetchPollInterval: look}
	}
	return map[string]river.QueueConfig{
		store.QueueAdvance:     queue(8, 250*time.Millisecond),
		store.QueueSync:        queue(3, time.Second),
		store.QueueIcons:       queue(2, 2*time.Second),
		store.QueueCare:        queue(1, 2*time.Second),
		store.QueueConnections: queue(4, 500*time.Millisecond),
		store.QueueDeploy:      queue(6, 500*time.Millisecond),
		store.QueueWatch:       queue(8, time.Second),
	}
}

// worker does one kind of job. A timeout of 0 is the client's.
type worker[T river.JobArgs] struct {
	river.WorkerDefaults[T]
	timeout time.Duration
	do      func(context.Context, T) error
}

func add[T river.JobArgs](to *river.Workers, timeout time.Duration, do func(context.Context, T) error) {
	river.AddWorker(to, &worker[T]{timeout: timeout, do: do})
}

// Timeout implements river.Worker.
func (w *worker[T]) Timeout(*river.Job[T]) time.Duration { return w.timeout }

// Work implements river.Worker.
func (w *worker[T]) Work(ctx context.Context, j *river.Job[T]) error { return w.do(ctx, j.Args) }

// periodic is the work that nobody asks for.
func (p *Portal) periodic() []*river.PeriodicJob {
	every := func(interval time.Duration, id string, args river.JobArgs) *river.PeriodicJob {
		return river.NewPeriodicJob(river.PeriodicInterval(interval), func() (river.JobArgs, *river.InsertOpts) { return args, nil },
			&river.PeriodicJobOpts{ID: id, RunOnStart: true})
	}
	jobs := []*river.PeriodicJob{every(careEvery, "care", store.Care{})}
	p.clients.mu.Lock()
	defer p.clients.mu.Unlock()
	for id, c := range p.clients.known {
		jobs = append(jobs, every(catalogueEvery, "catalogue_"+id, store.SyncCatalogue{AccountID: id}),
			every(instancesEvery, "instances_"+id, store.SyncInstances{AccountID: id}))
		if c.pieces != nil {
			jobs = append(jobs, every(connectionsEvery, "connections_"+id, store.CheckConnections{AccountID: id}))
		}
		if c.account.SDKURL != "" && c.account.SigningKey != "" {
			jobs = append(jobs, every(scriptEvery, "script_"+id, store.FetchScript{AccountID: id}))
		}
	}
	for _, id := range p.deploys.ids(store.PlatformCommercetools) {
		jobs = append(jobs, every(deployAccountEvery, "deploy_account_"+id, store.CheckDeployAccount{AccountID: id}),
			every(connectEvery, "connect_"+id, store.SyncConnect{AccountID: id}))
	}
	return jobs
}

// care removes what has expired, makes new session keys in time, gives what was left under way a job again, and has
// copied what people have at Tray.
func (p *Portal) care(ctx context.Context) error {
	if err := p.enqueueAutomations(ctx); err != nil {
		return err
	}
	if err := p.store.ReloadKeys(); err != nil {
		p.Log.ErrorContext(ctx, "the keys file cannot be read again", "err", err)
	}
	if err := p.careCDK(ctx); err != nil {
		return err
	}
	if err := p.careForConnect(ctx); err != nil {
		return err
	}
	left, err := p.store.UnderWay(ctx, p.Now().Add(-leftAfter), stuckCauses, 100)
	if err != nil {
		return err
	}
	stale, err := p.store.StaleIdentities(ctx, p.Now().Add(-personEvery), personsAtOnce)
	if err != nil {
		return err
	}
	return p.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.RemoveExpired(ctx); err != nil {
			return err
		}
		if err := tx.RotateSessionKeys(ctx); err != nil {
			return err
		}
		for _, id := range left {
			if err := tx.Enqueue(ctx, store.AdvanceInstance{InstanceID: id}, time.Time{}); err != nil {
				return err
			}
		}
		for _, id := range stale {
			if err := tx.Enqueue(ctx, store.SyncIdentity{IdentityID: id}, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
}

// snooze makes of a wait that the store holds one that the job keeps.
func snooze(wait time.Duration, err error) error {
	if err == nil && wait > 0 {
		return river.JobSnooze(wait)
	}
	return err
}

// later snoozes a copy that a silent platform or another process stood in the way of, so that it is no failure that
// somebody has to look at; the store says how old the copy is.
func later(err error) error {
	var e *upstream.Error
	switch {
	case errors.Is(err, errBusy):
		return river.JobSnooze(time.Second)
	case errors.As(err, &e) && e.Temporary():
		return river.JobSnooze(max(e.RetryAfter, 15*time.Second))
	}
	return err
}

// copyOrLeave copies what a person has at a platform. Where that is silent the first copy is waited for; for a later one
// care asks again, so that those who have one already do not wait in line by the thousand.
func (p *Portal) copyOrLeave(ctx context.Context, identityID string) error {
	i, err := p.store.Identity(ctx, identityID)
	if err != nil {
		return err
	}
	var e *upstream.Error
	err = p.syncIdentity(ctx, identityID)
	if !i.SyncedAt.IsZero() && errors.As(err, &e) && e.Temporary() {
		return nil // the store has noted why
	}
	return later(err)
}

// warnings lets only what somebody has to know through: River tells of its own doings every few seconds.
type warnings struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (h warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h warnings) WithGroup(name string) slog.Handler { return warnings{h.Handler.WithGroup(name)} }

// timer gives the jobs the program's clock.
type timer struct{ now func() time.Time }

// NowUTC implements rivertype.TimeGenerator.
func (c timer) NowUTC() time.Time { return c.now().UTC() }

// NowUTCOrNil implements rivertype.TimeGenerator: the clock is the program's, never the database's.
func (c timer) NowUTCOrNil() *time.Time {
	now := c.NowUTC()
	return &now
}
