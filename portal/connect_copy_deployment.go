package portal

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"portico/store"
	"portico/upstream/commercetools"
)

// masked is what the copy of a deployment has for each secured value, in case the platform should show one.
const masked = "*****"

// keepDeployment is keepDraft for a deployment.
func (p *Portal) keepDeployment(ctx context.Context, tx *store.Tx, a store.DeployAccount, d commercetools.Deployment, asked time.Time, ours bool) (store.ConnectDeployment, error) {
	was, err := tx.TakeConnectDeployment(ctx, a.ID, d.ID)
	if err != nil || stale(was.Version, was.SeenAt, was.GoneAt, d.Version, asked) {
		return was, err
	}
	now, err := copyOfDeployment(was, d)
	if err != nil {
		return was, err
	}
	now.SeenAt = latest(was.SeenAt, asked)
	if was.Document != now.Document || !was.GoneAt.IsZero() {
		now.MovedAt = now.SeenAt
		if err := tx.KeepDocument(ctx, store.SubjectDeployment, now.ID, now.Version, now.Document); err != nil {
			return was, err
		}
	}
	if err := p.keepWatch(ctx, tx, deploymentWatch(&now), d.Resting(), was.Status != now.Status, ours); err != nil {
		return was, err
	}
	if err := tx.PutConnectDeployment(ctx, now); err != nil {
		return was, err
	}
	return now, p.tellDeployment(ctx, tx, a, was, now, ours)
}

func copyOfDeployment(was store.ConnectDeployment, d commercetools.Deployment) (store.ConnectDeployment, error) {
	text, err := json.Marshal(withoutSecrets(d))
	now := was
	now.UpstreamKey, now.Version, now.Status, now.Type, now.Region = d.Key, d.Version, string(d.Status), d.Type, d.Region
	now.ConnectorID, now.ConnectorName, now.ConnectorVersion, now.Tag = d.Connector.ID, d.Connector.Name, d.Connector.Version, d.Connector.Repository.Tag
	now.Warnings, now.Document, now.GoneAt = len(d.Warnings()), string(text), store.Time{}
	return now, err
}

// withoutSecrets is a deployment as it may be kept. The platform masks secured values itself; that it always does is
// nowhere written.
func withoutSecrets(d commercetools.Deployment) commercetools.Deployment {
	hide := func(values commercetools.Values) commercetools.Values {
		values = slices.Clone(values)
		for i := range values {
			if !values[i].Masked() {
				values[i].Value = masked
			}
		}
		return values
	}
	d.GlobalConfiguration.Secured = hide(d.GlobalConfiguration.Secured)
	d.Applications = slices.Clone(d.Applications)
	for i := range d.Applications {
		d.Applications[i].Secured = hide(d.Applications[i].Secured)
	}
	return d
}
