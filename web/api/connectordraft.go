package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"portico/portal"
	"portico/store"
	"portico/upstream/commercetools"
)

// connectorDraft is a connector in the making, as last seen.
type connectorDraft struct {
	ID          string           `json:"id"`
	Account     string           `json:"account" doc:"ID of the account."`
	UpstreamID  string           `json:"upstream_id" doc:"The platform's, which is also the published connector's."`
	Key         string           `json:"key,omitempty"`
	Version     int              `json:"version"`
	Name        string           `json:"name"`
	Status      string           `json:"status" doc:"The platform's own word."`
	Previewable string           `json:"previewable" doc:"none, pending, true or false, or what the platform says."`
	Tag         string           `json:"tag"`
	HasChanges  bool             `json:"has_changes" doc:"Against the published connector."`
	Listed      bool             `json:"listed" doc:"Published and ready for use."`
	Comments    int              `json:"comments" doc:"Of the certification."`
	Unread      int              `json:"unread" doc:"How many of them staff have not seen."`
	Published   *published       `json:"published,omitempty" doc:"What is published from it. Absent: nothing was seen."`
	SeenAt      *time.Time       `json:"seen_at,omitempty" doc:"When the platform was last asked."`
	GoneAt      *time.Time       `json:"gone_at,omitempty" doc:"Since when it is not there any more."`
	May         map[string]guard `json:"may" doc:"What its state allows, by the name of what is done."`
	Document    json.RawMessage  `json:"document,omitempty" doc:"The draft as the platform has it. Left out of lists."`
	Connector   json.RawMessage  `json:"connector,omitempty" doc:"The published connector as the platform has it. Left out of lists."`
}

type published struct {
	Version int    `json:"version"`
	Tag     string `json:"tag"`
}

// guard says whether a state allows something.
type guard struct {
	OK      bool   `json:"ok"`
	Code    string `json:"code,omitempty" doc:"Why not; with a yes, what somebody should know before."`
	Message string `json:"message,omitempty"`
}

func (a *API) guardOf(g portal.Guard, prefix string) guard {
	out := guard{OK: g.OK, Code: g.Why}
	if key := "refusal." + prefix + g.Why; g.Why != "" && a.Messages.For("en").Has(key) {
		out.Message = a.text(key, nil)
	}
	return out
}

func (a *API) draftOf(d store.ConnectorDraft) connectorDraft {
	out := connectorDraft{
		ID: d.ID, Account: d.AccountID, UpstreamID: d.UpstreamID, Key: d.UpstreamKey, Version: d.Version, Name: d.Name, Status: d.Status, Previewable: d.Previewable,
		Tag: d.Tag, HasChanges: d.HasChanges, Listed: d.Listed, Comments: d.Comments, Unread: d.Unread(), SeenAt: when(d.SeenAt), GoneAt: when(d.GoneAt), May: map[string]guard{},
	}
	if d.ConnectorVersion > 0 {
		out.Published = &published{d.ConnectorVersion, d.ConnectorTag}
	}
	for act, g := range portal.DraftGuards(d) {
		out.May[act] = a.guardOf(g, "guard_")
	}
	return out
}

func (a *API) connectorDrafts() {
	serve(a, of(tagConnect, "list-drafts", http.MethodGet, "/connect/drafts", "List connector drafts, by name"), a.listDrafts)
	serve(a, begins(more(of(tagConnect, "create-draft", http.MethodPost, "/connect/drafts", "Make a connector draft"),
		"The draft's members are the platform's own (ConnectorStagedDraft). What the platform would not take is refused before anything is sent.")), a.createDraft)
	serve(a, of(tagConnect, "get-draft", http.MethodGet, "/connect/drafts/{draft}", "Get a connector draft, with the platform's own document"), a.getDraft)
	serve(a, begins(more(of(tagConnect, "update-draft", http.MethodPost, "/connect/drafts/{draft}/actions", "Carry out actions on a draft, all of them or none"),
		"Actions are the platform's own. Those that change nothing are left out. Where the draft has changed since in a way that matters to them, the operation waits: it is moved, and is repeated or dropped.")), a.updateDraft)
	serve(a, begins(of(tagConnect, "delete-draft", http.MethodDelete, "/connect/drafts/{draft}", "Remove a draft")), a.deleteDraft)
	serve(a, begins(of(tagConnect, "look-at-draft", http.MethodPost, "/connect/drafts/{draft}/look", "Copy a draft again")), a.lookAtDraft)
	serve(a, more(of(tagConnect, "get-draft-form", http.MethodGet, "/connect/drafts/{draft}/form", "Get what a deployment of a draft asks for"),
		"Of what is published from it, or with staged of the draft itself, which is deployed as a preview."), a.getDraftForm)
	serve(a, of(tagConnect, "list-tags", http.MethodGet, "/connect/drafts/{draft}/tags", "List the tags of a draft's repository, the newest version first"), a.listTags)
}

type connectQuery struct {
	Account string `query:"account" maxLength:"255" doc:"Name or ID of an account. Absent: all."`
}

// accountID is the ID of the account that a list is of; "" = of every one.
func (a *API) accountID(ctx context.Context, q connectQuery) (string, error) {
	if q.Account == "" {
		return "", nil
	}
	one, err := a.account(ctx, store.PlatformCommercetools, q.Account)
	return one.ID, err
}

// listDrafts answers GET /api/v1/connect/drafts.
func (a *API) listDrafts(ctx context.Context, in *connectQuery) (*list[connectorDraft], error) {
	account, err := a.accountID(ctx, *in)
	if err != nil {
		return nil, err
	}
	all, err := a.Store.ConnectorDrafts(ctx, account)
	if err != nil {
		return nil, err
	}
	var items []connectorDraft
	for _, d := range all {
		items = append(items, a.draftOf(d))
	}
	return listed(items), nil
}

type createDraft struct {
	Body struct {
		Account string                   `json:"account" minLength:"1" maxLength:"255" doc:"Name or ID of an account."`
		Draft   commercetools.DraftDraft `json:"draft"`
	}
}

// createDraft answers POST /api/v1/connect/drafts.
func (a *API) createDraft(ctx context.Context, in *createDraft) (*document[operation], error) {
	account, err := a.account(ctx, store.PlatformCommercetools, in.Body.Account)
	if err != nil {
		return nil, err
	}
	return a.begun(a.Portal.CreateDraft(ctx, actor(ctx), account.ID, in.Body.Draft))
}

// DraftPath names a draft of ours.
type DraftPath struct {
	Draft string `path:"draft" maxLength:"64"`
}

// getDraft answers GET /api/v1/connect/drafts/{draft}.
func (a *API) getDraft(ctx context.Context, in *DraftPath) (*document[connectorDraft], error) {
	d, err := a.Store.ConnectorDraft(ctx, in.Draft)
	if err != nil {
		return nil, err
	}
	out := a.draftOf(d)
	out.Document, out.Connector = raw(d.Document), raw(d.Connector)
	return &document[connectorDraft]{out}, nil
}

// draftAction is an action as the platform takes it.
type draftAction map[string]any

// Schema implements huma.SchemaProvider.
func (draftAction) Schema(huma.Registry) *huma.Schema {
	names := make([]any, 0, len(commercetools.ActionNames()))
	for _, name := range commercetools.ActionNames() {
		names = append(names, name)
	}
	return &huma.Schema{
		Type: huma.TypeObject, Required: []string{"action"}, AdditionalProperties: true,
		Properties:  map[string]*huma.Schema{"action": {Type: huma.TypeString, Enum: names, Description: "The platform's name of the action."}},
		Description: "An action with its fields, as the platform describes them. A field that it does not know is refused.",
		Examples:    []any{map[string]any{"action": "setRepository", "url": "https://github.com/acme/loyalty.git", "tag": "v1.2.0"}},
	}
}

type updateDraft struct {
	DraftPath
	Body struct {
		Version int           `json:"version,omitempty" minimum:"0" doc:"Of the draft, as you have seen it. Absent: as it was last seen here."`
		Actions []draftAction `json:"actions" nullable:"false" minItems:"1" maxItems:"100"`
	}
}

// updateDraft answers POST /api/v1/connect/drafts/{draft}/actions.
func (a *API) updateDraft(ctx context.Context, in *updateDraft) (*document[operation], error) {
	var actions []commercetools.Action
	for _, one := range in.Body.Actions {
		text, err := json.Marshal(one)
		if err != nil {
			return nil, err
		}
		action, err := commercetools.ParseAction(text)
		if err != nil {
			return nil, problem(http.StatusUnprocessableEntity, "draft_action", err.Error())
		}
		actions = append(actions, action)
	}
	return a.begun(a.Portal.UpdateDraft(ctx, actor(ctx), in.Draft, in.Body.Version, actions))
}

type deleteDraft struct {
	DraftPath
	Key string `query:"key" required:"true" maxLength:"255" doc:"The draft's key, or its name where it has none, so that it is certainly this one."`
}

// deleteDraft answers DELETE /api/v1/connect/drafts/{draft}?key=….
func (a *API) deleteDraft(ctx context.Context, in *deleteDraft) (*document[operation], error) {
	return a.begun(a.Portal.DeleteDraft(ctx, actor(ctx), in.Draft, in.Key))
}

// lookAtDraft answers POST /api/v1/connect/drafts/{draft}/look.
func (a *API) lookAtDraft(ctx context.Context, in *DraftPath) (*document[connectorDraft], error) {
	if err := a.Portal.LookAgainDraft(ctx, in.Draft); err != nil {
		return nil, err
	}
	return a.getDraft(ctx, in)
}

type draftForm struct {
	DraftPath
	Staged bool `query:"staged" doc:"Of the draft itself, as a preview."`
}

// getDraftForm answers GET /api/v1/connect/drafts/{draft}/form.
func (a *API) getDraftForm(ctx context.Context, in *draftForm) (*document[configForm], error) {
	f, err := a.Portal.DeployForm(ctx, in.Draft, in.Staged)
	if err != nil {
		return nil, err
	}
	return &document[configForm]{formOf(f)}, nil
}

// listTags answers GET /api/v1/connect/drafts/{draft}/tags.
func (a *API) listTags(ctx context.Context, in *DraftPath) (*list[string], error) {
	tags, err := a.Portal.RepositoryTags(ctx, in.Draft)
	if err != nil {
		return nil, err
	}
	return listed(tags), nil
}
