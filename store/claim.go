package store

import (
	"context"
	"time"
)

// Claimable is a kind of thing that one process at a time works on. A claim that runs out means a process that died.
type Claimable string

// What can be claimed by ClaimRow; each is a table.
const (
	CDKDeployments Claimable = "cdk_deployments"
	CDKShares      Claimable = "cdk_shares"
	Operations     Claimable = "operations"
	Pipelines      Claimable = "pipelines"
)

// claimables are all of them, for TakeOver.
var claimables = []Claimable{CDKDeployments, CDKShares, Operations, Pipelines}

// ClaimRow takes one for one process until a time; false when another process has it, or there is none. Claiming again
// prolongs.
func (t *Tx) ClaimRow(ctx context.Context, of Claimable, id, by string, until time.Time) (bool, error) {
	n, err := t.exec(ctx, "claiming one of "+string(of), `
		UPDATE `+string(of)+` SET claimed_by = $2, claimed_until = $3 WHERE id = $1 AND (claimed_until < $4 OR claimed_by = $2)`, id, by, At(until), t.Now())
	return n == 1, err
}

// ReleaseRow gives a claim back.
func (t *Tx) ReleaseRow(ctx context.Context, of Claimable, id, by string) error {
	_, err := t.exec(ctx, "releasing one of "+string(of), `UPDATE `+string(of)+` SET claimed_by = '', claimed_until = 0 WHERE id = $1 AND claimed_by = $2`, id, by)
	return err
}
