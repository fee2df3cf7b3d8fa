package connectsim

import (
	"slices"
	"strings"

	"portico/upstream/commercetools/connectyaml"
)

// What a deployment is checked for before anything is made of it. Errors are gathered, so that an answer has all of one
// status, as the API description allows.

// checkType says whether a connector may be deployed as a type.
func (c *call) checkType(k deployedConnector, staged bool, kind string) error {
	allowed := []string{typeSandbox, typeProduction}
	if staged {
		allowed = []string{typePreview}
	}
	if !slices.Contains(allowed, kind) {
		return refuse(codeInvalidType, k.ID, k.Key, kind, strings.Join(allowed, "|"))
	}
	return nil
}

// checkRegion says whether a connector may run in a region: in any when it names none.
func checkRegion(k *content, region string) error {
	if len(k.SupportedRegions) > 0 && !slices.Contains(k.SupportedRegions, region) {
		return refuse(codeUnsupportedRegion, region)
	}
	return nil
}

// checkGiven says which applications and keys a connector does not know. A key counts only in the list in which
// connect.yaml declares it, and a global one never in an application's.
func checkGiven(spec *specification, apps []given) []*problem {
	var all []*problem
	for _, g := range apps {
		app, ok := spec.application(g.name)
		if !ok {
			all = append(all, refuse(codeUnknownApp, g.name))
			continue
		}
		for _, k := range unknownKeys(&app.Declarations, g) {
			all = append(all, refuse(codeUnknownKey, k.way, k.key, g.name))
		}
		if g.schedule != nil && app.Type != connectyaml.Job { // [?]
			all = append(all, refuse(codeInvalidJSON).with("detailedErrorMessage", "schedule: "+g.name+" is not a job"))
		}
	}
	return all
}

func unknownKeys(d *declarations, g given) []keyOf {
	var out []keyOf
	for _, way := range []string{wayStandard, waySecured} {
		for _, v := range g.of(way) {
			if !declared(d.of(way), v.Key) {
				out = append(out, keyOf{way, v.Key})
			}
		}
	}
	return out
}

// checkGlobal says which global keys a connector does not know.
func checkGlobal(spec *specification, g given) []*problem {
	d := spec.Global
	if d == nil {
		d = &declarations{}
	}
	var all []*problem
	for _, k := range unknownKeys(d, g) {
		all = append(all, refuse(codeUnknownGlobal, k.way, k.key))
	}
	return all
}

// checkComplete says which required keys a deployment would have no value for. Of global ones the catalogue has errors;
// of an application's it has none: by a setting that is refused at once, or lets the deployment fail.
func (c *call) checkComplete(d *deployment) []*problem {
	var all []*problem
	if spec := d.Connector.Specification.Global; spec != nil {
		missing, empty := d.Global.lacking(spec)
		for _, k := range missing {
			all = append(all, refuse(codeMissingGlobal, k.way, k.key))
		}
		for _, k := range empty {
			all = append(all, refuse(codeEmptyGlobal, k.way, k.key))
		}
	}
	if c.conf.MissingKeys != "refuse" {
		return all
	}
	for _, l := range d.lacking() {
		detail := "configuration of application " + l.app + ": a value for the required key " + l.key + " is missing"
		all = append(all, refuse(codeInvalidJSON).with("detailedErrorMessage", detail))
	}
	return all
}

// lackingKey is a required key of an application without a value.
type lackingKey struct{ app, key string }

func (d *deployment) lacking() []lackingKey {
	var out []lackingKey
	for _, a := range d.Applications {
		app, _ := d.Connector.Specification.application(a.Name)
		missing, empty := a.Values.lacking(&app.Declarations)
		for _, k := range slices.Concat(missing, empty) {
			out = append(out, lackingKey{a.Name, k.key})
		}
	}
	return out
}
