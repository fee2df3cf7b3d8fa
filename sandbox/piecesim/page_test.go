package piecesim

import (
	"fmt"
	"net/url"
	"testing"
	"time"
)

// walk follows next to the end and counts the rows.
func (m *sim) walk(path string) int {
	m.t.Helper()
	rows, cursor := 0, ""
	for range 50 {
		page := m.api("GET", path+"&cursor="+url.QueryEscape(cursor), nil)
		rows += page.at("data").len()
		if cursor = page.at("next").text(); cursor == "" {
			return rows
		}
	}
	m.t.Fatal("the pages have no end")
	return 0
}

// Twelve rows of one second: a walk in small pages loses all but the first, as in 0.86.
func TestPagesLoseRowsOfOneSecond(t *testing.T) {
	m := start(t, Options{})
	project := m.project("org_1")
	for n := range 12 {
		m.global(fmt.Sprint("g", n), project).want(t, 201, "")
		m.stripe(project, fmt.Sprint("s", n), "sk_1").want(t, 201, "")
		m.api("POST", "/folders", object{"displayName": fmt.Sprint(n), "projectId": project})
		m.s.change(func(st *state, now time.Time) {
			st.users.put(&user{ID: newID(), Email: fmt.Sprint(n), Role: roleMember, Status: "ACTIVE", Created: now.Add(time.Duration(n) * time.Millisecond)})
		})
	}
	for path, all := range map[string]int{
		"/global-connections?": 12, "/app-connections?scope=PROJECT&projectId=" + project: 12, "/users?": 13, "/folders?projectId=" + project: 12,
	} {
		if got := m.walk(path + "&limit=5"); got != 5 {
			t.Errorf("%s in pages of 5: %d rows, want 5", path, got)
		}
		if got := m.walk(path + "&limit=100000"); got != all {
			t.Errorf("%s in one page: %d rows, want %d", path, got, all)
		}
		if got := m.api("GET", path, nil).at("data").len(); got != 10 {
			t.Errorf("%s without a limit: %d rows, want 10", path, got)
		}
	}
}

func TestPagesOfProjectsLoseNone(t *testing.T) {
	m := start(t, Options{})
	for n := range 11 {
		m.project(fmt.Sprintf("org %02d", n))
	}
	if got := m.walk("/projects?limit=3"); got != 12 { // and the owner's
		t.Errorf("%d projects, want 12", got)
	}
	first := m.api("GET", "/projects?limit=3", nil)
	second := m.api("GET", "/projects?limit=3&cursor="+url.QueryEscape(first.at("next").text()), nil)
	back := m.api("GET", "/projects?limit=3&cursor="+url.QueryEscape(second.at("previous").text()), nil)
	if back.at("data.0.id").text() != first.at("data.0.id").text() || back.at("previous").v != nil || back.at("next").text() == "" {
		t.Errorf("back to the first page: %v", back.v)
	}
}

func TestUnreadableCursorIsPageOne(t *testing.T) {
	m := start(t, Options{})
	m.project("org_1")
	for _, cursor := range []string{"zzz", "bmV4dF8=", writeCursor("next", "no JSON"), "%2B"} {
		if got := m.api("GET", "/projects?limit=1&cursor="+cursor, nil).at("data.0.type").text(); got != typePersonal {
			t.Errorf("cursor %s: first row %q", cursor, got)
		}
	}
	m.try("GET", "/projects?limit=abc", nil).want(t, 400, "FST_ERR_VALIDATION")
}
