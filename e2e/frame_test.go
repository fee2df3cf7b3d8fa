package e2e

import (
	"fmt"
	"testing"
	"time"
)

// atHost registers a person at the sample host and opens the page that embeds the portal.
func (s *sandbox) atHost(b *tab, name, email string) {
	b.t.Helper()
	b.open(s.host + "/register")
	b.fill("Your name", name)
	b.fill("Company", name+" Ltd")
	b.fill("E-mail", email)
	b.fill("Password", "northwind-"+email)
	b.click("Create the login")
	b.sees("Good to see you")
	b.click("Integrations")
	b.until(`location.pathname === "/integrations"`)
}

// embedded is the frame in the host's page that shows the portal.
func (s *sandbox) embedded(b *tab) *tab {
	b.t.Helper()
	return b.frame(s.portal + "/")
}

// begin connects an integration up to its first step.
func (b *tab) begin(title string) {
	b.t.Helper()
	b.click(title)
	b.click("Connect")
	b.until(`document.querySelector("#open")`)
}

// TestFrame connects inside the sample host's page, which is another site, with cookies of third parties blocked.
func TestFrame(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	for _, tt := range []struct {
		name string
		walk func(*testing.T, *sandbox)
	}{
		{"with scripts", frameWithScripts},
		{"without scripts", frameWithoutScripts},
		{"the popup is closed midway", frameClosed},
		{"grows with its content", frameGrows},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.walk(t, s.with(t))
		})
	}
}

func frameWithScripts(t *testing.T, s *sandbox) {
	b := newTab(t, withScripts)
	s.atHost(b, "Fay Frame", "fay@example.com")
	f := s.embedded(b)
	f.begin("Slack alerts for Salesforce deals")
	for _, name := range []string{"Deals of Fay", "Alerts of Fay"} {
		f.click("open")
		w := f.window(s.tray + "/external/")
		f.sees("the window that has opened")
		w.signInAtTray(name)
		b.gone(s.tray + "/external/")
		f.sees(name)
	}
	f.isOn()
	b.picture("frame")
	b.open(s.host + "/integrations") // the host's page again: a fresh token, and what is connected is there
	s.embedded(b).sees("Slack alerts for Salesforce deals", "On")
}

func frameWithoutScripts(t *testing.T, s *sandbox) {
	b := newTab(t, noScripts)
	s.atHost(b, "Flo Frame", "flo@example.com")
	b.click("Open integrations")
	f := s.embedded(b)
	f.begin("HubSpot contacts")
	f.click("open")
	f.click("dialog") // the link that opens a tab
	w := f.window(s.tray + "/external/")
	w.signInAtTray("Contacts of Flo")
	w.sees("You are signed in to")
	w.close()
	f.click("check")
	f.isOn()
	f.sees("Contacts of Flo")
	b.picture("frame-without-scripts")
}

func frameClosed(t *testing.T, s *sandbox) {
	b := newTab(t, withScripts)
	s.atHost(b, "Kim Close", "kim@example.com")
	f := s.embedded(b)
	f.begin("Notion notes")
	f.click("open")
	w := f.window(s.tray + "/external/")
	w.fill("Name your authentication", "Never")
	w.close()
	f.until(`!document.querySelector("[data-waiting]:not([hidden])")`)
	f.click("check") // although nothing was signed in to
	f.until(`document.querySelector("[data-testid=looked]")`)
	f.click("open")
	f.window(s.tray + "/external/").signInAtTray("Notes of Kim")
	f.isOn()
	f.sees("Notes of Kim")
}

func frameGrows(t *testing.T, s *sandbox) {
	b := newTab(t, withScripts)
	s.atHost(b, "Gro Grows", "gro@example.com")
	f := s.embedded(b)
	f.sees("Zendesk tickets")
	fits := `(() => { const f = document.querySelector("portico-portal iframe"); return f && f.title === "Integrations" && f.clientHeight; })()`
	whole := func() {
		t.Helper()
		eventually(t, "the frame to be as high as what it shows", func() string {
			outside, inside := ask[float64](b, fits), ask[float64](f, `document.body.getBoundingClientRect().height`)
			if diff := outside - inside; diff < -1 || diff > 1 {
				return fmt.Sprintf("the frame is %.0f px high, what it shows %.0f px", outside, inside)
			}
			return ""
		})
	}
	whole()
	f.click("Finance")
	f.until(`!document.body.innerText.includes("Zendesk tickets")`)
	whole()
	b.looks(400, "dark")
	whole()
	b.picture("frame-narrow-dark")
}

// TestFrameSession ends the session inside the frame: the element brings a fresh token, and the place is kept.
func TestFrameSession(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	b := newTab(t, withScripts)
	s.atHost(b, "Ses Sion", "ses@example.com")
	f := s.embedded(b)
	f.begin("Gmail follow-ups")
	at := ask[string](f, "location.pathname")
	s.advance(9 * time.Hour)
	f.do("reloading the frame", reload)
	f.until(`location.pathname === ` + quote(at) + ` && document.querySelector("#open")`)
	f.click("open")
	f.window(s.tray + "/external/").signInAtTray("Mail of Ses")
	f.isOn()
}
