package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portico/portal"
	"portico/sandbox/piecesim"
	"portico/secret"
	"portico/store"
	"portico/store/storetest"
)

// What the host asks a workspace for is asked above the catalogue, whether or not an integration waits for it.
func TestQuestions(t *testing.T) {
	y := newYard(t, piecesim.Options{})
	c := storetest.Must[store.PredefinedConnection](t)(y.portal.CreatePredefined(y.ctx, store.Actor{Kind: store.ActorStaff}, y.pieces.ID, portal.PredefinedChange{
		Piece: gelatoPiece, AuthType: "CUSTOM_AUTH", Values: map[string]secret.Text{"apiKey": "k"},
		Fields: []store.PredefinedField{{Key: "apiKey", Source: store.FromAll}, {Key: "storeId", Source: store.FromWorkspace}},
	}))
	y.enter("u", store.RoleMember)
	path := "/connections/" + c.ID
	y.get("/integrations").count("[data-testid=question]", 0)
	y.ask(http.MethodGet, path, nil).is(http.StatusSeeOther) // nobody has been asked yet
	y.connection(c, y.acme, store.ConnAsked, "", 0)
	y.enter("v", store.RoleViewer).get("/integrations").count("[data-testid=question]", 0)
	y.enter("u", store.RoleMember).get("/integrations").says("[data-testid=question]", "Gelato").count(`[data-testid=question] a[href="/in`+path+`"]`, 1)
	y.get(path).says("main", "We only need this from you", "Store ID", "Everyone in Acme").count("form input[type=password]", 0)

	y.ask(http.MethodPost, path, url.Values{"v.storeId": {""}}).is(http.StatusUnprocessableEntity).says("[role=alert]", "Store ID")
	if got := y.ask(http.MethodPost, path, url.Values{"v.storeId": {"77"}}).is(http.StatusSeeOther).location; !strings.HasSuffix(got, "done=answered") {
		t.Errorf("it leads to %s", got)
	}
	y.get("/integrations").count("[data-testid=question]", 0)
	kept := storetest.Must[map[string]secret.Text](t)(y.store.AskedValues(y.ctx, c.ID, y.acme.ID))
	if kept["storeId"].Reveal() != "77" {
		t.Errorf("kept %v", kept)
	}
}
