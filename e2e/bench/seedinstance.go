package main

import (
	"context"
	"time"

	"portico/store"
)

// putInstance stores an instance as it is after its journey: slots, workflows and the lines of its timeline. One in ten
// is shared with the workspace, one in 40 unfinished, one in 50 needs somebody.
func (s *seeder) putInstance(ctx context.Context, tx *store.Tx, k int, x trayInstance) error {
	identity, g := s.identities[x.Owner], s.integrations[x.SolutionID]
	u := s.owners[identity.ID]
	in := store.Instance{
		WorkspaceID: u.WorkspaceID, OwnerID: u.ID, AccountID: s.account.ID, IdentityID: identity.ID, IntegrationID: g.ID,
		Shared: k%10 == 3, Name: x.Name, UpstreamName: x.Name, UpstreamID: x.ID, State: store.Disabled, WantEnabled: x.Enabled,
		UpstreamCreated: store.At(s.clock), SeenAt: store.At(s.clock),
	}
	if x.Enabled {
		in.State, in.EnabledAt = store.Enabled, store.At(s.clock)
	}
	if k%40 == 7 {
		in.State, in.WantEnabled, in.EnabledAt = store.Authorizing, false, store.Time{}
	}
	in, _, err := tx.CreateInstance(ctx, in)
	if err != nil {
		return err
	}
	if k%50 == 11 {
		in.Attention, in.AttentionWho, in.AttentionSince = "unavailable", store.WhoThem, store.At(s.clock)
		if err := tx.PutInstance(ctx, in, ""); err != nil {
			return err
		}
	}
	return s.putParts(ctx, tx, in, x)
}

func (s *seeder) putParts(ctx context.Context, tx *store.Tx, in store.Instance, x trayInstance) error {
	slots, err := tx.IntegrationSlots(ctx, in.IntegrationID)
	if err != nil {
		return err
	}
	for n, slot := range slots {
		stored := store.Slot{InstanceID: in.ID, Kind: slot.Kind, ExternalID: slot.ExternalID, Title: slot.Title, Service: slot.Title, Position: n}
		if in.State != store.Authorizing || n == 0 {
			stored.AuthenticationID = "sign-in-" + in.OwnerID + "-" + slot.Title
			stored.AttachedID = stored.AuthenticationID
		}
		if err := tx.PutSlot(ctx, stored); err != nil {
			return err
		}
	}
	if err := tx.SetWorkflows(ctx, in.ID, workflows(in.ID, s.tray.url(), x)); err != nil {
		return err
	}
	for _, code := range []string{"instance.connect", "dialog.finished", "slot.chosen", "instance.enabled"} {
		s.clock = s.clock.Add(20 * time.Second)
		if err := s.tell(ctx, tx, in, code, "slot", slots[0].ExternalID, "name", "A sign-in"); err != nil {
			return err
		}
	}
	s.later()
	return nil
}

func workflows(instanceID, tray string, x trayInstance) []store.Workflow {
	var all []store.Workflow
	for _, w := range x.Workflows {
		stored := store.Workflow{InstanceID: instanceID, UpstreamID: w.ID, SourceID: w.SourceID, Name: w.SourceName}
		if w.Hook != "" {
			stored.TriggerURL = tray + "/webhook/" + w.Hook
		}
		all = append(all, stored)
	}
	return all
}

func (s *seeder) tell(ctx context.Context, tx *store.Tx, in store.Instance, code string, args ...string) error {
	named := map[string]string{}
	for n := 0; n < len(args); n += 2 {
		named[args[n]] = args[n+1]
	}
	return tx.AddEvent(ctx, store.Event{
		Code: code, Args: named, Actor: store.Actor{Kind: store.ActorUser, ID: in.OwnerID, Name: "A person"},
		WorkspaceID: in.WorkspaceID, SubjectKind: "instance", SubjectID: in.ID,
	})
}

// putRegular gives the regular's first instance that is on a longer timeline than most: it is the one whose page is measured.
func (s *seeder) putRegular(ctx context.Context) error {
	users, err := s.store.UsersByExternalID(ctx, s.regular.id)
	if err != nil {
		return err
	}
	cards, err := s.store.UserCards(ctx, users[0], 0, 100)
	if err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		for _, card := range cards {
			if card.State != store.Enabled || card.OwnerID != users[0].ID || card.Attention != "" {
				continue
			}
			s.instance = card.ID
			for range 2 {
				for _, code := range []string{"instance.disabled", "instance.on", "instance.enabled"} {
					s.later()
					if err := s.tell(ctx, tx, card.Instance, code); err != nil {
						return err
					}
				}
			}
			return nil
		}
		return store.ErrNotFound
	})
}
