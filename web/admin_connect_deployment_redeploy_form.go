package web

import (
	"maps"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/upstream/commercetools"
)

// beginRedeploy gives the form its fields, and the values that the deployment has.
func (s *Server) beginRedeploy(c echo.Context, d *redeployRequest) error {
	state, err := s.Portal.RedeployForm(c.Request().Context(), d.page.Deployment.ID, d.page.Update)
	if err != nil {
		return err
	}
	d.values.form, d.values.values, d.before, d.page.Sure = state.Form, state.Values, state.Values, state.Sure
	plan, err := s.Portal.PlanRedeploy(c.Request().Context(), portal.RedeployWish{DeploymentID: d.page.Deployment.ID, UpdateConnector: d.page.Update})
	if err != nil {
		return err
	}
	d.values.values = withNew(state, plan.Changes, s.Now())
	document, err := portal.DeploymentDocument(d.page.Deployment)
	d.there = hiddenThere(state, document)
	return err
}

// withNew is the values that a deployment has, with the defaults of what its connector asks for only now.
func withNew(state portal.RedeployState, changes []portal.ValueChange, now time.Time) store.Values {
	isNew := func(c portal.ConfigField) bool {
		return !slices.ContainsFunc(changes, func(v portal.ValueChange) bool {
			return v.Key == c.Key && v.State != portal.ValueNew && (c.Shared && v.Application == "" || slices.Contains(c.Applications, v.Application))
		})
	}
	f := state.Form
	f.Fields = slices.DeleteFunc(slices.Clone(f.Fields), func(c portal.ConfigField) bool { return !isNew(c) })
	added, v := usual(f, now), state.Values
	v.Shared = slices.Concat(v.Shared, added.Shared)
	v.Applications = maps.Clone(v.Applications)
	for application, values := range added.Applications {
		v.Applications[application] = slices.Concat(v.Applications[application], values)
	}
	return v
}

// hiddenThere is the hidden values that a deployment has, with who has sent them where that was from here. Of a field that is
// asked once it is that of its first application, once all have one.
func hiddenThere(state portal.RedeployState, document commercetools.Deployment) map[string]portal.ShownValue {
	there := map[string]portal.ShownValue{}
	add := func(application string, values commercetools.Values) {
		for _, v := range values {
			there[portal.ValueName(application, v.Key)] = portal.ShownValue{Hidden: true, Set: true}
		}
	}
	add("", document.GlobalConfiguration.Secured)
	for _, a := range document.Applications {
		add(a.Name, a.Secured)
	}
	for name, sent := range state.Sent {
		there[name] = sent
	}
	for name, value := range state.Form.Show(state.Values) {
		if value.Hidden {
			there[name] = value
		}
	}
	for _, c := range state.Form.Several() {
		if first, all := ofAll(there, c); all {
			there[c.Name()] = first
		}
	}
	return there
}

func ofAll(there map[string]portal.ShownValue, c portal.ConfigField) (first portal.ShownValue, all bool) {
	for n, application := range c.Applications {
		value, ok := there[portal.ValueName(application, c.Key)]
		if !ok {
			return first, false
		}
		if n == 0 {
			first = value
		}
	}
	return first, true
}

// withoutSame is values without the hidden ones that are there already: they were not entered.
func withoutSame(f portal.ConfigForm, v, there store.Values) store.Values {
	hidden := map[string]bool{}
	for _, c := range f.Fields {
		hidden[c.Key] = hidden[c.Key] || c.Hidden
	}
	some := func(values, old []store.SetValue) (kept []store.SetValue) {
		for _, one := range values {
			same := false
			for _, o := range old {
				same = same || o.Key == one.Key && o.Secured == one.Secured && o.Value == one.Value
			}
			if !(hidden[one.Key] && same) {
				kept = append(kept, one)
			}
		}
		return kept
	}
	to := store.Values{Shared: some(v.Shared, there.Shared), Applications: map[string][]store.SetValue{}, Schedules: v.Schedules}
	for application, values := range v.Applications {
		to.Applications[application] = some(values, there.Applications[application])
	}
	return to
}
