package portal

import (
	"context"
	"errors"
	"slices"
	"time"

	"portico/store"
	"portico/upstream"
)

const (
	// maxSteps bounds one Advance; a journey has fewer.
	maxSteps = 12
	// silentAfter is the tries without success after which the person is told that the platform is silent.
	silentAfter = 3
)

// run is one process's hold on an instance while it takes a step.
type run struct {
	store.Instance
	slots []store.Slot
	by    string
	at    engine
}

// step does what is next for an instance: one call to a platform at the most, and one transaction that keeps what
// came of it.
type step func(*Portal, context.Context, run) error

// Advance takes an instance as far as it goes without a person. It may be called at any time and any number of
// times. It says how long to wait when something is due later, 0 when nothing is due by itself.
func (p *Portal) Advance(ctx context.Context, instanceID string) (wait time.Duration, err error) {
	ctx = context.WithoutCancel(ctx) // a step that has begun is brought to its end
	by := store.NewKey()
	defer func() {
		err = errors.Join(err, p.store.Update(ctx, func(tx *store.Tx) error { return tx.ReleaseInstance(ctx, instanceID, by) }))
	}()
	for range maxSteps {
		r, claimed, err := p.claim(ctx, instanceID, by)
		if err != nil || !claimed {
			return time.Second, err
		}
		if r.at, err = p.at(ctx, r.AccountID); err != nil {
			return 0, err
		}
		next, wait := p.next(r)
		if next == nil || p.stopping() {
			return wait, nil
		}
		ctx := withAbout(ctx, about{instanceID: r.ID, journeyID: r.JourneyID})
		if err := next(p, ctx, r); err != nil {
			return p.failed(ctx, r, err)
		}
	}
	return time.Second, nil
}

// claimFor is longer than any call of a step takes with all its tries, so that a claim that runs out means a process
// that died. It is shorter than it takes to rescue that one's jobs.
func (p *Portal) claimFor() time.Duration { return min(45*time.Second, p.RescueAfter) }

// claim takes the instance for a step and reads it as it then is.
func (p *Portal) claim(ctx context.Context, instanceID, by string) (r run, claimed bool, err error) {
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		if claimed, err = tx.Claim(ctx, instanceID, by, p.Now().Add(p.claimFor())); err != nil || !claimed {
			return err
		}
		r.by = by
		if r.Instance, err = tx.Instance(ctx, instanceID); err != nil {
			return err
		}
		r.slots, err = tx.Slots(ctx, instanceID)
		return err
	})
	return r, claimed, err
}

// next is the decision table of an instance's journey: what is due, or how long until something is.
func (p *Portal) next(r run) (step, time.Duration) {
	due := p.due(r)
	if due == nil {
		return nil, 0
	}
	if wait := r.notBefore().Sub(p.Now()); wait > 0 {
		return nil, wait
	}
	return due, 0
}

// notBefore is when the next step may be taken: nothing is enabled too soon after its creation, however a person hurries.
func (r run) notBefore() time.Time {
	early := r.UpstreamCreated.Add(r.at.enableDelay())
	if (r.State == store.Enabling || r.State == store.Disabled) && early.After(r.NotBefore.Time) {
		return early
	}
	return r.NotBefore.Time
}

func (p *Portal) due(r run) step {
	if stuck(r.Attention) && r.State != store.Deleting {
		return nil
	}
	switch {
	case r.State == store.Creating:
		return (*Portal).create
	case r.State == store.Deleting:
		return (*Portal).remove
	case r.State == store.Authorizing && !r.EnabledAt.IsZero():
		return (*Portal).disable // a sign-in was taken back: it must not go on with the old one
	case r.State == store.Authorizing && r.entered() != nil:
		return (*Portal).hand
	case r.State == store.Authorizing && r.predefined() != nil:
		return (*Portal).predefine
	case r.State == store.Authorizing && (r.unattached() || r.given()):
		return (*Portal).attach
	case r.State == store.Configuring && r.WizardDone:
		return (*Portal).readValues
	case r.State == store.Enabling && r.Hold == "":
		return (*Portal).enable
	case r.State == store.Enabled && !r.WantEnabled:
		return (*Portal).disable
	case r.State == store.Disabled && r.WantEnabled:
		return (*Portal).enable
	case r.UpstreamID != "" && r.UpstreamName != r.at.upstreamName(r.Instance) && r.State != store.Deleted:
		return (*Portal).rename
	}
	return nil
}

// unattached says whether a sign-in was chosen that the platform does not have yet.
func (r run) unattached() bool {
	for _, s := range r.slots {
		if s.Kind == store.SlotAuth && s.AuthenticationID != "" && s.AuthenticationID != s.AttachedID {
			return true
		}
	}
	return false
}

// given says whether every sign-in is there: then nothing but the platform's word is missing, though it may have had them
// all before.
func (r run) given() bool {
	asked := false
	for _, s := range r.slots {
		if s.Kind != store.SlotAuth {
			continue
		}
		if s.AuthenticationID == "" {
			return false
		}
		asked = true
	}
	return asked
}

// Causes of attention: what stands in an instance's way.
const (
	causeMissing      = "missing_values" // the platform says that values are missing
	causeRefused      = "refused"        // the platform will not, and says why to support
	causeUnauthorized = "unauthorized"   // the platform does not take our own credentials
	causeUnavailable  = "unavailable"    // the platform is silent; we go on trying
	causeRemoved      = "removed"        // it is gone at the platform
	causeSigninGone   = "signin_gone"    // a sign-in that it uses is gone at the platform
	causeSignin       = "signin_refused" // the platform will not have a sign-in in this slot
	causeBroken       = "signin_broken"  // the service no longer takes a sign-in that it uses
	causeUnlicensed   = "unlicensed"     // the platform's licence or quota does not allow it
	causeNotPrepared  = "not_prepared"   // a connection that the host makes cannot be had
)

// stuckCauses wait for somebody; the others are tried again by themselves.
var stuckCauses = []string{causeMissing, causeRefused, causeRemoved, causeSignin, causeUnlicensed}

func stuck(cause string) bool { return slices.Contains(stuckCauses, cause) }

func whoFixes(cause string) string {
	switch cause {
	case causeMissing, causeRemoved, causeSigninGone, causeSignin, causeBroken:
		return store.WhoYou
	case causeUnavailable:
		return store.WhoThem
	}
	return store.WhoUs
}

// keep writes what came of a step onto the instance as it is now, while the claim holds, and clears what stood in
// its way.
func (p *Portal) keep(ctx context.Context, r run, do func(*store.Tx, *store.Instance) error) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		in, err := tx.LockInstance(ctx, r.ID)
		if err != nil {
			return err
		}
		if in.Attention != "" && in.Attention == r.Attention && !stuck(in.Attention) {
			if err := clearAttention(ctx, tx, &in); err != nil {
				return err
			}
		}
		in.Tries, in.NotBefore = 0, store.Time{}
		if err := do(tx, &in); err != nil {
			return err
		}
		return tx.PutInstance(ctx, in, r.by)
	})
}

// failed keeps a failure: what is worth it is tried again later, the rest waits for somebody, named by its cause.
func (p *Portal) failed(ctx context.Context, r run, failure error) (wait time.Duration, err error) {
	if errors.Is(failure, store.ErrLost) || errors.Is(failure, errBusy) {
		return time.Second, nil
	}
	var e *upstream.Error
	if !errors.As(failure, &e) {
		return 0, failure
	}
	p.Log.WarnContext(ctx, "a step of an instance", "instance", r.ID, "state", r.State, "err", failure)
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		in, err := tx.LockInstance(ctx, r.ID)
		if err != nil {
			return err
		}
		in.Tries++
		if cause := causeOf(e, in.Tries, r.State); cause != "" {
			if cause == causeRemoved {
				removed(&in)
			}
			if err := setAttention(ctx, tx, &in, cause, e.Error()); err != nil {
				return err
			}
		}
		if !stuck(in.Attention) {
			wait = max(e.RetryAfter, backoff(in.Tries))
			in.NotBefore = store.At(p.Now().Add(wait))
		}
		return tx.PutInstance(ctx, in, r.by)
	})
	if errors.Is(err, store.ErrLost) {
		return time.Second, nil
	}
	return wait, err
}

// causeOf names what a failed step means to the person; "" while it may yet pass unnoticed.
func causeOf(e *upstream.Error, tries int, state string) string {
	switch {
	case e.Temporary() && tries < silentAfter:
		return ""
	case e.Temporary():
		return causeUnavailable
	case e.Kind == upstream.Unlicensed:
		return causeUnlicensed
	case e.Kind == upstream.Unauthorized || e.Kind == upstream.Forbidden:
		return causeUnauthorized
	case e.Kind == upstream.Refused && state == store.Authorizing:
		return causeSignin
	case e.Kind == upstream.NotFound && state != store.Creating:
		return causeRemoved
	}
	return causeRefused
}

// backoff is how long to wait after so many failures in a row: 1 s, doubling, at most 5 minutes.
func backoff(tries int) time.Duration {
	return min(time.Second<<min(tries-1, 10), 5*time.Minute)
}

func setAttention(ctx context.Context, tx *store.Tx, in *store.Instance, cause, detail string) error {
	in.AttentionDetail = detail
	if in.Attention == cause {
		return nil
	}
	in.Attention, in.AttentionWho, in.AttentionSince = cause, whoFixes(cause), tx.Now()
	return tell(ctx, tx, itself, *in, "instance.attention", "cause", cause)
}

func clearAttention(ctx context.Context, tx *store.Tx, in *store.Instance) error {
	if in.Attention == "" {
		return nil
	}
	cause := in.Attention
	freeOf(in)
	return tell(ctx, tx, itself, *in, "instance.recovered", "cause", cause)
}

// freeOf takes away what stands in an instance's way, so that the next step is tried.
func freeOf(in *store.Instance) {
	in.Attention, in.AttentionWho, in.AttentionDetail, in.AttentionSince = "", "", "", store.Time{}
}
