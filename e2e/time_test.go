package e2e

import (
	"strings"
	"testing"
	"time"
)

// TestTime moves the clock of portal and Tray.
func TestTime(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	p := s.newcomer()
	p.begins("Intercom conversations")

	t.Run("a dialog's code runs out", func(t *testing.T) {
		p, s := p.with(t), s.with(t)
		at := p.url.String()
		code := p.dialogAddress()
		s.advance(6 * time.Minute)
		stranger := newBrowser(t)
		stranger.open(code)
		stranger.sees("has expired")
		p.open(at)
		p.gives("Chats")
		p.isOn()
		s.wantConnected(p, "intercom")
	})
	t.Run("sessions end after 8 hours without a visit", func(t *testing.T) {
		p, s := p.with(t), s.with(t)
		at := p.url.String()
		for range 2 {
			s.advance(5 * time.Hour)
			if p.open(at); p.status != 200 {
				t.Fatalf("after five hours: status %d", p.status)
			}
		}
		s.advance(8*time.Hour + time.Minute)
		if p.open(at); p.status != 401 || p.doc.Find("[data-expired]").Length() != 1 {
			t.Fatalf("after eight hours: status %d, %s", p.status, p.text())
		}
		p.sees("Your session has ended")
		p.comesBack()
		p.open(at)
		p.isOn()
	})
	t.Run("sessions end after 24 hours in all", func(t *testing.T) {
		p, s := p.with(t), s.with(t)
		at := p.url.String()
		for hours := 0; hours < 24; hours += 6 {
			if p.open(at); p.status != 200 {
				t.Fatalf("after %d hours: status %d", hours, p.status)
			}
			s.advance(6*time.Hour + time.Second)
		}
		if p.open(at); p.status != 401 {
			t.Errorf("after 24 hours: status %d", p.status)
		}
		p.comesBack()
		p.open(at)
	})
	t.Run("tokens at Tray are renewed", func(t *testing.T) {
		p, s := p.with(t), s.with(t)
		at := p.url.String()
		s.advance(49 * time.Hour)
		p.comesBack()
		p.open(at)
		p.press("power")
		p.comes("it to be off", func() bool { return p.power() == "false" && !p.busy() })
		user, _ := s.atTray(p)
		s.control("POST", "users/"+user.text("id")+"/revoke", nil) // before their time
		p.press("power")
		p.isOn()
		s.wantConnected(p, "intercom")
	})
	t.Run("a sign-in that is removed at Tray is marked", func(t *testing.T) {
		p, s := p.with(t), s.with(t)
		s.control("POST", "authentications/"+s.one(p).list("auth_values")[0].text("value")+"/remove", nil)
		s.advance(7 * time.Hour)
		p.comes("the mark", func() bool { return strings.Contains(p.attention(), "a sign-in that it needs") })
		p.open(p.home.portal + "/integrations")
		p.follow("Put it right")
		p.press("Sign in to Intercom again")
		p.comes("the step to sign in", func() bool { return p.doc.Find("#open").Length() == 1 })
		p.gives("Chats again")
		p.isOn()
		p.sees("Chats again")
		s.wantConnected(p, "intercom")
	})
	t.Run("an address to sign in is good for a minute", func(t *testing.T) {
		s := s.with(t)
		address := s.invite(claims{"sub": "late", "name": "Lea Late"})
		s.advance(61 * time.Second)
		b := newBrowser(t)
		if b.open(address); b.status != 401 {
			t.Errorf("after 61 seconds: status %d, %s", b.status, b.text())
		}
	})
}

// with is the same person, at the same place, for a subtest.
func (p *person) with(t *testing.T) *person {
	b := *p.browser
	b.t = t
	home := p.home
	home.t = t
	return &person{browser: &b, home: home, sub: p.sub, name: p.name, workspace: p.workspace}
}

// comesBack signs a newcomer in again.
func (p *person) comesBack() {
	p.t.Helper()
	p.open(p.home.invite(claims{
		"sub": p.sub, "name": p.name, "role": "admin",
		"workspace": map[string]any{"id": strings.Replace(p.sub, "person", "customer", 1)},
	}))
}

// dialogAddress asks for a dialog as the script does, and does not open it.
func (p *person) dialogAddress() string {
	p.t.Helper()
	form := p.doc.Find("#open").Closest("form")
	answer := p.fetch("POST", form.AttrOr("action", ""), p.values(form))
	if answer.text("url") == "" {
		p.t.Fatalf("no dialog: %v", answer.value)
	}
	return answer.text("url")
}
