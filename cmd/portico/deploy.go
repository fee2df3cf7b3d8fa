package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"portico/portal"
	"portico/store"
	"portico/views/messages"
)

type deployCommand struct {
	CDK     deployCDKCommand     `cmd:"" name:"cdk" help:"Deploy a connector.zip to Tray's regions, and share it."`
	Connect deployConnectCommand `cmd:"" help:"Bring a tag of a commercetools connector through preview and publication to what runs it."`
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
	s, done, err := ownStore(ctx, database, keys, p.now)
	if err != nil {
		remove()
		return nil, fmt.Errorf("%w. Where the portal runs it deploys too: on its pages, and for programs by its API below /api/v1", err)
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
	if w.portal, err = portal.New(portal.Options{
		Store: w.store, Now: p.now, Log: log, ArchiveLimit: cfg.Archives, DeploysAlone: true, LocalRepositories: simulated(cfg.Deploy),
	}); err != nil {
		return err
	}
	texts, err := messages.Load()
	if err != nil {
		return err
	}
	w.words = texts.For("en")
	return nil
}

// simulated says whether all of commercetools is on this machine, whose repositories then are too.
func simulated(accounts []store.DeployAccount) bool {
	some := false
	for _, a := range accounts {
		if a.Platform != store.PlatformCommercetools {
			continue
		}
		u, err := url.Parse(a.APIURL)
		if err != nil || !net.ParseIP(u.Hostname()).IsLoopback() && u.Hostname() != "localhost" {
			return false
		}
		some = true
	}
	return some
}

// lookEvery is how often a command looks into its store for what has moved.
const lookEvery = 100 * time.Millisecond

// lookUntil looks until nothing goes on by itself any more, or nobody wants to wait.
func lookUntil(ctx context.Context, ended func() (bool, error)) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		if is, err := ended(); err != nil || is {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
	}
}

// tell prints a line about what goes on, beside the result.
func (p *program) tell(format string, args ...any) {
	fmt.Fprintf(p.stderr, format+"\n", args...) //nolint:errcheck // nobody reads on
}

// inWords is an error in the words that a page has for it.
func (w *workshop) inWords(err error) error {
	var r *portal.Refusal
	if !errors.As(err, &r) {
		return err
	}
	return errors.New(w.text("refusal."+r.Code, r.Args))
}

func (w *workshop) text(key string, args map[string]string) string {
	var pairs []any
	for name, value := range args {
		pairs = append(pairs, name, value)
	}
	return w.words.T(key, pairs...)
}

// printJSON writes a result to standard output.
func (p *program) printJSON(result any) error {
	encoder := json.NewEncoder(p.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(result)
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
