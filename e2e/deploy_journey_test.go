package e2e

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// TestDeployJourney uploads a connector, deploys it to three regions, watches it to its end, shares it and deploys it again:
// in Chromium with scripts, where pages follow by themselves, and without, where they are loaded again.
func TestDeployJourney(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*chrome{"with scripts": withScripts, "without scripts": noScripts} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t)
			b := newTab(t, c)
			b.open(s.said("admin_sign_in"))
			b.deploys(s)
			b.comesTo(s, "Deployed", 3)
			b.sees("Shared with kim@acme.example")
			if n := len(s.cdk().control("GET", "shares", nil).all()); n != len(regions) {
				t.Errorf("Tray has %d permissions, want one in each region", n)
			}
			b.open(s.portal + "/admin/cdk")
			b.sees("Nothing is being deployed")
			b.click(connectorName)
			b.click("again")
			eventually(t, "the same archive at Tray again", func() string {
				if n := len(s.cdk().control("GET", "deployments", nil).all()); n != 2*len(regions) {
					return b.text()
				}
				return ""
			})
			b.comesTo(s, "Deployed", 3)
		})
	}
}

// deploys uploads the sandbox's connector and deploys it to all regions, shared with one person.
func (b *tab) deploys(s *sandbox) {
	b.t.Helper()
	b.open(s.portal + "/admin/cdk")
	b.chooses("#archive", s.said("connector"))
	b.click("send")
	b.sees(connectorName+" 1.0", "get_order", "list_orders")
	b.fill("Share with", "kim@acme.example")
	b.click("deploy-now")
	b.until(`location.pathname.includes("/admin/cdk/releases/")`)
}

// comesTo lets time go by until so many regions of a release are said to be in a state, and nothing goes on any more.
func (b *tab) comesTo(s *sandbox, state string, regions int) {
	b.t.Helper()
	scripted := ask[bool](b, `document.scripts.length > 0 && "htmx" in window`)
	eventually(b.t, state, func() string {
		pills := `[...document.querySelectorAll("#regions [data-testid^=region] > .pill")].filter((p) => p.innerText.trim() === ` + quote(state) + `).length`
		if n, err := evaluate[int](b, pills); err == nil && n == regions {
			if still, err := evaluate[bool](b, `!!document.querySelector("#regions header .pill.busy")`); err == nil && !still {
				return ""
			}
		}
		s.advance(5 * time.Second)
		if !scripted {
			b.do("loading again", reload)
		}
		return b.text()
	})
}

// chooses puts a file into a field for files, as a person does who picks it.
func (b *tab) chooses(field, path string) {
	b.t.Helper()
	b.do("choosing "+path, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		found, err := cdp.Call(ctx, t, runtime.Evaluate, runtime.EvaluateParams{Expression: "document.querySelector(" + quote(field) + ")"})
		if err != nil {
			return err
		}
		if found.Result == nil || found.Result.ObjectID == "" {
			return errors.New("there is no field " + field)
		}
		_, err = cdp.Call(ctx, t, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{path}, ObjectID: found.Result.ObjectID})
		return err
	}))
}
