// Package traysim is a Tray to practise on: a server that answers Tray's Embedded GraphQL API, shows the hosted dialogs
// and runs the workflows' webhooks, with state, tokens that expire and codes that are used up, as Tray's are known to
// behave. Its control API under /_control/ moves the clock, breaks calls and plays the other people at Tray.
package traysim

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"portico/sandbox/clock"
	"portico/sandbox/control"
)

// Options say what kind of Tray to start. The zero value is a Tray with the demo solutions that forgets everything.
type Options struct {
	// Clock is shared with others; nil: one of its own, which runs with Now.
	Clock *clock.Clock
	// Now is the base of its own clock; nil: the machine's time.
	Now func() time.Time
	// URL is where it is reached, such as http://localhost:8082: trigger URLs and pictures are built from it. Empty: the
	// host that each request names.
	URL string
	// MasterToken and EmbeddedID are made at random when empty, unless File knows them.
	MasterToken, EmbeddedID string
	// Solutions are what is offered; nil: the demo set.
	Solutions []Solution
	// File keeps the state as JSON, written after each change and read at the start. Empty: only memory.
	File string
}

// Server is one simulated Tray. It is safe for concurrent use.
type Server struct {
	clock *clock.Clock
	url   string
	file  string
	mux   *http.ServeMux

	mu     sync.Mutex // guards what follows; never held while a call waits
	state  *state
	schema *ast.Schema
	config settings

	desk *control.Desk
}

// New starts a Tray and panics where Open returns an error, which without a File does not happen.
func New(o Options) *Server {
	s, err := Open(o)
	if err != nil {
		panic(err)
	}
	return s
}

// Open starts a Tray, or finds the one that Options.File holds. It returns an error when that file cannot be read.
func Open(o Options) (*Server, error) {
	s := &Server{
		clock: o.Clock, url: strings.TrimRight(o.URL, "/"), file: o.File, config: defaultSettings(),
	}
	if s.clock == nil {
		s.clock = control.OwnClock(o.Now)
	}
	s.desk = newDesk(s.clock)
	found, err := readState(o.File)
	if err != nil {
		return nil, err
	}
	if s.state = found; found == nil {
		s.state = newState(o)
	}
	if o.MasterToken != "" {
		s.state.MasterToken = o.MasterToken
	}
	if o.EmbeddedID != "" {
		s.state.EmbeddedID = o.EmbeddedID
	}
	if s.schema, err = schemaFor(s.config); err != nil {
		return nil, err
	}
	s.mux = s.routes()
	return s, s.state.write(s.file)
}

// MasterToken is the organisation's token.
func (s *Server) MasterToken() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.MasterToken
}

// EmbeddedID is the name that is a part of every dialog's address.
func (s *Server) EmbeddedID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.EmbeddedID
}

// Clock is the clock by which tokens and codes expire.
func (s *Server) Clock() *clock.Clock { return s.clock }

// ServeHTTP answers everything: API, dialogs, webhooks, pictures and controls.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	public := func(pattern string, h http.HandlerFunc) { mux.HandleFunc(pattern, s.unlessDown(h)) }
	public("GET /{$}", s.index)
	public("GET /graphql", s.graphqlHint)
	public("POST /graphql", s.graphql)
	public("GET /v1/me", s.me)

	public("GET /external/auth/create/{embedded}/{instance}/{slot}", s.dialog(s.openSlotAuth))
	public("GET /external/auth/create/{embedded}", s.dialog(s.openFreeAuth))
	public("GET /external/auth/edit/{embedded}/{auth}", s.dialog(s.openAuthEdit))
	public("GET /external/solutions/{embedded}/configure/{instance}", s.dialog(s.openWizard))
	public("POST /external/dialog", s.dialog(s.stepDialog))
	public("GET /external/assets/{name}", s.asset)

	public("GET /webhook/{id}", s.webhook)
	public("POST /webhook/{id}", s.webhook)
	public("GET /icons/{name}", s.icon)
	public("GET /images/{name}", s.image)

	s.controlRoutes(mux)
	return mux
}

// unlessDown answers 503 to everything while the Tray is told to be down.
func (s *Server) unlessDown(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.settings().Down {
			writeMessage(w, http.StatusServiceUnavailable, "Service unavailable")
			return
		}
		h(w, r)
	}
}

// index answers GET / with what is here, for whoever opens the address in a browser.
func (s *Server) index(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "A simulated Tray.\n\nGraphQL   %[1]s/graphql\nDialogs   %[1]s/external/...\nControls  %[1]s/_control/state\n", s.base(r))
}

// base is the address under which whoever asks reaches this server.
func (s *Server) base(r *http.Request) string {
	if s.url != "" {
		return s.url
	}
	return "http://" + r.Host
}

// randomHex is n random bytes in hexadecimal: 32 make a user token, 20 a code.
func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, says its documentation
	return hex.EncodeToString(b)
}

func newID() string { return uuid.NewString() }

// fixedID is the same ID each time for the same name, so that demo data keeps its IDs when it is made again.
func fixedID(name string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("portico/sandbox/tray/"+name)).String()
}
