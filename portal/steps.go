package portal

import (
	"context"
	"errors"

	"portico/store"
	"portico/upstream"
	"portico/upstream/tray"
)

// attach gives Tray the sign-ins that were chosen: always all of them, since whether a list replaces what is there
// or adds to it is not known.
func (p *Portal) attach(ctx context.Context, r run) error {
	var auths []tray.AuthValue
	for _, s := range r.slots {
		if s.Kind == store.SlotAuth && s.AuthenticationID != "" {
			auths = append(auths, tray.AuthValue{ExternalID: s.ExternalID, AuthID: s.AuthenticationID})
		}
	}
	err := p.asOwner(ctx, r.Instance, func(u *tray.UserClient) error {
		_, err := u.SetValues(ctx, r.UpstreamID, auths, nil)
		return err
	})
	if err != nil {
		return err
	}
	g, err := p.store.Integration(ctx, r.IntegrationID)
	if err != nil {
		return err
	}
	return p.keep(ctx, r, func(tx *store.Tx, in *store.Instance) error {
		all, err := markAttached(ctx, tx, *in, auths)
		if err != nil || !all || in.State != store.Authorizing {
			return err
		}
		return complete(ctx, tx, in, g)
	})
}

// markAttached keeps what Tray has confirmed, and says whether no sign-in is missing.
func markAttached(ctx context.Context, tx *store.Tx, in store.Instance, sent []tray.AuthValue) (all bool, err error) {
	slots, err := tx.Slots(ctx, in.ID)
	if err != nil {
		return false, err
	}
	confirmed := map[string]string{}
	for _, a := range sent {
		confirmed[a.ExternalID] = a.AuthID
	}
	all = true
	for _, s := range slots {
		if s.Kind != store.SlotAuth {
			continue
		}
		if id, ok := confirmed[s.ExternalID]; ok && s.AttachedID != id {
			s.AttachedID = id
			if err := tx.PutSlot(ctx, s); err != nil {
				return false, err
			}
			if err := tell(ctx, tx, itself, in, "slot.attached", "slot", s.Title); err != nil {
				return false, err
			}
		}
		all = all && s.AuthenticationID != "" && s.AttachedID == s.AuthenticationID
	}
	return all, nil
}

// readValues learns from Tray what the wizard has stored there.
func (p *Portal) readValues(ctx context.Context, r run) error {
	var x tray.Instance
	err := p.asOwner(ctx, r.Instance, func(u *tray.UserClient) (err error) {
		x, err = u.Instance(ctx, r.UpstreamID)
		return err
	})
	if err != nil {
		return err
	}
	g, err := p.store.Integration(ctx, r.IntegrationID)
	if err != nil {
		return err
	}
	return p.keep(ctx, r, func(tx *store.Tx, in *store.Instance) error {
		in.WizardDone = false
		if err := setValues(ctx, tx, *in, x); err != nil {
			return err
		}
		if in.State != store.Configuring {
			return nil
		}
		return complete(ctx, tx, in, g)
	})
}

// setValues copies the values that an instance has at Tray.
func setValues(ctx context.Context, tx *store.Tx, in store.Instance, x tray.Instance) error {
	slots, err := tx.Slots(ctx, in.ID)
	if err != nil {
		return err
	}
	known := map[[2]string]store.Slot{}
	for _, s := range slots {
		known[[2]string{s.Kind, s.ExternalID}] = s
	}
	put := func(kind, externalID string, set func(*store.Slot)) error {
		s, ok := known[[2]string{kind, externalID}]
		if !ok {
			s = store.Slot{InstanceID: in.ID, Kind: kind, ExternalID: externalID, Title: externalID, Position: len(slots)}
		}
		was := s
		set(&s)
		if ok && was.AuthenticationID == s.AuthenticationID && was.AttachedID == s.AttachedID && was.Value == s.Value {
			return nil
		}
		return tx.PutSlot(ctx, s)
	}
	for _, a := range x.AuthValues {
		if err := put(store.SlotAuth, a.ExternalID, func(s *store.Slot) { s.AuthenticationID, s.AttachedID = a.AuthID, a.AuthID }); err != nil {
			return err
		}
	}
	for _, c := range x.ConfigValues {
		if err := put(store.SlotConfig, c.ExternalID, func(s *store.Slot) { s.Value = c.Value }); err != nil {
			return err
		}
	}
	return nil
}

// errStillOff says that Tray took the request to enable and left the instance off.
var errStillOff = &upstream.Error{Platform: "tray", Operation: "updateSolutionInstance", Kind: upstream.Unavailable, Message: "the instance is still off"}

// enable turns the instance on, with Tray's check for missing values.
func (p *Portal) enable(ctx context.Context, r run) error {
	var x tray.Instance
	err := p.asOwner(ctx, r.Instance, func(u *tray.UserClient) (err error) {
		x, err = u.Enable(ctx, r.UpstreamID)
		return err
	})
	if upstream.IsKind(err, upstream.Refused) {
		return p.incomplete(ctx, r, err)
	}
	if err != nil {
		return err
	}
	if !x.Enabled {
		return errStillOff
	}
	g, err := p.store.Integration(ctx, r.IntegrationID)
	if err != nil {
		return err
	}
	return p.keep(ctx, r, func(tx *store.Tx, in *store.Instance) error {
		in.EnabledAt, in.Version = tx.Now(), flags(x)
		if in.State == store.Enabling || in.State == store.Disabled {
			in.State = store.Enabled
			finished(in, g)
		}
		if err := setWorkflows(ctx, tx, in.ID, x); err != nil {
			return err
		}
		return tell(ctx, tx, itself, *in, "instance.enabled")
	})
}

func flags(x tray.Instance) store.VersionFlags {
	return store.VersionFlags{HasNewer: x.HasNewerVersion, NeedsUserInput: x.NeedsUserInput, NeedsSystemInput: x.NeedsSystemInput}
}

// incomplete keeps that Tray refused to enable because values are missing: the person goes back to where they are
// given.
func (p *Portal) incomplete(ctx context.Context, r run, refused error) error {
	var e *upstream.Error
	errors.As(refused, &e)
	g, err := p.store.Integration(ctx, r.IntegrationID)
	if err != nil {
		return err
	}
	return p.keep(ctx, r, func(tx *store.Tx, in *store.Instance) error {
		in.WantEnabled = false
		if in.State == store.Enabling || in.State == store.Disabled {
			in.State = store.Authorizing
			if g.Kind != store.KindAuth {
				in.State = store.Configuring
			}
		}
		return setAttention(ctx, tx, in, causeMissing, e.Error())
	})
}

// disable turns the instance off.
func (p *Portal) disable(ctx context.Context, r run) error {
	var x tray.Instance
	err := p.asOwner(ctx, r.Instance, func(u *tray.UserClient) (err error) {
		x, err = u.Disable(ctx, r.UpstreamID)
		return err
	})
	if err != nil {
		return err
	}
	return p.keep(ctx, r, func(tx *store.Tx, in *store.Instance) error {
		in.EnabledAt, in.Version = store.Time{}, flags(x)
		if in.State == store.Enabled {
			in.State = store.Disabled
		}
		return tell(ctx, tx, itself, *in, "instance.disabled")
	})
}

// rename gives Tray the name that the person gave.
func (p *Portal) rename(ctx context.Context, r run) error {
	name := upstreamName(r.Instance)
	err := p.asOwner(ctx, r.Instance, func(u *tray.UserClient) error {
		_, err := u.Rename(ctx, r.UpstreamID, name)
		return err
	})
	if err != nil {
		return err
	}
	return p.keep(ctx, r, func(_ *store.Tx, in *store.Instance) error {
		in.UpstreamName = name
		return nil
	})
}

// remove removes the instance at Tray; what never was there, or no longer is, counts as removed.
func (p *Portal) remove(ctx context.Context, r run) error {
	if r.UpstreamID == "" && !r.CreateTriedAt.IsZero() {
		g, err := p.store.Integration(ctx, r.IntegrationID)
		if err != nil {
			return err
		}
		found, err := p.lookForMarker(ctx, r, g)
		if err != nil || found {
			return err
		}
		if r.CreateLooked == 0 {
			return p.keep(ctx, r, func(_ *store.Tx, in *store.Instance) error {
				in.CreateLooked, in.NotBefore = 1, store.At(p.Now().Add(lookAgain))
				return nil
			})
		}
	}
	if r.UpstreamID != "" {
		err := p.asOwner(ctx, r.Instance, func(u *tray.UserClient) error { return u.Remove(ctx, r.UpstreamID) })
		if err != nil && !upstream.IsKind(err, upstream.NotFound) {
			return err
		}
	}
	return p.keep(ctx, r, func(tx *store.Tx, in *store.Instance) error {
		in.State, in.DeletedAt, in.UniqueKey, in.Hold = store.Deleted, tx.Now(), "", ""
		freeOf(in)
		return tell(ctx, tx, itself, *in, "instance.deleted")
	})
}
