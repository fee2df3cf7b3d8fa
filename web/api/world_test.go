package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/portal"
	"portico/sandbox/cdksim"
	"portico/sandbox/clock"
	"portico/sandbox/connectsim"
	"portico/secret"
	"portico/static"
	"portico/store"
	"portico/store/storetest"
	"portico/views/messages"
	"portico/web"
)

const (
	apiKey = "api-key-canary-5a1f"
	base   = "/in/api/v1"
)

// counter is a whole portal with its jobs, asked through its API, over simulated platforms. Its clock runs twenty times as
// fast as the real one, and everything that was answered or logged is kept.
type counter struct {
	testing.TB
	server  *web.Server
	portal  *portal.Portal
	store   *store.Store
	cdk     *cdksim.Server
	connect *connectsim.Server
	sites   map[string]string // "cdk" and "connect" to the simulator's address

	mu   sync.Mutex
	said bytes.Buffer
}

// Write implements io.Writer, for the log.
func (c *counter) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.said.Write(b)
}

func newCounter(t testing.TB) *counter {
	t.Helper()
	began := time.Now()
	fast := clock.From(func() time.Time { return began.Add(20 * time.Since(began)) })
	s, err := store.Open(t.Context(), store.Options{Database: storetest.SQLite(t), Keys: storetest.Keys(t), Now: fast.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
	c := &counter{TB: t, store: s, cdk: cdksim.New(cdksim.Options{Clock: fast}), sites: map[string]string{}}
	c.connect = storetest.Must[*connectsim.Server](t)(connectsim.Open(connectsim.Options{Clock: fast}))
	c.accounts()
	log := slog.New(slog.NewTextHandler(c, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c.portal = storetest.Must[*portal.Portal](t)(portal.New(portal.Options{
		Store: s, Now: fast.Now, Log: log, URL: "https://portal.test/in", ArchiveLimit: 1 << 20, LocalRepositories: true, RescueAfter: time.Hour,
	}))
	c.server = storetest.Must[*web.Server](t)(web.New(web.Options{
		Store: s, Portal: c.portal, Assets: static.New("/in"), Messages: storetest.Must[*messages.Bundle](t)(messages.Load()), Log: log, Now: fast.Now,
		URL: "https://portal.test/in", APIKeys: []secret.Text{apiKey},
	}))
	c.work()
	return c
}

// accounts configures a token of each of Tray's regions, named as these, and the project "shop" of the simulated commercetools.
func (c *counter) accounts() {
	c.Helper()
	serve := func(h http.Handler, name string) {
		site := httptest.NewServer(h)
		c.Cleanup(site.Close)
		c.sites[name] = site.URL
	}
	serve(c.cdk, "cdk")
	serve(c.connect, "connect")
	access := c.connect.Access("us-central1.gcp")
	all := []store.DeployAccount{{
		Platform: store.PlatformCommercetools, Name: "shop", Region: access.Region, APIURL: c.sites["connect"], AuthURL: c.sites["connect"],
		ProjectKey: access.ProjectKey, ClientID: access.ClientID, Secret: secret.Text(access.ClientSecret),
	}}
	for _, region := range []string{"us", "eu", "ap"} {
		all = append(all, store.DeployAccount{
			Platform: store.PlatformTrayCDK, Name: region, Region: region, APIURL: c.sites["cdk"] + "/" + region, Secret: secret.Text(c.cdk.Token(region)), Position: len(all),
		})
	}
	storetest.Update(c, c.store, func(tx *store.Tx) error {
		for _, a := range all {
			if _, err := tx.PutDeployAccount(c.Context(), a); err != nil {
				return err
			}
		}
		return nil
	})
}

// work has the jobs worked on until the test ends.
func (c *counter) work() {
	ended := make(chan error, 1)
	stopped := c.Context()
	go func() { ended <- c.portal.Run(stopped) }()
	c.Cleanup(func() {
		if err := <-ended; err != nil {
			c.Error(err)
		}
	})
}

// control asks a simulator's control API: control("connect", "PATCH", "/settings", `{…}`).
func (c *counter) control(of, method, path, body string) {
	c.Helper()
	r := storetest.Must[*http.Request](c)(http.NewRequest(method, c.sites[of]+"/_control"+path, strings.NewReader(body)))
	answer := storetest.Must[*http.Response](c)(http.DefaultClient.Do(r))
	defer answer.Body.Close() //nolint:errcheck // nothing is read of it
	if answer.StatusCode != http.StatusOK {
		c.Fatalf("%s %s answers %s", method, path, answer.Status)
	}
}

// answer is what the API has said: its status, and its JSON by path.
type answer struct {
	*counter
	status int
	body   []byte
	tree   any
}

// ask sends a request with the API key. The body is JSON of anything, or what a reader gives, as it is.
func (c *counter) ask(method, path string, body any) answer {
	c.Helper()
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case io.Reader:
		content = b
	default:
		content = bytes.NewReader(storetest.Must[[]byte](c)(json.Marshal(b)))
	}
	return c.send(method, path, content, "Authorization", "Bearer "+apiKey, "Content-Type", "application/json")
}

func (c *counter) send(method, path string, content io.Reader, headers ...string) answer {
	c.Helper()
	r := httptest.NewRequest(method, "https://portal.test"+base+path, content)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	c.server.ServeHTTP(w, r)
	a := answer{counter: c, status: w.Code, body: w.Body.Bytes()}
	c.Write(a.body)                     //nolint:errcheck // it goes into a buffer
	_ = json.Unmarshal(a.body, &a.tree) // what is no JSON has no members
	return a
}

// is wants a status.
func (a answer) is(status int) answer {
	a.Helper()
	if a.status != status {
		a.Fatalf("got the status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// refused wants a problem with a code, which says something.
func (a answer) refused(status int, code string) {
	a.Helper()
	if a.is(status).text("code") != code || len(a.text("detail")) < 15 || strings.Contains(a.text("detail"), "{{") {
		a.Fatalf("got %s, want the code %q and a sentence", a.body, code)
	}
}

// at is a member by its path: "items.0.id"; nil where there is none.
func (a answer) at(path string) any {
	return member(a.tree, strings.Split(path, "."))
}

func member(tree any, path []string) any {
	for _, name := range path {
		switch t := tree.(type) {
		case map[string]any:
			tree = t[name]
		case []any:
			var n int
			if json.Unmarshal([]byte(name), &n) != nil || n >= len(t) {
				return nil
			}
			tree = t[n]
		default:
			return nil
		}
	}
	return tree
}

// text is a member that is a text; "" where there is none.
func (a answer) text(path string) string {
	s, _ := a.at(path).(string)
	return s
}

// some is how many things a member that is a list has.
func (a answer) some(path string) int {
	all, _ := a.at(path).([]any)
	return len(all)
}

// until asks for an address again and again until what it says is so.
func (c *counter) until(path string, so func(answer) bool) answer {
	c.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for began := time.Now(); ; <-look.C {
		a := c.ask("GET", path, nil).is(200)
		if so(a) {
			return a
		}
		if time.Since(began) > time.Minute {
			c.Fatalf("%s does not come to what is waited for: %s", path, a.body)
		}
	}
}

// silentAbout fails where an answer or the log holds one of the secrets.
func (c *counter) silentAbout(secrets ...string) {
	c.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range append(secrets, apiKey, c.connect.ClientSecret(), c.cdk.Token("us")) {
		if bytes.Contains(c.said.Bytes(), []byte(s)) {
			c.Errorf("%q was told", s)
		}
	}
}
