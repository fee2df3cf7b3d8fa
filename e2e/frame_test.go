package e2e

import (
	"testing"
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
	b.sees("Integrations")
}

// TestFrame connects inside the sample host's page, which is another site, with cookies of third parties blocked.
func TestFrame(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	t.Run("with scripts", func(t *testing.T) {
		t.Parallel()
		s := s.with(t)
		b := newTab(t, withScripts)
		s.atHost(b, "Fay Frame", "fay@example.com")
		f := b.frame(s.portal + "/")
		f.click("HubSpot contacts")
		f.click("Connect")
		f.click("open")
		w := f.window(s.tray + "/external/")
		f.sees("the window that has opened")
		w.signInAtTray("Contacts of Fay")
		b.gone(s.tray + "/external/")
		f.isOn()
		f.sees("Contacts of Fay")
		b.picture("frame")
	})
	t.Run("without scripts", func(t *testing.T) {
		t.Parallel()
		s := s.with(t)
		b := newTab(t, noScripts)
		s.atHost(b, "Flo Frame", "flo@example.com")
		b.click("Open integrations")
		f := b.frame(s.portal + "/")
		f.click("HubSpot contacts")
		f.click("Connect")
		f.click("open")
		f.click("dialog") // the link that opens a tab
		w := f.window(s.tray + "/external/")
		w.signInAtTray("Contacts of Flo")
		w.sees("You are signed in to")
		w.close()
		f.click("check")
		f.isOn()
		f.sees("Contacts of Flo")
		b.picture("frame-no-scripts")
	})
}
