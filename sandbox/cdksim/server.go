// Package cdksim is the part of Tray to practise on that takes in connectors: the deployments and permissions of the CDK
// API in three regions, with tokens that own what they first deployed, builds that end after their time, and an archive
// check that says no as Tray's preliminary validation does. Its control API under /_control/ moves the clock, breaks
// calls, decides how builds end and tells what has arrived (control.go lists it).
//
// What Tray documents nowhere is marked [?] in the comments: one reading was chosen, and a setting chooses another where
// a portal could notice (setting.go).
package cdksim

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"portico/sandbox/clock"
	"portico/sandbox/control"
)

// Options say what kind of CDK service to start. The zero value is one that forgets everything.
type Options struct {
	// Clock is shared with others; nil: one of its own, which runs with the machine's.
	Clock *clock.Clock
	// URL is where it is reached, such as http://localhost:8084; it is only repeated by Server.URL.
	URL string
	// File keeps the state, a line a change, written before the change is answered. Empty: only memory.
	File string
}

// Server is the simulated CDK service of all regions. It is safe for concurrent use.
type Server struct {
	clock *clock.Clock
	url   string
	mux   *http.ServeMux
	desk  *control.Desk

	mu     sync.Mutex // guards what follows; never held while a call waits
	state  *state
	limits map[string]*rate.Limiter // by region; empty without a rate limit
}

// New starts a CDK service and panics where Open returns an error, which without a File does not happen.
func New(o Options) *Server {
	s, err := Open(o)
	if err != nil {
		panic(err)
	}
	return s
}

// Open starts a CDK service, or finds the one that Options.File holds. It returns an error when that file cannot be read
// or written.
func Open(o Options) (*Server, error) {
	s := &Server{clock: o.Clock, url: strings.TrimRight(o.URL, "/")}
	if s.clock == nil {
		s.clock = clock.New()
	}
	s.desk = newDesk(s.clock)
	var err error
	if s.state, err = openState(o.File); err != nil {
		return nil, err
	}
	s.limits = limitersFor(s.state.settings)
	s.mux = s.routes()
	return s, nil
}

// Token is a good token of a region (us, eu or ap), of the API user who deploys; empty for any other region.
func (s *Server) Token(region string) string { return s.tokenOf(region, firstToken) }

// OtherToken is one of a second API user of the same organisation, who owns nothing yet; empty for an unknown region.
func (s *Server) OtherToken(region string) string { return s.tokenOf(region, otherToken) }

func (s *Server) tokenOf(region, label string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.state.labelled(region, label); t != nil {
		return t.Value
	}
	return ""
}

// URL is a region's base, which stands for https://api.tray.io, https://api.eu1.tray.io or https://api.ap1.tray.io:
// Options.URL and the region. The same paths without a region are the first one, us.
func (s *Server) URL(region string) string { return s.url + "/" + region }

// Clock is the clock by which builds end.
func (s *Server) Clock() *clock.Clock { return s.clock }

// ServeHTTP answers the API of all regions, and the controls.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// now is the clock's time as rows are stamped: to the millisecond.
func (s *Server) now() time.Time { return s.clock.Now().UTC().Truncate(time.Millisecond) }

// randomHex is n random bytes in hexadecimal.
func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, says its documentation
	return hex.EncodeToString(b)
}
