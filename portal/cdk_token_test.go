package portal

import (
	"testing"

	"portico/store"
)

// A token that was given up and is configured again under another name can share still what it owns.
func TestTokenUnderAnotherName(t *testing.T) {
	for name, change := range map[string]func(*cdkWorld){
		"replaced": func(w *cdkWorld) { w.account("us", "us", w.sim.OtherToken("us"), 0) },
		"gone":     func(w *cdkWorld) { w.forget("us") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newCDKWorld(t)
			d := w.deployed()
			change(w)
			w.wantRefusal(w.portal.ShareCDK(w.ctx, w.actor, d.ID, []string{"kim@acme.example"}), "cdk_token_"+name)
			w.account("eu", "eu", w.sim.Token("eu"), 1)
			w.account("us-first", "us", w.sim.Token("us"), 3)
			w.ok(w.portal.ShareCDK(w.ctx, w.actor, d.ID, []string{"kim@acme.example"}))
			if s := w.lastShare(d); s.State != store.ShareDone || s.Answer != "1 permissions added" {
				t.Errorf("got %+v", s)
			}
		})
	}
}
