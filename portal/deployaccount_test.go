package portal

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"portico/sandbox/cdksim"
	"portico/sandbox/clock"
	"portico/secret"
	"portico/store"
	"portico/store/storetest"
)

// deployWorld is a portal that deploys to one account.
type deployWorld struct {
	*testing.T
	ctx     context.Context
	portal  *Portal
	store   *store.Store
	clock   *clock.Clock
	account store.DeployAccount
}

func newDeployWorld(t *testing.T, account store.DeployAccount) *deployWorld {
	t.Helper()
	c := clock.New()
	s, err := store.Open(t.Context(), store.Options{Database: storetest.SQLite(t), Keys: storetest.Keys(t), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
	w := &deployWorld{T: t, ctx: context.Background(), store: s, clock: c}
	w.account = w.put(account)
	if w.portal, err = New(Options{Store: s, Now: c.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), URL: "http://portal.test"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.portal.Close)
	return w
}

func (w *deployWorld) put(a store.DeployAccount) store.DeployAccount {
	w.Helper()
	storetest.Update(w, w.store, func(tx *store.Tx) (err error) {
		a, err = tx.PutDeployAccount(w.ctx, a)
		return err
	})
	return a
}

func (w *deployWorld) now() store.DeployAccount {
	w.Helper()
	return storetest.Must[store.DeployAccount](w)(w.store.DeployAccount(w.ctx, w.account.ID))
}

// tokens is a token service of commercetools that gives some scopes, or says no.
type tokens struct {
	scope atomic.Value          // "" says no
	asked func(r *http.Request) // nil tells nobody
}

func (k *tokens) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if k.asked != nil {
		k.asked(r)
	}
	w.Header().Set("Content-Type", "application/json")
	if k.scope.Load() == "" {
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"statusCode":401,"message":"Please provide valid client credentials.","error":"invalid_client"}`) //nolint:errcheck // the client says
		return
	}
	io.WriteString(w, `{"access_token":"token-canary","expires_in":600,"token_type":"Bearer","scope":"`+k.scope.Load().(string)+`"}`) //nolint:errcheck // as above
}

func connectAt(url string) store.DeployAccount {
	return store.DeployAccount{
		Platform: store.PlatformCommercetools, Name: "shop", Region: "europe-west1.gcp", APIURL: url, AuthURL: url,
		ProjectKey: "shop", ClientID: "client", Secret: "secret-canary",
	}
}

// TestDeployClientIsMadeOnce: an account's client, with the token that it holds and its breaker, is kept until the account
// is configured otherwise.
func TestDeployClientIsMadeOnce(t *testing.T) {
	w := newDeployWorld(t, connectAt("http://127.0.0.1:1"))
	client := func() deployClient {
		t.Helper()
		return storetest.Must[deployClient](t)(w.portal.deployClient(w.ctx, w.account.ID))
	}
	first := client()
	storetest.Update(t, w.store, func(tx *store.Tx) error {
		return tx.SetDeployAccountCheck(w.ctx, w.account.ID, []string{"view_connectors"}, "")
	})
	if again := client(); again.connect != first.connect || again.transport != first.transport || !slices.Equal(again.account.Scopes, []string{"view_connectors"}) {
		t.Errorf("after a check it is another client, or the scopes are %v", again.account.Scopes)
	}
	w.clock.Advance(time.Minute)
	changed := connectAt("http://127.0.0.1:2")
	w.put(changed)
	if now := client(); now.connect == first.connect || now.account.APIURL != changed.APIURL {
		t.Errorf("configured otherwise it is the old client, at %s", now.account.APIURL)
	}
	if _, err := w.portal.deployClient(w.ctx, "nobody's"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an account that is not there: %v", err)
	}
}

// TestDeployClientOfAnAccountThatIsGone: nothing is sent with a secret that is no longer configured.
func TestDeployClientOfAnAccountThatIsGone(t *testing.T) {
	w := newDeployWorld(t, connectAt("http://127.0.0.1:1"))
	storetest.Update(t, w.store, func(tx *store.Tx) error { return tx.RetireDeployAccounts(w.ctx, nil) })
	var refusal *Refusal
	if _, err := w.portal.deployClient(w.ctx, w.account.ID); !errors.As(err, &refusal) || refusal.Code != "deploy_account_gone" || refusal.Args["account"] != "shop" {
		t.Errorf("got %v", err)
	}
	if err := w.portal.CheckDeployAccount(w.ctx, w.account.ID); err != nil {
		t.Errorf("its check: %v", err)
	}
	w.clock.Advance(time.Minute)
	w.put(connectAt("http://127.0.0.1:1"))
	if c, err := w.portal.deployClient(w.ctx, w.account.ID); err != nil || c.connect == nil {
		t.Errorf("configured again: %v", err)
	}
}

// TestDeployClientOfCDK calls the region that the account is in, on the record.
func TestDeployClientOfCDK(t *testing.T) {
	sim := cdksim.New(cdksim.Options{})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	token := sim.Token("eu")
	w := newDeployWorld(t, store.DeployAccount{
		Platform: store.PlatformTrayCDK, Name: "eu", Region: "eu", APIURL: server.URL + "/eu", Secret: secret.Text(token),
	})
	c := storetest.Must[deployClient](t)(w.portal.deployClient(w.ctx, w.account.ID))
	ctx := withAbout(w.ctx, about{journeyID: "release-1"})
	if name, err := c.cdk.Me(ctx); err != nil || name == "" {
		t.Fatalf("it is %q: %v", name, err)
	}
	calls := storetest.Must[[]store.UpstreamCall](t)(w.store.JourneyCalls(w.ctx, "release-1", "", 10))
	if len(calls) != 1 || calls[0].AccountID != w.account.ID || strings.Contains(calls[0].Request, token) {
		t.Errorf("on record are %d calls: %v", len(calls), calls)
	}
	if got := w.portal.Breakers()["traycdk eu"]; got != "closed" {
		t.Errorf("its breaker is %q", got)
	}
}

// TestDeployAccountsAreChecked: what an API client may do is kept with the account, and so is why that could not be found
// out; what was known before stays.
func TestDeployAccountsAreChecked(t *testing.T) {
	k := &tokens{}
	k.scope.Store("manage_connectors:shop view_connectors_deployments:shop manage_connectors:other")
	server := httptest.NewServer(k)
	t.Cleanup(server.Close)
	w := newDeployWorld(t, connectAt(server.URL))
	if err := w.portal.CheckDeployAccounts(w.ctx); err != nil {
		t.Fatal(err)
	}
	want := []string{"manage_connectors", "view_connectors_deployments"}
	if a := w.now(); !slices.Equal(a.Scopes, want) || a.Problem != "" || a.CheckedAt.IsZero() {
		t.Errorf("got %v, %q, %v", a.Scopes, a.Problem, a.CheckedAt)
	}
	k.scope.Store("")
	w.clock.Advance(time.Hour)
	if err := w.portal.CheckDeployAccount(w.ctx, w.account.ID); err != nil {
		t.Errorf("an answer that is no for good makes the job fail: %v", err)
	}
	a := w.now()
	if !slices.Equal(a.Scopes, want) || !strings.Contains(a.Problem, "invalid_client") || strings.Contains(a.Problem, "canary") {
		t.Errorf("after a refusal: %v, %q", a.Scopes, a.Problem)
	}
	server.Close()
	w.clock.Advance(time.Hour)
	if err := w.portal.CheckDeployAccount(w.ctx, w.account.ID); err == nil {
		t.Error("a silent service does not make the job come again")
	}
	if a := w.now(); a.Problem == "" || !slices.Equal(a.Scopes, want) {
		t.Errorf("after silence: %v, %q", a.Scopes, a.Problem)
	}
}

// TestDeployAccountsAreCheckedByThemselves: the jobs ask at the start.
func TestDeployAccountsAreCheckedByThemselves(t *testing.T) {
	asked := make(chan string, 100)
	k := &tokens{asked: func(r *http.Request) { asked <- r.URL.Path }}
	k.scope.Store("manage_project:shop")
	server := httptest.NewServer(k)
	t.Cleanup(server.Close)
	w := newDeployWorld(t, connectAt(server.URL))
	ctx, stop := context.WithCancel(w.ctx)
	ended := make(chan error, 1)
	go func() { ended <- w.portal.Run(ctx) }()
	if path := <-asked; path != "/oauth/token" {
		t.Errorf("asked for %s", path)
	}
	stop() // what has begun comes to its end
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := w.now().Scopes; !slices.Equal(got, []string{"manage_project"}) {
		t.Errorf("got %v", got)
	}
}
