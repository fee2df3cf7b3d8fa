package portal

import (
	"context"
	"errors"

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
