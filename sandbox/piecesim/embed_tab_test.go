package piecesim

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// embedHostPage is a page of another site with the SDK, which notes what it hears and what its calls come to.
const embedHostPage = `<!doctype html><title>host</title><style>iframe { inline-size: 60rem; block-size: 40rem }</style>
<div id="builder"></div>
<script src="%[1]s%[2]s"></script>
<script>
const heard = [], routes = [], thrown = [];
let configured = "waiting", connected = "waiting";
addEventListener("message", (e) => heard.push(e.data.type));
addEventListener("error", (e) => thrown.push(e.message));
const configure = (jwtToken, embedding) => {
  activepieces.configure({ instanceUrl: "%[1]s/", jwtToken, prefix: "/automations", embedding: {
    ...embedding, navigation: { handler: ({ route }) => routes.push(route) },
  } }).then((v) => { configured = JSON.stringify(v); }, () => { configured = "rejected"; });
};
const connect = (what) => {
  connected = "waiting";
  activepieces.connect(what).then((v) => { connected = "resolved " + JSON.stringify(v); }, (e) => { connected = "rejected " + JSON.stringify(e); });
};
</script>`

// tab is a page, a frame or a window in Chromium.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// embedBrowser starts a Chromium and a site at 127.0.0.1 that shows the host's page; the simulator is at localhost, which
// is another site to a browser.
func embedBrowser(t *testing.T, m *embedSim) (host *tab, site string) {
	t.Helper()
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		chromium = "/usr/bin/chromium"
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.Flag("site-per-process", true))...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	m.url = strings.Replace(m.url, "127.0.0.1", "localhost", 1)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, embedHostPage, m.url, SDKPath)
	}))
	t.Cleanup(page.Close)
	host = &tab{t, ctx}
	host.do() // starts the browser, of which each step gets a tab
	return host, page.URL
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// run evaluates a statement.
func (b *tab) run(statement string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](statement+`; ""`)); err != nil {
		b.t.Fatal(err)
	}
}

// until waits for an expression to be true; a document that goes away in the middle is waited for.
func (b *tab) until(expression string) {
	b.t.Helper()
	for {
		_, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression))
		if err == nil {
			return
		}
		if b.ctx.Err() != nil || !strings.Contains(err.Error(), "(-32000)") {
			b.t.Fatalf("waiting for %s: %v", expression, err)
		}
	}
}

func (b *tab) want(expression, want string) {
	b.t.Helper()
	if got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](expression)); err != nil || got != want {
		b.t.Errorf("%s is %q (%v), want %q", expression, got, err, want)
	}
}

func byTest(id string) chromedp.CSS { return chromedp.CSS(`[data-testid="` + id + `"]`) }

// text waits for an element and reads it.
func (b *tab) text(id string) string {
	b.t.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Text(byTest(id)))
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

// frame is the newest frame of the simulator in the page.
func (b *tab) frame(known ...*tab) *tab {
	b.t.Helper()
	infos, err := chromedp.Targets(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, i := range infos {
		seen := false
		for _, k := range known {
			seen = seen || chromedp.FromContext(k.ctx).Target.TargetID == i.TargetID
		}
		if i.Type == "iframe" && strings.Contains(i.URL, "/embed") && !seen {
			return b.at(i.TargetID)
		}
	}
	b.t.Fatal("there is no frame of the simulator")
	return nil
}

func (b *tab) at(id target.ID) *tab {
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithTargetID(id))
	b.t.Cleanup(cancel)
	out := &tab{b.t, ctx}
	out.do()
	return out
}

// opens is the window that a step opens.
func (b *tab) opens(part string, step func()) *tab {
	b.t.Helper()
	id := chromedp.WaitNewTarget(b.ctx, func(i *target.Info) bool { return strings.Contains(i.URL, part) })
	step()
	return b.at(<-id)
}

func quoted(v any) string {
	raw, _ := json.Marshal(v) // strings and maps of them
	return string(raw)
}
