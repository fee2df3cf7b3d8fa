package web

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/secret"
	"portico/store"
	"portico/views"
)

// What a form with values is sent for, by its field step.
const (
	stepFill    = "fill"    // only shown anew
	stepProfile = "profile" // with the values of a profile
	stepCopy    = "copy"    // with those of another deployment
	stepPaste   = "paste"   // with pasted ones
	stepSave    = "save"    // and kept as a profile
	stepReview  = "review"  // what would be sent is shown
	stepSend    = "send"
)

// valueForm is a form with values while a request is answered.
type valueForm struct {
	form    portal.ConfigForm
	purpose string // of the form, as it is kept
	id      string // under which it is kept; "" before it was
	values  store.Values
	outcome *views.PasteOutcome
	saved   string              // the name of the profile that was saved
	begin   func() store.Values // with what a form that is not kept yet has begun; nil = with values
}

// readValues brings a form up to what a request says: what was kept of it, over that what was entered, and what the step
// asks for. What is entered is kept sealed, before anything can be refused. A *portal.Refusal when a step cannot be done: the
// values are then those that were entered.
func (s *Server) readValues(c echo.Context, f *valueForm) error {
	ctx, actor := c.Request().Context(), staffActor(c)
	post, err := c.FormParams()
	if err != nil {
		return err
	}
	var gone error
	if id := post.Get("form"); id != "" {
		kept, err := s.Portal.OpenForm(ctx, actor, id, f.purpose)
		switch {
		case err == nil:
			f.id, f.values = id, kept
		case post.Get("step") == stepSend:
			return err
		default:
			gone = err
		}
	}
	if post.Get("step") == stepSend {
		return nil
	}
	if post.Get("form") == "" && f.begin != nil {
		f.values = f.begin()
	}
	f.values = f.form.Enter(f.values, entriesOf(f.form, post), actor.Name, s.Now())
	err = s.stepValues(c, f, post)
	kept, keepErr := s.Portal.KeepForm(ctx, actor, f.id, f.purpose, f.values)
	if keepErr != nil {
		return keepErr
	}
	f.id = kept
	return cmp.Or(err, gone)
}

// stepValues does what a form's step asks for with its values.
func (s *Server) stepValues(c echo.Context, f *valueForm, post url.Values) (err error) {
	ctx, actor := c.Request().Context(), staffActor(c)
	switch post.Get("step") {
	case stepProfile:
		f.values, err = s.Portal.ApplyProfile(ctx, f.form, f.values, post.Get("profile"))
	case stepCopy:
		f.values, err = s.Portal.CopyValues(ctx, f.form, f.values, post.Get("copy"))
	case stepPaste:
		err = s.pasteValues(f, post.Get("paste"), actor.Name)
	case stepSave:
		var set store.ValueSet
		if set, err = s.Portal.SaveProfile(ctx, actor, post.Get("save_as"), f.values); err == nil {
			f.saved = set.Name
		}
	}
	return err
}

func (s *Server) pasteValues(f *valueForm, text, by string) error {
	pasted, err := portal.ParseValues(text)
	if err != nil {
		return err
	}
	values, match := f.form.Match(f.values, pasted, by, s.Now())
	f.values, f.outcome = values, &views.PasteOutcome{Matched: match.Matched, Unmatched: match.Unmatched}
	return nil
}

// entriesOf is what a form brings: v:NAME is a value, m:NAME the same in several lines, clear and differ are ticked names
// and keys, s:APPLICATION is a schedule.
func entriesOf(f portal.ConfigForm, post url.Values) portal.Entries {
	e := portal.Entries{Differ: map[string]bool{}, Schedules: map[string]string{}}
	for _, key := range post["differ"] {
		e.Differ[key] = true
	}
	for _, c := range f.Fields {
		for _, application := range placesOf(c) {
			name := portal.ValueName(application, c.Key)
			values, ok := post["v:"+name]
			if !ok {
				continue
			}
			value := cmp.Or(post.Get("m:"+name), values[0])
			e.Values = append(e.Values, portal.Entry{
				Application: application, Key: c.Key, Value: secret.Text(value), Clear: slices.Contains(post["clear"], name),
			})
		}
	}
	for _, a := range f.Applications {
		e.Schedules[a.Name] = post.Get("s:" + a.Name)
	}
	return e
}

// placesOf is the applications under which a form asks for a field; "" is all of them at once.
func placesOf(c portal.ConfigField) []string {
	if len(c.Applications) == 1 {
		return c.Applications
	}
	return append([]string{""}, c.Applications...)
}

// usual is the values that a form begins with: defaults, and what is usual for well-known keys. Secured ones begin with what
// is usual too, since a variable is no secret.
func usual(f portal.ConfigForm, now time.Time) store.Values {
	var e portal.Entries
	for _, c := range f.Fields {
		value := cmp.Or(c.Default, c.Suggestion)
		if c.Hidden {
			value = c.Suggestion
		}
		if value == "" {
			continue
		}
		application := ""
		if len(c.Applications) == 1 {
			application = c.Applications[0]
		}
		e.Values = append(e.Values, portal.Entry{Application: application, Key: c.Key, Value: secret.Text(value)})
	}
	return f.Enter(store.Values{}, e, "", now)
}

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

// faultsAt is what is wrong with a key in any of some applications, each said once.
func faultsAt(p views.Page, faults []portal.ValueFault, key string, applications []string) (found []views.ValueFault) {
	for _, fault := range faults {
		if fault.Key != key || !slices.Contains(applications, fault.Application) {
			continue
		}
		one := shownFault(p, fault)
		if !slices.ContainsFunc(found, func(o views.ValueFault) bool { return o.Code == one.Code }) {
			found = append(found, one)
		}
	}
	return found
}

func shownFault(p views.Page, f portal.ValueFault) views.ValueFault {
	_, text, _ := refusal(p, f.Refusal)
	return views.ValueFault{Text: text, Code: f.Code, Warning: f.Warning}
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

// allFaults is everything that is wrong, with the places in the page where it is said too.
func allFaults(p views.Page, f views.ValueForm, targets []views.DeployTarget, faults []portal.ValueFault) (all []views.ValueFault) {
	for _, fault := range faults {
		one := shownFault(p, fault)
		one.ID = placeOf(f, targets, fault)
		if fault.Target >= 0 && fault.Target < len(targets) {
			one.Text = targets[fault.Target].Account.ProjectKey + ": " + one.Text
		}
		all = append(all, one)
	}
	return all
}

// placeOf is the ID of what a fault is about: a value, a schedule, or a part of a target.
func placeOf(f views.ValueForm, targets []views.DeployTarget, fault portal.ValueFault) string {
	for _, g := range f.Groups {
		for _, field := range g.Fields {
			if id := fieldPlace(field, fault); id != "" {
				return id
			}
		}
	}
	for _, j := range f.Jobs {
		if fault.Key == "schedule" && j.Application == fault.Application {
			return j.ID
		}
	}
	target := max(fault.Target, 0)
	if target >= len(targets) || fault.Application != "" {
		return ""
	}
	switch fault.Key {
	case "key", "type", "region":
		return targets[target].ID + "-" + fault.Key
	case "targets":
		return targets[target].ID
	}
	return ""
}

func fieldPlace(f views.ValueField, fault portal.ValueFault) string {
	if f.Key != fault.Key {
		return ""
	}
	for _, own := range f.Own {
		if f.Differs && own.Application == fault.Application {
			return own.ID
		}
	}
	if f.Name == fault.Name() || slices.Contains(f.Of, fault.Application) {
		return f.ID
	}
	return ""
}

// valueChoices is the profiles and the deployments whose values a form can take; those of the same connector are the first.
func (s *Server) valueChoices(c echo.Context, v *views.ValueForm, connectorID, own string) error {
	ctx := c.Request().Context()
	profiles, err := s.Store.Profiles(ctx)
	if err != nil {
		return err
	}
	for _, set := range profiles {
		v.Profiles = append(v.Profiles, views.Choice{ID: set.ID, Name: set.Name})
	}
	deployments, err := s.Store.ConnectDeployments(ctx, "")
	if err != nil {
		return err
	}
	slices.SortStableFunc(deployments, func(a, b store.ConnectDeployment) int {
		return sameConnector(b, connectorID) - sameConnector(a, connectorID)
	})
	for _, d := range deployments {
		if d.ID != own {
			v.Sources = append(v.Sources, views.Choice{ID: d.ID, Name: fmt.Sprintf("%s · %s · %s (%s)", cmp.Or(d.UpstreamKey, d.UpstreamID), d.ConnectorName, d.Region, d.Type)})
		}
	}
	return nil
}

func sameConnector(d store.ConnectDeployment, id string) int {
	if d.ConnectorID == id {
		return 1
	}
	return 0
}

// valueRows is values as a page lists them: none that is secured, or whose key tells that it should be.
func valueRows(v store.Values) (rows []views.ValueRow) {
	add := func(application string, values []store.SetValue) {
		for _, one := range values {
			shown := portal.ShowValue(one)
			rows = append(rows, views.ValueRow{
				Application: application, Key: one.Key, Secured: one.Secured, Hidden: shown.Hidden, Value: shown.Value, At: one.At, By: one.By,
			})
		}
	}
	add("", v.Shared)
	for application, values := range v.Applications {
		add(application, values)
	}
	slices.SortFunc(rows, func(a, b views.ValueRow) int {
		return cmp.Or(cmp.Compare(a.Application, b.Application), cmp.Compare(a.Key, b.Key))
	})
	return rows
}

// inShort is what a person sees of a request before it is sent, as a short text: what is sent must be the same.
func inShort(parts ...string) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%q", parts)))
	return hex.EncodeToString(sum[:8])
}

// warningsOf is the warnings among faults, as parts of what a person has seen.
func warningsOf(faults []portal.ValueFault) (seen []string) {
	for _, f := range faults {
		seen = append(seen, strconv.Itoa(f.Target)+" "+f.Name()+" "+f.Code)
	}
	slices.Sort(seen)
	return seen
}

// sendable says whether nothing but warnings stands against sending.
func sendable(faults []portal.ValueFault) bool {
	return !slices.ContainsFunc(faults, func(f portal.ValueFault) bool { return !f.Warning })
}
