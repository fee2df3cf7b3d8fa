package portal

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/store"
	"portico/store/storetest"
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

// Several processes work on the same rows at once, and get in nobody's way.
func TestProcessesShareDeployments(t *testing.T) {
	t.Parallel()
	w := newCDKWorldAt(t, storetest.Postgres(t))
	processes := []*Portal{w.portal, w.process(), w.process()}
	w.fault(fault{Operation: "deploy:us", Kind: "lost", Times: 1})
	w.fault(fault{Operation: "deployment:eu", Kind: "500", Times: 3})
	var ids []string
	for n, operation := range []string{"one", "two", "three"} {
		wish := w.wish(w.upload("my-connector", operation), "us", "eu", "ap")
		wish.Emails = []string{"kim@acme.example"}
		r, err := processes[n].DeployArchive(w.ctx, w.actor, wish)
		w.ok(err)
		rows, err := w.store.CDKDeploymentsOf(w.ctx, r.ID)
		w.ok(err)
		for _, d := range rows {
			ids = append(ids, d.ID)
			_ = w.portal.SendAfter(w.ctx, w.actor, d.ID, true) // where it is behind already
		}
	}
	for range 400 {
		if w.allDeployed(ids) {
			break
		}
		var work sync.WaitGroup
		for _, p := range processes {
			for _, id := range ids {
				work.Go(func() {
					_, err := p.AdvanceCDK(w.ctx, id)
					if err != nil {
						t.Error(err)
					}
					_ = p.SendAfter(w.ctx, w.actor, id, true)
				})
			}
		}
		work.Wait()
		w.clock.Advance(1700 * time.Millisecond)
	}
	w.settle()
	for _, id := range ids {
		w.want(store.CDKDeployment{ID: id}, store.CDKDeployed, "")
	}
	w.wantTaken(9)
	w.wantPaced()
}

func (w *cdkWorld) allDeployed(ids []string) bool {
	for _, id := range ids {
		if w.again(store.CDKDeployment{ID: id}).State != store.CDKDeployed {
			return false
		}
	}
	return true
}
