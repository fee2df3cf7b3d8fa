package portal

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/store"
)

// Without anybody who waits for it, jobs alone bring a release to its end.
func TestJobsDeploy(t *testing.T) {
	t.Parallel()
	w := newCDKWorld(t)
	a := w.upload("my-connector")
	wish := w.wish(a, "us", "eu", "ap")
	wish.Emails = []string{"kim@acme.example"}
	var r store.Release
	w.ok(w.store.Update(w.ctx, func(tx *store.Tx) error {
		a, accounts, err := w.portal.deployable(w.ctx, tx, wish)
		if err != nil {
			return err
		}
		r, _, err = addRelease(w.ctx, tx, w.actor, wish, a, accounts)
		return err
	}))
	ctx, stop := context.WithCancel(w.ctx)
	var sent, shared sync.WaitGroup
	sent.Add(3)
	shared.Add(3)
	w.sent.holding(func(r *http.Request, send func()) {
		send()
		switch {
		case strings.HasSuffix(r.URL.Path, "/deploy-connector-from-source"):
			sent.Done()
		case strings.HasSuffix(r.URL.Path, "/share-with-emails"):
			shared.Done()
		}
	})
	go func() {
		sent.Wait()
		w.clock.Advance(2 * time.Minute)
		shared.Wait()
		stop()
	}()
	w.ok(w.portal.Run(ctx)) // which lets what is under way come to its end
	rows, err := w.store.CDKDeploymentsOf(w.ctx, r.ID)
	w.ok(err)
	for _, d := range rows {
		w.want(d, store.CDKDeployed, "")
		if s := w.lastShare(d); s.State != store.ShareDone {
			t.Errorf("got %+v", s)
		}
	}
	w.wantTaken(3)
	w.wantPaced()
}
