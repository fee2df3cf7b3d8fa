package piecesim

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"portico/sandbox/control"
)

// endpoint is one route of the API.
type endpoint struct {
	pattern string
	name    string // by which faults and the journal know it; the pattern is its second name
	who     kind   // 0 is both users and keys
	admin   bool   // admits a user only when it is a platform admin
	feature string // the flag of the plan that it needs: 402 without it, and no such route in the community edition
	freeID  bool   // its {id} may have any shape
	status  int    // of success; 0 is 200, and 204 has no body
	// check holds the request to its schema, before anybody asks whose token it is.
	check func(c *call) error
	// do answers, with the state locked. It is called again after it returned errNeedsWorker.
	do func(c *call) (any, error)
}

// errNeedsWorker is what do returns when it can go on only after a worker has done something.
var errNeedsWorker = errors.New("a worker is needed")

// serve makes a handler of an endpoint.
func (s *Server) serve(e endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		entry := s.desk.Journal.Open(e.name, s.clock.Now())
		defer entry.Close()
		w = control.Watch(w, entry)
		c := &call{srv: s, r: r, query: r.URL.Query(), id: r.PathValue("id"), header: w.Header()}
		bad := c.read(r)
		names := append(c.names(e), e.pattern)
		entry.Asks(names, c.variables())
		if s.settings().Down {
			writeProblem(w, framework(http.StatusServiceUnavailable, "", "Service Unavailable"))
			return
		}
		s.desk.Perform(w, r, entry, names, func(w http.ResponseWriter) {
			err := bad
			if err == nil {
				err = s.answer(w, c, e, entry)
			}
			if err != nil {
				p := problemOf(err)
				entry.Failed(p.Error())
				writeProblem(w, p)
			}
		})
	}
}

func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	return crash("", err.Error())
}

// answer checks in the order that was recorded: the request's shape, the token, the feature, and then what it asks.
func (s *Server) answer(w http.ResponseWriter, c *call, e endpoint, entry *control.Record) error {
	if e.feature != "" && s.edition == "ce" {
		return noRoute()
	}
	if c.id != "" && !e.freeID && !idShape.MatchString(c.id) {
		return invalid("params/id Invalid string: must match pattern /^[0-9a-zA-Z]{21}$/")
	}
	if e.check != nil {
		if err := e.check(c); err != nil {
			return err
		}
	}
	raw, err := s.attempt(c, e, entry)
	if errors.Is(err, errNeedsWorker) {
		return s.onWorker(w, c, e, entry)
	}
	if err != nil {
		return err
	}
	write(w, e, raw)
	return nil
}

// onWorker goes on once a worker is there. When the caller goes first the work is done all the same, as a real server
// does not notice that nobody listens.
func (s *Server) onWorker(w http.ResponseWriter, c *call, e endpoint, entry *control.Record) error {
	goOn := func() (json.RawMessage, error) {
		c.worked = true
		return s.attempt(c, e, entry)
	}
	switch s.workers.wait(c.r.Context()) {
	case gaveUp: // [?]: the code is one of the list, its words are not known
		s.leave(c)
		return refuseWith(http.StatusBadRequest, "ENGINE_OPERATION_FAILURE", "The worker did not answer in time")
	case callerGone:
		go func() {
			if s.workers.wait(context.WithoutCancel(c.r.Context())) == worked {
				_, _ = goOn() // nobody listens
			}
			s.leave(c)
		}()
		panic(http.ErrAbortHandler)
	}
	raw, err := goOn()
	if err == nil {
		write(w, e, raw)
	}
	return err
}

// leave says that nothing is under way any more on the flow that a call is about.
func (s *Server) leave(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, c.id)
}

// attempt runs an endpoint on the state, and gives its answer as JSON so that nothing of the state is read later.
func (s *Server) attempt(c *call, e endpoint, entry *control.Record) (json.RawMessage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.st, c.conf, c.now = s.state, s.config, s.now()
	defer s.state.keep()
	if err := s.admit(c, e, entry); err != nil {
		return nil, err
	}
	v, err := e.do(c)
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// admit says whether the token is good for the endpoint.
func (s *Server) admit(c *call, e endpoint, entry *control.Record) error {
	if e.who == public {
		return nil
	}
	who, p := s.principal(s.state, c.r)
	if p != nil {
		return p
	}
	entry.From(who.kind.String(), who.userID())
	allowed := e.who
	if allowed == 0 {
		allowed = byUser | byKey
	}
	if who.kind&allowed == 0 {
		return notAllowed()
	}
	if e.feature != "" && !s.config.has(e.feature) {
		return featureDisabled("Feature is disabled")
	}
	if e.admin && !who.admin() {
		return notAllowed()
	}
	c.who = who
	return nil
}

func write(w http.ResponseWriter, e endpoint, raw json.RawMessage) {
	if e.status == http.StatusNoContent {
		w.WriteHeader(e.status)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(cmp.Or(e.status, http.StatusOK))
	_, _ = w.Write(raw) // the client may be gone: nothing to do about it
}
