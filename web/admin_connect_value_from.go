package web

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/secret"
	"portico/store"
	"portico/views"
)

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
