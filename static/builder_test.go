package static

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// builderPortal is the two pages that builder.js is for, with a platform's script that does as a test says.
type builderPortal struct {
	assets   *Assets
	sdk      string // body of window.activepieces, an object literal
	answer   string // to what the page asks by POST
	status   int
	finished chan url.Values
}

func (p *builderPortal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/static/"):
		p.assets.ServeHTTP(w, r)
	case r.URL.Path == "/sdk.js":
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprintf(w, "window.said = []; window.activepieces = {%s};", p.sdk)
	case r.URL.Path == "/finish":
		r.ParseForm()
		p.finished <- r.PostForm
		fmt.Fprint(w, "<!doctype html><title>Done</title><main>done</main>")
	case r.Method == http.MethodPost:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(p.status)
		fmt.Fprint(w, p.answer)
	default:
		w.Header().Set("Content-Security-Policy", policy+"; form-action 'self'")
		builderPages.Execute(w, map[string]any{"Connect": r.URL.Path == "/dialog", "Portal": p.assets.Path("portal.js"), "Script": p.assets.Path("builder.js")})
	}
}

var builderPages = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><head><title>Builder</title>
<script defer src="{{.Portal}}"></script><script defer src="/sdk.js"></script><script defer src="{{.Script}}"></script></head><body>
<main {{if .Connect}}data-connect="/dialog"{{else}}data-builder="/automations/builder"{{end}} data-patience="300">
<p data-part="loading" hidden>loading</p><p data-part="silent" hidden>silent</p><p data-part="refused" hidden><b data-reason></b></p>
<p data-part="open" hidden>open</p><p data-part="blocked" hidden>blocked</p><p data-part="ready" hidden><button data-open>Sign in</button></p>
<div id="builder" data-part="frame" data-title="Builder" hidden>frame</div>
<form method="post" data-finish hidden><input type="hidden" name="outcome"><input type="hidden" name="auth"></form></main></body></html>`))

// start opens a page of the portal.
func (p *builderPortal) start(t *testing.T, ctx context.Context, path string) *builderBrowser {
	t.Helper()
	p.assets, p.finished = New(""), make(chan url.Values, 5)
	if p.status == 0 {
		p.status = 200
		p.answer = `{"instance": "https://ap.example", "token": "jwt", "locale": "de", "piece": "piece-slack", "name": "portico_1", "finish": "/finish"}`
	}
	b := &builderBrowser{T: t, ctx: ctx}
	do(t, b.ctx, "opening the page", chromedp.Navigate(serve(t, "127.0.0.1", p)+path))
	return b
}

type builderBrowser struct {
	*testing.T
	ctx context.Context
}

// shows waits until one part is seen, and no other.
func (b *builderBrowser) shows(name string) {
	b.Helper()
	until(b.T, b.ctx, `[...document.querySelectorAll("[data-part]:not([hidden])")].map((e) => e.dataset.part).join() === "`+name+`"`)
}

// at waits until the address is a path.
func (b *builderBrowser) at(path string) {
	b.Helper()
	until(b.T, b.ctx, `location.pathname + location.search === "`+path+`"`)
}

// steadySDK comes up, notes what it is told in said, and tells of the routes that it is led to.
const steadySDK = `
	configure(how) { this.how = how; said.push("configure " + how.instanceUrl + " " + how.jwtToken + " " + how.embedding.locale); this.go("/flows"); return Promise.resolve({status: "success"}); },
	go(route) { this.how.embedding.navigation.handler({route}); },
	navigate({route}) { said.push("navigate " + route); this.go(route); }`

func TestBuilderFollowsTheRoute(t *testing.T) {
	b := (&builderPortal{sdk: steadySDK}).start(t, browser(t), "/automations/builder")
	b.shows("frame")
	b.at("/automations/builder/flows")
	until(t, b.ctx, `said.join() === "configure https://ap.example jwt de"`)
	evaluate(t, b.ctx, `addEventListener("portico:moved", () => said.push("moved")); activepieces.go("/flows/abc?x=1"); activepieces.go("/runs")`)
	b.at("/automations/builder/runs")
	evaluate(t, b.ctx, `history.back()`)
	b.at("/automations/builder/flows/abc?x=1")
	until(t, b.ctx, `said.at(-1) === "navigate /flows/abc?x=1"`)
	evaluate(t, b.ctx, `history.forward()`)
	until(t, b.ctx, `said.at(-1) === "navigate /runs"`)
	b.at("/automations/builder/runs")
	until(t, b.ctx, `said.filter((one) => one === "moved").length === 2`) // what it was led to is no news
}

// What the frame says of its route leads nowhere else.
func TestBuilderTakesNoOtherAddress(t *testing.T) {
	b := (&builderPortal{sdk: steadySDK}).start(t, browser(t), "/automations/builder")
	b.shows("frame")
	evaluate(t, b.ctx, `for (const route of [null, 7, "", "flows", "//evil.example/", "/../../admin", "/" + "x".repeat(3000)]) activepieces.go(route)`)
	b.at("/automations/builder/flows")
}

func TestBuilderOpensAtTheAddress(t *testing.T) {
	b := (&builderPortal{sdk: steadySDK}).start(t, browser(t), "/automations/builder/flows/abc")
	b.shows("frame")
	until(t, b.ctx, `said.at(-1) === "navigate /flows/abc"`)
	b.at("/automations/builder/flows/abc")
}

func TestBuilderSaysWhyThereIsNothing(t *testing.T) {
	tests := []struct {
		name, path, want string
		p                builderPortal
	}{
		{"the script says nothing", "/automations/builder", "silent", builderPortal{sdk: `configure: () => new Promise(() => {})`}},
		{"the script fails", "/automations/builder", "silent", builderPortal{sdk: `configure: () => Promise.reject({error: "no container"})`}},
		{"the portal refuses", "/automations/builder", "refused", builderPortal{sdk: steadySDK, status: 409, answer: `{"detail": "The key is not known."}`}},
		{"the portal refuses a dialog", "/dialog", "refused", builderPortal{sdk: steadySDK, status: 409, answer: `{"detail": "The key is not known."}`}},
		{"the portal answers with something else", "/automations/builder", "silent", builderPortal{sdk: steadySDK, status: 502, answer: `<html>`}},
	}
	ctx := browser(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := tt.p.start(t, ctx, tt.path)
			b.shows(tt.want)
			if tt.want == "refused" {
				until(t, b.ctx, `document.querySelector("[data-reason]").textContent === "The key is not known."`)
			}
		})
	}
}

// One that comes up late is shown all the same.
func TestBuilderMayBeLate(t *testing.T) {
	b := (&builderPortal{sdk: `configure: () => new Promise((up) => { window.up = up; })`}).start(t, browser(t), "/automations/builder")
	b.shows("silent")
	evaluate(t, b.ctx, `up({status: "success"})`)
	b.shows("frame")
}

func TestConnectTellsWhatBecameOfIt(t *testing.T) {
	const ready = `configure: () => Promise.resolve({status: "success"}), `
	tests := []struct {
		name, connect string
		want          url.Values
	}{
		{"signed in", `connect: (how) => Promise.resolve({connection: {id: "c1", name: how.connectionName + how.pieceName}})`, url.Values{"outcome": {"finished"}, "auth": {"portico_1piece-slack"}}},
		{"closed", `connect: () => Promise.resolve({connection: undefined})`, url.Values{"outcome": {"cancelled"}, "auth": {""}}},
		{"an unknown piece", `connect: () => Promise.reject({error: "{}"})`, url.Values{"outcome": {"failed"}, "auth": {""}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &builderPortal{sdk: ready + tt.connect}
			b := p.start(t, browser(t), "/dialog") // one of its own, as a form that is sent loads a page
			b.shows("ready")
			do(t, b.ctx, "pressing the button", chromedp.Click(chromedp.CSS("[data-open]")))
			select {
			case got := <-p.finished:
				if got.Encode() != tt.want.Encode() {
					t.Errorf("got %q, want %q", got.Encode(), tt.want.Encode())
				}
			case <-b.ctx.Done():
				t.Fatal("the portal was not told")
			}
		})
	}
}

func TestConnectBlocked(t *testing.T) {
	p := &builderPortal{sdk: `configure: () => Promise.resolve({}), connect: () => { open("about:blank"); return Promise.resolve({}); }`}
	b := p.start(t, browser(t), "/dialog")
	b.shows("ready")
	evaluate(t, b.ctx, `window.open = () => null`)
	do(t, b.ctx, "pressing the button", chromedp.Click(chromedp.CSS("[data-open]")))
	b.shows("blocked")
	if len(p.finished) != 0 {
		t.Errorf("the portal was told %v of a window that never opened", <-p.finished)
	}
}
