package portal

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"portico/store"
)

const (
	// bodiesFor is how long what an operation sends is kept after it has failed, so that it can be sent again.
	bodiesFor = 24 * time.Hour
	// caredAtOnce is how much that was left is given a job at once.
	caredAtOnce = 100
)

// addConnect adds the workers of what is done at commercetools.
func (p *Portal) addConnect(workers *river.Workers) {
	add(workers, operationClaim, func(ctx context.Context, a store.AdvanceOperation) error {
		return snooze(p.AdvanceOperation(ctx, a.ID))
	})
	add(workers, 0, func(ctx context.Context, a store.WatchConnect) error {
		return snooze(p.watchConnect(ctx, a.SubjectKind, a.ID))
	})
	add(workers, pipelineClaim, func(ctx context.Context, a store.AdvancePipeline) error { return snooze(p.AdvancePipeline(ctx, a.ID)) })
	add(workers, syncTimeout, func(ctx context.Context, a store.SyncConnect) error {
		return later(refusedForGood(p.CopyConnect(ctx, a.AccountID)))
	})
}

// careForConnect gives operations and watches that have lost their jobs new ones, and forgets what is not to be sent any
// more.
func (p *Portal) careForConnect(ctx context.Context) error {
	since := p.Now().Add(-leftAfter)
	left, err := p.store.LeftOperations(ctx, since, caredAtOnce)
	if err != nil {
		return err
	}
	unwatched, err := p.store.LeftWatches(ctx, since, caredAtOnce)
	if err != nil {
		return err
	}
	pipelines, err := p.store.LeftPipelines(ctx, since, caredAtOnce)
	if err != nil {
		return err
	}
	return p.store.Update(ctx, func(tx *store.Tx) error {
		for _, id := range left {
			if err := tx.Enqueue(ctx, store.AdvanceOperation{ID: id}, time.Time{}); err != nil {
				return err
			}
		}
		for _, id := range pipelines {
			if err := tx.Enqueue(ctx, store.AdvancePipeline{ID: id}, time.Time{}); err != nil {
				return err
			}
		}
		for _, w := range unwatched {
			if err := tx.Enqueue(ctx, w, time.Time{}); err != nil {
				return err
			}
		}
		return tx.ForgetBodies(ctx, p.Now().Add(-bodiesFor))
	})
}
