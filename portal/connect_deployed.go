package portal

import (
	"context"
	"errors"

	"portico/secret"
	"portico/store"
	"portico/upstream/commercetools"
)

// deployed is a deployment with what is known of its values, and its connector as it is now.
type deployed struct {
	row     store.ConnectDeployment
	account store.DeployAccount
	doc     commercetools.Deployment
	now     ConfigForm                // of its connector as it is now
	what    commercetools.Connectable // that connector; the deployed one where it is not known
	known   bool                      // it is
	set     store.ValueSet            // that were last sent from here; without ID there are none
	sure    bool                      // nobody else has changed the deployment since
}

func readDeployed(ctx context.Context, r connectReads, id string) (d deployed, err error) {
	if d.row, err = r.ConnectDeployment(ctx, id); err != nil {
		return d, err
	}
	if d.account, err = r.DeployAccount(ctx, d.row.AccountID); err != nil {
		return d, err
	}
	if d.doc, err = DeploymentDocument(d.row); err != nil {
		return d, err
	}
	if d.what, d.now, d.known, err = connectorNow(ctx, r, d.row, d.doc); err != nil {
		return d, err
	}
	if d.set, err = r.DeploymentValues(ctx, id); err != nil {
		if isNotFound(err) {
			err = nil
		}
		return d, err
	}
	d.sure, err = d.untouched(ctx, r)
	return d, err
}

func isNotFound(err error) bool { return errors.Is(err, store.ErrNotFound) }

// connectorNow is what a deployment would run with its connector as it is now; false where that connector is not among the
// copies: it is somebody else's.
func connectorNow(ctx context.Context, r connectReads, row store.ConnectDeployment, doc commercetools.Deployment) (commercetools.Connectable, ConfigForm, bool, error) {
	draft, err := r.ConnectorDraftByUpstreamID(ctx, row.AccountID, row.ConnectorID)
	if isNotFound(err) || err == nil && !draft.GoneAt.IsZero() {
		return doc.Connector, formDeployed(doc), false, nil
	}
	if err != nil {
		return nil, ConfigForm{}, false, err
	}
	what, f, err := connectable(draft, row.Type == commercetools.DeployPreview)
	if _, unpublished := errors.AsType[*Refusal](err); unpublished {
		return doc.Connector, formDeployed(doc), false, nil
	}
	return what, f, err == nil, err
}

// form is that of what would run, with the schedules that are there.
func (d deployed) form(update bool) ConfigForm {
	f := formDeployed(d.doc)
	if update {
		f = d.now
	}
	for i, a := range f.Applications {
		for _, there := range d.doc.Applications {
			if there.Name == a.Name {
				f.Applications[i].Schedule = there.Schedule
			}
		}
	}
	return f.withValues(d.values())
}

// standard is the values that the platform shows.
func (d deployed) standard() store.Values {
	v := store.Values{Applications: map[string][]store.SetValue{}, Schedules: map[string]string{}}
	add := func(application string, values commercetools.Values) {
		for _, one := range values {
			shown := store.SetValue{Key: one.Key, Value: one.Value}
			if sent, ok := valueFor(d.set.Values, application, ConfigField{Key: one.Key}); ok && sent.Value == one.Value {
				shown.At, shown.By = sent.At, sent.By
			}
			put(&v, application, shown)
		}
	}
	add("", d.doc.GlobalConfiguration.Standard)
	for _, a := range d.doc.Applications {
		add(a.Name, a.Standard)
	}
	return v
}

// values is standard with the secured ones that were last sent from here.
func (d deployed) values() store.Values {
	v := d.standard()
	add := func(application string, values []store.SetValue) {
		for _, one := range values {
			if one.Secured {
				put(&v, application, one)
			}
		}
	}
	add("", d.set.Values.Shared)
	for application, values := range d.set.Values.Applications {
		add(application, values)
	}
	for application, schedule := range d.set.Values.Schedules {
		v.Schedules[application] = schedule
	}
	return v
}

// secured says whether the platform shows, masked, that a place has a secured value.
func (d deployed) secured(application, key string) bool {
	values := d.doc.GlobalConfiguration.Secured
	for _, a := range d.doc.Applications {
		if application != "" && a.Name == application {
			values = a.Secured
		}
	}
	if application != "" && len(d.doc.Applications) == 0 {
		return false
	}
	_, ok := values.Find(key)
	return ok
}

// plain is a standard value that the platform shows for a place.
func (d deployed) plain(application, key string) (secret.Text, bool) {
	if application == "" {
		return d.doc.GlobalConfiguration.Standard.Find(key)
	}
	for _, a := range d.doc.Applications {
		if a.Name == application {
			return a.Standard.Find(key)
		}
	}
	return "", false
}
