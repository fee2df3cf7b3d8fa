package portal

import (
	"context"
	"slices"
	"strings"
	"time"

	"portico/store"
)

const (
	// cdkShareTries is how often something is shared that the platform does not answer to: about half an hour.
	cdkShareTries = 14
	// cdkShareClaim is how long one try may take.
	cdkShareClaim = time.Minute
)

// ShareCDK shows a deployed connector to people by the exact addresses of their accounts. Only the token that has deployed
// it may: where that is gone, or another is in its place, it is a Refusal.
func (p *Portal) ShareCDK(ctx context.Context, actor store.Actor, deploymentID string, emails []string) error {
	emails, wrong := ParseEmails(strings.Join(emails, "\n"))
	switch {
	case len(wrong) > 0:
		return refuse("cdk_emails", "emails", shortened(strings.Join(wrong, ", ")))
	case len(emails) == 0:
		return refuse("cdk_no_emails")
	}
	d, err := p.store.CDKDeployment(ctx, deploymentID)
	if err != nil {
		return err
	}
	if d.State != store.CDKDeployed {
		return refuse("cdk_not_deployed")
	}
	account, err := p.shares(ctx, d)
	if err != nil {
		return err
	}
	var s store.CDKShare
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		if waits, err := waitsToBeShared(ctx, tx, d, emails); err != nil || waits {
			return err // a second click
		}
		if s, err = addShare(ctx, tx, d, emails, actor); err != nil {
			return err
		}
		asked := cdkDeed(actor, d)
		asked.args["emails"] = strings.Join(emails, ", ")
		asked.after, asked.request = map[string]any{"deployment": d.ID, "emails": emails}, PlannedShare(account, d, emails)
		return asked.write(ctx, tx, "cdk.share_asked")
	})
	if err == nil && s.ID != "" {
		p.patiently(ctx, "sharing a connector", s.ID, func(ctx context.Context) error {
			_, err := p.advanceShare(ctx, s.ID)
			return err
		})
	}
	return err
}

// shares is the account that may share a deployment; a Refusal when it may no more.
func (p *Portal) shares(ctx context.Context, d store.CDKDeployment) (store.DeployAccount, error) {
	account, state, err := p.CDKToken(ctx, d)
	switch {
	case err != nil:
		return account, err
	case state == "gone":
		return account, refuse("cdk_token_gone", "account", d.Label)
	case state == "replaced":
		return account, refuse("cdk_token_replaced", "account", d.Label)
	}
	return account, nil
}

func waitsToBeShared(ctx context.Context, tx *store.Tx, d store.CDKDeployment, emails []string) (bool, error) {
	all, err := tx.SharesOf(ctx, d.ID)
	return slices.ContainsFunc(all, func(s store.CDKShare) bool { return s.State == store.ShareWaiting && slices.Equal(s.Emails, emails) }), err
}

func addShare(ctx context.Context, tx *store.Tx, d store.CDKDeployment, emails []string, actor store.Actor) (store.CDKShare, error) {
	s, err := tx.AddCDKShare(ctx, d.ID, emails, actor)
	if err != nil {
		return s, err
	}
	return s, tx.Enqueue(ctx, store.ShareCDK{ID: s.ID, Asked: store.NewKey()}, time.Time{})
}

// shareDeployed shares what has just been deployed with those for whom it was released.
func (p *Portal) shareDeployed(ctx context.Context, tx *store.Tx, d store.CDKDeployment) error {
	r, err := tx.Release(ctx, d.ReleaseID)
	if err != nil || len(r.Emails) == 0 {
		return err
	}
	_, err = addShare(ctx, tx, d, r.Emails, r.Actor)
	return err
}
