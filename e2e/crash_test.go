package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// point is a moment at which the program is killed: at a call to Tray, before or after Tray has done what it asks.
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

// crashLanes is how many installations are killed side by side.
const crashLanes = 3

// TestCrash kills the portal at every call to Tray that connecting makes, and once in the pause before enabling. The
// person tries on as people do, and in the end there is one user at Tray and one instance, turned on.
func TestCrash(t *testing.T) {
	t.Parallel()
	points := crashPoints(t)
	for lane := range crashLanes {
		t.Run(fmt.Sprintf("lane %d", lane), func(t *testing.T) {
			t.Parallel()
			in := newInstallation(t, newSandbox(t))
			in.offers(in.newcomer())
			for n := lane; n < len(points); n += crashLanes {
				t.Run(points[n].String(), func(t *testing.T) {
					in := in.with(t)
					in.crash(points[n])
				})
			}
		})
	}
}

// crashPoints are the calls of a journey that nothing disturbs, each to be held twice.
func crashPoints(t *testing.T) []point {
	t.Helper()
	s := newSandbox(t)
	in := newInstallation(t, s)
	in.offers(in.newcomer())
	s.control("DELETE", "requests", nil)
	p := in.newcomer()
	p.begins("Notion notes")
	p.gives("Notes")
	p.isOn()
	s.wantConnected(p, "notion")
	var points []point
	seen := map[string]int{}
	for _, r := range s.control("GET", "requests", nil).all() {
		o := r.text("operation")
		sweep := r.text("token") == "master" && (o == "solutions" || o == "solutionInstances")
		again := seen[o] > 0 && (o == "authorize" || o == "solutionInstances") || seen[o] > 1
		if r.text("token") == "" || o == "" || sweep || again {
			continue // dialogs, what the sweeps ask, and what is asked more often only when two are in a hurry
		}
		points = append(points, point{o, seen[o], "hold_before"}, point{o, seen[o], "hold_after"})
		seen[o]++
	}
	for _, o := range []string{"createExternalUser", "authorize", "createSolutionInstance", "authentications", "generateAuthorizationCode", "updateSolutionInstance"} {
		if seen[o] == 0 {
			t.Errorf("the journey makes no call to %s: %v", o, seen)
		}
	}
	if seen["updateSolutionInstance"] != 2 {
		t.Errorf("the journey updates its instance %d times, want 2: to attach and to enable", seen["updateSolutionInstance"])
	}
	return append(points, point{operation: "pause"})
}

// crash connects something, with one SIGKILL on the way.
func (in *installation) crash(at point) {
	in.t.Helper()
	in.arm(at)
	p := in.newcomer()
	p.open(in.portal + "/integrations")
	p.lenient = true // requests are cut off
	var killing sync.WaitGroup
	killing.Go(func() { in.killAt(at, p) })
	p.persists("Notion notes", "notion")
	killing.Wait()
	p.lenient = false
	p.reload()
	p.isOn()
	in.tray.wantConnected(p, "notion")
}

// arm lets Tray hold the call that is meant.
func (in *installation) arm(at point) {
	in.t.Helper()
	if at.hold == "" {
		return
	}
	if at.skip > 0 {
		in.tray.control("POST", "faults", map[string]any{"operation": at.operation, "kind": "latency", "times": at.skip})
	}
	in.tray.fault(at.operation, at.hold, 1)
}

// killAt waits for the moment, kills the portal and starts it again.
func (in *installation) killAt(at point, p *person) {
	if at.hold == "" {
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
	} else {
		eventually(in.t, "Tray to hold the call", func() string {
			answer, err := http.Get(in.tray.tray + "/_control/held?wait=2s")
			if err != nil {
				return err.Error()
			}
			answer.Body.Close() //nolint:errcheck // only its status is read
			return strings.TrimPrefix(answer.Status, "200 OK")
		})
	}
	in.kill()
	in.tray.control("POST", "release", map[string]any{"all": true})
	in.tray.control("DELETE", "faults", nil)
	in.begin()
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
		case p.status != http.StatusOK || p.busy() || p.held():
			p.back(title)
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
