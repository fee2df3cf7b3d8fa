package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"
)

// axe is the accessibility checker that npm brings.
var axe = sync.OnceValues(func() (string, error) {
	raw, err := os.ReadFile("../node_modules/axe-core/axe.min.js")
	if errors.Is(err, fs.ErrNotExist) {
		return "", errors.New("axe-core is not here: run make setup (npm ci --ignore-scripts)")
	}
	return string(raw), err
})

// accessible fails for everything that axe finds against WCAG 2.2 A and AA, and when the page scrolls sideways: wide and
// 320 px narrow, light and dark. It leaves a picture of each.
func (b *tab) accessible(name string) {
	b.t.Helper()
	// Contrast is a matter of the scheme and overflow one of the width: two looks show what four would.
	for _, look := range []struct {
		width  int64
		scheme string
	}{{1100, "light"}, {320, "dark"}} {
		b.looks(look.width, look.scheme)
		b.check(fmt.Sprintf("%s-%d-%s", name, look.width, look.scheme))
	}
	b.looks(1100, "light")
}

// violation is what axe says is wrong, and where.
type violation struct{ ID, Help, Where string }

func (b *tab) check(name string) {
	b.t.Helper()
	script, err := axe()
	if err != nil {
		b.t.Fatal(err)
	}
	b.until(`document.readyState === "complete" && document.querySelector("h1")`)
	found := ask[[]violation](b, script+`; (async () => {
		const r = await axe.run(document, {runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}, resultTypes: ["violations"], iframes: false});
		return r.violations.flatMap((v) => v.nodes.map((n) => ({ID: v.id, Help: v.help, Where: n.html + " " + (n.failureSummary || "")})));
	})()`)
	for _, v := range found {
		b.t.Errorf("%s: %s: %s: %s", name, v.ID, v.Help, words(v.Where))
	}
	if wide := ask[string](b, `(() => {
		const root = document.documentElement;
		if (root.scrollWidth <= root.clientWidth) return "";
		const out = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest("pre, .scroll, .visually-hidden"));
		return root.scrollWidth + " px of " + root.clientWidth + ": " + (out.length ? out[out.length - 1].outerHTML.slice(0, 200) : "?");
	})()`); wide != "" {
		b.t.Errorf("%s scrolls sideways: %s", name, wide)
	}
	b.picture(name)
}

// TestAccessible looks at every page in each of its states.
func TestAccessible(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	t.Run("customers", func(t *testing.T) {
		t.Parallel()
		s.with(t).accessibleToCustomers()
	})
	t.Run("staff", func(t *testing.T) {
		t.Parallel()
		s.with(t).accessibleToStaff()
	})
	t.Run("Activepieces", func(t *testing.T) {
		t.Parallel()
		s.with(t).accessibleAtPieces()
	})
	t.Run("host", func(t *testing.T) {
		t.Parallel()
		s.with(t).accessibleAtHost()
	})
	t.Run("when Tray is silent", func(t *testing.T) {
		t.Parallel()
		newSandbox(t).accessibleInTrouble()
	})
}

func (s *sandbox) accessibleToCustomers() {
	b := newTab(s.t, withScripts)
	s.enter(b)
	b.accessible("catalogue")
	b.open(s.portal + "/integrations?q=nothing+like+that")
	b.accessible("catalogue-nothing")
	b.open(s.portal + "/integrations")
	b.click("Slack alerts for Salesforce deals")
	b.until(`location.pathname.startsWith("/integrations/")`)
	b.accessible("integration")
	b.click("Connect")
	b.until(`document.querySelector("#open")`)
	at := ask[string](b, "location.href")
	b.accessible("steps-first")
	b.click("Use this tab instead")
	b.sees("Name your authentication")
	b.accessible("dialog-name")
	b.click("auth-continue")
	b.until(`document.querySelector("#email")`)
	b.accessible("dialog-consent")
	b.fill("E-mail", "ada@example.com")
	b.fill("Password", canaryPassword)
	b.click("auth-allow")
	b.sees("You are signed in to")
	b.accessible("dialog-finished")
	b.open(at)
	b.accessible("steps-carry-on")
	b.click("check")
	b.sees("Not this one")
	b.accessible("steps-second")
	b.click("open")
	w := b.window(s.tray + "/external/")
	b.accessible("steps-waiting")
	w.close()
	b.click("check")
	b.until(`document.querySelector("[data-testid=looked]")`)
	b.accessible("steps-none-found")
	b.click("open")
	b.window(s.tray + "/external/").signInAtTray("Alerts")
	b.until(`document.querySelector("[data-testid=progress]") || document.querySelector("#power")`)
	b.check("turning-on")
	b.isOn()
	b.accessible("instance")
	b.click("Try it now")
	b.until(`document.querySelector("[data-testid=tried]")`)
	b.accessible("instance-tried")
	b.click("Share it")
	b.sees("Your workspace can see it now")
	b.accessible("instance-shared")
	b.open(at + "/disconnect")
	b.accessible("disconnect")
	b.open(s.portal + "/integrations")
	b.accessible("catalogue-connected")
	b.begin("Jira issues")
	b.accessible("steps-wizard")
	b.click("Use this tab instead")
	b.until(`document.querySelector("[data-testid=wizard-next]")`)
	b.accessible("dialog-wizard")
	b.open(s.portal + "/integrations/none")
	b.accessible("not-found")
	newcomer := newTab(s.t, withScripts)
	newcomer.open(s.portal + "/integrations")
	newcomer.accessible("session-ended")
	newcomer.open(s.portal + "/session/no-such-ticket")
	newcomer.accessible("door-refused")
}

func (s *sandbox) accessibleToStaff() {
	p := s.newcomer()
	p.begins("Slack alerts for Salesforce deals")
	p.gives("Deals")
	p.gives("Alerts")
	p.isOn()
	b := newTab(s.t, withScripts)
	b.open(s.portal + "/admin/sign-in")
	b.accessible("admin-sign-in")
	b.open(s.said("admin_sign_in"))
	b.accessible("admin-instances")
	for _, page := range []string{"workspaces", "catalogue", "jobs", "health", "audit"} {
		b.open(s.portal + "/admin/" + page)
		b.accessible("admin-" + page)
	}
	b.open(s.portal + "/admin/instances/" + p.instanceID())
	ask[bool](b, `document.querySelectorAll("details").forEach((d) => d.open = true), true`)
	b.accessible("admin-instance")
	b.open(s.portal + "/admin/catalogue")
	b.click("Slack alerts for Salesforce deals")
	b.until(`location.pathname.startsWith("/admin/catalogue/")`)
	b.accessible("admin-integration")
	b.open(s.portal + "/admin/workspaces")
	b.click(strings.Replace(p.sub, "person-", "Customer ", 1) + " Ltd")
	b.until(`location.pathname.startsWith("/admin/workspaces/")`)
	b.accessible("admin-workspace")
	b.click(p.name)
	b.until(`location.pathname.startsWith("/admin/users/")`)
	b.accessible("admin-user")
}

func (s *sandbox) accessibleAtHost() {
	b := newTab(s.t, withScripts)
	for _, page := range []string{"login", "register"} {
		b.open(s.host + "/" + page)
		b.accessible("host-" + page)
	}
	s.atHost(b, "Axa Host", "axa@example.com")
	s.embedded(b).sees("Zendesk tickets")
	b.accessible("host-integrations")
	for _, page := range []string{"dashboard", "customers", "developers"} {
		b.open(s.host + "/" + page)
		b.accessible("host-" + page)
	}
}

func (s *sandbox) accessibleInTrouble() {
	b := newTab(s.t, withScripts)
	s.enter(b)
	b.begin("HubSpot contacts")
	s.set("down", true)
	b.click("Use this tab instead")
	b.sees("Tray is not answering as it should")
	b.accessible("tray-silent")
	b.open(s.portal + "/integrations")
	b.click("Exchange rates")
	b.click("Connect")
	b.until(`document.querySelector("[data-testid=attention]")`)
	b.accessible("steps-attention")
	b.open(s.portal + "/integrations")
	b.until(`document.querySelector("[data-testid=need]")`)
	b.accessible("catalogue-needs")
}
