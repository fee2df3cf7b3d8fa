package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// point is a moment at which the program is killed: at a call to a platform, before or after that has done what it asks.
type point struct {
	operation string
	skip      int    // calls of the operation that pass before
	hold      string // hold_before or hold_after
}

func (p point) String() string {
	if p.hold == "" {
		return "in the pause before enabling"
	}
	return fmt.Sprintf("%s %s %d", p.hold, p.operation, p.skip+1)
}

// destined is a journey that is cut off on its way, and what it comes to all the same.
type destined struct {
	platform
	title    string
	services []string
	install  func(*testing.T, *sandbox, ...string) *installation
}

var (
	notes    = destined{trayPlatform{}, "Notion notes", []string{"notion"}, newInstallation}
	flavours = destined{piecesPlatform{}, "New flavours in Slack", []string{"gelato", "slack"}, newFlavours}
)

// newFlavours is an installation with an Activepieces, whose staff have predefined one connection of the two that the
// journey takes.
func newFlavours(t *testing.T, s *sandbox, env ...string) *installation {
	t.Helper()
	in := newPieces(t, s, env...)
	staff := in.publishes("New flavours in Slack")
	staff.predefines(in.portal, "Gelato", "value:apiKey", canaryValue, "value:storeId", "1042")
	return in
}

// crashLanes is how many installations are killed side by side, for each platform.
const crashLanes = 3

// TestCrash kills the portal at every call that connecting makes to Tray or Activepieces, and once in the pause before
// enabling. The person tries on as people do, and in the end there is one of everything, turned on.
func TestCrash(t *testing.T) {
	t.Parallel()
	for name, j := range map[string]destined{"Tray": notes, "Activepieces": flavours} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			points := crashPoints(t, j)
			for lane := range crashLanes {
				t.Run(fmt.Sprintf("lane %d", lane), func(t *testing.T) {
					t.Parallel()
					in := j.install(t, newSandbox(t))
					in.offers(in.newcomer())
					for n := lane; n < len(points); n += crashLanes {
						t.Run(points[n].String(), func(t *testing.T) {
							in := in.with(t)
							in.crash(cut{j, points[n]})
						})
					}
				})
			}
		})
	}
}

// crashPoints are the calls of a journey that nothing disturbs, each to be held twice; what only asks is held once.
func crashPoints(t *testing.T, j destined) []point {
	t.Helper()
	s := newSandbox(t)
	in := j.install(t, s)
	in.offers(in.newcomer())
	j.simulator(s).control("DELETE", "requests", nil)
	p := in.newcomer()
	p.begins(j.title)
	for p.power() == "" {
		j.gives(p, "Notes")
		p.comes("the check", func() bool { return !p.busy() })
	}
	p.isOn()
	j.wantConnected(s, p, j.services...)
	var points []point
	seen := map[string]int{}
	for _, r := range j.simulator(s).control("GET", "requests", nil).all() {
		o := r.text("operation")
		if r.text("token") == "" || o == "" || j.asides(r, seen[o]) {
			continue
		}
		points = append(points, point{o, seen[o], "hold_before"})
		if !asks(o) {
			points = append(points, point{o, seen[o], "hold_after"})
		}
		seen[o]++
	}
	if _, dialogs := j.platform.(trayPlatform); dialogs {
		wantCalls(t, seen, map[string]int{
			"createExternalUser": 1, "authorize": 1, "createSolutionInstance": 1, "authentications": 1, "generateAuthorizationCode": 1, "updateSolutionInstance": 2,
		})
		return append(points, point{operation: "pause"})
	}
	wantCalls(t, seen, map[string]int{
		"createProject": 1, "createFlow": 1, "upsertGlobalConnection": 1, "upsertConnection": 1, "IMPORT_FLOW": 1, "LOCK_AND_PUBLISH": 1, "CHANGE_STATUS": 1,
	})
	return points
}

// asks says whether an operation of Activepieces changes nothing, so that it does not matter on which side of it the
// program is killed.
func asks(operation string) bool {
	return strings.HasPrefix(operation, "list") || strings.HasPrefix(operation, "get")
}

// wantCalls fails unless a journey makes each of these calls at least so often.
func wantCalls(t *testing.T, seen, want map[string]int) {
	t.Helper()
	for o, n := range want {
		if seen[o] < n {
			t.Errorf("the journey calls %s %d times, want %d at least: %v", o, seen[o], n, seen)
		}
	}
}

// cut is a journey and where it is cut off.
type cut struct {
	destined
	point
}

// String implements fmt.Stringer.
func (c cut) String() string { return c.point.String() }

// crash has people connect something, each with the same SIGKILL on the way: it comes when all are where they are cut off.
func (in *installation) crash(cuts ...cut) {
	in.t.Helper()
	for _, c := range cuts {
		c.simulator(in.tray).arm(c.point)
	}
	var who []*person
	var trying sync.WaitGroup
	for _, c := range cuts {
		p := in.newcomer()
		p.open(in.portal + "/integrations")
		p.lenient = true // requests are cut off
		who = append(who, p)
		trying.Go(func() { p.persists(c.title, "again") })
	}
	in.killAt(cuts, who[0])
	trying.Wait()
	for n, c := range cuts {
		who[n].lenient = false
		who[n].reload()
		who[n].isOn()
		c.wantConnected(in.tray, who[n], c.services...)
	}
}

// arm lets a platform hold the call that is meant.
func (m simulator) arm(at point) {
	m.t.Helper()
	if at.hold == "" {
		return
	}
	if at.skip > 0 {
		m.control("POST", "faults", map[string]any{"operation": at.operation, "kind": "latency", "times": at.skip})
	}
	m.fault(at.operation, at.hold, 1)
}

// killAt waits for the moment, kills the portal and starts it again.
func (in *installation) killAt(cuts []cut, p *person) {
	in.t.Helper()
	held := map[simulator]int{}
	for _, c := range cuts {
		if c.hold != "" {
			held[c.simulator(in.tray)]++
		}
	}
	for m, n := range held {
		m.holds(n)
	}
	if len(held) == 0 {
		eventually(in.t, "the pause before enabling", func() string {
			for _, user := range in.tray.trayUsers(p.sub) {
				for _, i := range in.tray.trayInstances(user.text("id")) {
					if len(i.list("auth_values")) > 0 {
						return ""
					}
				}
			}
			return "nothing is attached yet"
		})
	}
	in.kill()
	for m := range held {
		m.control("POST", "release", map[string]any{"all": true})
		m.control("DELETE", "faults", nil)
	}
	in.begin()
}

// holds waits until so many calls are held.
func (m simulator) holds(want int) {
	m.t.Helper()
	eventually(m.t, fmt.Sprintf("%d calls to be held", want), func() string {
		n := 0
		for _, r := range m.control("GET", "requests", nil).all() {
			if strings.HasPrefix(r.text("fault"), "hold_") && !r.is("done") {
				n++
			}
		}
		if n != want {
			return fmt.Sprintf("%d are", n)
		}
		return ""
	})
}

// persists does what the page offers until the integration is on, as people do who do not give up: whatever is lost on
// the way is asked for again.
func (p *person) persists(title, service string) {
	p.t.Helper()
	signedIn := false
	deadline := time.Now().Add(2 * time.Minute)
	for p.power() != "true" || p.busy() {
		if time.Now().After(deadline) {
			p.t.Fatalf("%s is not connected: %s says:\n%s", title, p.url, p.text())
		}
		switch {
		case p.status == http.StatusOK && p.offers("Try again"):
			p.press("Try again")
		case p.status != http.StatusOK || p.busy() || p.held():
			p.back(title)
		case p.doc.Find("[data-testid=now] form[data-testid=credentials]").Length() > 0:
			p.enters(entered(service))
		case p.doc.Find("#check").Length() > 0 && signedIn:
			p.press("check")
		case p.doc.Find("#open").Length() > 0:
			signedIn = p.signsInSomehow(service) || signedIn
		case p.offers("Connect"):
			p.press("Connect")
		default:
			p.back(title)
		}
	}
}

// back finds the place again, from the catalogue.
func (p *person) back(title string) {
	p.t.Helper()
	time.Sleep(100 * time.Millisecond) // a person does not reload faster
	p.open(p.home.portal + "/integrations")
	if p.status == http.StatusOK && p.offers(title) {
		p.follow(title)
	}
}

// held says whether staff have to look first.
func (p *person) held() bool { return p.doc.Find("[data-testid=hold]").Length() > 0 }

// signsInSomehow opens the dialog and says whether it could be walked to its end.
func (p *person) signsInSomehow(name string) bool {
	p.t.Helper()
	at := p.url.String()
	p.press("open")
	walked := p.status == http.StatusOK && p.doc.Find("[data-testid=auth-continue]").Length() > 0
	if walked {
		p.signInAtTray(name)
	}
	p.open(at)
	return walked
}
