package portal

import (
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
