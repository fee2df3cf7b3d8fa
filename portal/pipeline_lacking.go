package portal

import (
	"context"
	"errors"
	"slices"

	"portico/store"
	"portico/upstream/commercetools/connectyaml"
)

// lacking is the required keys of a connect.yaml that a pipeline's preview deployment would have no value for: neither those
// of the wish or its profile, nor, where the deployment is there already, what it was given before.
func (p *Portal) lacking(ctx context.Context, w PipelineWish, row store.ConnectorDraft, f connectyaml.File, fresh []string) ([]string, error) {
	if !w.Preview {
		return nil, nil
	}
	values := w.Values
	if w.ProfileID != "" && len(values.Shared)+len(values.Applications) == 0 {
		profile, err := p.store.ValueSet(ctx, w.ProfileID)
		if err != nil {
			return nil, err
		}
		values = profile.Values
	}
	_, err := p.store.ConnectDeploymentByKey(ctx, row.AccountID, w.Key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	there := err == nil && w.Key != ""
	var lacks []string
	for name, c := range requiring(f) {
		for _, k := range c {
			if full := name + k.Key; !hasValue(values, k.Key) && (!there || slices.Contains(fresh, full)) {
				lacks = append(lacks, full)
			}
		}
	}
	slices.Sort(lacks)
	return lacks, nil
}

// requiring is the keys that must be given a value, by "application." or "" for those that all share.
func requiring(f connectyaml.File) map[string][]connectyaml.Key {
	all := map[string][]connectyaml.Key{}
	add := func(prefix string, c connectyaml.Configuration) {
		for _, k := range slices.Concat(c.Standard, c.Secured) {
			if k.Required && k.Default == nil {
				all[prefix] = append(all[prefix], k)
			}
		}
	}
	add("", f.Inherit.Configuration)
	for _, a := range f.Applications {
		if !a.Ignored() {
			add(a.Name+".", a.Configuration)
		}
	}
	return all
}

func hasValue(v store.Values, key string) bool {
	is := func(one store.SetValue) bool { return one.Key == key }
	if slices.ContainsFunc(v.Shared, is) {
		return true
	}
	for _, list := range v.Applications {
		if slices.ContainsFunc(list, is) {
			return true
		}
	}
	return false
}
