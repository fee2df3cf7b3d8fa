package portal

import (
	"slices"
	"sync"
	"testing"
	"time"

	"portico/store"
)

// A deployment is asked for every 5 s, and every 15 s once it has gone on for two minutes.
func TestPace(t *testing.T) {
	t.Parallel()
	w := newCDKWorld(t)
	w.plan(phase("Building", 5*time.Minute), phase("Deployed", 0))
	d := w.one(w.deploy(w.upload("my-connector"), "us"))
	w.settle()
	w.want(d, store.CDKDeployed, "")
	there := w.there()[0]
	slow := w.again(d).AcceptedAt.Add(cdkSlowAfter).UnixMilli()
	for n := 1; n < len(there.Polls); n++ {
		gap, want := there.Polls[n]-there.Polls[n-1], cdkLookEvery.Milliseconds()
		if there.Polls[n-1] >= slow {
			want = cdkLookSlowly.Milliseconds()
		}
		if gap < want || gap > want+1000 {
			t.Errorf("poll %d came %d ms after the one before, want %d", n, gap, want)
		}
	}
	if n := len(there.Polls); n < 30 || n > 38 {
		t.Errorf("it was asked for %d times in five minutes", n)
	}
}

// Whoever asks, and however often, the platform is asked no more often than it may be: many tabs, and processes that come
// and go.
func TestNobodyHurriesIt(t *testing.T) {
	w := newCDKWorld(t)
	d := w.one(w.deploy(w.upload("my-connector"), "us"))
	for range 40 {
		var tabs sync.WaitGroup
		for range 4 {
			tabs.Go(func() {
				if _, err := w.portal.AdvanceCDK(w.ctx, d.ID); err != nil {
					t.Error(err)
				}
				if err := w.portal.WatchCDK(w.ctx, w.actor, d.ID); err != nil && w.again(d).EndedAt.IsZero() {
					t.Error(err)
				}
			})
		}
		tabs.Wait()
		w.restart()
		w.clock.Advance(1700 * time.Millisecond)
	}
	w.settle()
	w.want(d, store.CDKDeployed, "")
	w.wantPaced()
}

// That the platform is about to be asked is written before it is: whoever takes over from a process killed meanwhile does
// not ask at once.
func TestKilledWhileAsking(t *testing.T) {
	w := newCDKWorld(t)
	d := w.one(w.deploy(w.upload("my-connector"), "us"))
	w.clock.Advance(cdkLookEvery)
	h, held, err := w.portal.holdCDK(w.ctx, d.ID)
	w.ok(err)
	c, err := w.portal.deployClient(w.ctx, h.AccountID)
	w.ok(err)
	if !held {
		t.Fatal("it cannot be asked for")
	}
	_, err = w.portal.askCDK(w.ctx, c, h, h.UpstreamID, h.UpstreamStatus) // and here it is killed
	w.ok(err)
	w.restart()
	w.step(d)
	w.settle()
	w.want(d, store.CDKDeployed, "")
	w.wantPaced()
}

func TestHowItEnds(t *testing.T) {
	for name, c := range map[string]struct {
		status, state, problem string
		codes                  []string
	}{
		"deployed": {"Deployed", store.CDKDeployed, "", []string{"asked", "sending", "accepted", "building", "deployed"}},
		"failed":   {"Failed", store.CDKFailed, store.CDKBuildFailed, []string{"asked", "sending", "accepted", "building", "failed"}},
		"a word that is not known": {"Paused", store.CDKFailed, store.CDKUnknownStatus,
			[]string{"asked", "sending", "accepted", "building", "failed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newCDKWorld(t)
			w.plan(phase("Building", 7*time.Second), phase(c.status, 0))
			r := w.deploy(w.upload("my-connector"), "us")
			w.settle()
			d := w.want(w.one(r), c.state, c.problem)
			if d.UpstreamStatus != c.status || d.EndedAt.IsZero() {
				t.Errorf("got %+v", d)
			}
			w.wantCodes(r, c.codes...)
		})
	}
}

// A failed build is sent again when somebody asks, as one more deployment.
func TestFailedIsTriedAgain(t *testing.T) {
	w := newCDKWorld(t)
	w.control("POST", "/plans", map[string]any{"times": 1, "phases": []any{phase("Failed", 0)}}, nil)
	d := w.one(w.deploy(w.upload("my-connector"), "us"))
	w.want(d, store.CDKFailed, store.CDKBuildFailed)
	w.wantRefusal(w.portal.WatchCDK(w.ctx, w.actor, d.ID), "cdk_not_waiting")
	w.ok(w.portal.RetryCDK(w.ctx, w.actor, d.ID))
	w.wantRefusal(w.portal.RetryCDK(w.ctx, w.actor, d.ID), "cdk_not_ended")
	w.settle()
	w.want(d, store.CDKDeployed, "")
	w.wantRefusal(w.portal.RetryCDK(w.ctx, w.actor, d.ID), "cdk_not_ended")
	w.wantTaken(2)
}

// A word that is not known may not be the last one: a later look finds it deployed.
func TestUnknownStatusIsLookedAtAgain(t *testing.T) {
	w := newCDKWorld(t)
	w.plan(phase("Paused", 10*time.Minute), phase("Deployed", 0))
	d := w.one(w.deploy(w.upload("my-connector"), "us"))
	w.want(d, store.CDKFailed, store.CDKUnknownStatus)
	w.clock.Advance(11 * time.Minute)
	w.ok(w.portal.WatchCDK(w.ctx, w.actor, d.ID))
	w.settle()
	w.want(d, store.CDKDeployed, "")
	w.wantTaken(1)
}

// Faults of the moment change nothing: it goes on at the platform.
func TestTroubleWhileWatching(t *testing.T) {
	for _, kind := range []string{"429", "500", "lost", "malformed", "html"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newCDKWorld(t)
			w.fault(fault{Operation: "deployment", Kind: kind, Times: 2, RetryAfter: 40})
			r := w.deploy(w.upload("my-connector"), "us")
			w.settle()
			d := w.want(w.one(r), store.CDKDeployed, "")
			if slices.Contains(w.codes(r), "troubled") {
				t.Errorf("got the events %v", w.codes(r))
			}
			if kind == "429" && d.EndedAt.Sub(d.AcceptedAt.Time) < 80*time.Second {
				t.Error("it was not left alone for as long as the platform has asked")
			}
			w.wantPaced()
		})
	}
}

// Where the platform will not say how far it is, that is told, and it is asked less and less often until half an hour is
// over. Nothing is given up but the waiting.
func TestRefusedWhileWatching(t *testing.T) {
	for problem, f := range map[string]fault{
		store.CDKUnauthorized: {Kind: "401"},
		store.CDKForbidden:    {Kind: "403"},
		store.CDKUnknownThere: {Kind: "status", Status: 404, Message: "no such deployment"},
	} {
		t.Run(problem, func(t *testing.T) {
			t.Parallel()
			w := newCDKWorld(t)
			f.Operation = "deployment"
			w.fault(f)
			r := w.deploy(w.upload("my-connector"), "us")
			w.settle()
			d := w.want(w.one(r), store.CDKBuilding, problem)
			if !d.WaitedOut || !d.EndedAt.IsZero() || d.UnderWay() {
				t.Errorf("got %+v", d)
			}
			w.wantCodes(r, "asked", "sending", "accepted", "building", "troubled", "waited_out")
			polls := w.there()[0].Polls
			if len(polls) > 14 || polls[len(polls)-1]-polls[len(polls)-2] < cdkLookTroubled.Milliseconds() {
				t.Errorf("it was asked for at %v", polls)
			}
			w.control("DELETE", "/faults", nil, nil)
			w.ok(w.portal.WatchCDK(w.ctx, w.actor, d.ID))
			w.settle()
			w.want(d, store.CDKDeployed, "")
			w.wantTaken(1)
		})
	}
}

// After half an hour nobody waits any more; whoever looks again finds what has become of it.
func TestWaitedOut(t *testing.T) {
	t.Parallel()
	w := newCDKWorld(t)
	w.plan(phase("Building", 3*time.Hour), phase("Deployed", 0))
	r := w.deploy(w.upload("my-connector"), "us")
	w.settle()
	d := w.want(w.one(r), store.CDKBuilding, "")
	if waited := w.clock.Now().Sub(d.WatchFrom.Time); !d.WaitedOut || waited < cdkWaitFor || waited > cdkWaitFor+time.Minute {
		t.Errorf("got %+v after %s", d, waited)
	}
	polls := len(w.there()[0].Polls)
	w.clock.Advance(time.Hour)
	jobs := len(w.jobs())
	w.ok(w.portal.careCDK(w.ctx))
	if n := len(w.jobs()); n != jobs {
		t.Errorf("care has made %d jobs to wait for it", n-jobs)
	}
	w.settle()
	if n := len(w.there()[0].Polls); n != polls {
		t.Errorf("it was asked for %d times more", n-polls)
	}
	w.ok(w.portal.WatchCDK(w.ctx, w.actor, d.ID))
	w.settle()
	if d = w.want(d, store.CDKBuilding, ""); !d.WaitedOut {
		t.Error("it is waited for without end")
	}
	w.clock.Advance(2 * time.Hour)
	w.ok(w.portal.WatchCDK(w.ctx, w.actor, d.ID))
	w.settle()
	w.want(d, store.CDKDeployed, "")
	w.wantPaced()
}

// jobs are the kinds of the jobs that there are, in the order in which they were inserted.
func (w *cdkWorld) jobs() []string {
	w.Helper()
	all, err := w.store.JobList(w.ctx, 1000)
	w.ok(err)
	var kinds []string
	for _, j := range slices.Backward(all) {
		kinds = append(kinds, j.Kind)
	}
	return kinds
}

// What has lost its job gets another, whatever it was to do.
func TestCareFindsWhatWasLeft(t *testing.T) {
	w := newCDKWorld(t)
	w.plan(phase("Building", time.Hour), phase("Deployed", 0))
	w.deploy(w.upload("my-connector"), "us")
	w.fault(fault{Operation: "latest:eu", Kind: "429", Times: 1, RetryAfter: 60})
	w.deploy(w.upload("my-connector"), "eu")
	before := len(w.jobs())
	w.ok(w.portal.careCDK(w.ctx))
	if n := len(w.jobs()); n != before {
		t.Fatalf("care has made %d jobs for what is under way", n-before)
	}
	w.clock.Advance(leftAfter + 2*time.Minute)
	w.ok(w.portal.careCDK(w.ctx))
	w.ok(w.portal.careCDK(w.ctx)) // who comes second finds them made
	found := w.jobs()[before:]
	slices.Sort(found)
	if want := []string{"send_cdk", "watch_cdk"}; !slices.Equal(found, want) {
		t.Errorf("care has made %v, want %v", found, want)
	}
}

// A token that is configured no more sends nothing and watches nothing; when it is back, it goes on.
func TestTokenGone(t *testing.T) {
	w := newCDKWorld(t)
	a := w.upload("my-connector")
	watched := w.one(w.deploy(a, "eu"))
	w.fault(fault{Operation: "latest:us", Kind: "429", Times: 1})
	queued := w.one(w.deploy(a, "us"))
	w.forget("us")
	w.settle()
	w.want(queued, store.CDKRefused, store.CDKTokenGone)
	w.wantRefusal(w.portal.RetryCDK(w.ctx, w.actor, queued.ID), "deploy_account_gone")
	w.want(watched, store.CDKDeployed, "")

	w.plan(phase("Building", time.Minute), phase("Deployed", 0))
	second := w.one(w.deploy(a, "eu"))
	w.forget("eu")
	w.settle()
	if d := w.want(second, store.CDKBuilding, store.CDKTokenGone); !d.WaitedOut {
		t.Errorf("got %+v", d)
	}
	w.wantRefusal(w.portal.WatchCDK(w.ctx, w.actor, second.ID), "deploy_account_gone")
	w.account("eu", "eu", w.sim.Token("eu"), 1)
	w.ok(w.portal.WatchCDK(w.ctx, w.actor, second.ID))
	w.settle()
	w.want(second, store.CDKDeployed, "")
}

// Of what was sent with a token that is gone nobody can say whether it has arrived, until the token is back.
func TestTokenGoneWhileLooking(t *testing.T) {
	w := newCDKWorld(t)
	w.fault(fault{Operation: "deploy", Kind: "lost", Times: 1})
	d := w.one(w.deploy(w.upload("my-connector"), "us"))
	w.forget("us")
	w.settle()
	w.want(d, store.CDKFailed, store.CDKTokenGone)
	w.account("us", "us", w.sim.Token("us"), 0)
	w.ok(w.portal.RetryCDK(w.ctx, w.actor, d.ID))
	w.settle()
	w.want(d, store.CDKDeployed, "")
	w.wantTaken(1)
}

// A token that has been replaced watches on, and is known as another.
func TestTokenReplaced(t *testing.T) {
	w := newCDKWorld(t)
	d := w.one(w.deploy(w.upload("my-connector"), "us"))
	for _, c := range []struct {
		change func()
		want   string
	}{
		{func() {}, ""},
		{func() { w.account("us", "us", w.sim.OtherToken("us"), 0) }, "replaced"},
		{func() { w.forget("us") }, "gone"},
	} {
		c.change()
		a, got, err := w.portal.CDKToken(w.ctx, d)
		w.ok(err)
		if got != c.want || a.Name != "us" {
			t.Errorf("got %q of %s, want %q", got, a.Name, c.want)
		}
	}
	w.account("us", "us", w.sim.OtherToken("us"), 0)
	w.settle()
	w.want(d, store.CDKDeployed, "")
}
