package portal

import (
	"context"
	"slices"

	"portico/secret"
	"portico/store"
	"portico/upstream/commercetools"
)

func planRedeploy(ctx context.Context, r connectReads, w RedeployWish) (plan RedeployPlan, err error) {
	there, err := readDeployed(ctx, r, w.DeploymentID)
	if err != nil {
		return plan, err
	}
	f := there.form(w.UpdateConnector)
	plan = RedeployPlan{Deployment: there.row, Form: f, Connector: there.brings(w.UpdateConnector), Guard: deploymentGuard(there.row, commercetools.ActRedeploy),
		account: there.account, document: there.doc}
	given := expand(w.Values, there.account)
	sent := plan.compare(there, given)
	plan.body = commercetools.Redeploy{UpdateConnector: w.UpdateConnector, SkipScripts: w.SkipScripts}
	plan.body.ConfigurationValues, plan.body.GlobalConfiguration = f.bodyTouched(sent)
	plan.Values = there.after(f, sent)
	plan.check(there, sent, w.UpdateConnector)
	return plan, plan.show()
}

// check finds for what the platform would refuse the plan, and what a person may regret.
func (r *RedeployPlan) check(there deployed, sent store.Values, update bool) {
	var what commercetools.Connectable = there.doc.Connector
	if update {
		what = there.what
	}
	for _, fault := range r.body.Check(there.doc, what, knownScopes(there.account)) {
		r.Faults = append(r.Faults, valueFault(-1, there.account, fault))
	}
	r.Faults = append(r.Faults, r.Form.checkShapes(-1, sent, there.account.ProjectKey)...)
	if !r.Form.Known || update && !there.known {
		r.Faults = append(r.Faults, newFault(-1, "", "connector", faultUnknownForm, true, "name", r.Form.Name))
	}
	if !there.row.GoneAt.IsZero() {
		r.Faults = append(r.Faults, newFault(-1, "", "status", "deployment_gone", false))
	}
}

// compare says what becomes of every value, and returns those that are sent.
func (r *RedeployPlan) compare(there deployed, given store.Values) store.Values {
	sent := store.Values{Applications: map[string][]store.SetValue{}, Schedules: map[string]string{}}
	old := formDeployed(there.doc)
	for _, c := range r.Form.Fields {
		for _, application := range c.places() {
			v, ok := valueFor(given, application, c)
			change := there.change(c, application, v, ok, old)
			if change.Sent {
				put(&sent, application, v)
			}
			r.Changes = append(r.Changes, change)
		}
	}
	for _, a := range r.Form.Applications {
		schedule := given.Schedules[a.Name]
		if !a.Job() || schedule == "" {
			continue
		}
		change := ValueChange{Application: a.Name, Schedule: true, State: ValueUnchanged, Old: a.Schedule, New: schedule, Given: true}
		if schedule != a.Schedule {
			change.State, change.Sent, sent.Schedules[a.Name] = ValueChanged, true, schedule
		}
		r.Changes = append(r.Changes, change)
	}
	r.Changes = append(r.Changes, there.going(old, r.Form)...)
	return sent
}

// change says what becomes of one value: given is what a person wants it to be, if they have said so.
func (d deployed) change(c ConfigField, application string, given store.SetValue, ok bool, old ConfigForm) ValueChange {
	last, sentBefore := valueFor(d.set.Values, application, c)
	was, had := d.plain(application, c.Key)
	if c.Secured {
		was, had = last.Value, d.secured(application, c.Key) || sentBefore && last.Value != ""
	}
	_, usual := c.DefaultOf(application)
	before, declared := old.field(application, c.Key)
	declared = declared && before.Secured == c.Secured
	change := ValueChange{Application: application, Key: c.Key, Secured: c.Secured, Hidden: c.Hidden, Required: c.Required, State: ValueUnchanged,
		At: last.At, By: last.By, Given: had || ok && given.Value != "" || !ok && usual}
	same := given.Value == was
	switch {
	case !ok && !had && !declared:
		change.State = ValueNew
	case !ok, !had && given.Value == "":
	case !had && !declared:
		change.State, change.Sent = ValueNew, true
	case !c.Secured && same && had, c.Secured && d.sure && sentBefore && same:
	case c.Secured && had && given.Value != "" && !(d.sure && sentBefore):
		change.State, change.Sent = ValueUnknown, true
	default:
		change.State, change.Sent = ValueChanged, true
	}
	change.Given = change.Given && !(ok && change.Sent && given.Value == "")
	change.Old, change.New = c.sides(application, was, had, given, ok)
	return change
}

// sides is a value before and after, as people see it.
func (f ConfigField) sides(application string, was secret.Text, had bool, given store.SetValue, ok bool) (before, after string) {
	show := func(v secret.Text) string {
		if f.Hidden {
			return v.String()
		}
		return v.Reveal()
	}
	switch {
	case f.Hidden && had && was == "":
		before = secret.Mask
	case had:
		before = show(was)
	}
	switch {
	case ok && (given.Value != "" || had):
		after = show(given.Value)
	case had:
		after = before
	default:
		after, _ = f.DefaultOf(application)
	}
	return before, after
}

// going is the values that a connector asks for no more.
func (d deployed) going(old, now ConfigForm) (gone []ValueChange) {
	for _, c := range old.Fields {
		for _, application := range c.places() {
			if f, ok := now.field(application, c.Key); ok && f.Secured == c.Secured {
				continue
			}
			was, had := d.plain(application, c.Key)
			before, _ := c.sides(application, was, had, store.SetValue{}, false)
			gone = append(gone, ValueChange{Application: application, Key: c.Key, Secured: c.Secured, Hidden: c.Hidden, State: ValueGone, Old: before})
		}
	}
	return gone
}

// bodyTouched is what is sent of values: an entry for each application that is given something.
func (f ConfigForm) bodyTouched(sent store.Values) ([]commercetools.ApplicationValues, commercetools.GlobalValues) {
	apps, shared := f.body(sent)
	apps = slices.DeleteFunc(apps, func(a commercetools.ApplicationValues) bool {
		return len(a.Standard)+len(a.Secured) == 0 && a.Schedule == ""
	})
	if len(apps) == 0 {
		apps = nil
	}
	return apps, shared
}

// after is what a deployment has once values were sent, as far as that is known.
func (d deployed) after(f ConfigForm, sent store.Values) store.Values {
	v := d.values()
	for _, one := range sent.Shared {
		put(&v, "", one)
	}
	for application, values := range sent.Applications {
		for _, one := range values {
			put(&v, application, one)
		}
	}
	for application, schedule := range sent.Schedules {
		v.Schedules[application] = schedule
	}
	return f.folded(v)
}

// brings is what the connector as it is now changes.
func (d deployed) brings(update bool) ConnectorChange {
	old := formDeployed(d.doc)
	c := ConnectorChange{Known: d.known, FromVersion: old.Version, ToVersion: old.Version, FromTag: old.Tag, ToTag: old.Tag}
	if !update || !d.known {
		return c
	}
	c.ToVersion, c.ToTag = d.now.Version, d.now.Tag
	c.NewApplications, c.GoneApplications = appsBeside(d.now, old), appsBeside(old, d.now)
	return c
}

// appsBeside is the applications of a form that another has not.
func appsBeside(f, other ConfigForm) (names []string) {
	for _, a := range f.Applications {
		if !slices.ContainsFunc(other.Applications, func(o ConfigApplication) bool { return o.Name == a.Name }) {
			names = append(names, a.Name)
		}
	}
	return names
}
