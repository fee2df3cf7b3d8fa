package portal

import (
	"database/sql"
	"slices"
	"sync"
	"testing"
	"time"

	"portico/store"
	"portico/upstream/commercetools"
)

// stuckPreview is a draft whose preview never ends.
func stuckPreview(y *yard) store.ConnectorDraft {
	y.Helper()
	d := plainDraft(y)
	y.byOther(d, fields{"switches": []string{"stuck"}})
	y.wantState(y.update(d.ID, commercetools.UpdatePreviewable()), store.OpDone, "")
	return y.draft(d.ID)
}

// pauses are the seconds between looks at a draft since a number of them.
func (y *yard) pauses(d store.ConnectorDraft, after int) []int64 {
	y.Helper()
	polls := y.there(d).Polls[after:]
	var all []int64
	for n := 1; n < len(polls); n++ {
		all = append(all, (polls[n]-polls[n-1])/1000)
	}
	return all
}

// Something under way is looked at every 5 s, then 15 s, then a minute, and after half an hour no more; then it is still
// copied with all the rest, and looked at when somebody asks.
func TestWatchSlowsDownAndEnds(t *testing.T) {
	y := newYard(t)
	d := stuckPreview(y)
	before := len(y.there(d).Polls)
	began := y.clock.Now()
	d = y.wait(d.ID)
	if took := y.clock.Now().Sub(began); took < 30*time.Minute || took > 32*time.Minute {
		t.Errorf("it was watched for %v, want half an hour", took)
	}
	counts := map[int64]int{}
	for _, pause := range y.pauses(d, before) {
		counts[pause]++
	}
	if counts[5] < 10 || counts[5] > 13 || counts[15] < 34 || counts[15] > 38 || counts[60] < 18 || counts[60] > 21 || len(counts) != 3 {
		t.Errorf("got pauses %v, want about 11 of 5 s, 36 of 15 s, 20 of a minute", counts)
	}
	if d.WatchFrom.IsZero() || !d.NotBefore.IsZero() {
		t.Errorf("got watched since %v, next look %v, want that it was given up", d.WatchFrom, d.NotBefore)
	}
	looks := len(y.there(d).Polls)
	y.copied() // nothing has moved
	if d = y.draft(d.ID); !d.NotBefore.IsZero() {
		t.Error("a copy of what has not moved has begun another watch")
	}
	y.ok(y.portal.LookAgainDraft(y.ctx, d.ID))
	if d = y.draft(d.ID); d.NotBefore.IsZero() || len(y.there(d).Polls) != looks+1 {
		t.Errorf("got next look %v after %d more looks, want that it is watched again after one", d.NotBefore, len(y.there(d).Polls)-looks)
	}
}

// However many people, jobs and processes look, a thing is asked for no more often than every 5 s.
func TestManyWatchersLookAsOftenAsOne(t *testing.T) {
	eachYard(t, func(y *yard) {
		d := stuckPreview(y)
		before := len(y.there(d).Polls)
		portals := []*Portal{y.portal, y.process(), y.process()}
		for range 40 {
			var all sync.WaitGroup
			for _, p := range portals {
				all.Go(func() { _, _ = p.watchConnect(y.ctx, store.SubjectDraft, d.ID) })
				all.Go(func() { _ = p.LookAgainDraft(y.ctx, d.ID) })
			}
			all.Wait()
			y.clock.Advance(time.Second)
		}
		got := y.pauses(d, before)
		if len(got) < 6 || slices.Min(got) < 5 {
			y.Errorf("got pauses %v, want none under 5 s", got)
		}
	})
}

// A platform that fails or refuses the token is left alone for as long as it takes, and looked at again then.
func TestWatchSurvivesFailures(t *testing.T) {
	y := newYard(t)
	d := plainDraft(y)
	y.wantState(y.update(d.ID, commercetools.UpdatePreviewable()), store.OpDone, "")
	y.fault("draft", "500", 2)
	y.fault("draft", "429", 1)
	y.fault("draft", "reject", 1, fields{"code": "AuthorizationError"})
	if d = y.wait(d.ID); d.Previewable != "true" {
		t.Errorf("got %q", d.Previewable)
	}
}

// A draft that vanishes while it is watched is gone; an account that is configured no more is not asked any longer.
func TestWatchEnds(t *testing.T) {
	y := newYard(t)
	d := stuckPreview(y)
	y.control("POST", "/drafts/"+d.UpstreamID+"/remove", fields{}, nil)
	if d = y.wait(d.ID); d.GoneAt.IsZero() {
		t.Error("the draft is not gone")
	}
	other := y.made(newDraft("second"))
	y.byOther(other, fields{"switches": []string{"stuck"}})
	y.wantState(y.update(other.ID, commercetools.UpdatePreviewable()), store.OpDone, "")
	y.ok(y.store.Update(y.ctx, func(tx *store.Tx) error { return tx.RetireDeployAccounts(y.ctx, nil) }))
	looks := len(y.there(other).Polls)
	if other = y.wait(other.ID); !other.NotBefore.IsZero() || len(y.there(other).Polls) != looks {
		t.Error("an account that is gone is still asked")
	}
}

// Looks that succeed leave no record; one that failed does.
func TestLooksAreQuiet(t *testing.T) {
	y := newYard(t)
	d := plainDraft(y)
	y.wantState(y.update(d.ID, commercetools.UpdatePreviewable()), store.OpDone, "")
	y.fault("draft", "500", 1)
	y.wait(d.ID)
	y.copied()
	db, err := sql.Open("sqlite", "file:"+y.database)
	y.ok(err)
	defer db.Close() //nolint:errcheck // only read
	var good, bad int
	y.ok(db.QueryRow(`SELECT COUNT(*) FILTER (WHERE outcome = 'ok'), COUNT(*) FILTER (WHERE outcome <> 'ok') FROM upstream_calls WHERE operation LIKE 'GET %' AND journey_id = ''`).Scan(&good, &bad))
	if good != 0 || bad != 1 {
		t.Errorf("got %d looks recorded that succeeded and %d that failed, want the one that failed", good, bad)
	}
	o, err := y.store.OperationsOf(y.ctx, store.SubjectDraft, d.ID, "", 1)
	y.ok(err)
	calls, err := y.store.JourneyCalls(y.ctx, o[0].ID, "", 10)
	y.ok(err)
	if len(calls) != 1 || calls[0].Operation != "POST /connectors/drafts/{id} updatePreviewable" {
		t.Errorf("got %+v, want the call of the operation", calls)
	}
}
