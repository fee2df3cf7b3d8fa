package web

import (
	"encoding/base64"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"portico/sandbox/cdksim"
	"portico/store"
)

// accessible says what axe finds on a page, wide and light and on a small dark screen, where nothing but a table scrolls
// sideways.
func (b browser) accessible(address string) {
	b.Helper()
	axe, err := os.ReadFile("../node_modules/axe-core/axe.min.js")
	if err != nil {
		b.Fatalf("reading axe, which npm ci brings: %v", err)
	}
	for _, view := range []struct {
		width  int64
		scheme string
	}{{1100, "light"}, {320, "dark"}} {
		b.look(address, view.width, view.scheme)
		if wide := evaluate[int64](b, "document.documentElement.scrollWidth"); wide > view.width {
			b.Errorf("%s is %d px wide on a screen of %d", address, wide, view.width)
		}
		evaluate[bool](b, string(axe)+"; true")
		for _, v := range evaluate[[]violation](b, violations) {
			b.Errorf("%s, %d px, %s: %s: %s", address, view.width, view.scheme, v.ID, strings.Join(v.Nodes, ", "))
		}
	}
}

// press presses Enter on an element, as a person does who has come to it by the keyboard.
func (b browser) press(selector string) {
	b.Helper()
	b.until(`document.readyState === "complete" && document.querySelector(` + jsText(selector) + `)`)
	// What is swapped in takes the focus to where it was: a person waits for that. Pages without scripts have no timers.
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for held := 0; held < 2; <-look.C {
		if held++; !evaluate[bool](b, "!!document.activeElement?.matches("+jsText(selector)+")") {
			held = 0
			evaluate[bool](b, "document.querySelector("+jsText(selector)+")?.focus(); true")
		}
	}
	b.act(b.ctx, chromedp.KeyEvent("\r"))
}

// choose puts a file into a page's file field, as the dialog of the browser would.
func (b browser) choose(field, name string, content []byte) {
	b.Helper()
	evaluate[bool](b, aFile(name, content)+"{ const f = document.querySelector("+jsText(field)+"); f.files = files.files; f.dispatchEvent(new Event('change', {bubbles: true})); } true")
}

// drop drops a file on a form.
func (b browser) drop(form, name string, content []byte) {
	b.Helper()
	evaluate[bool](b, aFile(name, content)+`{ const at = document.querySelector(`+jsText(form)+` + " label");
		for (const kind of ["dragenter", "dragover", "drop"]) at.dispatchEvent(new DragEvent(kind, {dataTransfer: files, bubbles: true, cancelable: true})); } true`)
}

func aFile(name string, content []byte) string {
	return "var files = new DataTransfer(); files.items.add(new File([Uint8Array.from(atob(`" + base64.StdEncoding.EncodeToString(content) +
		"`), (c) => c.charCodeAt(0))], " + jsText(name) + "));"
}

// The pages of CDK connectors, full, have no violation that axe finds.
func TestAdminCDKAccessible(t *testing.T) {
	d := newDock(t)
	d.token("us-old", "us", d.sim.OtherToken("us"))
	d.fault("deploy:us", "401")
	path := d.deploy("acme-billing", []string{"us", "eu", "ap"}, "emails", "jane.doe@domain.com")
	d.settle()
	d.shared("1 permission added")
	going := d.deploy("acme-crm", []string{"us", "eu"})
	behind := d.deploy("acme-crm", []string{"us"})
	bad := d.upload(cdksim.DemoArchiveWith("acme-billing", "1.0", map[string]string{"src/get_post/handler.ts": "", "src/get_post/a.ctx.json": "{}"}))
	b, site := newBrowser(t), d.serve()
	for _, at := range []string{
		"/admin/cdk", "/admin/cdk?q=none", path, going, behind, bad, d.upload(cdksim.DemoArchive("acme-billing", "1.0", "get_post", "list_posts")),
		d.upload(cdksim.DemoArchive("acme-erp", "2.0", "get_post", "list_posts")),
	} {
		b.accessible(site + at)
	}
}

// A connector is dropped on the page, looked into, deployed to three regions, followed to its end, shared, and deployed again.
func TestAdminCDKInABrowser(t *testing.T) {
	d := newDock(t)
	b, site := newBrowser(t), d.serve()
	archive := cdksim.DemoArchive("acme-billing", "1.0")
	b.look(site+"/admin/cdk", 1100, "light")
	evaluate[bool](b, `new MutationObserver(() => { if (!document.querySelector("[data-part=sending]").hidden) sessionStorage.sent = "yes"; })
		.observe(document.querySelector("form[data-upload]"), {subtree: true, attributes: true}); true`)
	b.drop("form[data-upload]", "notes.txt", make([]byte, 11<<20))
	b.until(`!document.querySelector("[data-part=large]").hidden && document.querySelector("[data-part=name]").textContent === "notes.txt"`)
	b.drop("form[data-upload]", "connector.zip", nil)
	b.until(`document.querySelector("#refused")?.textContent.includes("empty") && document.activeElement === document.querySelector("main")`)
	b.drop("form[data-upload]", "connector.zip", archive)
	b.has("#deploy-now")
	if sent := evaluate[string](b, "sessionStorage.sent"); sent != "yes" {
		t.Error("nothing showed that the file was being sent")
	}
	if text := evaluate[string](b, `document.querySelector("#deploy-now").textContent`); text != "Deploy to 3 regions" {
		t.Errorf("the button says %q", text)
	}
	evaluate[bool](b, `document.querySelector("input[name=account]").focus(); true`)
	b.act(b.ctx, chromedp.KeyEvent(" "))
	if text := evaluate[string](b, `document.querySelector("#deploy-now").textContent`); text != "Deploy to 2 regions" {
		t.Errorf("without one the button says %q", text)
	}
	b.act(b.ctx, chromedp.KeyEvent(" "))
	b.enter("#emails", "jane.doe@domain.com")
	d.control("POST", "/plans", map[string]any{"region": "us", "phases": []any{map[string]any{"status": "Deployed"}}})
	b.press("#deploy-now")
	b.has("[data-testid=region-ap]")
	release := strings.TrimPrefix(evaluate[string](b, "location.pathname"), "/in")

	d.clock.Advance(10 * time.Second)
	d.step(d.row(release, "us").ID)
	d.shared("1 permission added")
	b.until(`document.querySelector("[data-testid=region-us]").textContent.includes("1 permission added")`)
	evaluate[bool](b, `document.querySelector("[data-testid=region-us] summary").click(); true`)
	b.enter("[data-testid=region-us] textarea", "john.doe@domain.com")
	d.settle()
	d.shared("1 permission added")
	b.until(`["us", "eu", "ap"].every((r) => document.querySelector("[data-testid=region-" + r + "]").textContent.includes("Deployed in")) && !document.querySelector("[hx-get]")`)
	if typed := evaluate[string](b, `document.querySelector("[data-testid=region-us] textarea").value`); typed != "john.doe@domain.com" {
		t.Errorf("what was typed while the page changed became %q", typed)
	}
	b.press("[data-testid=region-us] form button")
	b.until(`document.querySelector("[data-testid=region-us]").textContent.includes("john.doe@domain.com")`)
	b.press("#again")
	b.until(`document.querySelector("[data-testid=region-eu]")?.textContent.includes("Building") && !location.pathname.endsWith(` + jsText(release) + `)`)
}

// The same without the page's scripts: by the file's own field, and by loading the page again.
func TestAdminCDKWithoutScripts(t *testing.T) {
	d := newDock(t)
	b, site := newBrowser(t), d.serve()
	b.scripts(false)
	b.look(site+"/admin/cdk", 1100, "light")
	b.choose("#archive", "connector.zip", nil)
	b.press("#send")
	b.has("#refused")
	b.choose("#archive", "connector.zip", cdksim.DemoArchive("acme-billing", "1.0"))
	b.press("#send")
	b.has("#deploy-now")
	if text := evaluate[string](b, `document.querySelector("#deploy-now").textContent`); text != "Deploy to the chosen regions" {
		t.Errorf("the button says %q", text)
	}
	b.press("#deploy-now")
	b.has("[data-testid=region-ap]")
	release := strings.TrimPrefix(evaluate[string](b, "location.pathname"), "/in")
	d.settle()
	b.look(site+release, 1100, "light")
	if text := evaluate[string](b, `document.querySelector("main").textContent`); strings.Count(text, "Deployed in") != 3 {
		t.Errorf("loaded again the page says %q", text)
	}
	b.enter("[data-testid=region-eu] textarea", "jane.doe@domain.com")
	b.press("[data-testid=region-eu] form button")
	b.has("[data-testid=region-eu] [data-testid=share]")
	b.press("#again")
	b.until(`document.querySelector("[data-testid=region-eu]")?.textContent.includes("Building") ?? false`)
	if rows := len(d.releases()); rows != 2 {
		t.Errorf("there are %d releases, want 2", rows)
	}
}

func (d *dock) releases() []store.Release {
	d.Helper()
	list, err := d.store.Releases(d.ctx, "", "", 10)
	if err != nil {
		d.Fatal(err)
	}
	return list
}
