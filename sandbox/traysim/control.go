package traysim

import (
	"net/http"

	"portico/sandbox/control"
)

// controlRoutes are for tests and for whoever plays with the sandbox: faults, the clock, and what others do at Tray.
func (s *Server) controlRoutes(mux *http.ServeMux) {
	s.desk.Routes(mux)
	route := func(pattern string, h func(r *http.Request) (any, error)) { control.Route(mux, pattern, h) }
	route("GET /_control/state", func(*http.Request) (any, error) { return s.showState() })
	route("GET /_control/settings", func(*http.Request) (any, error) { return s.settings(), nil })
	route("PATCH /_control/settings", func(r *http.Request) (any, error) { return s.configure(r.Body) })
	s.otherHands(route)
}

// showState is everything but tokens and codes.
func (s *Server) showState() (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := map[string]any{
		"embedded_id": s.state.EmbeddedID, "users": control.Some(s.state.Users.Rows), "solutions": control.Some(s.state.Solutions.Rows),
		"instances": control.Some(s.state.Instances.Rows), "authentications": control.Some(s.state.Authentications.Rows),
		"runs": control.Some(s.state.Runs), "tokens": len(s.state.Tokens), "codes": len(s.state.Codes),
	}
	return control.Frozen(rows) // here, while nothing changes
}
