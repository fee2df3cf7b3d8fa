package piecesim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"portico/sandbox/control"
	"portico/sandbox/tile"
)

// endpoints are all of the API.
func (s *Server) endpoints() []endpoint {
	return slices.Concat(
		flagEndpoints(), signInEndpoints(), s.platformEndpoints(), userEndpoints(), keyEndpoints(), projectEndpoints(),
		connectionEndpoints(), oauthEndpoints(), globalEndpoints(), flowEndpoints(), runEndpoints(), webhookEndpoints(),
		pieceEndpoints(), templateEndpoints(), folderEndpoints(),
	)
}

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for _, e := range s.endpoints() {
		mux.HandleFunc(e.pattern, s.serve(e))
	}
	mux.HandleFunc("/api/", s.unknown)
	mux.HandleFunc("OPTIONS /api/", preflight)
	mux.HandleFunc("GET /{$}", s.index)
	mux.HandleFunc("GET /icons/{name}", s.icon)
	s.embedRoutes(mux)
	s.controlRoutes(mux)
	return mux
}

// unknown answers what has no route, or not by that method: both are the same 404 (recorded).
func (s *Server) unknown(w http.ResponseWriter, r *http.Request) {
	s.serve(endpoint{pattern: r.Method + " " + r.URL.Path, name: "unknown", who: public, do: func(*call) (any, error) { return nil, noRoute() }})(w, r)
}

// preflight lets pages of any origin call the API.
func preflight(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
	w.Header().Set("Access-Control-Allow-Headers", "*, Authorization, Content-Type")
	w.WriteHeader(http.StatusNoContent)
}

// index answers GET / with what is here, for whoever opens the address in a browser.
func (s *Server) index(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "A simulated Activepieces %[2]s (%[3]s).\n\nAPI       %[1]s/api/v1/...\nBuilder   %[1]s/embed\nControls  %[1]s/_control/state\n",
		s.base(r), s.version, s.edition)
}

// icon answers GET /icons/{piece}.png with a picture of its own.
func (s *Server) icon(w http.ResponseWriter, r *http.Request) {
	entry := s.desk.Journal.Open("image", s.clock.Now())
	defer entry.Close()
	name, ok := strings.CutSuffix(r.PathValue("name"), ".png")
	s.desk.Perform(control.Watch(w, entry), r, entry, []string{"image"}, func(w http.ResponseWriter) {
		raw, err := tile.Draw(name)
		if !ok || name == "" || err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(raw)
	})
}
