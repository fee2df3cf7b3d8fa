package portal

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"portico/store"
	"portico/upstream/commercetools"
)

// Guard says whether the state of a draft allows an action, and why not: a code, for which there is the text
// refusal.guard_CODE. With a yes, Why is "" or what a person should know before.
type Guard struct {
	OK  bool
	Why string
}

// draftActs are what a person may want to do with a draft.
var draftActs = []string{commercetools.ActPreview, commercetools.ActEdit, commercetools.ActSetRepository, commercetools.ActPublish, commercetools.ActCertify,
	commercetools.ActComment, commercetools.ActUnlist, commercetools.ActDelete, commercetools.ActDeployPreview}

// DraftGuards says of every action of commercetools.Act… whether a draft's state, as last seen, allows it.
func DraftGuards(d store.ConnectorDraft) map[string]Guard {
	there, err := DraftDocument(d)
	guards := map[string]Guard{}
	for _, act := range draftActs {
		ok, why := there.May(act)
		switch {
		case !d.GoneAt.IsZero():
			ok, why = false, whyGone
		case err != nil:
			ok, why = false, commercetools.WhyUnknownStatus
		}
		guards[act] = Guard{ok, guardCode(why)}
	}
	return guards
}

const whyGone = "gone"

// guardCodes are the API's codes among the reasons of a guard, as our codes are written.
var guardCodes = map[string]string{
	commercetools.CodeNotPreviewable:      "not_previewable",
	commercetools.CodePreviewUnderProcess: "preview_under_way",
	commercetools.CodeInCertification:     "already_in_certification",
	commercetools.CodeAlreadyCertified:    "already_certified",
}

// guardRefusal is the code of a Refusal with the reason of a guard.
func guardRefusal(why string) string { return "guard_" + guardCode(why) }

func guardCode(why string) string {
	if code, ok := guardCodes[why]; ok {
		return code
	}
	return why
}

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

// ownDraft is a draft that may be changed, as last seen, and its account.
func (p *Portal) ownDraft(ctx context.Context, tx *store.Tx, draftID string) (row store.ConnectorDraft, there commercetools.Draft, a store.DeployAccount, err error) {
	if row, err = tx.ConnectorDraft(ctx, draftID); err != nil {
		return row, there, a, err
	}
	if !row.GoneAt.IsZero() {
		return row, there, a, refuse(guardRefusal(whyGone))
	}
	if a, err = connectAccount(ctx, tx, row.AccountID, commercetools.ScopeManageConnectors); err != nil {
		return row, there, a, err
	}
	there, err = DraftDocument(row)
	return row, there, a, err
}

// draftAt is a draft as a person saw it; a *Refusal when that is too long ago to tell what has changed since.
func draftAt(ctx context.Context, tx *store.Tx, draftID string, version int) (commercetools.Draft, error) {
	text, err := tx.DocumentAt(ctx, store.SubjectDraft, draftID, version)
	if errors.Is(err, store.ErrNotFound) {
		return commercetools.Draft{}, refuse("draft_old")
	}
	if err != nil {
		return commercetools.Draft{}, err
	}
	return document[commercetools.Draft](text)
}

// mayUpdate refuses what the draft's state does not allow, and what the API would not take.
func (p *Portal) mayUpdate(there commercetools.Draft, actions []commercetools.Action) error {
	if len(actions) == 0 {
		return refuse("draft_unchanged")
	}
	for _, action := range actions {
		if err := may(there, action.Guard()); err != nil {
			return err
		}
		if faults := p.CheckAction(there, action); len(faults) > 0 {
			return faults[0].Refusal
		}
	}
	return nil
}

func may(there commercetools.Draft, act string) error {
	if ok, why := there.May(act); !ok {
		return refuse(guardRefusal(why), "status", string(there.Status))
	}
	return nil
}

func namesOf(actions []commercetools.Action) string {
	names := make([]string, len(actions))
	for i, a := range actions {
		names[i] = a.Name()
	}
	return strings.Join(names, ", ")
}
