package connectsim

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

// sim is a running Connect whose clock stands still until it is moved.
type sim struct {
	t     *testing.T
	s     *Server
	url   string
	token string // of the demo project's client with all scopes
}

func start(t *testing.T) *sim {
	t.Helper()
	return startWith(t, Options{})
}

func startWith(t *testing.T, o Options) *sim {
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
		if err := s.Close(); err != nil && o.File != "" {
			t.Error(err)
		}
	})
	m := &sim{t: t, s: s, url: server.URL}
	m.token = m.tokenOf(s.Access(defaultRegion))
	return m
}

// tree is decoded JSON that can be walked by a path such as "results.0.id".
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

func (n tree) num() int { f, _ := n.v.(float64); return int(f) }

func (n tree) list() []tree {
	rows, _ := n.v.([]any)
	out := make([]tree, len(rows))
	for i, r := range rows {
		out[i] = tree{r}
	}
	return out
}

// has says whether an object has a member, whatever it is.
func (n tree) has(name string) bool {
	o, _ := n.v.(map[string]any)
	_, ok := o[name]
	return ok
}

// values are the texts under one name in each object of a list.
func (n tree) values(name string) string {
	var out []string
	for _, e := range n.list() {
		out = append(out, e.at(name).text())
	}
	return strings.Join(out, ", ")
}

// answer is what the server said.
type answer struct {
	status int
	header http.Header
	tree
	raw string
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
	return m.send(req)
}

func (m *sim) send(req *http.Request) answer {
	m.t.Helper()
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
	_ = json.Unmarshal(raw, &a.v) // a body that is no JSON has no tree
	return a
}

// codes are the error codes of an answer.
func (a answer) codes() string { return a.at("errors").values("code") }

// want fails the test unless the answer has the status and, for an error, the codes; and unless errors have their shape.
func (a answer) want(t *testing.T, status int, codes string) answer {
	t.Helper()
	if a.status != status || status >= 400 && a.codes() != codes {
		t.Errorf("got %d %s: %s; want %d %s", a.status, a.codes(), a.raw, status, codes)
	}
	if a.status >= 400 && (a.at("statusCode").num() != a.status || a.at("message").text() != a.at("errors.0.message").text() || a.at("message").text() == "") {
		t.Errorf("not the shape of errors: %s", a.raw)
	}
	return a
}

// tokenOf fetches a token.
func (m *sim) tokenOf(a Access) string {
	m.t.Helper()
	return m.grant(a, "grant_type=client_credentials").want(m.t, 200, "").at("access_token").text()
}

func (m *sim) grant(a Access, form string) answer {
	m.t.Helper()
	return m.basic("/"+a.Region+"/oauth/token", a, form)
}

func (m *sim) basic(path string, a Access, form string) answer {
	m.t.Helper()
	req, err := http.NewRequest("POST", m.url+path, strings.NewReader(form))
	if err != nil {
		m.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(a.ClientID, a.ClientSecret)
	return m.send(req)
}

// try asks as the demo project.
func (m *sim) try(method, path string, body any) answer {
	m.t.Helper()
	return m.ask(method, path, m.token, body)
}

// get asks as the demo project and wants success.
func (m *sim) get(path string) answer {
	m.t.Helper()
	return m.try("GET", path, nil).want(m.t, 200, "")
}

func (m *sim) control(method, path string, body any) tree {
	m.t.Helper()
	a := m.ask(method, "/_control/"+path, "", body)
	if a.status != 200 {
		m.t.Fatalf("%s %s: %d %s", method, path, a.status, a.raw)
	}
	return a.tree
}

func (m *sim) set(settings object) {
	m.t.Helper()
	m.control("PATCH", "settings", settings)
}

func (m *sim) pass(d time.Duration) { m.s.clock.Advance(d) }
