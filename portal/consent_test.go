package portal

import (
	"net/http"
	"strings"
	"testing"

	"portico/sandbox/piecesim"
	"portico/store"
	"portico/store/storetest"
	"portico/upstream/activepieces"
)

// consenting is an opening whose slot the host predefines, but for which somebody of the workspace has to sign in.
func consenting(t *testing.T) (*opening, store.PredefinedConnection) {
	t.Helper()
	w := newWorkshop(t, piecesim.Options{})
	storetest.Update(t, w.store, func(tx *store.Tx) error {
		return tx.PutPieces(w.ctx, w.account.ID, []store.Piece{{Name: slackPiece, Title: "Slack", Auth: []store.AuthWay{{Type: activepieces.TypeOAuth2}}}})
	})
	c, err := w.portal.CreatePredefined(w.ctx, store.Actor{Kind: store.ActorStaff}, w.account.ID, PredefinedChange{Piece: slackPiece, AuthType: activepieces.TypeOAuth2})
	w.ok(err)
	i, err := w.portal.projectOf(w.ctx, w.account.ID, w.who.Workspace)
	w.ok(err)
	o := &opening{workshop: w, in: storetest.Instance(t, w.store, w.who.User, i, storetest.Integration(t, w.store, w.account, "Slack"), store.Authorizing)}
	o.in.UpstreamID, o.in.UpstreamName = "flow1", o.in.Name
	storetest.Update(t, w.store, func(tx *store.Tx) error {
		if err := tx.PutInstance(w.ctx, o.in, ""); err != nil {
			return err
		}
		return tx.PutSlot(w.ctx, store.Slot{
			InstanceID: o.in.ID, Kind: store.SlotAuth, ExternalID: "slack", Title: "Slack", Service: slackPiece, PredefinedID: c.ID, Problem: problemAsked,
		})
	})
	return o, c
}

func TestWorkspaceSignsInForWhatIsPredefined(t *testing.T) {
	o, c := consenting(t)
	d := o.open()
	if want := o.portal.ConnectionName(c.NamePattern, c.Piece, o.who.Workspace); d.Name != want {
		t.Fatalf("the dialog makes %q, want %q, which the host's name leads to", d.Name, want)
	}
	finish := func(d Connect) error {
		return o.portal.FinishDialog(o.ctx, o.who, o.in.ID, d.FlowID, store.FlowFinished, "whatever a frame says")
	}
	wantRefusal(t, finish(d), "signin_not_yours") // the platform knows of none
	if s := o.slot(); s.Problem != problemAsked && s.Problem != "" || s.Done() {
		t.Errorf("got %+v, want it still to be asked", s)
	}

	d = o.open()
	i := storetest.Must[store.Identity](t)(o.store.Identity(o.ctx, o.in.IdentityID))
	made := `{"project":"` + i.UpstreamID + `","external_id":"` + d.Name + `","piece":"` + slackPiece + `","type":"OAUTH2"}`
	answer, err := http.Post(o.site.URL+"/_control/connections", "application/json", strings.NewReader(made))
	o.ok(err)
	o.ok(answer.Body.Close())
	o.ok(finish(d))
	o.ok(finish(d)) // told twice
	_, err = o.portal.Advance(o.ctx, o.in.ID)
	o.ok(err)
	if s := o.slot(); s.AuthenticationID != d.Name {
		t.Errorf("the slot has %q, want %q", s.AuthenticationID, d.Name)
	}
}

func TestPredefinedWithoutConsentHasNoDialog(t *testing.T) {
	o, c := consenting(t)
	o.ok(o.portal.store.Update(o.ctx, func(tx *store.Tx) error { return tx.SetPredefinedState(o.ctx, c.ID, store.PredefinedRemoving) }))
	_, err := o.portal.OpenConnect(o.ctx, o.who, o.in.ID, "slack")
	wantRefusal(t, err, "slot_unknown")
}
