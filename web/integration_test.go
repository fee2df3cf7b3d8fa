package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"portico/sandbox/piecesim"
	"portico/store"
	"portico/store/storetest"
)

func TestCatalogue(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	slack, zendesk := d.integration("Slack alerts", "Messaging"), d.integration("Zendesk tickets", "Support")
	d.integration("Xero invoices", "Finance", "Support")
	on := d.has("u", slack, store.Enabled)
	d.change(on, func(in *store.Instance) { in.WantEnabled = true })
	d.synced()

	page := d.get("/integrations").count("[data-testid=mine]", 1).count("[data-testid=offer]", 2)
	page.says("[data-testid=mine]", "Slack alerts", "On")
	page.count(`[data-testid=offer] a[href="/in/integrations/`+zendesk.ID+`"]`, 1)
	page.count(`[data-testid=mine] a[href="/in/instances/`+on.ID+`"]`, 1)
	page.says(".chips", "All", "Support", "Finance", "Messaging")
	if got := page.Find("#q").AttrOr("placeholder", ""); got != "Search 3 integrations" {
		t.Errorf("the search says %q", got)
	}
	page.count("[data-testid=age]", 0)

	for _, c := range []struct {
		query        string
		mine, offers int
		says         string
	}{
		{"?q=TICKETS", 0, 1, "1 integration found"},
		{"?q=slack+alerts", 1, 0, "1 integration found"},
		{"?tag=Support", 0, 2, "2 integrations found"},
		{"?tag=Support&q=xero", 0, 1, "1 integration found"},
		{"?q=nothing+like+it", 0, 0, "Nothing here fits your search"},
		{"?q=100%25_", 0, 0, "Nothing here fits your search"},
		{"?page=9", 0, 0, "There is nothing on this page"},
		{"?page=nonsense", 1, 2, "All integrations"},
	} {
		d.get("/integrations"+c.query).count("[data-testid=mine]", c.mine).count("[data-testid=offer]", c.offers).says("#results", c.says)
	}
}

func TestCatalogueInPages(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	for n := range 2*perPage + 1 {
		d.integration(fmt.Sprintf("Integration %02d", n))
	}
	d.synced()
	page := d.get("/integrations").count("[data-testid=offer]", perPage).count(".pager a", 1)
	next := func(from reply) string {
		return strings.TrimPrefix(from.Find(".pager a[rel=next]").AttrOr("href", ""), "/in")
	}
	page = d.get(next(page)).count("[data-testid=offer]", perPage).count(".pager a", 2)
	page = d.get(next(page)).count("[data-testid=offer]", 1).count(".pager a[rel=prev]", 1)
	if got := next(page); got != "" {
		t.Errorf("after the last page comes %q", got)
	}
}

func TestCatalogueSaysWhatNeedsYou(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	gone, silent := d.has("u", d.integration("Gone"), store.Enabled), d.has("u", d.integration("Silent"), store.Enabling)
	d.change(gone, func(in *store.Instance) {
		in.WantEnabled, in.Attention, in.AttentionWho = true, "signin_gone", store.WhoYou
	})
	d.change(silent, func(in *store.Instance) { in.Attention, in.AttentionWho = "unavailable", store.WhoThem })
	page := d.get("/integrations").count("[data-testid=need]", 2)
	page.says("[data-testid=need].warn", "Gone", "no longer has a sign-in").says("[data-testid=need].info", "Silent", "not answering")
	page.says("[data-testid=mine]", "Needs you", "Waiting")
}

func TestCatalogueWhereThereIsLittle(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	d.get("/integrations").says(".empty", "on its way").count("#q", 0)

	d.synced()
	d.server.facets.kept.InvalidateAll()
	d.get("/integrations").says(".empty", "nothing to connect yet")

	d.has("u", d.integration("Only one"), store.Disabled)
	d.server.facets.kept.InvalidateAll()
	d.get("/integrations").says(".empty", "everything there is").says("[data-testid=mine]", "Off")

	d.clock.Advance(20 * time.Minute)
	d.server.facets.kept.InvalidateAll()
	d.get("/integrations").says("[data-testid=age]", "as of 20 min ago")
}

func TestCatalogueIsEscaped(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	d.integration(`<img src=x onerror=alert(1)>`, `"><script>`)
	page := d.get("/integrations?q="+"%22%3E%3Cscript%3E").count("main script", 0).count(`img[src="x"]`, 0)
	if got := page.value("#q"); got != `"><script>` {
		t.Errorf("the search holds %q", got)
	}
}

func TestStepsOnCards(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	in := d.has("u", d.integration("Two sign-ins"), store.Authorizing)
	d.slot(in, store.Slot{ExternalID: "one", AuthenticationID: "a1"})
	d.slot(in, store.Slot{ExternalID: "two", Position: 1})
	d.has("u", d.integration("Wizard"), store.Configuring)
	d.get("/integrations").says("[data-testid=mine]", "Step 2 of 3", "Step 1 of 2", "Carry on")
}

func TestIntegrationPage(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	g := d.integration("Salesforce", "CRM")
	path := "/integrations/" + g.ID
	d.get(path).says("main", "A sign-in for Salesforce", "CRM").says("form button", "Connect").count("input[name=another]", 0).says("form", "Everyone in Acme can see it")

	begun := d.has("u", g, store.Authorizing)
	d.get(path).says("main", "Carry on").count(`a.primary[href="/in/instances/`+begun.ID+`"]`, 1).count("form", 0)

	d.change(begun, func(in *store.Instance) { in.State, in.WantEnabled = store.Enabled, true })
	d.get(path).says("form button", "Connect another").count("input[name=another]", 1).says("#connected", "Connected already")

	storetest.Update(t, d.store, func(tx *store.Tx) error {
		g.CustomFields = map[string]string{"forceunique": "yes"}
		_, err := tx.PutIntegration(d.ctx, g)
		return err
	})
	d.get(path).says("main", "once is all").count("form", 0)
}

// What a person has at hand is said in the service's name, and not for what the host signs in to by itself.
func TestIntegrationNeedsWhatTheHostLacks(t *testing.T) {
	y := newYard(t, piecesim.Options{})
	y.enter("u", store.RoleMember)
	g := storetest.Integration(t, y.store, y.pieces, "Flavours by post")
	storetest.Update(t, y.store, func(tx *store.Tx) error {
		return tx.SetIntegrationSlots(y.ctx, g.ID, store.SlotAuth, []store.IntegrationSlot{
			{Kind: store.SlotAuth, ExternalID: "g", Title: "Gelato", Service: gelatoPiece}, {Kind: store.SlotAuth, ExternalID: "s", Title: "Stripe", Service: "@activepieces/piece-stripe"},
		})
	})
	needs := func() string { return y.get("/integrations/" + g.ID).text("dl") }
	if got := needs(); !strings.Contains(got, "A sign-in for Gelato") || !strings.Contains(got, "A sign-in for Stripe") || strings.Contains(got, "@") {
		t.Errorf("got %q", got)
	}
	y.predefine("k")
	if got := needs(); !strings.Contains(got, "A sign-in for Stripe") || strings.Contains(got, "Gelato") {
		t.Errorf("got %q once the host signs in to Gelato", got)
	}
}

func TestConnectIsForMembers(t *testing.T) {
	d := newVisit(t, store.RoleViewer)
	g := d.integration("Salesforce")
	d.get("/integrations/"+g.ID).count("form", 0).says("main", "not connect them")
	d.post("/integrations/"+g.ID+"/connect").is(403).says("main", "not change it")
}

func TestIcon(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	g := d.integration("Salesforce")
	icon := store.Icon{ID: "0123abcd", Body: []byte("\x89PNG picture"), Type: "image/png"}
	storetest.Update(t, d.store, func(tx *store.Tx) error { return tx.SetIcon(d.ctx, g.ID, "https://x.example/i.png", &icon) })
	src := d.get("/integrations").Find("[data-testid=offer] img").AttrOr("src", "")
	if src != "/in/icons/0123abcd.png" {
		t.Fatalf("the picture is at %q", src)
	}
	d.cookies = nil // pictures are for anybody
	r := d.answer("GET", src, nil)
	if r.StatusCode != 200 || r.Header.Get("Content-Type") != "image/png" || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("got %s with %v", r.Status, r.Header)
	}
	for _, none := range []string{"/icons/ffff.png", "/icons/0123abcd", "/icons/..%2f"} {
		d.ask("GET", none, nil).is(404)
	}
}
