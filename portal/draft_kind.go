package portal

import (
	"context"
	"encoding/json"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/commercetools"
)

// createSettle is how long the platform may still be making something after its answer was lost: it reads a repository
// before it answers.
const createSettle = 4 * commercetools.Timeout

// connectScopes are those that changes of drafts need.
var connectScopes = []string{commercetools.ScopeManageConnectors}

// draftCreation makes a draft. One that was made without our hearing of it is known by its key, or by not having been
// there before.
func draftCreation() operationKind {
	return operationKind{
		scopes: connectScopes, settle: createSettle,
		prepare: func(ctx context.Context, _ *Portal, c *commercetools.Client, _ store.Operation, _ []byte) ([]string, error) {
			all, err := c.AllDrafts(ctx)
			known := []string{}
			for _, d := range all {
				known = append(known, d.ID)
			}
			return known, err
		},
		send: func(ctx context.Context, _ *Portal, c *commercetools.Client, _ store.Operation, body []byte, _ int) (any, error) {
			var d commercetools.DraftDraft
			if err := json.Unmarshal(body, &d); err != nil {
				return nil, err
			}
			return c.CreateDraft(ctx, d)
		},
		already: draftMade,
		keep: func(ctx context.Context, p *Portal, tx *store.Tx, o *store.Operation, _ []byte, result any, asked time.Time) error {
			return p.keepDraftOf(ctx, tx, o, result, asked)
		},
	}
}

// keepDraftOf keeps the draft that an operation has made or changed. One that was found among the copies is kept already.
func (p *Portal) keepDraftOf(ctx context.Context, tx *store.Tx, o *store.Operation, result any, asked time.Time) error {
	if row, found := result.(store.ConnectorDraft); found {
		o.SubjectID, o.SubjectKey = row.ID, row.UpstreamKey
		return nil
	}
	d, _ := result.(commercetools.Draft)
	a, err := tx.DeployAccount(ctx, o.AccountID)
	if err != nil {
		return err
	}
	row, err := p.keepDraft(ctx, tx, a, d, asked, true)
	o.SubjectID, o.SubjectKey = row.ID, row.UpstreamKey
	return err
}

// draftUpdate carries out actions on a draft, in the version that was seen.
func draftUpdate() operationKind {
	return operationKind{
		scopes: connectScopes,
		send: func(ctx context.Context, p *Portal, c *commercetools.Client, o store.Operation, body []byte, version int) (any, error) {
			actions, row, err := p.updateOf(ctx, o, body)
			if err != nil {
				return nil, err
			}
			return c.UpdateDraft(ctx, row.UpstreamID, version, actions...)
		},
		already: draftUpdated,
		fits:    draftFits,
		keep: func(ctx context.Context, p *Portal, tx *store.Tx, o *store.Operation, _ []byte, result any, asked time.Time) error {
			return p.keepDraftOf(ctx, tx, o, result, asked)
		},
	}
}

func (p *Portal) updateOf(ctx context.Context, o store.Operation, body []byte) (actions []commercetools.Action, row store.ConnectorDraft, err error) {
	if err := json.Unmarshal(body, &actions); err != nil {
		return nil, row, err
	}
	row, err = p.store.ConnectorDraft(ctx, o.SubjectID)
	return actions, row, err
}

// draftRemoval removes a draft; one that is gone is removed.
func draftRemoval() operationKind {
	return operationKind{
		scopes: connectScopes, gone: true,
		send: func(ctx context.Context, p *Portal, c *commercetools.Client, o store.Operation, _ []byte, _ int) (any, error) {
			row, err := p.store.ConnectorDraft(ctx, o.SubjectID)
			if err != nil {
				return nil, err
			}
			_, err = c.DeleteDraft(ctx, row.UpstreamID)
			return nil, err
		},
		already: func(ctx context.Context, p *Portal, c *commercetools.Client, o store.Operation, _ []byte) (bool, any, error) {
			row, err := p.store.ConnectorDraft(ctx, o.SubjectID)
			if err != nil {
				return false, nil, err
			}
			_, err = c.Draft(ctx, row.UpstreamID)
			if upstream.IsKind(err, upstream.NotFound) {
				return true, nil, nil
			}
			return false, nil, err
		},
		keep: func(ctx context.Context, p *Portal, tx *store.Tx, o *store.Operation, _ []byte, _ any, _ time.Time) error {
			return p.keepGone(ctx, tx, o.SubjectKind, o.SubjectID)
		},
	}
}
