package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"portico/store"
	"portico/store/storetest"
)

// The pages of the admin area, full, have no violation of WCAG 2.2 A and AA that axe finds, light and dark, wide and
// 320 px wide, where nothing but a table scrolls sideways.
func TestAdminAccessible(t *testing.T) {
	axe, err := os.ReadFile("../node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("reading axe, which npm ci brings: %v", err)
	}
	d := newDesk(t)
	g, in := d.busy()
	pages := adminPages(d, g, in)
	pages["/admin/sign-in"] = ""
	d.as(store.StaffAdmin)
	site := d.serve()
	b := newBrowser(t)
	for path := range pages {
		for _, view := range []struct {
			width  int64
			scheme string
		}{{1200, "light"}, {1200, "dark"}, {320, "light"}} {
			b.look(site+path, view.width, view.scheme)
			if wide := evaluate[int64](b, "document.documentElement.scrollWidth"); wide > view.width {
				t.Errorf("%s is %d px wide on a screen of %d", path, wide, view.width)
			}
			evaluate[bool](b, string(axe)+"; true")
			for _, v := range evaluate[[]violation](b, violations) {
				t.Errorf("%s, %d px, %s: %s: %s", path, view.width, view.scheme, v.ID, strings.Join(v.Nodes, ", "))
			}
		}
	}
}

type violation struct {
	ID    string   `json:"id"`
	Nodes []string `json:"nodes"`
}

const violations = `axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
	.then((r) => r.violations.map((v) => ({id: v.id, nodes: v.nodes.map((n) => n.html + " " + n.failureSummary)})))`

// busy fills the store with one of everything that the pages show.
func (d *desk) busy() (store.Integration, store.Instance) {
	d.Helper()
	g := d.unlisted("CRM")
	in := d.instance(g, store.Enabling)
	d.change(d.instance(d.integration("Shop"), store.Enabled), func(in *store.Instance) {
		in.Attention, in.AttentionWho, in.AttentionDetail = "refused", store.WhoUs, "solution unpublished"
	})
	d.change(in, func(in *store.Instance) { in.Hold, in.UpstreamID = store.HoldCheck, strings.Repeat("5d3f", 9) })
	d.job()
	d.signedIn()
	storetest.Update(d, d.store, func(tx *store.Tx) error {
		kim := store.Actor{Kind: store.ActorStaff, Name: "Kim", Address: "192.0.2.1"}
		call := store.UpstreamCall{
			At: store.At(d.clock.Now()), Operation: "CreateSolutionInstance", Status: 200, Outcome: "ok", Tries: 1, Duration: 412 * time.Millisecond,
			Request: strings.Repeat(`{"name":"a long line"}`, 20), Answer: "{}", InstanceID: in.ID,
		}
		if err := tx.AddUpstreamCall(d.ctx, call); err != nil {
			return err
		}
		if err := tx.PutSlot(d.ctx, store.Slot{InstanceID: in.ID, Kind: store.SlotAuth, ExternalID: "external_slack_authentication", Title: "Slack"}); err != nil {
			return err
		}
		hook := []store.Workflow{{UpstreamID: "w1", Name: "New order", TriggerURL: "https://" + strings.Repeat("a1b2c3", 12) + ".trayapp.example"}}
		if err := tx.SetWorkflows(d.ctx, in.ID, hook); err != nil {
			return err
		}
		if err := tx.SetSync(d.ctx, d.account.ID, store.SyncedCatalogue, "tray answers 503"); err != nil {
			return err
		}
		if err := tx.AddEvent(d.ctx, store.Event{Code: "instance.held", Actor: kim, SubjectKind: "instance", SubjectID: in.ID}); err != nil {
			return err
		}
		return tx.AddAudit(d.ctx, store.Audit{Code: "instance.renamed", Actor: kim, SubjectKind: "instance", SubjectID: in.ID, Before: `{"name":"Old"}`, After: `{"name":"New"}`})
	})
	return g, in
}

// serve listens, and adds the cookies that the desk has: a browser keeps theirs for https alone.
func (d *desk) serve() string {
	d.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range d.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		d.server.ServeHTTP(w, r)
	}))
	d.Cleanup(s.Close)
	return s.URL + "/in"
}

type browser struct {
	*testing.T
	ctx context.Context
}

// newBrowser starts a Chromium for at most three minutes: the machine may be busy.
func newBrowser(t *testing.T) browser {
	t.Helper()
	path := os.Getenv("CHROMIUM")
	if path == "" {
		path = "/usr/bin/chromium"
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return browser{t, ctx}
}

// look opens an address in a window of a width, in a colour scheme, with everything unfolded.
func (b browser) look(address string, width int64, scheme string) {
	b.Helper()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	setMedia := func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, media)
		return chromedp.Void{}, err
	}
	if err := chromedp.Do(b.ctx, chromedp.EmulateViewport(width, 800), setMedia, chromedp.Navigate(address)); err != nil {
		b.Fatalf("opening %s: %v", address, err)
	}
	evaluate[bool](b, `document.querySelectorAll("details").forEach((d) => { d.open = true }); true`)
}

// evaluate runs a script in the page, waits for what it promises, and returns that.
func evaluate[T any](b browser, script string) T {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[json.RawMessage](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatalf("running a script: %v", err)
	}
	var value T
	if err := json.Unmarshal(v, &value); err != nil {
		b.Fatalf("a script's result %s: %v", v, err)
	}
	return value
}
