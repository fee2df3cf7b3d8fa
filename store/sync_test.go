package store_test

import (
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/store"
	"portico/store/storetest"
)

func TestSyncKeepsWhenItLastSucceeded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		a := storetest.Account(t, s, "main")
		if got, err := s.Sync(ctx, a.ID, store.SyncedCatalogue); err != nil || !got.DoneAt.IsZero() || !got.TriedAt.IsZero() {
			t.Errorf("before the first copy: %+v, %v", got, err)
		}
		set := func(problem string) store.Sync {
			c.Advance(time.Minute)
			storetest.Update(t, s, func(tx *store.Tx) error { return tx.SetSync(ctx, a.ID, store.SyncedCatalogue, problem) })
			return storetest.Must[store.Sync](t)(s.Sync(ctx, a.ID, store.SyncedCatalogue))
		}
		if got := set("silent"); !got.DoneAt.IsZero() || got.Error != "silent" {
			t.Errorf("after a failure: %+v", got)
		}
		done := set("")
		if done.DoneAt != s.Now() || done.Error != "" {
			t.Errorf("after a success: %+v", done)
		}
		if got := set("silent again"); got.DoneAt != done.DoneAt || got.TriedAt != s.Now() || got.Error != "silent again" {
			t.Errorf("a failure after a success: %+v", got)
		}
		if all := storetest.Must[[]store.Sync](t)(s.Syncs(ctx)); len(all) != 1 {
			t.Errorf("there are %d marks, want 1", len(all))
		}
	})
}

func TestIdentitySync(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w := newWorld(t, s)
		for _, problem := range []string{"", "silent"} {
			storetest.Update(t, s, func(tx *store.Tx) error { return tx.SetIdentitySynced(ctx, w.i.ID, problem) })
		}
		if got := storetest.Must[store.Identity](t)(s.Identity(ctx, w.i.ID)); got.SyncedAt.IsZero() || got.SyncError != "silent" {
			t.Errorf("the identity is %+v, want the time of the success and the error after it", got)
		}
	})
}

func TestUnseenInstances(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		w := newWorld(t, s)
		add := func(name string, change func(*store.Instance)) string {
			in := storetest.Instance(t, s, w.u, w.i, w.g, store.Enabled)
			in.UpstreamID = name
			if change != nil {
				change(&in)
			}
			storetest.Update(t, s, func(tx *store.Tx) error { return tx.PutInstance(ctx, in, "") })
			return in.ID
		}
		missing := add("missing", nil)
		add("", nil)
		add("told already", func(in *store.Instance) { in.Attention = "removed" })
		add("deleted", func(in *store.Instance) { in.State = store.Deleted })
		c.Advance(time.Minute)
		began := c.Now()
		add("met", func(in *store.Instance) { in.SeenAt = store.At(began) })
		add("made meanwhile", func(in *store.Instance) { in.UpstreamCreated = store.At(began) })
		got := storetest.Must[[]store.Instance](t)(s.UnseenInstances(ctx, w.a.ID, began))
		if len(got) != 1 || got[0].ID != missing {
			t.Errorf("the sweep did not meet %v, want the missing one alone", got)
		}
	})
}

// count counts the rows of every table that may lose some.
func count(t *testing.T, db *sql.DB) map[string]int {
	t.Helper()
	n := map[string]int{}
	for _, table := range []string{"sessions", "tickets", "used_tokens", "attempts", "flows", "upstream_calls", "events", "audit"} {
		var rows int
		if err := db.QueryRow(`SELECT COUNT(*) FROM ` + table).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		n[table] = rows
	}
	return n
}

func TestRemoveExpired(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string, c *storetest.Clock) {
		s := storetest.OpenAt(t, database, c)
		w := newWorld(t, s)
		in := storetest.Instance(t, s, w.u, w.i, w.g, store.Authorizing)
		add := func() {
			storetest.Update(t, s, func(tx *store.Tx) error {
				_, session := tx.CreateSession(ctx, store.SessionUser, w.u.ID)
				_, ticket := tx.CreateTicket(ctx, store.Ticket{Kind: store.SessionUser, ExpiresAt: store.At(c.Now().Add(time.Minute))})
				_, flow := tx.AddFlow(ctx, store.Flow{InstanceID: in.ID, UserID: w.u.ID, Kind: store.FlowAuth})
				return errors.Join(session, ticket, flow, tx.UseToken(ctx, "host", store.NewKey(), c.Now().Add(5*time.Minute)), tx.AddAttempt(ctx, "ann"),
					tx.AddUpstreamCall(ctx, store.UpstreamCall{At: s.Now(), Operation: "o", Outcome: "ok"}),
					tx.AddEvent(ctx, store.Event{Code: "e"}), tx.AddAudit(ctx, store.Audit{Code: "a"}))
			})
		}
		add()
		for _, tt := range []struct {
			wait time.Duration
			want map[string]int // what is left
		}{
			{30 * time.Second, map[string]int{"sessions": 1, "tickets": 1, "used_tokens": 1, "attempts": 1, "flows": 1, "upstream_calls": 1}},
			{time.Minute, map[string]int{"sessions": 1, "used_tokens": 1, "attempts": 1, "flows": 1, "upstream_calls": 1}},
			{6 * time.Minute, map[string]int{"sessions": 1, "attempts": 1, "flows": 1, "upstream_calls": 1}},
			{9 * time.Hour, map[string]int{"attempts": 1, "flows": 1, "upstream_calls": 1}},
			{25 * time.Hour, map[string]int{"flows": 1, "upstream_calls": 1}},
			{31 * 24 * time.Hour, map[string]int{}},
		} {
			c.Advance(tt.wait)
			storetest.Update(t, s, func(tx *store.Tx) error { return tx.RemoveExpired(ctx) })
			got := count(t, raw(t, database))
			tt.want["events"], tt.want["audit"] = 1, 1 // for ever
			for table := range got {
				if got[table] != tt.want[table] {
					t.Errorf("%v later %s has %d rows, want %d", tt.wait, table, got[table], tt.want[table])
				}
			}
		}
	})
}

func TestEventsAndAuditComeBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		e := store.Event{
			Code: "instance.renamed", Args: map[string]string{"from": "a", "to": "b"}, Actor: store.Actor{Kind: store.ActorUser, ID: "u", Name: "Ann", BehalfID: "b", RequestID: "r"},
			WorkspaceID: "w", SubjectKind: "instance", SubjectID: "n", Duration: 1500 * time.Microsecond, JourneyID: "j",
		}
		a := store.Audit{
			Code: "instance.renamed", Actor: store.Actor{Kind: store.ActorStaff, ID: "s", Name: "Kim", BehalfID: "u", Address: "192.0.2.1", RequestID: "r"},
			WorkspaceID: "w", SubjectKind: "instance", SubjectID: "n", Before: `{"name":"a"}`, After: `{"name":"b"}`, Reason: "asked",
		}
		var ids []string
		for range 3 {
			c.Advance(time.Second)
			storetest.Update(t, s, func(tx *store.Tx) error { return errors.Join(tx.AddEvent(ctx, e), tx.AddAudit(ctx, a)) })
			ids = append(ids, storetest.Must[[]store.Event](t)(s.Events(ctx, "instance", "n", "", 1))[0].ID)
		}
		page := storetest.Must[[]store.Event](t)(s.Events(ctx, "instance", "n", ids[2], 5))
		if len(page) != 2 || page[0].ID != ids[1] || page[1].ID != ids[0] {
			t.Fatalf("the page before the newest is %v", page)
		}
		e.ID, e.At = page[0].ID, page[0].At
		if !cmp.Equal(page[0], e) {
			t.Errorf("the event: %s", cmp.Diff(e, page[0]))
		}
		log := storetest.Must[[]store.Audit](t)(s.AuditLog(ctx, "", 1))
		a.ID, a.At = log[0].ID, s.Now()
		if !cmp.Equal(log[0], a) {
			t.Errorf("the audit's line: %s", cmp.Diff(a, log[0]))
		}
		if of := storetest.Must[[]store.Event](t)(s.EventsByCode(ctx, "instance.renamed", 9)); len(of) != 3 {
			t.Errorf("%d events of the code, want 3", len(of))
		}
	})
}

func TestUpstreamCallsComeBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		call := store.UpstreamCall{
			At: s.Now(), AccountID: "a", Operation: "CreateInstance", Status: 200, Outcome: "ok", Duration: 42 * time.Millisecond, Tries: 2,
			Request: `{"q":"•••"}`, Answer: "{}", InstanceID: "n", RequestID: "r", JourneyID: "j",
		}
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.AddUpstreamCall(ctx, call) })
		of := storetest.Must[[]store.UpstreamCall](t)(s.InstanceCalls(ctx, "n", "", 9))
		during := storetest.Must[[]store.UpstreamCall](t)(s.RequestCalls(ctx, "r"))
		if len(of) != 1 || len(during) != 1 || of[0] != during[0] {
			t.Fatalf("the calls are %v and %v", of, during)
		}
		call.ID = of[0].ID
		if of[0] != call {
			t.Errorf("the call: %s", cmp.Diff(call, of[0]))
		}
		if none := storetest.Must[[]store.UpstreamCall](t)(s.RequestCalls(ctx, "")); len(none) != 0 {
			t.Errorf("no request has %d calls", len(none))
		}
	})
}
