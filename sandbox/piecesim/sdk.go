package piecesim

import (
	"net/http"
	"regexp"
)

// SDKPath is where the simulator serves its browser SDK. The real one is at https://cdn.activepieces.com/sdk/embed/, a
// file for each version.
const SDKPath = "/sdk/embed/0.10.0.js"

var sdkFile = regexp.MustCompile(`^\d+\.\d+\.\d+\.js$`)

// sdk answers GET /sdk/embed/{version}.js with the simulator's own script, which is the same for every version.
func (s *Server) sdk(w http.ResponseWriter, r *http.Request) {
	raw, err := pageFiles.ReadFile("pages/sdk.js")
	if err != nil || !sdkFile.MatchString(r.PathValue("file")) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, _ = w.Write(raw)
}
