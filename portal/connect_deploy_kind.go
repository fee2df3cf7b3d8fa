package portal

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/commercetools"
)

// deploymentKind finds a kind of operations on deployments.
func deploymentKind(kind string) (operationKind, bool) {
	switch kind {
	case store.OpDeploymentCreate:
		return deploymentCreation(), true
	case store.OpDeploymentRedeploy:
		return redeployment(), true
	case store.OpDeploymentDelete:
		return undeployment(), true
	}
	return operationKind{}, false
}

// deploymentCreation makes a deployment. One that was made without our hearing of it is known by its key, or by not having
// been there before.
func deploymentCreation() operationKind {
	return operationKind{
		scopes: deployScopes, settle: createSettle,
		prepare: deploymentsBefore,
		send: func(ctx context.Context, _ *Portal, c *commercetools.Client, _ store.Operation, body []byte, _ int) (any, error) {
			d, err := deploymentOf(body)
			if err != nil {
				return nil, err
			}
			return c.CreateDeployment(ctx, d)
		},
		already: deploymentMade,
		keep: func(ctx context.Context, p *Portal, tx *store.Tx, o *store.Operation, body []byte, result any, asked time.Time) error {
			d, err := deploymentOf(body)
			if err != nil {
				return err
			}
			if err := p.keepDeploymentOf(ctx, tx, o, result, asked); err != nil {
				return err
			}
			return keepSent(ctx, tx, o, d.Configurations, d.GlobalConfiguration)
		},
	}
}

// deploymentOf reads what is sent. The parser's own words would quote it.
func deploymentOf(body []byte) (d commercetools.DeploymentDraft, err error) {
	if json.Unmarshal(body, &d) != nil {
		err = errBody
	}
	return d, err
}

// deploymentsBefore is the deployments that could be taken for the one to be made: that of the same key, or of a deployment
// without a key all.
func deploymentsBefore(ctx context.Context, _ *Portal, c *commercetools.Client, _ store.Operation, body []byte) ([]string, error) {
	want, err := deploymentOf(body)
	if err != nil {
		return nil, err
	}
	all, err := deploymentsLike(ctx, c, want)
	known := []string{}
	for _, d := range all {
		known = append(known, d.ID)
	}
	return known, err
}

func deploymentsLike(ctx context.Context, c *commercetools.Client, want commercetools.DeploymentDraft) ([]commercetools.Deployment, error) {
	if want.Key == "" {
		return c.AllDeployments(ctx)
	}
	d, err := c.DeploymentByKey(ctx, want.Key)
	if upstream.IsKind(err, upstream.NotFound) {
		return nil, nil
	}
	return []commercetools.Deployment{d}, err
}

// deploymentMade finds the deployment that a lost call has made.
func deploymentMade(ctx context.Context, _ *Portal, c *commercetools.Client, o store.Operation, body []byte) (bool, any, error) {
	want, err := deploymentOf(body)
	if err != nil {
		return false, nil, err
	}
	all, err := deploymentsLike(ctx, c, want)
	if err != nil {
		return false, nil, err
	}
	known := intentOf(o).Known
	for _, d := range all {
		if !slices.Contains(known, d.ID) && d.Key == want.Key && d.Connector.ID == want.Connector.ID && d.Region == want.Region &&
			(d.Type == want.Type || d.Type == "") && holds(d, want.Configurations, want.GlobalConfiguration) {
			return true, d, nil
		}
	}
	return false, nil, nil
}

// holds says whether a deployment has all standard values that are sent. Of secured ones nobody can tell.
func holds(d commercetools.Deployment, apps []commercetools.ApplicationValues, shared commercetools.GlobalValues) bool {
	missing := func(there, sent commercetools.Values) bool {
		return slices.ContainsFunc(sent, func(v commercetools.Value) bool {
			value, ok := there.Find(v.Key)
			return value != v.Value || !ok && v.Value != ""
		})
	}
	for _, a := range apps {
		at := slices.IndexFunc(d.Applications, func(o commercetools.DeployedApplication) bool { return o.Name == a.Application })
		if at < 0 && len(a.Standard) == 0 {
			continue
		}
		if at < 0 || missing(d.Applications[at].Standard, a.Standard) {
			return false
		}
	}
	return !missing(d.GlobalConfiguration.Standard, shared.Standard)
}

// keepDeploymentOf keeps the deployment that an operation has made or changed.
func (p *Portal) keepDeploymentOf(ctx context.Context, tx *store.Tx, o *store.Operation, result any, asked time.Time) error {
	d, _ := result.(commercetools.Deployment)
	a, err := tx.DeployAccount(ctx, o.AccountID)
	if err != nil {
		return err
	}
	row, err := p.keepDeployment(ctx, tx, a, d, asked, true)
	o.SubjectID, o.SubjectKey = row.ID, row.UpstreamKey
	return err
}

// keepSent keeps the values that an operation has sent as those that its deployment was last sent, over those before.
func keepSent(ctx context.Context, tx *store.Tx, o *store.Operation, apps []commercetools.ApplicationValues, shared commercetools.GlobalValues) error {
	set, err := tx.DeploymentValues(ctx, o.SubjectID)
	if err != nil && !isNotFound(err) {
		return err
	}
	set.Kind, set.DeploymentID, set.UpdatedBy = store.SetDeployment, o.SubjectID, o.Actor.Name
	addSent(&set.Values, apps, shared, tx.Now(), o.Actor.Name)
	_, err = tx.PutValueSet(ctx, set)
	return err
}

// addSent puts what is sent over values.
func addSent(to *store.Values, apps []commercetools.ApplicationValues, shared commercetools.GlobalValues, at store.Time, by string) {
	add := func(application string, values commercetools.Values, secured bool) {
		for _, v := range values {
			put(to, application, store.SetValue{Key: v.Key, Secured: secured, Value: v.Value, At: at, By: by})
		}
	}
	add("", shared.Standard, false)
	add("", shared.Secured, true)
	for _, a := range apps {
		add(a.Application, a.Standard, false)
		add(a.Application, a.Secured, true)
		if a.Schedule == "" {
			continue
		}
		if to.Schedules == nil {
			to.Schedules = map[string]string{}
		}
		to.Schedules[a.Application] = a.Schedule
	}
}
