package portal

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"

	"portico/store"
)

// PlannedOperation is the call of an operation as a person could make it by hand: with the version that it last named, or
// else the one that is there, and without what is secret.
func (p *Portal) PlannedOperation(ctx context.Context, o store.Operation) (store.PlannedRequest, error) {
	a, err := p.store.DeployAccount(ctx, o.AccountID)
	if err != nil {
		return store.PlannedRequest{}, err
	}
	path, version, err := p.subjectPath(ctx, a, o)
	if err != nil {
		return store.PlannedRequest{}, err
	}
	switch o.Kind {
	case store.OpDraftCreate, store.OpDeploymentCreate:
		return plannedCall(a, http.MethodPost, path, []byte(o.Body)), nil
	case store.OpDraftDelete, store.OpDeploymentDelete:
		return plannedCall(a, http.MethodDelete, path, nil), nil
	}
	actions := json.RawMessage(o.Body)
	if o.Kind == store.OpDeploymentRedeploy { // one action
		actions = json.RawMessage("[" + o.Body + "]")
	}
	return plannedJSON(a, http.MethodPost, path, map[string]any{"version": cmp.Or(o.SentVersion, version), "actions": actions})
}

// subjectPath is where the API has what an operation is about, and the version in which it is there.
func (p *Portal) subjectPath(ctx context.Context, a store.DeployAccount, o store.Operation) (path string, version int, err error) {
	isNew := o.Kind == store.OpDraftCreate || o.Kind == store.OpDeploymentCreate
	switch {
	case isNew && o.SubjectKind == store.SubjectDraft:
		return "/connectors/drafts", 0, nil
	case isNew:
		return deploymentsPath(a, ""), 0, nil
	case o.SubjectKind == store.SubjectDraft:
		d, err := p.store.ConnectorDraft(ctx, o.SubjectID)
		return "/connectors/drafts/" + d.UpstreamID, d.Version, err
	}
	d, err := p.store.ConnectDeployment(ctx, o.SubjectID)
	return deploymentsPath(a, d.UpstreamID), d.Version, err
}
