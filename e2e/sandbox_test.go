package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// sandbox is a running `portico sandbox`.
type sandbox struct {
	*program
	site
	host, tray string // addresses without a slash at the end
	pieces     simulator
	at         map[string]any
}

// simulator is a simulated platform, as its control API reaches it.
type simulator struct {
	t   *testing.T
	url string
}

// newSandbox starts a sandbox of a test's own, for tests that move its clock, break its platforms or count its rows.
func newSandbox(t *testing.T, args ...string) *sandbox {
	t.Helper()
	p := start(t, nil, append([]string{"sandbox", "-json", "-listen", "127.0.0.1:0"}, args...)...)
	s := &sandbox{program: p, site: site{t: t}, pieces: simulator{t: t}}
	if err := json.Unmarshal([]byte(p.line()), &s.at); err != nil {
		t.Fatalf("reading the line of -json: %v", err)
	}
	for name, into := range map[string]*string{"portal": &s.portal, "host": &s.host, "tray": &s.tray, "activepieces": &s.pieces.url} {
		*into = strings.TrimSuffix(s.said(name), "/")
	}
	s.apiKey = s.said("api_key")
	return s
}

// with is the same sandbox for a subtest, which brings a person of its own and leaves the clock and Tray alone.
func (s *sandbox) with(t *testing.T) *sandbox {
	c := *s
	c.t, c.pieces.t = t, t
	return &c
}

// said is a value of the line of -json.
func (s *sandbox) said(name string) string {
	s.t.Helper()
	v, ok := s.at[name].(string)
	if !ok || v == "" {
		s.t.Fatalf("the line of -json has no %s", name)
	}
	return v
}

// control asks the simulated Tray's control API; the answer may be nil.
func (s *sandbox) control(method, path string, body any) result {
	s.t.Helper()
	return simulator{s.t, s.tray}.control(method, path, body)
}

// control asks a simulator's control API; the answer may be nil.
func (m simulator) control(method, path string, body any) result {
	m.t.Helper()
	return m.ask(method, "/_control/"+path, "", body)
}

// ask calls a simulator, with a bearer token or none.
func (m simulator) ask(method, path, token string, body any) result {
	m.t.Helper()
	raw := []byte{}
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			m.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(m.t.Context(), method, m.url+path, bytes.NewReader(raw))
	if err != nil {
		m.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		m.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer answer.Body.Close() //nolint:errcheck // read whole below
	got, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode/100 != 2 {
		m.t.Fatalf("%s %s: status %d, %v: %s", method, path, answer.StatusCode, err, got)
	}
	var v any
	if err := json.Unmarshal(got, &v); err != nil {
		m.t.Fatalf("%s %s: %v", method, path, err)
	}
	return result{v}
}

// fault lets calls of an operation go wrong.
func (m simulator) fault(operation, kind string, times int) {
	m.t.Helper()
	m.control("POST", "faults", map[string]any{"operation": operation, "kind": kind, "times": times, "latency_ms": 3000})
}

// set changes what a simulated platform is like.
func (m simulator) set(name string, value any) {
	m.t.Helper()
	m.control("PATCH", "settings", map[string]any{name: value})
}

// fault lets calls of an operation at Tray go wrong.
func (s *sandbox) fault(operation, kind string, times int) {
	s.t.Helper()
	simulator{s.t, s.tray}.fault(operation, kind, times)
}

// set changes what the simulated Tray is like.
func (s *sandbox) set(name string, value any) {
	s.t.Helper()
	simulator{s.t, s.tray}.set(name, value)
}

// advance moves the clock of portal, host and Tray.
func (s *sandbox) advance(d time.Duration) {
	s.t.Helper()
	s.control("POST", "clock", map[string]any{"advance": d.String()})
}

// trayUsers are the users at Tray with an external ID; never more than one, since Tray refuses.
func (s *sandbox) trayUsers(externalID string) []result {
	s.t.Helper()
	return slices.DeleteFunc(s.control("GET", "state", nil).list("users"), func(u result) bool {
		return u.text("external_user_id") != externalID
	})
}

// trayInstances are the instances of a Tray user.
func (s *sandbox) trayInstances(userID string) []result {
	s.t.Helper()
	return slices.DeleteFunc(s.control("GET", "state", nil).list("instances"), func(i result) bool {
		return i.text("owner") != userID
	})
}

// result is JSON that somebody answered.
type result struct{ value any }

func (r result) get(name string) result {
	m, _ := r.value.(map[string]any)
	return result{m[name]}
}

func (r result) text(name string) string {
	v, _ := r.get(name).value.(string)
	return v
}

func (r result) number(name string) int {
	v, _ := r.get(name).value.(float64)
	return int(v)
}

func (r result) is(name string) bool {
	v, _ := r.get(name).value.(bool)
	return v
}

// string is the text that the value is.
func (r result) string() string {
	v, _ := r.value.(string)
	return v
}

func (r result) list(name string) []result { return r.get(name).all() }

func (r result) all() []result {
	rows, _ := r.value.([]any)
	out := make([]result, len(rows))
	for i, v := range rows {
		out[i] = result{v}
	}
	return out
}

// hostOf is the host and port of an address.
func hostOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}
