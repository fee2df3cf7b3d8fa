package cdksim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestStateOutlivesAKill(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cdk.jsonl")
	m := start(t, Options{File: file})
	m.control("PATCH", "settings", `{"share_refusal":403}`)
	m.control("POST", "plans", `{"name":"odd","times":3,"phases":[{"status":"Building","ms":90000},{"status":"Odd"}]}`)
	made := is[map[string]string](t, m.control("POST", "tokens", `{"region":"ap","label":"third","username":"x@acme.example"}`))
	m.deployed("us", "my-connector")
	m.share("us", "my-connector", m.s.Token("us"), "a@x.example", "deployer@acme.example").want(t, 200, "2 permissions")
	odd := m.deploy("eu", "odd")
	m.status("eu", "odd", odd.ID)
	m.tryDeploy("eu", "odd", m.s.Token("eu"), DemoArchive("odd", "1.0")).want(t, 200, "repeat")
	before := m.control("GET", "state", "")

	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(raw, `{"deployment":{"id":"half a li`...), 0o600); err != nil {
		t.Fatal(err)
	}
	again := start(t, Options{File: file, Clock: m.clock})
	if got := again.control("GET", "state", ""); got.raw != before.raw {
		t.Errorf("after the restart:\n%s\nwant\n%s", got.raw, before.raw)
	}
	if again.s.Token("us") != m.s.Token("us") || again.s.OtherToken("eu") != m.s.OtherToken("eu") {
		t.Error("a token has changed")
	}
	again.send("GET", "/ap/v1/me", made["token"], "").want(t, 200, "x@acme.example")
	again.send("GET", "/us/core/v1/connectors/my-connector/versions/1.0/operations", again.s.Token("us"), "").want(t, 200, "get_post")
	again.clock.Advance(90 * time.Second)
	if got := again.status("eu", "odd", odd.ID); got != "Odd" {
		t.Errorf("the deployment that was under way is %s", got)
	}
	third := start(t, Options{File: file, Clock: m.clock})
	if rows := third.taken(); len(rows) != 2 || len(rows[1].Polls) != 2 || len(rows[1].Repeats) != 1 {
		t.Errorf("after two restarts: %+v", rows)
	}
}

// A poll costs a short line, however many there were.
func TestAPollIsAShortLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cdk.jsonl")
	m := start(t, Options{File: file})
	d := m.deploy("us", "my-connector")
	size := func() int64 {
		t.Helper()
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := size()
	for range 100 {
		m.status("us", "my-connector", d.ID)
	}
	if grown := size() - before; grown == 0 || grown > 100*120 {
		t.Errorf("a hundred polls took %d bytes", grown)
	}
}

func TestUnreadableFile(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"other.jsonl": `{"k":"user","id":"1"}` + "\n", "no.jsonl": "not JSON\n"} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(Options{File: file}); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%s was read: %v", name, err)
		}
	}
	if _, err := Open(Options{File: filepath.Join(dir, "none", "below")}); err == nil {
		t.Error("a file that cannot be made was opened")
	}
}

// What cannot be written has not happened.
func TestUnwritableFile(t *testing.T) {
	m := start(t, Options{File: filepath.Join(t.TempDir(), "cdk.jsonl")})
	if err := m.s.state.log.out.Close(); err != nil {
		t.Fatal(err)
	}
	m.tryDeploy("us", "my-connector", m.s.Token("us"), DemoArchive("my-connector", "1.0")).want(t, 500, "writing the simulated CDK service")
	if rows := m.taken(); len(rows) != 0 {
		t.Errorf("it was taken: %+v", rows)
	}
}
