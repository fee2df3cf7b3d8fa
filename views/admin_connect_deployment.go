package views

import (
	"slices"

	"portico/store"
	"portico/upstream/commercetools"
)

// AdminDeploymentPage is a deployment.
type AdminDeploymentPage struct {
	AdminPage
	Account    store.DeployAccount
	Deployment store.ConnectDeployment
	Document   commercetools.Deployment
	Draft      store.ConnectorDraft  // without ID where the connector is not among the drafts
	Guards     map[string]DraftGuard // by commercetools.ActRedeploy and ActUndeploy; Why is a refusal's code
	Operations []store.Operation     // newest first
	Values     []ValueRow
	Schedules  map[string]string // that were sent, by application
	Sent       bool              // values are kept that were sent from here
	Drift      []DriftRow
	Lines      []Line
	Older      string
	Refused    string
}

func (p AdminDeploymentPage) path(rest string) string {
	return "/admin/connect/deployments/" + p.Deployment.ID + rest
}

// working says whether anything goes on by itself.
func (p AdminDeploymentPage) working() bool {
	return p.Deployment.GoneAt.IsZero() && (!p.Document.Resting() || slices.ContainsFunc(p.Operations, store.Operation.UnderWay))
}

// open is the operations that go on, or that wait for a person.
func (p AdminDeploymentPage) open() []store.Operation {
	return slices.DeleteFunc(slices.Clone(p.Operations), func(o store.Operation) bool {
		return !o.UnderWay() && o.State != store.OpMoved && (o.State != store.OpFailed || !o.DroppedAt.IsZero())
	})
}

// newest is what the connector is brought to by a redeployment: "" where it is not behind.
func (p AdminDeploymentPage) newest() DriftRow {
	for _, row := range p.Drift {
		if row.Kind == "connector" {
			return row
		}
	}
	return DriftRow{}
}

// AdminDeploymentsPage is the deployments of an account.
type AdminDeploymentsPage struct {
	AdminPage
	Account     store.DeployAccount
	Type        string // that alone is shown; "" = all
	Types       []string
	Deployments []store.ConnectDeployment
	Drift       map[string][]DriftRow // by deployment
}

// AdminUndeployPage asks whether a deployment is to be taken away.
type AdminUndeployPage struct {
	AdminPage
	Account    store.DeployAccount
	Deployment store.ConnectDeployment
	Document   commercetools.Deployment
	Guard      DraftGuard
	Typed      string // what has to be typed
	Refused    string
	Planned    store.PlannedRequest
}
