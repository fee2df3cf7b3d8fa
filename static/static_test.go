package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

// get asks the assets for a path with an Accept-Encoding header.
func get(t *testing.T, a *Assets, path, accept string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Encoding", accept)
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

func TestHashedNames(t *testing.T) {
	a := New("/portal/")
	for _, name := range []string{"portal.css", "portal.js", "favicon.svg"} {
		path := a.Path(name)
		stem, ext, _ := strings.Cut(name, ".")
		if !regexp.MustCompile(`^/portal/static/` + stem + `-[0-9a-f]{10}\.` + ext + `$`).MatchString(path) {
			t.Errorf("Path(%q) = %q", name, path)
		}
		w := get(t, a, path, "")
		if w.Code != http.StatusOK {
			t.Fatalf("GET %s: got %d, want 200", path, w.Code)
		}
		if got, want := w.Header().Get("Cache-Control"), "public, max-age=31536000, immutable"; got != want {
			t.Errorf("%s: Cache-Control = %q, want %q", name, got, want)
		}
		sum := sha512.Sum384(w.Body.Bytes())
		if got, want := a.Integrity(name), "sha384-"+base64.StdEncoding.EncodeToString(sum[:]); got != want {
			t.Errorf("Integrity(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestUnknownNames(t *testing.T) {
	a := New("")
	known := a.Path("portal.css")
	stale := strings.Replace(known, known[len("/static/portal-"):][:10], "0123456789", 1)
	for _, path := range []string{stale, "/static/", "/static/portal.css", "/static/none-0123456789.css", "/static/../static.go", "/portal.js", "/"} {
		w := get(t, a, path, "br")
		if w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("GET %s: got %d, %q; want an answer of 404 that is not kept", path, w.Code, w.Header().Get("Cache-Control"))
		}
	}
	if a.Has("none.js") {
		t.Error("Has(none.js) = true")
	}
}

func TestMethods(t *testing.T) {
	a := New("")
	for method, want := range map[string]int{"GET": 200, "HEAD": 200, "POST": 405, "DELETE": 405} {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest(method, a.Path("portal.js"), nil))
		if w.Code != want {
			t.Errorf("%s: got %d, want %d", method, w.Code, want)
		}
		if method == "HEAD" && (w.Body.Len() != 0 || w.Header().Get("Content-Length") == "") {
			t.Errorf("HEAD: got %d bytes and Content-Length %q", w.Body.Len(), w.Header().Get("Content-Length"))
		}
	}
}

func TestEncodings(t *testing.T) {
	a := New("")
	path := a.Path("portal.css")
	plain := get(t, a, path, "").Body.String()
	tests := []struct{ accept, want string }{
		{"", ""},
		{"identity", ""},
		{"gzip", "gzip"},
		{"gzip, deflate, br", "br"},
		{"GZIP;q=0.5", "gzip"},
		{"br;q=0, gzip", "gzip"},
		{"br;q=0.000", ""},
		{"br;q=nonsense", ""},
		{"brotli", ""},
	}
	for _, tt := range tests {
		w := get(t, a, path, tt.accept)
		if got := w.Header().Get("Content-Encoding"); got != tt.want {
			t.Errorf("Accept-Encoding %q: got %q, want %q", tt.accept, got, tt.want)
		}
		if got := decode(t, w); got != plain {
			t.Errorf("Accept-Encoding %q: the answer does not unpack to the file", tt.accept)
		}
		if got := w.Header().Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: Vary = %q", tt.accept, got)
		}
	}
}

func decode(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var from io.Reader = w.Body
	switch w.Header().Get("Content-Encoding") {
	case "br":
		from = brotli.NewReader(w.Body)
	case "gzip":
		unzipped, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatalf("opening gzip: %v", err)
		}
		from = unzipped
	}
	b, err := io.ReadAll(from)
	if err != nil {
		t.Fatalf("unpacking: %v", err)
	}
	return string(b)
}

func TestTypes(t *testing.T) {
	a := New("")
	for name, want := range map[string]string{
		"portal.css":  "text/css; charset=utf-8",
		"portal.js":   "text/javascript; charset=utf-8",
		"embed.js":    "text/javascript; charset=utf-8",
		"favicon.svg": "image/svg+xml",
		"robots.txt":  "text/plain; charset=utf-8",
	} {
		h := get(t, a, a.Path(name), "").Header()
		if got := h.Get("Content-Type"); got != want {
			t.Errorf("%s: Content-Type = %q, want %q", name, got, want)
		}
		if got := h.Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: X-Content-Type-Options = %q", name, got)
		}
	}
}

func TestEmbedForOtherOrigins(t *testing.T) {
	a := New("/portal")
	if got, want := a.Path("embed.js"), "/portal/embed.js"; got != want {
		t.Errorf("Path(embed.js) = %q, want %q", got, want)
	}
	w := get(t, a, "/portal/embed.js", "br")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":  "*",
		"Cross-Origin-Resource-Policy": "cross-origin",
		"Cache-Control":                "public, max-age=300",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/portal/embed.js", nil)
	r.Header.Set("Accept-Encoding", "br")
	r.Header.Set("If-None-Match", `"other", W/`+w.Header().Get("ETag"))
	again := httptest.NewRecorder()
	a.ServeHTTP(again, r)
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("asked again with the tag: got %d and %d bytes, want 304 and none", again.Code, again.Body.Len())
	}
	if got := get(t, a, "/portal/embed.js", "gzip").Header().Get("ETag"); got == w.Header().Get("ETag") {
		t.Error("gzip and brotli share one ETag")
	}
}

func TestRobots(t *testing.T) {
	if got, want := get(t, New(""), "/robots.txt", "").Body.String(), "User-agent: *\nDisallow: /\n"; got != want {
		t.Errorf("robots.txt = %q, want %q", got, want)
	}
}

// TestBudgets holds what a cold visit may weigh. Raise a number only together with the pages' own budget of 32 kB.
func TestBudgets(t *testing.T) {
	a := New("")
	for name, most := range map[string]int{"portal.css": 4500, "portal.js": 2000, "embed.js": 1500, "upload.js": 1000, "favicon.svg": 300} {
		if got := len(a.files[name].brotli()); got > most {
			t.Errorf("%s: %d bytes in brotli, want at most %d", name, got, most)
		}
	}
	if got := len(a.files["embed.js"].gzip()); got > 1500 {
		t.Errorf("embed.js: %d bytes in gzip, want at most 1500", got)
	}
}

// TestScriptsAreSafe holds what a strict Content-Security-Policy and our own minifier need.
func TestScriptsAreSafe(t *testing.T) {
	for _, name := range []string{"portal.js", "embed.js", "upload.js"} {
		body := string(read(name))
		for _, never := range []string{"eval(", "innerHTML", "outerHTML", "insertAdjacentHTML", "new Function", "document.write", "setAttribute(\"style\"", "postMessage(message, \"*\")", ", \"*\")"} {
			if strings.Contains(body, never) {
				t.Errorf("%s contains %s", name, never)
			}
		}
		for i, line := range strings.Split(body, "\n") {
			if strings.Count(line, "`")%2 != 0 {
				t.Errorf("%s:%d: a template literal goes over the end of the line", name, i+1)
			}
		}
	}
}

func TestScriptIsOnlyTrimmed(t *testing.T) {
	got := script([]byte("// about\n\n  const a = 1; // why\n\t// more\n  b(\"//\");\n"))
	want := []byte("const a = 1; // why\nb(\"//\");\n")
	if !bytes.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
