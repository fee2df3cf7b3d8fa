package web

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"portico/store"
	"portico/store/storetest"
	"portico/upstream/commercetools"
)

// scripts turns a page's own scripts on or off; those of the test still run.
func (b browser) scripts(on bool) {
	b.Helper()
	set := func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return chromedp.Void{}, err
	}
	if err := chromedp.Do(b.ctx, set); err != nil {
		b.Fatal(err)
	}
}

// has waits until a page has an element.
func (b browser) has(selector string) {
	b.Helper()
	b.act(b.ctx, chromedp.WaitReady(chromedp.CSS(selector)))
}

func jsText(text string) string { return "`" + strings.ReplaceAll(text, "`", "\\`") + "`" }

// enter types into a field, over what stands there, as a person does who has come to it.
func (b browser) enter(field, text string) {
	b.Helper()
	evaluate[bool](b, "{ const f = document.querySelector("+jsText(field)+"); f.focus(); f.select(); } true")
	b.act(b.ctx, chromedp.KeyEvent(text))
}

// The pages of deployments have no violation that axe finds, wide and light and on a small dark screen, and nothing but a
// table scrolls sideways.
func TestAdminDeploymentsAccessible(t *testing.T) {
	axe, err := os.ReadFile("../node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("reading axe, which npm ci brings: %v", err)
	}
	s := newShop(t)
	b := newBrowser(t)
	site := s.serve()
	for path := range s.busyShop() {
		for _, view := range []struct {
			width  int64
			scheme string
		}{{1100, "light"}, {320, "dark"}} {
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

// busyShop is the addresses of pages about one of everything.
func (s *shop) busyShop() map[string]bool {
	s.Helper()
	draft := s.published("loyalty", shopLoyalty, "v1.0.0")
	d := s.deployed(draft)
	set, err := s.portal.SaveProfileOf(s.ctx, s.actor, "Live "+strings.Repeat("and more ", 8), d.ID)
	if err != nil {
		s.Fatal(err)
	}
	s.update(draft.ID, commercetools.SetRepository(shopLoyalty, "v1.1.0"), commercetools.Publish(false))
	spread := s.published("bloomreach", shopBloomreach, "v1.0.0")
	one := "/admin/connect/deployments/" + d.ID
	return map[string]bool{
		"/admin/connect": true, one: true, one + "/redeploy": true, one + "/undeploy": true, "/admin/connect/accounts/" + s.us.ID + "/deployments": true,
		"/admin/connect/drafts/" + spread.ID + "/deploy?what=published": true, "/admin/connect/profiles": true, "/admin/connect/profiles/" + set.ID: true,
	}
}

// A person deploys and redeploys by keyboard, with scripts and without; what each application has of its own appears once it
// is asked for.
func TestAdminDeployInABrowser(t *testing.T) {
	axe, err := os.ReadFile("../node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("reading axe, which npm ci brings: %v", err)
	}
	s := newShop(t)
	draft := s.published("loyalty", shopLoyalty, "v1.0.0")
	spread := s.published("bloomreach", shopBloomreach, "v1.0.0")
	b, site := newBrowser(t), s.serve()
	for _, on := range []bool{true, false} {
		b.scripts(on)
		b.look(site+"/admin/connect/drafts/"+spread.ID+"/deploy?what=published", 1100, "light")
		shown := `["once", "each"].map((c) => document.querySelector("[data-key=CTP_REGION] > ." + c).checkVisibility()).join(" ")`
		if got := evaluate[string](b, shown); got != "true false" {
			t.Errorf("before it differs, shown are %s", got)
		}
		evaluate[bool](b, `document.querySelector("[name=differ][value=CTP_REGION]").focus(); true`)
		b.act(b.ctx, chromedp.KeyEvent(" "))
		if got := evaluate[string](b, shown); got != "false true" {
			t.Errorf("once it differs, shown are %s", got)
		}

		key := map[bool]string{true: "by-script", false: "without"}[on]
		b.look(site+"/admin/connect/drafts/"+draft.ID+"/deploy?what=published", 1100, "light")
		b.enter("#target-0-key", key)
		b.act(b.ctx, chromedp.KeyEvent("\r")) // Enter looks, it never sends
		b.has("[data-testid=faults]")
		evaluate[bool](b, `document.querySelector("#target-0").focus(); true`)
		b.act(b.ctx, chromedp.KeyEvent(" "))
		for n := 0; n < len(loyaltyFields); n += 2 {
			b.enter("[name='"+loyaltyFields[n]+"']", loyaltyFields[n+1])
		}
		b.act(b.ctx, chromedp.KeyEvent("\r"))
		b.has("#send")
		if on { // it needs the page's timers
			evaluate[bool](b, string(axe)+"; true")
			for _, v := range evaluate[[]violation](b, violations) {
				t.Errorf("what is looked at: %s: %s", v.ID, strings.Join(v.Nodes, ", "))
			}
		}
		if strings.Contains(evaluate[string](b, "document.documentElement.outerHTML"), "canary-") {
			t.Error("a secret came back")
		}
		evaluate[bool](b, `document.querySelector("#send").focus(); true`)
		b.act(b.ctx, chromedp.KeyEvent("\r"))
		b.has("[data-testid=applications]")
		if d := storetest.Must[store.ConnectDeployment](t)(s.store.ConnectDeploymentByKey(s.ctx, s.us.ID, key)); d.Type != commercetools.DeploySandbox {
			t.Errorf("the deployment is %+v", d)
		}
	}
}
