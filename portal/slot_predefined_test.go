package portal

import (
	"testing"

	"portico/secret"
	"portico/store"
)

// prepare makes a predefined connection for Stripe whose key comes from a source.
func (w *world) prepare(source string, key secret.Text) store.PredefinedConnection {
	w.Helper()
	c, err := w.portal.CreatePredefined(w.ctx, store.Actor{Kind: store.ActorStaff, Name: "Sam"}, w.who.Workspace.AccountID, PredefinedChange{
		Piece: "@activepieces/piece-stripe", AuthType: "SECRET_TEXT",
		Fields: []store.PredefinedField{{Key: "secret_text", Source: source}}, Values: map[string]secret.Text{"secret_text": key},
	})
	w.ok(err)
	return c
}

func TestPredefinedIsDoneAlready(t *testing.T) {
	w := newPieces(t)
	w.prepare(store.FromAll, "sk_the_hosts_canary")
	in := w.connect(w.template("Stripe"))
	w.wantState(in, store.Enabled, "")
	w.wantFlow(in, "stripe_acme")
}

func TestPredefinedAsksTheWorkspace(t *testing.T) {
	w := newPieces(t)
	c := w.prepare(store.FromWorkspace, "")
	in := w.connect(w.template("Stripe"))
	w.wantState(in, store.Authorizing, "")
	if s := w.slot(in, "stripe"); s.Problem != problemAsked {
		t.Fatalf("got %+v, want it to ask", s)
	}
	asked, err := w.portal.AskedFields(w.ctx, c.ID, w.who.Workspace.ID)
	if err != nil || len(asked) != 1 {
		t.Fatalf("got %v, %v, want the key to be asked", asked, err)
	}
	wantRefusal(t, w.portal.AnswerSlot(w.ctx, w.who, in.ID, "stripe", nil), "value_missing")
	wantRefusal(t, w.portal.AnswerSlot(w.ctx, w.who, in.ID, "stripe", map[string]secret.Text{"secret_text": "bad-canary"}), "predefined_refused")
	w.wantState(w.settle(in.ID), store.Authorizing, "")
	w.ok(w.portal.AnswerSlot(w.ctx, w.who, in.ID, "stripe", map[string]secret.Text{"secret_text": "sk_mine_canary"}))
	in = w.settle(in.ID)
	w.wantState(in, store.Enabled, "")
	w.wantFlow(in, "stripe_acme")
}

// A connection that the host cannot make is the host's to mend, and then everything goes on by itself.
func TestPredefinedThatCannotBeMade(t *testing.T) {
	w := newPieces(t)
	c := w.prepare(store.FromAll, "bad-canary")
	in, err := w.portal.Connect(w.ctx, w.who, w.template("Stripe").ID, false, false)
	w.ok(err)
	if _, err := w.portal.Advance(w.ctx, in.ID); err != nil {
		t.Fatal(err)
	}
	in, err = w.store.Instance(w.ctx, in.ID)
	w.ok(err)
	w.wantState(in, store.Authorizing, causeNotPrepared)
	if in.AttentionWho != store.WhoUs {
		t.Errorf("the one who can fix it is %q, want us", in.AttentionWho)
	}
	w.ok(w.portal.ChangePredefined(w.ctx, store.Actor{Kind: store.ActorStaff}, c.ID, PredefinedChange{
		Piece: c.Piece, AuthType: c.AuthType, Fields: c.Fields, Values: map[string]secret.Text{"secret_text": "sk_better_canary"},
	}))
	in = w.settle(in.ID)
	w.wantState(in, store.Enabled, "")
	w.wantFlow(in, "stripe_acme")
}
