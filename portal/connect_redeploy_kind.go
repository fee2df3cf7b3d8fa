package portal

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"portico/store"
	"portico/upstream/commercetools"
)

// errBody says that what is to be sent cannot be read. The parser's own words would quote it.
var errBody = errors.New("what an operation sends is not what it was")

// Fields of a deployment as a person sees them, beside its values ("application/KEY").
const (
	fieldDeployed    = "connector.version"
	fieldDeployedTag = "connector.repository.tag"
)

// redeployExtra is what a redeployment remembers of the deployment, that people do not see.
type redeployExtra struct {
	Build string `json:"build"`
}

// deploymentFace is a deployment as a person sees it: each field as one text. What is secured is not among them, nor what
// the build alone says.
func deploymentFace(d commercetools.Deployment) map[string]string {
	f := map[string]string{fieldStatus: string(d.Status), fieldDeployed: strconv.Itoa(d.Connector.Version), fieldDeployedTag: d.Connector.Repository.Tag}
	add := func(application string, values commercetools.Values) {
		for _, v := range values {
			f[ValueName(application, v.Key)] = standardShown(v.Key, v.Value)
		}
	}
	add("", d.GlobalConfiguration.Standard)
	for _, a := range d.Applications {
		add(a.Name, a.Standard)
	}
	return f
}

// redeployment makes a deployment anew, in the version that was seen.
func redeployment() operationKind {
	return operationKind{
		scopes: deployScopes,
		send: func(ctx context.Context, p *Portal, c *commercetools.Client, o store.Operation, body []byte, version int) (any, error) {
			change, row, err := p.redeployOf(ctx, o, body)
			if err != nil {
				return nil, err
			}
			return c.Redeploy(ctx, row.UpstreamID, version, change)
		},
		already: redeployed,
		fits:    redeployFits,
		keep: func(ctx context.Context, p *Portal, tx *store.Tx, o *store.Operation, body []byte, result any, asked time.Time) error {
			var change commercetools.Redeploy
			if json.Unmarshal(body, &change) != nil {
				return errBody
			}
			if err := p.keepDeploymentOf(ctx, tx, o, result, asked); err != nil {
				return err
			}
			return keepSent(ctx, tx, o, change.ConfigurationValues, change.GlobalConfiguration)
		},
	}
}

func (p *Portal) redeployOf(ctx context.Context, o store.Operation, body []byte) (change commercetools.Redeploy, row store.ConnectDeployment, err error) {
	if json.Unmarshal(body, &change) != nil {
		return change, row, errBody
	}
	row, err = p.store.ConnectDeployment(ctx, o.SubjectID)
	return change, row, err
}

// redeployed says whether a redeployment of which we have not heard has begun: the deployment has all that was sent, and
// something about it is new. In the version that was sent it has not. Somebody else's in the same moment, which has the same
// standard values, cannot be told apart from ours.
func redeployed(ctx context.Context, p *Portal, c *commercetools.Client, o store.Operation, body []byte) (bool, any, error) {
	change, row, err := p.redeployOf(ctx, o, body)
	if err != nil {
		return false, nil, err
	}
	d, err := c.Deployment(ctx, row.UpstreamID)
	if err != nil || d.Version <= o.SentVersion || !holds(d, change.ConfigurationValues, change.GlobalConfiguration) {
		return false, nil, err
	}
	var extra redeployExtra
	i := intentOf(o)
	_ = json.Unmarshal(i.Extra, &extra) // we have written it
	begun := !d.Resting() && d.Status != commercetools.StatusUndeploying
	if begun || d.Details.Build.ID != extra.Build || len(movedFrom(i.Seen, deploymentFace(d))) > 0 {
		return true, d, nil
	}
	return false, nil, nil
}

// redeployFits reads a deployment again, keeps it, and says what a person did not see of it. The wish does not fit by itself
// when a value that it sends, or the connector, is another one now, or something is under way there.
func redeployFits(ctx context.Context, p *Portal, c *commercetools.Client, o store.Operation, body []byte) (int, []store.Moved, bool, error) {
	change, row, err := p.redeployOf(ctx, o, body)
	if err != nil {
		return 0, nil, false, err
	}
	asked := p.Now()
	d, err := c.Deployment(ctx, row.UpstreamID)
	if err != nil {
		return 0, nil, false, err
	}
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		a, err := tx.DeployAccount(ctx, o.AccountID)
		if err != nil {
			return err
		}
		_, err = p.keepDeployment(ctx, tx, a, d, asked, false)
		return err
	})
	moved := movedFrom(intentOf(o).Seen, deploymentFace(d))
	ok, _ := d.May(commercetools.ActRedeploy)
	if !ok && len(moved) == 0 {
		moved = []store.Moved{{Field: fieldStatus, Old: intentOf(o).Seen[fieldStatus], New: string(d.Status)}}
	}
	return d.Version, moved, ok && !slices.ContainsFunc(moved, func(m store.Moved) bool { return concernsRedeploy(change, m.Field) }), err
}

// concernsRedeploy says whether a field matters to a redeployment.
func concernsRedeploy(r commercetools.Redeploy, field string) bool {
	if field == fieldDeployed || field == fieldDeployedTag {
		return true
	}
	sends := func(application string, values commercetools.Values) bool {
		return slices.ContainsFunc(values, func(v commercetools.Value) bool { return ValueName(application, v.Key) == field })
	}
	return sends("", r.GlobalConfiguration.Standard) ||
		slices.ContainsFunc(r.ConfigurationValues, func(a commercetools.ApplicationValues) bool { return sends(a.Application, a.Standard) })
}
