package portal

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/secret"
	"portico/store"
	"portico/upstream/activepieces"
)

// projectOfWho is the ID of the person's workspace's project.
func (w *world) projectOfWho() string {
	w.Helper()
	i, err := w.store.WorkspaceIdentity(w.ctx, w.who.Workspace.ID, w.who.Workspace.AccountID)
	w.ok(err)
	return i.UpstreamID
}

// A project that is removed at Activepieces takes its instances along and nobody else's, and is made anew with the first of
// them that is.
func TestProjectRemovedThere(t *testing.T) {
	w := newPieces(t)
	a, err := w.store.Account(w.ctx, w.who.Workspace.AccountID)
	w.ok(err)
	g := w.template("Webhook")
	in := w.connect(g)
	w.wantState(in, store.Enabled, "")
	gone := w.projectOfWho()
	first := w.who
	w.who = w.person(a, "other", "u_2", store.RoleMember)
	other := w.connect(g)
	w.wantState(other, store.Enabled, "")
	w.control("POST", "/flows/"+other.UpstreamID, map[string]any{"status": "DISABLED"})
	w.control("POST", "/projects/"+gone+"/remove", map[string]any{})

	w.ok(w.portal.syncInstances(w.ctx, a.ID))
	w.wantState(w.settle(in.ID), store.Disabled, causeRemoved)
	w.wantState(w.settle(other.ID), store.Disabled, "")

	w.who = first
	w.ok(w.portal.Retry(w.ctx, w.who, in.ID))
	w.wantState(w.settle(in.ID), store.Enabled, "")
	if now := w.projectOfWho(); now == "" || now == gone {
		t.Errorf("the project is %q, want another than %q", now, gone)
	}
}

// An instance that was begun before its project was removed is made in the next one.
func TestProjectRemovedMeanwhile(t *testing.T) {
	w := newPieces(t)
	g := w.template("Webhook")
	w.wantState(w.connect(g), store.Enabled, "")
	gone := w.projectOfWho()
	w.control("POST", "/projects/"+gone+"/remove", map[string]any{})
	in, err := w.portal.Connect(w.ctx, w.who, g.ID, true, false)
	w.ok(err)
	w.wantState(w.settle(in.ID), store.Enabled, "")
	i, err := w.store.WorkspaceIdentity(w.ctx, w.who.Workspace.ID, w.who.Workspace.AccountID)
	w.ok(err)
	w.ok(w.portal.syncIdentity(w.ctx, i.ID))
}

// What was entered for a sign-in does not outlive the instance.
func TestGivenIsForgotten(t *testing.T) {
	w := newPieces(t)
	in := w.connect(w.template("Stripe"))
	w.fault("upsertConnection", "500", 9)
	w.ok(w.portal.GiveCredentials(w.ctx, w.who, in.ID, "stripe", "SECRET_TEXT", map[string]secret.Text{"secret_text": "sk_canary"}))
	w.ok(w.portal.Disconnect(w.ctx, w.who, in.ID))
	w.wantState(w.settle(in.ID), store.Deleted, "")
	s := w.slot(in, "stripe")
	if v, err := w.store.GivenValues(w.ctx, s); err != nil || v != "" || s.Given {
		t.Errorf("got %v, %v, given %v; want nothing", v, err, s.Given)
	}
}

// A template that has come to ask for a sign-in since it was copied is not brought in without it.
func TestTemplateAsksForMore(t *testing.T) {
	w := newPieces(t)
	g := w.template("Stripe")
	w.ok(w.store.Update(w.ctx, func(tx *store.Tx) error {
		if err := tx.SetIntegrationSlots(w.ctx, g.ID, store.SlotAuth, nil); err != nil {
			return err
		}
		now, err := tx.Integration(w.ctx, g.ID)
		if err == nil {
			_, err = tx.PutIntegration(w.ctx, now)
		}
		return err
	}))
	in := w.connect(g)
	w.wantState(in, store.Authorizing, "")
	w.ok(w.give(in))
	in = w.settle(in.ID)
	w.wantState(in, store.Enabled, "")
	w.wantFlow(in, "portico_"+in.ID+"_stripe")
}

// A template that has come to ask for nothing lets those go on who were about to sign in for it.
func TestTemplateAsksForNothing(t *testing.T) {
	w := newPieces(t)
	g := w.template("Webhook")
	w.ok(w.store.Update(w.ctx, func(tx *store.Tx) error {
		if err := tx.SetIntegrationSlots(w.ctx, g.ID, store.SlotAuth, []store.IntegrationSlot{{ExternalID: "stripe", Kind: store.SlotAuth, Service: "@activepieces/piece-stripe"}}); err != nil {
			return err
		}
		now, err := tx.Integration(w.ctx, g.ID)
		if err == nil {
			_, err = tx.PutIntegration(w.ctx, now)
		}
		return err
	}))
	in := w.connect(g)
	w.wantState(in, store.Authorizing, "")
	w.ok(w.portal.syncCatalogue(w.ctx, in.AccountID))
	w.wantState(w.settle(in.ID), store.Enabled, "")
}

// What is wrong with a template or with the platform's own pieces is no sign-in's fault, and ours to put right.
func TestNotTheSignInsFault(t *testing.T) {
	for operation, fault := range map[string]map[string]any{
		"getTemplate":      {"status": 404, "code": "ENTITY_NOT_FOUND"},
		"IMPORT_FLOW":      {"status": 409, "code": "VALIDATION", "message": "piece-stripe is not a canary"},
		"LOCK_AND_PUBLISH": {"status": 404, "code": "ENTITY_NOT_FOUND"},
		"upsertConnection": {"status": 404, "code": "ENTITY_NOT_FOUND", "message": "piece_metadata_not_found pieceName=canary"},
	} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			w := newPieces(t)
			in := w.connect(w.template("Stripe"))
			fault["operation"], fault["kind"], fault["times"] = operation, "reject", 1
			w.control("POST", "/faults", fault)
			w.ok(w.give(in))
			in = w.settle(in.ID)
			w.wantState(in, store.Authorizing, causeRefused)
			if s := w.slot(in, "stripe"); in.AttentionWho != store.WhoUs || s.Problem != "" {
				t.Errorf("the one who can fix it is %q, and the slot says %q; want us, and nothing", in.AttentionWho, s.Problem)
			}
			w.ok(w.portal.Retry(w.ctx, w.who, in.ID))
			w.wantState(w.settle(in.ID), store.Enabled, "")
		})
	}
}

// What the platform's own schema says is not shown as the service's words.
func TestPlatformsWordsAreNotTheServices(t *testing.T) {
	w := newPieces(t)
	in := w.connect(w.template("Stripe"))
	w.control("POST", "/faults", map[string]any{"operation": "upsertConnection", "kind": "status", "status": 400, "code": "FST_ERR_VALIDATION", "message": "body/ Invalid input", "times": 1})
	w.ok(w.give(in))
	w.wantState(w.settle(in.ID), store.Authorizing, "")
	if s := w.slot(in, "stripe"); s.Problem != problemNotTaken || s.Given {
		t.Errorf("got the problem %q, still given %v; want none in words", s.Problem, s.Given)
	}
}

// A slot that the host fills takes nothing else.
func TestPreparedSlotIsNotChosen(t *testing.T) {
	w := newPieces(t)
	g := w.template("Stripe")
	first := w.connect(g)
	w.ok(w.give(first))
	w.settle(first.ID)
	mine := w.slot(first, "stripe").AuthenticationID
	w.prepare(store.FromWorkspace, "")
	in, err := w.portal.Connect(w.ctx, w.who, g.ID, true, false)
	w.ok(err)
	w.settle(in.ID)
	wantRefusal(t, w.portal.ChooseAuth(w.ctx, w.who, in.ID, "stripe", mine), "slot_unknown")
}

// A flow that bears our mark and a template that we have not seen yet offers that to nobody.
func TestAdoptedTemplateIsNotOffered(t *testing.T) {
	w := newPieces(t)
	in := w.connect(w.template("Webhook"))
	i, err := w.store.WorkspaceIdentity(w.ctx, w.who.Workspace.ID, in.AccountID)
	w.ok(err)
	var g store.Integration
	w.ok(w.store.Update(w.ctx, func(tx *store.Tx) error {
		if err := w.portal.adopt(w.ctx, tx, i, remote{ID: "theirs", Title: "Theirs", Of: "another-template"}); err != nil {
			return err
		}
		g, err = tx.IntegrationByUpstreamID(w.ctx, in.AccountID, "another-template", "")
		return err
	}))
	if g.Shown {
		t.Error("it is offered as soon as the catalogue lists it, want when staff publish it")
	}
}

// A project is its workspace's, and a sign-in in it is still of whoever made it for an instance of their own.
func TestColleaguesSignInIsTheirs(t *testing.T) {
	w := newPieces(t)
	a, err := w.store.Account(w.ctx, w.who.Workspace.AccountID)
	w.ok(err)
	g := w.template("Stripe")
	theirs := w.connect(g)
	w.ok(w.give(theirs))
	w.wantState(w.settle(theirs.ID), store.Enabled, "")
	auth, first := w.slot(theirs, "stripe").AuthenticationID, w.who
	w.who = w.person(a, "acme", "u_2", store.RoleMember)
	in := w.connect(g)
	wantRefusal(t, w.portal.ChooseAuth(w.ctx, w.who, in.ID, "stripe", auth), "signin_not_yours")
	w.ok(w.portal.Share(w.ctx, first, theirs.ID, true))
	w.ok(w.portal.ChooseAuth(w.ctx, w.who, in.ID, "stripe", auth))
	w.wantState(w.settle(in.ID), store.Enabled, "")
}

// Logos that cannot be fetched keep no other from being fetched.
func TestLogosThatCannotBeFetched(t *testing.T) {
	w := newPieces(t)
	w.portal.icons = iconClient(true)
	accountID := w.who.Workspace.AccountID
	png := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/good.png" {
			rw.WriteHeader(http.StatusNotFound) // which is for good, as a picture is
			return
		}
		rw.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer png.Close()
	var all []store.Piece
	for n := range logosAtOnce {
		all = append(all, store.Piece{Name: fmt.Sprintf("a%02d", n), Title: "Down", LogoURL: png.URL + "/down.png"})
	}
	all = append(all, store.Piece{Name: "b", Title: "Up", LogoURL: png.URL + "/good.png"})
	w.ok(w.store.Update(w.ctx, func(tx *store.Tx) error { return tx.PutPieces(w.ctx, accountID, all) }))
	w.ok(w.portal.fetchLogos(w.ctx, store.FetchLogos{AccountID: accountID}))
	w.ok(w.portal.fetchLogos(w.ctx, store.FetchLogos{AccountID: accountID, After: all[logosAtOnce-1].Name}))
	if p, err := w.store.Piece(w.ctx, accountID, "b"); err != nil || p.LogoFetched == "" {
		t.Errorf("got %+v (%v), want its logo to have been asked for", p, err)
	}
}

// What people have made of an instance's flow in the builder outlives a new sign-in, which the template is not needed for.
func TestEditedFlowKeepsItsEdits(t *testing.T) {
	w := newPieces(t)
	in := w.connect(w.template("Stripe"))
	w.ok(w.give(in))
	in = w.settle(in.ID)
	c, err := w.portal.piecesClient(w.ctx, in.AccountID)
	w.ok(err)
	f, err := c.Flow(w.ctx, in.UpstreamID)
	w.ok(err)
	var trigger map[string]any
	w.ok(json.Unmarshal(f.Version.Trigger, &trigger))
	trigger["displayName"] = "Edited by hand"
	edited, err := json.Marshal(trigger)
	w.ok(err)
	_, err = c.ImportFlow(w.ctx, f.ID, activepieces.FlowContent{DisplayName: in.Name, SchemaVersion: f.Version.SchemaVersion, Trigger: edited})
	w.ok(err)
	_, err = c.PublishFlow(w.ctx, f.ID, true)
	w.ok(err)
	w.control("POST", "/faults", map[string]any{"operation": "getTemplate", "kind": "reject", "status": 404, "code": "ENTITY_NOT_FOUND", "times": 9})
	w.ok(w.portal.RejectAuth(w.ctx, w.who, in.ID, "stripe"))
	w.wantState(w.settle(in.ID), store.Authorizing, "")
	w.ok(w.give(in))
	w.wantState(w.settle(in.ID), store.Enabled, "")
	w.wantFlow(in, "portico_"+in.ID+"_stripe")
	f, err = c.Flow(w.ctx, in.UpstreamID)
	w.ok(err)
	if !strings.Contains(string(f.Version.Trigger), "Edited by hand") {
		t.Error("the flow is the template's again, want it as it was edited")
	}
}

// A sign-in that two instances use stays what it is for the one when the other is given another; one that no longer works is
// replaced for both.
func TestSharedSignInIsNotChangedForOthers(t *testing.T) {
	w := newPieces(t)
	g := w.template("Stripe")
	a := w.connect(g)
	w.ok(w.give(a))
	a = w.settle(a.ID)
	auth := w.slot(a, "stripe").AuthenticationID
	b, err := w.portal.Connect(w.ctx, w.who, g.ID, true, false)
	w.ok(err)
	w.settle(b.ID)
	w.ok(w.portal.ChooseAuth(w.ctx, w.who, b.ID, "stripe", auth))
	w.wantState(w.settle(b.ID), store.Enabled, "")

	anew := func() string {
		w.ok(w.portal.RejectAuth(w.ctx, w.who, a.ID, "stripe"))
		w.settle(a.ID)
		w.ok(w.give(a))
		w.wantState(w.settle(a.ID), store.Enabled, "")
		return w.slot(a, "stripe").AuthenticationID
	}
	w.control("POST", "/connections/"+auth, map[string]any{"status": "ERROR"})
	w.ok(w.portal.syncIdentity(w.ctx, a.IdentityID))
	if got := anew(); got != auth {
		t.Errorf("a sign-in that no longer works was replaced by %s for one alone, want %s for both", got, auth)
	}
	w.ok(w.portal.syncIdentity(w.ctx, a.IdentityID))
	if got := anew(); got == auth || w.slot(b, "stripe").AuthenticationID != auth {
		t.Errorf("the other runs with %s, which was entered for the one", got)
	}
	w.wantState(w.settle(b.ID), store.Enabled, "")
}
