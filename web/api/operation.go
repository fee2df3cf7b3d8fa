package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"portico/store"
)

// operation is a change that somebody wants at commercetools, until it is done.
type operation struct {
	ID         string          `json:"id"`
	Account    string          `json:"account" doc:"ID of the account."`
	Kind       string          `json:"kind" enum:"draft.create,draft.update,draft.delete,deployment.create,deployment.redeploy,deployment.delete"`
	Draft      string          `json:"draft,omitempty" doc:"ID of the draft that it is about; absent while that is being made."`
	Deployment string          `json:"deployment,omitempty" doc:"ID of the deployment that it is about; absent while that is being made."`
	Key        string          `json:"key,omitempty" doc:"The platform's key of it."`
	Pipeline   string          `json:"pipeline,omitempty" doc:"ID of the pipeline of which it is a step."`
	State      string          `json:"state" enum:"waiting,sending,done,moved,failed" doc:"moved: what it changes has changed meanwhile, and a person decides whether to repeat or drop it."`
	Body       json.RawMessage `json:"body,omitempty" doc:"What is sent, with a mask for each secret."`
	Moved      []moved         `json:"moved,omitempty" doc:"What has changed meanwhile."`
	Problem    string          `json:"problem,omitempty" doc:"A code: the platform's, or one of ours."`
	Message    string          `json:"message,omitempty" doc:"What happened, and what to do."`
	Detail     string          `json:"detail,omitempty" doc:"The platform's words."`
	HTTPStatus int             `json:"http_status,omitempty"`
	RequestID  string          `json:"request_id,omitempty" doc:"What to quote to the platform's support."`
	Actor      person          `json:"actor"`
	CreatedAt  time.Time       `json:"created_at"`
	SentAt     *time.Time      `json:"sent_at,omitempty"`
	EndedAt    *time.Time      `json:"ended_at,omitempty"`
}

type moved struct {
	Field string `json:"field"`
	Old   string `json:"old"`
	New   string `json:"new"`
}

func (a *API) operationOf(o store.Operation) operation {
	out := operation{
		ID: o.ID, Account: o.AccountID, Kind: o.Kind, Key: o.SubjectKey, Pipeline: o.PipelineID, State: o.State, Body: raw(o.Body), Problem: o.Problem, Detail: o.Detail,
		Message: a.connectMessage(o.Problem), HTTPStatus: o.HTTPStatus, RequestID: o.UpstreamRequest, Actor: personOf(o.Actor), CreatedAt: o.CreatedAt.Time,
		SentAt: when(o.SentAt), EndedAt: when(o.EndedAt),
	}
	if out.Draft = o.SubjectID; o.SubjectKind == store.SubjectDeployment {
		out.Draft, out.Deployment = "", o.SubjectID
	}
	for _, m := range o.Moved {
		out.Moved = append(out.Moved, moved(m))
	}
	return out
}

// connectMessage is a problem of an operation in words; "" where there is none.
func (a *API) connectMessage(code string) string {
	switch key := "connect.problem." + code; {
	case code == "":
		return ""
	case a.Messages.For("en").Has(key):
		return a.withFix(key, nil)
	}
	return a.withFix("connect.problem.other", nil)
}

// begun is an operation that was asked for.
func (a *API) begun(o store.Operation, err error) (*document[operation], error) {
	if err != nil {
		return nil, err
	}
	return &document[operation]{a.operationOf(o)}, nil
}

func (a *API) operations() {
	serve(a, more(of(tagConnect, "list-operations", http.MethodGet, "/connect/operations", "List operations, the newest first"),
		"Of a draft or of a deployment; without either, those that a person has to look at: they have moved or failed."), a.listOperations)
	serve(a, of(tagConnect, "get-operation", http.MethodGet, "/connect/operations/{operation}", "Get an operation"), a.getOperation)
	serve(a, begins(more(of(tagConnect, "repeat-operation", http.MethodPost, "/connect/operations/{operation}/repeat", "Repeat an operation that has moved or failed"),
		"With the version that is there now. Of one that has failed a new operation is made.")), a.repeatOperation)
	serve(a, of(tagConnect, "drop-operation", http.MethodPost, "/connect/operations/{operation}/drop", "Leave an operation that has moved or failed"), a.dropOperation)
}

type operationQuery struct {
	Page
	Draft      string `query:"draft" maxLength:"64" doc:"ID of a draft."`
	Deployment string `query:"deployment" maxLength:"64" doc:"ID of a deployment."`
}

// listOperations answers GET /api/v1/connect/operations.
func (a *API) listOperations(ctx context.Context, in *operationQuery) (*list[operation], error) {
	var all []store.Operation
	var err error
	switch {
	case in.Draft != "":
		all, err = a.Store.OperationsOf(ctx, store.SubjectDraft, in.Draft, in.Before, in.Limit+1)
	case in.Deployment != "":
		all, err = a.Store.OperationsOf(ctx, store.SubjectDeployment, in.Deployment, in.Before, in.Limit+1)
	default:
		all, err = a.Store.OperationsAsking(ctx, in.Limit)
	}
	if err != nil {
		return nil, err
	}
	var items []operation
	for _, o := range all {
		items = append(items, a.operationOf(o))
	}
	return paged(items, in.Page, func(o operation) string { return o.ID }), nil
}

type operationPath struct {
	Operation string `path:"operation" maxLength:"64"`
}

// getOperation answers GET /api/v1/connect/operations/{operation}.
func (a *API) getOperation(ctx context.Context, in *operationPath) (*document[operation], error) {
	return a.begun(a.Store.Operation(ctx, in.Operation))
}

// repeatOperation answers POST /api/v1/connect/operations/{operation}/repeat.
func (a *API) repeatOperation(ctx context.Context, in *operationPath) (*document[operation], error) {
	return a.begun(a.Portal.RepeatOperation(ctx, actor(ctx), in.Operation))
}

// dropOperation answers POST /api/v1/connect/operations/{operation}/drop.
func (a *API) dropOperation(ctx context.Context, in *operationPath) (*document[operation], error) {
	if err := a.Portal.DropOperation(ctx, actor(ctx), in.Operation); err != nil {
		return nil, err
	}
	return a.getOperation(ctx, in)
}
