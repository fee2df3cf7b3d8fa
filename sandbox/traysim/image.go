package traysim

import (
	"net/http"
	"strings"

	"portico/sandbox/control"
	"portico/sandbox/tile"
)

// icon answers GET /icons/{service}.png.
func (s *Server) icon(w http.ResponseWriter, r *http.Request) { s.picture(w, r) }

// image answers GET /images/{name}.png.
func (s *Server) image(w http.ResponseWriter, r *http.Request) { s.picture(w, r) }

func (s *Server) picture(w http.ResponseWriter, r *http.Request) {
	entry := s.desk.Journal.Open("image", s.clock.Now())
	defer entry.Close()
	name, ok := strings.CutSuffix(r.PathValue("name"), ".png")
	s.desk.Perform(control.Watch(w, entry), r, entry, []string{"image"}, func(w http.ResponseWriter) {
		if !ok || name == "" {
			http.NotFound(w, r)
			return
		}
		raw, err := tile.Draw(name)
		if err != nil {
			logError("drawing a picture", err)
			http.Error(w, "the picture cannot be drawn", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(raw)
	})
}
