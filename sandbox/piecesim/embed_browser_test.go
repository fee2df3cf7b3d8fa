package piecesim

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/golang-jwt/jwt/v5"
)

func TestSDK(t *testing.T) {
	m := startEmbed(t, Options{})
	host, site := embedBrowser(t, m)
	step := func(name string, f func(host *tab, token string)) {
		t.Run(name, func(t *testing.T) {
			m := &embedSim{t, m.s, m.url, m.admin}
			ctx, cancel := chromedp.NewContext(host.ctx)
			t.Cleanup(cancel)
			b := &tab{t, ctx}
			b.do(chromedp.Navigate(site))
			f(b, m.sign(m.claims(nil)))
		})
	}
	step("not framed where the origin is not allowed", func(b *tab, token string) {
		b.run(`document.addEventListener("load", (e) => { if (e.target.tagName === "IFRAME") heard.push("loaded"); }, true); configure(` + quoted(token) + `, { containerId: "builder" })`)
		b.until(`heard.length > 0`)
		b.want(`heard.join()`, "loaded")
		b.want(`configured`, "waiting")
	})
	m.ask("POST", "/api/v1/embed-subdomain/allowed-embed-origins", m.s.APIKey(), object{"allowedEmbedOrigins": []string{site}}, 200)
	step("builder", func(b *tab, token string) { builderJourney(b, token) })
	step("builder as the host wants it", func(b *tab, token string) {
		b.run(`configure(` + quoted(token) + `, { containerId: "builder", styling: { mode: "dark" }, dashboard: { hideSidebar: true },
			builder: { homeButtonIcon: "back", homeButtonClickedHandler: ({ route }) => routes.push("home " + route) } })`)
		b.until(`routes.length > 0`)
		f := b.frame()
		f.do(chromedp.Click(byTest("ap-new-flow")), chromedp.WaitVisible(byTest("ap-home")))
		f.want(`document.documentElement.dataset.mode + document.querySelectorAll("nav").length`, "dark0")
		f.want(`document.querySelector("[data-testid=ap-home]").textContent`, "Back")
		f.do(chromedp.Click(byTest("ap-home")))
		b.until(`routes.at(-1) === "home /automations/flows"`)
	})
	step("expired token", func(b *tab, _ string) {
		b.run(`configure(` + quoted(m.sign(m.claims(jwt.MapClaims{"exp": 1}))) + `, { containerId: "builder" })`)
		b.until(`thrown.length > 0`)
		b.want(`configured`, "waiting")
		b.want(`heard.join()`, "CLIENT_INIT,CLIENT_AUTHENTICATION_FAILED")
	})
	step("request", func(b *tab, token string) {
		b.run(`configure(` + quoted(token) + `); var asked = {}; activepieces.request({ path: "/flows", method: "GET", queryParams: { projectId: "x" } }).then((v) => { asked = v; })`)
		b.until(`asked.code !== undefined`)
		b.want(`configured`, `{"status":"success"}`)
		b.want(`asked.code`, "ENTITY_NOT_FOUND")
	})
	step("connect", func(b *tab, token string) { connectJourney(m, b, token) })
	step("connect with what a piece asks for", func(b *tab, token string) { formJourney(m, b, token) })
	step("connect by consent in windows", func(b *tab, token string) { consentJourney(m, b, token) })
}

func builderJourney(b *tab, token string) {
	b.t.Helper()
	b.run(`configure(` + quoted(token) + `, { containerId: "builder" })`)
	b.until(`configured !== "waiting" && routes.length > 0`)
	b.want(`configured`, `{"status":"success"}`)
	b.want(`heard.join()`, "CLIENT_INIT,CLIENT_AUTHENTICATION_SUCCESS,CLIENT_CONFIGURATION_FINISHED,CLIENT_ROUTE_CHANGED")
	b.want(`routes.join()`, "/automations/flows")

	f := b.frame()
	f.do(chromedp.Click(byTest("ap-new-flow")), chromedp.Click(byTest("ap-webhook")),
		chromedp.WaitNotPresent(byTest("ap-webhook")), chromedp.Click(byTest("ap-publish")), chromedp.WaitVisible(byTest("ap-toggle")))
	if got := f.text("ap-flow-status"); got != "ENABLED, LOCKED" {
		b.t.Errorf("after publishing the flow is %q", got)
	}
	b.until(`/^\/automations\/flows\/[0-9a-zA-Z]{21}$/.test(routes.at(-1))`)
	b.run(`var flow = activepieces.extractActivepiecesRouteFromUrl({ vendorUrl: location.origin + routes.at(-1) })`)
	b.run(`activepieces.navigate({ route: "connections" })`)
	b.until(`routes.at(-1) === "/automations/connections"`)
	f.do(chromedp.WaitVisible(byTest("ap-page-connections")))
	b.run(`activepieces.navigate({ route: flow })`)
	f.do(chromedp.Click(byTest("ap-toggle")))
	f.until(`document.querySelector("[data-testid=ap-flow-status]")?.textContent === "DISABLED, LOCKED"`)
	f.do(chromedp.Click(byTest("ap-home")), chromedp.WaitVisible(byTest("ap-flow")), chromedp.Click(byTest("ap-nav-runs")), chromedp.WaitVisible(byTest("ap-empty")))
	b.until(`routes.at(-1) === "/automations/runs"`)
}

func connectJourney(m *embedSim, b *tab, token string) {
	b.t.Helper()
	b.run(`configure(` + quoted(token) + `)`)
	const shown = `heard.includes("CLIENT_SHOW_CONNECTION_IFRAME") && document.querySelector("iframe")?.style.visibility === "visible"`
	open := func(what object) *tab {
		b.run(`heard.length = 0; connect(` + quoted(what) + `)`)
		b.until(shown)
		return b.frame()
	}
	stripe := "@activepieces/piece-stripe"

	d := open(object{"pieceName": stripe, "connectionName": "stripe_1"})
	d.do(chromedp.SetValue(byTest("ap-auth-secret_text"), "nonsense"), chromedp.Click(byTest("ap-connect-save")))
	if got := d.text("ap-error"); got == "" {
		b.t.Error("a key that the piece refuses is not told")
	}
	d.do(chromedp.SetValue(byTest("ap-auth-secret_text"), "sk_test_123"), chromedp.Click(byTest("ap-connect-save")))
	b.until(`connected !== "waiting"`)
	made := m.connection("stripe_1")
	b.want(`connected`, fmt.Sprintf(`resolved {"connection":{"id":"%s","name":"stripe_1"}}`, made["id"]))
	b.want(`String(document.querySelector("iframe"))`, "null")
	if made["status"] != "ACTIVE" || made["type"] != "SECRET_TEXT" {
		b.t.Errorf("the connection is %v", made)
	}

	open(object{"pieceName": stripe}).do(chromedp.Click(byTest("ap-connect-cancel")))
	b.until(`connected !== "waiting"`)
	b.want(`connected`, `resolved {}`)

	open(object{"pieceName": stripe})
	b.run(`postMessage({ type: "CLIENT_NEW_CONNECTION_DIALOG_CLOSED", data: { connection: { id: "forged", name: "forged" } } }, "*")`)
	b.until(`connected !== "waiting"`)
	b.want(`connected`, `resolved {"connection":{"id":"forged","name":"forged"}}`)

	b.run(`connect({ pieceName: "@activepieces/piece-none" })`)
	b.until(`connected !== "waiting"`)
	b.want(`JSON.parse(JSON.parse(connected.slice(9)).error).error`, "piece: @activepieces/piece-none not found")
	b.run(`connect({ pieceName: ` + quoted(stripe) + `, connectionName: "a b" })`)
	b.until(`connected !== "waiting"`)
	b.want(`connected.slice(0, 8)`, "rejected")
}

// formJourney checks that values arrive in the types that the piece's metadata name, and an OAuth app of one's own.
func formJourney(m *embedSim, b *tab, token string) {
	b.t.Helper()
	b.run(`configure(` + quoted(token) + `)`)
	open := func(what object) *tab {
		b.run(`heard.length = 0; connect(` + quoted(what) + `)`)
		b.until(`heard.includes("CLIENT_SHOW_CONNECTION_IFRAME")`)
		return b.frame()
	}
	d := open(object{"pieceName": "@activepieces/piece-commercetools", "connectionName": "ct"})
	d.do(chromedp.SetValue(byTest("ap-auth-region"), `"us-central1.gcp"`), chromedp.SetValue(byTest("ap-auth-projectKey"), "my-shop"),
		chromedp.SetValue(byTest("ap-auth-clientId"), "id"), chromedp.SetValue(byTest("ap-auth-clientSecret"), "hidden"),
		chromedp.Click(byTest("ap-auth-staged")), chromedp.Click(byTest("ap-connect-save")))
	b.until(`connected !== "waiting"`)
	props := object{"region": "us-central1.gcp", "projectKey": "my-shop", "clientId": "id", "clientSecret": "hidden", "pageSize": 100, "staged": true}
	if got, want := m.digestOf("ct"), digest(object{"type": "CUSTOM_AUTH", "props": props}); got != want {
		b.t.Error("the values that arrived are not those of the form")
	}

	d = open(object{"pieceName": "@activepieces/piece-square", "connectionName": "square"})
	d.do(chromedp.SetValue(byTest("ap-auth-client_id"), "mine"), chromedp.SetValue(byTest("ap-auth-client_secret"), "hidden"))
	c := d.opens("/consent", func() { d.do(chromedp.Click(byTest("ap-connect-save"))) })
	c.do(chromedp.SendKeys(byTest("consent-email"), "ada@example.com"), chromedp.SendKeys(byTest("consent-password"), "x"), chromedp.Click(byTest("consent-allow")))
	b.until(`connected !== "waiting"`)
	if made := m.connection("square"); made["status"] != "ACTIVE" || made["type"] != "OAUTH2" {
		b.t.Errorf("the connection is %v", made)
	}
}

// digestOf is the digest of the value that a connection was given.
func (m *embedSim) digestOf(externalID string) string {
	id := m.connection(externalID)["id"].(string)
	return m.s.read(func(st *state) string {
		n, _ := st.connections.get(id)
		return n.ValueDigest
	})
}

func consentJourney(m *embedSim, b *tab, token string) {
	b.t.Helper()
	b.run(`configure(` + quoted(token) + `)`)
	newWindow := object{"width": 500, "height": 600}
	slack := object{"pieceName": "@activepieces/piece-slack", "connectionName": "slack_1", "newWindow": newWindow}
	d := b.opens("/embed?", func() { b.run(`connect(` + quoted(slack) + `)`) })
	d.opens("/consent", func() { d.do(chromedp.Click(byTest("ap-connect-save"))) }).do(chromedp.Click(byTest("consent-cancel")))
	if got := d.text("ap-error"); got != "You were not signed in. Try again." {
		b.t.Errorf("after a refusal the dialog says %q", got)
	}
	c := d.opens("/consent", func() { d.do(chromedp.Click(byTest("ap-connect-save"))) })
	c.do(chromedp.SendKeys(byTest("consent-email"), "ada@example.com"), chromedp.SendKeys(byTest("consent-password"), "x"), chromedp.Click(byTest("consent-allow")))
	b.until(`connected !== "waiting"`)
	made := m.connection("slack_1")
	b.want(`connected`, fmt.Sprintf(`resolved {"connection":{"id":"%s","name":"slack_1"}}`, made["id"]))
	if made["status"] != "ACTIVE" || made["type"] != "PLATFORM_OAUTH2" {
		b.t.Errorf("the connection is %v", made)
	}

	slack["connectionName"] = ""
	d = b.opens("/embed?", func() { b.run(`connect(` + quoted(slack) + `)`) })
	d.do(chromedp.WaitVisible(byTest("ap-connect")))
	d.run(`setTimeout(() => close())`)
	b.until(`connected !== "waiting"`)
	b.want(`connected`, `resolved {}`)
}

// connection is the one with an external ID in the embedded user's project.
func (m *embedSim) connection(externalID string) object {
	m.t.Helper()
	user := m.exchange(m.sign(m.claims(nil)), 200)
	list := m.ask("GET", "/api/v1/app-connections?limit=100&projectId="+user["projectId"].(string), user["token"].(string), nil, 200)
	for _, v := range list["data"].([]any) {
		if c := v.(object); c["externalId"] == externalID {
			return c
		}
	}
	m.t.Fatalf("there is no connection %s", externalID)
	return nil
}
