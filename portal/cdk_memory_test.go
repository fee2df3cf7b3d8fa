package portal

import (
	"archive/zip"
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"portico/sandbox/cdksim"
	"portico/store"
)

// gauge remembers the most memory that was in use whenever it was looked at.
type gauge struct {
	mu   sync.Mutex
	most uint64
	n    int
}

func (g *gauge) look() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.n++; g.n%16 != 0 { // looking stops the world
		return
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	g.most = max(g.most, m.HeapAlloc)
}

// over reads through a gauge.
type over struct {
	io.Reader
	io.Closer
	gauge *gauge
}

// Read implements io.Reader.
func (o over) Read(b []byte) (int, error) {
	o.gauge.look()
	return o.Reader.Read(b)
}

// bigArchive writes a connector of nearly 10 MiB that nothing can compress.
func bigArchive(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "connector.zip")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	small := cdksim.DemoArchive("my-connector", "1.0")
	from, err := zip.NewReader(bytes.NewReader(small), int64(len(small)))
	if err != nil {
		t.Fatal(err)
	}
	buffered := bufio.NewWriter(file)
	z := zip.NewWriter(buffered)
	for _, f := range from.File {
		if err := z.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: "my-connector/src/" + store.NewKey() + ".bin", Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, noise(1<<20-2<<10)); err != nil {
			t.Fatal(err)
		}
	}
	for _, end := range []func() error{z.Close, buffered.Flush, file.Close} {
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// An archive of 10 MiB lies in memory whole neither when it is received, nor when it is sent to three regions at once.
func TestLargeArchiveTakesLittleMemory(t *testing.T) {
	w := newCDKWorld(t)
	path := bigArchive(t)
	g := &gauge{}
	w.sent.base = sampled{http.DefaultTransport, g}
	file, err := os.Open(path)
	w.ok(err)
	defer file.Close() //nolint:errcheck // only read
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	a, err := w.portal.ReceiveArchive(w.ctx, w.actor, "connector.zip", over{file, file, g})
	w.ok(err)
	received := g.most
	if a.Size < 99*10<<20/100 || len(a.Report.Problems) > 0 {
		t.Fatalf("got %d bytes, %+v", a.Size, a.Report.Problems)
	}
	r := w.deploy(a, "us", "eu", "ap")
	w.settle()
	rows, err := w.store.CDKDeploymentsOf(w.ctx, r.ID)
	w.ok(err)
	for _, d := range rows {
		w.want(d, store.CDKDeployed, "")
	}
	t.Logf("%d kB before, %d kB at most while it was received, %d kB at most in all", before.HeapAlloc>>10, received>>10, g.most>>10)
	if most := uint64(24 << 20); g.most > before.HeapAlloc+most {
		t.Errorf("%d kB more in use than before, want at most %d", (g.most-before.HeapAlloc)>>10, most>>10)
	}
}

// sampled looks at the memory whenever a part of a body is sent.
type sampled struct {
	http.RoundTripper
	gauge *gauge
}

// RoundTrip implements http.RoundTripper.
func (s sampled) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body = over{r.Body, r.Body, s.gauge}
	}
	return s.RoundTripper.RoundTrip(r)
}
