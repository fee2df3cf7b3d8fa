package portal

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"portico/store"
	"portico/upstream/commercetools"
)

// draftMade finds the draft that a lost call has made: one that was not there before, and is what was wished for, or was when
// it was first seen. Somebody may have found it and changed it since, or removed it: it was made all the same.
func draftMade(ctx context.Context, p *Portal, c *commercetools.Client, o store.Operation, body []byte) (bool, any, error) {
	var want commercetools.DraftDraft
	if err := json.Unmarshal(body, &want); err != nil {
		return false, nil, err
	}
	there, err := c.AllDrafts(ctx)
	if err != nil {
		return false, nil, err
	}
	known := intentOf(o).Known
	for _, d := range there {
		if !slices.Contains(known, d.ID) && isWished(d, want) {
			return true, d, nil
		}
	}
	seen, err := p.store.AllConnectorDrafts(ctx, o.AccountID)
	if err != nil {
		return false, nil, err
	}
	for _, row := range seen {
		if slices.Contains(known, row.UpstreamID) {
			continue
		}
		if was, err := p.onceWas(ctx, row, want); err != nil || was {
			return was, row, err
		}
	}
	return false, nil, nil
}

func isWished(d commercetools.Draft, want commercetools.DraftDraft) bool {
	return d.Key == want.Key && d.Name == want.Name && d.Repository == want.Repository
}

// onceWas says whether a draft was what is wanted in any of the versions that were seen of it.
func (p *Portal) onceWas(ctx context.Context, row store.ConnectorDraft, want commercetools.DraftDraft) (bool, error) {
	all, err := p.store.Documents(ctx, store.SubjectDraft, row.ID)
	if err != nil {
		return false, err
	}
	for _, text := range all {
		d, err := document[commercetools.Draft](text)
		if err != nil || isWished(d, want) {
			return err == nil, err
		}
	}
	return false, nil
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
