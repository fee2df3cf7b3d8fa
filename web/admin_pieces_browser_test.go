package web

import (
	"os"
	"strings"
	"testing"

	"portico/sandbox/piecesim"
	"portico/store"
	"portico/store/storetest"
)

// full is a yard with something of everything that its pages show, and the addresses of those pages.
func (y *yard) full() (paths []string) {
	y.Helper()
	storetest.Update(y, y.store, func(tx *store.Tx) error {
		return tx.SetServer(y.ctx, y.pieces.ID, store.Server{
			Version: "0.86.0", Edition: "ee", PlatformID: "platform-0123456789ab", Embedding: true, ManyProjects: true, GlobalConnections: true, CheckedAt: y.clock.Now(),
		})
	})
	c, spaces := y.predefine("key-canary"), y.customers(30)
	details := map[string]string{
		store.ConnError: store.OwnReason("error", ""), store.ConnRefused: "Gelato: key revoked", store.ConnFailed: store.OwnReason("attribute_missing", "store"),
	}
	for n, state := range everyState() {
		y.connection(c, spaces[n], state, details[state], 1)
	}
	failed := y.rollout(store.Rollout{Kind: store.RolloutApply, PredefinedID: c.ID, StopPercent: 20}, store.ItemDone, store.ItemFailed, store.ItemAsked, store.ItemFailed, store.ItemDone)
	storetest.Update(y, y.store, func(tx *store.Tx) error {
		_, err := tx.EndRollout(y.ctx, failed.ID, store.RolloutStopped)
		return err
	})
	backfill := y.rollout(store.Rollout{Kind: store.RolloutBackfill, StopPercent: 20}, store.ItemDone, store.ItemDone, store.ItemFailed, store.ItemDone)
	broken := storetest.Integration(y, y.store, y.pieces, "Two flows")
	storetest.Integration(y, y.store, y.pieces, "New flavour to Slack")
	storetest.Update(y, y.store, func(tx *store.Tx) error {
		broken.Shown, broken.Problem = false, "several_flows"
		_, err := tx.PutIntegration(y.ctx, broken)
		return err
	})
	y.as(store.StaffSupport).post("/admin/activepieces/" + y.pieces.ID + "/projects/" + spaces[0].ID).is(303)
	y.as(store.StaffAdmin)
	at, one := "/admin/activepieces/"+y.pieces.ID, "/admin/activepieces/connections/"+c.ID
	return []string{
		at, at + "/projects", at + "/projects/" + spaces[0].ID + "/delete", at + "/connections", at + "/pieces",
		at + "/connections/new?piece=" + gelatoPiece, at + "/connections/new?piece=@activepieces/piece-tools", at + "/connections/new?piece=@activepieces/piece-bank",
		at + "/connections/new?piece=@activepieces/piece-http", at + "/connections/new?piece=@activepieces/piece-sheets",
		one, one + "/try?workspace=" + spaces[2].ID, one + "/apply", one + "/remove",
		"/admin/activepieces/rollouts/" + failed.ID, "/admin/activepieces/rollouts/" + backfill.ID,
		"/admin/workspaces/" + spaces[0].ID, "/admin/catalogue?account=" + y.pieces.ID, "/admin/catalogue/" + broken.ID,
	}
}

// everyState is every state of a connection, and an active one more.
func everyState() []string {
	return []string{
		store.ConnActive, store.ConnError, store.ConnRefused, store.ConnFailed, store.ConnMissing, store.ConnChanged, store.ConnDouble,
		store.ConnAsked, store.ConnWaiting, store.ConnChecking, store.ConnRemoving, store.ConnActive,
	}
}

// The pages about an Activepieces, full, have no violation that axe finds, light and dark, wide and 320 px wide.
func TestAdminPiecesAccessible(t *testing.T) {
	axe, err := os.ReadFile("../node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("reading axe, which npm ci brings: %v", err)
	}
	y := newYard(t, piecesim.Options{})
	paths := y.full()
	site, b := y.serve(), newBrowser(t)
	for _, path := range paths {
		for _, view := range []struct {
			width  int64
			scheme string
		}{{1200, "dark"}, {320, "light"}} {
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

// The name is shown as one types it; what goes on beside a form is looked at again, and what was typed stays.
func TestAdminPredefinedAsOneTypes(t *testing.T) {
	y := newYard(t, piecesim.Options{}).yardAs(store.StaffAdmin)
	w, c := y.customers(1)[0], y.predefine("key")
	y.connection(c, w, store.ConnChecking, "", 0)
	site, b := y.serve(), newBrowser(t)
	b.look(site+"/admin/activepieces/connections/"+c.ID, 1200, "light")
	evaluate[bool](b, `const pattern = document.querySelector("#pattern"); pattern.value = "ice_{externalProjectId}";
		pattern.dispatchEvent(new Event("input", {bubbles: true})); true`)
	b.until(`document.querySelector("#preview").textContent.includes("ice_org_000")`)

	if shown := evaluate[string](b, `["all", "attribute"].map((from) => getComputedStyle(document.querySelector("[data-testid=field-apiKey] [data-from=" + from + "]")).display).join(" ")`); shown != "block none" {
		t.Errorf("of a value that is the same for all is shown %s", shown)
	}
	evaluate[bool](b, `document.querySelector("#title").value = "Typed"; true`)
	y.connection(c, w, store.ConnActive, "", 1)
	b.until(`document.querySelector("#customers").textContent.includes("Active") && !document.querySelector("#watch")`)
	if typed := evaluate[string](b, `document.querySelector("#title").value + " " + document.querySelector("#pattern").value`); typed != "Typed ice_{externalProjectId}" {
		t.Errorf("what was typed became %q", typed)
	}
}
