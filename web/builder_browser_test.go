package web

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"portico/store"
	"portico/store/storetest"
	"portico/upstream/activepieces"
)

// listen serves as the studio's portal does, adds the cookies that the desk has, and has pages wait for the builder half a
// second instead of 15. The simulator is told that it may be framed there unless shut.
func (s *studio) listen(shut bool) string {
	s.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range s.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		if r.Method != http.MethodGet || !strings.HasPrefix(r.URL.Path, "/in/automations/builder") || !shut {
			s.server.ServeHTTP(w, r)
			return
		}
		r.Header.Del("Accept-Encoding")
		page := httptest.NewRecorder()
		s.server.ServeHTTP(page, r)
		for name, values := range page.Header() {
			w.Header()[name] = values
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(page.Code)
		_, _ = w.Write(bytes.Replace(page.Body.Bytes(), []byte(`data-patience="15000"`), []byte(`data-patience="500"`), 1))
	}))
	s.Cleanup(server.Close)
	if !shut {
		u := storetest.Must[*url.URL](s)(url.Parse(server.URL))
		c := activepieces.New(activepieces.Config{Account: "test", URL: s.site, APIKey: s.pieces.Token, HTTP: http.DefaultClient})
		if err := c.AllowEmbedOrigin(s.ctx, u.Scheme+"://"+u.Host); err != nil {
			s.Fatal(err)
		}
	}
	return server.URL + "/in"
}

// tab is a new page in the browser, a frame in one, or a window.
func (b browser) tab(of context.Context, options ...chromedp.ContextOption) browser {
	b.Helper()
	ctx, cancel := chromedp.NewContext(of, options...)
	b.Cleanup(cancel)
	b.act(ctx)
	return browser{b.T, ctx}
}

func (b browser) act(ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.Fatal(err)
	}
}

// until waits for an expression to be true, also across a navigation.
func (b browser) until(expression string) {
	b.Helper()
	patience, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	look := time.NewTicker(30 * time.Millisecond)
	defer look.Stop()
	for {
		is, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && is { // an error is a page that makes way for the next, or lacks something yet
			return
		}
		select {
		case <-patience.Done():
			now, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("location + document.body.innerText"))
			b.Fatalf("waiting for %s: %v; the page says %q", expression, err, now)
		case <-look.C:
		}
	}
}

// opens is the window that a press of a button opens.
func (b browser) opens(press string) browser {
	b.Helper()
	id := chromedp.WaitNewTarget(b.ctx, func(i *target.Info) bool { return strings.Contains(i.URL, "/embed?") })
	b.act(b.ctx, chromedp.Click(chromedp.CSS(press)))
	return b.tab(b.ctx, chromedp.WithTargetID(<-id))
}

const partShown = `[...document.querySelectorAll("[data-part]:not([hidden])")].map((e) => e.dataset.part).join()`

// The builder comes up in the portal's page, whose address follows it, and it follows the page's address.
func TestBuilderInABrowser(t *testing.T) {
	s := newStudio(t)
	s.waiting()
	site := s.listen(false)
	b := newBrowser(t)
	b.act(b.ctx, chromedp.Navigate(site+"/automations/builder"))
	b.until(partShown + ` === "frame" && location.pathname === "/in/automations/builder/flows"`)
	if title := evaluate[string](b, `document.querySelector("iframe").title`); title != "Automation builder" {
		t.Errorf("the frame is called %q", title)
	}
	evaluate[bool](b, `activepieces.navigate({route: "/runs"}); true`)
	b.until(`location.pathname === "/in/automations/builder/runs"`)
	evaluate[bool](b, `history.back(); true`)
	b.until(`location.pathname === "/in/automations/builder/flows"`)
	b.act(b.ctx, chromedp.Navigate(site+"/automations/builder/connections"))
	b.until(partShown + ` === "frame" && location.pathname === "/in/automations/builder/connections"`)
	s.accessible(b, site+"/automations/builder")

	storetest.Update(t, s.store, func(tx *store.Tx) error {
		s.pieces.SigningKeyID = strings.Repeat("a", 21)
		_, err := tx.PutAccount(s.ctx, s.pieces)
		return err
	})
	b.act(b.ctx, chromedp.Navigate(site+"/automations/builder"))
	b.until(partShown + ` === "refused" && document.querySelector("[data-reason]").textContent.includes("not known there")`)
}

// accessible fails the test where axe finds something, light and dark, wide and narrow.
func (s *studio) accessible(b browser, address string) {
	s.Helper()
	axe := storetest.Must[[]byte](s)(os.ReadFile("../node_modules/axe-core/axe.min.js"))
	for _, view := range []struct {
		width  int64
		scheme string
	}{{1200, "light"}, {1200, "dark"}, {320, "light"}} {
		b.look(address, view.width, view.scheme)
		b.until(`!document.querySelector("[data-part]") || !` + partShown + `.includes("loading")`)
		if wide := evaluate[int64](b, "document.documentElement.scrollWidth"); wide > view.width {
			s.Errorf("%s is %d px wide on a screen of %d", address, wide, view.width)
		}
		evaluate[bool](b, string(axe)+"; true")
		for _, v := range evaluate[[]violation](b, violations) {
			s.Errorf("%s, %d px, %s: %s: %s", address, view.width, view.scheme, v.ID, strings.Join(v.Nodes, ", "))
		}
	}
}

// Where the browser does not show the frame, the page says so.
func TestBuilderInARefusedFrame(t *testing.T) {
	s := newStudio(t)
	site := s.listen(true)
	b := newBrowser(t)
	b.act(b.ctx, chromedp.Navigate(site+"/automations/builder"))
	b.until(partShown + ` === "silent"`)
	if evaluate[bool](b, `!!document.querySelector("form[target=_blank]")`) {
		t.Error("a page at the top level leads to the top level")
	}
	s.accessible(b, site+"/automations/builder")
}

// A person signs in in the platform's window; what any other frame or window says is asked of the platform first.
func TestConnectInABrowser(t *testing.T) {
	s := newStudio(t)
	in := s.waiting()
	site := s.listen(false)
	b := newBrowser(t)
	page := site + "/instances/" + in.ID + "/slots/slack/dialog"
	s.accessible(b, page)

	b.act(b.ctx, chromedp.Navigate(page))
	b.until(partShown + ` === "ready"`)
	b.opens("[data-open]")
	evaluate[bool](b, `postMessage({type: "CLIENT_NEW_CONNECTION_DIALOG_CLOSED", data: {connection: {id: "forged", name: "forged"}}}, "*"); true`)
	b.until(`document.body.innerText.includes("could not find that sign-in")`)
	s.wantSlot(in, false)

	b.act(b.ctx, chromedp.Navigate(page))
	b.until(partShown + ` === "ready"`)
	w := b.opens("[data-open]")
	w.act(w.ctx, chromedp.Click(chromedp.CSS(`[data-testid="ap-connect-cancel"]`)))
	b.until(`location.search === "?done=cancelled"`)
	s.wantSlot(in, false)

	b.act(b.ctx, chromedp.Navigate(page))
	b.until(partShown + ` === "ready"`)
	w = b.opens("[data-open]")
	w.act(w.ctx, chromedp.SetValue(chromedp.CSS(`[data-testid="ap-auth-secret_text"]`), "xoxb-1"), chromedp.Click(chromedp.CSS(`[data-testid="ap-connect-save"]`)))
	b.until(`location.pathname === "/in/instances/` + in.ID + `"`)
	s.wantSlot(in, true)
}

func (s *studio) wantSlot(in store.Instance, done bool) {
	s.Helper()
	slots := storetest.Must[[]store.Slot](s)(s.store.Slots(s.ctx, in.ID))
	if slots[len(slots)-1].Done() != done {
		s.Errorf("the slot is %+v, want done %v", slots[len(slots)-1], done)
	}
}

func TestScriptsPageInABrowser(t *testing.T) {
	s := newStudio(t)
	storetest.Update(t, s.store, func(tx *store.Tx) error {
		return tx.PutScript(s.ctx, store.Script{AccountID: s.pieces.ID, Hash: strings.Repeat("aa", 32), URL: s.pieces.SDKURL}, []byte("one();"))
	})
	s.as(store.StaffAdmin)
	s.accessible(newBrowser(t), s.serve()+"/admin/activepieces/"+s.pieces.ID+"/scripts")
}
