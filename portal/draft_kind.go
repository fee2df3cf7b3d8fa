package portal

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
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

// draftMade finds the draft that a lost call has made: one that was not there before, of the same key, or of the same name
// and repository.
func draftMade(ctx context.Context, _ *Portal, c *commercetools.Client, o store.Operation, body []byte) (bool, any, error) {
	var want commercetools.DraftDraft
	if err := json.Unmarshal(body, &want); err != nil {
		return false, nil, err
	}
	all, err := c.AllDrafts(ctx)
	if err != nil {
		return false, nil, err
	}
	known := intentOf(o).Known
	for _, d := range all {
		if !slices.Contains(known, d.ID) && d.Key == want.Key && d.Name == want.Name && d.Repository == want.Repository {
			return true, d, nil
		}
	}
	return false, nil, nil
}

// keepDraftOf keeps the draft that an operation has made or changed.
func (p *Portal) keepDraftOf(ctx context.Context, tx *store.Tx, o *store.Operation, result any, asked time.Time) error {
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

// draftUpdated says whether a draft is as its actions would have it. In the version that was sent it is not: every update
// makes a new one.
func draftUpdated(ctx context.Context, p *Portal, c *commercetools.Client, o store.Operation, body []byte) (bool, any, error) {
	actions, row, err := p.updateOf(ctx, o, body)
	if err != nil {
		return false, nil, err
	}
	d, err := c.Draft(ctx, row.UpstreamID)
	if err != nil || d.Version <= o.SentVersion {
		return false, nil, err
	}
	a, err := p.store.DeployAccount(ctx, o.AccountID)
	if err != nil {
		return false, nil, err
	}
	seen := intentOf(o).Seen
	for _, action := range actions {
		if !carriedOut(d, action, actions, seen, a.ProjectKey) {
			return false, nil, nil
		}
	}
	return true, d, nil
}

// carriedOut says whether a draft looks as though an action had been carried out since it was seen.
func carriedOut(d commercetools.Draft, a commercetools.Action, all []commercetools.Action, seen map[string]string, project string) bool {
	now := face(d)
	switch a.Guard() {
	case commercetools.ActPreview:
		return d.IsPreviewable == commercetools.PreviewPending || now[fieldPreviewed] != seen[fieldPreviewed] && d.IsPreviewable != commercetools.PreviewNone ||
			now[fieldPreviewable] != seen[fieldPreviewable] && d.IsPreviewable != commercetools.PreviewNone
	case commercetools.ActPublish, commercetools.ActCertify:
		return now[fieldStatus] != seen[fieldStatus] || now[fieldPublished] != seen[fieldPublished] ||
			d.Status == commercetools.StatusPublished && seen[fieldChanges] == "true" && !d.HasChanges
	case commercetools.ActComment:
		known, _ := strconv.Atoi(seen[fieldComments])
		comments := d.CertificationInfo.Comments
		return slices.ContainsFunc(comments[min(known, len(comments)):], func(c commercetools.Comment) bool {
			return c.Comment == a.Field("comment") && (c.UserID == project || c.UserID == "")
		})
	case commercetools.ActUnlist:
		return now[fieldListed] != seen[fieldListed] || !d.Public()
	}
	// Of what a draft says of itself, another action of the same update may have the last word.
	for field, value := range finally(all) {
		if _, sets := settings(a)[field]; sets && now[field] != value {
			return false
		}
	}
	return settings(a) != nil || changesNothing(d, a)
}

// finally is what all actions together set.
func finally(all []commercetools.Action) map[string]string {
	set := map[string]string{}
	for _, a := range all {
		for field, value := range settings(a) {
			set[field] = value
		}
	}
	return set
}

// draftFits reads a draft again, keeps it, and says what a person did not see of it.
func draftFits(ctx context.Context, p *Portal, c *commercetools.Client, o store.Operation, body []byte) (int, []store.Moved, bool, error) {
	actions, row, err := p.updateOf(ctx, o, body)
	if err != nil {
		return 0, nil, false, err
	}
	asked := p.Now()
	d, err := c.Draft(ctx, row.UpstreamID)
	if err != nil {
		return 0, nil, false, err
	}
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		a, err := tx.DeployAccount(ctx, o.AccountID)
		if err != nil {
			return err
		}
		_, err = p.keepDraft(ctx, tx, a, d, asked, false)
		return err
	})
	moved := movedFrom(intentOf(o).Seen, face(d))
	allowed := !slices.ContainsFunc(actions, func(a commercetools.Action) bool { return may(d, a.Guard()) != nil })
	return d.Version, moved, !overtaken(moved, actions) && (allowed || len(moved) == 0), err
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
