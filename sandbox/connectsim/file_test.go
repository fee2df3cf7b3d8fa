package connectsim

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/sandbox/clock"
)

// restartable is a Connect with a file, whose clock is not stopped by a kill.
type restartable struct {
	t     *testing.T
	clock *clock.Clock
	file  string
}

func newRestartable(t *testing.T) *restartable {
	t.Helper()
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	return &restartable{t, clock.From(func() time.Time { return at }), filepath.Join(t.TempDir(), "connect.jsonl")}
}

func (r *restartable) start() *sim {
	r.t.Helper()
	return startWith(r.t, Options{File: r.file, Clock: r.clock})
}

// tear leaves what a kill in the middle of a write leaves.
func (r *restartable) tear() {
	r.t.Helper()
	raw, err := os.ReadFile(r.file)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(r.file, append(raw, `{"k":"draft","id":"half a li`...), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func TestStateOutlivesAKill(t *testing.T) {
	r := newRestartable(t)
	m := r.start()
	m.set(object{"undeploy_ms": 5000})
	m.deployed("one")
	m.redeploy("one", object{"configurationValues": []object{app("points", pairs("LOG_LEVEL", "warn"), nil)}}).want(t, 201, "")
	m.previewed("two", nil)
	m.update("two", object{"action": "publish", "certification": true}).want(t, 201, "")
	m.deployment("one")
	m.control("POST", "repositories", object{"name": "acme/more", "tags": object{"v1": object{"connect.yaml": "deployAs: []"}}})
	before, token, arrived := m.control("GET", "deployments", nil), m.token, m.arrived("one")

	r.tear()
	again := r.start()
	if got := again.control("GET", "deployments", nil); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("deployments after the restart:\n%v\nwant\n%v", got.v, before.v)
	}
	if again.s.ClientID() != m.s.ClientID() || again.s.ClientSecret() != m.s.ClientSecret() || fmt.Sprint(again.arrived("one")) != fmt.Sprint(arrived) {
		t.Error("the client or the values changed")
	}
	again.ask("GET", "/connectors/drafts", token, nil).want(t, 200, "")
	again.s.Clock().Advance(time.Minute)
	if d := again.deployment("one"); d.at("status").text() != "Deployed" {
		t.Errorf("what was under way: %s", d.raw)
	}
	if got := again.at("two").at("status").text(); got != "InCertification" {
		t.Errorf("what was being published: %s", got)
	}
	if got := again.control("GET", "settings", nil).at("undeploy_ms").num(); got != 5000 {
		t.Errorf("settings: %d", got)
	}
	again.try("POST", "/connectors/drafts", someDraft("xx", "git@github.com:acme/more.git", "v1", nil)).want(t, 201, "")
	polls := len(again.control("GET", "deployments", nil).at("0.polls").list())
	if third := r.start(); len(third.control("GET", "deployments", nil).at("0.polls").list()) != polls || polls < 2 {
		t.Errorf("%d polls were forgotten", polls)
	}
}

func TestUnreadableFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "connect.jsonl")
	for _, line := range []string{`{"k":"nonsense","id":"x","row":{}}`, `{"k":"draft","id":"x","row":7}`, `{"k":"poll","id":"x","row":"x"}`, `no JSON`} {
		if err := os.WriteFile(file, []byte(line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(Options{File: file}); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%s: %v", line, err)
		}
	}
	if _, err := Open(Options{File: filepath.Join(file, "below")}); err == nil {
		t.Error("a file that cannot be made was opened")
	}
}

func TestTheFileHasNoSecrets(t *testing.T) {
	r := newRestartable(t)
	m := r.start()
	m.deployed("one")
	raw, err := os.ReadFile(r.file)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"canary", m.token} {
		if bytes.Contains(raw, []byte(secret)) {
			t.Errorf("%q is in the file", secret)
		}
	}
}

// A poll writes a line of its own, however often something was asked for; the file does not grow for ever.
func TestFileIsCompacted(t *testing.T) {
	r := newRestartable(t)
	m := r.start()
	m.draft("one", nil)
	longest, compacted := 0, false
	for range 3000 {
		m.s.change(func(st *state, now time.Time) { st.polls.add(st.drafts.rows[0].ID, now) })
		compacted = compacted || m.s.state.ledger.lines < longest
		longest = max(longest, m.s.state.ledger.lines)
	}
	if !compacted || longest > 1200 {
		t.Errorf("%d lines for a few rows, compacted: %v", longest, compacted)
	}
	again := r.start()
	if got := len(again.control("GET", "drafts", nil).at("0.polls").list()); got != 3000 {
		t.Errorf("%d polls after compacting", got)
	}
}

func TestOldPollsAreForgotten(t *testing.T) {
	p := newPolls(newLedger(""))
	for i := range keptPolls + 10 {
		p.add("x", time.UnixMilli(int64(i)))
	}
	if got := p.times["x"]; len(got) != keptPolls || got[0] != 10 {
		t.Errorf("%d polls from %d on", len(got), got[0])
	}
}
