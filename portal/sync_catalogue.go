package portal

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"portico/store"
	"portico/upstream/tray"
)

// syncCatalogue copies what an account offers. What nobody can see any more is marked, never removed: instances of it
// live on.
func (p *Portal) syncCatalogue(ctx context.Context, accountID string) error {
	at, err := p.at(ctx, accountID)
	if err != nil {
		return err
	}
	if err := at.offers(ctx); err != nil {
		return p.notSynced(ctx, accountID, store.SyncedCatalogue, err)
	}
	return nil
}

// offers copies Tray's solutions.
func (t trayEngine) offers(ctx context.Context) error {
	p, accountID := t.p, t.c.account.ID
	listed, err := t.c.tray.Integrations(ctx)
	if err != nil {
		return err
	}
	slots, err := t.c.tray.AuthSlots(ctx)
	if err != nil && !errors.Is(err, tray.ErrNoAuthSlots) {
		return err
	}
	return p.store.Update(ctx, func(tx *store.Tx) error {
		kept := map[string]bool{}
		for _, x := range listed {
			g, err := p.putIntegration(ctx, tx, accountID, x, slots)
			if err != nil {
				return err
			}
			kept[g.ID] = true
		}
		if _, err := tx.MarkIntegrationsGone(ctx, accountID, kept); err != nil {
			return err
		}
		return tx.SetSync(ctx, accountID, store.SyncedCatalogue, "")
	})
}

// notSynced notes why a copy is not fresh.
func (p *Portal) notSynced(ctx context.Context, accountID, kind string, why error) error {
	return errors.Join(why, p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		return tx.SetSync(ctx, accountID, kind, why.Error())
	}))
}

// putIntegration stores one solution where it differs from what we have, and has its icon made.
func (p *Portal) putIntegration(ctx context.Context, tx *store.Tx, accountID string, x tray.Integration, slots map[string][]tray.Slot) (store.Integration, error) {
	g, err := tx.IntegrationByUpstreamID(ctx, accountID, x.ID, x.Title)
	if err != nil {
		return g, err
	}
	asked, err := authSlots(ctx, tx, g.ID)
	if err != nil {
		return g, err
	}
	changed, err := p.putSlots(ctx, tx, &g, x, slots)
	if err != nil {
		return g, err
	}
	same := g.UpstreamTitle == x.Title && g.UpstreamDescription == x.Description && slices.Equal(g.Tags, x.Tags) && maps.Equal(g.CustomFields, x.CustomFields) && g.GoneAt.IsZero()
	if !same || changed || g.UpdatedAt == g.CreatedAt {
		g.UpstreamTitle, g.UpstreamDescription, g.Tags, g.CustomFields, g.GoneAt = x.Title, x.Description, x.Tags, x.CustomFields, store.Time{}
		if g, err = tx.PutIntegration(ctx, g); err != nil {
			return g, err
		}
	}
	if changed {
		if err := p.askWhatIsListed(ctx, tx, g, asked); err != nil {
			return g, err
		}
	}
	if g.ImageURL != "" && g.ImageURL != g.ImageFetched {
		return g, tx.Enqueue(ctx, store.FetchIcon{IntegrationID: g.ID}, time.Time{})
	}
	return g, nil
}

// askWhatIsListed has the instances that are still being connected ask for the sign-ins that Tray lists now, where it
// listed others before, or none.
func (p *Portal) askWhatIsListed(ctx context.Context, tx *store.Tx, g store.Integration, before []store.IntegrationSlot) error {
	now, err := authSlots(ctx, tx, g.ID)
	if err != nil || slices.Equal(before, now) {
		return err
	}
	return p.passSlotsOn(ctx, tx, platform, g, now)
}

// putSlots stores a solution's slots. Where Tray does not list auth slots, those that staff entered, or that Tray
// once listed, stay.
func (p *Portal) putSlots(ctx context.Context, tx *store.Tx, g *store.Integration, x tray.Integration, slots map[string][]tray.Slot) (changed bool, err error) {
	have, err := tx.IntegrationSlots(ctx, g.ID)
	if err != nil {
		return false, err
	}
	put := func(kind string, listed []tray.Slot) error {
		var had, want []store.IntegrationSlot
		for _, s := range have {
			if s.Kind == kind {
				had = append(had, s)
			}
		}
		for n, s := range listed {
			want = append(want, store.IntegrationSlot{Kind: kind, ExternalID: s.ExternalID, Title: s.Title, Default: s.Default, Position: n, Source: store.FromPlatform})
		}
		if slices.Equal(had, want) {
			return nil
		}
		changed = true
		return tx.SetIntegrationSlots(ctx, g.ID, kind, want)
	}
	if err := put(store.SlotConfig, x.ConfigSlots); err != nil {
		return changed, err
	}
	listed, known := slots[x.ID]
	if !known {
		return changed, nil
	}
	if !g.AuthSlotsKnown {
		g.AuthSlotsKnown, changed = true, true
	}
	return changed, put(store.SlotAuth, listed)
}
