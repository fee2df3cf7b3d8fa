package portal

import (
	"strings"
	"testing"
	"time"

	"portico/sandbox/piecesim"
	"portico/store"
	"portico/store/storetest"
	"portico/upstream/activepieces"
)

const slackPiece = "@activepieces/piece-slack"

// opening is a workshop with an instance that waits for somebody to sign in at Slack.
type opening struct {
	*workshop
	in store.Instance
}

func newOpening(t *testing.T) *opening {
	t.Helper()
	const auth = `{"type": "SECRET_TEXT", "displayName": "Token", "required": true}`
	w := newWorkshop(t, piecesim.Options{Pieces: []piecesim.Piece{
		{Name: slackPiece, DisplayName: "Slack", Version: "0.1.0", Auth: auth}, {Name: "@activepieces/piece-crm", DisplayName: "CRM", Version: "0.1.0", Auth: auth},
	}})
	i, err := w.portal.projectOf(w.ctx, w.account.ID, w.who.Workspace)
	w.ok(err)
	g := storetest.Integration(t, w.store, w.account, "Slack")
	o := &opening{workshop: w, in: storetest.Instance(t, w.store, w.who.User, i, g, store.Authorizing)}
	o.in.UpstreamID = "flow1"
	storetest.Update(t, w.store, func(tx *store.Tx) error {
		if err := tx.PutInstance(w.ctx, o.in, ""); err != nil {
			return err
		}
		return tx.PutSlot(w.ctx, store.Slot{InstanceID: o.in.ID, Kind: store.SlotAuth, ExternalID: "slack", Title: "Slack", Service: slackPiece})
	})
	return o
}

// sign makes a connection as the dialog would; "" for the name is the one that we gave it.
func (o *opening) sign(name, piece string) {
	o.Helper()
	if name == "" {
		name = connectionName(o.in, o.slot())
	}
	i := storetest.Must[store.Identity](o.T)(o.store.Identity(o.ctx, o.in.IdentityID))
	c := storetest.Must[*activepieces.Client](o.T)(o.portal.piecesClient(o.ctx, o.account.ID))
	_, err := c.UpsertConnection(o.ctx, activepieces.NewConnection{
		ExternalID: name, DisplayName: name, PieceName: piece, ProjectID: i.UpstreamID, Value: activepieces.Value{Type: activepieces.TypeSecretText, SecretText: "xoxb-canary"},
	})
	o.ok(err)
}

func (o *opening) slot() store.Slot {
	o.Helper()
	return storetest.Must[store.Slot](o.T)(slot(o.ctx, o.store, o.in.ID, "slack"))
}

func (o *opening) open() Connect {
	o.Helper()
	return storetest.Must[Connect](o.T)(o.portal.OpenConnect(o.ctx, o.who, o.in.ID, "slack", "https://portal.test"))
}

func (o *opening) finish(d Connect) error {
	return o.portal.FinishFlow(o.ctx, o.who, o.in.ID, d.FlowID, store.FlowFinished, "whatever a frame says")
}

func TestConnectByTheDialog(t *testing.T) {
	o := newOpening(t)
	d := o.open()
	if d.Piece != slackPiece || d.Name != "portico_"+o.in.ID+"_slack" || d.InstanceURL != o.site.URL || d.Token == "" || d.FlowID == "" {
		t.Errorf("got %+v", d)
	}
	o.sign("", slackPiece)
	o.ok(o.finish(d))
	if o.slot().AuthenticationID == "" {
		t.Error("the slot has no sign-in")
	}
	o.ok(o.finish(d)) // told twice
	_, err := o.portal.OpenConnect(o.ctx, o.who, o.in.ID, "slack")
	wantRefusal(t, err, "not_ready")
}

// Any frame of the page can say that a dialog has ended well. Nothing is taken that the platform does not show to have
// come of this very opening.
func TestForgedResultsAreRefused(t *testing.T) {
	tests := []struct {
		name string
		made func(*opening)
	}{
		{"nothing was made", func(*opening) {}},
		{"something of another name", func(o *opening) { o.sign("mine", slackPiece) }},
		{"another service's", func(o *opening) { o.sign("", "@activepieces/piece-crm") }},
		{"another slot's", func(o *opening) { o.sign("portico_"+o.in.ID+"_crm", slackPiece) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOpening(t)
			d := o.open()
			tt.made(o)
			wantRefusal(t, o.finish(d), "signin_not_yours")
			if got := o.slot().AuthenticationID; got != "" {
				t.Errorf("the slot has got %q", got)
			}
		})
	}
}

// What an earlier opening has made is not what this one has; signing in again is, though the connection stays the same.
func TestSigningInAgain(t *testing.T) {
	o := newOpening(t)
	first := o.open()
	o.sign("", slackPiece) // and its window is closed before it can say so
	o.ok(o.portal.FinishFlow(o.ctx, o.who, o.in.ID, first.FlowID, store.FlowCancelled, ""))
	wantRefusal(t, o.finish(o.open()), "signin_not_yours")
	d := o.open()
	o.clock.Advance(time.Second)
	o.sign("", slackPiece)
	o.ok(o.finish(d))
	if got := o.slot(); got.AuthenticationID == "" || len(got.Baseline) == 0 || strings.Contains(strings.Join(got.Baseline, ""), "canary") {
		t.Errorf("got the slot %+v", got)
	}
}

func TestWhoMayOpenTheDialog(t *testing.T) {
	o := newOpening(t)
	colleague := o.person(o.account, "acme", "u_2", store.RoleMember)
	if _, err := o.portal.OpenConnect(o.ctx, colleague, o.in.ID, "slack"); err == nil {
		t.Error("a colleague opens the dialog of somebody's own instance")
	}
	_, err := o.portal.OpenConnect(o.ctx, o.who, o.in.ID, "crm")
	wantRefusal(t, err, "slot_unknown")
	d, err := o.portal.OpenAuth(o.ctx, o.who, o.in.ID, "slack")
	o.ok(err)
	if want := "https://portal.test/in/instances/" + o.in.ID + "/slots/slack/dialog"; d.URL != want {
		t.Errorf("the dialog is at %q, want %q", d.URL, want)
	}
	o.configure(func(a *store.Account) { a.SigningKey = "" })
	_, err = o.portal.ConnectScript(o.ctx, o.who, o.in.ID, "slack")
	wantRefusal(t, err, "connect_off")
}
