package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"time"

	"portico/secret"
	"portico/store"
)

// Things that the portal is configured with and the database agrees with.
const (
	accountName = "main" // what the portal calls the one account of PORTICO_TRAY_*
	embeddedID  = "portico-demo"
	perSpace    = 5     // users of a workspace
	batch       = 1_000 // instances of a transaction
)

// person is a user as the host's token names them.
type person struct {
	id, name  string
	workspace string
	role      string
}

// seeder fills the database with what the simulated Tray has, through the store's own methods.
type seeder struct {
	*world
	store        *store.Store
	clock        time.Time // it goes on from row to row, so that IDs and times lie apart as in life
	account      store.Account
	integrations map[string]store.Integration // by the ID at Tray
	identities   map[string]store.Identity    // by the ID at Tray
	owners       map[string]store.User        // by identity
}

// seed fills the database: everything the portal would know after a year with that many customers.
func (w *world) seed(ctx context.Context) error {
	s := &seeder{
		world: w, clock: time.Now().Add(-360 * 24 * time.Hour),
		integrations: map[string]store.Integration{}, identities: map[string]store.Identity{}, owners: map[string]store.User{},
	}
	if err := store.CreateKeys(w.path("keys.json")); err != nil {
		return err
	}
	keys, err := store.LoadKeys(w.path("keys.json"))
	if err != nil {
		return err
	}
	s.store, err = store.Open(ctx, store.Options{Database: w.path("portico.db"), Keys: keys, Now: func() time.Time { return s.clock }})
	if err != nil {
		return err
	}
	err = errors.Join(s.fill(ctx), s.store.Close())
	w.tray.forget()
	return err
}

func (s *seeder) fill(ctx context.Context) error {
	for _, part := range []func(context.Context, *store.Tx) error{s.putAccount, s.putIntegrations, s.putUsers} {
		if err := s.store.Update(ctx, func(tx *store.Tx) error { return part(ctx, tx) }); err != nil {
			return err
		}
	}
	all, k := s.tray.state.Instances, 0
	for some := range slices.Chunk(all, batch) {
		err := s.store.Update(ctx, func(tx *store.Tx) error {
			for _, x := range some {
				if err := s.putInstance(ctx, tx, k, x); err != nil {
					return err
				}
				k++
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return s.putRegular(ctx)
}

// later moves the clock on, so that all instances come within a year.
func (s *seeder) later() { s.clock = s.clock.Add(3 * time.Minute) }

func (s *seeder) putAccount(ctx context.Context, tx *store.Tx) error {
	var err error
	s.account, err = tx.PutAccount(ctx, store.Account{
		Platform: "tray", Name: accountName, APIURL: s.tray.url() + "/graphql", DialogURL: s.tray.url(),
		EmbeddedID: embeddedID, Token: secret.Text(s.tray.sim.MasterToken()), UserScope: store.ScopeUser, IsDefault: true,
	})
	return err
}

func (s *seeder) putIntegrations(ctx context.Context, tx *store.Tx) error {
	for _, x := range s.tray.state.Solutions {
		g, err := tx.IntegrationByUpstreamID(ctx, s.account.ID, x.ID, x.Title)
		if err != nil {
			return err
		}
		var slots []store.IntegrationSlot
		for _, slot := range x.AuthSlots {
			slots = append(slots, store.IntegrationSlot{Kind: store.SlotAuth, ExternalID: slot.ExternalID, Title: slot.Title, Source: store.FromPlatform})
		}
		if err := tx.SetIntegrationSlots(ctx, g.ID, store.SlotAuth, slots); err != nil {
			return err
		}
		g.UpstreamDescription, g.Tags, g.AuthSlotsKnown = x.Description, x.Tags, true
		g.CustomFields = map[string]string{"image": s.tray.url() + x.CustomFields[0].Value}
		s.later() // what was changed since it was made is not taken for new
		if g, err = tx.PutIntegration(ctx, g); err != nil {
			return err
		}
		picture, err := icon(x.AuthSlots[0].Service)
		if err != nil {
			return err
		}
		if err := tx.SetIcon(ctx, g.ID, g.ImageURL, picture); err != nil {
			return err
		}
		s.integrations[x.ID] = g
	}
	return nil
}

// icon is a tile whose colour follows from a name.
func icon(name string) (*store.Icon, error) {
	sum := sha256.Sum256([]byte(name))
	tile := image.NewPaletted(image.Rect(0, 0, 72, 72), color.Palette{color.RGBA{sum[0], sum[1], sum[2], 255}})
	var b bytes.Buffer
	if err := png.Encode(&b, tile); err != nil {
		return nil, err
	}
	hash := sha256.Sum256(b.Bytes())
	return &store.Icon{ID: hex.EncodeToString(hash[:16]), Body: b.Bytes(), Type: "image/png"}, nil
}

// putUsers stores Tray's users as people of workspaces of five.
func (s *seeder) putUsers(ctx context.Context, tx *store.Tx) error {
	var space store.Workspace
	for k, x := range s.tray.state.Users {
		if k%perSpace == 0 {
			var err error
			name := fmt.Sprintf("Customer %05d", k/perSpace)
			if space, _, err = tx.PutWorkspace(ctx, store.Workspace{ExternalID: fmt.Sprintf("customer-%05d", k/perSpace), Name: name, AccountID: s.account.ID}); err != nil {
				return err
			}
		}
		p := person{x.ExternalID, x.Name, space.ExternalID, []string{store.RoleAdmin, store.RoleMember, store.RoleMember, store.RoleMember, store.RoleViewer}[k%perSpace]}
		if err := s.putUser(ctx, tx, p, space, x.ID); err != nil {
			return err
		}
		if k == len(s.tray.state.Users)/2+1 {
			s.regular = p
			s.newcomer = person{"newcomer", "Nora Newcomer", "newcomers", store.RoleMember}
		}
	}
	return nil
}

func (s *seeder) putUser(ctx context.Context, tx *store.Tx, p person, space store.Workspace, upstreamID string) error {
	u, _, err := tx.PutUser(ctx, store.User{WorkspaceID: space.ID, ExternalID: p.id, Name: p.name, Role: p.role})
	if err != nil {
		return err
	}
	i, err := tx.PutIdentity(ctx, store.Identity{AccountID: s.account.ID, WorkspaceID: space.ID, UserID: u.ID, ExternalID: p.id}, "")
	if err != nil {
		return err
	}
	s.identities[upstreamID], s.owners[i.ID] = i, u
	return errors.Join(tx.SetUpstreamUser(ctx, i.ID, upstreamID), tx.SetIdentitySynced(ctx, i.ID, ""))
}
