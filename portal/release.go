package portal

import (
	"context"
	"strings"
	"sync"
	"time"

	"portico/store"
)

// ReleaseWish is what a person wants deployed, and where.
type ReleaseWish struct {
	ArchiveID string
	Name      string // of the connector, as the person sees it; it has to be the archive's
	Version   string
	Accounts  []string // IDs of the accounts to deploy with, one a region
	Emails    []string // to share with as soon as it is deployed
	AgainOf   string   // the release whose archive is deployed again; "" = none
}

// DeployArchive brings an archive to some regions at once, each by itself: one that fails holds no other up. What cannot be
// deployed is a Refusal, and nothing is sent. Who asks twice within a moment gets the release that is on its way already.
func (p *Portal) DeployArchive(ctx context.Context, actor store.Actor, wish ReleaseWish) (store.Release, error) {
	emails, wrong := ParseEmails(strings.Join(wish.Emails, "\n"))
	if len(wrong) > 0 {
		return store.Release{}, refuse("cdk_emails", "emails", shortened(strings.Join(wrong, ", ")))
	}
	wish.Emails = emails
	var release store.Release
	var rows []store.CDKDeployment
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		a, accounts, err := p.deployable(ctx, tx, wish)
		if err != nil {
			return err
		}
		if release, err = askedAlready(ctx, tx, actor, wish, accounts); err != nil || release.ID != "" {
			return err
		}
		release, rows, err = addRelease(ctx, tx, actor, wish, a, accounts)
		return err
	})
	if err == nil {
		p.nudgeCDK(ctx, rows...)
	}
	return release, err
}

// addRelease writes a release down: the wish, a row a region with its job, and what the audit keeps of each.
func addRelease(ctx context.Context, tx *store.Tx, actor store.Actor, wish ReleaseWish, a store.Archive, accounts []store.DeployAccount) (store.Release, []store.CDKDeployment, error) {
	r, err := tx.AddRelease(ctx, store.Release{
		ArchiveID: a.ID, Name: a.Name, Version: a.Version, Emails: wish.Emails, AgainOf: wish.AgainOf, Actor: actor,
	})
	if err != nil {
		return r, nil, err
	}
	var rows []store.CDKDeployment
	for _, account := range accounts {
		d, err := tx.AddCDKDeployment(ctx, store.CDKDeployment{
			ReleaseID: r.ID, AccountID: account.ID, Region: account.Region, Label: account.Name, Fingerprint: account.Fingerprint, Name: a.Name, Version: a.Version,
		})
		if err != nil {
			return r, rows, err
		}
		asked := cdkDeed(actor, d)
		asked.after, asked.request = aboutRelease(r, a, d), PlannedDeploy(account, d, a)
		if err := asked.write(ctx, tx, "cdk.asked"); err != nil {
			return r, rows, err
		}
		if err := tx.Enqueue(ctx, store.SendCDK{ID: d.ID, Asked: store.NewKey()}, time.Time{}); err != nil {
			return r, rows, err
		}
		rows = append(rows, d)
	}
	return r, rows, nil
}

func aboutRelease(r store.Release, a store.Archive, d store.CDKDeployment) any {
	about := map[string]any{"name": r.Name, "version": r.Version, "region": d.Region, "account": d.Label, "archive": a.ID, "sha256": a.SHA256, "size": a.Size}
	if len(r.Emails) > 0 {
		about["share_with"] = r.Emails
	}
	if r.AgainOf != "" {
		about["again_of"] = r.AgainOf
	}
	return about
}

// nudgeCDK lets deployments go on side by side, and waits until they rest, but for no longer than a person would.
func (p *Portal) nudgeCDK(ctx context.Context, rows ...store.CDKDeployment) {
	var all sync.WaitGroup
	for _, d := range rows {
		all.Go(func() {
			p.patiently(ctx, "deploying a connector", d.ID, func(ctx context.Context) error {
				_, err := p.AdvanceCDK(ctx, d.ID)
				return err
			})
		})
	}
	all.Wait()
}
