package traysim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/sandbox/clock"
)

// sim is a running Tray with a clock that stands still until it is moved.
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
		s.desk.Held.Release("")
		server.Close()
	})
	return &sim{t, s, server.URL}
}

// tree is decoded JSON that can be walked by a path such as "data.viewer.solutions.edges.0.node.id".
type tree struct{ v any }

func (n tree) at(path string) tree {
	v := n.v
	for _, part := range strings.Split(path, ".") {
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

func (m *sim) do(method, path, token, body string) (int, string) {
	m.t.Helper()
	req, err := http.NewRequest(method, m.url+path, strings.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		m.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

// ask sends a query and returns the whole answer; the status must be 200.
func (m *sim) ask(token, query string, vars map[string]any) tree {
	m.t.Helper()
	status, body := m.do("POST", "/graphql", token, encode(m.t, map[string]any{"query": query, "variables": vars}))
	if status != http.StatusOK {
		m.t.Fatalf("status %d: %s", status, body)
	}
	return decode(m.t, body)
}

// data is an answer's data; errors fail the test.
func (m *sim) data(token, query string, vars map[string]any) tree {
	m.t.Helper()
	answer := m.ask(token, query, vars)
	if answer.at("errors").v != nil {
		m.t.Fatalf("errors: %v", answer.at("errors").v)
	}
	return answer.at("data")
}

func (m *sim) control(method, path, body string) tree {
	m.t.Helper()
	status, answer := m.do(method, "/_control/"+path, "", body)
	if status != http.StatusOK {
		m.t.Fatalf("%s %s: status %d: %s", method, path, status, answer)
	}
	return decode(m.t, answer)
}

func (m *sim) advance(d time.Duration) { m.s.Clock().Advance(d) }

// newUser makes an end user and a token.
func (m *sim) newUser(external string) (id, token string) {
	m.t.Helper()
	id = m.data(m.s.MasterToken(), `mutation($e: String!) { createExternalUser(input: {name: $e, externalUserId: $e}) { userId } }`,
		map[string]any{"e": external}).at("createExternalUser.userId").text()
	return id, m.authorize(id)
}

func (m *sim) authorize(userID string) string {
	m.t.Helper()
	return m.data(m.s.MasterToken(), `mutation($u: ID!) { authorize(input: {userId: $u}) { accessToken } }`,
		map[string]any{"u": userID}).at("authorize.accessToken").text()
}

func (m *sim) code(userID string) string {
	m.t.Helper()
	return m.data(m.s.MasterToken(), `mutation($u: ID!) { generateAuthorizationCode(input: {userId: $u}) { authorizationCode } }`,
		map[string]any{"u": userID}).at("generateAuthorizationCode.authorizationCode").text()
}

// solution is the ID of a demo solution by its title.
func solutionID(title string) string { return fixedID("solution/" + title) }

const createQuery = `mutation($s: ID!, $n: String!) { createSolutionInstance(input: {solutionId: $s, instanceName: $n}) {
	solutionInstance { id name enabled owner created workflows { edges { node { id triggerUrl sourceWorkflowName } } } } } }`

func (m *sim) newInstance(token, title string) tree {
	m.t.Helper()
	return m.data(token, createQuery, map[string]any{"s": solutionID(title), "n": title}).at("createSolutionInstance.solutionInstance")
}

func (m *sim) newAuth(userID, service string) string {
	m.t.Helper()
	return m.control("POST", "authentications", encode(m.t, map[string]string{
		"user_id": userID, "service": service, "name": service})).at("id").text()
}

const updateQuery = `mutation($id: ID!, $on: Boolean, $auths: [AuthValue!], $configs: [ConfigValue!], $check: Boolean) {
	updateSolutionInstance(input: {solutionInstanceId: $id, enabled: $on, authValues: $auths, configValues: $configs,
		errorOnEnablingWithMissingValues: $check}) {
	solutionInstance { enabled authValues { externalId authId } configValues { externalId value } } } }`

func encode(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func decode(t *testing.T, body string) tree {
	t.Helper()
	var v any
	if err := json.NewDecoder(bytes.NewBufferString(body)).Decode(&v); err != nil {
		t.Fatalf("decoding %q: %v", body, err)
	}
	return tree{v}
}

// wantError checks the one error of an answer: its name and code, and that its field is null.
func wantError(t *testing.T, answer tree, name, code string) {
	t.Helper()
	if got := answer.at("errors.0.extensions.name").text(); got != name {
		t.Errorf("extensions.name = %q, want %q (answer %v)", got, name, answer.v)
	}
	if got := answer.at("errors.0.extensions.code").text(); got != code {
		t.Errorf("extensions.code = %q, want %q (answer %v)", got, code, answer.v)
	}
	if answer.at("errors.0.message").text() == "" {
		t.Error("the error has no message")
	}
}
