package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// tab is a window, a tab, a frame of another site, or a dialog's window of Chromium.
type tab struct {
	t      *testing.T
	ctx    context.Context
	framed bool // it is a frame of another site
	faults *faults
}

// faults are what pages complain about: errors of scripts, and everything that a policy has blocked.
type faults struct {
	mu   sync.Mutex
	said []string
}

// newTab opens a window of a person that Chromium has never seen. The test fails when a page in it complains.
func newTab(t *testing.T, c *chrome) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(c.running(t), chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, faults: &faults{}}
	t.Cleanup(func() {
		if t.Failed() {
			b.picture("failed-" + strings.ReplaceAll(t.Name(), "/", "-"))
		}
		b.faults.mu.Lock()
		defer b.faults.mu.Unlock()
		for _, s := range b.faults.said {
			t.Errorf("the browser complains: %s", s)
		}
	})
	b.listen()
	return b
}

// listen gathers what the page complains about. What the network says is not a fault: an ended session answers 401.
func (b *tab) listen() {
	b.t.Helper()
	err := chromedp.Listen(b.ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			text := e.ExceptionDetails.Text
			if x := e.ExceptionDetails.Exception; x != nil {
				text += " " + x.Description
			}
			b.faults.add(text)
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
				b.faults.add(e.Entry.Text + " " + e.Entry.URL)
			}
		}
	})
	if err != nil {
		b.t.Fatalf("opening a window: %v", err)
	}
	b.do("listening to the page", call(log.Disable, cdp.Empty{}), call(log.Enable, cdp.Empty{})) // again, with what was said before
}

func (f *faults) add(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.said = append(f.said, text)
}

func call[P, R any](c cdp.Command[P, R], p P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, p)
		return err
	})
}

func (b *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// another opens one more tab of the same person.
func (b *tab) another() *tab {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.t.Cleanup(cancel)
	c := &tab{t: b.t, ctx: ctx, faults: b.faults}
	c.listen()
	return c
}

// open goes to an address.
func (b *tab) open(address string) {
	b.t.Helper()
	b.do("opening "+address, chromedp.Navigate(address))
}

// looks gives the page a width in px and a colour scheme, light or dark, without transitions between them.
func (b *tab) looks(width int64, scheme string) {
	b.t.Helper()
	b.do("changing the view", chromedp.EmulateViewport(width, 800), call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	}))
}

// evaluate runs a script in the page and returns what it answers; it fails while the page is about to change.
func evaluate[T any](b *tab, script string, options ...chromedp.EvaluateOption) (v T, err error) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](script, append(options, chromedp.EvalAwaitPromise)...))
}

// ask is evaluate that has to succeed.
func ask[T any](b *tab, script string) T {
	b.t.Helper()
	v, err := evaluate[T](b, script)
	if err != nil {
		b.t.Fatalf("asking the page for %s: %v", script, err)
	}
	return v
}

// until waits until an expression is true in the page.
func (b *tab) until(expression string) {
	b.t.Helper()
	eventually(b.t, expression, func() string {
		if ok, err := evaluate[bool](b, "!!("+expression+")"); err == nil && ok {
			return ""
		}
		return b.text()
	})
}

// isOn waits until the page shows that the integration is on, and that nothing is under way any more.
func (b *tab) isOn() {
	b.t.Helper()
	b.until(`document.querySelector("#power[aria-checked=true]") && !document.querySelector("[data-testid=progress]")`)
}

// text is what the page says, and where it is.
func (b *tab) text() string {
	text, err := evaluate[string](b, `location.href + " says: " + (document.querySelector("main") || document.body).innerText`)
	if err != nil {
		return err.Error()
	}
	return words(text)
}

// sees waits until the page says a text.
func (b *tab) sees(texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		b.until(fmt.Sprintf(`document.readyState !== "loading" && (document.querySelector("main") || document.body).innerText.replace(/\s+/g, " ").includes(%s)`, quote(text)))
	}
}

// find is the script that finds what a person would click on by that name: a visible button or link.
const find = `((name) => [...document.querySelectorAll("a[href], button, input[type=submit], input[type=radio], input[type=checkbox], summary")].find((e) =>
	e.checkVisibility() && e.getClientRects().length && (e.dataset.testid === name || e.id === name || e.ariaLabel === name ||
	(e.innerText || e.value || "").replace(/\s+/g, " ").includes(name) || [...(e.labels || [])].some((l) => l.innerText.includes(name)))))`

// place is where the middle of something is, in its page; negative when it is not there, or something covers it.
type place struct{ X, Y float64 }

// locate scrolls something into view and says where it is.
func (b *tab) locate(element string) (place, bool) {
	p, err := evaluate[place](b, `(async () => {
		const e = `+element+`;
		if (!e || document.readyState !== "complete") return {X: -1, Y: -1};
		e.scrollIntoView({block: "center", inline: "center", behavior: "instant"});
		const r = e.getClientRects()[0], x = r.x + r.width / 2, y = r.y + r.height / 2;
		const top = document.elementFromPoint(x, y);
		return top && (e.contains(top) || top.contains(e) || (e.labels && [...e.labels].some((l) => l.contains(top)))) ? {X: x, Y: y} : {X: -2, Y: -2};
	})()`)
	if err != nil || p.X < 0 {
		return p, false
	}
	return p, true
}

// click clicks on a button or link of that name, once it is there.
func (b *tab) click(name string) {
	b.t.Helper()
	if b.framed {
		b.clickInFrame(name)
		return
	}
	b.clicks(name, 1)
}

// clickInFrame clicks without the mouse: where a frame of another process is on the screen is not known for certain while
// pages scroll. The click counts as a person's all the same, so that it may open a window.
func (b *tab) clickInFrame(name string) {
	b.t.Helper()
	eventually(b.t, "something to click on named "+name, func() string {
		script := `(() => { const e = document.readyState === "complete" && ` + find + "(" + quote(name) + `); if (e) e.click(); return !!e; })()`
		clicked, err := evaluate[bool](b, script, func(p *runtime.EvaluateParams) { p.UserGesture = new(bool); *p.UserGesture = true })
		if err == nil && clicked {
			return ""
		}
		return b.text()
	})
}

func (b *tab) clicks(name string, times int) {
	b.t.Helper()
	var at place
	eventually(b.t, "something to click on named "+name, func() string {
		before := at
		p, ok := b.locate(find + "(" + quote(name) + ")")
		if at = p; ok && at == before { // it stands still
			return ""
		}
		return b.text()
	})
	mouse := func(kind input.DispatchMouseEventType, n int) chromedp.Action[chromedp.Void] {
		return call(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: at.X, Y: at.Y, Button: input.MouseButtonLeft, ClickCount: int64(n)})
	}
	for n := 1; n <= times; n++ {
		b.do("clicking on "+name, mouse(input.DispatchMouseEventTypeMousePressed, n), mouse(input.DispatchMouseEventTypeMouseReleased, n))
	}
}

// fill types into the field with that label.
func (b *tab) fill(label, value string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`(() => {
		const l = [...document.querySelectorAll("label")].find((l) => l.innerText.includes(%s)), f = l && l.control;
		if (!f) return false;
		f.focus(); f.select && f.select();
		return document.activeElement === f;
	})()`, quote(label)))
	b.do("typing", call(input.InsertText, input.InsertTextParams{Text: value}))
}

// back and reload are the browser's own buttons; what they lead to is waited for by who presses them.
var (
	back   = chromedp.Func(func(ctx context.Context, t *chromedp.Target) error { return press(ctx, t, "history.back()") })
	reload = chromedp.Func(func(ctx context.Context, t *chromedp.Target) error { return press(ctx, t, "location.reload()") })
)

func press(ctx context.Context, t *chromedp.Target, script string) error {
	_, err := cdp.Call(ctx, t, runtime.Evaluate, runtime.EvaluateParams{Expression: script})
	return err
}

// keys presses keys one after the other.
func (b *tab) keys(keys string) {
	b.t.Helper()
	b.do("pressing keys", chromedp.KeyEvent(keys))
}

// targets are the pages and frames of the person, by kind and a part of their address.
func (b *tab) targets(kind, address string) []*target.Info {
	b.t.Helper()
	all, err := chromedp.Targets(b.ctx)
	if err != nil {
		b.t.Fatalf("asking for the windows: %v", err)
	}
	own := chromedp.FromContext(b.ctx).BrowserContextID
	if own == "" { // of a frame or window that was attached to
		for _, i := range all {
			if i.TargetID == chromedp.FromContext(b.ctx).Target.TargetID {
				own = i.BrowserContextID
			}
		}
	}
	var found []*target.Info
	for _, i := range all {
		if i.BrowserContextID == own && i.Type == kind && strings.Contains(i.URL, address) {
			found = append(found, i)
		}
	}
	return found
}

// attach waits for a page or frame of the person.
func (b *tab) attach(kind, address string) *tab {
	b.t.Helper()
	var id target.ID
	eventually(b.t, "a "+kind+" at "+address, func() string {
		if found := b.targets(kind, address); len(found) > 0 {
			id = found[0].TargetID
			return ""
		}
		return b.text()
	})
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithTargetID(id), chromedp.WithDetachOnCancel())
	b.t.Cleanup(cancel)
	c := &tab{t: b.t, ctx: ctx, faults: b.faults}
	c.listen()
	return c
}

// window waits for a window that a page has opened.
func (b *tab) window(address string) *tab {
	b.t.Helper()
	return b.attach("page", address)
}

// frame waits for the frame that shows an address within this page.
func (b *tab) frame(address string) *tab {
	b.t.Helper()
	f := b.attach("iframe", address)
	f.framed = true
	return f
}

// close closes the window as a person does.
func (b *tab) close() {
	b.t.Helper()
	b.do("closing the window", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, chromedp.FromContext(b.ctx).Browser, target.CloseTarget, target.CloseTargetParams{TargetID: t.TargetID})
		return err
	}))
}

// gone waits until no window shows an address any more.
func (b *tab) gone(address string) {
	b.t.Helper()
	eventually(b.t, "the end of the window at "+address, func() string {
		if len(b.targets("page", address)) == 0 {
			return ""
		}
		return "it is still open"
	})
}

// picture keeps what a page looks like, for people to look at: in the folder shots, which is not committed.
func (b *tab) picture(name string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	raw, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatalf("taking a picture: %v", err)
	}
	if err := os.MkdirAll("../shots", 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("..", "shots", name+".png"), raw, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// quote is a text as a script has it.
func quote(text string) string {
	raw, err := json.Marshal(text)
	if err != nil {
		panic(err) // texts always have a JSON form
	}
	return string(raw)
}
