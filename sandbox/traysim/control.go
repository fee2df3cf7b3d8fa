package traysim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// controlRoutes are for tests and for whoever plays with the sandbox: faults, the clock, and what others do at Tray.
func (s *Server) controlRoutes(mux *http.ServeMux) {
	own := http.NewCrossOriginProtection()
	route := func(pattern string, h func(r *http.Request) (any, error)) {
		mux.Handle(pattern, own.Handler(loopbackOnly(control(h))))
	}
	route("GET /_control/faults", func(*http.Request) (any, error) {
		return map[string]any{"faults": s.faults.list(), "kinds": faultKinds}, nil
	})
	route("POST /_control/faults", s.addFault)
	route("DELETE /_control/faults", func(*http.Request) (any, error) { s.faults.clear(); return done, nil })
	route("GET /_control/held", s.firstHeld)
	route("POST /_control/release", s.release)
	route("GET /_control/requests", func(*http.Request) (any, error) { return s.requests.list(), nil })
	route("DELETE /_control/requests", func(*http.Request) (any, error) { s.requests.clear(); return done, nil })
	route("GET /_control/state", func(*http.Request) (any, error) { return s.showState() })
	route("GET /_control/settings", func(*http.Request) (any, error) { return s.settings(), nil })
	route("PATCH /_control/settings", func(r *http.Request) (any, error) { return s.configure(r.Body) })
	route("GET /_control/clock", func(*http.Request) (any, error) { return map[string]any{"now": s.clock.Now()}, nil })
	route("POST /_control/clock", s.advanceClock)
	s.otherHands(route)
}

// done is the answer to what has nothing to say.
var done = map[string]bool{"ok": true}

// control reads a control handler's errors as statuses: a problem of the state is 404, anything else 400.
func control(h func(r *http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := h(r)
		if p := (*problem)(nil); errors.As(err, &p) {
			writeMessage(w, http.StatusNotFound, p.Message)
			return
		}
		if err != nil {
			writeMessage(w, http.StatusBadRequest, err.Error())
			return
		}
		writeJSON(w, http.StatusOK, v)
	})
}

// loopbackOnly keeps the controls from the network, since whoever has them has everything.
func loopbackOnly(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
			writeMessage(w, http.StatusForbidden, "the controls answer only to this machine")
			return
		}
		h.ServeHTTP(w, r)
	})
}

// readInto reads a JSON body; an empty one leaves v as it is.
func readInto(r *http.Request, v any) error {
	dec := json.NewDecoder(io.LimitReader(r.Body, maxBody))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the request: %w", err)
	}
	return nil
}

func (s *Server) addFault(r *http.Request) (any, error) {
	var f fault
	if err := readInto(r, &f); err != nil {
		return nil, err
	}
	return done, s.faults.add(f)
}

// firstHeld answers GET /_control/held?wait=10s with the call that has waited longest, once there is one.
func (s *Server) firstHeld(r *http.Request) (any, error) {
	wait := time.Duration(0)
	if text := r.URL.Query().Get("wait"); text != "" {
		var err error
		if wait, err = time.ParseDuration(text); err != nil {
			return nil, fmt.Errorf("reading wait: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	c, ok := s.held.first(ctx)
	if !ok {
		return nil, &problem{Message: "no call is held"}
	}
	return c, nil
}

func (s *Server) release(r *http.Request) (any, error) {
	var body struct {
		ID  string `json:"id"`
		All bool   `json:"all"`
	}
	if err := readInto(r, &body); err != nil {
		return nil, err
	}
	if body.ID == "" && !body.All {
		return nil, errors.New(`say {"id": "..."} or {"all": true}`)
	}
	n := s.held.release(body.ID)
	if body.ID != "" && n == 0 {
		return nil, &problem{Message: "no call " + body.ID + " is held"}
	}
	return map[string]int{"released": n}, nil
}

func (s *Server) advanceClock(r *http.Request) (any, error) {
	var body struct {
		Advance string `json:"advance"`
	}
	if err := readInto(r, &body); err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(body.Advance)
	if err != nil || d < 0 {
		return nil, fmt.Errorf("advance is %q, not a duration such as 3s", body.Advance)
	}
	s.clock.Advance(d)
	return map[string]any{"now": s.clock.Now()}, nil
}

// showState is everything but tokens and codes.
func (s *Server) showState() (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := map[string]any{
		"embedded_id": s.state.EmbeddedID, "users": some(s.state.Users.Rows), "solutions": some(s.state.Solutions.Rows),
		"instances": some(s.state.Instances.Rows), "authentications": some(s.state.Authentications.Rows),
		"runs": some(s.state.Runs), "tokens": len(s.state.Tokens), "codes": len(s.state.Codes),
	}
	raw, err := json.Marshal(rows) // here, while nothing changes
	return json.RawMessage(raw), err
}

// some is a list that is [] and not null when it is empty.
func some[T any](rows []T) []T {
	if rows == nil {
		return []T{}
	}
	return rows
}
