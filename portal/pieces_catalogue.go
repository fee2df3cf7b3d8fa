package portal

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/activepieces"
)

// offers copies what an Activepieces says of itself, the services that it knows, and the templates that staff may publish.
func (a piecesEngine) offers(ctx context.Context) error {
	if err := a.p.checkServer(ctx, a.c); err != nil {
		return err
	}
	listed, err := a.c.pieces.Pieces(ctx)
	if err != nil {
		return err
	}
	templates, err := a.c.pieces.Templates(ctx)
	if err != nil {
		return err
	}
	pieces, byName := make([]store.Piece, len(listed)), map[string]store.Piece{}
	for n, x := range listed {
		pieces[n] = pieceOfAccount(x)
		byName[x.Name] = pieces[n]
	}
	return a.p.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.PutPieces(ctx, a.c.account.ID, pieces); err != nil {
			return err
		}
		kept := map[string]bool{}
		for _, t := range templates {
			g, err := a.putTemplate(ctx, tx, t, byName)
			if err != nil {
				return err
			}
			kept[g.ID] = true
		}
		if _, err := tx.MarkIntegrationsGone(ctx, a.c.account.ID, kept); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, store.FetchLogos{AccountID: a.c.account.ID}, time.Time{}); err != nil {
			return err
		}
		return tx.SetSync(ctx, a.c.account.ID, store.SyncedCatalogue, "")
	})
}

func pieceOfAccount(x activepieces.Piece) store.Piece {
	p := store.Piece{Name: x.Name, Title: cmp.Or(x.DisplayName, x.Name), Description: x.Description, Version: x.Version, LogoURL: x.LogoURL}
	for _, w := range x.Auth {
		way := store.AuthWay{Type: w.Type, Title: w.DisplayName, Description: w.Description, GrantType: w.GrantType, Scope: w.Scope}
		for _, f := range w.Fields {
			field := store.AuthField{
				Key: f.Key, Type: f.Type, Title: cmp.Or(f.DisplayName, f.Key), Description: f.Description, Required: f.Required, Secret: f.Secret, Default: f.Default,
			}
			for _, o := range f.Options {
				field.Options = append(field.Options, store.AuthOption{Label: o.Label, Value: o.Value})
			}
			way.Fields = append(way.Fields, field)
		}
		p.Auth = append(p.Auth, way)
	}
	return p
}

// putTemplate stores one template where it differs from what we have. A new one is shown when staff publish it.
func (a piecesEngine) putTemplate(ctx context.Context, tx *store.Tx, t activepieces.Template, pieces map[string]store.Piece) (store.Integration, error) {
	known, err := tx.KnowsIntegration(ctx, a.c.account.ID, t.ID)
	if err != nil {
		return store.Integration{}, err
	}
	g, err := tx.IntegrationByUpstreamID(ctx, a.c.account.ID, t.ID, t.Name)
	if err != nil {
		return g, err
	}
	before, asked := g, []store.IntegrationSlot(nil)
	if asked, err = authSlots(ctx, tx, g.ID); err != nil {
		return g, err
	}
	slots := a.describe(&g, t, pieces)
	if known && g.Problem != "" {
		slots = asked // what people are connecting waits for the template to be mended
	}
	g.Shown = g.Shown && known && g.Problem == ""
	same := known && slices.Equal(asked, slots) && before.UpstreamTitle == g.UpstreamTitle && before.UpstreamDescription == g.UpstreamDescription &&
		slices.Equal(before.Tags, g.Tags) && maps.Equal(before.CustomFields, g.CustomFields) && before.Problem == g.Problem && before.GoneAt.IsZero() && before.AuthSlotsKnown
	if same {
		return g, a.wantIcon(ctx, tx, g)
	}
	if err := tx.SetIntegrationSlots(ctx, g.ID, store.SlotAuth, slots); err != nil {
		return g, err
	}
	if g, err = tx.PutIntegration(ctx, g); err != nil {
		return g, err
	}
	if !slices.Equal(asked, slots) {
		if err := a.p.askWhatIsListed(ctx, tx, g, asked); err != nil {
			return g, err
		}
	}
	return g, a.wantIcon(ctx, tx, g)
}

// describe takes over what a template says, and returns what it asks for.
func (a piecesEngine) describe(g *store.Integration, t activepieces.Template, pieces map[string]store.Piece) []store.IntegrationSlot {
	g.UpstreamTitle, g.UpstreamDescription, g.Tags = t.Name, cmp.Or(t.Summary, t.Description), t.Tags
	g.CustomFields, g.AuthSlotsKnown, g.GoneAt, g.Problem = map[string]string{}, true, store.Time{}, problemOf(t)
	if g.Problem != "" {
		return nil
	}
	for _, name := range piecesOf(t.Flows[0].Trigger) {
		p, ok := pieces[name]
		if !ok {
			g.Problem = problemPiece
		}
		if p.LogoURL != "" && (g.CustomFields["image"] == "" || len(p.Auth) > 0) {
			g.CustomFields["image"] = p.LogoURL // the last service that is signed in to says best what it is about
		}
	}
	slots, err := templateSlots(t.Flows[0].Trigger, pieces)
	if err != nil {
		g.Problem = problemTrigger
	}
	return slots
}

func (a piecesEngine) wantIcon(ctx context.Context, tx *store.Tx, g store.Integration) error {
	if g.ImageURL == "" || g.ImageURL == g.ImageFetched {
		return nil
	}
	return tx.Enqueue(ctx, store.FetchIcon{IntegrationID: g.ID}, time.Time{})
}

// logosAtOnce is how many logos one job fetches.
const logosAtOnce = 50

// fetchLogos makes the icons of an account's services, some at a time; one that cannot be fetched now waits for the next copy of
// the catalogue, and keeps no other waiting.
func (p *Portal) fetchLogos(ctx context.Context, a store.FetchLogos) error {
	pieces, err := p.store.PiecesWithoutLogo(ctx, a.AccountID, a.After, logosAtOnce)
	if err != nil || len(pieces) == 0 {
		return err
	}
	for _, x := range pieces {
		icon, err := p.makeIcon(ctx, x.LogoURL)
		if err != nil && !errors.Is(err, errIcon) {
			p.Log.InfoContext(ctx, "a logo cannot be fetched now", "piece", x.Name, "err", err)
			continue
		}
		if err := p.store.Update(ctx, func(tx *store.Tx) error { return tx.SetPieceLogo(ctx, a.AccountID, x.Name, x.LogoURL, icon) }); err != nil {
			return err
		}
	}
	if len(pieces) < logosAtOnce {
		return nil
	}
	return p.store.Update(ctx, func(tx *store.Tx) error {
		return tx.Enqueue(ctx, store.FetchLogos{AccountID: a.AccountID, After: pieces[len(pieces)-1].Name}, time.Time{})
	})
}

// CheckServer asks an account's Activepieces what it is and can do, for staff who have asked.
func (p *Portal) CheckServer(ctx context.Context, actor store.Actor, accountID string) error {
	c, err := p.client(ctx, accountID)
	if err != nil {
		return err
	}
	if c.pieces == nil {
		return store.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(ctx, p.AnswerWithin)
	defer cancel()
	err = p.checkServer(ctx, c)
	return errors.Join(err, p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		return tx.AddAudit(ctx, store.Audit{Code: "server.checked", Actor: actor, SubjectKind: "account", SubjectID: accountID})
	}))
}

// checkServer keeps what a server says of itself, or why it says nothing.
func (p *Portal) checkServer(ctx context.Context, c client) error {
	now, err := askServer(ctx, c.pieces)
	if err != nil {
		a, aerr := p.store.Account(ctx, c.account.ID)
		if aerr != nil {
			return errors.Join(err, aerr)
		}
		now = a.Server
		now.Problem = err.Error()
	}
	now.CheckedAt = p.Now()
	return errors.Join(err, p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.SetServer(ctx, c.account.ID, now) }))
}

func askServer(ctx context.Context, c *activepieces.Client) (store.Server, error) {
	flags, err := c.Flags(ctx)
	if err != nil {
		return store.Server{}, err
	}
	s := store.Server{Version: flags.Version, Edition: flags.Edition}
	if s.PlatformID, err = c.PlatformID(ctx); err != nil {
		if upstream.IsKind(err, upstream.NotFound) { // a server without any project does not say who it is
			return s, nil
		}
		return s, err
	}
	plan, err := c.Plan(ctx, s.PlatformID)
	if err != nil {
		return s, err
	}
	s.Embedding, s.GlobalConnections, s.EmbedOrigins = plan.Embedding, plan.GlobalConnections, plan.AllowedEmbedOrigins
	s.ManyProjects = plan.TeamProjects == activepieces.UnlimitedTeamProjects
	return s, nil
}
