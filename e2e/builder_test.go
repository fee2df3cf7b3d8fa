package e2e

import (
	"strings"
	"testing"
)

// TestBuilder opens what Activepieces shows itself, in Chromium: its builder, and the window in which a person signs in.
func TestBuilder(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	t.Run("at once", func(t *testing.T) {
		for name, walk := range map[string]func(*testing.T, *sandbox){
			"a flow is made": builderMakes, "in the host's page": builderInFrame, "without scripts": builderWithoutScripts,
			"a sign-in": oauthFinished, "a sign-in in the host's page": oauthInFrame, "a sign-in that a frame made up": oauthForged,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				walk(t, s.with(t))
			})
		}
	})
	t.Run("the builder is not licensed", func(t *testing.T) { builderRefused(t, s.with(t)) })
}

// builder is the frame of Activepieces within a page of the portal.
func (s *sandbox) builder(b *tab) *tab {
	b.t.Helper()
	return b.frame(s.pieces.url + "/embed")
}

// reloads loads the page again, until it has its frame anew: the one before is gone by then.
func (b *tab) reloads() {
	b.t.Helper()
	ask[bool](b, `(window.before = true)`)
	b.do("reloading", reload)
	b.until(`!window.before && document.querySelector("#builder iframe")`)
}

func builderMakes(t *testing.T, s *sandbox) {
	b := newTab(t, withScripts)
	s.enter(b)
	b.click("Automations")
	b.click("Open the builder")
	f := s.builder(b)
	b.until(`location.pathname === "/automations/builder/flows"`)
	f.click("ap-new-flow")
	b.until(`/^\/automations\/builder\/flows\/[0-9A-Za-z]{21}$/.test(location.pathname)`)
	at := ask[string](b, "location.href")
	f.click("ap-webhook")
	f.until(`document.querySelector("[data-testid=ap-publish]:not(:disabled)")`)
	f.click("ap-publish")
	f.until(`document.body.innerText.includes("ENABLED")`)
	b.accessible("builder")
	b.reloads()
	f = s.builder(b)
	f.until(`document.body.innerText.includes("ENABLED")`)
	b.until("location.href === " + quote(at))
	f.click("ap-home")
	b.until(`location.pathname === "/automations/builder/flows"`)
	b.do("going back", back)
	b.until("location.href === " + quote(at))
	f.until(`document.body.innerText.includes("ENABLED")`)
	b.open(s.portal + "/automations")
	b.sees("Untitled", "Made in the builder")
	b.accessible("automations")
}

func builderInFrame(t *testing.T, s *sandbox) {
	b := newTab(t, withScripts)
	s.atHost(b, "Bo Builder", "bo@example.com")
	f := s.embedded(b)
	f.click("Automations")
	f.click("Open the builder")
	inner := s.builder(b)
	inner.click("ap-new-flow")
	inner.click("ap-webhook")
	inner.until(`document.querySelector("[data-testid=ap-publish]")`)
	b.picture("builder-in-frame")
}

func builderWithoutScripts(t *testing.T, s *sandbox) {
	b := newTab(t, noScripts)
	s.enter(b)
	b.open(s.portal + "/automations/builder")
	b.sees("The builder needs JavaScript", "Everything else in the portal works without it")
	b.open(s.portal + "/automations")
	b.sees("There are no automations yet")
}

// toSlack connects what needs Gelato and Slack, up to the page that opens Slack's window.
func (s *sandbox) toSlack(b *tab) {
	b.t.Helper()
	b.click("New flavours in Slack")
	b.click("Connect")
	b.fill("API key", canaryValue)
	b.fill("Store ID", "1042")
	b.click("Connect Gelato")
	b.click("open")
	b.until(`document.querySelector("[data-part=ready]:not([hidden])")`)
}

// consents walks the window of Activepieces and that of the third party.
func (s *sandbox) consents(b *tab) {
	b.t.Helper()
	w := b.window(s.pieces.url + "/embed")
	w.click("ap-connect-save")
	c := w.window(s.pieces.url + "/consent")
	c.fill("E-mail", "ada@example.com")
	c.fill("Password", canaryPassword)
	c.click("consent-allow")
}

func oauthFinished(t *testing.T, s *sandbox) {
	b := newTab(t, withScripts)
	p := s.enter(b)
	s.toSlack(b)
	b.accessible("connect-dialog")
	b.clickOpen()
	w := b.window(s.pieces.url + "/embed")
	w.click("ap-connect-cancel")
	b.gone(s.pieces.url + "/embed")
	b.sees("New flavours in Slack", "Sign in to Slack")
	b.click("open")
	b.clickOpen()
	s.consents(b)
	b.isOn()
	p.workspace = "of-" + p.sub
	p.open(s.invite(claims{"sub": p.sub, "workspace": map[string]any{"id": p.workspace}}))
	p.follow("New flavours in Slack")
	piecesPlatform{}.wantConnected(s, p, "gelato", "slack")
}

// clickOpen clicks on the button that opens the window.
func (b *tab) clickOpen() {
	b.t.Helper()
	b.until(`document.querySelector("[data-part=ready]:not([hidden])")`)
	ask[bool](b, `(document.querySelector("[data-part=ready] [data-open]").id = "opener", true)`)
	b.click("opener")
}

func oauthInFrame(t *testing.T, s *sandbox) {
	b := newTab(t, withScripts)
	s.atHost(b, "Oa Frame", "oa@example.com")
	f := s.embedded(b)
	s.toSlack(f)
	f.clickOpen()
	s.consents(f)
	f.isOn()
}

// oauthForged lets another frame of the page say that the sign-in is finished: the server asks Activepieces and finds none.
func oauthForged(t *testing.T, s *sandbox) {
	b := newTab(t, withScripts)
	p := s.enter(b)
	s.toSlack(b)
	b.clickOpen()
	w := b.window(s.pieces.url + "/embed")
	w.until(`document.querySelector("[data-testid=ap-connect-save]")`)
	ask[bool](b, `(postMessage({type: "CLIENT_NEW_CONNECTION_DIALOG_CLOSED", data: {connection: {id: "forged", name: "forged"}}}, "*"), true)`)
	b.until(`!location.pathname.endsWith("/dialog")`)
	for _, c := range s.connections(s.project("of-" + p.sub).text("id")) {
		if strings.HasSuffix(c.text("piece"), "slack") {
			t.Errorf("there is a connection to Slack: %v", c.value)
		}
	}
	b.open(s.portal + "/integrations")
	b.click("New flavours in Slack")
	b.sees("Sign in to Slack")
}

// builderRefused takes the licence away: people read what it means for them, and no number.
func builderRefused(t *testing.T, s *sandbox) {
	s.pieces.set("licensed", false)
	b := newTab(t, withScripts)
	s.enter(b)
	b.open(s.portal + "/automations/builder")
	b.until(`document.querySelector("[data-part=refused]:not([hidden])")`)
	b.sees("The builder is not part of what those who run this portal have ordered")
	b.accessible("builder-refused")
	s.pieces.set("licensed", true)
	b.reloads()
	s.builder(b).until(`document.querySelector("[data-testid=ap-new-flow]")`)
}
