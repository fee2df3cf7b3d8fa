package portal

import (
	"context"
	"errors"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/traycdk"
)

// How often the platform is asked, how long it is waited for, and how often an archive is sent.
const (
	// As Tray's own scripts ask, and slower for what takes its time.
	cdkLookEvery  = 5 * time.Second
	cdkLookSlowly = 15 * time.Second
	cdkSlowAfter  = 2 * time.Minute
	// cdkLookTroubled is how seldom a platform is asked at last that will not say.
	cdkLookTroubled = 5 * time.Minute
	// cdkWaitFor is how long anything is waited for without an end.
	cdkWaitFor = 30 * time.Minute
	// cdkArrivesWithin is how long after it was sent an archive can still arrive: the call's own time, and a margin.
	cdkArrivesWithin = traycdk.SlowTimeout + 30*time.Second
	// cdkSends is how often one wish is sent at most.
	cdkSends = 3
	// cdkTurn is how soon one looks whether it is its turn.
	cdkTurn = 5 * time.Second
	// How long one look may take, and how long a step is claimed for that looks twice, or sends.
	cdkLookTimeout = 25 * time.Second
	cdkClaim       = time.Minute
	cdkSendClaim   = traycdk.SlowTimeout + time.Minute
	// cdkHeld is how soon one looks again for what another process works on.
	cdkHeld = 2 * time.Second
)

// trayPlatform is the actor of what happens at Tray.
var trayPlatform = store.Actor{Kind: store.ActorPlatform, Name: "Tray"}

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

// tellCDK adds a line to a release's timeline about one of its regions; args are names and values.
func tellCDK(ctx context.Context, tx *store.Tx, d store.CDKDeployment, code string, args ...string) error {
	return tx.AddEvent(ctx, store.Event{
		Code: code, Args: cdkArgs(d, args...), Actor: trayPlatform, SubjectKind: "release", SubjectID: d.ReleaseID, JourneyID: d.ReleaseID,
	})
}

func cdkArgs(d store.CDKDeployment, args ...string) map[string]string {
	all := map[string]string{"deployment": d.ID, "region": regionName(d.Region), "account": d.Label}
	for i := 0; i+1 < len(args); i += 2 {
		all[args[i]] = args[i+1]
	}
	return all
}

// regionName is a region as people know it.
func regionName(id string) string {
	if r, ok := traycdk.RegionByID(id); ok {
		return r.Name
	}
	return id
}

// endCDK ends a deployment for a reason.
func endCDK(ctx context.Context, tx *store.Tx, d *store.CDKDeployment, state, problem string) error {
	d.State, d.Problem, d.EndedAt, d.NotBefore, d.WaitedOut = state, problem, tx.Now(), store.Time{}, false
	return tellCDK(ctx, tx, *d, "cdk."+state, "problem", problem, "detail", d.Detail, "status", d.UpstreamStatus)
}

// answerOf keeps what an answer that says no was, nil when there was none to keep.
func answerOf(d *store.CDKDeployment, err error) {
	d.Problem, d.Detail, d.HTTPStatus, d.UpstreamReq = "", "", 0, ""
	var e *upstream.Error
	if !errors.As(err, &e) {
		return
	}
	d.Problem, d.Detail, d.HTTPStatus, d.UpstreamReq = cdkProblem(e), e.Message, e.Status, e.RequestID
}

// cdkProblem is the code of an answer that says no, or of none.
func cdkProblem(e *upstream.Error) string {
	switch {
	case errors.Is(e, errArchive):
		return store.CDKArchive
	case e.Kind == upstream.Limited:
		return store.CDKLimited
	case e.Temporary():
		return store.CDKUnreachable
	}
	switch e.Status {
	case 400:
		return store.CDKRejected
	case 401:
		return store.CDKUnauthorized
	case 403:
		return store.CDKForbidden
	case 404:
		return store.CDKNotFound
	case 413:
		return store.CDKTooLarge
	}
	return store.CDKDeclined
}

// errArchive says that our copy of an archive cannot be read.
var errArchive = errors.New("the archive cannot be read")

// isGone says whether an account is configured no more.
func isGone(err error) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Code == "deploy_account_gone"
}

// cdkPace is how long to leave the platform alone after asking it about a deployment: longer for one that has gone on for
// a while since it was taken, or sent.
func (p *Portal) cdkPace(d store.CDKDeployment) time.Duration {
	began := d.AcceptedAt
	if began.IsZero() {
		began = d.SentAt
	}
	if p.Now().Sub(began.Time) < cdkSlowAfter {
		return cdkLookEvery
	}
	return cdkLookSlowly
}

// restCDK lets a deployment rest for a while before the platform is asked again: at least as long as that asks for.
func (p *Portal) restCDK(d *store.CDKDeployment, pause time.Duration, failure error) {
	var e *upstream.Error
	if errors.As(failure, &e) {
		pause = max(pause, min(e.RetryAfter, cdkWaitFor))
	}
	d.NotBefore = store.At(p.Now().Add(pause))
}
