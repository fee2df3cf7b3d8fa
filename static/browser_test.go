package static

import (
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// policy is the Content-Security-Policy that the portal's pages have, dialog hosts apart.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'"

// browser returns a context in which chromedp drives a fresh Chromium for at most two minutes: the machine may be busy.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := os.Getenv("CHROMIUM")
	if path == "" {
		path = "/usr/bin/chromium"
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

func do(t *testing.T, ctx context.Context, what string, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// until waits until a script's expression is true in the page, also across a navigation.
func until(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	for { // -32000 is what DevTools answers when the page went away in the middle
		_, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(0)))
		if err == nil {
			return
		}
		if ctx.Err() != nil || !strings.Contains(err.Error(), "(-32000)") {
			now, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
			t.Fatalf("waiting for %s: %v; the page says %q", expression, err, now)
		}
	}
}

// evaluate runs a script in the page.
func evaluate(t *testing.T, ctx context.Context, script string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script+"; true")); err != nil {
		t.Fatalf("running %s: %v", script, err)
	}
}

// serve starts a server and returns its address as another site than 127.0.0.1 sees it, or as 127.0.0.1.
func serve(t *testing.T, host string, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "127.0.0.1", host, 1)
}

// dialogPortal is a portal of one page, whose form opens a dialog at another origin.
type dialogPortal struct {
	assets   *Assets
	scripts  []string
	dialog   string // address of the dialog
	origin   string
	refuse   bool // the action answers 409 to scripts
	finished chan url.Values
}

func (p *dialogPortal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/static/"):
		p.assets.ServeHTTP(w, r)
	case r.URL.Path == "/finish":
		r.ParseForm()
		p.finished <- r.PostForm
		http.Redirect(w, r, "/?now="+r.PostForm.Get("outcome"), http.StatusSeeOther)
	case r.URL.Path == "/open" && r.Header.Get("Accept") != "application/json":
		fmt.Fprint(w, "<!doctype html><title>Plain</title><main>the plain way</main>")
	case r.URL.Path == "/open" && p.refuse:
		http.Error(w, "the flow is over", http.StatusConflict)
	case r.URL.Path == "/open":
		json.NewEncoder(w).Encode(map[string]string{"url": p.dialog, "origin": p.origin, "finish": "/finish"})
	default:
		p.page(w, r)
	}
}

var portalPage = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><head><title>Portal</title>
{{range .Scripts}}<script src="{{.Path}}" integrity="{{.Integrity}}" defer></script>{{end}}</head><body>
<p id="status" role="status"></p>
<main id="main" tabindex="-1"><h1 data-announce>State: {{.Now}}</h1>
<form method="post" action="/open" data-dialog data-check="/?now=checked"><button id="open">Sign in</button>
<p data-waiting hidden>Waiting</p><p data-blocked hidden><a target="_blank" rel="noopener">Open it</a>
<button id="done" name="outcome" value="done" formaction="/finish">Done</button></p></form>
<p id="token">abc</p></main></body></html>`))

func (p *dialogPortal) page(w http.ResponseWriter, r *http.Request) {
	type tag struct{ Path, Integrity string }
	var tags []tag
	for _, name := range p.scripts {
		tags = append(tags, tag{p.assets.Path(name), p.assets.Integrity(name)})
	}
	w.Header().Set("Content-Security-Policy", policy+"; form-action 'self'")
	portalPage.Execute(w, map[string]any{"Scripts": tags, "Now": r.FormValue("now")})
}

// start opens a portal whose dialog runs a script of ours, and waits for the page.
func (p *dialogPortal) start(t *testing.T, ctx context.Context, script string) {
	t.Helper()
	p.origin = serve(t, "localhost", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "<!doctype html><title>Dialog</title><script>const say = (m) => opener.postMessage(m, '*'); %s</script>", script)
	}))
	p.dialog = p.origin + "/external/auth"
	p.assets = New("")
	p.finished = make(chan url.Values, 5)
	do(t, ctx, "opening the portal", chromedp.Navigate(serve(t, "127.0.0.1", p)+"/?now=start"))
}

func TestDialogMessages(t *testing.T) {
	ctx := browser(t)
	tests := []struct {
		name, script string
		want         url.Values
	}{
		{"auth finish", `say({type: "tray.authpopup.finish", authType: "oauth", authId: "auth-1"})`, url.Values{"outcome": {"finished"}, "auth": {"auth-1"}}},
		{"auth close", `say({type: "tray.authpopup.close"})`, url.Values{"outcome": {"cancelled"}}},
		{"auth error, capital P", `say({type: "tray.authPopup.error", error: "secret text"})`, url.Values{"outcome": {"failed"}}},
		{"wizard ready, then finish", `say({type: "tray.configPopup.ready"}); say({type: "tray.configPopup.finish"})`, url.Values{"outcome": {"finished"}}},
		{"wizard cancel and close", `say({type: "tray.configPopup.cancel"}); say({type: "tray.configPopup.cancel"})`, url.Values{"outcome": {"cancelled"}}},
		{"wizard error", `say({type: "tray.configPopup.error", err: "expired"})`, url.Values{"outcome": {"failed"}}},
		{"noise first", `say(null); say("x"); say({type: "other.finish"}); say({type: "tray.authpopup.constructor"}); say({type: "tray.authpopup.finish", authId: "a"})`, url.Values{"outcome": {"finished"}, "auth": {"a"}}},
		{"wizard asks to validate", `addEventListener("message", (e) => {
			if (e.data.type !== "tray.configPopup.client.validation") return;
			if (!e.data.data.inProgress) say({type: "tray.authpopup.finish", authId: "errors " + JSON.stringify(e.data.data.errors)});
		}); say({type: "tray.configPopup.validate", data: {visibleValues: []}})`, url.Values{"outcome": {"finished"}, "auth": {"errors {}"}}},
	}
	for _, scripts := range scriptSets() {
		for _, tt := range tests {
			t.Run(tt.name+" "+strings.Join(scripts, "+"), func(t *testing.T) {
				p := &dialogPortal{scripts: scripts}
				p.start(t, ctx, tt.script)
				do(t, ctx, "pressing the button", chromedp.Click(chromedp.ID("open")))
				p.wantFinished(t, ctx, tt.want)
				until(t, ctx, `document.querySelector("h1").textContent === "State: `+tt.want.Get("outcome")+`"`)
				wantNoDialog(t, ctx)
			})
		}
	}
}

// scriptSets are the scripts of a page without htmx and, where it was vendored, with it.
func scriptSets() [][]string {
	sets := [][]string{{"portal.js"}}
	if New("").Has("htmx.js") {
		sets = append(sets, []string{"htmx.js", "portal.js"})
	}
	return sets
}

func (p *dialogPortal) wantFinished(t *testing.T, ctx context.Context, want url.Values) {
	t.Helper()
	select {
	case got := <-p.finished:
		if got.Encode() != want.Encode() {
			t.Errorf("finish was asked with %q, want %q", got.Encode(), want.Encode())
		}
	case <-ctx.Done():
		t.Fatalf("finish was never asked, want %q", want.Encode())
	}
}

// wantNoDialog waits until the dialog's window is gone.
func wantNoDialog(t *testing.T, ctx context.Context) {
	t.Helper()
	for ctx.Err() == nil {
		targets, err := chromedp.Targets(ctx)
		if err != nil {
			t.Fatalf("listing windows: %v", err)
		}
		open := 0
		for _, target := range targets {
			if strings.Contains(target.URL, "/external/") {
				open++
			}
		}
		if open == 0 {
			return
		}
	}
	t.Error("the dialog is still open")
}

func TestDialogIgnoresOthers(t *testing.T) {
	ctx := browser(t)
	p := &dialogPortal{scripts: []string{"portal.js"}}
	p.start(t, ctx, `addEventListener("message", () => say({type: "tray.authpopup.finish", authId: "real"})); document.title = "Loaded"`)
	// The page itself has neither the origin nor the window of the dialog; then the dialog is asked to speak.
	forge := `window.postMessage({type: "tray.authpopup.finish", authId: "forged"}, "*");`
	evaluate(t, ctx, `const real = open; window.open = (...args) => (window.popup = real(...args));`+forge)
	do(t, ctx, "pressing the button", chromedp.Click(chromedp.ID("open")))
	until(t, ctx, `!document.querySelector("[data-waiting]").hidden`)
	evaluate(t, ctx, forge+`setInterval(() => popup.closed || popup.postMessage("speak", "*"), 50);`)
	p.wantFinished(t, ctx, url.Values{"outcome": {"finished"}, "auth": {"real"}})
}

func TestDialogClosedWithoutAWord(t *testing.T) {
	for _, scripts := range scriptSets() {
		ctx := browser(t)
		p := &dialogPortal{scripts: scripts}
		p.start(t, ctx, `window.close()`)
		do(t, ctx, "pressing the button", chromedp.Click(chromedp.ID("open")))
		until(t, ctx, `document.querySelector("h1").textContent === "State: checked"`)
		if len(scripts) > 1 { // a part was swapped, so what changed has to be said
			until(t, ctx, `document.querySelector("#status").textContent === "State: checked"`)
		}
		if len(p.finished) != 0 {
			t.Errorf("finish was asked with %v", <-p.finished)
		}
	}
}

func TestDialogBlocked(t *testing.T) {
	ctx := browser(t)
	p := &dialogPortal{scripts: []string{"portal.js"}}
	p.start(t, ctx, "")
	evaluate(t, ctx, `window.open = () => null`)
	do(t, ctx, "pressing the button", chromedp.Click(chromedp.ID("open")))
	until(t, ctx, `!document.querySelector("[data-blocked]").hidden`)
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("[data-blocked] a").href`))
	if err != nil || got != p.dialog {
		t.Errorf("the link leads to %q (%v), want %q", got, err, p.dialog)
	}
	do(t, ctx, "pressing the button that goes on", chromedp.Click(chromedp.ID("done")))
	p.wantFinished(t, ctx, url.Values{"outcome": {"done"}})
	until(t, ctx, `document.querySelector("h1").textContent === "State: done"`)
}

func TestDialogRefusedGoesThePlainWay(t *testing.T) {
	ctx := browser(t)
	p := &dialogPortal{scripts: []string{"portal.js"}, refuse: true}
	p.start(t, ctx, "")
	do(t, ctx, "pressing the button", chromedp.Click(chromedp.ID("open")))
	until(t, ctx, `document.querySelector("main").textContent === "the plain way"`)
	wantNoDialog(t, ctx)
}
