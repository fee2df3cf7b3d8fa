package traycdk_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/secret"
	"portico/upstream"
	"portico/upstream/traycdk"
)

const (
	canary = "canary-token-of-thirty-six-characters-and-more"
	id     = "3c5e4a2d-ad3a-58e9-8e2d-eff986f62387" // of Tray's documents
)

// request is what the server got.
type request struct {
	method, path, token, body, expect string
	length                            int64
}

// server answers by script, in order, and repeats the last answer.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
	calls    []upstream.Call
}

type reply func(w http.ResponseWriter)

func says(status int, body string, header ...string) reply {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func dies(http.ResponseWriter) { panic(http.ErrAbortHandler) }

func serve(t *testing.T, script ...reply) (*server, *traycdk.Client) {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading the request: %v", err)
		}
		s.mu.Lock()
		s.requests = append(s.requests, request{r.Method, r.URL.EscapedPath(), r.Header.Get("Authorization"), string(body), r.Header.Get("Expect"), r.ContentLength})
		answer := script[min(len(s.requests), len(script))-1]
		s.mu.Unlock()
		answer(w)
	}))
	t.Cleanup(s.Close)
	return s, s.client(canary)
}

func (s *server) client(token secret.Text) *traycdk.Client {
	options := traycdk.Options("eu", token)
	options.BreakerAfter = 100
	options.Record = func(_ context.Context, call upstream.Call) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls = append(s.calls, call)
	}
	return traycdk.New(traycdk.Config{Account: "eu", URL: s.URL + "/", Token: token, HTTP: upstream.NewClient(options).HTTP})
}

func failure(t *testing.T, err error) *upstream.Error {
	t.Helper()
	failed, ok := errors.AsType[*upstream.Error](err)
	if !ok {
		t.Fatalf("got %v, want an *upstream.Error", err)
	}
	if strings.Contains(fmt.Sprintf("%v %+v %s", failed, *failed, traycdk.Said(failed)), "canary") {
		t.Errorf("the error holds a secret: %+v", *failed)
	}
	return failed
}

// archive opens the same bytes as often as it is asked to, and counts.
func archive(content string) (open func() (io.ReadCloser, error), opened, closed *int) {
	opened, closed = new(int), new(int)
	return func() (io.ReadCloser, error) {
		*opened++
		return counted{strings.NewReader(content), closed}, nil
	}, opened, closed
}

type counted struct {
	io.Reader
	closed *int
}

func (c counted) Close() error { *c.closed++; return nil }

func deployment(status string) string {
	return `{"id":"` + id + `","connectorName":"my-connector","connectorVersion":"1.0","deploymentStatus":"` + status + `"}`
}

func TestDeploySendsTheArchive(t *testing.T) {
	for _, size := range []int{0, 1, 2, 3, 4, 12287, 12288, 12289, 50_000} {
		s, c := serve(t, says(200, deployment("Deploying")))
		content := strings.Repeat("PK\x03\x04 an archive\n", 4000)[:size]
		open, opened, closed := archive(content)
		got, err := c.Deploy(t.Context(), "my-connector", "1.0", open, int64(size))
		if want := (traycdk.Deployment{ID: id, Connector: "my-connector", Version: "1.0", Status: "Deploying"}); err != nil || got != want {
			t.Fatalf("%d bytes: got %+v, %v; want %+v", size, got, err, want)
		}
		sent := s.requests[0]
		if want := `{"connectorSourceCode":"` + base64.StdEncoding.EncodeToString([]byte(content)) + `"}`; sent.body != want || sent.length != int64(len(want)) {
			t.Errorf("%d bytes: sent %d bytes, announced %d, want %d", size, len(sent.body), sent.length, len(want))
		}
		if want := "/cdk/v1/deployments/connectors/my-connector/versions/1.0/deploy-connector-from-source"; sent.method != "POST" || sent.path != want || sent.token != "Bearer "+canary {
			t.Errorf("sent %s %s with %s", sent.method, sent.path, sent.token)
		}
		if *opened != 2 || *closed != 2 {
			t.Errorf("%d bytes: opened %d times and closed %d times, want 2", size, *opened, *closed)
		}
	}
}

func TestDeployIsRecordedInWords(t *testing.T) {
	s, c := serve(t, says(200, deployment("Building")))
	open, _, _ := archive("PK, not long")
	if _, err := c.Deploy(t.Context(), "my-connector", "1.0", open, 12); err != nil {
		t.Fatal(err)
	}
	want := "POST " + s.URL + "/cdk/v1/deployments/connectors/my-connector/versions/1.0/deploy-connector-from-source\n" +
		`{"connectorSourceCode":"(base64 of 12 bytes, sha256 61dce1e828751841…)"}`
	if len(s.calls) != 1 || s.calls[0].Request != want || s.calls[0].Operation != "deploy" || s.calls[0].Platform != "traycdk" {
		t.Errorf("recorded %+v, want %s", s.calls, want)
	}
}

func TestDeployAnswers(t *testing.T) {
	known := traycdk.Deployment{ID: id, Connector: "my-connector", Version: "1.0", Status: "Deploying"}
	repeat, failed, odd := known, known, known
	repeat.Repeat, failed.Status, odd.Status = true, "Failed", "Verifying"
	other := known
	other.ID, other.Version = "97fa58fe-0d67-423b-817a-e73d21887371", "2.0"
	for name, tt := range map[string]struct {
		answer reply
		want   traycdk.Deployment
	}{
		"documented":         {says(200, deployment("Deploying")), known},
		"created":            {says(201, deployment("Deploying")), known},
		"accepted":           {says(202, deployment("Deploying")), known},
		"a repeat":           {says(200, strings.TrimSuffix(deployment("Deploying"), "}")+`,"repeatDeployment":true}`), repeat},
		"a repeat in quotes": {says(200, strings.TrimSuffix(deployment("Deploying"), "}")+`,"repeatDeployment":"true"}`), repeat},
		"no repeat":          {says(200, strings.TrimSuffix(deployment("Deploying"), "}")+`,"repeatDeployment":null}`), known},
		"failed at once":     {says(200, deployment("Failed")), failed},
		"an unknown status":  {says(200, deployment("Verifying")), odd},
		"an ID alone":        {says(200, `{"id":"`+id+`"}`), known},
		"odd members":        {says(200, `{"id":"`+id+`","connectorName":{},"connectorVersion":null,"deploymentStatus":"Deploying","more":[1]}`), known},
		"another's version":  {says(200, `{"id":"`+other.ID+`","connectorVersion":2.0,"deploymentStatus":"Deploying"}`), other},
	} {
		_, c := serve(t, tt.answer)
		open, _, _ := archive("PK")
		if got, err := c.Deploy(t.Context(), "my-connector", "1.0", open, 2); err != nil || got != tt.want {
			t.Errorf("%s: got %+v, %v; want %+v", name, got, err, tt.want)
		}
	}
}

// refusals are what every call may be answered with.
var refusals = []struct {
	name    string
	answer  reply
	want    upstream.Kind
	said    string
	unknown bool // whether the outcome of a write is
}{
	{"400", says(400, `{"message":"The connector name does not match"}`), upstream.Refused, "Error (400): The connector name does not match", false},
	{"400 of the decoder", says(400, `{"message":"Invalid value for: body (expected json value got end of input)"}`), upstream.Invalid,
		"Error (400): Invalid value for: body (expected json value got end of input)", false},
	{"400 text", says(400, " not\na zip "), upstream.Refused, "Error (400): not a zip", false},
	{"400 empty", says(400, ""), upstream.Invalid, "Error (400)", false},
	{"400 page", says(400, "<html><head><title>400 Bad\nRequest</title>"), upstream.Invalid, "Error (400): 400 Bad Request", false},
	{"400 of another shape", says(400, `{"errors":["a","b"]}`), upstream.Refused, `Error (400): {"errors":["a","b"]}`, false},
	{"400 long", says(400, strings.Repeat("é", 600)), upstream.Refused, "Error (400): " + strings.Repeat("é", 499) + "…", false},
	{"401", says(401, `{"message":"The request is unauthorized"}`), upstream.Unauthorized, "Error (401): The request is unauthorized", false},
	{"401 that quotes the token", says(401, `{"message":"unknown token `+canary+`"}`), upstream.Unauthorized, "Error (401): unknown token •••", false},
	{"401 empty", says(401, ""), upstream.Unauthorized, "Error (401)", false},
	{"403", says(403, `{"message":"The request is forbidden","code":"rbac"}`), upstream.Forbidden, "Error (403): The request is forbidden", false},
	{"403 page", says(403, "<!doctype html><h1 class=x>Access <b>denied</b></h1>"), upstream.Forbidden, "Error (403): Access denied", false},
	{"404", says(404, `{"message":"Not found","code":null}`), upstream.NotFound, "Error (404): Not found", false},
	{"404 empty", says(404, ""), upstream.NotFound, "Error (404)", false},
	{"404 page", says(404, "<html><p>nginx</html>"), upstream.Invalid, "Error (404)", false},
	{"409", says(409, `{"message":"busy"}`), upstream.Refused, "Error (409): busy", false},
	{"413", says(413, `{"message":"too long"}`), upstream.Refused, "Error (413): too long", false},
	{"413 page", says(413, "<html><title>413 Request Entity Too Large</title>"), upstream.Refused, "Error (413): 413 Request Entity Too Large", false},
	{"422", says(422, `{"message":"no"}`), upstream.Refused, "Error (422): no", false},
	{"500", says(500, `{"message":"oh"}`), upstream.Unavailable, "Error (500): oh", true},
	{"502 page", says(502, "<html><title>Bad gateway</title>"), upstream.Unavailable, "Error (502): Bad gateway", true},
	{"503 empty", says(503, ""), upstream.Unavailable, "Error (503)", true},
	{"504", says(504, `{"message":"Endpoint request timed out"}`), upstream.Unavailable, "Error (504): Endpoint request timed out", true},
	{"a redirect", says(302, "", "Location", "https://elsewhere.test/"), upstream.Invalid, "Error (302)", false},
	{"429", says(429, `{"message":"slow down"}`, "Retry-After", "60", "X-Request-Id", "r-1"), upstream.Limited, "Error (429): slow down", false},
	{"a page", says(200, "<html><title>Welcome</title>"), upstream.Malformed, "Error (200): Welcome", true},
	{"lost", dies, upstream.Unavailable, "", true},
}

func TestRefusals(t *testing.T) {
	open, _, _ := archive("PK")
	for operation, try := range map[string]func(*testing.T, *traycdk.Client) error{
		"deploy": func(t *testing.T, c *traycdk.Client) error {
			_, err := c.Deploy(t.Context(), "my-connector", "1.0", open, 2)
			return err
		},
		"share": func(t *testing.T, c *traycdk.Client) error {
			_, err := c.Share(t.Context(), "my-connector", "1.0", []string{"john.doe@domain.com"})
			return err
		},
		"deployment": func(t *testing.T, c *traycdk.Client) error {
			_, err := c.Deployment(t.Context(), "my-connector", "1.0", id)
			return err
		},
	} {
		for _, tt := range refusals {
			t.Run(operation+" "+tt.name, func(t *testing.T) {
				s, c := serve(t, tt.answer)
				got := failure(t, try(t, c))
				if got.Kind != tt.want || got.OutcomeUnknown() != tt.unknown || got.Platform != "traycdk" || got.Operation != operation {
					t.Errorf("got %+v, unknown %t; want kind %q, unknown %t", *got, got.OutcomeUnknown(), tt.want, tt.unknown)
				}
				if said := traycdk.Said(got); said != tt.said {
					t.Errorf("Said: got %q, want %q", said, tt.said)
				}
				if tt.name == "429" && (got.RetryAfter != time.Minute || got.RequestID != "r-1") {
					t.Errorf("got %+v, want what the headers say", *got)
				}
				if len(s.requests) != 1 {
					t.Errorf("sent %d times, want once", len(s.requests))
				}
				recorded, err := json.Marshal(s.calls)
				if err != nil || len(s.calls) != 1 || s.calls[0].Err == "" || strings.Contains(string(recorded), "canary") {
					t.Errorf("recorded %s, %v; want one call, failed and without the token", recorded, err)
				}
			})
		}
	}
}

func TestAnswersWithoutWhatTheyMustHave(t *testing.T) {
	open, _, _ := archive("PK")
	for name, answer := range map[string]string{
		"nothing": "", "null": "null", "a list": "[]", "cut": `{"id":"` + id, "no ID": `{"deploymentStatus":"Deploying"}`,
		"no UUID": `{"id":"latest","deploymentStatus":"Deploying"}`, "an error under 200": `{"message":"no"}`,
	} {
		_, c := serve(t, says(200, answer))
		_, err := c.Deploy(t.Context(), "my-connector", "1.0", open, 2)
		if got := failure(t, err); got.Kind != upstream.Malformed || !got.OutcomeUnknown() {
			t.Errorf("%s: got %v, want malformed with an unknown outcome", name, got)
		}
		if got, err := c.Latest(upstream.Once(t.Context()), "my-connector", "1.0"); got != (traycdk.Deployment{}) || failure(t, err).Kind != upstream.Malformed {
			t.Errorf("%s: got %+v, %v; want malformed", name, got, err)
		}
	}
	for name, answer := range map[string]string{
		"another's": strings.ReplaceAll(deployment("Deployed"), "3c5e", "0000"), "no status": `{"id":"` + id + `"}`,
	} {
		_, c := serve(t, says(200, answer))
		if got, err := c.Deployment(t.Context(), "my-connector", "1.0", id); got != (traycdk.Deployment{}) || failure(t, err).Kind != upstream.Malformed {
			t.Errorf("%s: got %+v, %v; want malformed", name, got, err)
		}
	}
}

func TestLooks(t *testing.T) {
	s, c := serve(t, says(200, deployment("Building")), says(503, ""), says(200, deployment("Deployed")), says(404, `{"message":"Not found"}`))
	if got, err := c.Deployment(t.Context(), "my-connector", "1.0", strings.ToUpper(id)); err != nil || got.Status != "Building" {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := c.Latest(t.Context(), "my-connector", "1.0"); err != nil || got.Status != "Deployed" || got.ID != id {
		t.Errorf("got %+v, %v; want the second answer", got, err)
	}
	if got, err := c.Latest(t.Context(), "..", "1/0"); got != (traycdk.Deployment{}) || !upstream.IsKind(err, upstream.NotFound) {
		t.Errorf("got %+v, %v; want none", got, err)
	}
	want := []string{
		"/cdk/v1/deployments/connectors/my-connector/versions/1.0/3C5E4A2D-AD3A-58E9-8E2D-EFF986F62387",
		"/cdk/v1/deployments/connectors/my-connector/versions/1.0/latest",
		"/cdk/v1/deployments/connectors/my-connector/versions/1.0/latest",
		"/cdk/v1/deployments/connectors/%2E./versions/1%2F0/latest",
	}
	for i, path := range want {
		if len(s.requests) != len(want) || s.requests[i].path != path || s.requests[i].method != "GET" || s.requests[i].token != "Bearer "+canary {
			t.Fatalf("sent %+v, want GET %s", s.requests, path)
		}
	}
}

func TestPollsAreSentOnceAndQuietly(t *testing.T) {
	s, c := serve(t, says(200, deployment("Building")), says(500, ""), says(200, deployment("Deployed")))
	for i, want := range []string{"Building", "", "Deployed"} {
		got, err := c.Deployment(upstream.Quietly(t.Context()), "my-connector", "1.0", id)
		if got.Status != want || (err == nil) != (want != "") {
			t.Errorf("poll %d: got %+v, %v; want %q", i+1, got, err, want)
		}
	}
	if len(s.requests) != 3 || len(s.calls) != 1 || s.calls[0].Status != 500 {
		t.Errorf("sent %d, recorded %+v; want 3 and the failure", len(s.requests), s.calls)
	}
}

func TestShare(t *testing.T) {
	s, c := serve(t, says(200, `{"message":"2 permissions added"}`))
	got, err := c.Share(t.Context(), "my-connector", "1.0", []string{"john.doe@domain.com", "jane.doe@domain.com"})
	if got != "2 permissions added" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	want := request{"POST", "/cdk/v1/permissions/connectors/my-connector/versions/1.0/share-with-emails", "Bearer " + canary,
		`{"emails":["john.doe@domain.com","jane.doe@domain.com"]}`, "", 56}
	if len(s.requests) != 1 || s.requests[0] != want {
		t.Errorf("sent %+v, want %+v", s.requests, want)
	}
	for answer, want := range map[string]string{
		"": "", "{}": "{}", "shared": "shared", `{"success":{"message":"5 permissions added"},"warnings":{}}`: "5 permissions added",
		`{"message":"for ` + canary + `"}`: "for •••", `{"message":"` + strings.Repeat("x", 900) + `"}`: strings.Repeat("x", 499) + "…",
	} {
		_, c := serve(t, says(200, answer))
		if got, err := c.Share(t.Context(), "my-connector", "1.0", []string{"a@x.example"}); got != want || err != nil {
			t.Errorf("%s: got %q, %v; want %q", answer, got, err, want)
		}
	}
}

func TestShareByAnotherToken(t *testing.T) {
	const words = "The connector (Left(some-connector-name~1.1)) was not found or you don't have permission to access it"
	for status, want := range map[int]upstream.Kind{400: upstream.NotFound, 403: upstream.Forbidden, 404: upstream.NotFound} {
		_, c := serve(t, says(status, `{"message":"`+words+`"}`))
		_, err := c.Share(t.Context(), "some-connector-name", "1.1", []string{"a@x.example"})
		if got := failure(t, err); got.Kind != want || got.Message != words || !traycdk.NotOwner(got) {
			t.Errorf("%d: got %+v, not the owner: %t; want %s", status, *got, traycdk.NotOwner(got), want)
		}
	}
	for _, err := range []error{nil, io.EOF, &upstream.Error{Platform: "traycdk", Kind: upstream.NotFound}, &upstream.Error{Platform: "tray", Kind: upstream.Forbidden}} {
		if traycdk.NotOwner(err) {
			t.Errorf("%v is taken for a connector of another token", err)
		}
	}
}

func TestMe(t *testing.T) {
	for answer, want := range map[string]string{
		`{"username":"api-user","email":"e"}`: "api-user", `{"email":"e@x.example"}`: "e@x.example", `{"name":"n","username":null}`: "n",
		`{"username":""}`: "", `[]`: "", "": "",
	} {
		s, c := serve(t, says(200, answer))
		got, err := c.Me(upstream.Once(t.Context()))
		if got != want || upstream.IsKind(err, upstream.Malformed) != (want == "") || s.requests[0].path != "/v1/me" {
			t.Errorf("%s: got %q, %v at %s; want %q", answer, got, err, s.requests[0].path, want)
		}
	}
}

func TestCanSee(t *testing.T) {
	for _, tt := range []struct {
		answer reply
		want   bool
		kind   upstream.Kind
	}{
		{says(200, `{"elements":[{"name":"get_post"}]}`), true, ""},
		{says(200, `{"elements":[]}`), true, ""},
		{says(404, `{"message":"Not found"}`), false, ""},
		{says(403, `{"message":"The connector (Left(a~1.0)) was not found or you don't have permission to access it"}`), false, ""},
		{says(403, `{"message":"The request is forbidden"}`), false, upstream.Forbidden},
		{says(404, `<html>`), false, upstream.Invalid},
		{says(200, `{}`), false, upstream.Malformed},
	} {
		s, c := serve(t, tt.answer)
		got, err := c.CanSee(upstream.Once(t.Context()), "my-connector", "1.0")
		if got != tt.want || (err != nil) != (tt.kind != "") || err != nil && failure(t, err).Kind != tt.kind {
			t.Errorf("got %t, %v; want %t, %q", got, err, tt.want, tt.kind)
		}
		if want := "/core/v1/connectors/my-connector/versions/1.0/operations"; s.requests[0].path != want {
			t.Errorf("asked %s, want %s", s.requests[0].path, want)
		}
	}
}

var errBroken = errors.New("a piece is missing")

func TestWhatIsNotSent(t *testing.T) {
	open, _, _ := archive("PK")
	broken := func() (io.ReadCloser, error) { return nil, errBroken }
	s, c := serve(t, says(200, deployment("Deploying")))
	deploy := func(c *traycdk.Client, name, version string, open func() (io.ReadCloser, error), size int64) error {
		_, err := c.Deploy(t.Context(), name, version, open, size)
		return err
	}
	for name, try := range map[string]func() error{
		"no token":          func() error { return deploy(s.client(" Bearer "), "n", "1.0", open, 2) },
		"two tokens":        func() error { return deploy(s.client("one-canary-token\nanother-canary-token"), "n", "1.0", open, 2) },
		"no name":           func() error { return deploy(c, "", "1.0", open, 2) },
		"no version":        func() error { return deploy(c, "n", "", open, 2) },
		"a short archive":   func() error { return deploy(c, "n", "1.0", open, 3) },
		"a long archive":    func() error { return deploy(c, "n", "1.0", open, 1) },
		"a broken archive":  func() error { return deploy(c, "n", "1.0", broken, 1) },
		"no e-mail address": func() error { _, err := c.Share(t.Context(), "n", "1.0", nil); return err },
		"no ID":             func() error { _, err := c.Deployment(t.Context(), "n", "1.0", "latest"); return err },
		"no address": func() error {
			return deploy(traycdk.New(traycdk.Config{URL: "api.tray.io", Token: canary}), "n", "1.0", open, 2)
		},
	} {
		got := failure(t, try())
		if got.OutcomeUnknown() || !errors.Is(got, upstream.ErrNotSent) || got.Kind != upstream.Invalid {
			t.Errorf("%s: got %+v, want invalid and not sent", name, *got)
		}
	}
	if err := deploy(c, "n", "1.0", broken, 1); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want the archive's own error in it", err)
	}
	if len(s.requests) != 0 {
		t.Errorf("sent %+v", s.requests)
	}
}

// An archive that changes while it is sent must not become a whole body.
func TestAnArchiveThatEndsEarlyIsNoBody(t *testing.T) {
	got := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			t.Errorf("got a whole body of %d bytes", len(body))
		}
		got <- string(body)
	}))
	t.Cleanup(server.Close)
	contents := []string{"PK and more", "PK"}
	open := func() (io.ReadCloser, error) {
		content := contents[0]
		contents = contents[1:]
		return io.NopCloser(strings.NewReader(content)), nil
	}
	c := traycdk.New(traycdk.Config{URL: server.URL, Token: canary})
	_, err := c.Deploy(t.Context(), "my-connector", "1.0", open, 11)
	if failed := failure(t, err); failed.Kind != upstream.Unavailable {
		t.Errorf("got %v", failed)
	}
	if body := <-got; strings.HasSuffix(body, "}") {
		t.Errorf("the body was completed: %s", body)
	}
}

// A long archive waits until the token is known to be good.
func TestARefusedTokenCostsNoUpload(t *testing.T) {
	const size = 2 << 20
	var mu sync.Mutex
	read := 0
	sent := func() (io.ReadCloser, error) {
		return io.NopCloser(io.TeeReader(io.LimitReader(zeros{}, size), writer(func(p []byte) {
			mu.Lock()
			defer mu.Unlock()
			read += len(p)
		}))), nil
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Expect") != "100-continue" {
			t.Errorf("Expect: %q", r.Header.Get("Expect"))
		}
		says(401, `{"message":"The request is unauthorized"}`)(w)
	}))
	t.Cleanup(server.Close)
	c := traycdk.New(traycdk.Config{URL: server.URL, Token: canary})
	_, err := c.Deploy(t.Context(), "my-connector", "1.0", sent, size)
	if got := failure(t, err); got.Kind != upstream.Unauthorized || got.Message != "The request is unauthorized" {
		t.Errorf("got %+v", *got)
	}
	mu.Lock()
	defer mu.Unlock()
	if read > size {
		t.Errorf("%d bytes were read to be sent", read-size)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }

func TestStatusOf(t *testing.T) {
	for status, want := range map[string]traycdk.State{
		"Building": traycdk.Building, "Deploying": traycdk.Deploying, "Deployed": traycdk.Deployed, "Failed": traycdk.Failed,
		"DEPLOYED": traycdk.Deployed, " failed ": traycdk.Failed, "Verifying": traycdk.Unknown, "unknown": traycdk.Unknown, "": traycdk.Unknown,
	} {
		got := traycdk.StatusOf(status)
		if got != want || got.UnderWay() != (want == traycdk.Building || want == traycdk.Deploying) {
			t.Errorf("%q: got %s, under way %t; want %s", status, got, got.UnderWay(), want)
		}
	}
}

func TestClientPrintsNoToken(t *testing.T) {
	config := traycdk.Config{Token: canary}
	if printed := fmt.Sprintf("%v %+v %#v %+v", config, config, config, traycdk.New(config)); strings.Contains(printed, "canary") {
		t.Errorf("printed %s", printed)
	}
	if encoded, err := json.Marshal(config.Token); err != nil || bytes.Contains(encoded, []byte("canary")) {
		t.Errorf("encoded %s, %v", encoded, err)
	}
}
