package piecesim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/sandbox/clock"
)

// sim is a running Activepieces whose clock stands still until it is moved.
type sim struct {
	t   *testing.T
	s   *Server
	url string
}

func start(t *testing.T, o Options) *sim {
	t.Helper()
	if o.Clock == nil {
		at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
		o.Clock = clock.From(func() time.Time { return at })
	}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		s.workers.set(true)
		s.desk.Held.Release("")
		server.Close()
	})
	return &sim{t, s, server.URL}
}

// tree is decoded JSON that can be walked by a path such as "data.0.id".
type tree struct{ v any }

func (n tree) at(path string) tree {
	v := n.v
	for part := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[part]
		case []any:
			i := int(part[0] - '0')
			if len(part) != 1 || i < 0 || i >= len(x) {
				return tree{}
			}
			v = x[i]
		default:
			return tree{}
		}
	}
	return tree{v}
}

func (n tree) text() string { s, _ := n.v.(string); return s }

func (n tree) len() int { l, _ := n.v.([]any); return len(l) }

// answer is what the server said.
type answer struct {
	status int
	header http.Header
	body   tree
	raw    string
}

// ask sends a request with a token, or without when it is empty. A body that is no string is sent as JSON.
func (m *sim) ask(method, path, token string, body any) answer {
	m.t.Helper()
	text, ok := body.(string)
	if raw, err := json.Marshal(body); !ok && body != nil {
		if err != nil {
			m.t.Fatal(err)
		}
		text = string(raw)
	}
	req, err := http.NewRequest(method, m.url+path, strings.NewReader(text))
	if err != nil {
		m.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if text != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		m.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &a.body.v) // a body that is no JSON has no tree
	return a
}

// want fails the test unless the answer has the status, and for an error the code (or the message where there is none).
func (a answer) want(t *testing.T, status int, code string) answer {
	t.Helper()
	got := a.body.at("code").text()
	if got == "" && status >= 400 {
		got = a.body.at("message").text()
	}
	if a.status != status || got != code && status >= 400 {
		t.Errorf("got %d %s: %s; want %d %s", a.status, got, a.raw, status, code)
	}
	return a
}

// api asks with the platform's key and wants success.
func (m *sim) api(method, path string, body any) tree {
	m.t.Helper()
	a := m.ask(method, "/api/v1"+path, m.s.APIKey(), body)
	if a.status >= 300 {
		m.t.Fatalf("%s %s: %d %s", method, path, a.status, a.raw)
	}
	return a.body
}

// try asks with the platform's key.
func (m *sim) try(method, path string, body any) answer {
	m.t.Helper()
	return m.ask(method, "/api/v1"+path, m.s.APIKey(), body)
}

// admin is a token of the platform's owner.
func (m *sim) admin() string {
	m.t.Helper()
	a := m.ask("POST", "/api/v1/authentication/sign-in", "", object{"email": m.s.AdminEmail(), "password": m.s.AdminPassword()})
	return a.want(m.t, 200, "").body.at("token").text()
}

func (m *sim) control(method, path string, body any) tree {
	m.t.Helper()
	return m.ask(method, "/_control/"+path, "", body).want(m.t, 200, "").body
}

func (m *sim) project(externalID string) string {
	m.t.Helper()
	return m.api("POST", "/projects", object{"displayName": externalID, "externalId": externalID}).at("id").text()
}

// global posts a global connection of a piece that checks nothing.
func (m *sim) global(externalID string, projectIDs ...string) answer {
	m.t.Helper()
	return m.try("POST", "/global-connections", object{
		"displayName": externalID, "externalId": externalID, "pieceName": "@activepieces/piece-http", "type": "NO_AUTH",
		"value": object{"type": "NO_AUTH"}, "scope": "PLATFORM", "projectIds": append([]string{}, projectIDs...), "metadata": object{"a": 1},
	})
}

// stripe posts a project connection that the piece checks.
func (m *sim) stripe(project, externalID, key string) answer {
	m.t.Helper()
	return m.try("POST", "/app-connections", object{
		"projectId": project, "externalId": externalID, "displayName": externalID, "pieceName": "@activepieces/piece-stripe",
		"type": "SECRET_TEXT", "value": object{"type": "SECRET_TEXT", "secret_text": key},
	})
}

// flow makes a flow of steps, published and enabled.
func (m *sim) flow(project string, f TemplateFlow) string {
	m.t.Helper()
	id := m.api("POST", "/flows", object{"displayName": f.DisplayName, "projectId": project}).at("id").text()
	m.operate(id, "IMPORT_FLOW", f).want(m.t, 200, "")
	m.operate(id, "LOCK_AND_PUBLISH", object{}).want(m.t, 200, "")
	return id
}

func (m *sim) operate(flow, kind string, request any) answer {
	m.t.Helper()
	return m.try("POST", "/flows/"+flow, map[string]any{"type": kind, "request": request})
}

// run calls a flow's webhook and gives the run that it made.
func (m *sim) run(flow string) tree {
	m.t.Helper()
	m.ask("POST", "/api/v1/webhooks/"+flow, "", object{"order": 7}).want(m.t, 200, "")
	project := m.api("GET", "/flows/"+flow, nil).at("projectId").text()
	return m.api("GET", "/flow-runs?projectId="+project+"&flowId="+flow, nil).at("data.0")
}
