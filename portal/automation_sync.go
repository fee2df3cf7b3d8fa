package portal

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/activepieces"
)

const (
	// How often flows and runs are copied of workspaces that somebody has visited lately, or that have an instance; and
	// while a run is under way, where no job goes on looking.
	automationsEvery = 10 * time.Minute
	automationsWatch = 30 * time.Second
	visitedLately    = 24 * time.Hour
	automationsAtOne = 100 // begun by one care, which comes each minute

	// newestRuns is how many runs are asked for; where there are more since the last time, so many once.
	newestRuns, manyRuns = 100, 1000
	// runsOverlap is how far behind the newest known run is asked again: they appear with a delay of a second or so.
	runsOverlap = time.Minute
	// singleRuns is how many runs that are under way, and too old for the list, are asked for one by one.
	singleRuns = 20
	// watchedFor is how long a run is looked at every few seconds.
	watchedFor = 10 * time.Minute
)

// syncAutomations copies the flows of a workspace's project, and its newest runs.
func (p *Portal) syncAutomations(ctx context.Context, identityID string) error {
	i, err := p.store.Identity(ctx, identityID)
	if err != nil {
		return err
	}
	began := p.Now()
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.BeginAutomationSync(ctx, i.ID, began, 0)
		return err
	})
	if err != nil {
		return err
	}
	problem := ""
	if err = p.copyAutomations(ctx, i, began); err != nil {
		problem = err.Error()
	}
	return errors.Join(err, p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		return tx.EndAutomationSync(ctx, i.ID, began, problem)
	}))
}

func (p *Portal) copyAutomations(ctx context.Context, i store.Identity, asked time.Time) error {
	if i.UpstreamID == "" { // there is no project, or no longer
		return p.store.Update(ctx, func(tx *store.Tx) error { return tx.PutAutomations(ctx, i, nil, asked) })
	}
	c, err := p.piecesClient(ctx, i.AccountID)
	if err != nil {
		return err
	}
	runs, err := p.newRuns(ctx, c, i) // before the flows, so that the flow of each run is known
	if err != nil && !upstream.IsKind(err, upstream.NotFound) {
		return err
	}
	flows, err := c.Flows(ctx, i.UpstreamID)
	if err != nil && !upstream.IsKind(err, upstream.NotFound) { // the project is gone, and all that was in it
		return err
	}
	if err := p.putAutomations(ctx, i, flows, runs, asked); err != nil {
		return err
	}
	return p.lookAfter(ctx, c, i, runs)
}

// newRuns is the runs since the newest that is known, newest first.
func (p *Portal) newRuns(ctx context.Context, c *activepieces.Client, i store.Identity) ([]activepieces.Run, error) {
	newest, err := p.store.NewestRun(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	filter := activepieces.RunFilter{ProjectID: i.UpstreamID, Limit: newestRuns}
	if !newest.IsZero() {
		filter.CreatedAfter = newest.Add(-runsOverlap)
	}
	runs, err := c.Runs(ctx, filter)
	if err == nil && len(runs) >= newestRuns {
		filter.Limit = manyRuns
		runs, err = c.Runs(ctx, filter)
	}
	return runs, err
}

func (p *Portal) putAutomations(ctx context.Context, i store.Identity, flows []activepieces.Flow, runs []activepieces.Run, asked time.Time) error {
	listed := make([]store.Automation, len(flows))
	for n, f := range flows {
		listed[n] = automationOf(f)
	}
	return p.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.PutAutomations(ctx, i, listed, asked); err != nil {
			return err
		}
		for _, r := range runs {
			if err := tx.PutRun(ctx, i.ID, r.FlowID, runOf(r), asked); err != nil {
				return err
			}
		}
		return nil
	})
}

// lookAfter asks for the runs under way that the list did not have: those made long ago, which a person has had retried or
// which were paused.
func (p *Portal) lookAfter(ctx context.Context, c *activepieces.Client, i store.Identity, listed []activepieces.Run) error {
	left, err := p.store.UnfinishedRuns(ctx, i.ID, singleRuns)
	if err != nil {
		return err
	}
	for _, known := range left {
		if slices.ContainsFunc(listed, func(r activepieces.Run) bool { return r.ID == known.UpstreamID }) {
			continue
		}
		asked := p.Now()
		r, err := c.Run(ctx, known.UpstreamID)
		gone := upstream.IsKind(err, upstream.NotFound)
		if err != nil && !gone {
			return err
		}
		err = p.store.Update(ctx, func(tx *store.Tx) error {
			if gone {
				return tx.RemoveRun(ctx, known.ID)
			}
			return tx.PutRun(ctx, i.ID, r.FlowID, runOf(r), asked)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func automationOf(f activepieces.Flow) store.Automation {
	return store.Automation{
		UpstreamID: f.ID, InstanceID: f.Metadata[metaInstance], Name: cmp.Or(label(f.Name), f.ID),
		Enabled: f.Status == activepieces.FlowEnabled, Published: f.PublishedVersionID != "", Valid: f.Version.Valid,
	}
}

// runOf is a run as it is kept. One that is not over still bears the message of the failure that it was retried after.
func runOf(r activepieces.Run) store.Run {
	run := store.Run{UpstreamID: r.ID, Status: label(r.Status), At: store.At(r.Created), StartedAt: store.At(r.Started), EndedAt: store.At(r.Finished)}
	if run.Over() {
		run.Step, run.Message = label(cmp.Or(r.FailedName, r.FailedStep)), strings.Map(seen, r.Message)
	} else {
		run.EndedAt = store.Time{}
	}
	return run
}

// label is a text of a platform's as lists can show it.
func label(s string) string {
	s = strings.Join(strings.Fields(strings.Map(seen, s)), " ")
	if r := []rune(s); len(r) > maxTitle {
		s = string(r[:maxTitle-1]) + "…"
	}
	return s
}

// followAutomations copies, and where somebody waits for it goes on while a run is under way. Where the platform is silent,
// or will not, the store has noted why, and care asks again.
func (p *Portal) followAutomations(ctx context.Context, a store.SyncAutomations) error {
	err := p.syncAutomations(ctx, a.IdentityID)
	var e *upstream.Error
	if errors.As(err, &e) {
		p.Log.WarnContext(ctx, "copying automations", "identity", a.IdentityID, "err", err)
		return nil
	}
	if err != nil || !a.Watched {
		return err
	}
	return snooze(p.lookAgainIn(ctx, a.IdentityID))
}

// lookAgainIn is how long until a run under way is looked at again, less often the longer it takes; 0 when none is.
func (p *Portal) lookAgainIn(ctx context.Context, identityID string) (time.Duration, error) {
	left, err := p.store.UnfinishedRuns(ctx, identityID, newestRuns)
	if err != nil {
		return 0, err
	}
	var wait time.Duration
	for _, r := range left {
		age := p.Now().Sub(r.At.Time)
		if !r.RetriedAt.IsZero() {
			age = min(age, p.Now().Sub(r.RetriedAt.Time))
		}
		if !r.UnderWay() || age > watchedFor {
			continue
		}
		if due := min(max(age/4, 2*time.Second), 15*time.Second); wait == 0 || due < wait {
			wait = due
		}
	}
	return wait, nil
}

// enqueueAutomations gives the workspaces whose flows and runs are to be copied a job.
func (p *Portal) enqueueAutomations(ctx context.Context) error {
	now := p.Now()
	stale, err := p.store.StaleAutomations(ctx, now.Add(-visitedLately), now.Add(-automationsEvery), now.Add(-automationsWatch), automationsAtOne)
	if err != nil || len(stale) == 0 {
		return err
	}
	return p.store.Update(ctx, func(tx *store.Tx) error {
		for _, id := range stale {
			if err := tx.Enqueue(ctx, store.SyncAutomations{IdentityID: id}, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
}
