package portal

import (
	"context"
	"errors"
	"time"

	"portico/store"
)

// cdkHold is one process's hold on a deployment while it does the next step.
type cdkHold struct {
	store.CDKDeployment // PolledAt is when the platform was asked before this step
	by                  string
	free                *bool // it was let go of with what came of the step
}

// cdkStep does what is due for a deployment and keeps what came of it.
type cdkStep func(*Portal, context.Context, cdkHold) error

// cdkSteps is the decision table.
var cdkSteps = map[string]cdkStep{
	store.CDKQueued:    (*Portal).sendCDK,
	store.CDKSending:   (*Portal).lookForCDK,
	store.CDKBuilding:  (*Portal).watchCDK,
	store.CDKDeploying: (*Portal).watchCDK,
	store.CDKBehind:    (*Portal).followCDK,
}

// isSent says whether a deployment has come to the platform's answer, from which on it is only watched.
func isSent(d store.CDKDeployment) bool {
	return d.State != store.CDKQueued && d.State != store.CDKSending
}

// AdvanceCDK does what is due for a deployment. It may be called at any time and any number of times; it says when
// something is due again, 0 when nothing is by itself.
func (p *Portal) AdvanceCDK(ctx context.Context, id string) (time.Duration, error) {
	return p.advanceCDK(ctx, id, func(store.CDKDeployment) bool { return true })
}

// advanceCDK is AdvanceCDK for as long as the deployment is one of those that the caller is there for. What has begun is
// brought to its end, whoever stops waiting.
func (p *Portal) advanceCDK(ctx context.Context, id string, mine func(store.CDKDeployment) bool) (time.Duration, error) {
	ctx = context.WithoutCancel(ctx)
	for range maxSteps {
		d, err := p.store.CDKDeployment(ctx, id)
		if err != nil || !d.UnderWay() || !mine(d) {
			return 0, err
		}
		if wait := d.NotBefore.Sub(p.Now()); wait > 0 {
			return wait, nil
		}
		if p.stopping() {
			return time.Second, nil
		}
		h, held, err := p.holdCDK(ctx, id)
		if err != nil || !held {
			return cdkHeld, err
		}
		if err := p.stepCDK(ctx, h); err != nil {
			return time.Second, err
		}
	}
	return time.Second, nil
}

// holdCDK claims a deployment of which something is due. That the platform is about to be asked is written before it is,
// so that a process which takes over from a killed one does not ask too soon.
func (p *Portal) holdCDK(ctx context.Context, id string) (h cdkHold, held bool, err error) {
	h = cdkHold{by: store.NewKey(), free: new(bool)}
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		if held, err = tx.ClaimRow(ctx, store.CDKDeployments, id, h.by, p.Now().Add(cdkClaim)); err != nil || !held {
			return err
		}
		d, err := tx.LockCDKDeployment(ctx, id, h.by)
		if err != nil {
			return err
		}
		if held = d.UnderWay() && !d.NotBefore.After(p.Now()); !held {
			return tx.ReleaseRow(ctx, store.CDKDeployments, id, h.by)
		}
		h.CDKDeployment = d
		if d.State == store.CDKQueued {
			return nil
		}
		d.PolledAt, d.NotBefore = tx.Now(), store.At(p.Now().Add(cdkLookTimeout+p.cdkPace(d)))
		return tx.PutCDKDeployment(ctx, d)
	})
	return h, held, err
}

// stepCDK does one step, and lets go of the deployment.
func (p *Portal) stepCDK(ctx context.Context, h cdkHold) (err error) {
	defer func() {
		if !*h.free {
			err = errors.Join(err, p.store.Update(ctx, func(tx *store.Tx) error { return tx.ReleaseRow(ctx, store.CDKDeployments, h.ID, h.by) }))
		}
	}()
	ctx = withAbout(ctx, about{journeyID: h.ReleaseID})
	if err := cdkSteps[h.State](p, ctx, h); !errors.Is(err, store.ErrLost) {
		return err
	}
	return nil // somebody else has it
}

// keepCDK keeps what came of a step, and with that lets go of the deployment. It is changed as it is now: a person may have
// changed it meanwhile.
func (p *Portal) keepCDK(ctx context.Context, h cdkHold, change func(*store.Tx, *store.CDKDeployment) error) error {
	err := p.noteCDK(ctx, h, func(tx *store.Tx, d *store.CDKDeployment) error {
		if err := change(tx, d); err != nil {
			return err
		}
		return tx.ReleaseRow(ctx, store.CDKDeployments, h.ID, h.by)
	})
	*h.free = err == nil
	return err
}

// noteCDK is keepCDK in the middle of a step, which goes on.
func (p *Portal) noteCDK(ctx context.Context, h cdkHold, change func(*store.Tx, *store.CDKDeployment) error) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		d, err := tx.LockCDKDeployment(ctx, h.ID, h.by)
		if err != nil {
			return err
		}
		if err := change(tx, &d); err != nil {
			return err
		}
		return tx.PutCDKDeployment(ctx, d)
	})
}

// errArchive says that our copy of an archive cannot be read.
var errArchive = errors.New("the archive cannot be read")
