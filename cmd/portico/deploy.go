package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"portico/portal"
	"portico/store"
	"portico/views/messages"
)

type deployCommand struct {
	CDK deployCDKCommand `cmd:"" name:"cdk" help:"Deploy a connector.zip to Tray's regions, and share it."`
}

// workshop is where a command deploys: the portal's own code over a store, with the jobs of deploying worked on here.
type workshop struct {
	store  *store.Store
	portal *portal.Portal
	words  *messages.Printer
	done   func() error
}

// errNotDeployed says that not everything was deployed; what came of each target was printed.
var errNotDeployed = errors.New("not everything was deployed")

// commandActor is who deploys from a terminal or a pipeline, as the audit log names them.
func commandActor(getenv func(string) string) store.Actor {
	a := terminal()
	a.Name = cmp.Or(getenv("GITHUB_ACTOR"), getenv("GITLAB_USER_LOGIN"), a.Name)
	return a
}

// openWorkshop opens the store that data names, or that is configured, or for nothing of both one that is removed at the end.
// Accounts come from the configuration and the environment.
func openWorkshop(ctx context.Context, p *program, c *commands, data string) (*workshop, error) {
	cfg, err := readDeployConfig(p.getenv, c.Config)
	if err != nil {
		return nil, err
	}
	database, keys, remove, err := p.deployDatabase(c, data)
	if err != nil {
		return nil, err
	}
	s, done, err := ownStore(ctx, database, keys, time.Now)
	if err != nil {
		remove()
		return nil, fmt.Errorf("%w. Where the portal runs, it deploys too: on its pages, and by POST %s", err, "/api/v1/cdk/releases")
	}
	w := &workshop{store: s, done: func() error { defer remove(); return done() }}
	if err := w.open(ctx, p, cfg); err != nil {
		return nil, errors.Join(err, w.done())
	}
	return w, nil
}

func (w *workshop) open(ctx context.Context, p *program, cfg deployConfig) error {
	err := w.store.Update(ctx, func(tx *store.Tx) error {
		for _, a := range cfg.Deploy { // none is retired: a portal may have others
			if _, err := tx.PutDeployAccount(ctx, a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	log := newLog(p.stderr, slog.LevelError, false)
	if w.portal, err = portal.New(portal.Options{Store: w.store, Now: time.Now, Log: log, ArchiveLimit: cfg.Archives, DeploysAlone: true}); err != nil {
		return err
	}
	texts, err := messages.Load()
	if err != nil {
		return err
	}
	w.words = texts.For("en")
	return nil
}

// deployDatabase is the database that a command deploys with, and its keys.
func (p *program) deployDatabase(c *commands, data string) (database, keys string, remove func(), err error) {
	remove = func() {}
	configured := c.Config != "" || p.getenv("PORTICO_CONFIG") != "" || p.getenv("PORTICO_DATABASE") != "" || p.getenv("PORTICO_DATA") != ""
	if data == "" && configured {
		cfg, err := readStoreConfig(p.getenv, c.Config)
		return cfg.Database, cfg.KeysFile, remove, err
	}
	if data == "" {
		if data, err = os.MkdirTemp("", "portico-deploy-"); err != nil {
			return "", "", nil, err
		}
		remove = func() { os.RemoveAll(data) } //nolint:errcheck // a temporary folder
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return "", "", nil, err
	}
	keys = filepath.Join(data, "keys.json")
	if err := needKeys(keys); err != nil {
		remove()
		return "", "", nil, err
	}
	return filepath.Join(data, "portico.db"), keys, remove, nil
}

// work has the jobs of deploying worked on until the work is done or ctx ends.
func (w *workshop) work(ctx context.Context, do func(context.Context) error) error {
	jobs, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- w.portal.Run(jobs) }()
	err := do(ctx)
	stop()
	return errors.Join(err, <-ended)
}
