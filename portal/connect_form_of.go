package portal

import (
	"maps"
	"slices"

	"portico/upstream"
	"portico/upstream/commercetools"
	"portico/upstream/commercetools/connectyaml"
)

// FormOf is the form of a draft, which is deployed as a preview.
func FormOf(d commercetools.Draft) ConfigForm {
	f := ConfigForm{ConnectorID: d.ID, Staged: true, Name: d.Name, Key: d.Key, Version: d.Version, Tag: d.Repository.Tag, Regions: d.SupportedRegions,
		Types: []string{commercetools.DeployPreview}, APIClient: scopesFor(d.APIClient)}
	return f.asking(d.Configurations, d.GlobalConfiguration)
}

// FormOfConnector is the form of a published connector.
func FormOfConnector(c commercetools.Connector) ConfigForm {
	f := ConfigForm{ConnectorID: c.ID, Name: c.Name, Key: c.Key, Version: c.Version, Tag: c.Repository.Tag, Regions: c.SupportedRegions,
		Types: []string{commercetools.DeploySandbox, commercetools.DeployProduction}, APIClient: scopesFor(c.APIClient)}
	return f.asking(c.Configurations, c.GlobalConfiguration)
}

// formDeployed is the form of what a deployment runs.
func formDeployed(d commercetools.Deployment) ConfigForm {
	c := d.Connector
	f := ConfigForm{ConnectorID: c.ID, Staged: d.Type == commercetools.DeployPreview, Name: c.Name, Key: c.Key, Version: c.Version, Tag: c.Repository.Tag,
		Regions: c.SupportedRegions, Types: []string{d.Type}, APIClient: scopesFor(d.APIClient)}
	return f.asking(c.Configurations, c.GlobalConfiguration)
}

// FormOfFile is the form that a connect.yaml would make.
func FormOfFile(file connectyaml.File) ConfigForm {
	f := ConfigForm{APIClient: file.Inherit.Scopes}
	apps := []commercetools.Application{}
	schedules := map[string]string{}
	for _, a := range file.Applications {
		if !a.Ignored() {
			apps = append(apps, commercetools.Application{Name: a.Name, Type: a.Type, Standard: keysOf(a.Configuration.Standard), Secured: keysOf(a.Configuration.Secured)})
			schedules[a.Name] = a.Schedule
		}
	}
	shared := file.Inherit.Configuration
	f = f.asking(apps, commercetools.Global{Standard: keysOf(shared.Standard), Secured: keysOf(shared.Secured)})
	for i, a := range f.Applications {
		f.Applications[i].Schedule = schedules[a.Name]
	}
	return f
}

func keysOf(keys []connectyaml.Key) []commercetools.Key {
	all := make([]commercetools.Key, len(keys))
	for i, k := range keys {
		all[i] = commercetools.Key{Key: k.Key, Description: k.Description, Required: k.Required, Default: k.Default}
	}
	return all
}

func scopesFor(c *commercetools.APIClient) []string {
	if c == nil {
		return nil
	}
	return append([]string{}, c.Scopes...)
}

// asking gives a form its fields.
func (f ConfigForm) asking(apps []commercetools.Application, shared commercetools.Global) ConfigForm {
	f.Known = apps != nil
	fields := requiredFirst(fieldsOf("", shared.Standard, shared.Secured))
	var several []ConfigField
	own := map[string][]ConfigField{}
	for _, a := range apps {
		f.Applications = append(f.Applications, ConfigApplication{Name: a.Name, Type: a.Type})
		for _, c := range fieldsOf(a.Name, a.Standard, a.Secured) {
			own[a.Name] = append(own[a.Name], c)
		}
	}
	several = together(f.Applications, own)
	fields = append(fields, requiredFirst(several)...)
	for _, a := range f.Applications {
		fields = append(fields, requiredFirst(slices.DeleteFunc(own[a.Name], func(c ConfigField) bool { return slices.ContainsFunc(several, c.joins) }))...)
	}
	f.Fields = fields
	return f
}

// fieldsOf is the fields of one application, or of all ("").
func fieldsOf(application string, standard, secured []commercetools.Key) (fields []ConfigField) {
	add := func(keys []commercetools.Key, secured bool) {
		for _, k := range keys {
			c := ConfigField{Key: k.Key, Description: k.Description, Secured: secured, Required: k.Required, Shared: application == ""}
			c.Hidden = secured || upstream.TellsSecret(k.Key)
			if application != "" {
				c.Applications = []string{application}
			}
			if k.Default != nil {
				c.Default, c.Defaults = *k.Default, map[string]string{application: *k.Default}
			}
			c.Kind, c.Guessed = kindOfField(c)
			c.Suggestion = suggestions[k.Key]
			fields = append(fields, c)
		}
	}
	add(standard, false)
	add(secured, true)
	return fields
}

// joins says whether a field is asked by another, for several applications.
func (f ConfigField) joins(several ConfigField) bool {
	return several.Key == f.Key && several.Secured == f.Secured && slices.Contains(several.Applications, f.Applications[0])
}

// together is the fields that several applications need, in the order in which they are first declared. A key that is
// standard in some applications and secured in others is asked apart in each: one value for both would show a secret.
func together(apps []ConfigApplication, own map[string][]ConfigField) []ConfigField {
	var all []ConfigField
	for _, a := range apps {
		for _, c := range own[a.Name] {
			at := slices.IndexFunc(all, func(o ConfigField) bool { return o.Key == c.Key && o.Secured == c.Secured })
			if at < 0 {
				all = append(all, c)
				continue
			}
			all[at] = all[at].with(c)
		}
	}
	mixed := func(c ConfigField) bool {
		return slices.ContainsFunc(all, func(o ConfigField) bool { return o.Key == c.Key && o.Secured != c.Secured })
	}
	return slices.DeleteFunc(all, func(c ConfigField) bool { return !c.Several() || mixed(c) })
}

// with is a field that is asked for one more application.
func (f ConfigField) with(c ConfigField) ConfigField {
	f.Applications = append(slices.Clone(f.Applications), c.Applications...)
	f.Required = f.Required || c.Required
	if f.Default != c.Default || len(f.Defaults) == 0 != (len(c.Defaults) == 0) {
		f.Default = ""
	}
	f.Defaults = maps.Clone(f.Defaults)
	for application, value := range c.Defaults {
		if f.Defaults == nil {
			f.Defaults = map[string]string{}
		}
		f.Defaults[application] = value
	}
	if f.Kind == FieldText || f.Guessed && !c.Guessed {
		f.Kind, f.Guessed = c.Kind, c.Guessed
	}
	if f.Description == "" {
		f.Description = c.Description
	}
	return f
}

func requiredFirst(fields []ConfigField) []ConfigField {
	slices.SortStableFunc(fields, func(a, b ConfigField) int {
		switch {
		case a.Required == b.Required:
			return 0
		case a.Required:
			return -1
		}
		return 1
	})
	return fields
}
