package portal

import (
	"context"
	"slices"
	"strings"

	"portico/store"
	"portico/upstream/activepieces"
)

// Found is what there is at Tray when a person says that they have signed in.
type Found struct {
	Attached *store.Authentication  // the one that is new; it was chosen
	Choices  []store.Authentication // several it might be, or other people's beside theirs: the person chooses
}

// CheckSlot looks for the sign-in that a person says they have made, by comparing with what was there before the
// dialog was opened. One new one is chosen, unless colleagues share the user at Tray.
func (p *Portal) CheckSlot(ctx context.Context, who Who, instanceID, slotID string) (Found, error) {
	in, err := p.instance(ctx, who, instanceID)
	if err != nil {
		return Found{}, err
	}
	s, err := slot(ctx, p.store, in.ID, slotID)
	if err != nil || s.AuthenticationID != "" {
		return Found{}, err
	}
	if in.State != store.Authorizing {
		return Found{}, refuse("not_ready")
	}
	ctx = withAbout(ctx, about{instanceID: in.ID, journeyID: in.JourneyID})
	at, err := p.at(ctx, in.AccountID)
	if err != nil {
		return Found{}, err
	}
	if at.name() == activepieces.Platform {
		return p.checkPiecesSlot(ctx, who, in, slotID)
	}
	there, err := p.askAuthentications(ctx, in.IdentityID)
	if err != nil {
		return Found{}, err
	}
	fresh, err := p.fresh(ctx, in, s, there)
	if err != nil || len(fresh) == 0 {
		return Found{}, err
	}
	identity, err := p.store.Identity(ctx, in.IdentityID)
	if err != nil {
		return Found{}, err
	}
	if len(fresh) > 1 || identity.UserID == "" {
		return Found{Choices: fresh}, nil
	}
	if err := p.choose(ctx, who, in.ID, slotID, fresh[0], "slot.found", func(*store.Tx) error { return nil }); err != nil {
		return Found{}, err
	}
	return Found{Attached: &fresh[0]}, nil
}

// checkPiecesSlot looks for the connection that the slot's own dialog makes, whose name is known.
func (p *Portal) checkPiecesSlot(ctx context.Context, who Who, in store.Instance, slotID string) (Found, error) {
	a, made, err := p.madeHere(ctx, in, slotID)
	if err != nil || !made {
		return Found{}, err
	}
	return Found{Attached: &a}, p.choose(ctx, who, in.ID, slotID, a, "slot.chosen", func(*store.Tx) error { return nil })
}

// fresh is the sign-ins that may have been made for a slot: not there before, used nowhere else, not refused by the
// person, and of the slot's service where any is.
func (p *Portal) fresh(ctx context.Context, in store.Instance, s store.Slot, there []store.Authentication) ([]store.Authentication, error) {
	taken, err := p.store.UsedAuthentications(ctx, in.IdentityID, in.ID)
	if err != nil {
		return nil, err
	}
	slots, err := p.store.Slots(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	for _, other := range slots {
		taken = append(taken, other.AuthenticationID)
	}
	taken = slices.Concat(taken, s.Baseline, s.Rejected)
	var fresh, fitting []store.Authentication
	for _, a := range there {
		if slices.Contains(taken, a.UpstreamID) {
			continue
		}
		fresh = append(fresh, a)
		if Fits(s, a.Service, a.ServiceTitle) {
			fitting = append(fitting, a)
		}
	}
	if len(fitting) > 0 {
		return fitting, nil
	}
	return fresh, nil
}

// Fits says whether a sign-in's service is the one that a slot asks for: by the service that staff entered, else by
// the name that Tray gives slots by default, external_<service>_authentication.
func Fits(s store.Slot, service, title string) bool {
	want := s.Service
	if want == "" {
		want = strings.TrimSuffix(strings.TrimPrefix(s.ExternalID, "external_"), "_authentication")
	}
	want = plain(want)
	return want != "" && (want == plain(service) || want == plain(title))
}

// plain drops all but letters and digits, which the platform and people write differently.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -_.", r) {
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// ChooseAuth gives a slot a sign-in that the person has already, once Tray confirms that it is theirs.
func (p *Portal) ChooseAuth(ctx context.Context, who Who, instanceID, slotID, authID string) error {
	in, err := p.instance(ctx, who, instanceID)
	if err != nil {
		return err
	}
	if in.State != store.Authorizing {
		return refuse("not_ready")
	}
	ctx = withAbout(ctx, about{instanceID: in.ID, journeyID: in.JourneyID})
	there, err := p.askAuthentications(ctx, in.IdentityID)
	if err != nil {
		return err
	}
	others, err := p.store.OthersAuthentications(ctx, in.IdentityID, who.User.ID)
	if err != nil {
		return err
	}
	a, listed := find(there, authID)
	if !listed || slices.Contains(others, a.UpstreamID) {
		return refuse("signin_not_yours")
	}
	return p.choose(ctx, who, in.ID, slotID, a, "slot.chosen", func(*store.Tx) error { return nil })
}

// RejectAuth takes a slot's sign-in back: "not this one". An instance that is on is turned off until it has another.
func (p *Portal) RejectAuth(ctx context.Context, who Who, instanceID, slotID string) error {
	err := p.change(ctx, who, instanceID, func(tx *store.Tx, in *store.Instance) error {
		s, err := slot(ctx, tx, in.ID, slotID)
		if err != nil || s.AuthenticationID == "" {
			return err
		}
		switch in.State {
		case store.Authorizing, store.Enabling, store.Enabled, store.Disabled:
		default:
			return refuse("not_ready")
		}
		before := *in
		name := s.AuthenticationName
		if s.Found {
			s.Rejected = append(s.Rejected, s.AuthenticationID)
		} else if s.Baseline != nil { // what is taken back is nothing new, but may be chosen again
			s.Baseline = append(s.Baseline, s.AuthenticationID)
		}
		s.AuthenticationID, s.AttachedID, s.Found = "", "", false
		if err := tx.PutSlot(ctx, s); err != nil {
			return err
		}
		in.State, in.Hold, in.NotBefore, in.Tries = store.Authorizing, "", store.Time{}, 0
		freeOf(in)
		return record(ctx, tx, who.Actor, &before, in, "slot.rejected", "slot", s.Title, "name", name)
	})
	if err == nil {
		p.nudge(ctx, instanceID)
	}
	return err
}
