package portal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/traycdk"
)

// What Tray refuses was not deployed, and is sent again only when somebody asks.
func TestRefusedDeployments(t *testing.T) {
	for problem, f := range map[string]fault{
		store.CDKRejected:     {Kind: "status", Status: 400, Message: "connector name must start with your namespace"},
		store.CDKUnauthorized: {Kind: "401"},
		store.CDKForbidden:    {Kind: "403"},
		store.CDKNotFound:     {Kind: "status", Status: 404, Message: "no such connector"},
		store.CDKTooLarge:     {Kind: "status", Status: 413, Message: "too large"},
		store.CDKDeclined:     {Kind: "status", Status: 409, Message: "conflict"},
	} {
		t.Run(problem, func(t *testing.T) {
			t.Parallel()
			w := newCDKWorld(t)
			f.Operation, f.Times = "deploy", 1
			w.fault(f)
			r := w.deploy(w.upload("my-connector"), "us")
			w.settle()
			d := w.want(w.one(r), store.CDKRefused, problem)
			if d.EndedAt.IsZero() || d.HTTPStatus == 0 || d.Detail == "" || !strings.Contains(d.Detail, f.Message) {
				t.Errorf("got %+v", d)
			}
			w.wantTaken(0)
			w.wantCodes(r, "asked", "sending", "refused")
			w.ok(w.portal.RetryCDK(w.ctx, w.actor, d.ID))
			w.settle()
			if d = w.want(d, store.CDKDeployed, ""); d.Detail != "" || d.HTTPStatus != 0 {
				t.Errorf("what was wrong is still there: %+v", d)
			}
			w.wantTaken(1)
		})
	}
}

// A token that Tray does not know is found out before anything is sent.
func TestUnknownTokenSendsNothing(t *testing.T) {
	w := newCDKWorld(t)
	w.account("us", "us", strings.Repeat("x", 40), 0)
	posts := 0
	w.sent.watch(func(r *http.Request) {
		if r.Method == http.MethodPost {
			posts++
		}
	})
	r := w.deploy(w.upload("my-connector"), "us")
	w.want(w.one(r), store.CDKRefused, store.CDKUnauthorized)
	w.wantCodes(r, "asked", "refused")
	if posts > 0 {
		t.Error("the archive was sent")
	}
}

// Another API user's connector is not ours to deploy.
func TestForeignConnector(t *testing.T) {
	w := newCDKWorld(t)
	w.account("us", "us", w.sim.OtherToken("us"), 0)
	a := w.upload("my-connector")
	w.deploy(a, "us")
	w.settle()
	w.account("us", "us", w.sim.Token("us"), 0)
	r := w.deploy(a, "us")
	w.settle()
	w.want(w.one(r), store.CDKRefused, store.CDKForbidden)
	w.wantTaken(1)
}

// A token may be allowed to deploy and not to look: then it is sent, and an answer that is lost cannot be found again.
func TestTokenThatMayNotLook(t *testing.T) {
	w := newCDKWorld(t)
	w.fault(fault{Operation: "latest", Kind: "403"})
	first := w.deploy(w.upload("one-connector"), "us")
	w.want(w.one(first), store.CDKBuilding, "")
	w.fault(fault{Operation: "deploy", Kind: "lost", Times: 1})
	second := w.deploy(w.upload("another-connector"), "us")
	w.settle()
	d := w.want(w.one(second), store.CDKFailed, store.CDKLost)
	if d.LatestBefore != store.LatestUnknown || d.Tries != 1 {
		t.Errorf("got %+v", d)
	}
	w.wantTaken(2)
}

// Before anything is sent, what passes by itself is waited for, as long as Tray asks for; then it is given up, and nothing
// was deployed.
func TestLookingBeforeSending(t *testing.T) {
	for _, kind := range []string{"429", "500", "malformed", "html"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newCDKWorld(t)
			a := w.upload("my-connector")
			w.deploy(a, "us")
			w.settle()
			w.fault(fault{Operation: "latest", Kind: kind, Times: 1, RetryAfter: 90})
			problem, wait := store.CDKUnreachable, cdkLookSlowly
			if kind == "429" {
				problem, wait = store.CDKLimited, 90*time.Second
			}
			d := w.want(w.one(w.deploy(a, "us")), store.CDKQueued, problem)
			if waits := d.NotBefore.Sub(d.UpdatedAt.Time).Round(time.Second); waits != wait {
				t.Errorf("it waits %s, want %s", waits, wait)
			}
			w.wantTaken(1)
			w.settle()
			w.want(d, store.CDKDeployed, "")
		})
	}
	t.Run("for too long", func(t *testing.T) {
		t.Parallel()
		w := newCDKWorld(t)
		w.fault(fault{Operation: "latest", Kind: "429", RetryAfter: 300})
		r := w.deploy(w.upload("my-connector"), "us")
		w.settle()
		d := w.want(w.one(r), store.CDKRefused, store.CDKLimited)
		if waited := d.EndedAt.Sub(d.CreatedAt.Time); waited < cdkWaitFor || waited > cdkWaitFor+6*time.Minute {
			t.Errorf("it was waited for %s", waited)
		}
		w.wantTaken(0)
		w.wantCodes(r, "asked", "put_off", "refused")
	})
}

// 429 means that nothing was taken: it is sent when Tray wants it.
func TestLimitedDeploy(t *testing.T) {
	w := newCDKWorld(t)
	w.fault(fault{Operation: "deploy", Kind: "429", Times: 2, RetryAfter: 120})
	r := w.deploy(w.upload("my-connector"), "us")
	d := w.want(w.one(r), store.CDKQueued, store.CDKLimited)
	if waits := d.NotBefore.Sub(d.UpdatedAt.Time).Round(time.Second); d.Tries != 0 || waits != 2*time.Minute {
		t.Errorf("it waits %s after %d tries", waits, d.Tries)
	}
	w.settle()
	w.want(d, store.CDKDeployed, "")
	w.wantTaken(1)
	w.wantCodes(r, "asked", "sending", "put_off", "sending", "put_off", "sending", "accepted", "building", "deploying", "deployed")
}

// A lost answer is looked for; what has arrived is never sent again.
func TestLostAnswers(t *testing.T) {
	for _, kind := range []string{"lost", "malformed", "500_after"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newCDKWorld(t)
			w.deploy(w.upload("my-connector", "get_post"), "us")
			w.settle()
			w.fault(fault{Operation: "deploy", Kind: kind, Times: 1})
			r := w.deploy(w.upload("my-connector", "get_post", "list_posts"), "us")
			d := w.want(w.one(r), store.CDKSending, store.CDKUnreachable)
			if d.LatestBefore != w.there()[0].ID {
				t.Errorf("got %q as the newest before, want %q", d.LatestBefore, w.there()[0].ID)
			}
			w.settle()
			if d = w.want(d, store.CDKDeployed, ""); d.UpstreamID != w.there()[1].ID || d.Tries != 1 {
				t.Errorf("got %+v", d)
			}
			w.wantTaken(2)
			w.wantPaced()
			w.wantCodes(r, "asked", "sending", "unanswered", "found", "building", "deploying", "deployed")
		})
	}
}

// What has not arrived is sent again, but not before it can arrive no more.
func TestNotArrived(t *testing.T) {
	for _, kind := range []string{"500", "html"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newCDKWorld(t)
			w.fault(fault{Operation: "deploy", Kind: kind, Times: 1})
			r := w.deploy(w.upload("my-connector"), "us")
			d := w.want(w.one(r), store.CDKSending, store.CDKUnreachable)
			first := d.SentAt
			for d.Tries == 1 && d.State == store.CDKSending {
				d = w.next(d)
			}
			if waited := d.SentAt.Sub(first.Time); waited < cdkArrivesWithin || waited > cdkArrivesWithin+cdkLookSlowly {
				t.Errorf("it was sent again after %s, want %s", waited, cdkArrivesWithin)
			}
			w.settle()
			w.want(d, store.CDKDeployed, "")
			w.wantTaken(1)
			w.wantCodes(r, "asked", "sending", "unanswered", "sending", "accepted", "building", "deploying", "deployed")
		})
	}
}

// Three times in vain is enough. Looking again sends nothing; trying again does, once it is certain that none has arrived.
func TestLostForGood(t *testing.T) {
	t.Parallel()
	w := newCDKWorld(t)
	w.fault(fault{Operation: "deploy", Kind: "500", Times: 3})
	r := w.deploy(w.upload("my-connector"), "us")
	w.settle()
	d := w.want(w.one(r), store.CDKFailed, store.CDKLost)
	if d.Tries != cdkSends || !d.Unsure() || d.Detail != "Internal server error" {
		t.Errorf("got %+v", d)
	}
	w.ok(w.portal.WatchCDK(w.ctx, w.actor, d.ID))
	w.settle()
	w.want(d, store.CDKFailed, store.CDKLost)
	w.wantTaken(0)
	w.ok(w.portal.RetryCDK(w.ctx, w.actor, d.ID))
	w.settle()
	w.want(d, store.CDKDeployed, "")
	w.wantTaken(1)
}

// What arrives after everybody has given it up is found when somebody looks again, or tries again: it is not sent twice.
func TestFoundAfterAll(t *testing.T) {
	for name, act := range map[string]func(*cdkWorld, string) error{
		"look again": func(w *cdkWorld, id string) error { return w.portal.WatchCDK(w.ctx, w.actor, id) },
		"try again":  func(w *cdkWorld, id string) error { return w.portal.RetryCDK(w.ctx, w.actor, id) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newCDKWorld(t)
			w.fault(fault{Operation: "deploy", Kind: "lost", Times: 1})
			d := w.one(w.deploy(w.upload("my-connector"), "us"))
			w.fault(fault{Operation: "latest", Kind: "403"})
			w.settle()
			w.want(d, store.CDKFailed, store.CDKLost)
			w.control("DELETE", "/faults", nil, nil)
			w.ok(act(w, d.ID))
			w.settle()
			w.want(d, store.CDKDeployed, "")
			w.wantTaken(1)
		})
	}
}

// What another of ours has become meanwhile is not taken for ours.
func TestAnothersIsNotOurs(t *testing.T) {
	w := newCDKWorld(t)
	w.control("POST", "/plans", map[string]any{"times": 1, "phases": []any{phase("Failed", 0)}}, nil)
	first := w.want(w.one(w.deploy(w.upload("my-connector", "one"), "us")), store.CDKFailed, store.CDKBuildFailed)
	w.plan(phase("Deployed", 0))
	w.sent.holding(func(_ *http.Request, send func()) { // between the second one's look and its send
		send()
		w.sent.holding(nil)
		w.ok(w.portal.RetryCDK(w.ctx, w.actor, first.ID))
		w.fault(fault{Operation: "deploy", Kind: "500", Times: 1})
	})
	second := w.one(w.deploy(w.upload("my-connector", "two"), "us"))
	w.settle()
	first, second = w.want(first, store.CDKDeployed, ""), w.want(second, store.CDKDeployed, "")
	if there := w.there(); len(there) != 3 || first.UpstreamID != there[1].ID || second.UpstreamID != there[2].ID {
		t.Errorf("got %s and %s of %+v", first.UpstreamID, second.UpstreamID, there)
	}
}

// What is looked for again waits as long as another of the same connector is on its way.
func TestLookingAgainIsBusy(t *testing.T) {
	w := newCDKWorld(t)
	w.fault(fault{Operation: "deploy", Kind: "500", Times: 3})
	lost := w.one(w.deploy(w.upload("my-connector", "one"), "us"))
	w.settle()
	w.want(lost, store.CDKFailed, store.CDKLost)
	w.fault(fault{Operation: "deploy", Kind: "lost", Times: 1})
	other := w.one(w.deploy(w.upload("my-connector", "two"), "us"))
	w.want(other, store.CDKSending, store.CDKUnreachable)
	w.wantRefusal(w.portal.WatchCDK(w.ctx, w.actor, lost.ID), "cdk_busy")
	w.want(lost, store.CDKFailed, store.CDKLost)
	w.settle()
	w.want(other, store.CDKDeployed, "")
}

// A second try that is answered with the deployment of the first was the first's.
func TestRepeatOfOurOwn(t *testing.T) {
	w := newCDKWorld(t)
	w.plan(phase("Building", time.Hour), phase("Deployed", 0))
	w.fault(fault{Operation: "deploy", Kind: "lost", Times: 1})
	// Until the second try Tray does not tell of the first.
	w.fault(fault{Operation: "latest", Kind: "status", Status: 404, Message: "not there yet"})
	r := w.deploy(w.upload("my-connector"), "us")
	d := w.one(r)
	for d.Tries == 1 && d.State == store.CDKSending {
		d = w.next(d)
	}
	if d = w.want(d, store.CDKBuilding, ""); d.UpstreamID != w.there()[0].ID || len(w.there()[0].Repeats) != 1 {
		t.Errorf("got %+v of %+v", d, w.there())
	}
	w.wantTaken(1)
	w.wantCodes(r, "asked", "sending", "unanswered", "sending", "found", "building")
}

// A process that is killed while it sends leaves what the next one finds out, whether it has arrived or not. What the
// killed one would still write comes too late.
func TestKilledWhileSending(t *testing.T) {
	for name, arrives := range map[string]bool{"before it arrives": false, "before the answer": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newCDKWorld(t)
			killed, buried := make(chan struct{}), make(chan struct{})
			w.sent.holding(func(r *http.Request, send func()) {
				if r.Method != http.MethodPost || arrives {
					send()
				}
				if r.Method == http.MethodPost {
					close(killed)
					<-buried
				}
			})
			old, a := w.portal, w.upload("my-connector")
			ctx, leave := context.WithCancel(w.ctx)
			go func() { <-killed; leave() }()
			r, err := old.DeployArchive(ctx, w.actor, w.wish(a, "us"))
			w.ok(err)
			d := w.want(w.one(r), store.CDKSending, "")
			w.sent.holding(nil)
			w.restart()
			w.settle()
			close(buried)
			old.Close()
			w.want(d, store.CDKDeployed, "")
			w.wantTaken(1)
			w.wantPaced()
			want := []string{"asked", "sending", "found", "building", "deploying", "deployed"}
			if !arrives {
				want = []string{"asked", "sending", "sending", "accepted", "building", "deploying", "deployed"}
			}
			w.wantCodes(r, want...)
		})
	}
}

// A send that is under way when the portal ends is cut off, and looked for.
func TestSendEndsWithThePortal(t *testing.T) {
	w := newCDKWorld(t)
	ctx, cancel := w.portal.untilStopped(context.Background(), 0)
	defer cancel()
	if ctx.Err() != nil {
		t.Fatal("it has ended already")
	}
	w.portal.Close()
	<-ctx.Done()
}

// Our copy of an archive that cannot be read is said to be that; nothing is sent.
func TestUnreadableArchive(t *testing.T) {
	w := newCDKWorld(t)
	a := w.upload("my-connector")
	wrong := a
	wrong.Size += 1000
	_, err := io.ReadAll(io.NewSectionReader(ourCopy{w.portal.archiveAt(w.ctx, wrong)}, 0, wrong.Size))
	if !errors.Is(err, errArchive) {
		t.Errorf("got %v, want errArchive", err)
	}
}

// A database that cannot be read for a moment puts a send off; an archive that is not there any more ends it.
func TestArchiveThatCannotBeReadNow(t *testing.T) {
	w := newCDKWorld(t)
	for _, tt := range []struct {
		cause error
		state string
	}{{errors.New("the database is busy"), store.CDKQueued}, {store.ErrNotFound, store.CDKRefused}} {
		w.fault(fault{Operation: "deploy", Kind: "lost", Times: 1})
		d := w.one(w.deploy(w.upload("connector-"+tt.state), "us"))
		w.want(d, store.CDKSending, store.CDKUnreachable)
		w.clock.Advance(time.Minute)
		h, held, err := w.portal.holdCDK(w.ctx, d.ID)
		if w.ok(err); !held {
			t.Fatal("it cannot be held")
		}
		w.ok(w.portal.answeredCDK(w.ctx, h, traycdk.Deployment{}, &upstream.Error{
			Kind: upstream.Invalid, Err: fmt.Errorf("%w: %w: %w", upstream.ErrNotSent, errArchive, tt.cause),
		}))
		w.want(d, tt.state, store.CDKArchive)
	}
}

// Of the same connector one is sent at a time, in the order in which they were asked for: the newest at Tray cannot be
// mistaken for another's.
func TestOneAtATime(t *testing.T) {
	w := newCDKWorld(t)
	w.plan(phase("Deployed", 0))
	w.fault(fault{Operation: "deploy", Kind: "lost", Times: 1})
	first := w.one(w.deploy(w.upload("my-connector", "one"), "us"))
	second := w.one(w.deploy(w.upload("my-connector", "two"), "us"))
	third := w.one(w.deploy(w.upload("my-connector", "three"), "us"))
	elsewhere := w.one(w.deploy(w.upload("other-connector"), "us"))
	w.want(first, store.CDKSending, store.CDKUnreachable)
	w.want(second, store.CDKQueued, "")
	w.want(third, store.CDKQueued, "")
	w.want(elsewhere, store.CDKDeployed, "")
	for w.again(first).State == store.CDKSending {
		w.next(first)
	}
	w.want(w.next(third), store.CDKQueued, "") // the second comes first
	w.settle()
	var taken []string
	for _, d := range w.there() {
		if d.Name == "my-connector" {
			taken = append(taken, d.ID)
		}
	}
	want := []string{w.again(first).UpstreamID, w.again(second).UpstreamID, w.again(third).UpstreamID}
	if !slices.Equal(taken, want) {
		t.Errorf("Tray has taken %v, want %v", taken, want)
	}
}
