package portal

import (
	"context"
	"net/http"
	"strings"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/commercetools"
)

// TypedDeployment is what a person has to type to have a deployment taken away: its key, or its ID at the platform.
func TypedDeployment(d store.ConnectDeployment) string {
	if d.UpstreamKey != "" {
		return d.UpstreamKey
	}
	return d.UpstreamID
}

// Undeploy has a deployment taken away. What was last sent to it stays, so that it can be deployed again: see ForgetValues.
// A *Refusal when what was typed is not what TypedDeployment says, or its state does not allow it.
func (p *Portal) Undeploy(ctx context.Context, actor store.Actor, deploymentID, typedKey string) (o store.Operation, err error) {
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		row, err := tx.ConnectDeployment(ctx, deploymentID)
		if err != nil {
			return err
		}
		a, err := connectAccount(ctx, tx, row.AccountID, deployScopes...)
		if err != nil {
			return err
		}
		if err := mayDeployment(row, commercetools.ActUndeploy); err != nil {
			return err
		}
		if strings.TrimSpace(typedKey) != TypedDeployment(row) {
			return refuse("deployment_typed", "name", TypedDeployment(row))
		}
		doc, err := DeploymentDocument(row)
		if err != nil {
			return err
		}
		face := deploymentFace(doc)
		o, err = p.ask(ctx, tx, actor, a, wish{
			kind: store.OpDeploymentDelete, subjectKind: store.SubjectDeployment, subjectID: row.ID, subjectKey: row.UpstreamKey, body: struct{}{}, before: face, seen: face,
			request: plannedCall(a, http.MethodDelete, deploymentsPath(a, row.UpstreamID), nil),
			args:    map[string]string{"name": row.ConnectorName, "key": row.UpstreamKey},
		})
		return err
	})
	if err != nil {
		return o, err
	}
	return p.hurry(ctx, o)
}

// undeployment takes a deployment away; one that is gone, or going, is taken away. The platform then works on it: the watch
// sees it go.
func undeployment() operationKind {
	return operationKind{
		scopes: deployScopes, gone: true,
		send: func(ctx context.Context, p *Portal, c *commercetools.Client, o store.Operation, _ []byte, _ int) (any, error) {
			row, err := p.store.ConnectDeployment(ctx, o.SubjectID)
			if err != nil {
				return nil, err
			}
			return c.DeleteDeployment(ctx, row.UpstreamID)
		},
		already: undeploying,
		keep: func(ctx context.Context, p *Portal, tx *store.Tx, o *store.Operation, _ []byte, result any, asked time.Time) error {
			d, ok := result.(commercetools.Deployment)
			switch {
			case !ok:
				return p.keepGone(ctx, tx, o.SubjectKind, o.SubjectID)
			case d.ID == "":
				return p.keepGoing(ctx, tx, o, asked)
			}
			return p.keepDeploymentOf(ctx, tx, o, d, asked)
		},
	}
}

// undeploying says whether a deployment is going, or has refused to.
func undeploying(ctx context.Context, p *Portal, c *commercetools.Client, o store.Operation, _ []byte) (bool, any, error) {
	row, err := p.store.ConnectDeployment(ctx, o.SubjectID)
	if err != nil {
		return false, nil, err
	}
	d, err := c.Deployment(ctx, row.UpstreamID)
	switch {
	case upstream.IsKind(err, upstream.NotFound):
		return true, nil, nil
	case err != nil:
		return false, nil, err
	}
	failed := d.Status == commercetools.StatusUndeployFailed && intentOf(o).Seen[fieldStatus] != string(d.Status)
	return d.Status == commercetools.StatusUndeploying || failed, d, nil
}

// keepGoing keeps that a deployment is going, where the platform has not said in which version.
func (p *Portal) keepGoing(ctx context.Context, tx *store.Tx, o *store.Operation, asked time.Time) error {
	row, err := tx.ConnectDeployment(ctx, o.SubjectID)
	if err != nil {
		return err
	}
	d, err := DeploymentDocument(row)
	if err != nil {
		return err
	}
	d.Status = commercetools.StatusUndeploying
	return p.keepDeploymentOf(ctx, tx, o, d, asked)
}
