package cdksim

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"portico/sandbox/control"
)

// endpoint is one route of the API, in every region.
type endpoint struct {
	method, path string
	name         string // by which faults and the journal know it
	// read takes the body in, before anything else: a caller that is refused has sent it all, and hears why. What it
	// returns is answered only once the token has been found good.
	read func(c *call) error
	// do answers, with the state locked.
	do func(c *call) (any, error)
}

// call is one request on its way.
type call struct {
	r             *http.Request
	region        string
	name, version string // of the connector that the path names
	conf          settings
	variables     map[string]any // what the journal keeps
	bad           error          // what is wrong with the body
	archive       *spool         // of a deploy
	code          code           // what a deploy's archive holds
	emails        []string       // of a share

	// The following are there for do.
	st  *state
	who *token
	now time.Time
}

func (s *Server) newCall(r *http.Request, region string) *call {
	c := &call{r: r, region: region, name: r.PathValue("name"), version: r.PathValue("version")}
	c.variables = map[string]any{"region": region}
	for _, k := range []string{"name", "version", "id"} {
		if v := r.PathValue(k); v != "" {
			c.variables[k] = v
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.conf = s.state.settings
	return c
}

// serve makes a handler of an endpoint in one region.
func (s *Server) serve(e endpoint, region string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		entry := s.desk.Journal.Open(e.name, s.clock.Now())
		defer entry.Close()
		c := s.newCall(r, region)
		defer func() { c.archive.close() }()
		s.arrive(c, e, entry)
		if e.read != nil {
			c.bad = e.read(c)
		}
		names := faultNames(e.name, c)
		entry.Asks(names, c.variables)
		w = control.Watch(w, entry)
		if c.conf.Down {
			writeProblem(w, refuse(http.StatusServiceUnavailable, "Service unavailable"))
			return
		}
		s.desk.Perform(w, r, entry, names, func(w http.ResponseWriter) { s.finish(w, c, e, entry) })
	}
}

// finish does the work and answers.
func (s *Server) finish(w http.ResponseWriter, c *call, e endpoint, entry *control.Record) {
	raw, err := s.answer(c, e)
	if err != nil {
		entry.Failed(err.Error())
		writeProblem(w, err)
		return
	}
	control.WriteJSON(w, http.StatusOK, raw)
}

// arrive notes who asks, and when a deployment is asked for by its ID: whatever becomes of the request, it has been made.
func (s *Server) arrive(c *call, e endpoint, entry *control.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.state.bearer(c.r, c.region); t != nil {
		entry.From(t.Label, t.Username)
	}
	if id := c.r.PathValue("id"); e.name == "deployment" && s.state.deployment(id) != nil {
		s.state.keep(line{Mark: &mark{ID: id, Kind: markPoll, At: s.now().UnixMilli()}})
	}
}

// answer asks the state, and gives its answer as JSON so that nothing of the state is read later.
func (s *Server) answer(c *call, e endpoint) (json.RawMessage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.st, c.conf, c.now = s.state, s.state.settings, s.now()
	if c.who = s.state.bearer(c.r, c.region); c.who == nil {
		return nil, refuse(http.StatusUnauthorized, "The request is unauthorized")
	}
	if limit := s.limits[c.region]; limit != nil && !limit.AllowN(c.now, 1) {
		return nil, refuse(http.StatusTooManyRequests, "Too many requests")
	}
	v, err := e.do(c)
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// faultNames are the names by which a fault can choose a call: "deploy", "deploy:eu", "deploy:eu:my-connector", or "*:eu"
// for all calls of a region.
func faultNames(name string, c *call) []string {
	names := []string{name, name + ":" + c.region, "*:" + c.region}
	if c.name != "" {
		names = append(names, strings.Join([]string{name, c.region, c.name}, ":"))
	}
	return names
}
