package portal

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/sandbox/clock"
	"portico/sandbox/piecesim"
	"portico/sandbox/traysim"
	"portico/secret"
	"portico/store"
	"portico/store/storetest"
)

// world is a portal over a simulated Tray, on one clock that the test moves, with one person in it.
type world struct {
	*testing.T
	ctx    context.Context
	portal *Portal
	store  *store.Store
	clock  *clock.Clock
	sim    *httptest.Server
	who    Who
}

// newWorld makes one over a simulated Tray.
func newWorld(t *testing.T, change func(*store.Account)) *world {
	t.Helper()
	c := clock.New()
	sim := httptest.NewServer(traysim.New(traysim.Options{Clock: c, MasterToken: "master-canary", EmbeddedID: "demo"}))
	account := store.Account{
		Platform: "tray", Name: "main", APIURL: sim.URL + "/graphql", DialogURL: sim.URL, WebhookHosts: []string{strings.TrimPrefix(sim.URL, "http://")},
		EmbeddedID: "demo", Token: secret.Text("master-canary"), UserScope: store.ScopeUser, IsDefault: true,
	}
	if change != nil {
		change(&account)
	}
	return worldOf(t, c, sim, account)
}

// newPieces is newWorld over a simulated Activepieces.
func newPieces(t *testing.T) *world {
	t.Helper()
	c := clock.New()
	sim := httptest.NewServer(piecesim.New(piecesim.Options{Clock: c, APIKey: "sk-canary"}))
	return worldOf(t, c, sim, store.Account{
		Platform: store.PlatformActivepieces, Name: "pieces", APIURL: sim.URL, DialogURL: sim.URL, Token: "sk-canary", UserScope: store.ScopeWorkspace, IsDefault: true,
	})
}

// worldOf makes a world over a simulator: the catalogue is copied, the person has come in.
func worldOf(t *testing.T, c *clock.Clock, sim *httptest.Server, account store.Account) *world {
	t.Helper()
	t.Cleanup(sim.Close)
	s, err := store.Open(t.Context(), store.Options{Database: storetest.SQLite(t), Keys: storetest.Keys(t), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
	w := &world{T: t, ctx: context.Background(), store: s, clock: c, sim: sim}
	storetest.Update(t, s, func(tx *store.Tx) (err error) {
		account, err = tx.PutAccount(w.ctx, account)
		return err
	})
	w.portal, err = New(Options{Store: s, Now: c.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), URL: "http://portal.test", LocalIcons: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.portal.Close)
	w.who = w.person(account, "acme", "u_1", store.RoleMember)
	w.ok(w.portal.syncCatalogue(w.ctx, account.ID))
	return w
}

func (w *world) person(a store.Account, workspace, externalID, role string) Who {
	w.Helper()
	ws := storetest.Workspace(w, w.store, a, workspace)
	u := storetest.User(w, w.store, ws, externalID, role)
	if a.UserScope == store.ScopeUser {
		storetest.Identity(w, w.store, ws, u)
	}
	return Who{User: u, Workspace: ws, Actor: store.Actor{Kind: store.ActorUser, ID: u.ID, Name: u.Name}}
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// control asks the simulator's control API; a nil body is a GET.
func (w *world) control(method, path string, body any) map[string]any {
	w.Helper()
	b, err := json.Marshal(body)
	w.ok(err)
	r, err := http.NewRequestWithContext(w.ctx, method, w.sim.URL+"/_control"+path, bytes.NewReader(b))
	w.ok(err)
	response, err := http.DefaultClient.Do(r)
	w.ok(err)
	defer response.Body.Close() //nolint:errcheck // only read
	answer, err := io.ReadAll(response.Body)
	w.ok(err)
	if response.StatusCode >= 300 {
		w.Fatalf("control %s %s: %s: %s", method, path, response.Status, answer)
	}
	var m map[string]any
	_ = json.Unmarshal(answer, &m) // some answers are lists
	return m
}

func (w *world) fault(operation, kind string, times int) {
	w.Helper()
	w.control("POST", "/faults", map[string]any{"operation": operation, "kind": kind, "times": times})
}

// there is how many of a kind of things the simulated Tray has: "users", "instances", "authentications".
func (w *world) there(kind string) []any {
	w.Helper()
	list, _ := w.control("GET", "/state", nil)[kind].([]any)
	return list
}

// integration is the demo integration with a title that contains a word.
func (w *world) integration(match func(store.Integration, []store.IntegrationSlot) bool) store.Integration {
	w.Helper()
	all, err := w.store.Integrations(w.ctx, w.who.Workspace.AccountID)
	w.ok(err)
	for _, g := range all {
		slots, err := w.store.IntegrationSlots(w.ctx, g.ID)
		w.ok(err)
		if match(g, slots) {
			return g
		}
	}
	w.Fatal("no such integration in the demo set")
	return store.Integration{}
}

func withSignins(n int) func(store.Integration, []store.IntegrationSlot) bool {
	return func(g store.Integration, slots []store.IntegrationSlot) bool {
		return len(slots) == n && (n == 0 || g.Kind == store.KindAuth) && !g.ForceUnique && g.EnableMode == store.EnableAuto && (n == 0) == (g.Kind == store.KindNone)
	}
}

// signIn makes a sign-in at Tray as the person's dialog would, and returns its ID.
func (w *world) signIn(service, name string) string {
	w.Helper()
	i, err := w.store.UserIdentity(w.ctx, w.who.User, w.who.Workspace.AccountID)
	w.ok(err)
	id, _ := w.control("POST", "/authentications", map[string]any{"user_id": i.UpstreamID, "service": service, "name": name})["id"].(string)
	if id == "" {
		w.Fatal("the simulator made no sign-in")
	}
	return id
}

// service is what the demo's slots are for; two slots of one service tell source and target apart.
func service(s store.Slot) string {
	name := strings.TrimSuffix(strings.TrimPrefix(s.ExternalID, "external_"), "_authentication")
	return strings.TrimSuffix(strings.TrimSuffix(name, "_source"), "_target")
}

func (w *world) connect(g store.Integration) store.Instance {
	w.Helper()
	in, err := w.portal.Connect(w.ctx, w.who, g.ID, false, false)
	w.ok(err)
	return w.settle(in.ID)
}

// settle advances an instance, moving the clock over every wait, until it waits for a person.
func (w *world) settle(id string) store.Instance {
	w.Helper()
	for range 60 {
		wait, err := w.portal.Advance(w.ctx, id)
		w.ok(err)
		if wait == 0 {
			in, err := w.store.Instance(w.ctx, id)
			w.ok(err)
			return in
		}
		w.clock.Advance(wait + time.Millisecond)
	}
	in, err := w.store.Instance(w.ctx, id)
	w.ok(err)
	w.Fatalf("the instance does not come to rest: %+v", in)
	return in
}

// authorize signs in for every open slot by way of the dialog's message.
func (w *world) authorize(in store.Instance) {
	w.Helper()
	slots, err := w.store.Slots(w.ctx, in.ID)
	w.ok(err)
	for _, s := range slots {
		if s.Kind != store.SlotAuth || s.AuthenticationID != "" {
			continue
		}
		d, err := w.portal.OpenAuth(w.ctx, w.who, in.ID, s.ExternalID)
		w.ok(err)
		auth := w.signIn(service(s), "billy@"+s.ExternalID)
		w.ok(w.portal.FinishFlow(w.ctx, w.who, in.ID, d.FlowID, store.FlowFinished, auth))
	}
}

func (w *world) wantState(in store.Instance, state, attention string) {
	w.Helper()
	if in.State != state || in.Attention != attention {
		w.Fatalf("got state %q, attention %q (%s), want %q, %q", in.State, in.Attention, in.AttentionDetail, state, attention)
	}
}

// wantOne says that Tray has one user, and one instance, which is on.
func (w *world) wantOne() {
	w.Helper()
	if n := len(w.there("users")); n != 1 {
		w.Errorf("got %d users at Tray, want 1", n)
	}
	instances := w.there("instances")
	if len(instances) != 1 {
		w.Fatalf("got %d instances at Tray, want 1", len(instances))
	}
	if on, _ := instances[0].(map[string]any)["enabled"].(bool); !on {
		w.Errorf("the instance is off at Tray: %v", instances[0])
	}
}

// asUser does something at Tray as one of its end users, behind our back.
func (w *world) asUser(identityID string, do func(*trayUser) error) error {
	at, err := w.portal.at(w.ctx, w.who.Workspace.AccountID)
	w.ok(err)
	return at.(trayEngine).as(w.ctx, identityID, do)
}
