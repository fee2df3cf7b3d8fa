package cdksim

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestRegionsAreApart(t *testing.T) {
	m := start(t, Options{})
	us := m.deploy("us", "my-connector")
	if _, err := uuid.Parse(us.ID); err != nil {
		t.Errorf("the ID %q: %v", us.ID, err)
	}
	m.send("GET", statusPath("eu", "my-connector", us.ID), m.s.Token("eu"), "").want(t, 404, "my-connector~1.0")
	m.send("GET", statusPath("eu", "my-connector", "latest"), m.s.Token("eu"), "").want(t, 404, "my-connector~1.0")
	eu, ap := m.deploy("eu", "my-connector"), m.deploy("ap", "my-connector")
	if us.ID == eu.ID || eu.ID == ap.ID {
		t.Errorf("IDs: %s %s %s", us.ID, eu.ID, ap.ID)
	}
	bare := strings.TrimPrefix(statusPath("us", "my-connector", us.ID), "/us")
	m.send("GET", bare, m.s.Token("us"), "").want(t, 200, us.ID)
	m.send("GET", bare, m.s.Token("eu"), "").want(t, 401, "")
}

func TestTokens(t *testing.T) {
	m := start(t, Options{URL: "http://localhost:8084/"})
	if got := m.s.URL("eu"); got != "http://localhost:8084/eu" {
		t.Errorf("the URL of eu: %s", got)
	}
	for _, region := range []string{"us", "eu", "ap"} {
		if len(m.s.Token(region)) < 36 || m.s.Token(region) == m.s.OtherToken(region) {
			t.Errorf("%s: a token of %d characters", region, len(m.s.Token(region)))
		}
		m.send("GET", "/"+region+"/v1/me", m.s.Token(region), "").want(t, 200, `{"username":"deployer@acme.example"}`)
		m.send("GET", "/"+region+"/v1/me", m.s.OtherToken(region), "").want(t, 200, `{"username":"second-deployer@acme.example"}`)
	}
	if got := m.s.Token("mars"); got != "" {
		t.Errorf("a token of mars: %q", got)
	}
	for _, token := range []string{"", "no-such-token", m.s.Token("us"), "Bearer " + m.s.Token("eu")} {
		for _, path := range []string{"/eu/v1/me", "/eu/core/v1/connectors", statusPath("eu", "my-connector", "latest"), "/eu/nothing"} {
			m.send("GET", path, token, "").want(t, 401, `{"message":"The request is unauthorized"}`)
		}
		m.tryDeploy("eu", "my-connector", token, DemoArchive("my-connector", "1.0")).want(t, 401, "unauthorized")
		m.share("eu", "my-connector", token, "a@x.example").want(t, 401, "unauthorized")
	}
	m.curl("GET", "/eu/v1/me", "", "Authorization: Basic "+m.s.Token("eu")).want(t, 401, "unauthorized")
	m.curl("GET", "/eu/v1/me", "", "Authorization: bearer "+m.s.Token("eu")).want(t, 200, "deployer")
	m.send("GET", "/eu/nothing", m.s.Token("eu"), "").want(t, 404, `{"message":`)
	m.send("DELETE", deployPath("us", "my-connector"), m.s.Token("us"), "").want(t, 404, `{"message":`)
}

func TestUnknownDeployments(t *testing.T) {
	m := start(t, Options{})
	d := m.deploy("us", "my-connector")
	for _, path := range []string{
		statusPath("us", "my-connector", uuid.NewString()), statusPath("us", "my-connector", "no-uuid"), statusPath("us", "other", d.ID),
		strings.Replace(statusPath("us", "my-connector", d.ID), "1.0", "1.1", 1), statusPath("us", "other", "latest"),
	} {
		m.send("GET", path, m.s.Token("us"), "").want(t, 404, `{"message":"No deployment of the connector `)
	}
}

// While one is under way the same is not taken again; another version or region is.
func TestRepeatedDeployment(t *testing.T) {
	m := start(t, Options{})
	token := m.s.Token("us")
	first := m.deploy("us", "my-connector")
	other := DemoArchive("my-connector", "1.0", "get_post", "list_posts")
	m.clock.Advance(30 * time.Second)
	a := m.tryDeploy("us", "my-connector", token, other).want(t, 200, `"deploymentStatus":"Deploying","repeatDeployment":true`)
	if got := is[deploymentAnswer](t, a); got.ID != first.ID {
		t.Errorf("the repeat names %s, not %s", got.ID, first.ID)
	}
	m.tryDeploy("us", "my-connector", token, []byte("no zip")).want(t, 400, "not a zip") // checked first
	m.deploy("eu", "my-connector")
	m.clock.Advance(30 * time.Second)
	second := is[deploymentAnswer](t, m.tryDeploy("us", "my-connector", token, other).want(t, 200, "Building"))
	if second.Repeat != nil || second.ID == first.ID {
		t.Errorf("after the first ended: %+v", second)
	}
	m.send("GET", statusPath("us", "my-connector", "latest"), token, "").want(t, 200, second.ID)
	if got := m.status("us", "my-connector", first.ID); got != "Deployed" {
		t.Errorf("the first is %s", got)
	}
	rows := m.taken()
	if len(rows) != 3 || len(rows[0].Repeats) != 1 || rows[0].SHA256 == rows[2].SHA256 || len(rows[0].Operations) != 1 {
		t.Errorf("what was taken: %+v", rows)
	}
}

func TestRepeatAlwaysShown(t *testing.T) {
	m := start(t, Options{})
	m.control("PATCH", "settings", `{"repeat_always":true}`)
	m.tryDeploy("us", "my-connector", m.s.Token("us"), DemoArchive("my-connector", "1.0")).want(t, 200, `"repeatDeployment":false`)
	m.tryDeploy("us", "my-connector", m.s.Token("us"), DemoArchive("my-connector", "1.0")).want(t, 200, `"repeatDeployment":true`)
}

// Code that cannot be built is taken, and fails.
func TestBrokenCodeFails(t *testing.T) {
	m := start(t, Options{})
	for file, text := range map[string]string{
		"handler.ts": "", "input.json": "", "output.json": "{", "operation.json": "not JSON",
	} {
		name := "without-" + strings.ReplaceAll(file, ".", "-")
		archive := DemoArchiveWith(name, "1.0", map[string]string{"src/get_post/" + file: text})
		d := is[deploymentAnswer](t, m.tryDeploy("us", name, m.s.Token("us"), archive).want(t, 200, "Building"))
		m.clock.Advance(time.Minute)
		if got := m.status("us", name, d.ID); got != "Failed" {
			t.Errorf("%s: %s", name, got)
		}
	}
	for _, row := range m.taken() {
		if !strings.HasPrefix(row.Broken, "src/get_post/") {
			t.Errorf("%s: %q", row.Name, row.Broken)
		}
	}
}

func TestPlans(t *testing.T) {
	m := start(t, Options{})
	for _, p := range []string{
		`{"phases":[{"status":"Building"}]}`, // for ever
		`{"region":"eu","phases":[{"status":"Deploying","ms":1000},{"status":"Failed"}]}`,
		`{"region":"eu","name":"odd","times":2,"phases":[{"status":"Building","ms":0},{"status":"Queued","ms":500},{"status":"Archived"}]}`,
	} {
		m.control("POST", "plans", p)
	}
	endless, failing, odd := m.deploy("us", "endless"), m.deploy("eu", "failing"), m.deploy("eu", "odd")
	if failing.Status != "Deploying" || odd.Status != "Queued" {
		t.Errorf("at first: %s, %s", failing.Status, odd.Status)
	}
	m.tryDeploy("eu", "odd", m.s.Token("eu"), DemoArchive("odd", "1.0")).want(t, 200, "repeatDeployment")
	m.clock.Advance(24 * time.Hour)
	for _, c := range []struct{ region, name, id, want string }{
		{"us", "endless", endless.ID, "Building"}, {"eu", "failing", failing.ID, "Failed"}, {"eu", "odd", odd.ID, "Archived"},
	} {
		if got := m.status(c.region, c.name, c.id); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	m.tryDeploy("us", "endless", m.s.Token("us"), DemoArchive("endless", "1.0")).want(t, 200, "repeatDeployment")
	if again, used := m.deploy("eu", "odd"), m.control("GET", "settings", ""); again.Status != "Queued" || strings.Contains(used.raw, "odd") {
		t.Errorf("the plan's second and last use: %s; left: %s", again.Status, used.raw)
	}
	m.control("DELETE", "plans", "")
	if got := m.deploy("ap", "plain"); got.Status != "Building" {
		t.Errorf("without plans: %s", got.Status)
	}
	for _, bad := range []string{
		`{}`, `{"phases":[]}`, `{"phases":[{"ms":5}]}`, `{"phases":[{"status":"x","ms":-1}]}`, `{"times":-1,"phases":[{"status":"x"}]}`, `{"colour":1}`,
	} {
		m.send("POST", "/_control/plans", "", bad).want(t, 400, "")
	}
}

// A hand at Tray decides how a deployment goes on.
func TestDeploymentIsChangedByHand(t *testing.T) {
	m := start(t, Options{})
	d := m.deploy("us", "my-connector")
	m.clock.Advance(5 * time.Second)
	m.control("POST", "deployments/"+d.ID, `{"phases":[{"status":"Deploying","ms":3000},{"status":"Deployed"}]}`)
	for _, want := range []string{"Deploying", "Deployed", "Failed"} {
		if got := m.status("us", "my-connector", d.ID); got != want {
			t.Errorf("it is %s, want %s", got, want)
		}
		m.clock.Advance(3 * time.Second)
		if want == "Deployed" {
			m.control("POST", "deployments/"+d.ID, `{"status":"Failed"}`)
		}
	}
	if rows := m.taken(); len(rows[0].Polls) != 3 {
		t.Errorf("polls: %+v", rows)
	}
	m.send("POST", "/_control/deployments/"+d.ID, "", `{}`).want(t, 400, "phases are")
	m.send("POST", "/_control/deployments/none", "", `{"status":"Failed"}`).want(t, 404, "there is no deployment none")
}
