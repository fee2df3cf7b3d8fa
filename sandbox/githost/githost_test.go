package githost_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/sandbox/githost"
)

// TestNames compares names with those that Git itself gives: they are made of every
// byte, and of the order of a folder's lines.
func TestNames(t *testing.T) {
	r := githost.NewRepository()
	a := r.Commit("", map[string]string{"connect.yaml": "a\n", "x/y/z.txt": "1", "x.txt": "2", "x-a/b": "3"})
	b := r.Commit(a, map[string]string{"connect.yaml": "b\n"})
	if a != "a7f89a95336efa00342ec35040e23130dd15ed8e" || b != "512c5239398ef33031a3b8584a061a06ce3f0cb4" {
		t.Errorf("got %s and %s", a, b)
	}
}

func get(t *testing.T, h http.Handler, method, path string, body io.Reader, header ...string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, body)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

const refs = "/info/refs?service=git-upload-pack"

func TestNewOrdersTags(t *testing.T) {
	h := githost.New(map[string]map[string]map[string]string{"/acme/shop.git": {
		"v1.10.0": {"connect.yaml": "ten"}, "v1.9.0": {"connect.yaml": "nine"}, "v1.9.0-rc": {"connect.yaml": "before"},
	}, "acme/empty": {}})
	code, body := get(t, h, http.MethodGet, "/acme/shop"+refs, nil)
	names := map[string]string{}
	for line := range strings.Lines(body) {
		if name, ref, ok := strings.Cut(strings.TrimSpace(line), " "); ok && len(name) >= 40 {
			ref, _, _ = strings.Cut(ref, "\x00")
			names[ref] = name[len(name)-40:]
		}
	}
	if code != http.StatusOK || len(names) != 5 || names["HEAD"] == "" ||
		names["HEAD"] != names["refs/tags/v1.10.0"] || names["refs/heads/main"] != names["HEAD"] || names["refs/tags/v1.9.0"] == names["HEAD"] {
		t.Errorf("got %d, %v", code, names)
	}
	if code, body := get(t, h, http.MethodGet, "/acme/empty.git"+refs, nil); code != http.StatusOK || !strings.Contains(body, "capabilities^{}") {
		t.Errorf("an empty repository: got %d, %q", code, body)
	}
}

func TestRefuses(t *testing.T) {
	h := githost.New(map[string]map[string]map[string]string{"acme/shop": {"v1": {"connect.yaml": "x"}}})
	for _, tt := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, "/acme/other.git" + refs, http.StatusNotFound},
		{http.MethodGet, "/acme/shop.git", http.StatusNotFound},
		{http.MethodGet, "/acme/shop.git/info/refs", http.StatusForbidden},
		{http.MethodGet, "/acme/shop.git/info/refs?service=git-receive-pack", http.StatusForbidden},
		{http.MethodPost, "/acme/shop.git/git-receive-pack", http.StatusNotFound},
		{http.MethodGet, "/acme/shop.git/git-upload-pack", http.StatusMethodNotAllowed},
	} {
		if code, _ := get(t, h, tt.method, tt.path, nil); code != tt.want {
			t.Errorf("%s %s: got %d, want %d", tt.method, tt.path, code, tt.want)
		}
	}
}

// TestCompressed takes bodies as Git sends them when they are long.
func TestCompressed(t *testing.T) {
	r := githost.NewRepository()
	c := r.Commit("", map[string]string{"connect.yaml": "x"})
	r.Tag("v1", c)
	h := githost.Serve(map[string]*githost.Repository{"shop": r})
	request := "0032want " + string(c) + "\n00000009done\n"
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(z, request)
	_ = z.Close()
	_, plain := get(t, h, http.MethodPost, "/shop.git/git-upload-pack", strings.NewReader(request))
	_, same := get(t, h, http.MethodPost, "/shop.git/git-upload-pack", &zipped, "Content-Encoding", "gzip")
	if !strings.HasPrefix(plain, "0008NAK\nPACK\x00\x00\x00\x02\x00\x00\x00\x03") || plain != same {
		t.Errorf("got %q and %q", plain, same)
	}
	if code, _ := get(t, h, http.MethodPost, "/shop.git/git-upload-pack", strings.NewReader(request), "Content-Encoding", "gzip"); code != http.StatusBadRequest {
		t.Errorf("a body that only claims to be compressed: got %d", code)
	}
	if _, body := get(t, h, http.MethodPost, "/shop.git/git-upload-pack", strings.NewReader(strings.Replace(request, "want "+string(c)[:2], "want 00", 1))); !strings.Contains(body, "ERR upload-pack: not our ref") {
		t.Errorf("an unknown object: got %q", body)
	}
}
