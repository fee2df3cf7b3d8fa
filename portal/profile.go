package portal

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"portico/store"
)

// mostProfileName is the longest name of a profile, in characters.
const mostProfileName = 100

// SaveProfile keeps values under a name, to be used again: for a project, a region or a stage, as the name says. One of the
// same name gives its place. Variables stay in the values until they are used. A *Refusal when there is no name, or no value.
func (p *Portal) SaveProfile(ctx context.Context, actor store.Actor, name string, v store.Values) (set store.ValueSet, err error) {
	name = strings.TrimSpace(name)
	v = withoutEmpty(v)
	switch {
	case name == "" || utf8.RuneCountInString(name) > mostProfileName:
		return set, refuse("profile_name", "max", "100")
	case len(v.Shared)+len(v.Applications)+len(v.Schedules) == 0:
		return set, refuse("profile_empty")
	}
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		was, err := tx.ProfileNamed(ctx, name)
		if err != nil && !isNotFound(err) {
			return err
		}
		d := deed{actor: actor, kind: "profile", before: aboutProfile(was), after: aboutProfile(store.ValueSet{Name: name, Values: v}), args: map[string]string{"name": name}}
		if set, err = tx.PutValueSet(ctx, store.ValueSet{Kind: store.SetProfile, Name: name, Values: v, UpdatedBy: actor.Name}); err != nil {
			return err
		}
		d.subject = set.ID
		return d.put(ctx, tx, "profile")
	})
	return set, err
}

// withoutEmpty is values without those that are empty.
func withoutEmpty(v store.Values) store.Values {
	some := func(values []store.SetValue) []store.SetValue {
		return slices.DeleteFunc(slices.Clone(values), func(s store.SetValue) bool { return s.Value == "" })
	}
	to := store.Values{Shared: some(v.Shared), Applications: map[string][]store.SetValue{}, Schedules: v.Schedules}
	for application, values := range v.Applications {
		if values = some(values); len(values) > 0 {
			to.Applications[application] = values
		}
	}
	return to
}

// SaveProfileOf keeps the values of a deployment under a name: the standard ones that it has, and the secured ones that were
// last sent from here.
func (p *Portal) SaveProfileOf(ctx context.Context, actor store.Actor, name, deploymentID string) (store.ValueSet, error) {
	v, err := p.ValuesOf(ctx, deploymentID)
	if err != nil {
		return store.ValueSet{}, err
	}
	return p.SaveProfile(ctx, actor, name, v)
}

// RemoveProfile forgets a profile. ErrNotFound when there is none.
func (p *Portal) RemoveProfile(ctx context.Context, actor store.Actor, id string) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		set, err := profile(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := tx.RemoveValueSet(ctx, id); err != nil {
			return err
		}
		d := deed{actor: actor, kind: "profile", subject: id, before: aboutProfile(set), args: map[string]string{"name": set.Name}}
		return d.write(ctx, tx, "profile.removed")
	})
}

// ApplyProfile puts a profile's values into a form, over what was entered. Keys that the form does not ask for are left out.
func (p *Portal) ApplyProfile(ctx context.Context, f ConfigForm, entered store.Values, profileID string) (store.Values, error) {
	set, err := profile(ctx, p.store, profileID)
	if err != nil {
		return entered, err
	}
	return f.fill(f.Arrange(set.Values), entered), nil
}

func profile(ctx context.Context, r interface {
	ValueSet(ctx context.Context, id string) (store.ValueSet, error)
}, id string) (store.ValueSet, error) {
	set, err := r.ValueSet(ctx, id)
	if err == nil && set.Kind != store.SetProfile {
		return store.ValueSet{}, store.ErrNotFound
	}
	return set, err
}

// aboutProfile is what the audit log keeps of a profile: which keys it has, and none of their values.
func aboutProfile(set store.ValueSet) any {
	if set.Name == "" {
		return nil
	}
	keys := []string{}
	for _, v := range set.Values.Shared {
		keys = append(keys, v.Key)
	}
	for application, values := range set.Values.Applications {
		for _, v := range values {
			keys = append(keys, ValueName(application, v.Key))
		}
	}
	slices.Sort(keys)
	return map[string]any{"name": set.Name, "keys": keys}
}

// CopyValues puts the values of another deployment into a form, over what was entered: the standard ones that it has, and
// the secured ones that were last sent to it from here.
func (p *Portal) CopyValues(ctx context.Context, f ConfigForm, entered store.Values, deploymentID string) (store.Values, error) {
	v, err := p.ValuesOf(ctx, deploymentID)
	if err != nil {
		return entered, err
	}
	return f.fill(f.Arrange(v), entered), nil
}

// ValuesOf is the values of a deployment, also of one that is gone, as far as they are known.
func (p *Portal) ValuesOf(ctx context.Context, deploymentID string) (store.Values, error) {
	there, err := readDeployed(ctx, p.store, deploymentID)
	if err != nil {
		return store.Values{}, err
	}
	return there.values(), nil
}

// ForgetValues forgets the values that were last sent to a deployment.
func (p *Portal) ForgetValues(ctx context.Context, actor store.Actor, deploymentID string) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		set, err := tx.DeploymentValues(ctx, deploymentID)
		if isNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := tx.RemoveValueSet(ctx, set.ID); err != nil {
			return err
		}
		return deed{actor: actor, kind: store.SubjectDeployment, subject: deploymentID}.write(ctx, tx, "deployment.values_forgotten")
	})
}

// OperationValues is the values that an operation sends or was to send, so that a form that was refused can be mended.
// A *Refusal once they are forgotten.
func (p *Portal) OperationValues(ctx context.Context, operationID string) (DeployTarget, store.Values, error) {
	o, err := p.store.Operation(ctx, operationID)
	if err != nil {
		return DeployTarget{}, store.Values{}, err
	}
	body, err := p.store.OperationBody(ctx, operationID)
	if err != nil {
		return DeployTarget{}, store.Values{}, err
	}
	if o.Kind != store.OpDeploymentCreate || body == "" {
		return DeployTarget{}, store.Values{}, refuse("operation_forgotten")
	}
	d, err := deploymentOf([]byte(body.Reveal()))
	if err != nil {
		return DeployTarget{}, store.Values{}, err
	}
	v := store.Values{Applications: map[string][]store.SetValue{}, Schedules: map[string]string{}}
	addSent(&v, d.Configurations, d.GlobalConfiguration, o.CreatedAt, o.Actor.Name)
	return DeployTarget{AccountID: o.AccountID, Region: d.Region, Type: d.Type, Key: d.Key}, v, nil
}
