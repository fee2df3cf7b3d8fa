package portal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"portico/sandbox/clock"
	"portico/sandbox/piecesim"
	"portico/secret"
	"portico/store"
	"portico/store/storetest"
)

// plant is a portal over a simulated Activepieces, on one clock that the test moves, with some workspaces.
type plant struct {
	testing.TB
	ctx     context.Context
	portal  *Portal
	store   *store.Store
	clock   *clock.Clock
	sim     *httptest.Server
	account store.Account
	spaces  []store.Workspace
	staff   store.Actor

	database string
}

// newPlant makes one: a simulator as the options say, and so many workspaces.
func newPlant(t testing.TB, o piecesim.Options, workspaces int) *plant {
	t.Helper()
	return newPlantOn(t, storetest.SQLite(t), o, workspaces)
}

// eachPlant runs a test on SQLite and on PostgreSQL.
func eachPlant(t *testing.T, o piecesim.Options, workspaces int, test func(*testing.T, *plant)) {
	t.Helper()
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) { test(t, newPlantOn(t, database(t), o, workspaces)) })
	}
}

func newPlantOn(t testing.TB, database string, o piecesim.Options, workspaces int) *plant {
	t.Helper()
	c := clock.New()
	s, err := store.Open(t.Context(), store.Options{Database: database, Keys: storetest.Keys(t), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
	o.Clock, o.APIKey = c, "sk-canary"
	sim := httptest.NewServer(piecesim.New(o))
	t.Cleanup(sim.Close)
	w := &plant{TB: t, ctx: context.Background(), store: s, clock: c, sim: sim, staff: store.Actor{Kind: store.ActorStaff, Name: "Sam"}, database: database}
	w.update(func(tx *store.Tx) (err error) {
		w.account, err = tx.PutAccount(w.ctx, store.Account{
			Platform: store.PlatformActivepieces, Name: "pieces", APIURL: sim.URL, Token: "sk-canary", UserScope: store.ScopeWorkspace, IsDefault: true,
		})
		if err != nil {
			return err
		}
		return tx.PutPieces(w.ctx, w.account.ID, demoServices())
	})
	w.portal = w.process()
	for n := range workspaces {
		w.spaces = append(w.spaces, w.workspace("org_"+strconv.Itoa(n), map[string]string{"store": "s" + strconv.Itoa(n)}))
	}
	return w
}

// process is another process's portal over the same store.
func (w *plant) process() *Portal {
	w.Helper()
	p, err := New(Options{Store: w.store, Now: w.clock.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), URL: "http://portal.test"})
	w.ok(err)
	w.Cleanup(p.Close)
	return p
}

// in is the plant for a subtest.
func (w *plant) in(t *testing.T) *plant {
	v := *w
	v.TB = t
	return &v
}

// demoServices is some services that the simulator has, as a copy of its catalogue describes them.
func demoServices() []store.Piece {
	text := func(key, kind string, required bool) store.AuthField {
		return store.AuthField{Key: key, Type: kind, Title: key, Required: required, Secret: kind == "SECRET_TEXT"}
	}
	return []store.Piece{
		{Name: gelato, Title: "Gelato", Auth: []store.AuthWay{{Type: "CUSTOM_AUTH", Fields: []store.AuthField{text("apiKey", "SECRET_TEXT", true), text("storeId", "SHORT_TEXT", true)}}}},
		{Name: "@activepieces/piece-stripe", Title: "Stripe", Auth: []store.AuthWay{{Type: "SECRET_TEXT", Fields: []store.AuthField{text("secret_text", "SECRET_TEXT", true)}}}},
		{Name: "@activepieces/piece-twilio", Title: "Twilio", Auth: []store.AuthWay{{Type: "BASIC_AUTH", Fields: []store.AuthField{text("username", "SHORT_TEXT", true), text("password", "SECRET_TEXT", true)}}}},
		{Name: "@activepieces/piece-slack", Title: "Slack", Auth: []store.AuthWay{{Type: "OAUTH2", Scope: []string{"chat"}}}},
		{Name: "@activepieces/piece-http", Title: "HTTP"},
	}
}

const gelato = "@activepieces/piece-gelato"

func (w *plant) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *plant) update(do func(*store.Tx) error) { w.Helper(); storetest.Update(w, w.store, do) }

func (w *plant) workspace(externalID string, attributes map[string]string) (s store.Workspace) {
	w.Helper()
	w.update(func(tx *store.Tx) (err error) {
		s, _, err = tx.PutWorkspace(w.ctx, store.Workspace{ExternalID: externalID, Name: externalID, AccountID: w.account.ID, Attributes: attributes})
		return err
	})
	return s
}

// gelato is a change that gives everybody one key and each workspace its own store.
func gelatoFor(key secret.Text) PredefinedChange {
	return PredefinedChange{
		Piece: gelato, AuthType: "CUSTOM_AUTH", StopPercent: 30,
		Fields: []store.PredefinedField{{Key: "apiKey", Source: store.FromAll}, {Key: "storeId", Source: store.FromAttribute, Attribute: "store"}},
		Values: map[string]secret.Text{"apiKey": key},
	}
}

func (w *plant) create(c PredefinedChange) store.PredefinedConnection {
	w.Helper()
	made, err := w.portal.CreatePredefined(w.ctx, w.staff, w.account.ID, c)
	w.ok(err)
	return made
}

func (w *plant) apply(id string) store.Rollout {
	w.Helper()
	o, err := w.portal.ApplyPredefined(w.ctx, w.staff, id)
	w.ok(err)
	return w.roll(w.portal, o.ID)
}

// roll works through a rollout as the jobs would, moving the clock over every wait.
func (w *plant) roll(p *Portal, id string) store.Rollout {
	w.Helper()
	for range 200 {
		err := p.runRollout(w.ctx, id)
		var wait *river.JobSnoozeError
		if !errors.As(err, &wait) {
			w.ok(err)
			break
		}
		w.clock.Advance(wait.Duration)
	}
	o, err := w.store.Rollout(w.ctx, id)
	w.ok(err)
	if o.State == store.RolloutRunning {
		w.Fatalf("the rollout does not come to its end: %+v", o)
	}
	return o
}

// settle brings every connection to rest as the jobs would, moving the clock over every wait.
func (w *plant) settle() {
	w.Helper()
	for range 60 {
		rows, err := w.store.AccountConnections(w.ctx, w.account.ID)
		w.ok(err)
		rest := true
		for _, x := range rows {
			if !slices.ContainsFunc(w.spaces, func(s store.Workspace) bool { return s.ID == x.WorkspaceID }) {
				continue // the test no longer looks at it
			}
			r, err := w.portal.reconcile(w.ctx, x.PredefinedID, x.WorkspaceID, true)
			w.ok(err)
			rest = rest && !passing(r.failure)
		}
		if rest {
			return
		}
		w.clock.Advance(time.Minute)
	}
	w.Fatal("the connections do not come to rest")
}

// sweep compares with the platform as the periodic job does, and brings what it finds to rest.
func (w *plant) sweep() {
	w.Helper()
	w.clock.Advance(time.Second)
	w.ok(w.portal.checkConnections(w.ctx, w.account.ID))
	w.settle()
}

func (w *plant) row(id string, n int) store.WorkspaceConnection {
	w.Helper()
	x, err := w.store.WorkspaceConnection(w.ctx, id, w.spaces[n].ID)
	w.ok(err)
	return x
}

func (w *plant) wantState(id string, n int, state string) store.WorkspaceConnection {
	w.Helper()
	x := w.row(id, n)
	if x.State != state {
		w.Fatalf("got state %q (%s), want %q", x.State, x.Detail, state)
	}
	return x
}

// control asks the simulator's control API; a nil body is a GET.
func (w *plant) control(method, path string, body, into any) {
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
	if into != nil {
		w.ok(json.Unmarshal(answer, into))
	}
}

func (w *plant) fault(operation, kind string, times int) {
	w.Helper()
	w.control("POST", "/faults", map[string]any{"operation": operation, "kind": kind, "times": times, "status": 500, "retry_after": 1}, nil)
}

// thing is a connection as the simulator has it.
type thing struct {
	ID         string   `json:"id"`
	ExternalID string   `json:"external_id"`
	Name       string   `json:"name"`
	Status     string   `json:"status"`
	Scope      string   `json:"scope"`
	Projects   []string `json:"projects"`
	Digest     string   `json:"value_sha256"`
	Upserts    int      `json:"upserts"`
}

func (w *plant) there() (all []thing) {
	w.Helper()
	w.control("GET", "/connections", nil, &all)
	return all
}

func (w *plant) projects() (all []struct {
	ID         string `json:"id"`
	ExternalID string `json:"external_id"`
	Type       string `json:"type"`
}) {
	w.Helper()
	w.control("GET", "/projects", nil, &all)
	return all
}

// digest is that of a value which the simulator was given.
func digest(value map[string]any) string {
	b, _ := json.Marshal(value)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func gelatoValue(key, shop string) string {
	return digest(map[string]any{"type": "CUSTOM_AUTH", "props": map[string]any{"apiKey": key, "storeId": shop}})
}

// wantExactly says that each workspace has one connection of a name, in its project alone, with a value; and nobody else
// has any.
func (w *plant) wantExactly(c store.PredefinedConnection, value func(store.Workspace) string) {
	w.Helper()
	for _, fault := range w.exactly(c, value) {
		w.Error(fault)
	}
}

// exactly is what is not so.
func (w *plant) exactly(c store.PredefinedConnection, value func(store.Workspace) string) (faults []string) {
	w.Helper()
	all, theirs := w.there(), map[string]bool{}
	for _, s := range w.spaces {
		name := w.portal.ConnectionName(c.NamePattern, c.Piece, s)
		i, err := w.store.WorkspaceIdentity(w.ctx, s.ID, w.account.ID)
		w.ok(err)
		theirs[i.UpstreamID] = true
		found := 0
		for _, x := range all {
			if x.ExternalID != name || len(x.Projects) != 1 || x.Projects[0] != i.UpstreamID {
				continue
			}
			found++
			if x.Digest != value(s) {
				faults = append(faults, fmt.Sprintf("%s of %s holds another value", name, s.ExternalID))
			}
		}
		if found != 1 {
			faults = append(faults, fmt.Sprintf("got %d connections %s for %s, want 1", found, name, s.ExternalID))
		}
	}
	all = slices.DeleteFunc(all, func(x thing) bool { // of workspaces that the test no longer looks at
		return len(x.Projects) > 0 && !slices.ContainsFunc(x.Projects, func(id string) bool { return theirs[id] })
	})
	if len(all) != len(w.spaces) {
		faults = append(faults, fmt.Sprintf("got %d connections, want %d: %+v", len(all), len(w.spaces), all))
	}
	return faults
}

// wantRefused says that a thing is refused with a code.
func wantRefused(t testing.TB, err error, code string) {
	t.Helper()
	var r *Refusal
	if !errors.As(err, &r) || r.Code != code {
		t.Errorf("got %v, want that it is refused: %s", err, code)
	}
}
