package portal

import (
	"context"
	"errors"
	"time"

	"portico/store"
)

// claimed does something with a row that this process alone works on, and gives the claim back. Where another process has
// the row, nothing is done and it says when to look again. What has begun is brought to its end, whoever stops waiting.
func (p *Portal) claimed(ctx context.Context, of store.Claimable, id string, until time.Duration, do func(ctx context.Context, by string) (time.Duration, error)) (wait time.Duration, err error) {
	ctx = context.WithoutCancel(ctx)
	by, got := store.NewKey(), false
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		got, err = tx.ClaimRow(ctx, of, id, by, p.Now().Add(until))
		return err
	})
	if err != nil || !got {
		return time.Second, err
	}
	defer func() {
		err = errors.Join(err, p.store.Update(ctx, func(tx *store.Tx) error { return tx.ReleaseRow(ctx, of, id, by) }))
	}()
	return do(ctx, by)
}
