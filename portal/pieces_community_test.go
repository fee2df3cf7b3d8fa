package portal

import (
	"net/http/httptest"
	"testing"

	"portico/sandbox/clock"
	"portico/sandbox/piecesim"
	"portico/secret"
	"portico/store"
)

// A community edition has no API keys and one project: an admin's password connects one workspace from end to end, and who
// comes from a second one is told that it is ours to put right, in no word of the platform's.
func TestCommunityEdition(t *testing.T) {
	c := clock.New()
	there := piecesim.New(piecesim.Options{Clock: c, Edition: "ce"})
	sim := httptest.NewServer(there)
	a := store.Account{
		Platform: store.PlatformActivepieces, Name: "community", APIURL: sim.URL, DialogURL: sim.URL, UserScope: store.ScopeWorkspace, IsDefault: true,
		Email: there.AdminEmail(), Password: secret.Text(there.AdminPassword()),
	}
	w := worldOf(t, c, sim, a)
	a, err := w.store.Account(w.ctx, w.who.Workspace.AccountID)
	w.ok(err)
	if a.Server.Edition != "ce" || a.Server.ManyProjects || a.Server.GlobalConnections || a.Server.Problem != "" {
		t.Errorf("got %+v, want what a community edition is", a.Server)
	}
	in := w.connect(w.template("Stripe"))
	w.ok(w.give(in))
	in = w.settle(in.ID)
	w.wantState(in, store.Enabled, "")
	w.pauseAndGoOn(in)

	w.who = w.person(a, "second", "u_2", store.RoleMember)
	in = w.connect(w.template("Webhook"))
	w.wantState(in, store.Creating, causeUnlicensed)
	if in.AttentionWho != store.WhoUs || in.UpstreamID != "" {
		t.Errorf("the one who can fix it is %q, want us", in.AttentionWho)
	}
	if w.connect(w.template("Webhook")); len(w.there("flows")) != 0 {
		t.Errorf("got the flows %v, want none", w.there("flows"))
	}
	w.ok(w.portal.Disconnect(w.ctx, w.who, in.ID))
	w.wantState(w.settle(in.ID), store.Deleted, "")
}
