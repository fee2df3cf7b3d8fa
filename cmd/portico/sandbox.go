package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"portico/portal"
	"portico/sandbox/cdksim"
	"portico/sandbox/clock"
	"portico/sandbox/connectsim"
	"portico/sandbox/hostapp"
	"portico/sandbox/piecesim"
	"portico/sandbox/traysim"
	"portico/secret"
	"portico/static"
	"portico/store"
	"portico/views/messages"
	"portico/web"
)

type sandboxCommand struct {
	Listen string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where the portal listens; the sample host application and the simulated platforms (Tray, Activepieces, Tray CDK, commercetools) follow on the next ports. Port 0 takes free ones."`
	Data   string `placeholder:"DIR" help:"Folder to keep everything in, for the next start; without it, all is gone at the end."`
	JSON   bool   `name:"json" help:"Print one JSON line when ready, and nothing else."`
}

// sandbox is the parts that practise together, on one clock that can be moved.
type sandbox struct {
	places  places
	secrets sandboxSecrets
	clock   *clock.Clock
	tray    *traysim.Server
	pieces  *piecesim.Server
	cdk     *cdksim.Server
	connect *connectsim.Server
	store   *store.Store
	portal  *portal.Portal
	log     *slog.Logger
	dir     string
	keep    bool // the folder is the user's own
	fresh   bool // nothing of Activepieces was in the folder at the start
}

// Run starts the sandbox and runs it until ctx ends.
func (c *sandboxCommand) Run(ctx context.Context, p *program) error {
	level := slog.LevelInfo
	if !c.JSON {
		level = slog.LevelWarn // the words that are printed are enough
	}
	b := &sandbox{log: newLog(p.stderr, level, false), dir: c.Data, keep: c.Data != ""}
	remove, err := b.folder()
	if err != nil {
		return err
	}
	defer remove()
	if b.places, err = listen(c.Listen); err != nil {
		return err
	}
	defer b.places.close()
	done, err := b.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(b.run(ctx, p, c.JSON), done())
}

// folder is where everything is kept: the user's, or one that is removed at the end.
func (b *sandbox) folder() (remove func(), err error) {
	if b.keep {
		if b.dir, err = filepath.Abs(b.dir); err != nil {
			return nil, err
		}
		return func() {}, os.MkdirAll(b.dir, 0o700)
	}
	b.dir, err = os.MkdirTemp("", "portico-sandbox-")
	return func() { os.RemoveAll(b.dir) }, err //nolint:errcheck // a temporary folder
}

// open opens the sandbox's database, with secrets and a clock that are found in its folder, or made.
func (b *sandbox) open(ctx context.Context) (done func() error, err error) {
	if b.secrets, err = readSecrets(b.dir); err != nil {
		return nil, err
	}
	if b.clock, err = startClock(b.dir); err != nil {
		return nil, err
	}
	b.store, done, err = ownStore(ctx, filepath.Join(b.dir, "portico.db"), filepath.Join(b.dir, "keys.json"), b.clock.Now)
	return done, err
}

func (b *sandbox) run(ctx context.Context, p *program, asJSON bool) error {
	if err := errors.Join(b.openTray(), b.openPieces(), b.openCDK(), b.openConnect()); err != nil {
		return err
	}
	defer b.connect.Close() //nolint:errcheck // each change was written before it was answered
	if err := putAccounts(ctx, b.store, []store.Account{b.trayAccount(), b.piecesAccount()}, b.deployAccounts()); err != nil {
		return err
	}
	if err := b.openPortal(); err != nil {
		return err
	}
	pages, err := b.web()
	if err != nil {
		return err
	}
	host := hostapp.New(hostapp.Options{
		URL: b.places.host(), PortalURL: b.places.portal(), Key: b.secrets.hostKey, KeyID: hostKeyID,
		Issuer: b.places.host(), Audience: b.places.portal(), Now: b.clock.Now,
	})
	a := &app{log: b.log, portal: b.portal, servers: []server{
		{http: pages.HTTP(), listener: b.places.listeners[0]}, {http: plain(host), listener: b.places.listeners[1]},
		{http: plain(b.tray), listener: b.places.listeners[2]}, {http: plain(b.pieces), listener: b.places.listeners[3]},
		{http: plain(b.cdk), listener: b.places.listeners[4]}, {http: plain(b.connect), listener: b.places.listeners[5]},
	}}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- a.run(ctx) }()
	if b.keep {
		go b.keepClock(ctx)
	}
	if err := b.announce(ctx, p, asJSON); err != nil && ctx.Err() == nil {
		stop()
		return errors.Join(err, <-ended)
	}
	return <-ended
}

// announce prints what there is to open, once the catalogue is there.
func (b *sandbox) announce(ctx context.Context, p *program, asJSON bool) error {
	out, err := b.output(ctx)
	if err != nil {
		return err
	}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	if asJSON {
		return out.writeJSON(p.stdout)
	}
	return out.writeWords(p.stdout)
}

// prepare waits for each account's catalogue, and does what an operator and staff do once.
func (b *sandbox) prepare(ctx context.Context) error {
	if err := b.allowFrames(ctx); err != nil {
		return err
	}
	all, err := b.store.Accounts(ctx)
	if err != nil {
		return err
	}
	for _, a := range all {
		if err := b.ready(ctx, a.ID); err != nil {
			return err
		}
		if a.Platform == store.PlatformActivepieces && b.fresh {
			if err := b.publish(ctx, a.ID); err != nil {
				return err
			}
			if err := b.agree(ctx, a.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// ready waits until an account's catalogue has been copied once.
func (b *sandbox) ready(ctx context.Context, accountID string) error {
	return until(ctx, func() (bool, error) {
		s, err := b.store.Sync(ctx, accountID, store.SyncedCatalogue)
		return !s.DoneAt.IsZero(), err
	})
}

// until asks until it is so.
func until(ctx context.Context, so func() (bool, error)) error {
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		if is, err := so(); err != nil || is {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
	}
}

func (b *sandbox) openTray() (err error) {
	o := traysim.Options{Clock: b.clock, URL: b.places.tray()}
	if b.keep {
		o.File = filepath.Join(b.dir, "tray.json")
	}
	b.tray, err = traysim.Open(o)
	return err
}

// trayAccount is the simulated Tray as the portal knows it.
func (b *sandbox) trayAccount() store.Account {
	return store.Account{
		Platform: store.PlatformTray, Name: "sandbox", APIURL: b.places.tray() + "/graphql", DialogURL: b.places.tray(),
		WebhookHosts: []string{b.places.trayHost()}, EmbeddedID: b.tray.EmbeddedID(), Token: secret.Text(b.tray.MasterToken()),
		UserScope: store.ScopeUser, IsDefault: true,
	}
}

// deployAccounts are where connectors can be deployed to, in the order in which they are shown.
func (b *sandbox) deployAccounts() []store.DeployAccount {
	all := append(b.cdkAccounts(), b.connectAccount())
	for n := range all {
		all[n].Position = n
	}
	return all
}

func (b *sandbox) openPortal() error {
	key, err := portal.HostPublicKey(hostKeyID, b.secrets.hostKey.Public())
	if err != nil {
		return err
	}
	b.portal, err = portal.New(portal.Options{
		Store: b.store, Now: b.clock.Now, Log: b.log, URL: b.places.portal(), LocalIcons: true, LocalRepositories: true,
		BreakerDelay: 250 * time.Millisecond,
		Host:         portal.HostLogin{Issuer: b.places.host(), Audience: b.places.portal(), Keys: []portal.HostKey{key}},
	})
	return err
}

func (b *sandbox) web() (*web.Server, error) {
	texts, err := messages.Load()
	if err != nil {
		return nil, err
	}
	return web.New(web.Options{
		Store: b.store, Portal: b.portal, Assets: static.New(""), Messages: texts, Log: b.log, Now: b.clock.Now,
		URL: b.places.portal(), HostName: "Northwind", HostURL: b.places.host() + "/integrations", HostOrigins: []string{b.places.host()},
		APIKeys: []secret.Text{b.secrets.apiKey}, Sandbox: true,
	})
}

// plain serves a part of the sandbox that is not the portal.
func plain(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
}
