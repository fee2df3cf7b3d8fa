package traycdk_test

import (
	"archive/zip"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"portico/upstream/traycdk"
)

// largeArchive is a connector.zip of about 10 MiB that cannot be packed any tighter, in a file.
func largeArchive(t *testing.T) (path string, size int64) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "connector.zip")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := zip.NewWriter(file)
	for name, content := range connector() {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err == nil && content != "" {
			_, err = io.WriteString(f, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	f, err := w.CreateHeader(&zip.FileHeader{Name: "acme-billing/noise.bin", Method: zip.Deflate})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(f, rand.NewChaCha8([32]byte{1}), 10<<20-16<<10); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	about, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return path, about.Size()
}

// allocated is how many bytes do takes from memory, all in all, given back or not.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestALargeArchiveIsNeverInMemory(t *testing.T) {
	const limit = 2 << 20
	path, size := largeArchive(t)
	if size < 10<<20-32<<10 || size > 10<<20 {
		t.Fatalf("the archive has %d bytes", size)
	}
	var got int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.Copy(io.Discard, r.Body) // what is missing is found below
		says(200, deployment("Deploying"))(w)
	}))
	t.Cleanup(server.Close)
	c := traycdk.New(traycdk.Config{URL: server.URL, Token: canary})
	open := func() (io.ReadCloser, error) { return os.Open(path) }

	if took := allocated(func() { lookInto(t, path, size) }); took > limit {
		t.Errorf("looking into %d bytes took %d of memory, want less than %d", size, took, limit)
	}
	took := allocated(func() {
		if _, err := c.Deploy(t.Context(), "acme-billing", "1.0", open, size); err != nil {
			t.Error(err)
		}
	})
	if took > limit {
		t.Errorf("sending %d bytes took %d of memory, want less than %d", size, took, limit)
	}
	if want := int64(len(`{"connectorSourceCode":""}`) + base64.StdEncoding.EncodedLen(int(size))); got != want {
		t.Errorf("the server got %d bytes, want %d", got, want)
	}
}

func lookInto(t *testing.T, path string, size int64) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	report, err := traycdk.Inspect(file, size, traycdk.Limits{})
	if err != nil || report.Blocks() || report.Uncompressed < 10<<20-16<<10 {
		t.Errorf("got %+v, %v", report, err)
	}
}

func TestALargePayloadIsNeverInMemory(t *testing.T) {
	const limit, size = 1 << 20, 10 << 20
	payload, write := io.Pipe()
	go func() {
		_, err := io.WriteString(write, `{"connectorSourceCode":"`)
		encoder := base64.NewEncoder(base64.StdEncoding, write)
		if err == nil {
			_, err = io.CopyN(encoder, rand.NewChaCha8([32]byte{1}), size)
		}
		if err == nil {
			err = encoder.Close()
		}
		if err == nil {
			_, err = io.WriteString(write, `"}`)
		}
		write.CloseWithError(err)
	}()
	took := allocated(func() {
		p, err := traycdk.Payload(payload)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, p); n != size || err != nil {
			t.Errorf("got %d bytes, %v", n, err)
		}
	})
	if took > limit {
		t.Errorf("reading %d bytes took %d of memory, want less than %d", size, took, limit)
	}
}
