package commercetools

import (
	"slices"

	"portico/secret"
)

// application is what one application wants, and whether there is one of this name.
func (w wants) application(name string) (Application, bool) {
	at := slices.IndexFunc(w.apps, func(a Application) bool { return a.Name == name })
	if at < 0 {
		return Application{}, false
	}
	return w.apps[at], true
}

// declared is what values are checked against: an application's keys, or those of all ("").
type declared struct {
	application       string
	standard, secured []Key
}

func (w wants) globally() declared {
	return declared{standard: w.global.Standard, secured: w.global.Secured}
}

// checkValues finds values that nobody wants, or wants elsewhere, and masks. All of it needs to know what is wanted; old
// answers do not say it.
func checkValues(w wants, apps []ApplicationValues, global GlobalValues) (faults []Fault) {
	if w.apps == nil {
		return masks(apps, global)
	}
	faults = append(faults, w.globally().check(global.Standard, global.Secured)...)
	for _, a := range apps {
		app, known := w.application(a.Application)
		if !known {
			faults = append(faults, Fault{Code: CodeUnknownApplication, Application: a.Application})
			continue
		}
		faults = append(faults, declared{app.Name, app.Standard, app.Secured}.check(a.Standard, a.Secured)...)
		if a.Schedule != "" && app.Type != TypeJob {
			faults = append(faults, Fault{Code: CodeInvalidJSONInput, Application: a.Application, Key: "schedule"})
		}
	}
	return append(faults, masks(apps, global)...)
}

// check finds keys that are not declared in the list in which they are sent.
func (d declared) check(standard, secured Values) (faults []Fault) {
	for _, list := range []struct {
		kind   string
		values Values
		keys   []Key
	}{{Standard, standard, d.standard}, {Secured, secured, d.secured}} {
		for _, v := range list.values {
			if !slices.ContainsFunc(list.keys, func(k Key) bool { return k.Key == v.Key }) {
				faults = append(faults, Fault{d.unknownKey(), d.application, v.Key, list.kind})
			}
		}
	}
	return faults
}

func (d declared) unknownKey() string {
	if d.application == "" {
		return CodeUnknownGlobalKey
	}
	return CodeUnknownApplicationKey
}

// masks finds values that are masks. Asterisks can be meant in a standard value, which comes back in clear.
func masks(apps []ApplicationValues, global GlobalValues) (faults []Fault) {
	find := func(application string, standard, secured Values) {
		for _, v := range standard {
			if v.Value == secret.Mask {
				faults = append(faults, Fault{FaultMasked, application, v.Key, Standard})
			}
		}
		for _, v := range secured {
			if v.Masked() {
				faults = append(faults, Fault{FaultMasked, application, v.Key, Secured})
			}
		}
	}
	find("", global.Standard, global.Secured)
	for _, a := range apps {
		find(a.Application, a.Standard, a.Secured)
	}
	return faults
}

// nothing is what a deployment that is not there yet has.
func nothing(string, string) bool { return false }

// everything is what a deployment has whose connector stays the same.
func everything(string, string) bool { return true }

// has reports whether the deployment has a value for a key of an application, or of all (""): it shows one, or its
// connector has wanted one before it was deployed.
func (d Deployment) has(application, key string) bool {
	old := d.Connector.wants()
	shown, keys := d.GlobalConfiguration, old.globally()
	if application != "" {
		app, _ := old.application(application)
		shown, keys = d.shown(application), declared{application, app.Standard, app.Secured}
	}
	_, inStandard := shown.Standard.Find(key)
	_, inSecured := shown.Secured.Find(key)
	return inStandard || inSecured || old.apps == nil || keys.requires(key)
}

func (d Deployment) shown(application string) GlobalValues {
	for _, a := range d.Applications {
		if a.Name == application {
			return GlobalValues{a.Standard, a.Secured}
		}
	}
	return GlobalValues{}
}

func (d declared) requires(key string) bool {
	return slices.ContainsFunc(slices.Concat(d.standard, d.secured), func(k Key) bool { return k.Key == key && k.Required })
}

// missing finds required keys that are sent empty, or are neither sent nor there already nor have a default.
func (w wants) missing(apps []ApplicationValues, global GlobalValues, has func(application, key string) bool) []Fault {
	faults := w.globally().missing(global.Standard, global.Secured, has)
	for _, app := range w.apps {
		var sent ApplicationValues
		if at := slices.IndexFunc(apps, func(a ApplicationValues) bool { return a.Application == app.Name }); at >= 0 {
			sent = apps[at]
		}
		faults = append(faults, declared{app.Name, app.Standard, app.Secured}.missing(sent.Standard, sent.Secured, has)...)
	}
	return faults
}

func (d declared) missing(standard, secured Values, has func(application, key string) bool) (faults []Fault) {
	for _, list := range []struct {
		kind   string
		values Values
		keys   []Key
	}{{Standard, standard, d.standard}, {Secured, secured, d.secured}} {
		for _, k := range list.keys {
			value, sent := list.values.Find(k.Key)
			there := !sent && (k.Default != nil || has(d.application, k.Key))
			if k.Required && value == "" && !there {
				faults = append(faults, Fault{d.noValue(sent), d.application, k.Key, list.kind})
			}
		}
	}
	return faults
}

func (d declared) noValue(sent bool) string {
	switch {
	case d.application != "":
		return FaultRequired
	case sent:
		return CodeEmptyGlobalKey
	}
	return CodeMissingGlobalKey
}
