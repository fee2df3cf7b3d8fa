package portal

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"portico/store"
	"portico/upstream/commercetools"
)

// CreateDraft has a draft made. A *Refusal says what the API would not take, see CheckDraft.
func (p *Portal) CreateDraft(ctx context.Context, actor store.Actor, accountID string, d commercetools.DraftDraft) (o store.Operation, err error) {
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		o, err = p.askDraft(ctx, tx, actor, "", accountID, d)
		return err
	})
	if err != nil {
		return o, err
	}
	return p.hurry(ctx, o)
}

// askDraft is CreateDraft in a transaction, for a pipeline ("" = for none), and leaves the doing to the job.
func (p *Portal) askDraft(ctx context.Context, tx *store.Tx, actor store.Actor, pipelineID, accountID string, d commercetools.DraftDraft) (store.Operation, error) {
	a, err := connectAccount(ctx, tx, accountID, commercetools.ScopeManageConnectors)
	if err != nil {
		return store.Operation{}, err
	}
	d = tidyDraft(d)
	if faults := p.CheckDraft(d); len(faults) > 0 {
		return store.Operation{}, faults[0].Refusal
	}
	w := wish{
		kind: store.OpDraftCreate, subjectKind: store.SubjectDraft, subjectKey: d.Key, pipelineID: pipelineID, body: d,
		args: map[string]string{"name": d.Name, "key": d.Key, "tag": d.Repository.Tag, "account": a.Name},
	}
	if w.request, err = plannedJSON(a, http.MethodPost, "/connectors/drafts", d); err != nil {
		return store.Operation{}, err
	}
	return p.ask(ctx, tx, actor, a, w)
}

// UpdateDraft has actions carried out on a draft, all of them or none, as a person decided who saw it in a version
// (0 = as it was last seen). Actions that change nothing are left out. Where it has changed since in a way that matters to them, the operation waits for the
// person. A *Refusal says what the draft's state does not allow, and what the API would not take.
func (p *Portal) UpdateDraft(ctx context.Context, actor store.Actor, draftID string, baseVersion int, actions []commercetools.Action) (o store.Operation, err error) {
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		o, err = p.askUpdate(ctx, tx, actor, "", draftID, baseVersion, actions)
		return err
	})
	if err != nil {
		return o, err
	}
	return p.hurry(ctx, o)
}

// askUpdate is UpdateDraft in a transaction, for a pipeline ("" = for none), and leaves the doing to the job.
func (p *Portal) askUpdate(ctx context.Context, tx *store.Tx, actor store.Actor, pipelineID, draftID string, baseVersion int, actions []commercetools.Action) (store.Operation, error) {
	row, there, a, err := p.ownDraft(ctx, tx, draftID)
	if err != nil {
		return store.Operation{}, err
	}
	if baseVersion == 0 {
		baseVersion = row.Version
	}
	seen := there
	if baseVersion != row.Version {
		if seen, err = draftAt(ctx, tx, draftID, baseVersion); err != nil {
			return store.Operation{}, err
		}
	}
	actions = slices.DeleteFunc(slices.Clone(actions), func(action commercetools.Action) bool { return changesNothing(there, action) })
	if err := p.mayUpdate(there, actions); err != nil {
		return store.Operation{}, err
	}
	w := wish{
		kind: store.OpDraftUpdate, subjectKind: store.SubjectDraft, subjectID: row.ID, subjectKey: row.UpstreamKey, pipelineID: pipelineID,
		body: actions, base: baseVersion, seen: face(seen), read: baseVersion != row.Version, before: faceOf(there, actions),
		args: map[string]string{"actions": namesOf(actions), "name": row.Name},
	}
	body := draftUpdateBody{Version: row.Version, Actions: actions}
	if w.request, err = plannedJSON(a, http.MethodPost, "/connectors/drafts/"+row.UpstreamID, body); err != nil {
		return store.Operation{}, err
	}
	return p.ask(ctx, tx, actor, a, w)
}

// draftUpdateBody is the body of an update, as it is shown.
type draftUpdateBody struct {
	Version int                    `json:"version"`
	Actions []commercetools.Action `json:"actions"`
}

// DeleteDraft has a draft removed. A person types its key, or its name where it has none.
func (p *Portal) DeleteDraft(ctx context.Context, actor store.Actor, draftID, typedKey string) (o store.Operation, err error) {
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		row, there, a, err := p.ownDraft(ctx, tx, draftID)
		if err != nil {
			return err
		}
		if err := may(there, commercetools.ActDelete); err != nil {
			return err
		}
		if typed := strings.TrimSpace(typedKey); typed != TypedName(row) {
			return refuse("draft_typed", "name", TypedName(row))
		}
		o, err = p.ask(ctx, tx, actor, a, wish{
			kind: store.OpDraftDelete, subjectKind: store.SubjectDraft, subjectID: row.ID, subjectKey: row.UpstreamKey, body: struct{}{}, before: face(there),
			request: plannedCall(a, http.MethodDelete, "/connectors/drafts/"+row.UpstreamID, nil), args: map[string]string{"name": row.Name},
		})
		return err
	})
	if err != nil {
		return o, err
	}
	return p.hurry(ctx, o)
}

// TypedName is what a person has to type to have a draft removed: its key, or its name.
func TypedName(d store.ConnectorDraft) string {
	if d.UpstreamKey != "" {
		return d.UpstreamKey
	}
	return strings.TrimSpace(d.Name)
}

// ReadComments notes that staff have seen so many comments of a draft's certification.
func (p *Portal) ReadComments(ctx context.Context, draftID string, comments int) error {
	return p.store.Update(ctx, func(tx *store.Tx) error { return tx.ReadComments(ctx, draftID, comments) })
}

func namesOf(actions []commercetools.Action) string {
	names := make([]string, len(actions))
	for i, a := range actions {
		names[i] = a.Name()
	}
	return strings.Join(names, ", ")
}
