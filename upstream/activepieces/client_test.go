package activepieces_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/upstream"
	"portico/upstream/activepieces"
)

const keyCanary = "sk-canary-of-the-key"

// request is what the server got.
type request struct {
	line  string // method, path and query
	token string
	body  map[string]any
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

// server answers by script, in order, and repeats the last answer.
type server struct {
	*httptest.Server
	client   *upstream.Client
	mu       sync.Mutex
	script   []reply
	requests []request
	calls    []upstream.Call
}

func serve(t *testing.T, config activepieces.Config, script ...reply) (*server, *activepieces.Client) {
	t.Helper()
	s := &server{script: script}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	options := activepieces.Options("main", config.APIKey, config.Password)
	options.BreakerAfter = 5
	options.Record = func(_ context.Context, call upstream.Call) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls = append(s.calls, call)
	}
	options.MaxTries = 1
	s.client = upstream.NewClient(options)
	config.URL, config.HTTP = s.URL, s.client.HTTP
	return s, activepieces.New(config)
}

func withKey(t *testing.T, script ...reply) (*server, *activepieces.Client) {
	t.Helper()
	return serve(t, activepieces.Config{APIKey: keyCanary}, script...)
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	got := request{line: r.Method + " " + r.URL.RequestURI(), token: strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")}
	body, err := io.ReadAll(r.Body)
	if err == nil && len(body) > 0 {
		err = json.Unmarshal(body, &got.body)
	}
	if err != nil {
		w.WriteHeader(http.StatusTeapot)
	}
	s.mu.Lock()
	s.requests = append(s.requests, got)
	answer := s.script[min(len(s.requests), len(s.script))-1]
	s.mu.Unlock()
	answer(w, r)
}

func (s *server) got() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func (s *server) lines() []string {
	var lines []string
	for _, r := range s.got() {
		lines = append(lines, r.line)
	}
	return lines
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

func TestErrorShapes(t *testing.T) {
	const html = `<!DOCTYPE html><html><body>Welcome ` + keyCanary + `</body></html>`
	for _, tt := range []struct {
		name    string
		answer  reply
		want    upstream.Kind
		code    string
		says    string // part of the error
		unknown bool   // whether the outcome is
	}{
		{"application error", says(400, `{"code":"INVALID_APP_CONNECTION","params":{"error":"no `+keyCanary+`"}}`), upstream.Refused, "INVALID_APP_CONNECTION", "no •••", false},
		{"params null", says(401, `{"code":"INVALID_CREDENTIALS","params":null}`), upstream.Unauthorized, "INVALID_CREDENTIALS", "", false},
		{"params odd", says(404, `{"code":"ENTITY_NOT_FOUND","params":"x"}`), upstream.NotFound, "ENTITY_NOT_FOUND", "", false},
		{"params of odd types", says(404, `{"code":"ENTITY_NOT_FOUND","params":{"message":7,"error":[]}}`), upstream.NotFound, "ENTITY_NOT_FOUND", "7", false},
		{"unknown code", says(400, `{"code":"SOMETHING_NEW","params":{"message":"m"}}`), upstream.Refused, "SOMETHING_NEW", "m", false},
		{"framework", says(400, `{"statusCode":400,"code":"FST_ERR_VALIDATION","error":"Bad Request","message":"body/ Invalid input"}`), upstream.Invalid, "FST_ERR_VALIDATION", "body/", false},
		{"quota", says(402, `{"code":"QUOTA_EXCEEDED","params":{"metric":"ACTIVE_FLOWS"}}`), upstream.Unlicensed, "QUOTA_EXCEEDED", "ACTIVE_FLOWS", false},
		{"signed out", says(403, `{"code":"SESSION_EXPIRED","params":{}}`), upstream.Unauthorized, "SESSION_EXPIRED", "", false},
		{"not allowed", says(403, `{"code":"PERMISSION_DENIED","params":{}}`), upstream.Forbidden, "PERMISSION_DENIED", "", false},
		{"external ID taken", says(409, `{"code":"PROJECT_EXTERNAL_ID_ALREADY_EXISTS","params":{"externalId":"e"}}`), upstream.Exists, "PROJECT_EXTERNAL_ID_ALREADY_EXISTS", "", false},
		{"busy", says(409, `{"code":"FLOW_OPERATION_IN_PROGRESS","params":{"message":"wait"}}`), upstream.Limited, "FLOW_OPERATION_IN_PROGRESS", "wait", false},
		{"refused", says(409, `{"code":"VALIDATION","params":{"message":"m"}}`), upstream.Refused, "VALIDATION", "m", false},
		{"too old", says(410, `{"code":"FLOW_RUN_RETRY_OUTSIDE_RETENTION","params":{}}`), upstream.Refused, "FLOW_RUN_RETRY_OUTSIDE_RETENTION", "", false},
		{"no sandbox", says(429, `{"code":"SANDBOX_CAPACITY_EXCEEDED","params":{}}`), upstream.Limited, "SANDBOX_CAPACITY_EXCEEDED", "", false},
		{"not published", says(500, `{"statusCode":500,"message":"publishedFlowVersionId is required is null or undefined"}`), upstream.Refused, "", "never been published", false},
		{"no OAuth apps", says(500, `{"statusCode":500,"message":"Unimplemented platform oauth"}`), upstream.Refused, "", "OAuth apps", false},
		{"raw 500", says(500, `{"statusCode":500,"message":"Could not find any entity of type \"secret_table\" matching: {\n \"id\": \"row-7\"}"}`), upstream.Unavailable, "", "Could not find any entity of type … matching:", true},
		{"HTML", says(200, html), upstream.Malformed, "", "text/html instead of JSON; is this the address of Activepieces?", true},
		{"HTML 404", says(404, html), upstream.Malformed, "", "text/html instead of JSON", true},
		{"HTML 502", says(502, html), upstream.Unavailable, "", "text/html instead of JSON", true},
		{"HTML 401", says(401, html), upstream.Unauthorized, "", "text/html instead of JSON", false},
		{"text", says(200, "ok"), upstream.Malformed, "", "text/plain instead of JSON", true},
		{"nothing", says(200, ""), upstream.Malformed, "", "nothing instead of JSON", true},
		{"redirect", says(301, ""), upstream.Invalid, "", "a redirect (HTTP 301)", false},
		{"cut JSON", says(200, `{"data":[{"id":"x`), upstream.Malformed, "", "text/plain instead of JSON", true},
		{"other JSON", says(200, `{"status":"ok"}`), upstream.Malformed, "", "the answer has no ID", true},
		{"null", says(200, `null`), upstream.Malformed, "", "the answer has no ID", true},
		{"a list", says(200, `[]`), upstream.Malformed, "", "", true},
		{"lost", dies, upstream.Unavailable, "", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, c := withKey(t, tt.answer)
			_, err := c.CreateProject(t.Context(), "e", "Name")
			got := failure(t, err)
			if got.Kind != tt.want || got.Code != tt.code || got.OutcomeUnknown() != tt.unknown || got.Platform != "activepieces" || got.Operation != "POST /projects" {
				t.Errorf("got %+v, want %s, code %q, outcome unknown %t", *got, tt.want, tt.code, tt.unknown)
			}
			if !strings.Contains(got.Error(), tt.says) || strings.Contains(got.Error(), "secret_table") || strings.Contains(got.Error(), "row-7") {
				t.Errorf("got %q, want %q in it and nothing of the server's inside", got.Error(), tt.says)
			}
		})
	}
}

func TestBreakerCountsFailuresOnly(t *testing.T) {
	for answer, want := range map[string]string{
		`{"code":"23505","message":"duplicate key value violates unique constraint \"idx\""}`: "closed",
		`{"message":"publishedFlowVersionId is required is null or undefined"}`:               "closed",
		`{"message":"anything else"}`: "open",
	} {
		s, c := withKey(t, says(500, answer))
		for range 5 {
			if _, err := c.CreateProject(t.Context(), "e", "Name"); err == nil {
				t.Fatal("got no error")
			}
		}
		if got := s.client.Breaker(); got != want {
			t.Errorf("after five times %s the breaker is %s, want %s", answer, got, want)
		}
	}
}

func TestGatedRoutes(t *testing.T) {
	_, c := withKey(t, says(404, `{"statusCode":404,"error":"Not Found","message":"Route not found"}`))
	for name, tt := range map[string]struct {
		err  error
		want upstream.Kind
	}{
		"global connections": {c.DeleteGlobalConnection(t.Context(), "g"), upstream.Unlicensed},
		"signing keys":       {c.DeleteSigningKey(t.Context(), "k"), upstream.Unlicensed},
		"embedding":          {c.AllowEmbedOrigin(t.Context(), "https://p.test"), upstream.Unlicensed},
		"anything":           {c.DeleteProject(t.Context(), "p"), upstream.Invalid},
	} {
		if got := failure(t, tt.err); got.Kind != tt.want || got.Code != "ROUTE_NOT_FOUND" || got.Temporary() || got.OutcomeUnknown() {
			t.Errorf("%s: got %+v, want %s", name, *got, tt.want)
		}
	}
}

func TestCallsWithoutIDAreNotSent(t *testing.T) {
	s, c := withKey(t, says(200, `{"id":"made by accident"}`))
	_, renamed := c.RenameProject(t.Context(), "", "Name")
	_, updated := c.UpdateGlobalConnection(t.Context(), "", "Name", nil)
	_, retried := c.RetryRun(t.Context(), "p", "", true)
	for _, err := range []error{renamed, updated, retried, c.DeleteFlow(t.Context(), "")} {
		if got := failure(t, err); got.Kind != upstream.Invalid || !errors.Is(err, upstream.ErrNotSent) {
			t.Errorf("got %+v, want invalid and not sent", *got)
		}
	}
	if got := s.lines(); len(got) != 0 {
		t.Errorf("the platform got %v", got)
	}
	if _, err := c.Project(t.Context(), "../x?y"); err != nil {
		t.Error(err)
	}
	if got := s.lines(); !slices.Equal(got, []string{"GET /api/v1/projects/..%2Fx%3Fy"}) {
		t.Errorf("the platform got %v", got)
	}
}

func TestSlowCallsHaveTheirOwnClient(t *testing.T) {
	slow, _ := withKey(t, says(200, `{"id":"slow"}`))
	s, _ := withKey(t, says(200, `{"id":"quick"}`))
	host := strings.TrimPrefix(slow.URL, "http://")
	c := activepieces.New(activepieces.Config{URL: s.URL + "/", APIKey: keyCanary, HTTP: s.client.HTTP, SlowHTTP: &http.Client{Transport: elsewhere(host)}})
	connection, err := c.UpsertConnection(t.Context(), activepieces.NewConnection{ProjectID: "p", Value: activepieces.Value{Type: activepieces.TypeNoAuth}})
	if err != nil || connection.ID != "slow" {
		t.Errorf("got %+v, %v; want the slow client's", connection, err)
	}
	if flow, err := c.PublishFlow(t.Context(), "f", true); err != nil || flow.ID != "slow" {
		t.Errorf("got %+v, %v; want the slow client's", flow, err)
	}
	if flow, err := c.RenameFlow(t.Context(), "f", "Name"); err != nil || flow.ID != "quick" {
		t.Errorf("got %+v, %v; want the quick client's", flow, err)
	}
}

// elsewhere sends requests to another host.
type elsewhere string

func (e elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Host = string(e)
	return http.DefaultTransport.RoundTrip(r)
}

func TestListsEnd(t *testing.T) {
	row := `{"id":"c1","projectIds":["p"]}`
	for name, tt := range map[string]struct {
		script []reply
		want   int // connections; -1: an error of kind Malformed
	}{
		"one page":             {[]reply{says(200, `{"data":[`+row+`],"next":null,"previous":null}`)}, 1},
		"two pages":            {[]reply{says(200, `{"next":"a=","data":[`+row+`]}`), says(200, `{"data":[`+row+`]}`)}, 2},
		"none":                 {[]reply{says(200, `{"data":[],"next":null}`)}, 0},
		"a cursor again":       {[]reply{says(200, `{"data":[`+row+`],"next":"a="}`)}, -1},
		"no data":              {[]reply{says(200, `{"next":null}`)}, -1},
		"data null":            {[]reply{says(200, `{"data":null}`)}, -1},
		"a row without an ID":  {[]reply{says(200, `{"data":[{}]}`)}, -1},
		"a row that is null":   {[]reply{says(200, `{"data":[null]}`)}, -1},
		"data of another type": {[]reply{says(200, `{"data":"x"}`)}, -1},
	} {
		s, c := withKey(t, tt.script...)
		got, err := c.Connections(t.Context(), "p")
		if tt.want < 0 {
			if !upstream.IsKind(err, upstream.Malformed) || got != nil {
				t.Errorf("%s: got %v, %v; want malformed", name, got, err)
			}
			continue
		}
		if err != nil || len(got) != tt.want || got == nil {
			t.Errorf("%s: got %v, %v; want %d", name, got, err, tt.want)
		}
		if first := s.lines()[0]; first != "GET /api/v1/app-connections?limit=100000&projectId=p" {
			t.Errorf("%s: asked with %s", name, first)
		}
	}
}

func TestOddMembersAreRead(t *testing.T) {
	_, c := withKey(t, says(200, `{"id":7,"status":null,"metadata":{"a":"b","n":1,"o":{}},"publishedVersionId":null,"extra":[],"created":"yesterday",
		"version":{"displayName":12.5,"valid":"true","schemaVersion":22,"connectionIds":"one","trigger":{"type":"EMPTY"},"notes":null}}`))
	got, err := c.Flow(t.Context(), "f")
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != "7" || got.Name != "12.5" || !got.Version.Valid || got.Version.SchemaVersion != "22" || !got.Created.IsZero() ||
		!slices.Equal(got.Version.ConnectionIDs, []string{"one"}) || len(got.Metadata) != 1 || got.Metadata["a"] != "b" || string(got.Version.Trigger) != `{"type":"EMPTY"}` {
		t.Errorf("got %+v", got)
	}
	_, c = withKey(t, says(200, `{"id":"f","version":"none","metadata":"none"}`))
	if got, err := c.Flow(t.Context(), "f"); err != nil || got.ID != "f" || got.Metadata != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestWhatALicensedServerAnswers(t *testing.T) {
	at := time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC)
	// These shapes are read from source: no recording shows them.
	_, c := withKey(t, says(201, `{"id":"g1","created":"2026-07-01T08:00:00.000Z","updated":"2026-07-01T08:00:00.000Z","externalId":"gelato_org_1","displayName":"Gelato",
		"type":"CUSTOM_AUTH","pieceName":"@activepieces/piece-gelato","projectIds":["p1","p2"],"platformId":"pl","scope":"PLATFORM","status":"ACTIVE","ownerId":null,
		"owner":null,"metadata":null,"pieceVersion":"1.0.0","preSelectForNewProjects":false,"usingSecretManager":false}`))
	global, err := c.UpsertGlobalConnection(t.Context(), activepieces.NewConnection{Value: activepieces.Value{Type: activepieces.TypeCustomAuth}})
	if err != nil || global.ID != "g1" || global.Scope != activepieces.ScopePlatform || !slices.Equal(global.ProjectIDs, []string{"p1", "p2"}) || !global.Created.Equal(at) {
		t.Errorf("got %+v, %v", global, err)
	}
	_, c = withKey(t, says(200, `{"id":"u1","platformRole":"MEMBER","status":"ACTIVE","externalId":"user-1","platformId":"pl","firstName":"A","lastName":"B",
		"email":"hash","trackEvents":true,"newsLetter":false,"verified":true,"token":"canary-of-the-user","projectId":"p1"}`))
	embedded, err := c.Exchange(t.Context(), "canary-of-the-host")
	if err != nil || embedded.UserID != "u1" || embedded.ProjectID != "p1" || embedded.PlatformID != "pl" || embedded.Role != "MEMBER" || embedded.Token.Reveal() != "canary-of-the-user" {
		t.Errorf("got %+v, %v", embedded, err)
	}
	_, c = withKey(t, says(201, `{"id":"k1","platformId":"pl","displayName":"portal","algorithm":"RSA","publicKey":"PUBLIC","privateKey":"canary-private"}`))
	key, err := c.CreateSigningKey(t.Context(), "portal")
	if err != nil || key.ID != "k1" || key.PublicKey != "PUBLIC" || key.PrivateKey.Reveal() != "canary-private" {
		t.Errorf("got %+v, %v", key, err)
	}
	for _, list := range []string{`{"data":[{"id":"k1","displayName":"portal"}],"next":null}`, `[{"id":"k1","displayName":"portal"}]`} {
		_, c = withKey(t, says(200, list))
		if keys, err := c.SigningKeys(t.Context()); err != nil || len(keys) != 1 || keys[0].ID != "k1" || keys[0].DisplayName != "portal" {
			t.Errorf("%s: got %+v, %v", list, keys, err)
		}
	}
	for name, answer := range map[string]string{"no private key": `{"id":"k1"}`, "no ID": `{"privateKey":"x"}`} {
		_, c = withKey(t, says(201, answer))
		if _, err := c.CreateSigningKey(t.Context(), "portal"); !upstream.IsKind(err, upstream.Malformed) {
			t.Errorf("%s: got %v, want malformed", name, err)
		}
	}
}

func TestNoCredentialsAreSentWhereNoneAreNeeded(t *testing.T) {
	s, c := withKey(t, says(200, `{"CURRENT_VERSION":"0.86.0","EDITION":"ee","status":"Healthy","token":"t","projectId":"p"}`))
	if _, err := c.Flags(t.Context()); err != nil {
		t.Error(err)
	}
	if err := c.Health(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := c.Exchange(t.Context(), "token"); err != nil {
		t.Error(err)
	}
	for _, got := range s.got() {
		if got.token != "" {
			t.Errorf("%s carries a token", got.line)
		}
	}
	_, c = withKey(t, says(200, `{"status":"Degraded"}`))
	if err := c.Health(t.Context()); !upstream.IsKind(err, upstream.Unavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
}

func TestPlatformID(t *testing.T) {
	s, c := withKey(t, says(200, `{"data":[{"id":"p","platformId":"pl"}],"next":"more"}`))
	if got, err := c.PlatformID(t.Context()); got != "pl" || err != nil {
		t.Errorf("got %q, %v; want pl", got, err)
	}
	if got := s.lines(); !slices.Equal(got, []string{"GET /api/v1/projects?limit=1"}) {
		t.Errorf("the platform got %v", got)
	}
	_, c = withKey(t, says(200, `{"data":[],"next":null}`))
	if _, err := c.PlatformID(t.Context()); !upstream.IsKind(err, upstream.NotFound) {
		t.Errorf("got %v, want not found", err)
	}
}

func TestFindProjectComparesForItself(t *testing.T) {
	_, c := withKey(t, says(200, `{"data":[{"id":"a","externalId":"ORG"},{"id":"b","externalId":"org"}]}`))
	if got, err := c.FindProject(t.Context(), "org"); got.ID != "b" || err != nil {
		t.Errorf("got %+v, %v; want b", got, err)
	}
	if _, err := c.FindProject(t.Context(), "or"); !upstream.IsKind(err, upstream.NotFound) {
		t.Errorf("got %v, want not found", err)
	}
}

func TestUsersAreComparedToo(t *testing.T) {
	s, c := withKey(t, says(200, `{"data":[{"id":"a","externalId":null},{"id":"b","externalId":"u"},{"id":"c","externalId":"U"}]}`))
	got, err := c.Users(t.Context(), "u")
	if err != nil || len(got) != 1 || got[0].ID != "b" {
		t.Errorf("got %+v, %v; want b", got, err)
	}
	if err := c.DeleteUser(t.Context(), "b"); err != nil {
		t.Error(err)
	}
	if got := s.lines(); !slices.Equal(got, []string{"GET /api/v1/users?externalId=u", "DELETE /api/v1/users/b"}) {
		t.Errorf("the platform got %v", got)
	}
}

func TestTemplatesAreRead(t *testing.T) {
	_, c := withKey(t, says(200, `{"data":[{"id":"t1","name":"Orders","summary":"s","description":"d","status":"PUBLISHED","type":"CUSTOM","updated":"2026-07-01T08:00:00.000Z",
		"tags":[{"title":"Shop","color":"#fff"},"plain",7,null],"pieces":["@activepieces/piece-http"],
		"flows":[{"displayName":"Sync","schemaVersion":"22","trigger":{"type":"EMPTY"},"notes":[],"valid":true}]},{"id":"t2","flows":null,"tags":null}],"next":null}`))
	got, err := c.Templates(t.Context())
	if err != nil || len(got) != 2 {
		t.Fatalf("got %+v, %v; want two", got, err)
	}
	first := got[0]
	if !slices.Equal(first.Tags, []string{"Shop", "plain", "7"}) || !slices.Equal(first.Pieces, []string{"@activepieces/piece-http"}) || len(first.Flows) != 1 ||
		first.Flows[0].DisplayName != "Sync" || first.Flows[0].SchemaVersion != "22" || string(first.Flows[0].Trigger) != `{"type":"EMPTY"}` || first.Updated.IsZero() {
		t.Errorf("got %+v", first)
	}
	if len(got[1].Flows) != 0 {
		t.Errorf("got %+v, want no flows", got[1])
	}
}

func TestImportSendsNullForWhatIsNotThere(t *testing.T) {
	s, c := withKey(t, says(200, `{"id":"f"}`))
	if _, err := c.ImportFlow(t.Context(), "f", activepieces.FlowContent{DisplayName: "x", Trigger: json.RawMessage(`{"type":"EMPTY"}`)}); err != nil {
		t.Fatal(err)
	}
	sent, ok := s.got()[0].body["request"].(map[string]any)
	notes, hasNotes := sent["notes"]
	version, hasVersion := sent["schemaVersion"]
	if !ok || !hasNotes || !hasVersion || notes != nil || version != nil {
		t.Errorf("sent %v, want notes and schemaVersion null", sent)
	}
}
