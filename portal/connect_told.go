package portal

import (
	"context"
	"strconv"

	"portico/store"
	"portico/upstream/commercetools"
)

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
