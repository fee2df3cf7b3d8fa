// Package piecesim is an Activepieces to practise on: a server that answers the HTTP API of 0.86.0 as the recordings of
// a real one show it, quirks included, with state of its own, pieces that check what they are given, flows that run and
// templates to import. Its control API under /_control/ moves the clock, breaks calls and plays the other people.
//
// What no recording shows is marked in the comments: "from source" where Activepieces' source says so, "[?]" where
// nobody does and the harmless reading was chosen.
package piecesim

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"portico/sandbox/clock"
	"portico/sandbox/control"
)

// Options say what kind of Activepieces to start. The zero value is a licensed enterprise server with the demo pieces
// and templates that forgets everything.
type Options struct {
	// Clock is shared with others; nil: one of its own, which runs with Now.
	Clock *clock.Clock
	// Now is the base of its own clock; nil: the machine's time.
	Now func() time.Time
	// URL is where it is reached, such as http://localhost:8083: webhooks and pictures are built from it. Empty: the
	// host that each request names.
	URL string
	// File keeps the state, a line a change, written before the change is answered. Empty: only memory.
	File string
	// Edition is "ee", the default, or "ce", which has no keys, no global connections and no embedding.
	Edition string
	// Unlicensed is an enterprise server without a licence key: 402 where a feature is not in its plan.
	Unlicensed bool
	// APIKey, AdminEmail and AdminPassword are made up when empty, unless File knows them.
	APIKey, AdminEmail, AdminPassword string
	// Version is what the flags say; empty: 0.86.0.
	Version string
	// Pieces and Templates are what there is; nil: the demo set.
	Pieces    []Piece
	Templates []Template
}

// Server is one simulated Activepieces. It is safe for concurrent use.
type Server struct {
	clock   *clock.Clock
	url     string
	edition string
	version string
	mux     *http.ServeMux
	desk    *control.Desk
	pieces  *pieceList
	workers *workerGate

	mu     sync.Mutex // guards what follows; never held while a call waits
	state  *state
	config settings
	tries  map[string]*attempts
	busy   map[string]bool // flows with an operation under way
}

// New starts an Activepieces and panics where Open returns an error, which without a File does not happen.
func New(o Options) *Server {
	s, err := Open(o)
	if err != nil {
		panic(err)
	}
	return s
}

// Open starts an Activepieces, or finds the one that Options.File holds. It returns an error when that file cannot be
// read or written.
func Open(o Options) (*Server, error) {
	s := &Server{
		clock: o.Clock, url: strings.TrimRight(o.URL, "/"), edition: o.Edition, version: o.Version,
		config: defaultSettings(o), tries: map[string]*attempts{}, busy: map[string]bool{},
	}
	if s.clock == nil {
		s.clock = control.OwnClock(o.Now)
	}
	if s.edition == "" {
		s.edition = "ee"
	}
	if s.version == "" {
		s.version = "0.86.0"
	}
	if s.edition != "ee" && s.edition != "ce" {
		return nil, fmt.Errorf("edition is %q, not ee or ce", s.edition)
	}
	s.desk, s.workers = newDesk(s.clock), newWorkerGate(s.clock)
	var err error
	if s.state, err = openState(o, s.clock.Now()); err != nil {
		return nil, err
	}
	s.pieces = newPieceList(o.Pieces, s.state.Created)
	s.mux = s.routes()
	return s, nil
}

// APIKey is a platform API key that works on a licensed enterprise server.
func (s *Server) APIKey() string { return s.read(func(st *state) string { return st.FirstKey }) }

// AdminEmail is the address that the platform's owner signs in with.
func (s *Server) AdminEmail() string {
	return s.read(func(st *state) string { return st.owner().Email })
}

// AdminPassword is the password that the platform's owner signs in with.
func (s *Server) AdminPassword() string {
	return s.read(func(st *state) string { return st.owner().Password })
}

func (s *Server) read(f func(*state) string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return f(s.state)
}

// Clock is the clock by which tokens expire, rows are stamped and runs end.
func (s *Server) Clock() *clock.Clock { return s.clock }

// ServeHTTP answers everything: API, webhooks, pictures, embedded pages and controls.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.securityHeaders(w.Header())
	s.mux.ServeHTTP(w, r)
}

// securityHeaders are on every answer. Who may frame it is read before the request is served, so that a change shows
// from the next answer on, as was recorded; a real server also keeps the list for three minutes.
func (s *Server) securityHeaders(h http.Header) {
	s.mu.Lock()
	ancestors := append([]string{"'self'"}, s.state.AllowedEmbedOrigins...)
	s.mu.Unlock()
	h.Set("Content-Security-Policy", "frame-ancestors "+strings.Join(ancestors, " "))
	h.Set("Strict-Transport-Security", "max-age=15552000; includeSubDomains")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Allow-Origin", "*")
}

// base is the address under which whoever asks reaches this server.
func (s *Server) base(r *http.Request) string {
	if s.url != "" {
		return s.url
	}
	return "http://" + r.Host
}

// change runs f on the state and writes what it changed before it returns, so that nobody hears of a change that a
// kill could still undo.
func (s *Server) change(f func(st *state, now time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.state, s.now())
	s.state.keep()
}

// now is the clock's time as rows are stamped: to the millisecond.
func (s *Server) now() time.Time { return s.clock.Now().UTC().Truncate(time.Millisecond) }
