package portal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/store"
	"portico/store/storetest"
)

// scripted is a world with an account at Activepieces whose script comes from a server of the test's.
func scripted(t *testing.T, h http.HandlerFunc) (*world, store.Account) {
	t.Helper()
	w := newWorld(t, nil)
	cdn := httptest.NewServer(h)
	t.Cleanup(cdn.Close)
	a := store.Account{Platform: store.PlatformActivepieces, Name: "ap", APIURL: "https://ap.example", UserScope: store.ScopeWorkspace, IsDefault: true, SDKURL: cdn.URL + "/0.10.0.js"}
	storetest.Update(t, w.store, func(tx *store.Tx) (err error) {
		a, err = tx.PutAccount(w.ctx, a)
		return err
	})
	return w, a
}

func TestFetchScript(t *testing.T) {
	tests := []struct {
		name, kind, body string
		status           int
		want             string // part of what staff read; "" = it is there
		again            bool   // the job tries again
	}{
		{"a script", "text/javascript; charset=utf-8", "one();", 200, "", false},
		{"the older name", "application/javascript", "one();", 200, "", false},
		{"named by its address alone", "application/octet-stream", "one();", 200, "", false},
		{"a page", "text/html", "<html>", 200, "not JavaScript", false},
		{"something else under that name", "application/json", "{}", 200, "not JavaScript", false},
		{"nothing", "text/javascript", "", 200, "empty", false},
		{"too much", "text/javascript", strings.Repeat("x", mostScript+1), 200, "larger than", false},
		{"not there", "text/javascript", "one();", 404, "HTTP 404", false},
		{"elsewhere", "text/javascript", "one();", 302, "HTTP 302", false},
		{"a server in trouble", "text/javascript", "one();", 503, "HTTP 503", true},
	}
	var now struct {
		kind, body string
		status     int
	}
	w, a := scripted(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", now.kind)
		rw.Header().Set("Location", "/elsewhere.js")
		rw.WriteHeader(now.status)
		fmt.Fprint(rw, now.body) //nolint:errcheck // a browser that has gone
	})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			now.kind, now.body, now.status = tt.kind, tt.body, tt.status
			err := w.portal.fetchScript(w.ctx, store.FetchScript{AccountID: a.ID, Asked: "by staff"})
			if (err != nil) != tt.again {
				t.Errorf("the job ends with %v, want trying again %v", err, tt.again)
			}
			s := storetest.Must[store.Sync](t)(w.store.Sync(w.ctx, a.ID, store.SyncedScript))
			if (s.Error != "") != (tt.want != "") || !strings.Contains(s.Error, tt.want) {
				t.Errorf("staff read %q, want %q", s.Error, tt.want)
			}
		})
	}
	all := storetest.Must[[]store.Script](t)(w.store.Scripts(w.ctx, a.ID))
	sum := sha256.Sum256([]byte("one();"))
	if len(all) != 1 || all[0].Hash != hex.EncodeToString(sum[:]) || all[0].Size != 6 || !all[0].ConfirmedAt.IsZero() {
		t.Errorf("got the scripts %+v", all)
	}
}

// A script is fetched once; again when its address is another one, or when staff ask.
func TestScriptIsFetchedOnce(t *testing.T) {
	asked := 0
	w, a := scripted(t, func(rw http.ResponseWriter, _ *http.Request) {
		asked++
		rw.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(rw, "one();") //nolint:errcheck // a browser that has gone
	})
	for range 2 {
		w.ok(w.portal.fetchScript(w.ctx, store.FetchScript{AccountID: a.ID}))
	}
	if asked != 1 {
		t.Errorf("it was fetched %d times, want once", asked)
	}
	a.SDKURL = strings.Replace(a.SDKURL, "0.10.0", "0.10.1", 1)
	storetest.Update(t, w.store, func(tx *store.Tx) error { _, err := tx.PutAccount(w.ctx, a); return err })
	w.ok(w.portal.fetchScript(w.ctx, store.FetchScript{AccountID: a.ID}))
	w.ok(w.portal.fetchScript(w.ctx, store.FetchScript{AccountID: a.ID, Asked: "by staff"}))
	if asked != 3 {
		t.Errorf("it was fetched %d times, want 3", asked)
	}
}

func TestConfirmScript(t *testing.T) {
	w, a := scripted(t, func(http.ResponseWriter, *http.Request) {})
	kim := store.Actor{Kind: store.ActorStaff, ID: "s1", Name: "Kim"}
	wantRefusal(t, w.portal.ConfirmScript(w.ctx, kim, a.ID, "aa"), "script_gone")
	storetest.Update(t, w.store, func(tx *store.Tx) error {
		return tx.PutScript(w.ctx, store.Script{AccountID: a.ID, Hash: "aa", URL: a.SDKURL}, []byte("one();"))
	})
	w.ok(w.portal.ConfirmScript(w.ctx, kim, a.ID, "aa"))
	w.ok(w.portal.AskScript(w.ctx, kim, a.ID))
	s := storetest.Must[store.Script](t)(w.store.ConfirmedScript(w.ctx, a.ID))
	if s.ConfirmedBy != "Kim" {
		t.Errorf("it was agreed to by %q", s.ConfirmedBy)
	}
	log := storetest.Must[[]store.Audit](t)(w.store.AuditLog(w.ctx, "", 2))
	if len(log) != 2 || log[0].Code != "script.asked" || log[1].Code != "script.confirmed" || !strings.Contains(log[1].After, `"sha256":"aa"`) {
		t.Errorf("the audit has %+v", log)
	}
	a.SDKURL = ""
	storetest.Update(t, w.store, func(tx *store.Tx) error { _, err := tx.PutAccount(w.ctx, a); return err })
	wantRefusal(t, w.portal.AskScript(w.ctx, kim, a.ID), "script_nowhere")
}
