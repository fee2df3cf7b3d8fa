package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"portico/store"
	"portico/store/storetest"
)

func jobs(t *testing.T, s *store.Store, states ...rivertype.JobState) []*store.Job {
	t.Helper()
	return storetest.Must[[]*store.Job](t)(s.JobList(ctx, 100, states...))
}

func TestJobIsKeptWithItsTransaction(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		changedTheirMind := errors.New("changed their mind")
		err := s.Update(ctx, func(tx *store.Tx) error {
			if err := tx.Enqueue(ctx, store.AdvanceInstance{InstanceID: "n"}, time.Time{}); err != nil {
				return err
			}
			return changedTheirMind
		})
		if !errors.Is(err, changedTheirMind) {
			t.Fatal(err)
		}
		if got := jobs(t, s, rivertype.JobStateAvailable); len(got) != 0 {
			t.Errorf("a transaction that was rolled back left %d jobs", len(got))
		}
		storetest.Update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.Enqueue(ctx, store.AdvanceInstance{InstanceID: "n"}, time.Time{}), tx.Enqueue(ctx, store.AdvanceInstance{InstanceID: "n"}, time.Time{}))
		})
		if got := jobs(t, s, rivertype.JobStateAvailable); len(got) != 2 || got[0].Queue != store.QueueAdvance {
			t.Errorf("there are %d jobs, want both: advancing is never a duplicate", len(got))
		}
	})
}

func TestWaitingCopyServesAll(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		for range 3 {
			storetest.Update(t, s, func(tx *store.Tx) error {
				return errors.Join(tx.Enqueue(ctx, store.SyncCatalogue{AccountID: "a"}, time.Time{}), tx.Enqueue(ctx, store.SyncCatalogue{AccountID: "b"}, time.Time{}))
			})
		}
		if got := jobs(t, s, rivertype.JobStateAvailable); len(got) != 2 {
			t.Errorf("three requests for the copies of two accounts make %d jobs", len(got))
		}
	})
}

// worker signals when it has begun and goes on when it is told.
type worker struct {
	river.WorkerDefaults[store.AdvanceInstance]
	began chan string
	end   chan error
}

func (w *worker) Work(ctx context.Context, j *river.Job[store.AdvanceInstance]) error {
	w.began <- j.Args.InstanceID
	select {
	case err := <-w.end:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func working(t *testing.T, s *store.Store) *worker {
	t.Helper()
	w := &worker{began: make(chan string, 10), end: make(chan error, 10)}
	all := river.NewWorkers()
	river.AddWorker(all, w)
	c, err := s.Jobs(&river.Config{
		Workers: all, Queues: map[string]river.QueueConfig{store.QueueAdvance: {MaxWorkers: 2}},
		FetchPollInterval: 20 * time.Millisecond, FetchCooldown: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.StopAndCancel(ctx); err != nil {
			t.Errorf("stopping the jobs: %v", err)
		}
	})
	return w
}

func TestJobRunsOnBothDatabases(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w := working(t, s)
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.Enqueue(ctx, store.AdvanceInstance{InstanceID: "n"}, time.Time{}) })
		if got := <-w.began; got != "n" {
			t.Errorf("the job is about %q", got)
		}
		w.end <- nil
	})
}

func TestTakeOverFreesWhatAKilledProcessHeld(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string, c *storetest.Clock) {
		s := storetest.OpenAt(t, database, c)
		w := newWorld(t, s)
		in := storetest.Instance(t, s, w.u, w.i, w.g, store.Creating)
		storetest.Update(t, s, func(tx *store.Tx) error {
			one, err := tx.Claim(ctx, in.ID, "killed", c.Now().Add(time.Hour))
			other, err2 := tx.ClaimIdentity(ctx, w.i.ID, "killed", c.Now().Add(time.Hour))
			if !one || !other {
				t.Errorf("the claims were not given: %v %v", one, other)
			}
			return errors.Join(err, err2, tx.Enqueue(ctx, store.AdvanceInstance{InstanceID: in.ID}, time.Time{}))
		})
		if _, err := raw(t, database).Exec(`UPDATE river_job SET state = 'running', attempt = 1, attempted_at = created_at`); err != nil {
			t.Fatal(err)
		}
		if err := s.TakeOver(ctx); err != nil {
			t.Fatal(err)
		}
		var mine, its bool
		storetest.Update(t, s, func(tx *store.Tx) (err error) {
			if mine, err = tx.Claim(ctx, in.ID, "next", c.Now().Add(time.Hour)); err == nil {
				its, err = tx.ClaimIdentity(ctx, w.i.ID, "next", c.Now().Add(time.Hour))
			}
			return err
		})
		free := len(jobs(t, s, rivertype.JobStateAvailable))
		if want := !s.Postgres(); mine != want || its != want || (free == 1) != want {
			t.Errorf("free after TakeOver: instance %v, identity %v, %d jobs; want %v, since on PostgreSQL another process may live", mine, its, free, want)
		}
	})
}
