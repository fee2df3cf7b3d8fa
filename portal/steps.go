package portal

import (
	"context"
	"errors"

	"portico/store"
	"portico/upstream"
)

// attach gives the platform the sign-ins that were chosen.
func (p *Portal) attach(ctx context.Context, r run) error {
	g, err := p.store.Integration(ctx, r.IntegrationID)
	if err != nil {
		return err
	}
	var auths []value
	for _, s := range r.slots {
		if s.Kind == store.SlotAuth && s.AuthenticationID != "" {
			auths = append(auths, value{s.ExternalID, s.AuthenticationID})
		}
	}
	err = r.at.attach(ctx, r.Instance, g, r.slots)
	if errors.Is(err, errAsksMore) {
		return p.askMore(ctx, r)
	}
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

// askMore takes an instance back to its sign-ins, of which its integration has more by now; those that it has stay.
func (p *Portal) askMore(ctx context.Context, r run) error {
	return p.keep(ctx, r, func(tx *store.Tx, in *store.Instance) error {
		slots, err := authSlots(ctx, tx, in.IntegrationID)
		if err != nil {
			return err
		}
		if err := replaceSlots(ctx, tx, *in, slots); err != nil {
			return err
		}
		switch in.State {
		case store.Enabling, store.Disabled:
			in.State, in.WantEnabled, in.Hold = store.Authorizing, false, ""
		}
		return tell(ctx, tx, platform, *in, "slots.changed")
	})
}

// markAttached keeps what the platform has confirmed, and says whether no sign-in is missing.
func markAttached(ctx context.Context, tx *store.Tx, in store.Instance, sent []value) (all bool, err error) {
	slots, err := tx.Slots(ctx, in.ID)
	if err != nil {
		return false, err
	}
	confirmed := map[string]string{}
	for _, a := range sent {
		confirmed[a.Slot] = a.Value
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

// readValues learns from the platform what the wizard has stored there.
func (p *Portal) readValues(ctx context.Context, r run) error {
	x, err := r.at.one(ctx, r.Instance)
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

// setValues copies the values that an instance has at its platform.
func setValues(ctx context.Context, tx *store.Tx, in store.Instance, x remote) error {
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
	for _, a := range x.SignIns {
		if err := put(store.SlotAuth, a.Slot, func(s *store.Slot) { s.AuthenticationID, s.AttachedID = a.Value, a.Value }); err != nil {
			return err
		}
	}
	for _, c := range x.Values {
		if err := put(store.SlotConfig, c.Slot, func(s *store.Slot) { s.Value = c.Value }); err != nil {
			return err
		}
	}
	return nil
}

// enable turns the instance on, with the platform's check for missing values.
func (p *Portal) enable(ctx context.Context, r run) error {
	g, err := p.store.Integration(ctx, r.IntegrationID)
	if err != nil {
		return err
	}
	x, err := r.at.enable(ctx, r.Instance, g, r.slots)
	if errors.Is(err, errMissingValues) {
		return p.incomplete(ctx, r, g, err)
	}
	if errors.Is(err, errAsksMore) {
		return p.askMore(ctx, r)
	}
	if err != nil {
		return err
	}
	if !x.Enabled { // it took the request and left the instance off
		return &upstream.Error{Platform: r.at.name(), Operation: "enable", Kind: upstream.Unavailable, Message: "the instance is still off"}
	}
	return p.keep(ctx, r, func(tx *store.Tx, in *store.Instance) error {
		in.EnabledAt, in.Version = tx.Now(), x.Version
		if in.State == store.Enabling || in.State == store.Disabled {
			in.State = store.Enabled
			finished(in, g)
		}
		if err := tx.SetWorkflows(ctx, in.ID, x.Workflows); err != nil {
			return err
		}
		return tell(ctx, tx, itself, *in, "instance.enabled")
	})
}

// incomplete keeps that the platform refused to enable because values are missing: the person goes back to where they are
// given.
func (p *Portal) incomplete(ctx context.Context, r run, g store.Integration, refused error) error {
	var e *upstream.Error
	errors.As(refused, &e)
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
	x, err := r.at.disable(ctx, r.Instance)
	if err != nil {
		return err
	}
	return p.keep(ctx, r, func(tx *store.Tx, in *store.Instance) error {
		in.EnabledAt, in.Version = store.Time{}, x.Version
		if in.State == store.Enabled {
			in.State = store.Disabled
		}
		return tell(ctx, tx, itself, *in, "instance.disabled")
	})
}

// rename gives the platform the name that the person gave.
func (p *Portal) rename(ctx context.Context, r run) error {
	name := r.at.upstreamName(r.Instance)
	if err := r.at.rename(ctx, r.Instance, name); err != nil {
		return err
	}
	return p.keep(ctx, r, func(_ *store.Tx, in *store.Instance) error {
		in.UpstreamName = name
		return nil
	})
}

// remove removes the instance at its platform; what never was there, or no longer is, counts as removed.
func (p *Portal) remove(ctx context.Context, r run) error {
	if r.UpstreamID == "" && !r.CreateTriedAt.IsZero() {
		g, err := p.store.Integration(ctx, r.IntegrationID)
		if err != nil {
			return err
		}
		found, err := p.lookForMark(ctx, r, g)
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
		err := r.at.remove(ctx, r.IdentityID, r.UpstreamID)
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
