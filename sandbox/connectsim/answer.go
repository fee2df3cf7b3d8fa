package connectsim

import (
	"cmp"
	"encoding/json"
	"net/http"
	"time"

	"portico/sandbox/control"
)

// serve answers a request to the API or to the token service of a region.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, region, path string) {
	c := s.newCall(r, region, path)
	c.entry = s.desk.Journal.Open(c.route.name, s.clock.Now())
	defer c.entry.Close()
	w = control.Watch(w, c.entry)
	w.Header().Set("X-Correlation-Id", cmp.Or(r.Header.Get("X-Correlation-Id"), "connect-"+randomText(32, lowerAlphabet)))
	c.entry.Asks(c.names(), c.variables())
	s.desk.Perform(w, r, c.entry, c.names(), func(w http.ResponseWriter) {
		raw, err := s.attempt(c)
		if err != nil {
			p := problemOf(err)
			c.entry.Failed(p.code())
			writeProblem(w, p)
			return
		}
		control.WriteJSON(w, c.route.status, raw)
	})
}

// attempt runs a route on the state, and gives its answer as JSON so that nothing of the state is read later.
func (s *Server) attempt(c *call) (raw json.RawMessage, err error) {
	s.change(func(st *state, now time.Time) {
		c.st, c.conf, c.now = st, st.conf(), now
		var v any
		if v, err = c.perform(); err == nil {
			raw, err = json.Marshal(c.conf.shaped(v))
		}
	})
	return raw, err
}

// perform checks in this order: whether there is a service at all, the token, the path, and then what is asked.
func (c *call) perform() (any, error) {
	if c.conf.Down {
		return nil, refuse(codeBadGateway, "The service is temporarily unavailable")
	}
	if c.route.public {
		return c.route.do(c)
	}
	if err := c.admit(c.route.scopes); err != nil {
		return nil, err
	}
	if c.route.kind != "" {
		if err := c.ref.check(); err != nil {
			return nil, err
		}
	}
	return c.route.do(c)
}

// noLogs answers GET /{project}/deployments/{ref}/logs: the endpoints that query logs go away on 31 January 2027, and
// here they are gone already. Whether by 410 or by 404 nobody knows: a setting.
func noLogs(c *call) (any, error) {
	p := refuse(codeNotFound, kindDeployment, "", "")
	p.status = c.conf.LogsGone
	p.errors[0]["message"] = "Deployment logs are no longer available."
	return nil, p
}
