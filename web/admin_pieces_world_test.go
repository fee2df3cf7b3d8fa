package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/portal"
	"portico/sandbox/piecesim"
	"portico/secret"
	"portico/store"
	"portico/store/storetest"
)

const gelatoPiece = "@activepieces/piece-gelato"

// yard is a desk of an installation with a simulated Activepieces, some of whose services are known.
type yard struct {
	*desk
	sim    *piecesim.Server
	site   string
	pieces store.Account
}

func newYard(t *testing.T, o piecesim.Options) *yard {
	t.Helper()
	d := newDesk(t)
	o.Clock = d.clock
	y := &yard{desk: d, sim: piecesim.New(o)}
	server := httptest.NewServer(y.sim)
	t.Cleanup(server.Close)
	y.site = server.URL
	y.configure(func(a *store.Account) {
		*a = store.Account{
			Platform: store.PlatformActivepieces, Name: "flows", APIURL: y.site, DialogURL: y.site, UserScope: store.ScopeWorkspace, IsDefault: true,
			Token: secret.Text(y.sim.APIKey()),
		}
	})
	storetest.Update(t, d.store, func(tx *store.Tx) error { return tx.PutPieces(d.ctx, y.pieces.ID, someServices()) })
	return y
}

// configure changes the account, and starts the portal anew with that.
func (y *yard) configure(change func(*store.Account)) {
	y.Helper()
	change(&y.pieces)
	storetest.Update(y, y.store, func(tx *store.Tx) (err error) {
		y.pieces, err = tx.PutAccount(y.ctx, y.pieces)
		return err
	})
	y.open(y.clock)
}

// someServices is one of each way to sign in.
func someServices() []store.Piece {
	text := func(key, title string) store.AuthField {
		return store.AuthField{Key: key, Type: "SHORT_TEXT", Title: title, Required: true}
	}
	hidden := func(key, title string) store.AuthField {
		return store.AuthField{Key: key, Type: "SECRET_TEXT", Title: title, Required: true, Secret: true}
	}
	tools := store.AuthWay{Type: "CUSTOM_AUTH", Description: "Make a key **there**.", Fields: []store.AuthField{
		{Key: "about", Type: "MARKDOWN", Title: "About"},
		{Key: "region", Type: "STATIC_DROPDOWN", Title: "Region", Required: true, Options: []store.AuthOption{{Label: "Europe", Value: `"eu"`}, {Label: "America", Value: `"us"`}}},
		{Key: "staged", Type: "CHECKBOX", Title: "Read staged data"},
		{Key: "notes", Type: "LONG_TEXT", Title: "Notes"},
		{Key: "parts", Type: "STATIC_MULTI_SELECT_DROPDOWN", Title: "Parts", Options: []store.AuthOption{{Label: "Orders", Value: `"orders"`}, {Label: "Stock", Value: `"stock"`}}},
		{Key: "size", Type: "NUMBER", Title: "Page size", Default: "100"},
	}}
	return []store.Piece{
		{Name: gelatoPiece, Title: "Gelato", Version: "0.1.0", Description: "New flavours, as soon as they are made", Auth: []store.AuthWay{
			{Type: "CUSTOM_AUTH", Fields: []store.AuthField{hidden("apiKey", "API key"), text("storeId", "Store ID")}},
		}},
		{Name: "@activepieces/piece-stripe", Title: "Stripe", Version: "0.6.9", Auth: []store.AuthWay{{Type: "SECRET_TEXT", Fields: []store.AuthField{hidden("secret_text", "Secret key")}}}},
		{Name: "@activepieces/piece-sheets", Title: "Google Sheets", Auth: []store.AuthWay{
			{Type: "OAUTH2", Scope: []string{"sheets"}}, {Type: "CUSTOM_AUTH", Fields: []store.AuthField{hidden("serviceAccount", "Service account")}},
		}},
		{Name: "@activepieces/piece-bank", Title: "Bank", Auth: []store.AuthWay{{Type: "OAUTH2", GrantType: "both_client_credentials_and_authorization_code", Scope: []string{"read"}}}},
		{Name: "@activepieces/piece-tools", Title: "Tools", Auth: []store.AuthWay{tools}},
		{Name: "@activepieces/piece-http", Title: "HTTP", Description: "Calls any address"},
	}
}

// predefine makes a connection to Gelato: one key for all, each customer's own store.
func (y *yard) predefine(key secret.Text) store.PredefinedConnection {
	y.Helper()
	return storetest.Must[store.PredefinedConnection](y)(y.portal.CreatePredefined(y.ctx, store.Actor{Kind: store.ActorStaff, Name: "Kim"}, y.pieces.ID, portal.PredefinedChange{
		Piece: gelatoPiece, AuthType: "CUSTOM_AUTH", StopPercent: 20, Values: map[string]secret.Text{"apiKey": key},
		Fields: []store.PredefinedField{{Key: "apiKey", Source: store.FromAll}, {Key: "storeId", Source: store.FromAttribute, Attribute: "store"}},
	}))
}

// customers makes so many workspaces with a store each.
func (y *yard) customers(n int) []store.Workspace {
	y.Helper()
	var all []store.Workspace
	storetest.Update(y, y.store, func(tx *store.Tx) error {
		for k := range n {
			w, _, err := tx.PutWorkspace(y.ctx, store.Workspace{
				ExternalID: fmt.Sprintf("org_%03d", k), Name: fmt.Sprintf("Customer %03d", k), AccountID: y.account.ID, Attributes: map[string]string{"store": fmt.Sprint(k), "plan": "gold"},
			})
			if err != nil {
				return err
			}
			all = append(all, w)
		}
		return nil
	})
	return all
}

// connection stores that a customer's connection is in a state, with what is said about it.
func (y *yard) connection(c store.PredefinedConnection, w store.Workspace, state, detail string, revision int) {
	y.Helper()
	storetest.Update(y, y.store, func(tx *store.Tx) error {
		if err := tx.MakeConnection(y.ctx, c.ID, w.ID, y.portal.ConnectionName(c.NamePattern, c.Piece, w)); err != nil {
			return err
		}
		x, err := tx.WorkspaceConnection(y.ctx, c.ID, w.ID)
		if err != nil {
			return err
		}
		x.State, x.Detail, x.Revision, x.Resolves = state, detail, revision, 1
		return tx.PutConnection(y.ctx, x, "")
	})
}

// rollout stores one that has come so far: what became of its first workspaces.
func (y *yard) rollout(o store.Rollout, states ...string) store.Rollout {
	y.Helper()
	o.AccountID, o.ActorName = y.pieces.ID, "Kim"
	storetest.Update(y, y.store, func(tx *store.Tx) (err error) {
		if o, _, err = tx.AddRollout(y.ctx, o); err != nil {
			return err
		}
		items, err := tx.RolloutItems(y.ctx, o.ID, "", "", len(states))
		if err != nil {
			return err
		}
		for n, item := range items {
			detail := ""
			if states[n] == store.ItemFailed {
				detail = "Gelato: key revoked"
			}
			if _, err := tx.EndItem(y.ctx, item, states[n], detail); err != nil {
				return err
			}
		}
		return nil
	})
	return o
}

// control asks the simulator's control API, which answers this machine alone.
func (y *yard) control(method, path, body string) {
	y.Helper()
	r := storetest.Must[*http.Request](y)(http.NewRequestWithContext(y.ctx, method, y.site+"/_control/"+path, strings.NewReader(body)))
	answer := storetest.Must[*http.Response](y)(http.DefaultClient.Do(r))
	defer answer.Body.Close() //nolint:errcheck // nothing is read of it
	if answer.StatusCode != http.StatusOK {
		y.Fatalf("%s %s answers %s", method, path, answer.Status)
	}
}
