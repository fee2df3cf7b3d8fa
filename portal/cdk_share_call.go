package portal

import (
	"context"
	"errors"
	"strings"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/traycdk"
)

// advanceShare shares what waits to be shared. A permission that is there already may be added again: what was lost is
// simply sent again.
func (p *Portal) advanceShare(ctx context.Context, id string) (time.Duration, error) {
	return p.claimed(ctx, store.CDKShares, id, cdkShareClaim, func(ctx context.Context, by string) (time.Duration, error) {
		s, err := p.store.CDKShare(ctx, id)
		if err != nil || s.State != store.ShareWaiting {
			return 0, err
		}
		if wait := s.NotBefore.Sub(p.Now()); wait > 0 {
			return wait, nil
		}
		d, err := p.store.CDKDeployment(ctx, s.DeploymentID)
		if err != nil {
			return 0, err
		}
		s.Answer, err = p.callShare(withAbout(ctx, about{journeyID: d.ReleaseID}), d, s.Emails)
		if err := p.settleShare(&s, err); err != nil {
			return 0, err
		}
		return max(s.NotBefore.Sub(p.Now()), 0), p.keepShare(ctx, d, s, by)
	})
}

// callShare shares by the token that owns the connector, and by no other.
func (p *Portal) callShare(ctx context.Context, d store.CDKDeployment, emails []string) (string, error) {
	account, err := p.shares(ctx, d)
	if err != nil {
		return "", err
	}
	c, err := p.deployClient(ctx, account.ID)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, cdkLookTimeout)
	defer cancel()
	return c.cdk.Share(ctx, d.Name, d.Version, emails)
}

// settleShare decides what a share is after a try; an error that is neither the platform's nor a Refusal is given back.
func (p *Portal) settleShare(s *store.CDKShare, failure error) error {
	var refused *Refusal
	var e *upstream.Error
	s.Tries, s.Problem, s.HTTPStatus, s.NotBefore = s.Tries+1, "", 0, store.Time{}
	switch {
	case failure == nil:
		s.State = store.ShareDone
	case errors.As(failure, &refused):
		s.State, s.Problem = store.ShareFailed, store.CDKTokenGone
		if refused.Code == "cdk_token_replaced" {
			s.Problem = store.CDKTokenReplaced
		}
	case errors.As(failure, &e):
		s.Answer, s.Problem, s.HTTPStatus = e.Message, cdkProblem(e), e.Status
		if traycdk.NotOwner(e) || e.Status == 404 {
			s.Problem = store.CDKNotOwner
		}
		if e.Temporary() && s.Tries < cdkShareTries {
			s.NotBefore = store.At(p.Now().Add(max(min(cdkLookEvery<<min(s.Tries-1, 5), 2*time.Minute), min(e.RetryAfter, cdkWaitFor))))
			return nil
		}
		s.State = store.ShareFailed
	default:
		return failure
	}
	s.EndedAt = store.At(p.Now())
	return nil
}

func (p *Portal) keepShare(ctx context.Context, d store.CDKDeployment, s store.CDKShare, by string) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.PutCDKShare(ctx, s, by); err != nil {
			return err
		}
		args := []string{"emails", strings.Join(s.Emails, ", "), "answer", s.Answer, "problem", s.Problem}
		switch s.State {
		case store.ShareDone:
			return tellCDK(ctx, tx, d, "cdk.shared", args...)
		case store.ShareFailed:
			return tellCDK(ctx, tx, d, "cdk.share_failed", args...)
		}
		return nil
	})
}
