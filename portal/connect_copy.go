package portal

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"portico/store"
	"portico/upstream/commercetools"
)

// laggingFor is how long an answer with an older version than the copy's is taken for one that was on its way too long,
// and not for the truth.
const laggingFor = time.Minute

// masked is what the copy of a deployment has for each secured value, in case the platform should show one.
const masked = "*****"

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

// keepDeployment is keepDraft for a deployment.
func (p *Portal) keepDeployment(ctx context.Context, tx *store.Tx, a store.DeployAccount, d commercetools.Deployment, asked time.Time, ours bool) (store.ConnectDeployment, error) {
	was, err := tx.TakeConnectDeployment(ctx, a.ID, d.ID)
	if err != nil || stale(was.Version, was.SeenAt, was.GoneAt, d.Version, asked) {
		return was, err
	}
	now, err := copyOfDeployment(was, d)
	if err != nil {
		return was, err
	}
	now.SeenAt = latest(was.SeenAt, asked)
	if was.Document != now.Document || !was.GoneAt.IsZero() {
		now.MovedAt = now.SeenAt
		if err := tx.KeepDocument(ctx, store.SubjectDeployment, now.ID, now.Version, now.Document); err != nil {
			return was, err
		}
	}
	if err := p.keepWatch(ctx, tx, deploymentWatch(&now), d.Resting(), was.Status != now.Status, ours); err != nil {
		return was, err
	}
	if err := tx.PutConnectDeployment(ctx, now); err != nil {
		return was, err
	}
	return now, p.tellDeployment(ctx, tx, a, was, now, ours)
}

func copyOfDeployment(was store.ConnectDeployment, d commercetools.Deployment) (store.ConnectDeployment, error) {
	text, err := json.Marshal(withoutSecrets(d))
	now := was
	now.UpstreamKey, now.Version, now.Status, now.Type, now.Region = d.Key, d.Version, string(d.Status), d.Type, d.Region
	now.ConnectorID, now.ConnectorName, now.ConnectorVersion, now.Tag = d.Connector.ID, d.Connector.Name, d.Connector.Version, d.Connector.Repository.Tag
	now.Warnings, now.Document, now.GoneAt = len(d.Warnings()), string(text), store.Time{}
	return now, err
}

// withoutSecrets is a deployment as it may be kept. The platform masks secured values itself; that it always does is
// nowhere written.
func withoutSecrets(d commercetools.Deployment) commercetools.Deployment {
	hide := func(values commercetools.Values) commercetools.Values {
		values = slices.Clone(values)
		for i := range values {
			if !values[i].Masked() {
				values[i].Value = masked
			}
		}
		return values
	}
	d.GlobalConfiguration.Secured = hide(d.GlobalConfiguration.Secured)
	d.Applications = slices.Clone(d.Applications)
	for i := range d.Applications {
		d.Applications[i].Secured = hide(d.Applications[i].Secured)
	}
	return d
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

// tellDraft adds what a person should know of a draft's change to its timeline. That a version has risen by itself is
// nothing to know.
func (p *Portal) tellDraft(ctx context.Context, tx *store.Tx, a store.DeployAccount, was, now store.ConnectorDraft, d commercetools.Draft, ours bool) error {
	if was.CreatedAt.IsZero() {
		return p.tellNew(ctx, tx, a, store.SubjectDraft, now.ID, "draft.found", now.Name, ours)
	}
	if was.Status != now.Status {
		if err := tellSubject(ctx, tx, store.SubjectDraft, now.ID, "draft.status", "from", was.Status, "to", now.Status); err != nil {
			return err
		}
	}
	if was.Previewable != now.Previewable && !(ours && now.Previewable == string(commercetools.PreviewPending)) {
		if err := tellSubject(ctx, tx, store.SubjectDraft, now.ID, "draft.previewable", "from", was.Previewable, "to", now.Previewable); err != nil {
			return err
		}
	}
	if was.Tag != now.Tag && !ours {
		if err := tellSubject(ctx, tx, store.SubjectDraft, now.ID, "draft.tag", "from", was.Tag, "to", now.Tag); err != nil {
			return err
		}
	}
	for _, c := range d.CertificationInfo.Comments[min(was.Comments, now.Comments):] {
		if ours || c.UserID == a.ProjectKey {
			continue
		}
		if err := tellSubject(ctx, tx, store.SubjectDraft, now.ID, "draft.comment", "by", c.UserID); err != nil {
			return err
		}
	}
	return nil
}

// tellDeployment is tellDraft for a deployment.
func (p *Portal) tellDeployment(ctx context.Context, tx *store.Tx, a store.DeployAccount, was, now store.ConnectDeployment, ours bool) error {
	switch {
	case was.CreatedAt.IsZero():
		return p.tellNew(ctx, tx, a, store.SubjectDeployment, now.ID, "deployment.found", now.ConnectorName, ours)
	case was.Status != now.Status:
		return tellSubject(ctx, tx, store.SubjectDeployment, now.ID, "deployment.status", "from", was.Status, "to", now.Status, "warnings", strconv.Itoa(now.Warnings))
	case was.ConnectorVersion != now.ConnectorVersion && !ours:
		return tellSubject(ctx, tx, store.SubjectDeployment, now.ID, "deployment.connector",
			"from", strconv.Itoa(was.ConnectorVersion), "to", strconv.Itoa(now.ConnectorVersion))
	}
	return nil
}

// tellNew tells of something that somebody else has made. What is there when an account is copied for the first time is
// not new.
func (p *Portal) tellNew(ctx context.Context, tx *store.Tx, a store.DeployAccount, subjectKind, id, code, name string, ours bool) error {
	s, err := tx.ConnectSync(ctx, a.ID)
	if err != nil || s.DoneAt.IsZero() || ours {
		return err
	}
	return tellSubject(ctx, tx, subjectKind, id, code, "name", name)
}

// tellSubject adds what happened at commercetools to a timeline.
func tellSubject(ctx context.Context, tx *store.Tx, subjectKind, id, code string, args ...string) error {
	m := map[string]string{}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	return tx.AddEvent(ctx, store.Event{Code: code, Args: m, Actor: commercetoolsItself, SubjectKind: subjectKind, SubjectID: id})
}
