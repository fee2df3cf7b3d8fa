package portal

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portico/store"
)

// cdkGame is a world in which anything may happen, and who was killed in it.
type cdkGame struct {
	*cdkWorld
	releases []store.Release
	buried   chan struct{} // closed when the killed may end
	dead     sync.WaitGroup
	late     []lateCall
}

// lateCall is a call of somebody who was killed, which is on its way still.
type lateCall struct {
	by     time.Time // it has arrived by then
	arrive func()
}

// Whatever people do, whatever breaks and whoever is killed in between: once nothing is broken any more every row says what
// the platform has, no wish was taken twice, and nothing was asked for more often than it may be.
func TestWhateverHappensDeploymentsAgree(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		g := &cdkGame{cdkWorld: newCDKWorld(t), buried: make(chan struct{})}
		for range rapid.IntRange(5, 25).Draw(r, "steps") {
			g.play(r)
		}
		g.control("DELETE", "/faults", nil, nil)
		g.wait(cdkArrivesWithin)
		g.restart()
		close(g.buried)
		g.dead.Wait()
		g.rest()
		for _, release := range g.releases {
			g.agrees(r, release)
		}
		g.wantPaced()
	})
}

// play makes one move; that it may be refused is part of the game.
func (g *cdkGame) play(r *rapid.T) {
	rows, err := g.rows()
	g.ok(err)
	move := rapid.SampledFrom([]string{"deploy", "deploy", "step", "step", "step", "wait", "wait", "fault", "fault", "plan", "kill", "kill", "restart", "care", "act", "act"}).Draw(r, "move")
	if len(rows) == 0 {
		move = "deploy"
	}
	switch move {
	case "deploy":
		g.release(r)
	case "step":
		g.step(rapid.SampledFrom(rows).Draw(r, "row"))
	case "wait":
		g.wait(time.Duration(rapid.IntRange(1, 70).Draw(r, "seconds")) * time.Second)
	case "fault":
		g.breaks(r)
	case "plan":
		g.plan(phase("Building", 20*time.Second), phase(rapid.SampledFrom([]string{"Deployed", "Failed"}).Draw(r, "end"), 0))
	case "kill":
		g.kill(rapid.SampledFrom(rows).Draw(r, "row"), rapid.SampledFrom([]string{"", "late", "at once"}).Draw(r, "it arrives"))
	case "restart":
		g.restart()
	case "care":
		g.ok(g.portal.careCDK(g.ctx))
	case "act":
		g.act(rapid.SampledFrom([]string{"retry", "yes", "no", "watch", "share"}).Draw(r, "act"), rapid.SampledFrom(rows).Draw(r, "row").ID)
	}
}

// breaks lets some calls to come go wrong. That a token may not look at all is not among it: then nobody can know.
func (g *cdkGame) breaks(r *rapid.T) {
	f := fault{
		Operation: rapid.SampledFrom([]string{"deploy", "deploy", "latest", "deployment", "share"}).Draw(r, "operation"),
		Kind:      rapid.SampledFrom([]string{"500", "500_after", "429", "lost", "malformed", "html", "403"}).Draw(r, "kind"),
		Times:     rapid.IntRange(1, 2).Draw(r, "times"),
	}
	if f.Operation != "latest" || f.Kind != "403" {
		g.fault(f)
	}
}

func (g *cdkGame) rows() ([]store.CDKDeployment, error) {
	var ids []string
	for _, r := range g.releases {
		ids = append(ids, r.ID)
	}
	return g.store.CDKDeploymentsOf(g.ctx, ids...)
}

// release deploys an archive of its own, so that the platform tells what it has taken.
func (g *cdkGame) release(r *rapid.T) {
	name := rapid.SampledFrom([]string{"one-connector", "two-connector"}).Draw(r, "name")
	regions := rapid.SampledFrom([][]string{{"us"}, {"us"}, {"us", "eu"}, {"us", "eu", "ap"}}).Draw(r, "regions")
	wish := g.wish(g.upload(name, fmt.Sprintf("operation_%d", len(g.releases))), regions...)
	wish.Emails = []string{"kim@acme.example"}
	made, err := g.portal.DeployArchive(g.ctx, g.actor, wish)
	g.ok(err)
	g.releases = append(g.releases, made)
}

func (g *cdkGame) act(what, id string) {
	switch what {
	case "retry":
		_ = g.portal.RetryCDK(g.ctx, g.actor, id)
	case "watch":
		_ = g.portal.WatchCDK(g.ctx, g.actor, id)
	case "share":
		_ = g.portal.ShareCDK(g.ctx, g.actor, id, []string{"a@x.example"})
	default:
		_ = g.portal.SendAfter(g.ctx, g.actor, id, what == "yes")
	}
}

// wait moves the clock; what is late arrives before that is too late.
func (g *cdkGame) wait(d time.Duration) {
	now := g.clock.Now()
	for len(g.late) > 0 && g.late[0].by.Before(now.Add(d)) {
		g.clock.Advance(max(g.late[0].by.Sub(g.clock.Now()), 0))
		g.late[0].arrive()
		g.late = g.late[1:]
	}
	g.clock.Advance(max(now.Add(d).Sub(g.clock.Now()), 0))
}

// kill lets a process do what is due for a row until its first call, and never come back from that. The call arrives at
// once, late, or never; only what is sent can be late.
func (g *cdkGame) kill(d store.CDKDeployment, arrives string) {
	called, arrive, arrived := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var once sync.Once
	late := false
	g.sent.holding(func(r *http.Request, send func()) {
		if arrives == "at once" {
			send()
		}
		once.Do(func() { late = arrives == "late" && r.Method == http.MethodPost; close(called) })
		if late {
			<-arrive
			send()
			close(arrived)
		}
		<-g.buried
	})
	old, ended := g.portal, make(chan struct{})
	g.dead.Go(func() {
		defer close(ended)
		_, _ = old.AdvanceCDK(g.ctx, d.ID)
	})
	select {
	case <-called:
		if late {
			g.late = append(g.late, lateCall{g.clock.Now().Add(cdkArrivesWithin - time.Minute), func() { close(arrive); <-arrived }})
		}
	case <-ended:
	}
	g.sent.holding(nil)
	g.restart()
}

// rest lets everything come to its end: what nobody waits for any more is looked at again.
func (g *cdkGame) rest() {
	for range 3 {
		g.clock.Advance(10 * time.Minute)
		g.settle()
		rows, err := g.rows()
		g.ok(err)
		for _, d := range rows {
			if d.WaitedOut || d.Unsure() {
				g.act("watch", d.ID)
			}
		}
	}
	g.settle()
}

// agrees compares the rows of a release with what the platform has of its archive.
func (g *cdkGame) agrees(r *rapid.T, release store.Release) {
	a, err := g.store.Archive(g.ctx, release.ArchiveID)
	g.ok(err)
	rows, err := g.store.CDKDeploymentsOf(g.ctx, release.ID)
	g.ok(err)
	for _, d := range rows {
		var taken []theirDeployment
		for _, there := range g.there() {
			if there.Region == d.Region && there.SHA256 == a.SHA256 {
				taken = append(taken, there)
			}
		}
		told, twice := g.told(d)
		if told != len(taken) || twice {
			r.Fatalf("%s in %s was taken %d times, and %d times we know of it; twice for one wish: %v\n%v", d.Name, d.Region, len(taken), told, twice, g.codes(release))
		}
		if problem := disagrees(d, taken); problem != "" {
			r.Fatalf("%s in %s is %s (%s): %s\n%v\n%+v", d.Name, d.Region, d.State, d.Problem, problem, g.codes(release), taken)
		}
	}
}

// disagrees says in what a row is not what the platform has of it.
func disagrees(d store.CDKDeployment, taken []theirDeployment) string {
	newest := theirDeployment{}
	if len(taken) > 0 {
		newest = taken[len(taken)-1]
	}
	switch {
	case d.UnderWay() || d.WaitedOut:
		return "it does not come to rest"
	case d.State == store.CDKDeployed || d.State == store.CDKFailed && d.Problem == store.CDKBuildFailed:
		if newest.ID != d.UpstreamID || newest.Status != d.UpstreamStatus {
			return "the platform has " + newest.Status + " as " + newest.ID + ", not " + d.UpstreamID
		}
	case d.State == store.CDKFailed && d.Problem != store.CDKLost:
		return "that is no end"
	}
	return ""
}

// told counts how often we know that a row was taken, and says whether that was twice for one wish.
func (g *cdkGame) told(d store.CDKDeployment) (taken int, twice bool) {
	events, err := g.store.Events(g.ctx, "release", d.ReleaseID, "", 1000)
	g.ok(err)
	since := 0
	for n := len(events) - 1; n >= 0; n-- {
		e := events[n]
		if e.Args["deployment"] != d.ID {
			continue
		}
		switch strings.TrimPrefix(e.Code, "cdk.") {
		case "asked", "retried":
			since = 0
		case "accepted", "found":
			taken++
			since++
			twice = twice || since > 1
		}
	}
	return taken, twice
}
