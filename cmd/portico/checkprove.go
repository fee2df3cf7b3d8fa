package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"portico/secret"
	"portico/upstream"
	"portico/upstream/activepieces"
)

// provePatience is how long one step of a proof may take, and each removal after it.
const provePatience = 30 * time.Second

// proof makes one of each thing that the portal makes, reads it and removes it.
type proof struct {
	*piecesCheck
	mark    string // in the names of all that is made, so that it is found again even when an answer was lost
	project activepieces.Project
	keyID   string      // of the signing key that signs the proof's token
	key     secret.Text // its private key
	undo    []removal
}

// removal takes away what was made; what it is called says where a person finds it.
type removal struct {
	what   string
	remove func(ctx context.Context) error
}

// prove makes, reads and removes one of each thing that the licence allows. What was made is removed whatever happens in between.
func (c *piecesCheck) prove(ctx context.Context, plan activepieces.Plan, known bool) {
	p := &proof{piecesCheck: c, mark: "portico-check-" + strings.ToLower(rand.Text()[:8]), keyID: c.account.SigningKeyID, key: c.account.SigningKey}
	defer p.remove(context.WithoutCancel(ctx))
	if known && plan.TeamProjects != activepieces.UnlimitedTeamProjects {
		p.warn(p.what+"proof", "left out: the licence does not allow a project more to try with")
		return
	}
	if !p.step(ctx, "project", "made, and found by its external ID", p.proveProject) {
		return
	}
	if !known { // until now no project has told of the platform
		plan, _ = c.client.Plan(ctx, p.project.PlatformID) // a fault shows in what follows
	}
	if plan.GlobalConnections {
		p.step(ctx, "predefined connection", "made, and found in the project by its name", p.proveConnection)
	} else {
		p.warn(p.what+"proof, predefined connection", "left out: not in the licence")
	}
	switch {
	case !plan.Embedding:
		p.warn(p.what+"proof, builder", "left out: not in the licence")
		return
	case p.admin != nil:
		p.step(ctx, "signing key", "made, and found in the list", p.proveSigningKey)
	default:
		p.warn(p.what+"proof, signing key", "left out: an API key may not make one; set PORTICO_ACTIVEPIECES_EMAIL and _PASSWORD beside it")
	}
	if p.key == "" {
		p.warn(p.what+"proof, builder's token", "left out: no signing key is configured")
		return
	}
	p.step(ctx, "builder's token", "taken, and it leads to the project", p.proveToken)
}

// step does one step, in its own time.
func (p *proof) step(ctx context.Context, what, well string, do func(context.Context) error) bool {
	ctx, cancel := context.WithTimeout(ctx, provePatience)
	defer cancel()
	err := do(ctx)
	p.line(p.what+"proof, "+what, well, err)
	return err == nil
}

// later notes what to remove, before it is made: an answer may be lost.
func (p *proof) later(what string, remove func(ctx context.Context) error) {
	p.undo = append(p.undo, removal{what, remove})
}

// remove takes everything away again, the last first, and says what is left.
func (p *proof) remove(ctx context.Context) {
	left := 0
	for _, r := range slices.Backward(p.undo) {
		ctx, cancel := context.WithTimeout(ctx, provePatience)
		err := r.remove(ctx)
		cancel()
		if err != nil && !upstream.IsKind(err, upstream.NotFound) {
			left++
			p.line(p.what+"proof", "", fmt.Errorf("could not remove %s: %w; remove it in Activepieces", r.what, err))
		}
	}
	if left == 0 && len(p.undo) > 0 {
		p.line(p.what+"proof", "all that was made for it is removed", nil)
	}
}

func (p *proof) proveProject(ctx context.Context) error {
	p.later("the project "+p.mark, func(ctx context.Context) error {
		found, err := p.client.FindProject(ctx, p.mark)
		if err != nil {
			return err
		}
		return p.client.DeleteProject(ctx, found.ID)
	})
	made, err := p.client.CreateProject(ctx, p.mark, activepieces.ProjectName(p.mark, p.mark))
	if err != nil {
		return fmt.Errorf("making it: %w", err)
	}
	if p.project, err = p.client.FindProject(ctx, p.mark); err != nil {
		return fmt.Errorf("looking for it: %w", err)
	}
	if p.project.ID != made.ID {
		return fmt.Errorf("made %s, and found %s by its external ID", made.ID, p.project.ID)
	}
	return nil
}

// proveConnection makes a predefined connection of a piece that asks for nothing, so that no service is called.
func (p *proof) proveConnection(ctx context.Context) error {
	piece, err := p.openPiece(ctx)
	if err != nil {
		return err
	}
	p.later("the global connection "+p.mark, func(ctx context.Context) error {
		found, err := p.connections(ctx)
		for _, c := range found {
			err = errors.Join(err, p.client.DeleteGlobalConnection(ctx, c.ID))
		}
		return err
	})
	_, err = p.client.UpsertGlobalConnection(ctx, activepieces.NewConnection{
		ExternalID: p.mark, DisplayName: p.mark, PieceName: piece.Name, PieceVersion: piece.Version,
		Value: activepieces.Value{Type: activepieces.TypeNoAuth}, ProjectIDs: []string{p.project.ID},
	})
	if err != nil {
		return fmt.Errorf("making it: %w", err)
	}
	found, err := p.connections(ctx)
	if err != nil {
		return fmt.Errorf("looking for it: %w", err)
	}
	if len(found) != 1 || !slices.Equal(found[0].ProjectIDs, []string{p.project.ID}) {
		return fmt.Errorf("its name leads to %d connections, want one in the project", len(found))
	}
	return nil
}

// openPiece is a piece that asks for no sign-in.
func (p *proof) openPiece(ctx context.Context) (activepieces.Piece, error) {
	all, err := p.client.Pieces(ctx)
	if err != nil {
		return activepieces.Piece{}, fmt.Errorf("listing pieces: %w", err)
	}
	i := slices.IndexFunc(all, func(p activepieces.Piece) bool { return len(p.Auth) == 0 })
	if i < 0 {
		return activepieces.Piece{}, errors.New("there is no piece without a sign-in to try with")
	}
	return all[i], nil
}

// connections is the global ones of this proof.
func (p *proof) connections(ctx context.Context) ([]activepieces.Connection, error) {
	all, err := p.client.GlobalConnections(ctx)
	return slices.DeleteFunc(all, func(c activepieces.Connection) bool { return c.ExternalID != p.mark }), err
}

func (p *proof) proveSigningKey(ctx context.Context) error {
	p.later("the signing key "+p.mark, func(ctx context.Context) error {
		found, err := p.signingKeys(ctx)
		for _, k := range found {
			err = errors.Join(err, p.admin.DeleteSigningKey(ctx, k.ID))
		}
		return err
	})
	made, err := p.admin.CreateSigningKey(ctx, p.mark)
	if err != nil {
		return fmt.Errorf("making it: %w", err)
	}
	found, err := p.signingKeys(ctx)
	if err != nil {
		return fmt.Errorf("looking for it: %w", err)
	}
	if len(found) != 1 || found[0].ID != made.ID {
		return fmt.Errorf("made %s, and the list holds %d of its name", made.ID, len(found))
	}
	if p.key == "" {
		p.keyID, p.key = made.ID, made.PrivateKey
	}
	return nil
}

// signingKeys is those of this proof.
func (p *proof) signingKeys(ctx context.Context) ([]activepieces.SigningKey, error) {
	all, err := p.admin.SigningKeys(ctx)
	return slices.DeleteFunc(all, func(k activepieces.SigningKey) bool { return k.DisplayName != p.mark }), err
}

// proveToken signs a person in to the proof's project, who is made by that and removed again.
func (p *proof) proveToken(ctx context.Context) error {
	token, err := builderToken(p.keyID, p.key, p.mark, time.Now().Add(2*time.Minute))
	if err != nil {
		return err
	}
	p.later("the user with the external ID "+p.mark, func(ctx context.Context) error {
		found, err := p.client.Users(ctx, p.mark)
		for _, u := range found {
			err = errors.Join(err, p.client.DeleteUser(ctx, u.ID))
		}
		return err
	})
	in, err := p.public().Exchange(ctx, token)
	if err != nil {
		return err
	}
	if in.ProjectID != p.project.ID {
		return fmt.Errorf("it leads to the project %s instead of %s", in.ProjectID, p.project.ID)
	}
	return nil
}
