package store

import (
	"context"
	"time"
)

// States of a share.
const (
	ShareWaiting = "waiting"
	ShareDone    = "done"
	ShareFailed  = "failed"
)

// CDKShare is a deployed connector shown to people by their e-mail addresses. It cannot be taken back, and the platform
// does not list what is shared: this is all that is known.
type CDKShare struct {
	ID           string
	DeploymentID string
	Emails       []string
	State        string // ShareWaiting, ShareDone or ShareFailed
	Answer       string // the platform's words: "2 permissions added"
	Problem      string // one of CDKProblems, or ""
	HTTPStatus   int
	Tries        int
	NotBefore    Time
	Actor        Actor // who asked for it
	CreatedAt    Time
	EndedAt      Time
}

const cdkShareColumns = `s.id, s.deployment_id, s.emails, s.state, s.answer, s.problem, s.http_status, s.tries, s.not_before, s.actor_kind, s.actor_id, s.actor_name,
	s.created_at, s.ended_at`

func scanCDKShare(r row) (CDKShare, error) {
	var s CDKShare
	var emails JSON[[]string]
	err := r.Scan(&s.ID, &s.DeploymentID, &emails, &s.State, &s.Answer, &s.Problem, &s.HTTPStatus, &s.Tries, &s.NotBefore, &s.Actor.Kind, &s.Actor.ID, &s.Actor.Name,
		&s.CreatedAt, &s.EndedAt)
	s.Emails = emails.V
	return s, err
}

// CDKShare is one share; ErrNotFound when there is none.
func (r reads) CDKShare(ctx context.Context, id string) (CDKShare, error) {
	return one(ctx, r.q, "reading a share", scanCDKShare, `SELECT `+cdkShareColumns+` FROM cdk_shares s WHERE s.id = $1`, id)
}

// SharesOf is the shares of some deployments, oldest first.
func (r reads) SharesOf(ctx context.Context, deploymentIDs ...string) ([]CDKShare, error) {
	where, args := among("s.deployment_id", deploymentIDs)
	return many(ctx, r.q, "listing shares", scanCDKShare, `SELECT `+cdkShareColumns+` FROM cdk_shares s WHERE `+where+` ORDER BY s.id`, args...)
}

// LeftShares is shares that wait since before a time: their job was lost.
func (r reads) LeftShares(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return many(ctx, r.q, "listing shares that were left", scalar[string], `
		SELECT s.id FROM cdk_shares s WHERE s.state = 'waiting' AND s.created_at < $1 AND s.not_before < $1 ORDER BY s.created_at LIMIT $2`, At(before), limit)
}

// AddCDKShare stores what is to be shared.
func (t *Tx) AddCDKShare(ctx context.Context, deploymentID string, emails []string, actor Actor) (CDKShare, error) {
	s := CDKShare{ID: t.newID(), DeploymentID: deploymentID, Emails: emails, State: ShareWaiting, Actor: actor, CreatedAt: t.Now()}
	_, err := t.exec(ctx, "storing a share", `
		INSERT INTO cdk_shares (id, deployment_id, emails, state, actor_kind, actor_id, actor_name, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		s.ID, s.DeploymentID, JSON[[]string]{s.Emails}, s.State, actor.Kind, actor.ID, actor.Name, s.CreatedAt)
	return s, err
}

// PutCDKShare writes what has become of a share by who holds its claim; ErrLost when it holds it no more.
func (t *Tx) PutCDKShare(ctx context.Context, s CDKShare, by string) error {
	n, err := t.exec(ctx, "storing a share", `
		UPDATE cdk_shares SET state = $3, answer = $4, problem = $5, http_status = $6, tries = $7, not_before = $8, ended_at = $9
		WHERE id = $1 AND claimed_by = $2`,
		s.ID, by, s.State, clip(s.Answer), s.Problem, s.HTTPStatus, s.Tries, s.NotBefore, s.EndedAt)
	if err == nil && n == 0 {
		return ErrLost
	}
	return err
}
