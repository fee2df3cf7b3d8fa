package connectsim

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/sandbox/clock"
)

// FuzzRequests sends any body to anything that takes one: each gets an answer of its own, and none is a fault of the
// simulator's.
func FuzzRequests(f *testing.F) {
	paths := []string{
		"/connectors/drafts", "/connectors/drafts/key=one", deploymentsPath, deploymentsPath + "/key=one", "/oauth/token", "/oauth/introspect",
	}
	for i := range paths {
		for _, body := range []string{
			walkDraft, walkDeploy(7), `{"version": 1, "actions": [{"action": "updatePreviewable"}]}`, `grant_type=client_credentials`,
			`{"version": 1, "actions": [{"action": "redeploy", "configurationValues": [{"applicationName": "points", "schedule": null}]}]}`,
			`{"version": 1, "actions": [{"action": "setRepository", "url": "git@github.com:acme/loyalty.git", "tag": "v1.1.0"}]}`,
			`{"connector": {"key": "one"}, "region": "us-central1.gcp", "globalConfiguration": {"securedConfiguration": [{"key": "LOYALTY_API_KEY", "value": ""}]}}`,
			`{}`, `[]`, `null`, `{"version": 1e400, "actions": null}`, `{"key":"one-401-next","name":"`,
		} {
			f.Add(uint8(i), body)
		}
	}
	f.Fuzz(func(t *testing.T, path uint8, body string) {
		at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
		s, err := Open(Options{Clock: clock.From(func() time.Time { return at })})
		if err != nil {
			t.Fatal(err)
		}
		token := arrange(t, s)
		ask := func(method, path, body string) int {
			r := httptest.NewRequest(method, path, strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+token)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			return w.Code
		}
		if status := ask("POST", paths[int(path)%len(paths)], body); status >= http.StatusInternalServerError && status != http.StatusBadGateway {
			t.Errorf("%d", status)
		}
		s.Clock().Advance(24 * time.Hour)
		for _, list := range []string{"/connectors/drafts", "/connectors/search", deploymentsPath} {
			if status := ask("GET", list, ""); status != http.StatusOK {
				t.Errorf("%s afterwards: %d", list, status)
			}
		}
	})
}

// arrange makes a published draft with a deployment, and gives a token that may everything.
func arrange(t *testing.T, s *Server) string {
	t.Helper()
	st := s.state
	who, ok := st.clients.find(func(c *client) bool { return c.Region == defaultRegion && c.Demo == "all" })
	spec, err := st.inspect(repository{loyalty, "v1.0.0"})
	if !ok || err != nil {
		t.Fatal(err)
	}
	who.Tokens = append(who.Tokens, token{fingerprint("t"), who.Scopes, s.now().Add(1000 * time.Hour)})
	d := &draft{
		content: content{Key: "one", Repository: repository{loyalty, "v1.0.0"}, Specification: spec}, ID: fmt.Sprintf("%032d", 1),
		Region: defaultRegion, Organization: demoOrganization, Project: demoProject, Version: 1, Status: statusDraft, Private: true,
	}
	st.release(d, s.now())
	st.drafts.put(d)
	dep := &deployment{
		ID: fmt.Sprintf("%032d", 2), Region: defaultRegion, Project: demoProject, Key: "one", Version: 1, Type: typeSandbox,
		Connector: deployedConnector{d.content, d.ID, d.Version, false}, Deployed: defaultRegion, Status: statusDeployed,
	}
	dep.apply(nil, given{})
	st.deployments.put(dep)
	return "t"
}
