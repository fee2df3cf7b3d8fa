package connectsim

import (
	"net/http"

	"portico/sandbox/githost"
)

// hostRepositories serves the fixtures as Git repositories.
func hostRepositories(st *state) http.Handler {
	repos := map[string]map[string]map[string]string{}
	for _, f := range st.fixtures.rows {
		if !f.Private && !f.Unreachable {
			repos[f.Name+".git"] = f.Tags
		}
	}
	return http.StripPrefix("/git", githost.New(repos))
}

// serveGit answers what a Git client asks of /git/{owner}/{name}.git.
func (s *Server) serveGit(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	git := s.git
	s.mu.Unlock()
	git.ServeHTTP(w, r)
}
