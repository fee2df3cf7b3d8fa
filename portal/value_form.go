package portal

import (
	"context"
	"errors"

	"portico/store"
)

// A form that has not been sent is kept sealed for a day, so that nobody enters a secret twice because of a field that was
// wrong, and no page has to carry one back. Each is its owner's alone.

// KeepForm keeps what somebody has entered into a form that is not sent yet, in the place of the form with the ID, or in a
// new one (""). purpose says which form it is: "deploy DRAFT". The answer is the form's ID.
func (p *Portal) KeepForm(ctx context.Context, actor store.Actor, id, purpose string, v store.Values) (string, error) {
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		if id != "" {
			if _, err := ownForm(ctx, tx, actor, id, purpose); err != nil {
				return err
			}
		}
		set, err := tx.PutValueSet(ctx, store.ValueSet{ID: id, Kind: store.SetForm, Name: formName(actor, purpose), Values: v, UpdatedBy: actor.Name})
		id = set.ID
		return err
	})
	return id, err
}

// OpenForm is what somebody has entered into a form. A *Refusal when it is not theirs, is of another purpose, or was
// forgotten meanwhile.
func (p *Portal) OpenForm(ctx context.Context, actor store.Actor, id, purpose string) (store.Values, error) {
	set, err := ownForm(ctx, p.store, actor, id, purpose)
	return set.Values, err
}

// DropForm forgets a form that is not going to be sent.
func (p *Portal) DropForm(ctx context.Context, actor store.Actor, id string) error {
	return p.store.Update(ctx, func(tx *store.Tx) error { return forgetForm(ctx, tx, actor, id) })
}

func formName(actor store.Actor, purpose string) string {
	return actor.Kind + " " + actor.ID + " " + purpose
}

func ownForm(ctx context.Context, r interface {
	ValueSet(ctx context.Context, id string) (store.ValueSet, error)
}, actor store.Actor, id, purpose string) (store.ValueSet, error) {
	set, err := r.ValueSet(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (set.Kind != store.SetForm || set.Name != formName(actor, purpose)) {
		return store.ValueSet{}, refuse("values_form_gone")
	}
	return set, err
}

// forgetForm forgets a form of somebody's, if there is one.
func forgetForm(ctx context.Context, tx *store.Tx, actor store.Actor, id string) error {
	if id == "" {
		return nil
	}
	set, err := tx.ValueSet(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || set.Kind != store.SetForm || len(set.Name) < len(formName(actor, "")) || set.Name[:len(formName(actor, ""))] != formName(actor, "") {
		return err
	}
	return tx.RemoveValueSet(ctx, id)
}
