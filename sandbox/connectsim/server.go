// Package connectsim is a commercetools Connect to practise on: the HTTP API of connector drafts, published connectors
// and deployments, with the token service in front of it, as the official API description (RAML, August 2026) and
// recorded answers show them. Previews, publications and deployments move on by the sandbox's clock and versions rise by
// themselves, as they do at the real one. Its control API under /_control/ moves the clock, breaks calls, plays the
// certification team and the colleagues in the Merchant Center.
//
// What no source says is marked "[?]" in the comments; there the harmless reading was chosen, or both are a setting.
package connectsim

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"portico/sandbox/clock"
	"portico/sandbox/control"
)

// Options say how to start. The zero value is a service that forgets everything.
type Options struct {
	// Clock is shared with others; nil: one of its own, which runs with the machine's time.
	Clock *clock.Clock
	// URL is where it is reached, such as http://localhost:8084: addresses of its repositories are built from it. Empty:
	// the host that each request names.
	URL string
	// File keeps the state, a line a change, written before the change is answered. Empty: only memory.
	File string
}

// Server is one simulated commercetools Connect with all its regions. It is safe for concurrent use.
type Server struct {
	clock *clock.Clock
	url   string
	desk  *control.Desk
	mux   *http.ServeMux // what is not of commercetools: controls, repositories and the front page

	mu    sync.Mutex // guards what follows; never held while a call waits
	state *state
	git   http.Handler
}

// Open starts a Connect, or finds the one that Options.File holds. It returns an error when that file cannot be read or
// written.
func Open(o Options) (*Server, error) {
	s := &Server{clock: o.Clock, url: strings.TrimRight(o.URL, "/")}
	if s.clock == nil {
		s.clock = control.OwnClock(nil)
	}
	s.desk = newDesk(s.clock)
	var err error
	if s.state, err = openState(o.File); err != nil {
		return nil, err
	}
	s.git = hostRepositories(s.state)
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("GET /{$}", s.index)
	s.mux.HandleFunc("/git/", s.serveGit)
	s.controlRoutes(s.mux)
	return s, nil
}

// Clock is the clock by which tokens expire and previews, publications and deployments move on.
func (s *Server) Clock() *clock.Clock { return s.clock }

// Close gives the state's file back. Nothing may be asked after it; a process that is killed need not have called it.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.ledger.close()
}

// ServeHTTP answers everything: the API and the token service, with or without a region before the path, repositories
// and controls.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	region, path := splitRegion(r.URL.Path)
	if r.URL.Path == "/" || strings.HasPrefix(r.URL.Path, "/git/") || strings.HasPrefix(r.URL.Path, "/_control/") {
		s.mux.ServeHTTP(w, r)
		return
	}
	s.serve(w, r, region, path)
}

// index answers GET / with what is here, for whoever opens the address in a browser.
func (s *Server) index(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "A simulated commercetools Connect.\n\nAPI           %[1]s/connectors/drafts\nTokens        %[1]s/oauth/token\n"+
		"A region      %[1]s/%[2]s/connectors/drafts\nRepositories  %[1]s/git/%[3]s.git\nControls      %[1]s/_control/drafts\n",
		cmp.Or(s.url, "http://"+r.Host), "europe-west1.gcp", demoRepository)
}

// change runs f on the state as it is now and writes what f changed before it returns, so that nobody hears of a change
// that a kill could still undo.
func (s *Server) change(f func(st *state, now time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.state.settle(now)
	f(s.state, now)
	s.state.keep()
}

// now is the clock's time as commercetools writes times: to the millisecond.
func (s *Server) now() time.Time { return s.clock.Now().UTC().Truncate(time.Millisecond) }
