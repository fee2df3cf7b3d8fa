package control

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/sandbox/clock"
)

func newDesk() *Desk {
	return &Desk{
		Clock: clock.New(), Journal: NewJournal("Password"), Held: NewHolds(),
		Faults: &Faults{
			Apart: []string{"image"}, Kinds: map[string]string{"own": "answers in the platform's words"},
			Answer: func(w http.ResponseWriter, f Fault) {
				WriteJSON(w, http.StatusTeapot, map[string]string{"kind": f.Kind})
			},
		},
	}
}

// perform lets a request through a desk's faults, whose work answers 200 and {"done":true}.
func perform(d *Desk, names ...string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	entry := d.Journal.Open(names[0], d.Clock.Now())
	defer entry.Close()
	d.Perform(Watch(w, entry), r, entry, names, func(w http.ResponseWriter) { WriteJSON(w, http.StatusOK, Done) })
	return w
}

func TestFaults(t *testing.T) {
	d := newDesk()
	for _, f := range []Fault{
		{Operation: "a", Kind: "own", Times: 2}, {Operation: "*", Kind: "redirect", Location: "/there", Times: 1},
		{Operation: "image", Kind: "big", Size: 7, Times: 1}, {Operation: "c", Kind: "500_after", Times: 1},
	} {
		if err := d.Faults.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		names  []string
		status int
		body   string
	}{
		{[]string{"image"}, 200, "xxxxxxx"}, // "*" leaves images alone
		{[]string{"image"}, 200, `{"ok":true}`},
		{[]string{"b", "a"}, 418, `{"kind":"own"}`}, // any of its names
		{[]string{"a"}, 418, `{"kind":"own"}`},
		{[]string{"a"}, 302, ""},
		{[]string{"a"}, 200, `{"ok":true}`},
		{[]string{"c"}, 418, `{"kind":"500"}`},
	} {
		w := perform(d, c.names...)
		if got := strings.TrimSpace(w.Body.String()); w.Code != c.status || got != c.body {
			t.Errorf("%v: %d %q, want %d %q", c.names, w.Code, got, c.status, c.body)
		}
	}
	if left := d.Faults.List(); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	rows := d.Journal.List()
	if rows[2].Fault != "own" || rows[2].Status != 418 || rows[5].Fault != "" || !rows[5].Done {
		t.Errorf("the journal: %+v", rows)
	}
}

func TestJournalForgets(t *testing.T) {
	j := NewJournal("Password", "token")
	for range keptRecords + 10 {
		j.Open("a", time.Time{}).Close()
	}
	rows := j.List()
	if len(rows) != keptRecords || rows[0].ID != 11 {
		t.Errorf("%d records from %d on", len(rows), rows[0].ID)
	}
	j.Clear()
	j.Open("", time.Time{}).Asks([]string{"b"}, map[string]any{"n": 1, "in": map[string]any{"PASSWORD": "canary", "Token": "canary"}})
	if got := fmt.Sprint(j.List()[0].Variables); strings.Contains(got, "canary") || !strings.Contains(got, "n:1") {
		t.Errorf("kept: %s", got)
	}
}

func TestAnswersOfControls(t *testing.T) {
	mux := http.NewServeMux()
	newDesk().Routes(mux)
	Route(mux, "GET /missing", func(*http.Request) (any, error) { return nil, fmt.Errorf("reading: %w", Missing("no %s", "such")) })
	Route(mux, "GET /wrong", func(*http.Request) (any, error) { return nil, errors.New("wrong") })
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/missing", "", 404}, {"GET", "/wrong", "", 400},
		{"GET", "/_control/held", "", 404}, {"GET", "/_control/held?wait=soon", "", 400},
		{"POST", "/_control/release", `{}`, 400}, {"POST", "/_control/release", `{"id":"7"}`, 404}, {"POST", "/_control/release", `{"all":true}`, 200},
		{"POST", "/_control/clock", `{"advance":"-1s"}`, 400}, {"POST", "/_control/clock", `{"advance":"1s"}`, 200},
		{"POST", "/_control/faults", `{"operation":"a","kind":"own","colour":1}`, 400},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		r.RemoteAddr = "127.0.0.1:4000"
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%s %s %s: %d %s, want %d", c.method, c.path, c.body, w.Code, w.Body, c.status)
		}
	}
}
