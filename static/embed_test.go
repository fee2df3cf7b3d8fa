package static

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// framePortal is a portal of which only the door and one page matter.
type framePortal struct {
	assets  *Assets
	host    string // origin that may embed it
	expired int    // so many pages say that the session is over, from the first on
	deny    bool   // it may not be embedded
	entered chan url.Values
}

func (p *framePortal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/base")
	if p.deny {
		w.Header().Set("Content-Security-Policy", "frame-ancestors 'none'")
	}
	switch {
	case path == "/session":
		r.ParseForm()
		p.entered <- r.PostForm
		http.Redirect(w, r, "/base"+r.PostForm.Get("path"), http.StatusSeeOther)
	case path == "/embed.js" || strings.HasPrefix(path, "/static/"):
		p.assets.ServeHTTP(w, r)
	default:
		p.page(w)
	}
}

func (p *framePortal) page(w http.ResponseWriter) {
	mark := ""
	if p.expired > 0 {
		mark = "data-expired"
		p.expired--
	}
	fmt.Fprintf(w, `<!doctype html><html lang="en" data-base="/base" data-host-origins="https://other.example %s" %s><title>Portal</title>
<link rel="stylesheet" href="%s"><script src="%s" defer></script><body><main><svg width="10" height="777"></svg></main>`,
		html.EscapeString(p.host), mark, p.assets.Path("portal.css"), p.assets.Path("portal.js"))
}

// start opens a page of a host, on another site, that embeds the portal and notes the element's events.
func (p *framePortal) start(t *testing.T) context.Context {
	t.Helper()
	p.assets = New("/base")
	p.entered = make(chan url.Values, 9)
	silence := time.Minute // of a frame that will speak, however busy the machine is
	if p.deny {
		silence = 100 * time.Millisecond
	}
	ctx := browser(t)
	tokens := 0
	portal := serve(t, "127.0.0.1", p)
	p.host = serve(t, "localhost", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" && r.Method == http.MethodPost {
			tokens++
			fmt.Fprintf(w, `{"token": "token-%d"}`, tokens)
			return
		}
		w.Header().Set("Content-Security-Policy", fmt.Sprintf("default-src 'self'; script-src 'self' 'unsafe-inline' %[1]s; style-src 'none'; frame-src %[1]s; form-action %[1]s", portal))
		fmt.Fprintf(w, `<!doctype html><title>Host</title><script>
			const events = [];
			for (const name of ["ready", "expired", "refused"]) addEventListener("portico-" + name, (e) => events.push(name + " " + (e.detail.path || e.detail.reason)));
			const later = setTimeout;
			window.setTimeout = (f, ms) => later(f, ms === 10000 ? %[2]d : ms); // the wait for a silent frame
			postMessage({type: "portico.height", height: 5}, "*");
			postMessage({type: "portico.expired", path: "/forged"}, "*");
		</script><script src="%[1]s/base/embed.js"></script>
		<portico-portal src="%[1]s/base/" token-url="/token" title="Connections" path="/integrations?x=1"><a href="/plain">without scripts</a></portico-portal>`, portal, silence.Milliseconds())
	}))
	do(t, ctx, "opening the host", chromedp.Navigate(p.host))
	return ctx
}

// wantEntered checks the next form that came to the door.
func (p *framePortal) wantEntered(t *testing.T, ctx context.Context, want string) {
	t.Helper()
	select {
	case got := <-p.entered:
		if got.Encode() != want {
			t.Errorf("the door was asked with %q, want %q", got.Encode(), want)
		}
	case <-ctx.Done():
		t.Fatalf("nobody came to the door, want %q", want)
	}
}

func wantText(t *testing.T, ctx context.Context, expression, want string) {
	t.Helper()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression))
	if err != nil || got != want {
		t.Errorf("%s = %q (%v), want %q", expression, got, err, want)
	}
}

func TestEmbedShowsThePortal(t *testing.T) {
	p := &framePortal{}
	ctx := p.start(t)
	p.wantEntered(t, ctx, "path=%2Fintegrations%3Fx%3D1&token=token-1")
	until(t, ctx, `document.querySelector("iframe").style.height === "777px"`)
	wantText(t, ctx, `events.join()`, "ready /integrations?x=1")
	wantText(t, ctx, `document.querySelector("iframe").title`, "Connections")
	wantText(t, ctx, `document.querySelector("portico-portal").innerText`, "")
	if got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.documentElement.outerHTML`)); err != nil || strings.Contains(got, "token-1") {
		t.Errorf("the token stays in the host's page (%v)", err)
	}
}

func TestEmbedFetchesAFreshToken(t *testing.T) {
	p := &framePortal{expired: 1}
	ctx := p.start(t)
	p.wantEntered(t, ctx, "path=%2Fintegrations%3Fx%3D1&token=token-1")
	p.wantEntered(t, ctx, "path=%2Fintegrations%3Fx%3D1&token=token-2")
	until(t, ctx, `events.join() === "expired /integrations?x=1,ready /integrations?x=1"`)
}

func TestEmbedSaysThatNoCookieIsKept(t *testing.T) {
	p := &framePortal{expired: 2}
	ctx := p.start(t)
	until(t, ctx, `events.includes("refused expired")`)
	if got := len(p.entered); got != 2 {
		t.Errorf("came to the door %d times, want 2", got)
	}
	<-p.entered
	<-p.entered
	wantText(t, ctx, `document.querySelector("[role=status]").textContent`, "Your browser does not show this part of the page here.")
	// By keyboard: for a moment the browser still sends a mouse to the frame that has just gone.
	do(t, ctx, "opening a new tab", chromedp.Focus(chromedp.CSS("portico-portal button")), chromedp.KeyEvent(kb.Enter))
	p.wantEntered(t, ctx, "path=%2Fintegrations%3Fx%3D1&token=token-3")
}

func TestEmbedSaysThatTheFrameIsRefused(t *testing.T) {
	p := &framePortal{deny: true}
	ctx := p.start(t)
	until(t, ctx, `events.join() === "refused silent"`)
	until(t, ctx, `document.querySelector("iframe").style.display === "none" && document.querySelector("portico-portal button") !== null`)
}
