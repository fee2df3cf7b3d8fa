package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

// file is one asset in the forms that it is sent in. Each form is made when it is first asked for:
// brotli at its best costs tens of milliseconds a file, which neither a start nor a test should pay.
type file struct {
	name   string
	body   func() []byte
	sum    func() [sha512.Size384]byte
	brotli func() []byte
	gzip   func() []byte
}

func newFile(name string, body func() []byte) *file {
	f := &file{name: name, body: sync.OnceValue(body)}
	f.sum = sync.OnceValue(func() [sha512.Size384]byte { return sha512.Sum384(f.body()) })
	f.brotli = sync.OnceValue(func() []byte { return compressBrotli(f.body()) })
	f.gzip = sync.OnceValue(func() []byte { return compressGzip(f.body()) })
	return f
}

// hash is the part of the sum that names and ETags carry: 10 hex digits.
func (f *file) hash() string {
	sum := f.sum()
	return hex.EncodeToString(sum[:5])
}

func (f *file) hashedName() string {
	ext := path.Ext(f.name)
	return strings.TrimSuffix(f.name, ext) + "-" + f.hash() + ext
}

func (f *file) integrity() string {
	sum := f.sum()
	return "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
}

// contentTypes are spelt out because mime.TypeByExtension answers with what the machine is set to.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8",
}

// serve answers with the smallest form that the browser accepts.
func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	body, encoding := f.encoded(r.Header.Get("Accept-Encoding"))
	etag := fmt.Sprintf("%q", f.hash()+encoding)
	h := w.Header()
	h.Set("Content-Type", contentTypes[path.Ext(f.name)])
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	h.Set("ETag", etag)
	if matches(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		w.Write(body) //nolint:errcheck // the browser has gone; there is nobody to tell
	}
}

func (f *file) encoded(accept string) (body []byte, encoding string) {
	switch {
	case accepts(accept, "br"):
		return f.brotli(), "br"
	case accepts(accept, "gzip"):
		return f.gzip(), "gzip"
	}
	return f.body(), ""
}

// accepts tells whether an Accept-Encoding header names a coding and does not refuse it by q=0.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		q, ok := strings.CutPrefix(strings.TrimSpace(params), "q=")
		weight, err := strconv.ParseFloat(q, 64)
		return !ok || err == nil && weight > 0
	}
	return false
}

// matches tells whether an If-None-Match header names the tag; proxies may have made it a weak one.
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

// Writing to a bytes.Buffer cannot go wrong, so neither function has an error to return.
func compressBrotli(b []byte) []byte {
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, brotli.BestCompression)
	w.Write(b) //nolint:errcheck // a bytes.Buffer takes everything
	w.Close()  //nolint:errcheck // likewise
	return out.Bytes()
}

func compressGzip(b []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	w.Write(b) //nolint:errcheck // a bytes.Buffer takes everything
	w.Close()  //nolint:errcheck // likewise
	return out.Bytes()
}
