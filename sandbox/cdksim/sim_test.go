package cdksim

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/sandbox/clock"
)

// sim is a running CDK service whose clock stands still until it is moved.
type sim struct {
	t     *testing.T
	s     *Server
	clock *clock.Clock
	url   string
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
	return &sim{t, s, o.Clock, server.URL}
}

// answer is what the service said.
type answer struct {
	status int
	header http.Header
	raw    string
}

// send asks with a token, or without when it is empty.
func (m *sim) send(method, path, token, body string) answer {
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
	return answer{res.StatusCode, res.Header, strings.TrimSpace(string(raw))}
}

// want fails the test unless the answer has the status and says the text.
func (a answer) want(t *testing.T, status int, text string) answer {
	t.Helper()
	if a.status != status || !strings.Contains(a.raw, text) {
		t.Errorf("got %d %s; want %d with %q", a.status, a.raw, status, text)
	}
	return a
}

// is reads a JSON answer.
func is[T any](t *testing.T, a answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(a.raw), &v); err != nil {
		t.Fatalf("%s: %v", a.raw, err)
	}
	return v
}

// deployPath and the like are paths of version 1.0 in a region.
func deployPath(region, name string) string {
	return "/" + region + "/cdk/v1/deployments/connectors/" + name + "/versions/1.0/deploy-connector-from-source"
}

func statusPath(region, name, id string) string {
	return "/" + region + "/cdk/v1/deployments/connectors/" + name + "/versions/1.0/" + id
}

func sharePath(region, name string) string {
	return "/" + region + "/cdk/v1/permissions/connectors/" + name + "/versions/1.0/share-with-emails"
}

func sourceBody(archive []byte) string {
	return `{"connectorSourceCode": "` + base64.StdEncoding.EncodeToString(archive) + `"}`
}

// tryDeploy sends an archive of version 1.0 with a token.
func (m *sim) tryDeploy(region, name, token string, archive []byte) answer {
	m.t.Helper()
	return m.send("POST", deployPath(region, name), token, sourceBody(archive))
}

// deploy sends the demo archive with the region's first token, and wants it taken.
func (m *sim) deploy(region, name string) deploymentAnswer {
	m.t.Helper()
	a := m.tryDeploy(region, name, m.s.Token(region), DemoArchive(name, "1.0"))
	return is[deploymentAnswer](m.t, a.want(m.t, 200, `"deploymentStatus"`))
}

// deployed has a connector deployed to the end.
func (m *sim) deployed(region, name string) {
	m.t.Helper()
	m.deploy(region, name)
	m.clock.Advance(time.Minute)
}

func (m *sim) share(region, name, token string, emails ...string) answer {
	m.t.Helper()
	raw, err := json.Marshal(map[string]any{"emails": append([]string{}, emails...)})
	if err != nil {
		m.t.Fatal(err)
	}
	return m.send("POST", sharePath(region, name), token, string(raw))
}

// status asks for a deployment by its ID.
func (m *sim) status(region, name, id string) string {
	m.t.Helper()
	a := m.send("GET", statusPath(region, name, id), m.s.Token(region), "").want(m.t, 200, "")
	return is[deploymentAnswer](m.t, a).Status
}

func (m *sim) control(method, path, body string) answer {
	m.t.Helper()
	return m.send(method, "/_control/"+path, "", body).want(m.t, 200, "")
}

// taken are the deployments as the controls show them.
func (m *sim) taken() []shownDeployment {
	m.t.Helper()
	return is[[]shownDeployment](m.t, m.control("GET", "deployments", ""))
}
