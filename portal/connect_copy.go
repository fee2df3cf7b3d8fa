package portal

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"portico/store"
	"portico/upstream/commercetools"
)

// laggingFor is how long an answer with an older version than the copy's is taken for one that was on its way too long,
// and not for the truth.
const laggingFor = time.Minute

// stale says whether an answer that was asked for at a time, and has a version, is older than what is known already.
func stale(known int, seen, gone store.Time, version int, asked time.Time) bool {
	switch {
	case !gone.IsZero():
		return !asked.After(gone.Time)
	case version == known:
		return asked.Before(seen.Time)
	}
	return version < known && asked.Sub(seen.Time) < laggingFor
}

// keepDraft writes a draft as the platform has it into its copy, with a line of the timeline for what a person should know,
// and has it watched while something is under way. asked is when the platform was asked for it; what is older than the
// copy is left out. ours says that it is the answer to a change of ours, which is told elsewhere.
func (p *Portal) keepDraft(ctx context.Context, tx *store.Tx, a store.DeployAccount, d commercetools.Draft, asked time.Time, ours bool) (store.ConnectorDraft, error) {
	was, err := tx.TakeConnectorDraft(ctx, a.ID, d.ID)
	if err != nil || stale(was.Version, was.SeenAt, was.GoneAt, d.Version, asked) {
		return was, err
	}
	now, err := copyOf(was, d)
	if err != nil {
		return was, err
	}
	now.SeenAt = latest(was.SeenAt, asked)
	if was.Document != now.Document || !was.GoneAt.IsZero() {
		now.MovedAt = now.SeenAt
		if err := tx.KeepDocument(ctx, store.SubjectDraft, now.ID, now.Version, now.Document); err != nil {
			return was, err
		}
	}
	if now.Comments > was.Comments && was.Unread() == 0 && ownComments(a, d, was.Comments) {
		now.CommentsRead = now.Comments
	}
	if err := p.keepWatch(ctx, tx, draftWatch(&now), d.Resting(), was.Status != now.Status || was.Previewable != now.Previewable, ours); err != nil {
		return was, err
	}
	if err := tx.PutConnectorDraft(ctx, now); err != nil {
		return was, err
	}
	return now, p.tellDraft(ctx, tx, a, was, now, d, ours)
}

// copyOf is a draft's copy with what the platform says of it now.
func copyOf(was store.ConnectorDraft, d commercetools.Draft) (store.ConnectorDraft, error) {
	text, err := json.Marshal(d)
	now := was
	now.UpstreamKey, now.Version, now.Name, now.Status, now.Previewable = d.Key, d.Version, d.Name, string(d.Status), string(d.IsPreviewable)
	now.Tag, now.HasChanges, now.Listed, now.Comments = d.Repository.Tag, d.HasChanges, d.AlreadyListed, len(d.CertificationInfo.Comments)
	now.CommentsRead = min(now.CommentsRead, now.Comments)
	now.Document, now.GoneAt = string(text), store.Time{}
	return now, err
}

// ownComments says whether all comments after the first so many are of the account's own project.
func ownComments(a store.DeployAccount, d commercetools.Draft, after int) bool {
	return !slices.ContainsFunc(d.CertificationInfo.Comments[after:], func(c commercetools.Comment) bool { return c.UserID != a.ProjectKey })
}

// keepConnector writes what is published from a draft into the draft's copy; nil is that nothing is.
func (p *Portal) keepConnector(ctx context.Context, tx *store.Tx, draftID string, c *commercetools.Connector) error {
	d, err := tx.LockConnectorDraft(ctx, draftID)
	if err != nil {
		return err
	}
	now := d
	now.ConnectorVersion, now.ConnectorTag, now.Connector = 0, "", ""
	if c != nil {
		text, err := json.Marshal(c)
		if err != nil {
			return err
		}
		now.ConnectorVersion, now.ConnectorTag, now.Connector = c.Version, c.Repository.Tag, string(text)
	}
	if now == d {
		return nil
	}
	return tx.PutConnectorDraft(ctx, now)
}

func latest(a store.Time, b time.Time) store.Time {
	if a.After(b) {
		return a
	}
	return store.At(b)
}

// keepGone marks a draft or deployment that is not there any more.
func (p *Portal) keepGone(ctx context.Context, tx *store.Tx, subjectKind, id string) error {
	if subjectKind == store.SubjectDraft {
		d, err := tx.LockConnectorDraft(ctx, id)
		if err != nil || !d.GoneAt.IsZero() {
			return err
		}
		d.GoneAt, d.NotBefore, d.WatchFrom = tx.Now(), store.Time{}, store.Time{}
		if err := tx.PutConnectorDraft(ctx, d); err != nil {
			return err
		}
		return tellSubject(ctx, tx, store.SubjectDraft, id, "draft.gone", "name", d.Name)
	}
	d, err := tx.LockConnectDeployment(ctx, id)
	if err != nil || !d.GoneAt.IsZero() {
		return err
	}
	code := "deployment.gone"
	if d.Status == string(commercetools.StatusUndeploying) {
		code = "deployment.undeployed" // which is how that succeeds
	}
	d.GoneAt, d.NotBefore, d.WatchFrom = tx.Now(), store.Time{}, store.Time{}
	if err := tx.PutConnectDeployment(ctx, d); err != nil {
		return err
	}
	return tellSubject(ctx, tx, store.SubjectDeployment, id, code, "name", d.ConnectorName)
}
