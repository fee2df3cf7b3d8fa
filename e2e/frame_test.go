package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
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
				return strings.TrimSpace(time.Duration(diff).String())
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

// TestTab is the journey at the top level, in Chromium.
func TestTab(t *testing.T) {
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
	p := &person{browser: newBrowser(b.t), home: s.site}
	n := people.Add(1)
	p.sub = "tab-" + strings.Repeat("i", int(n%7)) + time.Now().Format("150405.000000")
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
