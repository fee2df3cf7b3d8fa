package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"portico/portal"
	"portico/sandbox/piecesim"
	"portico/secret"
	"portico/store"
	"portico/upstream/activepieces"
)

func (b *sandbox) openPieces() (err error) {
	o := piecesim.Options{Clock: b.clock, URL: b.places.pieces()}
	b.fresh = true
	if b.keep {
		o.File = filepath.Join(b.dir, "activepieces.jsonl")
		_, err := os.Stat(o.File)
		b.fresh = errors.Is(err, fs.ErrNotExist)
	}
	b.pieces, err = piecesim.Open(o)
	return err
}

// piecesAccount is the simulated Activepieces as the portal knows it.
func (b *sandbox) piecesAccount() store.Account {
	return store.Account{
		Platform: store.PlatformActivepieces, Name: "activepieces", APIURL: b.places.pieces(), DialogURL: b.places.pieces(),
		Token: secret.Text(b.pieces.APIKey()), SigningKeyID: b.pieces.SigningKeyID(), SigningKey: secret.Text(b.pieces.SigningKey()),
		SDKURL: b.places.pieces() + piecesim.SDKPath, UserScope: store.ScopeWorkspace, IsDefault: true,
	}
}

// allowFrames lets the pages that hold the builder do so, as an operator does once.
func (b *sandbox) allowFrames(ctx context.Context) error {
	c := activepieces.New(activepieces.Config{Account: "activepieces", URL: b.places.pieces(), APIKey: secret.Text(b.pieces.APIKey())})
	for _, origin := range []string{b.places.portal(), b.places.host()} {
		if err := c.AllowEmbedOrigin(ctx, origin); err != nil {
			return fmt.Errorf("letting %s hold the simulated builder: %w", origin, err)
		}
	}
	return nil
}

// publish offers every template that can be offered, as staff would choose to. It is done at a folder's first start: what
// the admin decides later stays.
func (b *sandbox) publish(ctx context.Context, accountID string) error {
	all, err := b.store.Integrations(ctx, accountID)
	if err != nil {
		return err
	}
	for _, g := range all {
		if g.Problem != "" {
			continue
		}
		if err := b.portal.SetIntegration(ctx, sandboxActor, g.ID, portal.IntegrationChange{Shown: true}); err != nil {
			return fmt.Errorf("publishing the template %s: %w", g.Title, err)
		}
	}
	return nil
}

// agree lets the builder's script run in customers' browsers, as staff would once they have looked at it.
func (b *sandbox) agree(ctx context.Context, accountID string) error {
	return until(ctx, func() (bool, error) {
		scripts, err := b.store.Scripts(ctx, accountID)
		if err != nil || len(scripts) == 0 {
			return false, err
		}
		return true, b.portal.ConfirmScript(ctx, sandboxActor, accountID, scripts[0].Hash)
	})
}
