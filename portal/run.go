package portal

import (
	"context"
	"errors"
	"time"

	"portico/store"
	"portico/upstream"
)

// retryOnce is how long a run that was asked for again is not asked for once more: of two clicks one counts.
const retryOnce = 10 * time.Second

// RetryRun runs an automation again with what started a run: on its latest version from the start, which makes a new run,
// or from the step that failed, which goes on with the same one. Asking twice is no error, and runs it once.
func (p *Portal) RetryRun(ctx context.Context, who Who, automationID, runID string, fromFailed bool) error {
	a, err := p.automation(ctx, who, automationID)
	if err != nil {
		return err
	}
	r, err := p.store.Run(ctx, a.ID, runID)
	if errors.Is(err, store.ErrNotFound) {
		return refuse("run_gone")
	}
	if err != nil {
		return err
	}
	if !r.RetriedAt.IsZero() && p.Now().Sub(r.RetriedAt.Time) < retryOnce {
		return nil
	}
	if !r.Over() {
		return refuse("run_under_way")
	}
	if fromFailed && r.Step == "" {
		return refuse("run_not_failed")
	}
	claimed, err := p.claimRetry(ctx, who, a, r, fromFailed)
	if err != nil || !claimed {
		return err
	}
	return p.retryRun(ctx, who, a, r, fromFailed)
}

// claimRetry writes down that who asks for a run again, before it is asked for.
func (p *Portal) claimRetry(ctx context.Context, who Who, a store.AutomationCard, r store.Run, fromFailed bool) (claimed bool, err error) {
	from := "start"
	if fromFailed {
		from = "failed_step"
	}
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		if claimed, err = tx.ClaimRetry(ctx, r.ID, retryOnce); err != nil || !claimed {
			return err
		}
		before := map[string]any{"run": r.UpstreamID, "status": r.Status}
		after := map[string]any{"run": r.UpstreamID, "from": from}
		return automationDeed(who, a, before, after, "from", from, "run", r.UpstreamID).write(ctx, tx, "automation.retried")
	})
	return claimed, err
}

func (p *Portal) retryRun(ctx context.Context, who Who, a store.AutomationCard, r store.Run, fromFailed bool) error {
	i, err := p.store.Identity(ctx, a.IdentityID)
	if err != nil {
		return err
	}
	c, err := p.piecesClient(ctx, a.AccountID)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(withAbout(ctx, about{instanceID: a.InstanceID}), p.AnswerWithin)
	defer cancel()
	again, err := c.RetryRun(ctx, i.UpstreamID, r.UpstreamID, fromFailed)
	if err != nil {
		return p.notRetried(context.WithoutCancel(ctx), who, a, r, err)
	}
	err = p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		if err := tx.PutRun(ctx, i.ID, a.UpstreamID, runOf(again), p.Now()); err != nil {
			return err
		}
		return tx.Enqueue(ctx, store.SyncAutomations{IdentityID: i.ID, Watched: true}, p.Now().Add(askedJustNow))
	})
	if err == nil {
		p.copyNow(ctx, i.ID)
	}
	return err
}

// notRetried says why a run was not begun again. Where nothing can have come of it, it may be asked for again at once.
func (p *Portal) notRetried(ctx context.Context, who Who, a store.AutomationCard, r store.Run, failure error) error {
	var e *upstream.Error
	if !errors.As(failure, &e) {
		return failure
	}
	if e.OutcomeUnknown() {
		return errors.Join(failure, p.watch(ctx, a.IdentityID, time.Time{}))
	}
	if err := p.store.Update(ctx, func(tx *store.Tx) error { return tx.FreeRetry(ctx, r.ID) }); err != nil {
		return errors.Join(failure, err)
	}
	switch {
	case e.Code == "FLOW_RUN_RETRY_OUTSIDE_RETENTION":
		return refuseFor("run_too_old", failure)
	case e.Kind == upstream.NotFound:
		return refuseFor("run_gone", failure)
	case e.Kind == upstream.Unlicensed:
		return p.limited(ctx, who, a, failure)
	}
	return failure
}
