// Package web is what Portico answers: it reads requests, asks the portal and the store, and answers with pages. One
// table of routes says whom each address serves; one function turns every error into a page.
package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/secret"
	"portico/static"
	"portico/store"
	"portico/views"
	"portico/views/messages"
)

// Options are what a Server needs.
type Options struct {
	Store    *store.Store
	Portal   *portal.Portal
	Assets   *static.Assets // made for the path of URL
	Messages *messages.Bundle
	Log      *slog.Logger
	Now      func() time.Time // the program's clock

	URL         string        // where browsers find the portal: an origin, which may be followed by a path
	HostName    string        // what the host calls itself, "" = is not named
	HostURL     string        // where a person goes back to when a session has ended, "" = not said
	HostOrigins []string      // exact origins that may embed the pages
	Sandbox     bool          // says on the pages that nothing here is real
	APIKeys     []secret.Text // the host's server shows one of them
	TrustProxy  bool          // takes the client's address from X-Forwarded-For, as a proxy in front sets it

	// Working says whether jobs are worked on; nil = always.
	Working func() error
}

// Server answers requests. It is safe for concurrent use.
type Server struct {
	Options
	echo        *echo.Echo
	handler     http.Handler
	base        string // path of URL, "" for none
	https       bool
	assets      views.Assets
	hostOrigins string // HostOrigins, for portal.js
	policies    policies
	facets      *facetCache
	doors
}

// New makes a Server. A route that does not say whom it serves is an error.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("the portal's address %q is not an absolute URL", o.URL)
	}
	s := &Server{Options: o, base: strings.TrimRight(u.Path, "/"), https: u.Scheme == "https"}
	s.assets, s.hostOrigins = pageAssets(o.Assets), strings.Join(o.HostOrigins, " ")
	s.policies = newPolicies(o.HostOrigins, o.Portal.DialogHosts())
	if s.facets, err = newFacetCache(o.Store); err != nil {
		return nil, err
	}
	if err := s.openDoors(); err != nil {
		return nil, err
	}
	if err := s.setUp(); err != nil {
		return nil, err
	}
	s.handler = s.wrap(s.echo)
	return s, nil
}

// setUp makes the router: every route of the table, each behind the guard for whom it serves.
func (s *Server) setUp() error {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.fail
	e.IPExtractor = echo.ExtractIPDirect()
	if s.TrustProxy {
		e.IPExtractor = echo.ExtractIPFromXFFHeader()
	}
	s.echo = e
	e.Use(s.compressed())
	var faults []error
	for _, r := range s.routes() {
		faults = append(faults, s.add(r))
	}
	return errors.Join(faults...)
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handler.ServeHTTP(w, r)
}

// HTTP is the server for a listener: the handler, with the time limits that keep slow clients from holding it.
func (s *Server) HTTP() *http.Server {
	return &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second, // trying a workflow waits for its answer
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
}

// path puts the path of the portal's address in front of one of ours.
func (s *Server) path(parts ...string) string {
	return s.base + strings.Join(parts, "")
}

func pageAssets(a *static.Assets) views.Assets {
	link := func(name string) views.Asset {
		if !a.Has(name) {
			return views.Asset{}
		}
		return views.Asset{Path: a.Path(name), Integrity: a.Integrity(name)}
	}
	return views.Assets{Style: link("portal.css"), Script: link("portal.js"), HTMX: link("htmx.js"), Icon: link("favicon.svg")}
}
