package portal

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"portico/store"
	"portico/upstream/commercetools"
)

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
