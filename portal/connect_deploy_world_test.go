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
	"strings"
	"testing"
	"time"

	"portico/sandbox/clock"
	"portico/sandbox/connectsim"
	"portico/secret"
	"portico/store"
	"portico/store/storetest"
	"portico/upstream/commercetools"
)

// Repositories of the simulated commercetools.
const (
	loyaltyURL    = "git@github.com:acme/loyalty.git"
	bloomreachURL = "https://github.com/composable-com/ct-connect-bloomreach-engagement.git"
)

const (
	usCentral  = "us-central1.gcp"
	euWest     = "europe-west1.gcp"
	deployTime = 41 * time.Second
)

// installWorld is a portal over a simulated commercetools, on one clock that the test moves.
type installWorld struct {
	*testing.T
	ctx    context.Context
	portal *Portal
	store  *store.Store
	clock  *clock.Clock
	sim    *connectsim.Server
	server *httptest.Server
	main   store.DeployAccount // of the demo project
	actor  store.Actor
	file   string // of the database
}

func newInstallWorld(t *testing.T) *installWorld {
	t.Helper()
	c := clock.New()
	sim, err := connectsim.Open(connectsim.Options{Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	file := storetest.SQLite(t)
	s, err := store.Open(t.Context(), store.Options{Database: file, Keys: storetest.Keys(t), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
	w := &installWorld{
		T: t, ctx: context.Background(), store: s, clock: c, sim: sim, server: server,
		actor: store.Actor{Kind: store.ActorStaff, ID: "kim", Name: "Kim"}, file: file,
	}
	w.main = w.account("main", sim.Access(usCentral))
	w.portal = w.process()
	return w
}

// process makes a process of the portal on the store.
func (w *installWorld) process() *Portal {
	w.Helper()
	p, err := New(Options{Store: w.store, Now: w.clock.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), URL: "http://portal.test", LocalRepositories: true})
	w.ok(err)
	w.Cleanup(p.Close)
	return p
}

func (w *installWorld) account(name string, a connectsim.Access) store.DeployAccount {
	w.Helper()
	account := store.DeployAccount{
		Platform: store.PlatformCommercetools, Name: name, Region: a.Region, APIURL: w.server.URL + a.ConnectURL, AuthURL: w.server.URL + a.AuthURL,
		ProjectKey: a.ProjectKey, ClientID: a.ClientID, Secret: secret.Text(a.ClientSecret),
	}
	storetest.Update(w, w.store, func(tx *store.Tx) (err error) {
		account, err = tx.PutDeployAccount(w.ctx, account)
		return err
	})
	return account
}

func (w *installWorld) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// control asks the simulator's control API.
func (w *installWorld) control(method, path string, body any) any {
	w.Helper()
	b, err := json.Marshal(body)
	w.ok(err)
	r, err := http.NewRequestWithContext(w.ctx, method, w.server.URL+"/_control/"+path, bytes.NewReader(b))
	w.ok(err)
	response, err := http.DefaultClient.Do(r)
	w.ok(err)
	defer response.Body.Close() //nolint:errcheck // only read
	answer, err := io.ReadAll(response.Body)
	w.ok(err)
	if response.StatusCode >= 300 {
		w.Fatalf("control %s %s: %s: %s", method, path, response.Status, answer)
	}
	var v any
	w.ok(json.Unmarshal(answer, &v))
	return v
}

func (w *installWorld) fault(operation, kind string, times int) {
	w.Helper()
	w.control("POST", "faults", map[string]any{"operation": operation, "kind": kind, "times": times})
}

func (w *installWorld) reject(operation, code string) {
	w.Helper()
	w.control("POST", "faults", map[string]any{"operation": operation, "kind": "reject", "code": code, "times": 1})
}

// client speaks to commercetools as somebody else does.
func (w *installWorld) client(a store.DeployAccount) *commercetools.Client {
	w.Helper()
	return commercetools.New(commercetools.Config{
		Account: "another", Region: a.Region, ProjectKey: a.ProjectKey, ClientID: a.ClientID, ClientSecret: a.Secret, ConnectURL: a.APIURL, AuthURL: a.AuthURL, Now: w.clock.Now,
	})
}

// drafted makes a draft at commercetools, and copies it.
func (w *installWorld) drafted(key, url, tag string) store.ConnectorDraft {
	w.Helper()
	d, err := w.client(w.main).CreateDraft(w.ctx, commercetools.DraftDraft{
		Key: key, Name: "Connector " + key, Creator: commercetools.Creator{Email: "kim@acme.example"}, Repository: commercetools.Repository{URL: url, Tag: tag},
	})
	w.ok(err)
	return w.draft(d.ID)
}

func (w *installWorld) draft(upstreamID string) store.ConnectorDraft {
	w.Helper()
	w.copy()
	row, err := w.store.ConnectorDraftByUpstreamID(w.ctx, w.main.ID, upstreamID)
	w.ok(err)
	return row
}

func (w *installWorld) copy() {
	w.Helper()
	w.clock.Advance(time.Second)
	w.ok(w.portal.CopyConnect(w.ctx, w.main.ID))
}

// update does something to a draft at commercetools, waits for its end, and copies it.
func (w *installWorld) update(row store.ConnectorDraft, actions ...commercetools.Action) store.ConnectorDraft {
	w.Helper()
	c := w.client(w.main)
	for _, a := range actions {
		d, err := c.Draft(w.ctx, row.UpstreamID)
		w.ok(err)
		_, err = c.UpdateDraft(w.ctx, row.UpstreamID, d.Version, a)
		w.ok(err)
		w.clock.Advance(31 * time.Second)
	}
	return w.draft(row.UpstreamID)
}

// published makes a connector that is published for the project.
func (w *installWorld) published(key, url, tag string) store.ConnectorDraft {
	w.Helper()
	return w.update(w.drafted(key, url, tag), commercetools.Publish(false))
}

// loyaltyEntries is all that acme/loyalty has to be given.
func loyaltyEntries() Entries {
	return Entries{Values: []Entry{
		{Key: "SHOP_REGION", Value: "${REGION}"},
		{Key: "CLOUD_IDENTIFIER", Value: "gcp-eu"},
		{Key: "LOYALTY_API_KEY", Value: "canary-loyalty"},
		{Application: "points", Key: "TIERS", Value: `{"silver": 1}`},
		{Application: "points", Key: "LOG_LEVEL", Value: "debug"},
		{Application: "points", Key: "SIGNING_KEY", Value: "canary-signing"},
		{Application: "nightly", Key: "EXPIRE_AFTER_DAYS", Value: "30"},
		{Application: "loyalty-admin", Key: "CUSTOM_APPLICATION_ID", Value: "app-1"},
		{Application: "loyalty-admin", Key: "ENTRY_POINT_URI_PATH", Value: "loyalty"},
	}}
}

func (w *installWorld) enter(f ConfigForm, e Entries) store.Values {
	return f.Enter(store.Values{}, e, "Kim", w.clock.Now())
}

// wish is acme/loyalty to be deployed to the demo project.
func (w *installWorld) wish(row store.ConnectorDraft, key string) DeployWish {
	w.Helper()
	f, err := w.portal.DeployForm(w.ctx, row.ID, false)
	w.ok(err)
	return DeployWish{DraftID: row.ID, Targets: []DeployTarget{{AccountID: w.main.ID, Key: key}}, Values: w.enter(f, loyaltyEntries())}
}

// deployed is acme/loyalty, deployed.
func (w *installWorld) deployed(key string) store.ConnectDeployment {
	w.Helper()
	all, err := w.portal.DeployConnector(w.ctx, w.actor, w.wish(w.published("loyalty", loyaltyURL, "v1.0.0"), key))
	w.ok(err)
	o := w.settled(all[0].ID)
	w.wantState(o, store.OpDone, "")
	return w.atRest(o.SubjectID)
}

// atRest looks at a deployment until it is at rest.
func (w *installWorld) atRest(id string) store.ConnectDeployment {
	w.Helper()
	for range 30 {
		row, err := w.store.ConnectDeployment(w.ctx, id)
		w.ok(err)
		if row.NotBefore.IsZero() {
			return row
		}
		w.clock.Advance(max(time.Second, row.NotBefore.Sub(w.clock.Now())))
		_, err = w.portal.watchConnect(w.ctx, store.SubjectDeployment, id)
		w.ok(err)
	}
	w.Fatal("the deployment does not come to rest")
	return store.ConnectDeployment{}
}

// settled advances an operation over every wait until it is over, or waits for a person.
func (w *installWorld) settled(id string) store.Operation {
	w.Helper()
	return w.settledBy(w.portal, id)
}

func (w *installWorld) settledBy(p *Portal, id string) store.Operation {
	w.Helper()
	for range 60 {
		wait, err := p.AdvanceOperation(w.ctx, id)
		w.ok(err)
		o, err := w.store.Operation(w.ctx, id)
		w.ok(err)
		if !o.UnderWay() {
			return o
		}
		w.clock.Advance(max(wait, time.Second))
	}
	w.Fatal("the operation does not come to an end")
	return store.Operation{}
}

func (w *installWorld) wantState(o store.Operation, state, problem string) {
	w.Helper()
	if o.State != state || o.Problem != problem {
		w.Fatalf("the operation is %s (%s: %s), want %s %s", o.State, o.Problem, o.Detail, state, problem)
	}
}

// theirs is the deployments as commercetools has them, those that are gone left out.
func (w *installWorld) theirs() (all []theirConnectDeployment) {
	w.Helper()
	b, err := json.Marshal(w.control("GET", "deployments", nil))
	w.ok(err)
	var rows []theirConnectDeployment
	w.ok(json.Unmarshal(b, &rows))
	for _, d := range rows {
		if !d.Gone {
			all = append(all, d)
		}
	}
	return all
}

// theirConnectDeployment is a deployment as the simulator has it.
type theirConnectDeployment struct {
	ID, Key, Status, Type, Connector string
	ConnectorVersion                 int    `json:"connector_version"`
	Deployed                         string `json:"deployed_region"`
	Gone                             bool
	Fingerprints                     map[string]map[string]string
	Accepted                         map[string]int
}

// arrived says whether commercetools has a value for a key of an application.
func (w *installWorld) wantArrived(d theirConnectDeployment, application, key, value string) {
	w.Helper()
	if got := d.Fingerprints[application][key]; got != sha256Of(value) {
		w.Errorf("%s of %q did not arrive as %q", key, application, value)
	}
}

func wantNoCanary(t *testing.T, what, text string) {
	t.Helper()
	if at := strings.Index(text, "canary-"); at >= 0 {
		t.Errorf("%s shows a secret: %s", what, text[max(0, at-60):min(len(text), at+30)])
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Code != code {
		t.Fatalf("got %v, want the refusal %s", err, code)
	}
	wantNoCanary(t, "a refusal", fmt.Sprint(err, refusal.Args))
}

func sha256Of(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func textOf(s string) secret.Text { return secret.Text(s) }
