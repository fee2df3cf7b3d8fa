package connectsim

import (
	"slices"

	"github.com/google/uuid"
)

// forget takes out the applications that the connector has no more.
func (d *deployment) forget(before specification) {
	d.Applications = slices.DeleteFunc(d.Applications, func(a deployedApp) bool {
		was, _ := before.application(a.Name)
		is, ok := d.Connector.Specification.application(a.Name)
		return !ok || is.Type != was.Type
	})
}

// apply gives applications, and all of them together, what a request says; an application that is new gets an ID.
func (d *deployment) apply(apps []given, shared given) {
	spec := &d.Connector.Specification
	for _, g := range apps {
		d.applyTo(g, spec)
	}
	for _, a := range spec.Applications {
		d.applyTo(given{name: a.Name}, spec)
	}
	if spec.Global == nil {
		d.Global = nil
		return
	}
	var old values
	if d.Global != nil {
		old = *d.Global
	}
	merged := old.merge(shared, spec.Global)
	d.Global = &merged
}

func (d *deployment) applyTo(g given, spec *specification) {
	i := slices.IndexFunc(d.Applications, func(a deployedApp) bool { return a.Name == g.name })
	if i < 0 {
		i = len(d.Applications)
		d.Applications = append(d.Applications, deployedApp{ID: uuid.NewString(), Name: g.name})
	}
	app, _ := spec.application(g.name)
	a := &d.Applications[i]
	a.Values = a.Values.merge(g, &app.Declarations)
	if g.schedule != nil {
		a.Schedule = *g.schedule
	}
}
