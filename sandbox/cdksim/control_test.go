package cdksim

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/sandbox/control"
)

func TestFaults(t *testing.T) {
	m := start(t, Options{})
	token := m.s.Token("eu")
	for _, c := range []struct {
		fault  string
		status int
		want   string
	}{
		{`{"operation":"me","kind":"401"}`, 401, `{"message":"The request is unauthorized"}`},
		{`{"operation":"me:eu","kind":"403"}`, 403, `{"message":"The request is forbidden"}`},
		{`{"operation":"*","kind":"429","retry_after":7}`, 429, `{"message":"Too many requests"}`},
		{`{"operation":"*:eu","kind":"500"}`, 500, `{"message":"Internal server error"}`},
		{`{"operation":"me","kind":"status","status":418,"message":"No","code":"tea"}`, 418, `{"message":"No","code":"tea"}`},
		{`{"operation":"me","kind":"text","message":"upstream timed out"}`, 500, "upstream timed out"},
		{`{"operation":"me","kind":"empty","status":502}`, 502, ""},
		{`{"operation":"me","kind":"html"}`, 200, "<!doctype html>"},
		{`{"operation":"me","kind":"latency","latency_ms":1}`, 200, "deployer"},
		{`{"operation":"deploy","kind":"500"}`, 200, "deployer"}, {`{"operation":"*:us","kind":"500"}`, 200, "deployer"},
	} {
		m.control("POST", "faults", c.fault)
		a := m.send("GET", "/eu/v1/me", token, "").want(t, c.status, c.want)
		if want := map[bool]string{true: "7"}[c.status == 429]; a.header.Get("Retry-After") != want {
			t.Errorf("%s: Retry-After is %q", c.fault, a.header.Get("Retry-After"))
		}
		m.control("DELETE", "faults", "")
	}
	m.control("POST", "faults", `{"operation":"deploy:eu:my-connector","kind":"500"}`)
	m.deploy("eu", "other")
	m.deploy("us", "my-connector")
	m.tryDeploy("eu", "my-connector", token, DemoArchive("my-connector", "1.0")).want(t, 500, "Internal")
}

// Answers that are lost or spoilt are of work that is done.
func TestLostAndSpoiltAnswers(t *testing.T) {
	m := start(t, Options{})
	m.control("POST", "faults", `{"operation":"deploy","kind":"malformed","times":1}`)
	if a := m.tryDeploy("us", "half", m.s.Token("us"), DemoArchive("half", "1.0")); a.status != 200 || json.Valid([]byte(a.raw)) {
		t.Errorf("malformed: %d %s", a.status, a.raw)
	}
	m.control("POST", "faults", `{"operation":"deploy","kind":"lost","times":1}`)
	req, err := http.NewRequest("POST", m.url+deployPath("us", "lost"), strings.NewReader(sourceBody(DemoArchive("lost", "1.0"))))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+m.s.Token("us"))
	if res, err := http.DefaultClient.Do(req); err == nil {
		res.Body.Close()
		t.Error("the lost answer came")
	}
	m.send("GET", statusPath("us", "lost", "latest"), m.s.Token("us"), "").want(t, 200, "Building")
	if rows := m.taken(); len(rows) != 2 || rows[0].Name != "half" || rows[1].Name != "lost" {
		t.Errorf("what was taken: %+v", rows)
	}
}

func TestHeldDeploys(t *testing.T) {
	m := start(t, Options{})
	for kind, taken := range map[string]int{"hold_before": 0, "hold_after": 1} {
		name := strings.ReplaceAll(kind, "_", "-")
		m.control("POST", "faults", `{"operation":"deploy:us:`+name+`","kind":"`+kind+`","times":1}`)
		done := make(chan answer, 1)
		go func() { done <- m.tryDeploy("us", name, m.s.Token("us"), DemoArchive(name, "1.0")) }()
		held := is[map[string]string](t, m.control("GET", "held?wait=30s", ""))
		n := 0
		for _, row := range m.taken() {
			if row.Name == name {
				n++
			}
		}
		if n != taken || held["operation"] != "deploy" {
			t.Errorf("%s: %d taken while it is held, want %d; held: %v", kind, n, taken, held)
		}
		m.control("POST", "release", `{"id":"`+held["id"]+`"}`)
		(<-done).want(t, 200, "Building")
	}
}

// The journal and the list of deployments tell how often something was sent and asked for, and hold no secret.
func TestWhatHasArrived(t *testing.T) {
	m := start(t, Options{})
	d := m.deploy("us", "my-connector")
	first := m.clock.Now().UnixMilli()
	m.status("us", "my-connector", d.ID)
	m.clock.Advance(5 * time.Second)
	m.control("POST", "faults", `{"operation":"deployment","kind":"500","times":1}`)
	m.send("GET", statusPath("us", "my-connector", d.ID), m.s.Token("us"), "").want(t, 500, "") // it was asked all the same
	rows := m.taken()
	if len(rows) != 1 || len(rows[0].Polls) != 2 || rows[0].Polls[0] != first || rows[0].Polls[1] != first+5000 || rows[0].Status != "Building" || !rows[0].Running {
		t.Errorf("what was taken: %+v", rows)
	}
	m.share("us", "my-connector", m.s.Token("us"), "a@x.example")
	journal := m.control("GET", "requests", "")
	all := is[[]control.Record](t, journal)
	if len(all) != 4 || all[0].Operation != "deploy" || all[0].Token != "first" || all[0].UserID != "deployer@acme.example" ||
		all[0].Variables["sha256"] != rows[0].SHA256 || all[0].Variables["region"] != "us" || all[2].Fault != "500" || all[3].Status != 404 ||
		all[3].Error == "" || all[3].Variables["emails"] != "a@x.example" {
		t.Errorf("the journal: %s", journal.raw)
	}
	state := m.control("GET", "state", "")
	for _, token := range []string{m.s.Token("us"), m.s.OtherToken("ap")} {
		if strings.Contains(journal.raw+state.raw, token) {
			t.Error("a token is shown")
		}
	}
	for _, part := range []string{`"settings":{`, `"deployments":[{`, `"shares":[]`, `"tokens":[{`} {
		if !strings.Contains(state.raw, part) {
			t.Errorf("the state lacks %s: %s", part, state.raw)
		}
	}
}

func TestSettings(t *testing.T) {
	m := start(t, Options{})
	token := m.s.Token("us")
	m.control("PATCH", "settings", `{"rate_limit":2}`)
	for _, want := range []int{200, 200, 429} {
		m.send("GET", "/us/v1/me", token, "").want(t, want, "")
	}
	m.send("GET", "/eu/v1/me", m.s.Token("eu"), "").want(t, 200, "") // each region has its own
	m.clock.Advance(time.Second)
	m.send("GET", "/us/v1/me", token, "").want(t, 200, "")
	m.control("PATCH", "settings", `{"rate_limit":0,"down":true}`)
	m.send("GET", "/us/v1/me", token, "").want(t, 503, "Service unavailable")
	m.control("PATCH", "settings", `{"down":false}`)
	m.send("GET", "/us/v1/me", token, "").want(t, 200, "")
	for _, bad := range []string{
		`{"share_refusal":200}`, `{"body_limit":0}`, `{"rate_limit":-1}`, `{"colour":1}`, `{"plans":[{"phases":[]}]}`, `{"emails":5}`,
	} {
		m.send("PATCH", "/_control/settings", "", bad).want(t, 400, `{"message":"`)
	}
	m.send("GET", "/", "", "").want(t, 200, "/eu/cdk/v1/")
}
