package piecesim

import (
	"embed"
	pagetemplate "html/template"
	"net/http"
	"path"

	"portico/sandbox/control"
)

// embedState is what embedding remembers, a part of the platform's row.
type embedState struct {
	SigningKeys []*signingKey
}

//go:embed pages
var pageFiles embed.FS

var consentPage = pagetemplate.Must(pagetemplate.ParseFS(pageFiles, "pages/consent.html"))

// embedAssets are the files of the embedded pages that browsers may ask for.
var embedAssets = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}

// embedPagePolicy is what the simulator's pages may load, beside the frame-ancestors that every answer has.
const embedPagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'"

// embedRoutes adds what embedding needs: signing keys, the exchange of tokens, the SDK, the pages and the third parties.
func (s *Server) embedRoutes(mux *http.ServeMux) {
	for _, e := range append(signingEndpoints(), exchangeEndpoint()) {
		mux.HandleFunc(e.pattern, s.serve(e))
	}
	s.desk.Faults.Apart = append(s.desk.Faults.Apart, pageOperation)
	mux.HandleFunc("GET /sdk/embed/{file}", s.page("sdk", s.sdk))
	mux.HandleFunc("GET /embed", s.page("embed", s.embedPage))
	mux.HandleFunc("GET /embed/assets/{name}", s.page("asset", s.embedAsset))
	mux.HandleFunc("GET /redirect", s.page("redirect", s.redirectPage))
	mux.HandleFunc("GET /consent", s.page("consent", s.showConsent))
	mux.HandleFunc("POST /consent", s.page("consent", s.decideConsent))
}

// pageOperation is the second name of all that browsers ask for. A fault for every call of the API leaves it alone.
const pageOperation = "page"

// page makes a handler of something that browsers ask for: it is written down, can be broken by faults under its name,
// and is not there while the server is down.
func (s *Server) page(name string, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		entry := s.desk.Journal.Open(name, s.clock.Now())
		defer entry.Close()
		w = control.Watch(w, entry)
		if s.settings().Down {
			http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
			return
		}
		s.desk.Perform(w, r, entry, []string{name, pageOperation}, func(w http.ResponseWriter) { h(w, r) })
	}
}

// embedPage answers GET /embed: the page that hosts frame, or open as a window. All that it shows, its scripts fetch.
func (s *Server) embedPage(w http.ResponseWriter, r *http.Request) {
	s.servePage(w, r, "embed.html")
}

func (s *Server) servePage(w http.ResponseWriter, r *http.Request, name string) {
	raw, err := pageFiles.ReadFile("pages/" + name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	pageHeaders(w.Header())
	_, _ = w.Write(raw)
}

func pageHeaders(h http.Header) {
	h.Add("Content-Security-Policy", embedPagePolicy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
}

// embedAsset answers GET /embed/assets/{name}: the pages' scripts and style sheet.
func (s *Server) embedAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	raw, err := pageFiles.ReadFile("pages/" + path.Base(name))
	kind := embedAssets[path.Ext(name)]
	if err != nil || kind == "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(raw)
}
