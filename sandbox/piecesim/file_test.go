package piecesim

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestStateOutlivesAKill(t *testing.T) {
	file := filepath.Join(t.TempDir(), "activepieces.jsonl")
	m := start(t, Options{File: file})
	project := m.project("org_1")
	m.global("x", project).want(t, 201, "")
	gone := m.global("y", project).body.at("id").text()
	m.try("DELETE", "/global-connections/"+gone, nil).want(t, 204, "")
	id := m.flow(project, demo(t, "Webhook to your system"))
	m.run(id)
	key, counts := m.s.APIKey(), m.control("GET", "counts", nil).v

	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(raw, `{"k":"project","id":"half a li`...), 0o600); err != nil {
		t.Fatal(err)
	}
	again := start(t, Options{File: file})
	if got := again.control("GET", "counts", nil).v; fmt.Sprint(got) != fmt.Sprint(counts) {
		t.Errorf("counts after the restart: %v, want %v", got, counts)
	}
	if again.s.APIKey() != key || again.s.AdminPassword() != m.s.AdminPassword() {
		t.Error("key or password changed")
	}
	if got := again.api("GET", "/flows/"+id, nil).at("version.trigger.nextAction.name").text(); got != "step_1" {
		t.Errorf("the flow's steps: %q", got)
	}
	again.run(id)
	third := start(t, Options{File: file, APIKey: "sk-other"})
	third.try("GET", "/flows/"+id, nil).want(t, 200, "")
	if got := third.control("GET", "counts", nil).at("runs").v; got != 2.0 {
		t.Errorf("%v runs after two restarts, want 2", got)
	}
}

func TestUnreadableFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "activepieces.jsonl")
	if err := os.WriteFile(file, []byte("{\"k\":\"nonsense\",\"id\":\"x\",\"row\":{}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{File: file}); err == nil {
		t.Error("a file of other lines was read")
	}
	if _, err := Open(Options{File: filepath.Join(file, "below")}); err == nil {
		t.Error("a file that cannot be made was opened")
	}
	if _, err := Open(Options{Edition: "cloud"}); err == nil {
		t.Error("an unknown edition was opened")
	}
}

// A change writes its own row and nothing else, however much there is.
func TestAChangeCostsTheSameWithAThousandProjects(t *testing.T) {
	file := filepath.Join(t.TempDir(), "activepieces.jsonl")
	m := start(t, Options{File: file})
	size := func(change func()) int {
		t.Helper()
		before, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		change()
		after, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(after, before) {
			t.Fatal("the file was written anew")
		}
		return len(after) - len(before)
	}
	alone := size(func() { m.project("org_1") })
	m.control("POST", "bulk", object{"projects": 1000, "connections": 2})
	crowded := size(func() { m.project("org_2") })
	if alone == 0 || crowded > alone+alone/10 {
		t.Errorf("a project costs %d bytes beside a thousand, and %d alone", crowded, alone)
	}
}

// Rows that change often do not fill the file for ever.
func TestFileIsCompacted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "activepieces.jsonl")
	m := start(t, Options{File: file})
	m.s.change(func(st *state, _ time.Time) { st.touch() })
	for range 3000 {
		m.s.change(func(st *state, _ time.Time) { st.touch() })
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(raw, []byte("\n")); lines > 1200 {
		t.Errorf("%d lines for a few rows", lines)
	}
	if again := start(t, Options{File: file}); again.s.APIKey() != m.s.APIKey() {
		t.Error("the key is lost")
	}
}

// BenchmarkChanges is a program that makes a project and two connections at a time.
func BenchmarkChanges(b *testing.B) {
	s, err := Open(Options{File: filepath.Join(b.TempDir(), "activepieces.jsonl")})
	if err != nil {
		b.Fatal(err)
	}
	for n := range b.N {
		post(b, s, "/api/v1/projects", fmt.Sprintf(`{"displayName":"org %d","externalId":"org_%[1]d"}`, n))
		id := s.read(func(st *state) string { return st.projects.rows[len(st.projects.rows)-1].ID })
		for k := range 2 {
			post(b, s, "/api/v1/global-connections", fmt.Sprintf(`{"displayName":"x","externalId":"c%d_%d","pieceName":"@activepieces/piece-gelato","type":"CUSTOM_AUTH",
				"value":{"type":"CUSTOM_AUTH","props":{"apiKey":"k","storeId":"1"}},"scope":"PLATFORM","projectIds":[%q]}`, k, n, id))
		}
	}
}

func post(b *testing.B, s *Server, path, body string) {
	b.Helper()
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+s.APIKey())
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusCreated {
		b.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
}
