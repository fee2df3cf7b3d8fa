package portal

import (
	"slices"
	"testing"
	"time"

	"portico/store"
)

// deployed is a deployment that can be shared.
func (w *cdkWorld) deployed() store.CDKDeployment {
	w.Helper()
	w.plan(phase("Deployed", 0))
	return w.want(w.one(w.deploy(w.upload("my-connector"), "us")), store.CDKDeployed, "")
}

// lastShare is the newest share of a deployment.
func (w *cdkWorld) lastShare(d store.CDKDeployment) store.CDKShare {
	w.Helper()
	all, err := w.store.SharesOf(w.ctx, d.ID)
	w.ok(err)
	if len(all) == 0 {
		w.Fatal("nothing was shared")
	}
	return all[len(all)-1]
}

// seeing are the people with whom the simulated Tray has shared something.
func (w *cdkWorld) seeing() []string {
	w.Helper()
	var all []struct{ Email string }
	w.control("GET", "/shares", nil, &all)
	var emails []string
	for _, s := range all {
		emails = append(emails, s.Email)
	}
	return emails
}

func TestShareLater(t *testing.T) {
	w := newCDKWorld(t)
	d := w.deployed()
	for _, c := range []struct {
		emails []string
		answer string
	}{
		{[]string{"kim@acme.example", "a@x.example"}, "2 permissions added"},
		{[]string{"kim@acme.example"}, "0 permissions added"},
	} {
		w.ok(w.portal.ShareCDK(w.ctx, w.actor, d.ID, c.emails))
		if s := w.lastShare(d); s.State != store.ShareDone || s.Answer != c.answer || s.Actor.Name != "Kim" || s.EndedAt.IsZero() || !slices.Equal(s.Emails, c.emails) {
			t.Errorf("got %+v, want %s", s, c.answer)
		}
	}
}

func TestWhatCannotBeShared(t *testing.T) {
	w := newCDKWorld(t)
	d := w.one(w.deploy(w.upload("my-connector"), "us"))
	kim := []string{"kim@acme.example"}
	share := func(emails ...string) error { return w.portal.ShareCDK(w.ctx, w.actor, d.ID, emails) }
	w.wantRefusal(share(kim...), "cdk_not_deployed")
	w.settle()
	w.wantRefusal(share(), "cdk_no_emails")
	w.wantRefusal(share("kim"), "cdk_emails")
	w.account("us", "us", w.sim.OtherToken("us"), 0)
	w.wantRefusal(share(kim...), "cdk_token_replaced")
	w.forget("us")
	w.wantRefusal(share(kim...), "cdk_token_gone")
	if all := w.seeing(); len(all) > 0 {
		t.Errorf("it is shared with %v", all)
	}
	w.account("us", "us", w.sim.Token("us"), 0) // the first one is back
	w.ok(share(kim...))
	if s := w.lastShare(d); s.State != store.ShareDone {
		t.Errorf("got %+v", s)
	}
}

// The token may be gone, or be another, by the time that it is deployed.
func TestSharedTooLate(t *testing.T) {
	for problem, change := range map[string]func(*cdkWorld){
		store.CDKTokenReplaced: func(w *cdkWorld) { w.account("us", "us", w.sim.OtherToken("us"), 0) },
		store.CDKTokenGone: func(w *cdkWorld) {
			rows, err := w.store.CDKUnderWay(w.ctx)
			w.ok(err)
			for w.again(rows[0]).EndedAt.IsZero() {
				w.next(rows[0])
			}
			w.forget("us")
		},
	} {
		t.Run(problem, func(t *testing.T) {
			t.Parallel()
			w := newCDKWorld(t)
			wish := w.wish(w.upload("my-connector"), "us")
			wish.Emails = []string{"kim@acme.example"}
			r, err := w.portal.DeployArchive(w.ctx, w.actor, wish)
			w.ok(err)
			change(w)
			w.settle()
			d := w.want(w.one(r), store.CDKDeployed, "")
			if s := w.lastShare(d); s.State != store.ShareFailed || s.Problem != problem || s.HTTPStatus != 0 {
				t.Errorf("got %+v", s)
			}
		})
	}
}

func TestRefusedShares(t *testing.T) {
	for name, c := range map[string]struct {
		fault   fault
		problem string
		answer  string
	}{
		"400": {fault{Kind: "status", Status: 400, Message: "who is kim?"}, store.CDKRejected, "who is kim?"},
		"401": {fault{Kind: "401"}, store.CDKUnauthorized, "The request is unauthorized"},
		"403": {fault{Kind: "403"}, store.CDKNotOwner, "The request is forbidden"},
		"404": {fault{Kind: "status", Status: 404, Message: "The connector (Left(my-connector~1.0)) was not found or you don't have permission to access it"},
			store.CDKNotOwner, "The connector (Left(my-connector~1.0)) was not found or you don't have permission to access it"},
		"404 in other words": {fault{Kind: "status", Status: 404, Message: "nothing here"}, store.CDKNotOwner, "nothing here"},
		"422":                {fault{Kind: "status", Status: 422, Message: "no"}, store.CDKDeclined, "no"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newCDKWorld(t)
			d := w.deployed()
			c.fault.Operation, c.fault.Times = "share", 1
			w.fault(c.fault)
			w.ok(w.portal.ShareCDK(w.ctx, w.actor, d.ID, []string{"kim@acme.example"}))
			if s := w.lastShare(d); s.State != store.ShareFailed || s.Problem != c.problem || s.Answer != c.answer || s.Tries != 1 || s.HTTPStatus == 0 {
				t.Errorf("got %+v, want %s: %s", s, c.problem, c.answer)
			}
			w.ok(w.portal.ShareCDK(w.ctx, w.actor, d.ID, []string{"kim@acme.example"}))
			if s := w.lastShare(d); s.State != store.ShareDone {
				t.Errorf("shared again: got %+v", s)
			}
		})
	}
}

// Addresses that the organisation does not know are refused by Tray, in its words.
func TestShareWithStrangers(t *testing.T) {
	w := newCDKWorld(t)
	d := w.deployed()
	w.ok(w.portal.ShareCDK(w.ctx, w.actor, d.ID, []string{"kim@acme.example", "stranger@else.example"}))
	if s := w.lastShare(d); s.State != store.ShareFailed || s.Problem != store.CDKRejected || s.Answer == "" {
		t.Errorf("got %+v", s)
	}
}

// What is lost is shared again, which does no harm; what was limited waits.
func TestLostShares(t *testing.T) {
	for kind, answer := range map[string]string{
		"lost": "0 permissions added", "malformed": "", "500_after": "0 permissions added", "500": "1 permissions added", "html": "1 permissions added", "429": "1 permissions added",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newCDKWorld(t)
			d := w.deployed()
			w.fault(fault{Operation: "share", Kind: kind, Times: 1, RetryAfter: 60})
			w.ok(w.portal.ShareCDK(w.ctx, w.actor, d.ID, []string{"kim@acme.example"}))
			w.ok(w.portal.ShareCDK(w.ctx, w.actor, d.ID, []string{"kim@acme.example"})) // a second click
			w.settle()
			s := w.lastShare(d)
			if s.State != store.ShareDone || s.Problem != "" || answer != "" && s.Answer != answer {
				t.Errorf("got %+v, want %s", s, answer)
			}
			if kind == "429" && s.EndedAt.Sub(s.CreatedAt.Time) < time.Minute {
				t.Error("it was not left alone for as long as Tray has asked")
			}
			if all := w.seeing(); !slices.Equal(all, []string{"kim@acme.example"}) {
				t.Errorf("it is shared with %v", all)
			}
		})
	}
}

// In the end sharing is given up.
func TestShareGivenUp(t *testing.T) {
	w := newCDKWorld(t)
	d := w.deployed()
	w.fault(fault{Operation: "share", Kind: "429"})
	w.ok(w.portal.ShareCDK(w.ctx, w.actor, d.ID, []string{"kim@acme.example"}))
	w.settle()
	if s := w.lastShare(d); s.State != store.ShareFailed || s.Problem != store.CDKLimited || s.Tries != cdkShareTries {
		t.Errorf("got %+v", s)
	}
	r, err := w.store.Release(w.ctx, d.ReleaseID)
	w.ok(err)
	w.wantCodes(r, "asked", "sending", "accepted", "deployed", "share_asked", "share_failed")
}
