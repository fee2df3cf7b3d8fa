package portal

import (
	"context"
	"errors"

	"portico/store"
	"portico/upstream/commercetools"
)

// RedeployWish is a deployment that a person wants made anew.
type RedeployWish struct {
	DeploymentID    string
	Version         int          // as the person saw it; 0 is as it was last seen
	Values          store.Values // what is to be; what is left out stays as it is
	UpdateConnector bool         // with the connector as it is now, and not as it was deployed
	SkipScripts     bool         // without its scripts
	FormID          string       // the unfinished form, which is forgotten then; "" = there was none
	Anyway          bool         // the person has seen the warnings
}

// What becomes of a value when a deployment is made anew.
const (
	ValueChanged   = "changed"
	ValueUnchanged = "unchanged" // so that it is not sent
	ValueUnknown   = "unknown"   // it is sent, and nobody can tell whether it is another one
	ValueNew       = "new"       // the connector asks for it only now
	ValueGone      = "gone"      // the connector asks for it no more
)

// RedeployState is what the form to make a deployment anew begins with.
type RedeployState struct {
	Form   ConfigForm
	Values store.Values          // the standard ones that the deployment has
	Sent   map[string]ShownValue // the secured ones that were last sent from here, by ValueName of their application
	Sure   bool                  // nobody else has made it anew since
}

// RedeployForm is the form to make a deployment anew with its connector as it is now (update) or as it was deployed. Its
// values leave out what is secured: an empty field leaves that as it is.
func (p *Portal) RedeployForm(ctx context.Context, deploymentID string, update bool) (RedeployState, error) {
	there, err := readDeployed(ctx, p.store, deploymentID)
	if err != nil {
		return RedeployState{}, err
	}
	f := there.form(update)
	state := RedeployState{Form: f, Values: f.folded(there.standard()), Sent: map[string]ShownValue{}, Sure: there.sure}
	for _, c := range f.Fields {
		for _, application := range c.places() {
			if v, ok := valueFor(there.set.Values, application, c); ok && c.Secured {
				state.Sent[ValueName(application, c.Key)] = c.show(v)
			}
		}
	}
	return state, nil
}

// PlanRedeploy says what a wish would do: nothing is sent.
func (p *Portal) PlanRedeploy(ctx context.Context, w RedeployWish) (RedeployPlan, error) {
	return planRedeploy(ctx, p.store, w)
}

// Redeploy has a deployment made anew. Only values that are not known to be there already are sent. A *Refusal says the first
// fault of its plan.
func (p *Portal) Redeploy(ctx context.Context, actor store.Actor, w RedeployWish) (o store.Operation, err error) {
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		o, err = p.askRedeploy(ctx, tx, actor, "", w)
		return err
	})
	if err != nil {
		return o, err
	}
	return p.hurry(ctx, o)
}

// askRedeploy is Redeploy in a transaction, for a pipeline ("" = for none), and leaves the doing to the job.
func (p *Portal) askRedeploy(ctx context.Context, tx *store.Tx, actor store.Actor, pipelineID string, w RedeployWish) (store.Operation, error) {
	plan, err := planRedeploy(ctx, tx, w)
	if err != nil {
		return store.Operation{}, err
	}
	row := plan.Deployment
	if _, err := connectAccount(ctx, tx, row.AccountID, deployScopes...); err != nil {
		return store.Operation{}, err
	}
	if err := mayDeployment(row, commercetools.ActRedeploy); err != nil {
		return store.Operation{}, err
	}
	if err := refused(plan.Faults, w.Anyway); err != nil {
		return store.Operation{}, err
	}
	base, seen := row.Version, plan.document
	if w.Version != 0 && w.Version != row.Version {
		base = w.Version
		if seen, err = deploymentAt(ctx, tx, row.ID, base); err != nil {
			return store.Operation{}, err
		}
	}
	o, err := p.ask(ctx, tx, actor, plan.account, plan.wish(pipelineID, base, deploymentFace(seen)))
	if err != nil {
		return o, err
	}
	return o, forgetForm(ctx, tx, actor, w.FormID)
}

// deploymentAt is a deployment as a person saw it; a *Refusal when that is too long ago to tell what has changed since.
func deploymentAt(ctx context.Context, r connectReads, id string, version int) (commercetools.Deployment, error) {
	text, err := r.DocumentAt(ctx, store.SubjectDeployment, id, version)
	if errors.Is(err, store.ErrNotFound) {
		return commercetools.Deployment{}, refuse("deployment_old")
	}
	if err != nil {
		return commercetools.Deployment{}, err
	}
	return document[commercetools.Deployment](text)
}
