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

	"portico/sandbox/clock"
	"portico/sandbox/connectsim"
	"portico/secret"
	"portico/store"
	"portico/store/storetest"
	"portico/upstream/commercetools"
)

// yard is a portal over a simulated commercetools, on one clock that only the test moves, with one account.
type yard struct {
	testing.TB
	ctx     context.Context
	portal  *Portal
	store   *store.Store
	clock   *clock.Clock
	connect *connectsim.Server
	sim     *httptest.Server
	account store.DeployAccount
	staff   store.Actor

	database string
}

// newYard makes one on SQLite.
func newYard(t testing.TB) *yard {
	t.Helper()
	return newYardOn(t, storetest.SQLite(t))
}

// eachYard runs a test on SQLite and on PostgreSQL.
func eachYard(t *testing.T, test func(*yard)) {
	t.Helper()
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) { test(newYardOn(t, database(t))) })
	}
}

func newYardOn(t testing.TB, database string) *yard {
	t.Helper()
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	return newYardBy(t, database, func() time.Time { return at })
}

// newYardBy makes one whose clock runs as the test says.
func newYardBy(t testing.TB, database string, now func() time.Time) *yard {
	t.Helper()
	c := clock.From(now)
	s, err := store.Open(t.Context(), store.Options{Database: database, Keys: storetest.Keys(t), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
	connect, err := connectsim.Open(connectsim.Options{Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	sim := httptest.NewServer(connect)
	t.Cleanup(sim.Close)
	y := &yard{TB: t, ctx: context.Background(), store: s, clock: c, connect: connect, sim: sim, staff: store.Actor{Kind: store.ActorStaff, ID: "s1", Name: "Sam"}, database: database}
	y.account = y.addAccount("main", connect.Access("us-central1.gcp"))
	y.portal = y.process()
	return y
}

// addAccount configures an account at the simulator.
func (y *yard) addAccount(name string, access connectsim.Access) (a store.DeployAccount) {
	y.Helper()
	storetest.Update(y, y.store, func(tx *store.Tx) (err error) {
		a, err = tx.PutDeployAccount(y.ctx, store.DeployAccount{
			Platform: store.PlatformCommercetools, Name: name, Region: access.Region, APIURL: y.sim.URL + "/" + access.Region, AuthURL: y.sim.URL + "/" + access.Region,
			ProjectKey: access.ProjectKey, ClientID: access.ClientID, Secret: secret.Text(access.ClientSecret),
		})
		return err
	})
	return a
}

// process is another process's portal over the same store.
func (y *yard) process() *Portal {
	y.Helper()
	return y.over(y.store, nil)
}

func (y *yard) over(s *store.Store, transport http.RoundTripper) *Portal {
	y.Helper()
	p, err := New(Options{Store: s, Now: y.clock.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), URL: "http://portal.test", Transport: transport})
	y.ok(err)
	y.Cleanup(p.Close)
	return p
}

// doomed is a process that is killed at its call of a number, tokens apart: before the platform hears of the call, or after
// it has done its work. It writes nothing more then, and what it has claimed stays so.
func (y *yard) doomed(call int, after bool) *Portal {
	y.Helper()
	s, err := store.Open(y.ctx, store.Options{Database: y.database, Keys: storetest.Keys(y), Now: y.clock.Now})
	y.ok(err)
	y.Cleanup(func() { s.Close() }) //nolint:errcheck // it may be closed already
	return y.over(s, &killer{store: s, left: call, after: after})
}

// killer ends a process at one of its calls.
type killer struct {
	store *store.Store
	left  int
	after bool
}

func (k *killer) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/oauth/token") {
		return http.DefaultTransport.RoundTrip(r)
	}
	k.left--
	if k.left < 0 || k.left == 0 && !k.after {
		return nil, errors.Join(errKilled, k.store.Close())
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if k.left == 0 {
		err = errors.Join(err, k.store.Close())
	}
	return answer, err
}

var errKilled = errors.New("the process is dead")

func (y *yard) ok(err error) {
	y.Helper()
	if err != nil {
		y.Fatal(err)
	}
}

// control asks the simulator's control API; a nil body is a GET's.
func (y *yard) control(method, path string, body, into any) {
	y.Helper()
	b, err := json.Marshal(body)
	y.ok(err)
	r, err := http.NewRequestWithContext(y.ctx, method, y.sim.URL+"/_control"+path, bytes.NewReader(b))
	y.ok(err)
	response, err := http.DefaultClient.Do(r)
	y.ok(err)
	defer response.Body.Close() //nolint:errcheck // only read
	answer, err := io.ReadAll(response.Body)
	y.ok(err)
	if response.StatusCode >= 300 {
		y.Fatalf("control %s %s: %s: %s", method, path, response.Status, answer)
	}
	if into != nil {
		y.ok(json.Unmarshal(answer, into))
	}
}

// fields are members of a control's body.
type fields = map[string]any

// fault makes the next calls of an operation go wrong: "lost", "500", "429", "reject" with a code.
func (y *yard) fault(operation, kind string, times int, more ...fields) {
	y.Helper()
	body := fields{"operation": operation, "kind": kind, "times": times, "retry_after": 7}
	for _, m := range more {
		for name, value := range m {
			body[name] = value
		}
	}
	y.control("POST", "/faults", body, nil)
}

// draftThere is a draft as the simulator has it.
type draftThere struct {
	ID          string         `json:"id"`
	Key         string         `json:"key"`
	Version     int            `json:"version"`
	Status      string         `json:"status"`
	Previewable string         `json:"previewable"`
	Tag         string         `json:"tag"`
	Gone        bool           `json:"gone"`
	Accepted    map[string]int `json:"accepted"` // writes, by action
	Polls       []int64        `json:"polls"`    // Unix milliseconds
}

// drafts are all drafts of the simulator, also those that are gone.
func (y *yard) drafts() (all []draftThere) {
	y.Helper()
	y.control("GET", "/drafts", nil, &all)
	return all
}

// there is the simulator's draft of a copy.
func (y *yard) there(d store.ConnectorDraft) draftThere {
	y.Helper()
	all := y.drafts()
	i := slices.IndexFunc(all, func(x draftThere) bool { return x.ID == d.UpstreamID })
	if i < 0 {
		y.Fatalf("the simulator has no draft %s", d.UpstreamID)
	}
	return all[i]
}

// newDraft is a draft that the simulator takes.
func newDraft(key string) commercetools.DraftDraft {
	return commercetools.DraftDraft{
		Key: key, Name: "Connector " + key, Creator: commercetools.Creator{Email: "dev@example.com"},
		Repository: commercetools.Repository{URL: "https://github.com/composable-com/ct-connect-bloomreach-engagement.git", Tag: "v1.0.0"},
	}
}

// settle brings an operation to rest, moving the clock over every wait.
func (y *yard) settle(p *Portal, id string) store.Operation {
	y.Helper()
	for range 400 {
		wait, err := p.AdvanceOperation(y.ctx, id)
		y.ok(err)
		if wait == 0 {
			return y.operation(id)
		}
		y.clock.Advance(wait)
	}
	y.Fatalf("the operation does not come to rest: %+v", y.operation(id))
	return store.Operation{}
}

func (y *yard) operation(id string) store.Operation {
	y.Helper()
	o, err := y.store.Operation(y.ctx, id)
	y.ok(err)
	return o
}

func (y *yard) draft(id string) store.ConnectorDraft {
	y.Helper()
	d, err := y.store.ConnectorDraft(y.ctx, id)
	y.ok(err)
	return d
}

// wantState says how an operation has ended.
func (y *yard) wantState(o store.Operation, state, problem string) {
	y.Helper()
	if o.State != state || o.Problem != problem {
		y.Fatalf("got state %q, problem %q (%s, moved %v), want %q, %q", o.State, o.Problem, o.Detail, o.Moved, state, problem)
	}
}

// made is a draft that was made by us.
func (y *yard) made(d commercetools.DraftDraft) store.ConnectorDraft {
	y.Helper()
	o, err := y.portal.CreateDraft(y.ctx, y.staff, y.account.ID, d)
	y.ok(err)
	o = y.settle(y.portal, o.ID)
	y.wantState(o, store.OpDone, "")
	return y.draft(o.SubjectID)
}

// update has actions carried out on a draft as it was last seen, and waits for what comes of it.
func (y *yard) update(id string, actions ...commercetools.Action) store.Operation {
	y.Helper()
	o, err := y.portal.UpdateDraft(y.ctx, y.staff, id, 0, actions)
	y.ok(err)
	return y.settle(y.portal, o.ID)
}

// wait watches a draft until it rests, as the job does.
func (y *yard) wait(id string) store.ConnectorDraft {
	y.Helper()
	for range 300 {
		pause, err := y.portal.watchConnect(y.ctx, store.SubjectDraft, id)
		y.ok(err)
		if pause == 0 {
			return y.draft(id)
		}
		y.clock.Advance(pause)
	}
	y.Fatalf("the draft does not come to rest: %+v", y.draft(id))
	return store.ConnectorDraft{}
}

// codes are the codes of a subject's timeline, the oldest first.
func (y *yard) codes(subjectKind, subjectID string) []string {
	y.Helper()
	all, err := y.store.Events(y.ctx, subjectKind, subjectID, "", 100)
	y.ok(err)
	var codes []string
	for _, e := range slices.Backward(all) {
		codes = append(codes, e.Code)
	}
	return codes
}
