package portal

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"portico/secret"
	"portico/store"
	"portico/upstream"
	"portico/upstream/activepieces"
)

// Entered says whether a way to sign in is a form of ours; the others are signed in to at the service.
func Entered(w store.AuthWay) bool {
	switch w.Type {
	case activepieces.TypeSecretText, activepieces.TypeBasicAuth, activepieces.TypeCustomAuth:
		return true
	}
	return false
}

// given is what a person has entered for a slot, as it is sealed.
type given struct {
	Way    string                 `json:"way"`
	Values map[string]secretValue `json:"values"`
}

// secretValue is a secret that is written out, for sealing alone.
type secretValue secret.Text

// MarshalJSON implements json.Marshaler.
func (s secretValue) MarshalJSON() ([]byte, error) { return json.Marshal(secret.Text(s).Reveal()) }

// GiveCredentials takes what a person has entered to sign in for a slot. It is sealed until the service has said whether it
// takes it, which the page shows when it is known.
func (p *Portal) GiveCredentials(ctx context.Context, who Who, instanceID, slotID, kind string, values map[string]secret.Text) error {
	err := p.change(ctx, who, instanceID, func(tx *store.Tx, in *store.Instance) error {
		s, err := slot(ctx, tx, in.ID, slotID)
		if err != nil {
			return err
		}
		way, err := wayOf(ctx, tx, *in, s, kind)
		if err != nil {
			return err
		}
		if in.State != store.Authorizing {
			return refuse("not_ready")
		}
		if values, err = answers(ValueFields(way), nil, values); err != nil {
			return err
		}
		before := *in
		if err := keepGiven(ctx, tx, *in, s, kind, values); err != nil {
			return err
		}
		in.NotBefore, in.Tries = store.Time{}, 0
		freeOf(in)
		if err := record(ctx, tx, who.Actor, &before, in, "slot.given", "slot", s.Title); err != nil {
			return err
		}
		return tx.Enqueue(ctx, store.AdvanceInstance{InstanceID: in.ID}, time.Time{})
	})
	if err == nil {
		p.nudge(ctx, instanceID)
	}
	return err
}

func keepGiven(ctx context.Context, tx *store.Tx, in store.Instance, s store.Slot, kind string, values map[string]secret.Text) error {
	g := given{Way: kind, Values: map[string]secretValue{}}
	for key, v := range values {
		g.Values[key] = secretValue(v)
	}
	sealed, err := json.Marshal(g)
	if err != nil {
		return fmt.Errorf("keeping what was entered: %w", err)
	}
	s.Problem = ""
	if err := tx.PutSlot(ctx, s); err != nil {
		return err
	}
	return tx.SetGiven(ctx, in.WorkspaceID, s, secret.Text(sealed))
}

// forgetGiven forgets what was entered for an instance that is not to go on.
func forgetGiven(ctx context.Context, tx *store.Tx, in store.Instance) error {
	slots, err := tx.Slots(ctx, in.ID)
	if err != nil {
		return err
	}
	for _, s := range slots {
		if !s.Given {
			continue
		}
		if err := tx.SetGiven(ctx, in.WorkspaceID, s, ""); err != nil {
			return err
		}
	}
	return nil
}

// wayOf is a way to sign in for a slot that is a form of ours.
func wayOf(ctx context.Context, tx *store.Tx, in store.Instance, s store.Slot, kind string) (store.AuthWay, error) {
	piece, err := tx.Piece(ctx, in.AccountID, s.Service)
	if errors.Is(err, store.ErrNotFound) || s.PredefinedID != "" {
		return store.AuthWay{}, refuse("slot_unknown")
	}
	if err != nil {
		return store.AuthWay{}, err
	}
	way, ok := piece.Way(kind)
	if !ok || !Entered(way) {
		return way, refuse("slot_unknown")
	}
	return way, nil
}

// entered is the first slot for which the person has entered something that the platform does not have yet.
func (r run) entered() *store.Slot {
	for n, s := range r.slots {
		if s.Given {
			return &r.slots[n]
		}
	}
	return nil
}

// hand gives the platform what a person has entered for a slot, which asks the service whether it takes it.
func (p *Portal) hand(ctx context.Context, r run) error {
	s := *r.entered()
	sealed, err := p.store.GivenValues(ctx, s)
	if err != nil {
		return err
	}
	var g struct {
		Way    string                 `json:"way"`
		Values map[string]secret.Text `json:"values"`
	}
	if err := json.Unmarshal([]byte(sealed.Reveal()), &g); err != nil {
		return p.notTaken(ctx, r, s, "")
	}
	made, err := p.handOver(ctx, r, s, g.Way, g.Values)
	var e *upstream.Error
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal): // the piece asks for something else by now
		return p.notTaken(ctx, r, s, "")
	case errors.As(err, &e) && e.Code == "INVALID_APP_CONNECTION": // these words alone are the service's
		return p.notTaken(ctx, r, s, e.Message)
	case errors.As(err, &e) && (e.Status == http.StatusBadRequest || e.Status == http.StatusRequestEntityTooLarge):
		return p.notTaken(ctx, r, s, "")
	case err != nil:
		return ours(err)
	}
	if _, err := p.authentications(ctx, r.IdentityID); err != nil { // so that its name is known
		return err
	}
	return p.keepSlot(ctx, r, s, func(tx *store.Tx, in *store.Instance, s *store.Slot) error {
		s.AuthenticationID, s.Problem = made.ID, ""
		return tell(ctx, tx, itself, *in, "slot.taken", "slot", s.Title)
	})
}

// handOver makes the connection. Its name is the same at every try, so that a try whose answer was lost is no second one.
func (p *Portal) handOver(ctx context.Context, r run, s store.Slot, kind string, values map[string]secret.Text) (activepieces.Connection, error) {
	c, err := p.piecesClient(ctx, r.AccountID)
	if err != nil {
		return activepieces.Connection{}, err
	}
	i, err := p.project(ctx, r.IdentityID)
	if err != nil {
		return activepieces.Connection{}, err
	}
	piece, err := p.store.Piece(ctx, r.AccountID, s.Service)
	if err != nil {
		return activepieces.Connection{}, err
	}
	way, _ := piece.Way(kind)
	if values, err = answers(ValueFields(way), nil, values); err != nil {
		return activepieces.Connection{}, err
	}
	v, err := pieceValue(way, values)
	if err != nil {
		return activepieces.Connection{}, err
	}
	name, err := p.ownName(ctx, r.Instance, s)
	if err != nil {
		return activepieces.Connection{}, err
	}
	return c.UpsertConnection(ctx, activepieces.NewConnection{
		ExternalID: name, DisplayName: cmp.Or(s.Title, piece.Title), PieceName: piece.Name, PieceVersion: piece.Version,
		Value: v, ProjectID: i.UpstreamID, Metadata: map[string]string{metaInstance: r.ID},
	})
}

// ownName is the external ID of the connection for what was entered: the slot's own, unless another instance runs with that
// connection, which would change hands. One that no longer works is replaced for all who use it.
func (p *Portal) ownName(ctx context.Context, in store.Instance, s store.Slot) (string, error) {
	name := connectionName(in, s)
	there, err := p.store.Authentications(ctx, in.IdentityID)
	if err != nil {
		return "", err
	}
	used, err := p.store.UsedAuthentications(ctx, in.IdentityID, in.ID)
	for _, a := range there {
		if a.ExternalID == name && a.Status == store.AuthGood && slices.Contains(used, a.UpstreamID) {
			return name + "_" + strconv.FormatInt(s.GivenAt.UnixMicro(), 36), err
		}
	}
	return name, err
}

// connectionName is the external ID of the connection that is made for a slot.
func connectionName(in store.Instance, s store.Slot) string {
	return "portico_" + in.ID + "_" + s.ExternalID
}

// notTaken keeps that the service did not take what was entered, and why in its own words; the person enters it anew.
func (p *Portal) notTaken(ctx context.Context, r run, s store.Slot, why string) error {
	return p.keepSlot(ctx, r, s, func(tx *store.Tx, in *store.Instance, s *store.Slot) error {
		s.Problem = cmp.Or(why, problemNotTaken)
		return tell(ctx, tx, itself, *in, "slot.refused", "slot", s.Title, "why", why)
	})
}

// problemNotTaken stands for a service that gave no reason.
const problemNotTaken = "-"

// keepSlot keeps what became of something that was entered, unless something else has been entered meanwhile.
func (p *Portal) keepSlot(ctx context.Context, r run, tried store.Slot, do func(*store.Tx, *store.Instance, *store.Slot) error) error {
	return p.keep(ctx, r, func(tx *store.Tx, in *store.Instance) error {
		s, err := slot(ctx, tx, in.ID, tried.ExternalID)
		if err != nil || s.GivenAt != tried.GivenAt {
			return err
		}
		if err := do(tx, in, &s); err != nil {
			return err
		}
		if err := tx.PutSlot(ctx, s); err != nil {
			return err
		}
		return tx.SetGiven(ctx, in.WorkspaceID, s, "")
	})
}
