package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestWindow is the journey at the top level, in Chromium.
func TestWindow(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	for _, tt := range []struct {
		name string
		walk func(*testing.T, *sandbox)
	}{
		{"without scripts", tabWithoutScripts},
		{"with scripts", tabWithScripts},
		{"in the same tab", tabSameTab},
		{"by keyboard alone", tabByKeyboard},
		{"the popup is blocked", tabBlocked},
		{"cancelled in the popup", tabCancelled},
		{"the back button", tabBack},
		{"a double click on Connect", tabDoubleClick},
		{"finished in two tabs", tabTwice},
		{"the wizard", tabWizard},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.walk(t, s.with(t))
		})
	}
}

// enter opens the portal in a tab, as a person whom it has never seen; what Tray holds of them is asked for by person.
func (s *sandbox) enter(b *tab) *person {
	b.t.Helper()
	p := &person{browser: newBrowser(b.t), home: s.site, sub: fmt.Sprintf("tab-%d", people.Add(1))}
	b.open(s.invite(claims{"sub": p.sub, "name": "Tab " + p.sub, "workspace": map[string]any{"id": "of-" + p.sub, "name": "Tabs Ltd"}}))
	b.sees("Integrations")
	return p
}

func tabWithoutScripts(t *testing.T, s *sandbox) {
	b := newTab(t, noScripts)
	p := s.enter(b)
	b.begin("HubSpot contacts")
	at := ask[string](b, "location.href")
	b.click("open")
	b.signInAtTray("Contacts")
	b.sees("You are signed in to")
	b.open(at)
	b.click("check")
	b.isOn() // by itself: the page asks to be loaded again
	s.wantConnected(p, "hubspot")
}

func tabWithScripts(t *testing.T, s *sandbox) {
	b := newTab(t, withScripts)
	p := s.enter(b)
	b.begin("HubSpot contacts")
	b.click("open")
	b.window(s.tray + "/external/").signInAtTray("Contacts")
	b.isOn()
	b.gone(s.tray + "/external/")
	s.wantConnected(p, "hubspot")
}

func tabSameTab(t *testing.T, s *sandbox) {
	b := newTab(t, withScripts)
	p := s.enter(b)
	b.begin("HubSpot contacts")
	at := ask[string](b, "location.href")
	b.click("Use this tab instead")
	b.signInAtTray("Contacts")
	b.sees("You are signed in to")
	b.open(at)
	b.click("check")
	b.isOn()
	s.wantConnected(p, "hubspot")
}

// tabTo presses the tabulator until the focus is on what has that name, or an element that matches.
func (b *tab) tabTo(name string) {
	b.t.Helper()
	focused := `(() => { const e = document.activeElement; return !!e && e !== document.body && e.matches(":focus-visible") && (` +
		`e.id === ` + quote(name) + ` || e.dataset.testid === ` + quote(name) + ` || (e.innerText || "").trim().startsWith(` + quote(name) + `)); })()`
	for range 60 {
		if ask[bool](b, focused) {
			return
		}
		b.keys(kb.Tab)
	}
	b.t.Fatalf("the keyboard does not reach %s: %s", name, b.text())
}

func tabByKeyboard(t *testing.T, s *sandbox) {
	b := newTab(t, withScripts)
	p := s.enter(b)
	b.keys(kb.Tab)
	if got := ask[string](b, `document.activeElement.innerText`); got != "Skip to the content" {
		t.Errorf("the first stop of the keyboard is %q", got)
	}
	b.tabTo("HubSpot contacts")
	b.keys(kb.Enter)
	b.until(`document.readyState === "complete" && location.pathname.startsWith("/integrations/")`)
	b.tabTo("Connect")
	b.keys(kb.Enter)
	b.until(`document.readyState === "complete" && document.querySelector("#open")`)
	b.tabTo("open")
	b.keys(kb.Enter)
	w := b.window(s.tray + "/external/")
	w.until(`document.readyState === "complete" && document.querySelector("#name")`)
	w.tabTo("auth-continue")
	w.keys(kb.Enter)
	w.until(`document.readyState === "complete" && document.querySelector("#email")`)
	w.tabTo("email")
	w.keys("ada@example.com")
	w.tabTo("password")
	w.keys(canaryPassword + kb.Enter)
	b.isOn()
	b.tabTo("power")
	b.keys(" ")
	b.until(`document.querySelector("#power[aria-checked=false]") && !document.querySelector("[data-testid=progress]")`)
	if s.one(p).is("enabled") {
		t.Error("it is still enabled at Tray")
	}
}

func tabBlocked(t *testing.T, s *sandbox) {
	b := newTab(t, withScripts)
	p := s.enter(b)
	b.begin("HubSpot contacts")
	b.until(`document.readyState === "complete"`)
	ask[bool](b, `(open = () => null, document.querySelector("#open").click(), true)`)
	b.sees("Your browser has blocked the window")
	b.click("Sign in to HubSpot") // the first of that name still opens nothing
	b.until(`document.querySelector("[data-blocked] a[href*=external]")`)
	ask[bool](b, `(document.querySelector("[data-blocked] a").id = "link", true)`)
	b.click("link")
	w := b.window(s.tray + "/external/")
	w.signInAtTray("Contacts")
	w.sees("You are signed in to")
	w.close()
	b.do("coming back", reload)
	b.click("check")
	b.isOn()
	s.wantConnected(p, "hubspot")
}

func tabCancelled(t *testing.T, s *sandbox) {
	b := newTab(t, withScripts)
	p := s.enter(b)
	b.begin("HubSpot contacts")
	b.click("open")
	b.window(s.tray + "/external/").click("auth-cancel")
	b.gone(s.tray + "/external/")
	b.until(`document.querySelector("#open") && !document.querySelector("[data-waiting]:not([hidden])")`)
	b.click("open")
	b.window(s.tray + "/external/").signInAtTray("Contacts")
	b.isOn()
	s.wantConnected(p, "hubspot")
}

func tabBack(t *testing.T, s *sandbox) {
	b := newTab(t, withScripts)
	p := s.enter(b)
	b.begin("HubSpot contacts")
	at := ask[string](b, "location.href")
	b.do("going back", back)
	b.until(`location.href !== ` + quote(at) + ` && document.readyState === "complete"`)
	b.click("Connect") // once more
	b.until(`location.href === ` + quote(at))
	b.click("Use this tab instead")
	b.sees("Name your authentication")
	b.do("going back from the dialog", back)
	b.until(`location.href === ` + quote(at) + ` && document.readyState === "complete"`)
	b.click("open")
	b.window(s.tray + "/external/").signInAtTray("Contacts")
	b.isOn()
	s.wantConnected(p, "hubspot")
}

func tabDoubleClick(t *testing.T, s *sandbox) {
	b := newTab(t, withScripts)
	p := s.enter(b)
	b.click("HubSpot contacts")
	b.clicks("Connect", 2)
	b.until(`document.querySelector("#open")`)
	b.click("open")
	b.window(s.tray + "/external/").signInAtTray("Contacts")
	b.isOn()
	s.wantConnected(p, "hubspot")
}

func tabTwice(t *testing.T, s *sandbox) {
	b := newTab(t, withScripts)
	p := s.enter(b)
	b.begin("HubSpot contacts")
	c := b.another()
	c.open(ask[string](b, "location.href"))
	b.click("open")
	w := b.window(s.tray + "/external/")
	c.click("open")
	eventually(t, "a second dialog", func() string {
		if len(b.targets("page", s.tray+"/external/")) < 2 {
			return "there is one"
		}
		return ""
	})
	w.signInAtTray("Contacts of the first")
	b.isOn()
	c.window(s.tray + "/external/").signInAtTray("Contacts of the second")
	c.isOn()
	s.wantConnected(p, "hubspot")
}

func tabWizard(t *testing.T, s *sandbox) {
	b := newTab(t, withScripts)
	p := s.enter(b)
	b.begin("Google Sheets export")
	b.click("open")
	w := b.window(s.tray + "/external/")
	w.click("wizard-next")
	w.fill("E-mail", "ada@example.com")
	w.fill("Password", canaryPassword)
	w.click("auth-allow")
	w.fill("Name of the sheet", "orders")
	w.click("wizard-next")
	b.isOn()
	b.gone(s.tray + "/external/")
	if got := s.wantConnected(p, "google_sheets").list("config_values"); len(got) == 0 || got[0].text("value") != `"orders"` {
		t.Errorf("Tray stores %v", got)
	}
}
