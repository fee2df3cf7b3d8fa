package web

import (
	"fmt"
	"strings"
	"testing"

	"portico/portal"
	"portico/sandbox/piecesim"
	"portico/secret"
	"portico/store"
	"portico/store/storetest"
)

func TestAdminPickPiece(t *testing.T) {
	y := newYard(t, piecesim.Options{}).yardAs(store.StaffAdmin)
	path := "/admin/activepieces/" + y.pieces.ID + "/pieces"
	page := y.get(path).count("#results li", 6).says("#results", "Gelato", "Custom authentication", "HTTP", "No sign-in")
	if got := page.Find("#q[hx-get][hx-trigger][hx-target='#results']").Length(); got != 1 {
		t.Error("the search does not answer as one types")
	}
	y.get(path+"?q=gel").count("#results li", 1).says("#results", "gelato 0.1.0")
	y.get(path+"?q=none").says(".empty", "Nothing found")
	many := someServices()
	for n := range adminPieceLines {
		many = append(many, store.Piece{Name: fmt.Sprintf("@activepieces/piece-z%02d", n), Title: fmt.Sprintf("Z %02d", n)})
	}
	storetest.Update(t, y.store, func(tx *store.Tx) error { return tx.PutPieces(y.ctx, y.pieces.ID, many) })
	first := y.get(path).count("#results li", adminPieceLines)
	y.get(strings.TrimPrefix(first.Find("a[rel=next]").AttrOr("href", ""), "/in")).count("#results li", 6).count("nav.pager a", 1)
	for _, form := range []string{"", "?piece="} {
		if to := y.ask("GET", "/admin/activepieces/"+y.pieces.ID+"/connections/new"+form, nil).is(303).location; to != path {
			t.Errorf("without a piece one is led to %s", to)
		}
	}
}

// Each way to sign in has the form that it asks for.
func TestAdminPredefinedForms(t *testing.T) {
	y := newYard(t, piecesim.Options{}).yardAs(store.StaffAdmin)
	y.customers(1)
	form := func(piece, way string) reply {
		return y.get("/admin/activepieces/" + y.pieces.ID + "/connections/new?piece=@activepieces/piece-" + piece + "&way=" + way)
	}
	gelato := form("gelato", "").count("fieldset.from", 2).count("input[type=password]", 1).count("#attributes option", 2)
	gelato.says("[data-testid=preview]", "Customer 000", "gelato_org_000").count(`[data-testid=field-storeId] select option[value=none]`, 0)
	tools := form("tools", "").count("fieldset.from", 5).count("select[name='value:region'] option", 3).count("select[name='value:parts'][multiple]", 1).count("textarea", 1)
	tools.says("details", "Make a key").count("[data-testid=field-notes] select option[value=none]", 1)
	if tools.value("input[name='value:size']") != "100" {
		t.Error("a field's default is not filled in")
	}
	form("http", "").says("[data-testid=open]", "asks for no sign-in").count("main form", 0)
	form("sheets", "").says("[data-testid=consent]", "each customer is asked to sign in").count("fieldset.from", 0).says("nav.chips [aria-current]", "Sign-in (OAuth)")
	form("sheets", "CUSTOM_AUTH").count("fieldset.from", 1).count("[data-testid=consent]", 0).says("nav.chips [aria-current]", "Custom authentication")
	form("bank", "").count("[data-testid=consent] input[value=person][checked]", 1).count("input[name='value:client_secret'][type=password]", 1)
	y.get("/admin/activepieces/"+y.pieces.ID+"/connections/new?piece="+gelatoPiece+"&pattern=x_{externalProjectId}").says("[data-testid=preview]", "x_")
}

// A connection is made, shown without its values, changed, and its secret kept where nothing new is typed.
func TestAdminPredefinedJourney(t *testing.T) {
	y := newYard(t, piecesim.Options{}).yardAs(store.StaffAdmin)
	w := y.customers(2)[0]
	list := "/admin/activepieces/" + y.pieces.ID + "/connections"
	y.get(list).says(".empty", "Nothing is predefined")

	// Looked at, and refused: what was typed comes back, secrets do not.
	for _, test := range []struct {
		form   []string
		status int
		says   string
	}{
		{append(gelatoForm("key-canary", "store"), "do", "preview"), 200, "Enter them once more"},
		{gelatoForm("key-canary", ""), 422, "Say which attribute"},
		{gelatoForm("", "store"), 422, "Enter a value for API key"},
		{append([]string{"stop", "0"}, gelatoForm("key-canary", "store")...), 422, "1 to 100 percent"},
		{append([]string{"pattern", "{nonsense}"}, gelatoForm("key-canary", "store")...), 422, "{externalProjectId}"},
	} {
		page := y.post(list, test.form...).is(test.status).says("main form", test.says)
		if strings.Contains(page.body, "canary") {
			t.Error("a secret came back")
		}
		if at := page.Find("html").AttrOr("data-path", ""); !strings.HasPrefix(at, list+"/new?piece=") {
			t.Errorf("the page comes back to %q", at)
		}
		page.count("[data-testid=field-storeId] option[value=attribute][selected]", 1)
	}
	y.post(list, gelatoForm(secret.Text(strings.Repeat("x", 5<<20)), "store")...).is(413).says("main", "too much at once")
	if codes := y.codes(); len(codes) != 0 {
		t.Errorf("what was not saved is in the audit log: %v", codes)
	}
	to := y.post(list, gelatoForm("key-canary", "store")...).is(303).location
	one, _, _ := strings.Cut(to, "?")
	page := y.get(to).says("[role=status]", "Nothing has been sent yet").says("h1", "Gelato").says(".head", "Apply to 3 customers").says("#customers", "No customer has it yet")
	page.count("input[name='value:apiKey'][value='']", 1).says("#code", "connections.get(`gelato_${await project.externalId()}`)", "requireAuth: false")
	if got, _ := page.Find("input[name='value:apiKey']").Attr("placeholder"); !strings.Contains(got, "Kept") {
		t.Errorf("the kept key is shown as %q", got)
	}
	y.get(list).says("tbody", "Gelato", "Custom authentication", "Not sent yet")

	// Tried on one, found in its project under its name.
	tried := y.get(y.post(one+"/try/"+w.ID).is(303).location).says("[data-testid=tried]", "Customer 000", "Active", "gelato_org_000")
	tried.says("[data-testid=tried] dl", "Connections that the name leads to1")
	y.get(one).says("[data-testid='customer-Customer 000']", "Active").says("[data-testid=proof]", "In 1 of 1 projects").says(".head", "Apply to 2 customers")

	// Changed without a new key: the key is kept.
	y.get(y.post(one, append(gelatoForm("", "store"), "title", "Ice cream")...).is(303).location).says("h1", "Ice cream").says(".head", "Apply to 3 customers")
	id := one[strings.LastIndexByte(one, '/')+1:]
	c := storetest.Must[store.PredefinedConnection](t)(y.store.PredefinedConnection(y.ctx, id))
	if values := storetest.Must[map[string]secret.Text](t)(y.store.FixedValues(y.ctx, c)); values["apiKey"] != "key-canary" {
		t.Error("the key was not kept")
	}
	y.post(one, append(gelatoForm("", "store"), "title", strings.Repeat("x", 121))...).is(422).says("#problem", "too long").count("#customers", 1)

	// Applied after a look at whom it touches; removed after a look at what goes.
	y.get(one+"/apply").says("h1", "Apply Ice cream to 3 customers?").says("[data-testid=touched]", "Customer 000", "acme").says("main", "more than 20 %")
	y.get(y.post(one+"/apply").is(303).location).says("h1", "Apply Ice cream to all customers").says("[data-testid=bar]", "0 of 3 customers")
	y.get(one).count("[data-testid=rolling] progress", 1).count(".head a[href$=apply]", 0)
	y.get(one+"/remove").says("main", "1 project", "forgotten")
	y.get(y.post(one+"/remove").is(303).location).says("h1", "Remove Ice cream from all customers")
	y.get(one).count("#pattern", 0).count("a[href$=try]", 0)
	if codes := y.codes(); strings.Join(codes, " ") != "predefined.created predefined.tried predefined.changed predefined.applied predefined.removed" {
		t.Errorf("the audit log has %v", codes)
	}
}

// The service's own words are shown to staff, and a repair sends the connection anew.
func TestAdminRefusedAndRepaired(t *testing.T) {
	y := newYard(t, piecesim.Options{}).yardAs(store.StaffAdmin)
	w, c := y.customers(1)[0], y.predefine("revoked")
	one := "/admin/activepieces/connections/" + c.ID
	y.get(y.post(one+"/try/"+w.ID).is(303).location).says("[data-testid=tried]", "Refused", "Gelato: key")
	y.get(one).says("[data-testid='customer-Customer 000']", "Refused", "Gelato: key", "Repair")
	y.post(one, gelatoForm("good", "store")...).is(303)
	y.get(y.as(store.StaffSupport).post(one+"/repair/"+w.ID).is(303).location).says("[role=status]", "sent anew").says("[data-testid='customer-Customer 000']", "Active")

	y.configure(func(a *store.Account) { a.Token = "sk-other" })
	y.get(y.post(one+"/try/"+w.ID).is(303).location).says("[data-testid=tried]", "does not take our API key")
	y.as(store.StaffViewer).get(one).count("main form", 0).says("main", "One value for all", "From the customer’s record: store")
}

// How a connection stands is counted, filtered and paged; what is out of step is said first.
func TestAdminCustomers(t *testing.T) {
	y := newYard(t, piecesim.Options{}).yardAs(store.StaffSupport)
	spaces, c := y.customers(adminSecond+5), y.predefine("key")
	for n, state := range []string{store.ConnMissing, store.ConnChanged, store.ConnError, store.ConnAsked} {
		y.connection(c, spaces[n], state, "", 1)
	}
	for _, w := range spaces[4:] {
		y.connection(c, w, store.ConnActive, "", 1)
	}
	one := "/admin/activepieces/connections/" + c.ID
	page := y.get(one).says("[data-testid=out-of-step]", "2 customers are out of step", "Check and repair").says("[data-testid=errors]", "1 customer has").count("#customers tbody tr", adminSecond)
	page.count("#watch", 0).says("#customers nav.chips [aria-current]", "All 30").says("#customers nav.chips", "Missing 1", "Active 26")
	y.get(strings.TrimPrefix(page.Find("#customers a[rel=next]").AttrOr("href", ""), "/in")).count("#customers tbody tr", 5)
	y.get(one+"?state=error").count("#customers tbody tr", 1).says("#customers tbody", "Customer 002").count("form[action*=repair]", 1)
	y.get(one+"?state=asked").says("#customers tbody", "Waits for the customer").count("form[action*=repair]", 0)
	y.get(one+"?state=nonsense").count("#customers tbody tr", adminSecond)
	y.get(y.post(one+"/check").is(303).location).says("[role=status]", "being asked about every connection")

	y.connection(c, storetest.Must[store.Workspace](t)(y.store.Workspace(y.ctx, y.acme.ID)), store.ConnChecking, "", 1)
	y.get(one).count("#customers #watch[hx-target='#customers'][hx-select='#customers']", 1) // what is typed beside it stays
	y.get(one+"/try?workspace="+y.acme.ID).count("#tried progress", 1).count("#tried #watch", 1)
	y.get(one+"/try?q=customer+00").says("#results", "Customer 009").count("#results form", 10)
	y.get(one+"/try?q=nobody").says("#results .empty", "Nothing found")
}

// A way that needs a person asks each customer; one that also does without takes our ID and secret.
func TestAdminConsent(t *testing.T) {
	y := newYard(t, piecesim.Options{}).yardAs(store.StaffAdmin)
	list := "/admin/activepieces/" + y.pieces.ID + "/connections"
	form := []string{"piece", "@activepieces/piece-bank", "way", "OAUTH2", "pattern", portal.DefaultPattern, "stop", "10",
		"source:client_id", store.FromAll, "value:client_id", "id1", "source:client_secret", store.FromAll, "value:client_secret", "key-canary", "source:scope", "none"}
	made := func(form []string) store.PredefinedConnection {
		to := y.post(list, form...).is(303).location
		one, _, _ := strings.Cut(to, "?")
		return storetest.Must[store.PredefinedConnection](t)(y.store.PredefinedConnection(y.ctx, one[strings.LastIndexByte(one, '/')+1:]))
	}
	person := made(append(form, "consent", "person", "title", "By a person"))
	if !portal.NeedsConsent(person) || len(person.Fields) != 0 {
		t.Errorf("a person was chosen, and it has the fields %v", person.Fields)
	}
	y.get("/admin/activepieces/connections/"+person.ID).count("input[value=person][checked]", 1)
	client := made(append([]string{"consent", "client", "pattern", "bank2_{externalProjectId}"}, form...))
	if len(client.Fields) != 2 || portal.NeedsConsent(client) {
		t.Errorf("a client was chosen, and it has the fields %v", client.Fields)
	}
	y.get("/admin/activepieces/connections/"+client.ID).count("input[value=client][checked]", 1).count("[data-testid=field-scope] option[value=none][selected]", 1)
}

func TestAdminRollout(t *testing.T) {
	y := newYard(t, piecesim.Options{}).yardAs(store.StaffViewer)
	y.customers(4)
	c := y.predefine("key")
	o := y.rollout(store.Rollout{Kind: store.RolloutApply, PredefinedID: c.ID, StopPercent: 30}, store.ItemFailed, store.ItemDone, store.ItemAsked, store.ItemFailed)
	path := "/admin/activepieces/rollouts/" + o.ID
	page := y.get(path).says("h1", "Apply Gelato to all customers").says("[data-testid=bar]", "4 of 5 customers").count("progress[max='5'][value='4']", 1).count("#watch", 1).count("main form", 0)
	page.says("tbody", "Gelato: key revoked").count("tbody tr", 2).says("dl", "Failed2", "Left1")
	y.get(path+"?state=asked").count("tbody tr", 1).says("h2", "asked for a value")
	y.get(path+"?state=done").count("tbody tr", 1)
	y.get(y.as(store.StaffAdmin).post(path+"/stop").is(303).location).says("[data-testid=verdict]", "2 of the 4 tried", "the limit is 30 %").count("#watch", 0)
	y.post(path + "/stop").is(409)
	y.get(y.post(path+"/resume").is(303).location).says("[data-testid=verdict]", "in the background").says("[data-testid=bar]", "2 of 5").says("main", "Nothing has failed")
	storetest.Update(t, y.store, func(tx *store.Tx) error {
		_, err := tx.EndRollout(y.ctx, o.ID, store.RolloutStopped)
		return err
	})
	y.get(path).says("[data-testid=verdict]", "Stopped. What is done stays").count("#resume", 1)
	y.get("/admin/activepieces/connections/"+c.ID).says("[data-testid=stopped]", "stopped before its end")
}
