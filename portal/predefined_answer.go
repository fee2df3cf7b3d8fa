package portal

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"portico/secret"
	"portico/store"
)

// AskedFields is what a workspace still has to answer for a predefined connection, or anew where the service does not take
// what it answered; nothing where it only has to sign in (see NeedsConsent).
func (p *Portal) AskedFields(ctx context.Context, predefinedID, workspaceID string) ([]store.AuthField, error) {
	c, err := p.store.PredefinedConnection(ctx, predefinedID)
	if err != nil {
		return nil, err
	}
	answers, err := p.store.AskedValues(ctx, predefinedID, workspaceID)
	if err != nil {
		return nil, err
	}
	way, err := p.wayOf(ctx, c)
	if err != nil {
		return nil, err
	}
	x, err := p.store.WorkspaceConnection(ctx, predefinedID, workspaceID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	anew := x.State == store.ConnRefused || x.State == store.ConnError
	var asked []store.AuthField
	for _, f := range askedOf(c, way) {
		if _, answered := answers[f.Key]; !answered || anew {
			asked = append(asked, f)
		}
	}
	return asked, nil
}

// askedOf is the fields that a predefined connection asks the workspaces for.
func askedOf(c store.PredefinedConnection, way store.AuthWay) []store.AuthField {
	return slices.DeleteFunc(slices.Clone(ValueFields(way)), func(f store.AuthField) bool {
		return !slices.ContainsFunc(c.Fields, func(d store.PredefinedField) bool { return d.Key == f.Key && d.Source == store.FromWorkspace })
	})
}

// wayOf is the way to sign in that a predefined connection takes, as its service last described it.
func (p *Portal) wayOf(ctx context.Context, c store.PredefinedConnection) (store.AuthWay, error) {
	piece, err := p.store.Piece(ctx, c.AccountID, c.Piece)
	if err != nil {
		return store.AuthWay{}, err
	}
	way, ok := piece.Way(c.AuthType)
	if !ok {
		return way, refuse("predefined_way", "type", c.AuthType)
	}
	return way, nil
}

// AnswerPredefined takes what a workspace was asked for, from one of its members, and has the connection made; it waits
// for that as long as a person would. Answers given before stay where nothing new is given.
func (p *Portal) AnswerPredefined(ctx context.Context, who Who, predefinedID string, values map[string]secret.Text) error {
	if who.User.Role == store.RoleViewer {
		return refuse("read_only")
	}
	c, err := p.store.PredefinedConnection(ctx, predefinedID)
	if err != nil {
		return err
	}
	way, err := p.wayOf(ctx, c)
	if err != nil {
		return err
	}
	err = p.store.Update(ctx, func(tx *store.Tx) error { return p.putAnswers(ctx, tx, who, c.ID, way, values) })
	if err != nil {
		return err
	}
	p.await(ctx, c.ID, who.Workspace.ID)
	x, err := p.store.WorkspaceConnection(ctx, c.ID, who.Workspace.ID)
	if err == nil && x.State == store.ConnRefused {
		return refusedBy(x)
	}
	return err
}

// putAnswers keeps what a workspace has answered, and has its connection made.
func (p *Portal) putAnswers(ctx context.Context, tx *store.Tx, who Who, id string, way store.AuthWay, values map[string]secret.Text) error {
	c, err := activePredefined(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := p.makeConnection(ctx, tx, c, who.Workspace); err != nil {
		return err
	}
	had, err := tx.AskedValues(ctx, c.ID, who.Workspace.ID)
	if err != nil {
		return err
	}
	given, err := answers(askedOf(c, way), had, values)
	if err != nil {
		return err
	}
	if err := tx.PutAskedValues(ctx, c.ID, who.Workspace.ID, given); err != nil {
		return err
	}
	d := deed{actor: who.Actor, workspace: who.Workspace.ID, kind: "predefined", subject: c.ID, args: map[string]string{"title": c.Title}}
	d.after = map[string]any{"answered": slices.Sorted(maps.Keys(given))}
	if err := d.write(ctx, tx, "predefined.answered"); err != nil {
		return err
	}
	if err := wake(ctx, tx, who.Workspace.ID, c.ID); err != nil {
		return err
	}
	return askFor(ctx, tx, c.ID, who.Workspace.ID)
}

// answers is what a workspace has answered by now: what is new, checked, over what it had.
func answers(asked []store.AuthField, had, given map[string]secret.Text) (map[string]secret.Text, error) {
	all := map[string]secret.Text{}
	for _, f := range asked {
		v := cmp.Or(given[f.Key], had[f.Key])
		if v == "" && f.Required {
			return nil, refuse("value_missing", "field", f.Title)
		}
		if err := checkValue(f, v); err != nil {
			return nil, err
		}
		all[f.Key] = v
	}
	return all, nil
}
