package portal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/sandbox/cdksim"
	"portico/sandbox/clock"
	"portico/secret"
	"portico/store"
	"portico/store/storetest"
)

// cdkWorld is a portal over Tray's simulated regions, on one clock that the test moves.
type cdkWorld struct {
	*testing.T
	ctx      context.Context
	portal   *Portal
	store    *store.Store
	clock    *clock.Clock
	sim      *cdksim.Server
	server   *httptest.Server
	accounts map[string]store.DeployAccount // by region
	actor    store.Actor
	sent     *transportLog
}

// theirDeployment is a deployment as the simulated Tray has it.
type theirDeployment struct {
	ID, Region, Name, Version, Status, SHA256, Token string
	Running                                          bool
	Polls, Repeats                                   []int64
}

func newCDKWorld(t *testing.T) *cdkWorld {
	t.Helper()
	return newCDKWorldAt(t, storetest.SQLite(t))
}

func newCDKWorldAt(t *testing.T, database string) *cdkWorld {
	t.Helper()
	c := clock.New()
	sim := cdksim.New(cdksim.Options{Clock: c})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	s, err := store.Open(t.Context(), store.Options{Database: database, Keys: storetest.Keys(t), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
	w := &cdkWorld{
		T: t, ctx: context.Background(), store: s, clock: c, sim: sim, server: server, accounts: map[string]store.DeployAccount{},
		actor: store.Actor{Kind: store.ActorStaff, ID: "kim", Name: "Kim"}, sent: &transportLog{base: http.DefaultTransport},
	}
	for n, region := range []string{"us", "eu", "ap"} {
		w.accounts[region] = w.account(region, region, sim.Token(region), n)
	}
	w.restart()
	t.Cleanup(w.wantTexts)
	return w
}

// account configures a token of a region.
func (w *cdkWorld) account(name, region, token string, position int) store.DeployAccount {
	w.Helper()
	a := store.DeployAccount{
		Platform: store.PlatformTrayCDK, Name: name, Region: region, APIURL: w.server.URL + "/" + region, Secret: secret.Text(token), Position: position,
	}
	storetest.Update(w, w.store, func(tx *store.Tx) (err error) {
		a, err = tx.PutDeployAccount(w.ctx, a)
		return err
	})
	return a
}

// forget configures all accounts but one no more.
func (w *cdkWorld) forget(name string) {
	w.Helper()
	var others []string
	for _, a := range w.accounts {
		if a.Name != name {
			others = append(others, a.Name)
		}
	}
	storetest.Update(w, w.store, func(tx *store.Tx) error { return tx.RetireDeployAccounts(w.ctx, others) })
}

// restart makes a new process of the portal on the same store.
func (w *cdkWorld) restart() {
	w.Helper()
	w.ok(w.store.TakeOver(w.ctx))
	w.portal = w.process()
}

// process is one more process of the portal on the same store.
func (w *cdkWorld) process() *Portal {
	w.Helper()
	p, err := New(Options{Store: w.store, Now: w.clock.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), URL: "http://portal.test", Transport: w.sent})
	w.ok(err)
	w.Cleanup(p.Close)
	return p
}

func (w *cdkWorld) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// control asks the simulator's control API; the answer goes into one value.
func (w *cdkWorld) control(method, path string, body, into any) {
	w.Helper()
	b, err := json.Marshal(body)
	w.ok(err)
	r, err := http.NewRequestWithContext(w.ctx, method, w.server.URL+"/_control"+path, bytes.NewReader(b))
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

type fault struct {
	Operation  string `json:"operation"`
	Kind       string `json:"kind"`
	Times      int    `json:"times"`
	Status     int    `json:"status,omitempty"`
	Message    string `json:"message,omitempty"`
	RetryAfter int    `json:"retry_after,omitempty"`
}

func (w *cdkWorld) fault(f fault) {
	w.Helper()
	w.control("POST", "/faults", f, nil)
}

// plan says what deployments to come go through.
func (w *cdkWorld) plan(phases ...any) {
	w.Helper()
	w.control("POST", "/plans", map[string]any{"phases": phases}, nil)
}

func phase(status string, lasts time.Duration) any {
	return map[string]any{"status": status, "ms": lasts.Milliseconds()}
}

// there is every deployment that the simulated Tray has taken.
func (w *cdkWorld) there() []theirDeployment {
	w.Helper()
	var all []theirDeployment
	w.control("GET", "/deployments", nil, &all)
	return all
}

// upload keeps a demo connector.
func (w *cdkWorld) upload(name string, operations ...string) store.Archive {
	w.Helper()
	a, err := w.portal.ReceiveArchive(w.ctx, w.actor, "connector.zip", bytes.NewReader(cdksim.DemoArchive(name, "1.0", operations...)))
	w.ok(err)
	if len(a.Report.Problems) > 0 {
		w.Fatalf("the demo archive has problems: %+v", a.Report.Problems)
	}
	return a
}

func (w *cdkWorld) wish(a store.Archive, regions ...string) ReleaseWish {
	wish := ReleaseWish{ArchiveID: a.ID, Name: a.Name, Version: a.Version}
	for _, region := range regions {
		wish.Accounts = append(wish.Accounts, w.accounts[region].ID)
	}
	return wish
}

// deploy releases an archive to some regions.
func (w *cdkWorld) deploy(a store.Archive, regions ...string) store.Release {
	w.Helper()
	r, err := w.portal.DeployArchive(w.ctx, w.actor, w.wish(a, regions...))
	w.ok(err)
	return r
}

// one is the only deployment of a release.
func (w *cdkWorld) one(r store.Release) store.CDKDeployment {
	w.Helper()
	all, err := w.store.CDKDeploymentsOf(w.ctx, r.ID)
	w.ok(err)
	if len(all) != 1 {
		w.Fatalf("got %d deployments, want 1", len(all))
	}
	return all[0]
}

// again is a deployment as it is now.
func (w *cdkWorld) again(d store.CDKDeployment) store.CDKDeployment {
	w.Helper()
	d, err := w.store.CDKDeployment(w.ctx, d.ID)
	w.ok(err)
	return d
}

// step does what is due for a deployment now.
func (w *cdkWorld) step(d store.CDKDeployment) store.CDKDeployment {
	w.Helper()
	_, err := w.portal.AdvanceCDK(w.ctx, d.ID)
	w.ok(err)
	return w.again(d)
}

// next moves the clock to when something is due for a deployment, and does it.
func (w *cdkWorld) next(d store.CDKDeployment) store.CDKDeployment {
	w.Helper()
	if wait := w.again(d).NotBefore.Sub(w.clock.Now()); wait > 0 {
		w.clock.Advance(wait)
	}
	return w.step(d)
}

// settle lets everything go on, moving the clock over every wait, until it rests.
func (w *cdkWorld) settle() {
	w.Helper()
	for range 2000 {
		wait, busy := time.Hour, false
		rows, err := w.store.CDKUnderWay(w.ctx)
		w.ok(err)
		for _, d := range rows {
			if !d.UnderWay() {
				continue
			}
			pause, err := w.portal.AdvanceCDK(w.ctx, d.ID)
			w.ok(err)
			wait, busy = min(wait, max(pause, time.Millisecond)), true
		}
		shares, err := w.store.LeftShares(w.ctx, w.clock.Now().Add(time.Hour), 1000)
		w.ok(err)
		for _, id := range shares {
			pause, err := w.portal.advanceShare(w.ctx, id)
			w.ok(err)
			wait, busy = min(wait, max(pause, time.Millisecond)), true
		}
		if !busy {
			return
		}
		w.clock.Advance(wait)
	}
	w.Fatal("it does not come to rest")
}

func (w *cdkWorld) want(d store.CDKDeployment, state, problem string) store.CDKDeployment {
	w.Helper()
	d = w.again(d)
	if d.State != state || d.Problem != problem {
		w.Fatalf("got %s, problem %q (HTTP %d, %s), want %s, %q", d.State, d.Problem, d.HTTPStatus, d.Detail, state, problem)
	}
	return d
}

// wantTaken says how many archives Tray has taken.
func (w *cdkWorld) wantTaken(n int) {
	w.Helper()
	if got := w.there(); len(got) != n {
		w.Fatalf("Tray has taken %d archives, want %d: %+v", len(got), n, got)
	}
}

// wantPaced says that no deployment was asked for more often than it may be.
func (w *cdkWorld) wantPaced() {
	w.Helper()
	for _, d := range w.there() {
		for n := 1; n < len(d.Polls); n++ {
			if gap := d.Polls[n] - d.Polls[n-1]; gap < cdkLookEvery.Milliseconds() {
				w.Errorf("%s in %s was asked for twice within %d ms", d.Name, d.Region, gap)
			}
		}
	}
}

func (w *cdkWorld) wantRefusal(err error, code string) {
	w.Helper()
	var r *Refusal
	if !errors.As(err, &r) || r.Code != code {
		w.Fatalf("got %v, want the refusal %s", err, code)
	}
}

// codes are the events of a release, oldest first.
func (w *cdkWorld) codes(r store.Release) []string {
	w.Helper()
	events, err := w.store.Events(w.ctx, "release", r.ID, "", 1000)
	w.ok(err)
	var all []string
	for _, e := range slices.Backward(events) {
		all = append(all, strings.TrimPrefix(e.Code, "cdk."))
	}
	return all
}

func (w *cdkWorld) wantCodes(r store.Release, want ...string) {
	w.Helper()
	if got := w.codes(r); !slices.Equal(got, want) {
		w.Errorf("got the events %v, want %v", got, want)
	}
}

// wantTexts says that a page has words for everything that has happened, and for every problem that there was.
func (w *cdkWorld) wantTexts() {
	releases, err := w.store.Releases(w.ctx, "", "", 1000)
	w.ok(err)
	for _, r := range releases {
		for _, code := range w.codes(r) {
			if !eventTexts[code] {
				w.Errorf("the event cdk.%s has no text", code)
			}
		}
		rows, err := w.store.CDKDeploymentsOf(w.ctx, r.ID)
		w.ok(err)
		for _, d := range rows {
			if d.Problem != "" && !slices.Contains(store.CDKProblems, d.Problem) {
				w.Errorf("the problem %s is not among the known ones", d.Problem)
			}
		}
	}
}
