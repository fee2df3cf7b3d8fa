package web

import (
	"cmp"
	"slices"
	"strconv"

	"portico/portal"
	"portico/secret"
	"portico/store"
	"portico/views"
)

// show is a form as its page shows it, with what is wrong in it. there is what a deployment has already.
func (f valueForm) show(p views.Page, there map[string]portal.ShownValue, faults []portal.ValueFault) views.ValueForm {
	v := views.ValueForm{FormID: f.id, Pasted: f.outcome}
	shown := f.form.Show(f.values)
	add := func(title, hint string, fields []portal.ConfigField) {
		g := views.ValueGroup{Title: title, Hint: hint}
		for _, c := range fields {
			g.Fields = append(g.Fields, valueField(p, c, f.values, shown, there, faults))
		}
		if len(fields) > 0 {
			v.Groups = append(v.Groups, g)
		}
	}
	add(p.T("connect.shared"), p.T("connect.value.shared.hint"), f.form.Shared())
	add(p.T("connect.value.several"), p.T("connect.value.several.hint"), f.form.Several())
	for _, a := range f.form.Applications {
		add(a.Name+" · "+a.Type, "", f.form.Of(a.Name))
	}
	number := 0
	for g := range v.Groups {
		for n := range v.Groups[g].Fields {
			numberField(&v.Groups[g].Fields[n], &number)
		}
	}
	return v
}

// numberField gives a field and those in it their IDs in the page, which keys need not fit.
func numberField(f *views.ValueField, number *int) {
	f.ID = "value-" + strconv.Itoa(*number)
	*number++
	for n := range f.Own {
		numberField(&f.Own[n], number)
	}
}

// valueField is one field as its page shows it.
func valueField(p views.Page, c portal.ConfigField, values store.Values, shown, there map[string]portal.ShownValue, faults []portal.ValueFault) views.ValueField {
	f := plainField(c, c.Name(), shown, there)
	f.Differs, f.Of = c.Differs(values), c.Applications
	f.Usual = isUsual(c, values, placesOf(c)[0])
	if c.Several() {
		for _, application := range c.Applications {
			own := plainField(c, portal.ValueName(application, c.Key), shown, there)
			own.Usual = isUsual(c, values, application)
			if own.Application = application; !f.Differs {
				own.Value, own.Set, own.Empty = f.Value, f.Set, f.Empty
			}
			own.Default, _ = c.DefaultOf(application)
			own.Description = ""
			if f.Differs {
				own.Faults = faultsAt(p, faults, c.Key, []string{application})
			}
			f.Own = append(f.Own, own)
		}
	}
	if !f.Differs {
		f.Faults = faultsAt(p, faults, c.Key, append(slices.Clone(c.Applications), applicationOf(c)...))
	}
	return f
}

// isUsual is a variable that stands for a hidden field, as the form has begun with it; "" for anything else.
func isUsual(c portal.ConfigField, values store.Values, application string) string {
	list := values.Shared
	if own := values.Applications[application]; application != "" && slices.ContainsFunc(own, func(v store.SetValue) bool { return v.Key == c.Key }) {
		list = own
	}
	if c.Hidden && slices.ContainsFunc(list, func(v store.SetValue) bool { return v.Key == c.Key && v.Value == secret.Text(c.Suggestion) }) {
		return c.Suggestion
	}
	return ""
}

// applicationOf is under which application faults name a shared field: none.
func applicationOf(c portal.ConfigField) []string {
	if c.Shared {
		return []string{""}
	}
	return nil
}

// plainField is a field under one name. What is there of one that is asked once is known when it is of all its applications.
func plainField(c portal.ConfigField, name string, shown, there map[string]portal.ShownValue) views.ValueField {
	f := views.ValueField{
		Key: c.Key, Name: name, Description: c.Description, Secured: c.Secured, Required: c.Required, Hidden: c.Hidden,
		JSON: c.Kind == portal.FieldJSON, Default: c.Default,
	}
	value := shown[name]
	f.Value, f.Set, f.Empty = value.Value, value.Set && value.Hidden, value.Empty
	f.Long = f.JSON || slices.Contains([]byte(f.Value), '\n')
	if was, ok := there[name]; ok {
		f.There, f.At, f.By = true, was.At, was.By
	}
	return f
}

// showJobs is the schedules of a form's jobs, and when they would run.
func (s *Server) showJobs(p views.Page, f valueForm, faults []portal.ValueFault) (jobs []views.JobField) {
	for n, a := range f.form.Applications {
		if !a.Job() {
			continue
		}
		j := views.JobField{ID: "schedule-" + strconv.Itoa(n), Application: a.Name, Now: a.Schedule, Value: f.values.Schedules[a.Name]}
		j.Next = portal.NextRuns(cmp.Or(j.Value, j.Now), s.Now(), 5)
		j.Faults = faultsAt(p, faults, "schedule", []string{a.Name})
		jobs = append(jobs, j)
	}
	return jobs
}
