package portal

import (
	"slices"
	"strings"

	"portico/secret"
	"portico/store"
	"portico/upstream/commercetools"
)

// body is what is sent of values: an entry for each application, also one that is given nothing.
func (f ConfigForm) body(v store.Values) (apps []commercetools.ApplicationValues, shared commercetools.GlobalValues) {
	for _, a := range f.Applications {
		app := commercetools.ApplicationValues{Application: a.Name, Schedule: v.Schedules[a.Name]}
		app.Standard, app.Secured = f.bodyOf(v, a.Name)
		apps = append(apps, app)
	}
	shared.Standard, shared.Secured = f.bodyOf(v, "")
	return apps, shared
}

func (f ConfigForm) bodyOf(v store.Values, application string) (standard, secured commercetools.Values) {
	for _, c := range f.Fields {
		if !slices.Contains(c.places(), application) {
			continue
		}
		value, ok := valueFor(v, application, c)
		switch one := (commercetools.Value{Key: c.Key, Value: value.Value}); {
		case !ok:
		case c.Secured:
			secured = append(secured, one)
		default:
			standard = append(standard, one)
		}
	}
	return standard, secured
}

// withoutBlanks leaves out what is empty: the platform then takes its default.
func (f ConfigForm) withoutBlanks(v store.Values) store.Values {
	to := store.Values{Applications: map[string][]store.SetValue{}, Schedules: v.Schedules}
	for _, c := range f.Fields {
		for _, application := range c.places() {
			if value, ok := valueFor(v, application, c); ok && value.Value != "" {
				put(&to, application, value)
			}
		}
	}
	return to
}

// expand replaces variables by what an account's project is.
func expand(v store.Values, a store.DeployAccount) store.Values {
	by := strings.NewReplacer(variableProject, a.ProjectKey, variableRegion, a.Region)
	each := func(values []store.SetValue) []store.SetValue {
		values = slices.Clone(values)
		for i := range values {
			values[i].Value = secret.Text(by.Replace(values[i].Value.Reveal()))
		}
		return values
	}
	to := store.Values{Shared: each(v.Shared), Applications: map[string][]store.SetValue{}, Schedules: v.Schedules}
	for application, values := range v.Applications {
		to.Applications[application] = each(values)
	}
	return to
}
