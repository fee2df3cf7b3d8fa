package portal

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"portico/store"
)

// How many auth slots staff may enter for an integration, and how long their texts may be.
const (
	maxSlots    = 20
	maxSlotText = 200
)

// SetIntegrationSlots says which sign-ins an integration asks for, where its platform does not list them; none at all
// means that nobody knows, and the platform's wizard asks. Instances that are still being connected get them too.
// What the platform lists wins, now (a refusal) and later (a sync replaces these).
func (p *Portal) SetIntegrationSlots(ctx context.Context, actor store.Actor, id string, slots []store.IntegrationSlot) error {
	slots, err := checkedSlots(slots)
	if err != nil {
		return err
	}
	return p.store.Update(ctx, func(tx *store.Tx) error {
		g, err := tx.LockIntegration(ctx, id)
		if err != nil {
			return err
		}
		was, err := authSlots(ctx, tx, id)
		if err != nil {
			return err
		}
		if ListedByPlatform(g, was) {
			return refuse("slots_listed")
		}
		before, after := slotTexts(was), slotTexts(slots)
		if slices.Equal(before, after) {
			return nil
		}
		if err := tx.SetIntegrationSlots(ctx, id, store.SlotAuth, slots); err != nil {
			return err
		}
		g.AuthSlotsKnown = len(slots) > 0
		if g, err = tx.PutIntegration(ctx, g); err != nil {
			return err
		}
		if err := p.passSlotsOn(ctx, tx, actor, g, slots); err != nil {
			return err
		}
		return deed{actor: actor, kind: "integration", subject: id, before: before, after: after}.write(ctx, tx, "slots.changed")
	})
}

// ListedByPlatform says whether an integration's auth slots are what its platform lists, so that staff cannot enter any.
func ListedByPlatform(g store.Integration, slots []store.IntegrationSlot) bool {
	return g.AuthSlotsKnown && !slices.ContainsFunc(slots, func(s store.IntegrationSlot) bool {
		return s.Kind == store.SlotAuth && s.Source == store.FromStaff
	})
}

func authSlots(ctx context.Context, tx *store.Tx, integrationID string) ([]store.IntegrationSlot, error) {
	all, err := tx.IntegrationSlots(ctx, integrationID)
	return slices.DeleteFunc(all, func(s store.IntegrationSlot) bool { return s.Kind != store.SlotAuth }), err
}

// checkedSlots is slots as they are stored, or why they cannot be.
func checkedSlots(slots []store.IntegrationSlot) ([]store.IntegrationSlot, error) {
	if len(slots) > maxSlots {
		return nil, refuse("slots_many", "max", strconv.Itoa(maxSlots))
	}
	checked, seen := make([]store.IntegrationSlot, 0, len(slots)), map[string]bool{}
	for n, s := range slots {
		id := strings.TrimSpace(s.ExternalID)
		s := store.IntegrationSlot{
			Kind: store.SlotAuth, Source: store.FromStaff, ExternalID: id, Position: n,
			Title: cmp.Or(strings.TrimSpace(s.Title), id), Service: strings.TrimSpace(s.Service),
		}
		switch {
		case id == "":
			return nil, refuse("slot_id_empty", "row", strconv.Itoa(n+1))
		case seen[id]:
			return nil, refuse("slot_id_twice", "id", id)
		case utf8.RuneCountInString(id) > maxSlotText || utf8.RuneCountInString(s.Title) > maxSlotText || utf8.RuneCountInString(s.Service) > maxSlotText:
			return nil, refuse("slot_long", "id", id, "max", strconv.Itoa(maxSlotText))
		}
		seen[id], checked = true, append(checked, s)
	}
	return checked, nil
}

// passSlotsOn gives the instances that are still being connected the slots that their integration has now.
func (p *Portal) passSlotsOn(ctx context.Context, tx *store.Tx, actor store.Actor, g store.Integration, slots []store.IntegrationSlot) error {
	waiting, err := tx.WaitingForSlots(ctx, g.ID)
	if err != nil {
		return err
	}
	for _, in := range waiting {
		if in, err = tx.LockInstance(ctx, in.ID); err != nil {
			return err
		}
		if err := replaceSlots(ctx, tx, in, slots); err != nil {
			return err
		}
		if err := tell(ctx, tx, actor, in, "slots.changed"); err != nil {
			return err
		}
		if err := askAgain(ctx, tx, &in, g); err != nil {
			return err
		}
		if err := tx.PutInstance(ctx, in, ""); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, store.AdvanceInstance{InstanceID: in.ID}, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// askAgain takes an instance back to what connecting its integration asks now, or on when nothing is left to ask.
func askAgain(ctx context.Context, tx *store.Tx, in *store.Instance, g store.Integration) error {
	if in.State == store.Creating {
		return nil // it will ask when it has been made
	}
	switch g.Kind {
	case store.KindWizard:
		in.State = store.Configuring
		return nil
	case store.KindNone:
		return complete(ctx, tx, in, g)
	}
	in.State = store.Authorizing
	all, err := markAttached(ctx, tx, *in, nil)
	if err != nil || !all {
		return err
	}
	return complete(ctx, tx, in, g)
}

// replaceSlots makes an instance's auth slots those of its integration; sign-ins given already stay in their slots.
func replaceSlots(ctx context.Context, tx *store.Tx, in store.Instance, slots []store.IntegrationSlot) error {
	had, err := tx.Slots(ctx, in.ID)
	if err != nil {
		return err
	}
	known := map[string]store.Slot{}
	for _, s := range had {
		if s.Kind == store.SlotAuth {
			known[s.ExternalID] = s
		}
	}
	for _, s := range slots {
		now, err := slotOf(ctx, tx, in, s)
		if err != nil {
			return err
		}
		if was, ok := known[s.ExternalID]; ok {
			was.Title, was.Service, was.Position = s.Title, s.Service, s.Position
			now = was
		}
		if err := tx.PutSlot(ctx, now); err != nil {
			return err
		}
		delete(known, s.ExternalID)
	}
	for externalID := range known {
		if err := tx.RemoveSlot(ctx, in.ID, store.SlotAuth, externalID); err != nil {
			return err
		}
	}
	return nil
}

// slotText is what the audit keeps of a slot.
type slotText struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Service string `json:"service,omitempty"`
}

func slotTexts(slots []store.IntegrationSlot) []slotText {
	kept := []slotText{}
	for _, s := range slots {
		kept = append(kept, slotText{ID: s.ExternalID, Title: s.Title, Service: s.Service})
	}
	return kept
}
