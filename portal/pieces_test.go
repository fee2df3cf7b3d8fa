package portal

import (
	"strings"
	"testing"
	"time"

	"portico/secret"
	"portico/store"
)

// template is the demo template that begins with a title, published.
func (w *world) template(title string) store.Integration {
	w.Helper()
	g := w.integration(func(g store.Integration, _ []store.IntegrationSlot) bool { return strings.HasPrefix(g.Title, title) })
	w.ok(w.portal.SetIntegration(w.ctx, store.Actor{Kind: store.ActorStaff, Name: "Sam"}, g.ID, IntegrationChange{Shown: true}))
	return g
}

// give enters the demo's credentials for every slot that asks for them in a form.
func (w *world) give(in store.Instance) error {
	w.Helper()
	slots, err := w.store.Slots(w.ctx, in.ID)
	w.ok(err)
	for _, s := range slots {
		if s.Done() || s.Given {
			continue
		}
		way, values := credentialsFor(s.ExternalID)
		if err := w.portal.GiveCredentials(w.ctx, w.who, in.ID, s.ExternalID, way, values); err != nil {
			return err
		}
	}
	return nil
}

func credentialsFor(slot string) (way string, values map[string]secret.Text) {
	switch slot {
	case "stripe":
		return "SECRET_TEXT", map[string]secret.Text{"secret_text": "sk_test_canary"}
	case "twilio":
		return "BASIC_AUTH", map[string]secret.Text{"username": "AC1", "password": "twilio-canary"}
	case "gelato":
		return "CUSTOM_AUTH", map[string]secret.Text{"apiKey": "gelato-canary", "storeId": "s1"}
	}
	return "CUSTOM_AUTH", map[string]secret.Text{
		"projectKey": "acme", "clientId": "id", "clientSecret": "ct-canary", "region": `"europe-west1.gcp"`, "pageSize": "50", "staged": "true",
	}
}

// wantFlow says that Activepieces has one flow, of this instance, on, with so many connections in it, in one project.
func (w *world) wantFlow(in store.Instance, connections ...string) {
	w.Helper()
	flows, projects := w.there("flows"), 0
	for _, p := range w.there("projects") {
		if p.(map[string]any)["type"] == "TEAM" {
			projects++
		}
	}
	if len(flows) != 1 || projects != 1 {
		w.Fatalf("got %d flows in %d projects, want one in one: %v", len(flows), projects, flows)
	}
	f := flows[0].(map[string]any)
	mark, _ := f["metadata"].(map[string]any)
	var got []string
	for _, c := range f["connections"].([]any) {
		got = append(got, c.(string))
	}
	if f["status"] != "ENABLED" || f["id"] != in.UpstreamID || mark[metaInstance] != in.ID || f["name"] != in.Name {
		w.Errorf("the flow is %v, want %s of %s on", f, in.UpstreamID, in.ID)
	}
	if strings.Join(got, " ") != strings.Join(connections, " ") {
		w.Errorf("the flow has the connections %v, want %v", got, connections)
	}
}

func TestConnectPieces(t *testing.T) {
	for _, tt := range []struct{ title, slot string }{{"Webhook", ""}, {"Stripe", "stripe"}, {"Text messages", "twilio"}, {"commercetools", "commercetools"}} {
		t.Run(tt.title, func(t *testing.T) {
			t.Parallel()
			w := newPieces(t)
			in := w.connect(w.template(tt.title))
			if tt.slot == "" {
				w.wantState(in, store.Enabled, "")
				w.wantFlow(in)
				return
			}
			w.wantState(in, store.Authorizing, "")
			w.ok(w.give(in))
			in = w.settle(in.ID)
			w.wantState(in, store.Enabled, "")
			w.wantFlow(in, "portico_"+in.ID+"_"+tt.slot)
			w.pauseAndGoOn(in)
		})
	}
}

// pauseAndGoOn takes an instance through the rest of its life.
func (w *world) pauseAndGoOn(in store.Instance) {
	w.Helper()
	w.ok(w.portal.TurnOff(w.ctx, w.who, in.ID))
	w.wantState(w.settle(in.ID), store.Disabled, "")
	w.ok(w.portal.Rename(w.ctx, w.who, in.ID, "Mine"))
	w.ok(w.portal.TurnOn(w.ctx, w.who, in.ID))
	in = w.settle(in.ID)
	w.wantState(in, store.Enabled, "")
	if f := w.there("flows")[0].(map[string]any); f["status"] != "ENABLED" || f["name"] != "Mine" {
		w.Errorf("got the flow %v, want Mine, on", f)
	}
	w.control("POST", "/flows/"+in.UpstreamID+"/remove", map[string]any{})
	w.ok(w.portal.syncInstances(w.ctx, in.AccountID))
	w.wantState(w.settle(in.ID), store.Disabled, causeRemoved)
	w.ok(w.portal.Retry(w.ctx, w.who, in.ID))
	w.wantState(w.settle(in.ID), store.Enabled, "")
	w.ok(w.portal.Disconnect(w.ctx, w.who, in.ID))
	w.wantState(w.settle(in.ID), store.Deleted, "")
	if n := len(w.there("flows")); n != 0 {
		w.Errorf("got %d flows after the last was disconnected, want none", n)
	}
}

func TestConnectPiecesThroughFaults(t *testing.T) {
	operations := []string{"listProjects", "createProject", "createFlow", "IMPORT_FLOW", "LOCK_AND_PUBLISH", "CHANGE_STATUS", "upsertConnection", "listConnections", "getTemplate"}
	for _, operation := range operations {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			for _, kind := range []string{"500", "429", "lost", "malformed"} {
				w := newPieces(t)
				w.fault(operation, kind, 1)
				in := w.connect(w.template("Stripe"))
				w.wantState(in, store.Authorizing, "")
				w.ok(w.give(in))
				in = w.settle(in.ID)
				w.wantState(in, store.Enabled, "")
				w.wantFlow(in, "portico_"+in.ID+"_stripe")
			}
		})
	}
}

func TestRefusedCredentials(t *testing.T) {
	w := newPieces(t)
	in := w.connect(w.template("Stripe"))
	w.ok(w.portal.GiveCredentials(w.ctx, w.who, in.ID, "stripe", "SECRET_TEXT", map[string]secret.Text{"secret_text": "not-a-key-canary"}))
	w.wantState(w.settle(in.ID), store.Authorizing, "")
	s := w.slot(in, "stripe")
	if s.Problem == "" || s.Given || s.Done() || strings.Contains(s.Problem, "canary") {
		t.Fatalf("got %+v, want the service's words and nothing kept", s)
	}
	if text, err := w.store.GivenValues(w.ctx, s); text != "" || err != nil {
		t.Errorf("what was refused is still kept (%v)", err)
	}
	w.ok(w.give(in))
	w.wantState(w.settle(in.ID), store.Enabled, "")

	for code, values := range map[string]map[string]secret.Text{
		"value_missing": {}, "value_long": {"secret_text": secret.Text(strings.Repeat("x", 5<<20))}, "value_text": {"secret_text": "\xff"},
	} {
		other, err := w.portal.Connect(w.ctx, w.who, in.IntegrationID, true, false)
		w.ok(err)
		w.settle(other.ID)
		wantRefusal(t, w.portal.GiveCredentials(w.ctx, w.who, other.ID, "stripe", "SECRET_TEXT", values), code)
	}
}

// A service that does not say whether it takes a sign-in is asked again, and the person need not wait.
func TestCheckThatHangs(t *testing.T) {
	w := newPieces(t)
	in := w.connect(w.template("Stripe"))
	w.control("POST", "/faults", map[string]any{"operation": "upsertConnection", "kind": "status", "status": 504, "times": 2})
	w.ok(w.give(in))
	if s := w.slot(in, "stripe"); !s.Given {
		t.Fatalf("got %+v, want it kept for the next try", s)
	}
	in = w.settle(in.ID)
	w.wantState(in, store.Enabled, "")
	w.wantFlow(in, "portico_"+in.ID+"_stripe")
}

func TestBrokenSignIn(t *testing.T) {
	w := newPieces(t)
	in := w.connect(w.template("Stripe"))
	w.ok(w.give(in))
	in = w.settle(in.ID)
	s := w.slot(in, "stripe")
	w.control("POST", "/connections/"+s.AuthenticationID, map[string]any{"status": "ERROR"})
	w.ok(w.portal.syncIdentity(w.ctx, in.IdentityID))
	w.wantState(w.settle(in.ID), store.Enabled, causeBroken)
	w.ok(w.portal.RejectAuth(w.ctx, w.who, in.ID, "stripe"))
	w.wantState(w.settle(in.ID), store.Authorizing, "")
	w.ok(w.give(in))
	in = w.settle(in.ID)
	w.wantState(in, store.Enabled, "")
	w.ok(w.portal.syncIdentity(w.ctx, in.IdentityID))
	w.wantState(w.settle(in.ID), store.Enabled, "")
}

// An end user never meets the platform's licence: what it does not allow is the host's to mend.
func TestUnlicensed(t *testing.T) {
	w := newPieces(t)
	w.control("PATCH", "/settings", map[string]any{"active_flows_limit": 1})
	first := w.connect(w.template("Webhook"))
	w.wantState(first, store.Enabled, "")
	second, err := w.portal.Connect(w.ctx, w.who, first.IntegrationID, true, false)
	w.ok(err)
	in := w.settle(second.ID)
	w.wantState(in, store.Enabling, causeUnlicensed)
	if in.AttentionWho != store.WhoUs {
		t.Errorf("the one who can fix it is %q, want us", in.AttentionWho)
	}
	w.control("PATCH", "/settings", map[string]any{"active_flows_limit": 0})
	w.ok(w.portal.Retry(w.ctx, w.who, in.ID))
	w.wantState(w.settle(in.ID), store.Enabled, "")
}

func TestTemplatesAreOfferedWhenPublished(t *testing.T) {
	w := newPieces(t)
	if n := w.offered(); n != 0 {
		t.Errorf("%d templates are offered before staff have published any", n)
	}
	w.template("Stripe")
	two := w.integration(func(g store.Integration, _ []store.IntegrationSlot) bool { return g.Problem == problemFlows })
	wantRefusal(t, w.portal.SetIntegration(w.ctx, store.Actor{Kind: store.ActorStaff}, two.ID, IntegrationChange{Shown: true}), "integration_problem")
	w.ok(w.portal.syncCatalogue(w.ctx, w.who.Workspace.AccountID))
	if n := w.offered(); n != 1 {
		t.Errorf("%d templates are offered, want 1", n)
	}
}

func (w *world) offered() int {
	w.Helper()
	all, err := w.store.Offers(w.ctx, store.Browse{User: w.who.User, Account: w.who.Workspace.AccountID, Limit: 50})
	w.ok(err)
	return len(all)
}

// A host may have both platforms: one catalogue, and each instance is made where its integration is.
func TestBothPlatforms(t *testing.T) {
	w := newWorld(t, nil)
	other := newPieces(t)
	pieces := store.Account{
		Platform: store.PlatformActivepieces, Name: "pieces", APIURL: other.sim.URL, Token: "sk-canary", UserScope: store.ScopeWorkspace, IsDefault: true,
	}
	w.ok(w.store.Update(w.ctx, func(tx *store.Tx) (err error) {
		pieces, err = tx.PutAccount(w.ctx, pieces)
		return err
	}))
	before := w.offered()
	w.ok(w.portal.syncCatalogue(w.ctx, pieces.ID))
	all, err := w.store.Integrations(w.ctx, pieces.ID)
	w.ok(err)
	for _, g := range all {
		if g.Problem == "" {
			w.ok(w.portal.SetIntegration(w.ctx, store.Actor{Kind: store.ActorStaff}, g.ID, IntegrationChange{Shown: true}))
		}
	}
	if got, want := w.offered(), before+5; got != want {
		t.Fatalf("got %d integrations, want %d", got, want)
	}
	w.wantState(w.connect(w.integration(withSignins(0))), store.Enabled, "")
	for _, g := range all {
		if strings.HasPrefix(g.Title, "Webhook") {
			w.wantState(w.connect(g), store.Enabled, "")
		}
	}
	if n := len(other.there("flows")); n != 1 {
		t.Errorf("got %d flows, want 1", n)
	}
}

// A workspace's new name follows into its project; what the API refuses in it is left out.
func TestProjectFollowsItsName(t *testing.T) {
	w := newPieces(t)
	in := w.connect(w.template("Webhook"))
	w.ok(w.store.Update(w.ctx, func(tx *store.Tx) error {
		now := w.who.Workspace
		now.Name = "Acme.com / Europe"
		_, _, err := tx.PutWorkspace(w.ctx, now)
		return err
	}))
	w.ok(w.portal.syncIdentity(w.ctx, in.IdentityID))
	var names []string
	for _, p := range w.there("projects") {
		names = append(names, p.(map[string]any)["name"].(string))
	}
	if got := strings.Join(names, "|"); strings.ContainsAny(got, "./") || !strings.Contains(got, "Acme") {
		t.Errorf("the projects are called %s", got)
	}
	w.clock.Advance(time.Hour)
}

func (w *world) slot(in store.Instance, externalID string) store.Slot {
	w.Helper()
	s, err := slot(w.ctx, w.store, in.ID, externalID)
	w.ok(err)
	return s
}
