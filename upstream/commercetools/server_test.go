package commercetools_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/secret"
	"portico/upstream"
	"portico/upstream/commercetools"
)

const (
	secretCanary = "canary-of-the-client"
	project      = "my-shop"
	draftID      = "5ab3edcd-9d23-4934-8f48-256805253119"
	deploymentID = "13c72c44-7a8e-44f2-a570-b5e991f7021a"
)

// request is what the server got.
type request struct {
	line        string // method, path and query
	token       string
	kind        string // of the content
	correlation string
	body        string
}

// reply answers a request.
type reply func(w http.ResponseWriter, r *http.Request)

func says(status int, text string) reply {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}
}

func dies(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// server answers calls by script, in order, and repeats the last answer; requests for tokens are answered apart, by the
// project's token service.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	script   []reply
	requests []request
	calls    []upstream.Call
	now      time.Time

	grants  int // tokens given
	expires int // seconds
	scope   string
	token   reply // instead of a token, where it is not nil
	inspect reply
}

func serve(t *testing.T, script ...reply) (*server, *commercetools.Client) {
	t.Helper()
	s := &server{script: script, now: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC), expires: 172800, scope: "manage_project:" + project,
		inspect: says(404, `{"statusCode":404,"message":"no"}`)}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s, s.client(project)
}

// client is one of the API client's; each gets tokens of its own.
func (s *server) client(project string) *commercetools.Client {
	options := commercetools.Options("main", secretCanary)
	options.MaxTries = 1
	options.BreakerAfter = 1000
	options.Record = func(_ context.Context, call upstream.Call) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls = append(s.calls, call)
	}
	return commercetools.New(commercetools.Config{Account: "main", ProjectKey: project, ClientID: "client-7", ClientSecret: secretCanary,
		ConnectURL: s.URL + "/", AuthURL: s.URL, HTTP: upstream.NewClient(options).HTTP, Now: s.clock})
}

func (s *server) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *server) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/oauth/") {
		s.authorize(w, r, string(body))
		return
	}
	s.mu.Lock()
	s.requests = append(s.requests, request{r.Method + " " + r.URL.RequestURI(), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "),
		r.Header.Get("Content-Type"), r.Header.Get("X-Correlation-ID"), string(body)})
	answer := s.script[min(len(s.requests), len(s.script))-1]
	s.mu.Unlock()
	answer(w, r)
}

// authorize is the token service.
func (s *server) authorize(w http.ResponseWriter, r *http.Request, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, password, _ := r.BasicAuth()
	switch {
	case s.token != nil && r.URL.Path == "/oauth/token":
		s.grants++
		s.token(w, r)
	case id != "client-7" || password != secretCanary || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded":
		says(401, `{"statusCode":401,"message":"Please provide valid client credentials.","errors":[{"code":"invalid_client","message":"no"}],"error":"invalid_client"}`)(w, r)
	case r.URL.Path == "/oauth/introspect":
		s.inspect(w, r)
	case body != "grant_type=client_credentials":
		says(400, `{"statusCode":400,"message":"no grant","error":"invalid_request"}`)(w, r)
	default:
		s.grants++
		fmt.Fprintf(w, `{"access_token":"canary-token-%d","expires_in":%d,"token_type":"Bearer","scope":%q}`, s.grants, s.expires, s.scope)
	}
}

func (s *server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *server) given() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grants
}

func (s *server) got() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func (s *server) recorded() []upstream.Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// file is an answer of testdata.
func file(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func failure(t *testing.T, err error) *upstream.Error {
	t.Helper()
	failed, ok := errors.AsType[*upstream.Error](err)
	if !ok {
		t.Fatalf("got %v, want an *upstream.Error", err)
	}
	if strings.Contains(fmt.Sprintf("%v %+v %s", failed, *failed, failed.Message), "canary") {
		t.Errorf("the error holds a secret: %+v", *failed)
	}
	return failed
}

func secretText(s string) secret.Text { return secret.Text(s) }
