package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"portico/portal"
	"portico/store"
	"portico/upstream/traycdk"
)

type deployCDKCommand struct {
	Archive string        `arg:"" help:"The .tray/connector.zip that tray-cdk connector build makes, or a ready payload.json." placeholder:"FILE"`
	Region  []string      `help:"Regions to deploy to, of us, eu, ap, or names of configured tokens; without it, every region whose token is configured." placeholder:"us,eu"`
	Share   []string      `help:"E-mail addresses to share it with as soon as it is deployed." placeholder:"ADDRESS,…"`
	Name    string        `help:"The connector's name, to be sure that it is this one that is deployed."`
	Version string        `help:"Likewise its version."`
	Wait    time.Duration `default:"30m" help:"How long to wait for the end. What runs at Tray then goes on."`
	Data    string        `placeholder:"DIR" help:"Folder to keep the history in, and to go on from when this command was interrupted; without it, nothing is kept."`
	JSON    bool          `name:"json" help:"Print one JSON object at the end, and nothing else on standard output."`
}

// Run deploys an archive and waits for what becomes of it.
func (c *deployCDKCommand) Run(ctx context.Context, p *program, all *commands) error {
	w, err := openWorkshop(ctx, p, all, c.Data)
	if err != nil {
		return err
	}
	result := cdkResult{Targets: []cdkTarget{}}
	err = w.work(ctx, func(ctx context.Context) error { return c.deploy(ctx, p, w, &result) })
	return errors.Join(result.print(p, c.JSON, err), w.done())
}

func (c *deployCDKCommand) deploy(ctx context.Context, p *program, w *workshop, result *cdkResult) error {
	accounts, err := w.tokens(ctx, c.Region)
	if err != nil {
		return err
	}
	archive, err := w.archive(ctx, commandActor(p.getenv), c.Archive)
	if err != nil {
		return w.inWords(err)
	}
	result.archive(w.words, archive)
	wish := portal.ReleaseWish{ArchiveID: archive.ID, Name: orElse(c.Name, archive.Name), Version: orElse(c.Version, archive.Version), Accounts: accounts, Emails: c.Share}
	release, err := w.unfinished(ctx, commandActor(p.getenv), wish)
	if errors.Is(err, store.ErrNotFound) {
		release, err = w.portal.DeployArchive(ctx, commandActor(p.getenv), wish)
	}
	if err != nil {
		return w.inWords(err)
	}
	result.Release, result.Connector, result.Version = release.ID, release.Name, release.Version
	return c.follow(ctx, p, w, result)
}

// unfinished is the release of the same wish that an interrupted command has left, and goes on; ErrNotFound when there is
// none.
func (w *workshop) unfinished(ctx context.Context, actor store.Actor, wish portal.ReleaseWish) (store.Release, error) {
	under, err := w.store.CDKUnderWay(ctx)
	if err != nil {
		return store.Release{}, err
	}
	for _, d := range under {
		r, err := w.store.Release(ctx, d.ReleaseID)
		if err != nil {
			return r, err
		}
		rows, err := w.store.CDKDeploymentsOf(ctx, r.ID)
		if err != nil {
			return r, err
		}
		if same(r, rows, wish) {
			return r, w.goOn(ctx, actor, rows)
		}
	}
	return store.Release{}, store.ErrNotFound
}

// same says whether a release is what is wished for.
func same(r store.Release, rows []store.CDKDeployment, wish portal.ReleaseWish) bool {
	var accounts []string
	for _, d := range rows {
		accounts = append(accounts, d.AccountID)
	}
	emails, _ := portal.ParseEmails(strings.Join(wish.Emails, "\n"))
	return r.ArchiveID == wish.ArchiveID && r.Name == wish.Name && r.Version == wish.Version && slices.Equal(r.Emails, emails) &&
		slices.Equal(slices.Sorted(slices.Values(accounts)), slices.Sorted(slices.Values(wish.Accounts)))
}

// goOn decides what an earlier command has left open: what was not sent, because another ran, is sent, and what was given
// up waiting for is waited for.
func (w *workshop) goOn(ctx context.Context, actor store.Actor, rows []store.CDKDeployment) (err error) {
	for _, d := range rows {
		switch {
		case d.Asks():
			err = errors.Join(err, w.portal.SendAfter(ctx, actor, d.ID, true))
		case d.WaitedOut && d.EndedAt.IsZero():
			err = errors.Join(err, w.portal.WatchCDK(ctx, actor, d.ID))
		}
	}
	return err
}

// follow prints a line whenever a target moves on, until all have ended.
func (c *deployCDKCommand) follow(ctx context.Context, p *program, w *workshop, result *cdkResult) error {
	waiting, stop := context.WithTimeout(ctx, c.Wait)
	defer stop()
	told := map[string]string{}
	err := lookUntil(waiting, func() (bool, error) {
		ended, err := w.targets(waiting, result)
		for _, t := range result.Targets {
			if line := t.line(); told[t.Token] != line {
				told[t.Token] = line
				p.tell("%s", line)
			}
		}
		return ended, err
	})
	switch {
	case err == nil && result.OK:
		return nil
	case err == nil:
		return errNotDeployed
	case waiting.Err() != nil:
		return fmt.Errorf("%w: nobody waits any more, and what Tray has taken goes on there; the same command looks again, with the same -data without sending again", errNotDeployed)
	}
	return err
}

// tokens is the accounts that are meant, one a region.
func (w *workshop) tokens(ctx context.Context, regions []string) ([]string, error) {
	all, err := w.store.DeployAccounts(ctx, store.PlatformTrayCDK)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("no token is configured: set PORTICO_TRAY_CDK_US_TOKEN, or those of EU and AP, or their _FILE, in the environment")
	}
	var ids []string
	if len(regions) == 0 {
		seen := map[string]bool{}
		for _, a := range all {
			if !seen[a.Region] {
				seen[a.Region], ids = true, append(ids, a.ID)
			}
		}
		return ids, nil
	}
	for _, r := range regions {
		n := slices.IndexFunc(all, func(a store.DeployAccount) bool {
			return strings.EqualFold(a.Name, r) || strings.EqualFold(a.Region, r)
		})
		if n < 0 {
			return nil, usageError{fmt.Errorf("-region %s: no token of this region or name is configured", r)}
		}
		ids = append(ids, all[n].ID)
	}
	return ids, nil
}

// archive takes a file in, or finds it where it is already.
func (w *workshop) archive(ctx context.Context, actor store.Actor, path string) (store.Archive, error) {
	f, err := os.Open(path)
	if err != nil {
		return store.Archive{}, usageError{err}
	}
	defer f.Close() //nolint:errcheck // it was read
	return w.portal.ReceiveArchive(ctx, actor, filepath.Base(path), f)
}

// targets reads what has become of a release; ended says that nothing of it goes on by itself.
func (w *workshop) targets(ctx context.Context, result *cdkResult) (ended bool, err error) {
	rows, err := w.store.CDKDeploymentsOf(ctx, result.Release)
	if err != nil {
		return false, err
	}
	ended, result.OK, result.Targets = true, true, nil
	for _, d := range rows {
		shares, err := w.store.SharesOf(ctx, d.ID)
		if err != nil {
			return false, err
		}
		t := cdkTargetOf(w.words, d, shares)
		ended = ended && !d.UnderWay() && t.shared()
		result.OK = result.OK && t.ok
		result.Targets = append(result.Targets, t)
	}
	return ended, nil
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// regionNamed is a region as people call it.
func regionNamed(id string) string {
	if r, ok := traycdk.RegionByID(id); ok {
		return r.Name
	}
	return id
}
