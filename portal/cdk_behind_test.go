package portal

import (
	"testing"
	"time"

	"portico/store"
)

// newBehind is a world in which a build of half a minute was begun by somebody else, and ours is behind it.
func newBehind(t *testing.T) (*cdkWorld, store.Archive, store.CDKDeployment) {
	w := newCDKWorld(t)
	w.plan(phase("Building", 30*time.Second), phase("Deployed", 0))
	a := w.upload("my-connector", "theirs")
	w.elsewhere(a)
	d := w.one(w.deploy(w.upload("my-connector", "ours"), "us"))
	return w, a, w.want(d, store.CDKBehind, "")
}

// elsewhere deploys an archive with our token, and without us.
func (w *cdkWorld) elsewhere(a store.Archive) {
	w.Helper()
	c, err := w.portal.deployClient(w.ctx, w.accounts["us"].ID)
	w.ok(err)
	_, err = c.cdk.Deploy(w.ctx, a.Name, a.Version, w.portal.opener(w.ctx, a), a.Size)
	w.ok(err)
}

func TestBehindAsks(t *testing.T) {
	w, _, d := newBehind(t)
	if d.BehindID != w.there()[0].ID || d.BehindStatus != "Building" || d.Asks() || !d.UnderWay() {
		t.Errorf("got %+v", d)
	}
	w.settle()
	if d = w.want(d, store.CDKBehind, ""); !d.Asks() || d.UnderWay() || d.BehindStatus != "Deployed" || !d.EndedAt.IsZero() {
		t.Errorf("got %+v", d)
	}
	w.wantTaken(1)
	w.clock.Advance(time.Hour)
	w.ok(w.portal.SendAfter(w.ctx, w.actor, d.ID, true))
	w.settle()
	w.want(d, store.CDKDeployed, "")
	w.wantTaken(2)
	w.wantPaced()
	r, err := w.store.Release(w.ctx, d.ReleaseID)
	w.ok(err)
	w.wantCodes(r, "asked", "sending", "behind", "behind_ended", "after", "sending", "accepted", "building", "deployed")
}

func TestBehindIsSentAfter(t *testing.T) {
	w, _, d := newBehind(t)
	w.ok(w.portal.SendAfter(w.ctx, w.actor, d.ID, true))
	w.ok(w.portal.SendAfter(w.ctx, w.actor, d.ID, true)) // a second click
	w.want(d, store.CDKBehind, "")
	w.settle()
	w.want(d, store.CDKDeployed, "")
	w.wantTaken(2)
	w.wantPaced()
	r, err := w.store.Release(w.ctx, d.ReleaseID)
	w.ok(err)
	w.wantCodes(r, "asked", "sending", "behind", "after", "turn", "sending", "accepted", "building", "deployed")
	w.wantRefusal(w.portal.SendAfter(w.ctx, w.actor, d.ID, true), "cdk_not_behind")
}

func TestBehindIsLeft(t *testing.T) {
	w, _, d := newBehind(t)
	w.ok(w.portal.SendAfter(w.ctx, w.actor, d.ID, false))
	w.settle()
	if d = w.want(d, store.CDKBehind, ""); d.EndedAt.IsZero() {
		t.Errorf("got %+v", d)
	}
	w.wantRefusal(w.portal.SendAfter(w.ctx, w.actor, d.ID, true), "cdk_not_behind")
	w.wantTaken(1)
	w.ok(w.portal.RetryCDK(w.ctx, w.actor, d.ID)) // they have thought again
	w.want(d, store.CDKBehind, "")
	w.ok(w.portal.SendAfter(w.ctx, w.actor, d.ID, true))
	w.settle()
	w.want(d, store.CDKDeployed, "")
	w.wantTaken(2)
}

// Somebody may take their word back while it waits.
func TestBehindIsLeftAfterAll(t *testing.T) {
	w, _, d := newBehind(t)
	w.ok(w.portal.SendAfter(w.ctx, w.actor, d.ID, true))
	w.ok(w.portal.SendAfter(w.ctx, w.actor, d.ID, false))
	w.settle()
	if d = w.want(d, store.CDKBehind, ""); d.EndedAt.IsZero() || d.SendAfter {
		t.Errorf("got %+v", d)
	}
	w.wantTaken(1)
}

// When the other has ended, a third may have come first: ours waits for that one too.
func TestBehindAgain(t *testing.T) {
	w, theirs, d := newBehind(t)
	w.ok(w.portal.SendAfter(w.ctx, w.actor, d.ID, true))
	w.clock.Advance(31 * time.Second)
	w.elsewhere(theirs)
	for w.again(d).BehindID == w.there()[0].ID {
		d = w.next(d)
	}
	w.want(d, store.CDKBehind, "")
	if len(w.there()) != 2 || len(w.there()[1].Repeats) != 1 {
		t.Errorf("got %+v", w.there())
	}
	w.settle()
	w.want(d, store.CDKDeployed, "")
	w.wantTaken(3)
}

// One that stands in the way for very long is not waited for; who wants ours sent after it has it waited for again.
func TestBehindWaitedOut(t *testing.T) {
	t.Parallel()
	w := newCDKWorld(t)
	w.plan(phase("Building", 80*time.Minute), phase("Deployed", 0))
	w.elsewhere(w.upload("my-connector", "theirs"))
	d := w.one(w.deploy(w.upload("my-connector", "ours"), "us"))
	w.settle()
	if d = w.want(d, store.CDKBehind, ""); !d.WaitedOut || d.Asks() {
		t.Errorf("got %+v", d)
	}
	w.ok(w.portal.SendAfter(w.ctx, w.actor, d.ID, true))
	w.settle()
	w.want(d, store.CDKBehind, "")
	w.ok(w.portal.WatchCDK(w.ctx, w.actor, d.ID))
	w.settle()
	if d = w.want(d, store.CDKBuilding, ""); !d.WaitedOut { // the plan is for ours too
		t.Errorf("got %+v", d)
	}
	w.wantTaken(2)
	w.wantPaced()
}

// One that the platform knows no more is in nobody's way.
func TestBehindIsUnknown(t *testing.T) {
	w, _, d := newBehind(t)
	w.fault(fault{Operation: "deployment", Kind: "status", Status: 404, Message: "no such deployment", Times: 1})
	d = w.next(d)
	if !d.Asks() || d.BehindStatus != "" {
		t.Errorf("got %+v", d)
	}
}

// What goes wrong while another is waited for is told as for ours.
func TestTroubleWhileBehind(t *testing.T) {
	w, _, d := newBehind(t)
	w.fault(fault{Operation: "deployment", Kind: "403", Times: 1})
	w.want(w.next(d), store.CDKBehind, store.CDKForbidden)
	w.fault(fault{Operation: "deployment", Kind: "500", Times: 1})
	w.want(w.next(d), store.CDKBehind, store.CDKUnreachable)
	w.ok(w.portal.SendAfter(w.ctx, w.actor, d.ID, true))
	w.forget("us")
	w.settle()
	w.want(d, store.CDKRefused, store.CDKTokenGone)
	w.wantRefusal(w.portal.RetryCDK(w.ctx, w.actor, d.ID), "deploy_account_gone")
}

// Several of ours may wait for the same one, and that may be ours: the platform is asked by one of them alone.
func TestManyBehindOne(t *testing.T) {
	for name, ours := range map[string]bool{"ours": true, "somebody else's": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newCDKWorld(t)
			w.plan(phase("Building", 4*time.Minute), phase("Deployed", 0))
			first := w.upload("my-connector", "first")
			if ours {
				w.deploy(first, "us")
			} else {
				w.elsewhere(first)
			}
			var behind []store.CDKDeployment
			for _, operation := range []string{"second", "third", "fourth"} {
				d := w.one(w.deploy(w.upload("my-connector", operation), "us"))
				behind = append(behind, w.want(d, store.CDKBehind, ""))
			}
			w.ok(w.portal.SendAfter(w.ctx, w.actor, behind[1].ID, true))
			w.ok(w.portal.SendAfter(w.ctx, w.actor, behind[2].ID, false))
			w.settle()
			w.want(behind[0], store.CDKBehind, "")
			w.want(behind[1], store.CDKDeployed, "")
			w.want(behind[2], store.CDKBehind, "")
			w.wantTaken(2)
			w.wantPaced()
		})
	}
}
