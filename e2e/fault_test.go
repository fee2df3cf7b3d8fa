package e2e

import (
	"strings"
	"testing"
	"time"
)

// faulty are the calls of the connect journey, each of which goes wrong in every way below.
var faulty = []string{
	"createExternalUser", "authorize", "createSolutionInstance", "authentications", "generateAuthorizationCode", "updateSolutionInstance",
}

// TestFaults lets each call of the connect journey go wrong once, and again and again. In the end there is one user and
// one instance, turned on.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"500", "429", "lost", "malformed", "latency"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t)
			for _, operation := range faulty {
				t.Run(operation, func(t *testing.T) {
					s := s.with(t)
					s.fault(operation, kind, 1)
					p := s.newcomer()
					p.persists("Notion notes", "notion")
					s.wantConnected(p, "notion")
					s.control("DELETE", "faults", nil)
				})
			}
		})
	}
	t.Run("every call, lost twice", func(t *testing.T) {
		t.Parallel()
		s := newSandbox(t)
		for _, operation := range faulty {
			s.fault(operation, "lost", 2)
		}
		p := s.newcomer()
		p.persists("Slack alerts for Salesforce deals", "two")
		s.wantConnected(p, "salesforce", "slack")
	})
	t.Run("enabled too early", func(t *testing.T) {
		t.Parallel()
		s := newSandbox(t)
		s.set("early_enable", "error")
		p := s.newcomer()
		p.begins("Exchange rates")
		p.isOn()
		s.wantConnected(p)
	})
	t.Run("refused for good", func(t *testing.T) {
		t.Parallel()
		s := newSandbox(t)
		s.fault("createSolutionInstance", "reject", 0)
		p := s.newcomer()
		p.finds("Exchange rates")
		p.press("Connect")
		p.comes("what is wrong", func() bool { return p.attention() != "" })
		p.sees("It could not be set up as it is", "This is ours to put right")
		s.control("DELETE", "faults", nil)
		p.press("Try again")
		p.isOn()
		s.wantConnected(p)
	})
}

// TestTrayDown is what people see and can do while Tray is silent.
func TestTrayDown(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	p := s.newcomer()
	p.begins("Notion notes")
	p.gives("Notes")
	p.isOn()
	other := s.newcomer()
	other.begins("HubSpot contacts")
	s.set("down", true)
	s.advance(20 * time.Minute)

	p.open(p.home.portal + "/integrations")
	p.sees("Notion notes", "Exchange rates")
	p.comes("the age of the catalogue", func() bool { return strings.Contains(p.text(), "this is the catalogue as of 2") })

	other.press("open") // only Tray can give a dialog
	if other.status != 502 {
		t.Errorf("opening a dialog: status %d", other.status)
	}
	other.sees("Tray is not answering as it should", "Try again")

	stranger := s.newcomer() // signing in never waits for Tray
	stranger.finds("Exchange rates")
	stranger.press("Connect")
	stranger.comes("what is wrong", func() bool { return strings.Contains(stranger.attention(), "is not answering") })

	p.follow("Notion notes")
	p.follow("Disconnect")
	p.press("Disconnect")
	p.sees("It is being disconnected")

	s.set("down", false)
	s.advance(6 * time.Minute) // beyond what is waited between two tries
	p.comes("it to be gone", func() bool { return p.doc.Find("[data-testid=mine]").Length() == 0 })
	if _, instances := s.atTray(p); len(instances) != 0 {
		t.Errorf("Tray still has %v", instances)
	}
	stranger.isOn()
	s.wantConnected(stranger)
	other.follow("Try again")
	other.gives("Contacts")
	other.isOn()
	s.wantConnected(other, "hubspot")
}
