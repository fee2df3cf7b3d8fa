// Package githost serves small Git repositories that live in memory, as GitHub
// does: over HTTP, to read only. Tests and simulated services put repositories of
// their own there, and any Git can clone them.
package githost

import (
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// maxRequest is the limit of a request's body, in bytes. It names what is wanted.
const maxRequest = 1 << 20

// Host serves repositories by their path.
type Host struct{ repos map[string]*Repository }

// Serve serves repositories under their paths, which may end with ".git" or not.
func Serve(repos map[string]*Repository) *Host {
	h := &Host{repos: map[string]*Repository{}}
	for path, r := range repos {
		h.repos[plain(path)] = r
	}
	return h
}

// New makes a repository of each path with its tags and their files (path to text).
// The tags are commits one after the other in the order of their names, and the
// branch main is the last of them.
func New(repos map[string]map[string]map[string]string) http.Handler {
	served := map[string]*Repository{}
	for path, tags := range repos {
		r := NewRepository()
		var last Commit
		for _, tag := range slices.SortedFunc(maps.Keys(tags), byVersion) {
			last = r.Commit(last, tags[tag])
			r.Tag(tag, last)
		}
		if last != "" {
			r.Branch("main", last)
		}
		served[path] = r
	}
	return Serve(served)
}

func plain(path string) string { return strings.TrimSuffix(strings.Trim(path, "/"), ".git") }

// ServeHTTP answers GET {path}/info/refs?service=git-upload-pack and
// POST {path}/git-upload-pack. Nothing can be pushed.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, advertise := strings.CutSuffix(r.URL.Path, "/info/refs")
	path, upload := strings.CutSuffix(path, "/git-upload-pack")
	repo := h.repos[plain(path)]
	switch {
	case repo == nil || advertise == upload:
		http.Error(w, "Repository not found.", http.StatusNotFound)
	case advertise && r.URL.Query().Get("service") != "git-upload-pack":
		http.Error(w, "This repository can be read by the smart protocol only.", http.StatusForbidden)
	case advertise:
		repo.advertisement(w)
	case r.Method != http.MethodPost:
		http.Error(w, "Method not allowed.", http.StatusMethodNotAllowed)
	default:
		repo.upload(w, r)
	}
}

// advertisement answers GET info/refs.
func (r *Repository) advertisement(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
	w.Header().Set("Cache-Control", "no-cache")
	lines := writer{w}
	lines.text("# service=git-upload-pack\n")
	lines.flush()
	r.Advertise(w)
}

// upload answers POST git-upload-pack.
func (r *Repository) upload(w http.ResponseWriter, req *http.Request) {
	body := io.Reader(http.MaxBytesReader(w, req.Body, maxRequest))
	if req.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			http.Error(w, "The body is not compressed by gzip.", http.StatusBadRequest)
			return
		}
		body = io.LimitReader(unzipped, maxRequest)
	}
	w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
	w.Header().Set("Cache-Control", "no-cache")
	r.Upload(w, body)
}

// byVersion puts v1.9.0 before v1.10.0.
func byVersion(a, b string) int {
	for a != "" && b != "" {
		x, y := number(a), number(b)
		if x == "" || y == "" {
			if a[0] != b[0] {
				return int(a[0]) - int(b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		a, b = a[len(x):], b[len(y):]
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		if len(x) != len(y) {
			return len(x) - len(y)
		}
		if x != y {
			return strings.Compare(x, y)
		}
	}
	return len(a) - len(b)
}

// number is what a text begins with in digits.
func number(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
}
