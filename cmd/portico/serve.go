package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"portico/portal"
	"portico/static"
	"portico/store"
	"portico/views/messages"
	"portico/web"
)

type serveCommand struct{}

// Run serves the portal until ctx ends.
func (serveCommand) Run(ctx context.Context, p *program, c *commands) error {
	cfg, err := readConfig(p.getenv, c.Config)
	if err != nil {
		return err
	}
	log := newLog(p.stderr, cfg.LogLevel, cfg.LogJSON)
	defer sparing(p.getenv)()
	ln, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listening (PORTICO_LISTEN): %w", err)
	}
	defer ln.Close() //nolint:errcheck // the server has closed it, unless the start failed
	s, done, err := ownStore(ctx, cfg.Database, cfg.KeysFile, time.Now)
	if err != nil {
		return err
	}
	err = serve(ctx, cfg, s, ln, log)
	return errors.Join(err, done())
}

func serve(ctx context.Context, cfg config, s *store.Store, ln net.Listener, log *slog.Logger) error {
	if err := putAccounts(ctx, s, cfg.Accounts, cfg.Deploy); err != nil {
		return err
	}
	p, err := portal.New(portal.Options{Store: s, Now: time.Now, Log: log, URL: cfg.URL.String(), Host: cfg.Host, ArchiveLimit: cfg.Archives})
	if err != nil {
		return err
	}
	a := &app{log: log, portal: p}
	texts, err := messages.Load()
	if err != nil {
		return err
	}
	w, err := web.New(web.Options{
		Store: s, Portal: p, Assets: static.New(cfg.URL.Path), Messages: texts, Log: log, Now: time.Now,
		URL: cfg.URL.String(), HostName: cfg.HostName, HostURL: cfg.HostURL, HostOrigins: cfg.HostOrigins, TrustProxy: cfg.TrustProxy,
		APIKeys: cfg.APIKeys, Working: a.working,
	})
	if err != nil {
		return err
	}
	log.Info("serving", "url", cfg.URL.String(), "listen", ln.Addr().String(), "version", versionText())
	a.servers = []server{{http: w.HTTP(), listener: ln}}
	return a.run(ctx)
}
