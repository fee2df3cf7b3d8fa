package portal

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/store"
	"portico/store/storetest"
	"portico/upstream/commercetools"
)

// ear hears every answer of the platform.
type ear func(r *http.Request, answer string)

func (hear ear) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	hear(r, string(body))
	return answer, nil
}

// Without anybody who waits for it, jobs alone carry a wish to the platform and follow what comes of it; on a clock that runs
// 300 times as fast as ours.
func TestJobsCarryAWishToItsEnd(t *testing.T) {
	began := time.Now()
	y := newYardBy(t, storetest.SQLite(t), func() time.Time { return began.Add(300 * time.Since(began)) })
	d := plainDraft(y)
	var o store.Operation
	y.ok(y.store.Update(y.ctx, func(tx *store.Tx) (err error) {
		o, err = y.portal.askUpdate(y.ctx, tx, y.staff, "", d.ID, 0, []commercetools.Action{commercetools.UpdatePreviewable()})
		return err
	}))
	ctx, stop := context.WithCancel(y.ctx)
	p := y.over(y.store, ear(func(r *http.Request, answer string) {
		if r.Method == http.MethodGet && strings.Contains(answer, `"isPreviewable":"true"`) {
			stop()
		}
	}))
	y.ok(p.Run(ctx)) // which lets what is under way come to its end
	y.wantState(y.operation(o.ID), store.OpDone, "")
	if d = y.draft(d.ID); d.Previewable != "true" || !d.NotBefore.IsZero() {
		t.Errorf("got %q, next look %v", d.Previewable, d.NotBefore)
	}
	if x := y.there(d); x.Accepted["updatePreviewable"] != 1 {
		t.Errorf("got %v", x.Accepted)
	}
}
