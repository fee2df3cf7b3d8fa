package portal

import (
	"context"
	"sync"

	"portico/store"
	"portico/upstream/commercetools"
)

// DeployWish is a connector that a person wants to have deployed, to any number of targets at once.
type DeployWish struct {
	DraftID string // ours: the draft, or that from which the connector was published
	Staged  bool   // the draft itself, as a preview; otherwise what is published from it
	Targets []DeployTarget
	Values  store.Values // as entered; variables in them are replaced for each target
	FormID  string       // the unfinished form, which is forgotten then; "" = there was none
	Anyway  bool         // the person has seen the warnings
}

// DeployTarget is a project and a region. What a deployment cannot change later is all here.
type DeployTarget struct {
	AccountID string
	Region    string // where it runs; "" is the project's
	Type      string // commercetools.DeployPreview …; "" is the usual one
	Key       string // "" = the deployment has none, and is known by its ID alone
	ProfileID string // whose values stand where none were entered; "" = no one's
}

// connectReads is what both a store and a transaction read.
type connectReads interface {
	DeployAccount(ctx context.Context, id string) (store.DeployAccount, error)
	ConnectorDraft(ctx context.Context, id string) (store.ConnectorDraft, error)
	ConnectorDrafts(ctx context.Context, accountID string) ([]store.ConnectorDraft, error)
	ConnectorDraftByUpstreamID(ctx context.Context, accountID, upstreamID string) (store.ConnectorDraft, error)
	ConnectDeployment(ctx context.Context, id string) (store.ConnectDeployment, error)
	ConnectDeploymentByKey(ctx context.Context, accountID, key string) (store.ConnectDeployment, error)
	OperationsOf(ctx context.Context, subjectKind, subjectID, before string, limit int) ([]store.Operation, error)
	DocumentAt(ctx context.Context, subjectKind, subjectID string, version int) (string, error)
	DocumentsAfter(ctx context.Context, subjectKind, subjectID string, version int) ([]string, error)
	DeploymentValues(ctx context.Context, deploymentID string) (store.ValueSet, error)
	ValueSet(ctx context.Context, id string) (store.ValueSet, error)
}

// deployScopes are those that changes of deployments need.
var deployScopes = []string{commercetools.ScopeManageDeployments}

// DeployForm is the form to deploy a draft as a preview (staged), or what is published from it. ErrNotFound when there is no
// such draft, a *Refusal when nothing is published.
func (p *Portal) DeployForm(ctx context.Context, draftID string, staged bool) (ConfigForm, error) {
	return deployForm(ctx, p.store, draftID, staged)
}

func deployForm(ctx context.Context, r connectReads, draftID string, staged bool) (ConfigForm, error) {
	row, err := r.ConnectorDraft(ctx, draftID)
	if err != nil {
		return ConfigForm{}, err
	}
	if !row.GoneAt.IsZero() {
		return ConfigForm{}, refuse("guard_gone")
	}
	_, f, err := connectable(row, staged)
	return f, err
}

// connectable is what is deployed of a draft, and its form.
func connectable(row store.ConnectorDraft, staged bool) (commercetools.Connectable, ConfigForm, error) {
	if staged {
		d, err := DraftDocument(row)
		f := FormOf(d)
		f.DraftID = row.ID
		return d, f, err
	}
	c, published, err := PublishedConnector(row)
	if err == nil && !published {
		err = refuse("deploy_not_published", "name", row.Name)
	}
	f := FormOfConnector(c)
	f.DraftID = row.ID
	return c, f, err
}

// DeployConnector has a connector deployed to all targets, or to none where one of them would be refused. There is an
// operation for each, in the order of the targets. A *Refusal says the first fault of CheckDeploy.
func (p *Portal) DeployConnector(ctx context.Context, actor store.Actor, w DeployWish) (all []store.Operation, err error) {
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		all, err = p.askDeploy(ctx, tx, actor, "", w)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p.hurryAll(ctx, all)
}

// askDeploy is DeployConnector in a transaction, for a pipeline ("" = for none), and leaves the doing to the jobs.
func (p *Portal) askDeploy(ctx context.Context, tx *store.Tx, actor store.Actor, pipelineID string, w DeployWish) (all []store.Operation, err error) {
	plans, err := planDeploy(ctx, tx, w)
	if err != nil {
		return nil, err
	}
	for _, plan := range plans {
		if _, err := connectAccount(ctx, tx, plan.account.ID, deployScopes...); err != nil {
			return nil, err
		}
	}
	if err := refused(faultsOf(w, plans), w.Anyway); err != nil {
		return nil, err
	}
	for _, plan := range plans {
		o, err := p.ask(ctx, tx, actor, plan.account, plan.wish(pipelineID))
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, forgetForm(ctx, tx, actor, w.FormID)
}

// hurryAll is hurry for several operations at once.
func (p *Portal) hurryAll(ctx context.Context, all []store.Operation) ([]store.Operation, error) {
	var each sync.WaitGroup
	var err error
	for i := range all {
		each.Go(func() {
			p.patiently(ctx, "advancing an operation", all[i].ID, func(ctx context.Context) error {
				_, err := p.AdvanceOperation(ctx, all[i].ID)
				return err
			})
		})
	}
	each.Wait()
	for i := range all {
		if all[i], err = p.store.Operation(context.WithoutCancel(ctx), all[i].ID); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// CheckDeploy finds everything for which the platform would refuse a wish, by its own rules, and what a person may regret.
func (p *Portal) CheckDeploy(ctx context.Context, w DeployWish) ([]ValueFault, error) {
	plans, err := planDeploy(ctx, p.store, w)
	if err != nil {
		return nil, err
	}
	return faultsOf(w, plans), nil
}

// PlannedDeployments is what would be sent, for each target: redacted, as a person could send it by hand.
func (p *Portal) PlannedDeployments(ctx context.Context, w DeployWish) ([]store.PlannedRequest, error) {
	plans, err := planDeploy(ctx, p.store, w)
	if err != nil {
		return nil, err
	}
	var all []store.PlannedRequest
	for _, plan := range plans {
		all = append(all, plan.request())
	}
	return all, nil
}
