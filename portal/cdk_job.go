package portal

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"portico/store"
)

// cdkSendTimeout is how long a job that sends may take: a send, and what comes before and after it. A killed process's
// counts as running for as long.
const cdkSendTimeout = cdkSendClaim + 2*time.Minute

// addCDK adds the workers of connectors' deployments at Tray.
func (p *Portal) addCDK(workers *river.Workers) {
	add(workers, cdkSendTimeout, func(ctx context.Context, a store.SendCDK) error {
		return snooze(p.advanceCDK(ctx, a.ID, func(d store.CDKDeployment) bool { return !isSent(d) }))
	})
	add(workers, cdkClaim, func(ctx context.Context, a store.WatchCDK) error { return snooze(p.advanceCDK(ctx, a.ID, isSent)) })
	add(workers, cdkShareClaim, func(ctx context.Context, a store.ShareCDK) error { return snooze(p.advanceShare(ctx, a.ID)) })
}
