package web

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"portico/store"
	"portico/upstream/commercetools"
)

// The pages of drafts, operations and connect.yaml, full, have no violation that axe finds.
func TestAdminDraftsAccessible(t *testing.T) {
	s := newShop(t)
	d, other := s.draft("orders"), s.draft(strings.Repeat("a-long-key-", 12))
	s.seen(d, func(doc *commercetools.Draft) {
		doc.Status, doc.IsPreviewable = "FEEDBACK_REQUIRED", commercetools.PreviewFalse
		doc.CertificationInfo.Comments = []commercetools.Comment{{UserID: "team", Comment: "Please add a logo.\n" + strings.Repeat("x", 200)}}
		doc.PreviewableReport.Entries = []commercetools.ReportEntry{{Type: commercetools.EntryError, Title: "SAST failed"}, {Type: commercetools.EntryInformation, Title: "Skipped", Application: "service"}}
	})
	failed := s.asks(d, store.OpFailed, "GitRepositoryNotReachable")
	moved := s.send(s.fill(s.get("/admin/connect/drafts/"+other.ID+"/edit"), "/admin/connect/drafts/"+other.ID+"/edit", "review", "description", "More"), "/admin/connect/drafts/"+other.ID+"/edit").location
	b, site := newBrowser(t), s.serve()
	for _, at := range []string{
		"/admin/connect", "/admin/connect/drafts/" + d.ID, "/admin/connect/drafts/" + other.ID, "/admin/connect/drafts/" + d.ID + "/edit", "/admin/connect/drafts/" + d.ID + "/delete",
		"/admin/connect/accounts/" + s.us.ID + "/drafts/new", "/admin/connect/operations/" + failed.ID, moved, yamlPath,
	} {
		b.accessible(site + at)
	}
}

// A draft is edited, looked over and sent by keyboard, with scripts and without.
func TestAdminDraftInABrowser(t *testing.T) {
	s := newShop(t)
	d := s.draft("orders")
	b, site := newBrowser(t), s.serve()
	for _, on := range []bool{true, false} {
		said := map[bool]string{true: "With scripts", false: "Without them"}[on]
		b.scripts(on)
		b.look(site+"/admin/connect/drafts/"+d.ID+"/edit", 1100, "light")
		b.enter("#documentationUrl", "nowhere")
		b.act(b.ctx, chromedp.KeyEvent("\r")) // Enter looks it over, it never sends
		b.has("[data-testid=faults]")
		evaluate[bool](b, `document.querySelector("[data-testid=faults] a").click(); true`)
		b.until(`document.querySelector(":target")?.id === "documentationUrl"`) // what is wrong leads there
		b.enter("#documentationUrl", "https://docs.example/"+strings.ReplaceAll(said, " ", "-"))
		b.enter("#description", said)
		b.press("#look")
		b.has("[data-testid=review] #send")
		if got := evaluate[string](b, `[...document.querySelectorAll("[data-testid=review] ins")].map((e) => e.textContent).join(" ")`); !strings.Contains(got, said) {
			t.Errorf("what will be sent is %q", got)
		}
		b.press("#send")
		b.has("#act-preview")
		b.until(`document.querySelector("main").textContent.includes(` + jsText(said) + `)`)
	}
	b.scripts(true)
	b.look(site+"/admin/connect/drafts/"+d.ID, 1100, "light")
	b.press("#act-preview")
	b.until(`document.querySelector("main").textContent.includes("Pending") && document.querySelector("#act-preview").disabled`)
	s.copied(5 * 60e9)
	b.until(`document.querySelector("main").textContent.includes("Accepted") && !!document.querySelector("a#act-deployPreview")`)
}

// A connect.yaml is pasted or chosen, and its problem leads to its line, with scripts and without.
func TestAdminYAMLInABrowser(t *testing.T) {
	s := newShop(t)
	b, site := newBrowser(t), s.serve()
	for _, on := range []bool{true, false} {
		b.scripts(on)
		b.look(site+yamlPath, 1100, "light")
		b.press("#check")
		b.has("p[data-testid=verdict].good")
		b.choose("#upload", "connect.yaml", []byte("deployAs:\n  - name: service\n    applicationType: servce\n"))
		b.press("#check")
		b.has("section[data-testid=verdict]")
		b.press("[data-testid=verdict] li a")
		b.until(`document.querySelector(":target")?.textContent.includes("applicationType: servce")`)
	}
	b.scripts(true)
	for _, width := range []int64{1100, 320} {
		b.look(site+yamlPath, width, "dark")
		b.choose("#upload", "connect.yaml", []byte("deployAs:\n  - name: service\n    applicationType: "+strings.Repeat("long", 100)+"\n"))
		b.press("#check")
		b.has("section[data-testid=verdict]")
		if wide := evaluate[int64](b, "document.documentElement.scrollWidth"); wide > width {
			t.Errorf("with a long line the page is %d px wide on a screen of %d", wide, width)
		}
	}
}
