package portal

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"portico/secret"
	"portico/store"
	"portico/upstream/activepieces"
)

// Connect is what a browser needs to open the platform's dialog, in which a person signs in for a slot.
type Connect struct {
	InstanceURL string
	Token       secret.Text // of builderTokenLife: it goes to the person's browser and nowhere else
	Piece       string
	Name        string // the external ID of the connection that the dialog makes
	FlowID      string // redeems what it says
	Locale      string
}

// openPiecesAuth leads to the page of ours from which a person opens the dialog of a slot: a script of the platform's shows
// it, which no other page may run.
func (p *Portal) openPiecesAuth(ctx context.Context, _ Who, in store.Instance, s store.Slot) (Dialog, error) {
	if _, err := p.dialogName(ctx, in, s); err != nil {
		return Dialog{}, err
	}
	return Dialog{URL: strings.TrimRight(p.URL, "/") + DialogPath(in.ID, s.ExternalID), Origin: originOf(p.URL)}, nil
}

// DialogPath is the page of ours from which the dialog of a slot is opened, where the platform's script shows it.
func DialogPath(instanceID, slotID string) string {
	return "/instances/" + url.PathEscape(instanceID) + "/slots/" + url.PathEscape(slotID) + "/dialog"
}

// ConnectScript is what the page of a slot's dialog loads, or why there is no dialog now. It asks no platform.
func (p *Portal) ConnectScript(ctx context.Context, who Who, instanceID, slotID string) (BuilderScript, error) {
	_, _, _, script, err := p.connectable(ctx, who, instanceID, slotID)
	return script, err
}

// connectable is a slot for which a person may open the platform's dialog now.
func (p *Portal) connectable(ctx context.Context, who Who, instanceID, slotID string) (in store.Instance, s store.Slot, a store.Account, script BuilderScript, err error) {
	if in, err = p.instance(ctx, who, instanceID); err != nil {
		return in, s, a, script, err
	}
	if s, err = slot(ctx, p.store, in.ID, slotID); err != nil {
		return in, s, a, script, err
	}
	if a, err = p.store.Account(ctx, in.AccountID); err != nil {
		return in, s, a, script, err
	}
	if a.Platform != store.PlatformActivepieces {
		return in, s, a, script, refuse("slot_unknown")
	}
	if _, err = p.dialogName(ctx, in, s); err != nil {
		return in, s, a, script, err
	}
	switch {
	case in.State != store.Authorizing || in.UpstreamID == "" || s.Done():
		err = refuse("not_ready")
	case a.SigningKey == "":
		err = refuse("connect_off")
	default:
		script, err = p.scriptOf(ctx, a)
	}
	return in, s, a, script, err
}

// OpenConnect makes ready the dialog in which a person signs in for a slot: it is opened once, within five minutes. around
// is as in OpenBuilder.
func (p *Portal) OpenConnect(ctx context.Context, who Who, instanceID, slotID string, around ...string) (Connect, error) {
	in, s, a, _, err := p.connectable(ctx, who, instanceID, slotID)
	if err != nil {
		return Connect{}, err
	}
	ctx, cancel := context.WithTimeout(withAbout(ctx, about{instanceID: in.ID, journeyID: in.JourneyID}), p.AnswerWithin)
	defer cancel()
	name, err := p.dialogName(ctx, in, s)
	if err != nil {
		return Connect{}, err
	}
	there, err := p.connections(ctx, in)
	if err != nil {
		return Connect{}, unlessBusy(err)
	}
	token, _, err := p.admitBuilder(ctx, a, who, around)
	if err != nil {
		return Connect{}, unlessBusy(err)
	}
	f, err := p.addConnectFlow(ctx, who, in, s, name, there)
	return Connect{InstanceURL: a.APIURL, Token: token, Piece: s.Service, Name: name, FlowID: f.ID, Locale: languageOf(who.User.Locale)}, err
}

// addConnectFlow stores that a dialog is opened, and what there is before it.
func (p *Portal) addConnectFlow(ctx context.Context, who Who, in store.Instance, s store.Slot, name string, there []activepieces.Connection) (f store.Flow, err error) {
	err = p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		if _, err := tx.LockInstance(ctx, in.ID); err != nil { // its slots are written as they are read here
			return err
		}
		if f, err = tx.AddFlow(ctx, store.Flow{InstanceID: in.ID, UserID: who.User.ID, Kind: store.FlowAuth, Slot: s.ExternalID}); err != nil {
			return err
		}
		now, err := slot(ctx, tx, in.ID, s.ExternalID)
		if err != nil {
			return err
		}
		now.Baseline = baseline(now.Baseline, there, name)
		if err := tx.PutSlot(ctx, now); err != nil {
			return err
		}
		return tell(ctx, tx, who.Actor, in, "dialog.opened", "slot", s.Title)
	})
	return f, err
}

// baseline is what there is when a dialog is opened: the connections of when the first one was, and how the slot's own
// connection is now, should the dialog before have made it.
func baseline(was []string, there []activepieces.Connection, name string) []string {
	first := was == nil
	now := []string{}
	for _, id := range was {
		if !strings.Contains(id, "@") {
			now = append(now, id)
		}
	}
	for _, c := range there {
		if first && c.Scope != activepieces.ScopePlatform && c.ExternalID != name {
			now = append(now, c.ID)
		}
		if c.ExternalID == name {
			now = append(now, mark(c))
		}
	}
	return now
}

// mark is a connection as it is: signing in again keeps its ID.
func mark(c activepieces.Connection) string {
	return c.ID + "@" + c.Updated.UTC().Format(time.RFC3339Nano)
}

// connections is the connections of an instance's project, as the platform has them now.
func (p *Portal) connections(ctx context.Context, in store.Instance) ([]activepieces.Connection, error) {
	c, err := p.piecesClient(ctx, in.AccountID)
	if err != nil {
		return nil, err
	}
	i, err := p.project(ctx, in.IdentityID)
	if err != nil {
		return nil, err
	}
	return c.Connections(ctx, i.UpstreamID)
}

// finishPiecesAuth finds the connection that a slot's dialog has made. What the browser said is not asked at all, since any
// frame of the page can say it: the connection has the name that we gave it, is the project's own, of the slot's service
// and good, and it was not there, or has changed, since the dialog was opened.
func (p *Portal) finishPiecesAuth(ctx context.Context, in store.Instance, s store.Slot) (store.Authentication, error) {
	ctx, cancel := context.WithTimeout(ctx, p.AnswerWithin)
	defer cancel()
	there, err := p.connections(ctx, in)
	if err != nil {
		return store.Authentication{}, err
	}
	name := connectionName(in, s)
	for _, c := range there {
		if c.ExternalID != name || c.Scope == activepieces.ScopePlatform || c.PieceName != s.Service || c.Status != activepieces.StatusActive || slices.Contains(s.Baseline, mark(c)) {
			continue
		}
		known, err := p.askAuthentications(ctx, in.IdentityID) // and keeps a copy, so that its name is known
		if err != nil {
			return store.Authentication{}, err
		}
		if a, ok := find(known, c.ID); ok {
			if a.Name == a.ExternalID { // the dialog knows no better name
				a.Name = ""
			}
			return a, nil
		}
	}
	return store.Authentication{}, refuse("signin_not_yours")
}
