package portal

import (
	"context"
	"errors"
	"slices"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/commercetools"
)

const (
	// connectEvery is how often all drafts and deployments of an account are copied.
	connectEvery = 10 * time.Minute
	// keptAtOnce is how many of them are written in one transaction, so that others get their turn.
	keptAtOnce = 50
)

// SyncConnect copies an account's drafts and deployments now, unless that was done a moment ago. It waits for that, but for
// no longer than a person would; how it went is in the store. ErrNotFound when there is no such account.
func (p *Portal) SyncConnect(ctx context.Context, accountID string) error {
	if _, err := p.connectClient(ctx, accountID); err != nil {
		return err
	}
	s, err := p.store.ConnectSync(ctx, accountID)
	if err != nil || p.Now().Sub(s.DoneAt.Time) < leastPause {
		return err
	}
	p.patiently(ctx, "copying from commercetools", accountID, func(ctx context.Context) error { return p.CopyConnect(ctx, accountID) })
	return nil
}

// CopyConnect copies all drafts and deployments of an account, and what is published from the drafts, and notes how that
// went. What can be had is kept also where something else cannot. An account that is configured no more is left alone.
func (p *Portal) CopyConnect(ctx context.Context, accountID string) error {
	c, err := p.deployClient(ctx, accountID)
	if gone, ok := errors.AsType[*Refusal](err); ok && gone.Code == "deploy_account_gone" {
		return nil
	}
	if err != nil {
		return err
	}
	err = errors.Join(p.copyDrafts(ctx, c), p.copyDeployments(ctx, c))
	text := ""
	if err != nil {
		text = err.Error()
	}
	kept := p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.SetConnectSync(ctx, accountID, text) })
	return errors.Join(err, kept)
}

func (p *Portal) copyDrafts(ctx context.Context, c deployClient) error {
	asked := p.Now()
	all, err := c.connect.AllDrafts(upstream.Quietly(ctx))
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for some := range slices.Chunk(all, keptAtOnce) {
		err := p.store.Update(ctx, func(tx *store.Tx) error {
			for _, d := range some {
				seen[d.ID] = true
				if _, err := p.keepDraft(ctx, tx, c.account, d, asked, false); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return p.draftsUnseen(ctx, c, seen, asked)
}

// draftsUnseen looks at each draft that a list has left out, and reads what is published from the others.
func (p *Portal) draftsUnseen(ctx context.Context, c deployClient, seen map[string]bool, asked time.Time) error {
	have, err := p.store.ConnectorDrafts(ctx, c.account.ID)
	if err != nil {
		return err
	}
	for _, d := range have {
		switch {
		case !seen[d.UpstreamID] && !d.SeenAt.After(asked):
			err = errors.Join(err, p.look(ctx, store.SubjectDraft, d.ID, looked{accountID: d.AccountID, upstreamID: d.UpstreamID}))
		case d.Listed || d.ConnectorVersion > 0 || d.Status == string(commercetools.StatusPublished):
			err = errors.Join(err, p.copyConnector(ctx, c, d))
		}
	}
	return err
}

func (p *Portal) copyDeployments(ctx context.Context, c deployClient) error {
	asked := p.Now()
	all, err := c.connect.AllDeployments(upstream.Quietly(ctx))
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for some := range slices.Chunk(all, keptAtOnce) {
		err := p.store.Update(ctx, func(tx *store.Tx) error {
			for _, d := range some {
				seen[d.ID] = true
				if _, err := p.keepDeployment(ctx, tx, c.account, d, asked, false); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return p.deploymentsUnseen(ctx, c, seen, asked)
}

// deploymentsUnseen looks at each deployment that a list has left out.
func (p *Portal) deploymentsUnseen(ctx context.Context, c deployClient, seen map[string]bool, asked time.Time) error {
	have, err := p.store.ConnectDeployments(ctx, c.account.ID)
	if err != nil {
		return err
	}
	for _, d := range have {
		if !seen[d.UpstreamID] && !d.SeenAt.After(asked) {
			err = errors.Join(err, p.look(ctx, store.SubjectDeployment, d.ID, looked{accountID: d.AccountID, upstreamID: d.UpstreamID}))
		}
	}
	return err
}
