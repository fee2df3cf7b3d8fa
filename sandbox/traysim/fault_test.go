package traysim

import (
	"context"
	"encoding/json"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"portico/sandbox/control"
)

// send posts a create call in the background and reports how it ended.
func (m *sim) send(ctx context.Context, token string) <-chan error {
	body := encode(m.t, map[string]any{"query": createQuery, "variables": map[string]any{"s": solutionID("Notion notes"), "n": "x"}})
	end := make(chan error, 1)
	go func() {
		req, err := http.NewRequestWithContext(ctx, "POST", m.url+"/graphql", strings.NewReader(body))
		if err != nil {
			end <- err
			return
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			err = json.NewDecoder(res.Body).Decode(&map[string]any{})
			res.Body.Close()
		}
		end <- err
	}()
	return end
}

func (m *sim) instances() int {
	m.t.Helper()
	return m.control("GET", "state", "").at("instances").len()
}

func TestFaultsAfterTheWork(t *testing.T) {
	for _, kind := range []string{"lost", "malformed"} {
		t.Run(kind, func(t *testing.T) {
			m := start(t, Options{})
			_, token := m.newUser("ada")
			m.control("POST", "faults", `{"operation": "createSolutionInstance", "kind": "`+kind+`", "times": 1}`)
			if err := <-m.send(t.Context(), token); err == nil {
				t.Error("the answer came through")
			}
			if got := m.instances(); got != 1 {
				t.Errorf("%d instances, want the work to be done", got)
			}
			if err := <-m.send(t.Context(), token); err != nil {
				t.Errorf("the fault was for one call: %v", err)
			}
		})
	}
}

func TestFaultsInsteadOfTheWork(t *testing.T) {
	m := start(t, Options{})
	_, token := m.newUser("ada")
	create := encode(t, map[string]any{"query": createQuery, "variables": map[string]any{"s": solutionID("Notion notes"), "n": "x"}})
	for _, c := range []struct {
		fault string
		want  int
	}{
		{`{"operation": "createSolutionInstance", "kind": "500"}`, 500},
		{`{"operation": "*", "kind": "429", "retry_after": 7}`, 429},
		{`{"operation": "*", "kind": "401"}`, 401},
		{`{"operation": "createSolutionInstance", "kind": "reject", "code": "access_not_allowed", "message": "no"}`, 200},
	} {
		m.control("DELETE", "faults", "")
		m.control("POST", "faults", c.fault)
		for range 2 { // times is not said: until cleared
			status, body := m.do("POST", "/graphql", token, create)
			if status != c.want {
				t.Errorf("%s: %d %s", c.fault, status, body)
			}
			if c.want == 200 {
				wantError(t, decode(t, body), "PreconditionError", "access_not_allowed")
			}
		}
	}
	m.control("DELETE", "faults", "")
	if got := m.instances(); got != 0 {
		t.Errorf("%d instances, want none", got)
	}
	m.control("POST", "faults", `{"operation": "solutions", "kind": "500", "times": 1}`)
	m.data(token, `{ viewer { solutionInstances { totalCount } } }`, nil)
	if status, _ := m.do("POST", "/graphql", token, `{"query":"{ viewer { solutions { edges { cursor } } } }"}`); status != 500 {
		t.Errorf("a fault for a field under viewer: %d, want 500", status)
	}
	if status, _ := m.do("POST", "/_control/faults", "", `{"operation": "*", "kind": "sulk"}`); status != 400 {
		t.Errorf("an unknown kind of fault: %d, want 400", status)
	}
}

func TestHoldAndRelease(t *testing.T) {
	for _, c := range []struct {
		kind, phase string
		done        int // instances while it is held
	}{{"hold_before", "before", 0}, {"hold_after", "after", 1}} {
		t.Run(c.kind, func(t *testing.T) {
			m := start(t, Options{})
			_, token := m.newUser("ada")
			m.control("POST", "faults", `{"operation": "createSolutionInstance", "kind": "`+c.kind+`", "times": 1}`)
			end := m.send(t.Context(), token)
			held := m.control("GET", "held?wait=30s", "")
			if held.at("operation").text() != "createSolutionInstance" || held.at("phase").text() != c.phase {
				t.Errorf("held: %v", held.v)
			}
			if got := m.instances(); got != c.done {
				t.Errorf("%d instances while it is held, want %d", got, c.done)
			}
			m.control("POST", "release", `{"id": "`+held.at("id").text()+`"}`)
			if err := <-end; err != nil {
				t.Error(err)
			}
			if got := m.instances(); got != 1 {
				t.Errorf("%d instances after the release, want 1", got)
			}
			if status, _ := m.do("GET", "/_control/held", "", ""); status != http.StatusNotFound {
				t.Errorf("held after the release: %d, want 404", status)
			}
		})
	}
}

func TestHeldBeforeAndCallerGone(t *testing.T) {
	m := start(t, Options{})
	_, token := m.newUser("ada")
	m.control("POST", "faults", `{"operation": "*", "kind": "hold_before", "times": 1}`)
	ctx, cancel := context.WithCancel(t.Context())
	end := m.send(ctx, token)
	m.control("GET", "held?wait=30s", "")
	cancel()
	if err := <-end; err == nil {
		t.Error("the call went through")
	}
	if err := <-m.send(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	// The first call is over once its record says so: its caller was seen to go.
	for done := false; !done; runtime.Gosched() {
		done = true
		for _, r := range m.s.desk.Journal.List() {
			done = done && (r.Done || r.Operation != "createSolutionInstance")
		}
	}
	if got := m.instances(); got != 1 {
		t.Errorf("%d instances, want only that of the second call", got)
	}
}

func TestSettings(t *testing.T) {
	m := start(t, Options{})
	_, token := m.newUser("ada")
	m.control("PATCH", "settings", `{"auth_slots": false, "service_environment": false}`)
	wantError(t, m.ask(token, `{ viewer { solutions { edges { node { authSlots { title } } } } } }`, nil), "GraphQLError", "")
	wantError(t, m.ask(token, `{ viewer { authentications { edges { node { serviceEnvironment { id } } } } } }`, nil), "GraphQLError", "")
	m.control("PATCH", "settings", `{"auth_slots": true}`)
	m.data(token, `{ viewer { solutions { edges { node { authSlots { title } } } } } }`, nil)

	m.control("PATCH", "settings", `{"rate_limit": 2}`)
	var statuses []int
	for range 3 {
		status, _ := m.do("POST", "/graphql", token, `{"query":"{ viewer { details { name } } }"}`)
		statuses = append(statuses, status)
	}
	if statuses[1] != 200 || statuses[2] != 429 {
		t.Errorf("with a limit of 2: %v", statuses)
	}
	m.advance(time.Second)
	m.data(token, `{ viewer { details { name } } }`, nil)

	m.control("PATCH", "settings", `{"down": true, "rate_limit": 0}`)
	for _, path := range []string{"/graphql", "/icons/slack.png", "/external/auth/create/x"} {
		if status, _ := m.do("GET", path, "", ""); status != http.StatusServiceUnavailable {
			t.Errorf("GET %s while down: %d", path, status)
		}
	}
	for _, body := range []string{`{"early_enable": "maybe"}`, `{"page_size": 0}`, `{"colour": 1}`} {
		if status, _ := m.do("PATCH", "/_control/settings", "", body); status != 400 {
			t.Errorf("settings %s: %d, want 400", body, status)
		}
	}
}

func TestRequestsAreRecorded(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	m.control("DELETE", "requests", "")
	m.newInstance(token, "Notion notes")
	m.do("POST", "/graphql", "nobody", `{"query":"{ viewer { details { name } } }"}`)
	m.ask(token, `{ nonsense }`, nil)

	got := m.control("GET", "requests", "")
	first := got.at("0")
	if got.len() != 3 || first.at("operation").text() != "createSolutionInstance" || first.at("token").text() != "user" ||
		first.at("user_id").text() != user || first.at("status").v != 200.0 || first.at("variables.n").text() != "Notion notes" {
		t.Errorf("requests: %v", got.v)
	}
	if got.at("1.status").v != 401.0 || got.at("2.error").text() == "" {
		t.Errorf("requests: %v", got.v)
	}
	_, all := m.do("GET", "/_control/state", "", "")
	if strings.Contains(all, token) || strings.Contains(all, m.s.MasterToken()) {
		t.Error("the state shows a token")
	}
}

func TestControlsAreForThisMachineAndThisOrigin(t *testing.T) {
	m := start(t, Options{})
	req, err := http.NewRequest("DELETE", m.url+"/_control/faults", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("from a page elsewhere: %d, want 403", res.StatusCode)
	}
	w := control.NewBuffer()
	req.RemoteAddr = "192.0.2.7:4000"
	req.Header.Del("Sec-Fetch-Site")
	m.s.ServeHTTP(w, req)
	if w.Status != http.StatusForbidden {
		t.Errorf("from another machine: %d, want 403", w.Status)
	}
}

func TestElsewhere(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	made := m.control("POST", "users/"+user+"/instances", `{"solution_id": "`+solutionID("Exchange rates")+`", "name": "theirs", "enabled": true}`)
	m.control("POST", "workflows/"+made.at("workflows.0.id").text(), `{"answer": {"rate": 2}}`)
	if _, body := m.do("GET", "/webhook/"+made.at("workflows.0.hook").text(), "", ""); body != `{"rate": 2}` {
		t.Errorf("the workflow answered %q", body)
	}
	auth := m.newAuth(user, "slack")
	m.control("POST", "authentications/"+auth+"/remove", "")
	m.control("POST", "instances/"+made.at("id").text()+"/remove", "")
	if state := m.control("GET", "state", ""); state.at("instances").len()+state.at("authentications").len() != 0 {
		t.Errorf("left: %v", state.v)
	}
	m.control("POST", "users/"+user+"/revoke", "")
	if status, _ := m.do("POST", "/graphql", token, `{"query":"{ viewer { details { name } } }"}`); status != 401 {
		t.Errorf("a revoked token: %d", status)
	}
	if status, _ := m.do("POST", "/_control/instances/nope/remove", "", ""); status != 404 {
		t.Errorf("removing what is not there: %d", status)
	}
}

func TestSeed(t *testing.T) {
	m := start(t, Options{Solutions: []Solution{}})
	got := m.control("POST", "seed", `{"solutions": 20, "users": 30, "instances": 100}`)
	if got.at("instances").v != 100.0 {
		t.Errorf("seeded: %v", got.v)
	}
	all := m.data(m.s.MasterToken(), `{ viewer { solutionInstances(first: 10) { totalCount edges { node { name enabled } } } solutions(first: 100) { edges { node { id } } } } }`, nil)
	if all.at("viewer.solutionInstances.totalCount").v != 100.0 || all.at("viewer.solutions.edges").len() != 20 {
		t.Errorf("lists: %v", all.v)
	}
}

func TestExpiryIsAnnounced(t *testing.T) {
	m := start(t, Options{})
	user, _ := m.newUser("ada")
	auth := m.newAuth(user, "slack")
	got := make(chan string, 1)
	other := start(t, Options{})
	other.s.mux.HandleFunc("POST /notice", func(_ http.ResponseWriter, r *http.Request) {
		var body map[string]string
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		got <- body["authId"] + " " + body["external_user_id"] + " " + body["service_name"]
	})
	m.control("PATCH", "settings", `{"expired_auth_url": "`+other.url+`/notice"}`)
	m.control("POST", "authentications/"+auth+"/expire", "")
	if notice, want := <-got, auth+" ada slack"; notice != want {
		t.Errorf("notice = %q, want %q", notice, want)
	}
}
