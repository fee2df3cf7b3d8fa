package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/sandbox/piecesim"
	"portico/sandbox/traysim"
	"portico/store/pgtest"
)

// running is a command that runs until stop.
type running struct {
	lines  chan string // of the output that the test listens to
	cancel context.CancelFunc
	ended  chan error
}

// start runs a command; its standard output (or error, where errors is true) can be read line by line.
func start(t *testing.T, env map[string]string, errors bool, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	run1 := &running{lines: make(chan string, 10_000), cancel: cancel, ended: make(chan error, 1)}
	var stdout, stderr io.Writer = w, io.Discard
	if errors {
		stdout, stderr = io.Discard, w
	}
	go func() {
		run1.ended <- run(ctx, args, func(name string) string { return env[name] }, strings.NewReader(""), stdout, stderr)
		w.Close() //nolint:errcheck // a pipe
	}()
	go func() {
		defer close(run1.lines)
		for s := bufio.NewScanner(r); s.Scan(); {
			run1.lines <- s.Text()
		}
	}()
	t.Cleanup(func() { cancel() })
	return run1
}

// stop ends the command and returns what it ended with, and the lines that nobody has read.
func (r *running) stop() (rest []string, err error) {
	r.cancel()
	return r.wait()
}

// wait is stop for a command that ends by itself.
func (r *running) wait() (rest []string, err error) {
	for l := range r.lines {
		rest = append(rest, l)
	}
	return rest, <-r.ended
}

// serving waits for the log line that says where a server listens.
func (r *running) serving(t *testing.T) (address string) {
	t.Helper()
	for l := range r.lines {
		var line struct{ Msg, Listen string }
		if err := json.Unmarshal([]byte(l), &line); err == nil && line.Msg == "serving" {
			return "http://" + line.Listen
		}
	}
	t.Fatalf("it ended before it served: %v", <-r.ended)
	return ""
}

// serveEnv is a configuration on a simulated Tray, with keys, in a folder.
func serveEnv(t *testing.T, dir string) map[string]string {
	t.Helper()
	sim := traysim.New(traysim.Options{})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	keys := filepath.Join(dir, "keys.json")
	if err := run(t.Context(), []string{"secrets", "new", keys}, nil, nil, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"PORTICO_URL": "http://127.0.0.1:8080", "PORTICO_LISTEN": "127.0.0.1:0", "PORTICO_DATA": dir,
		"PORTICO_HOST_ISSUER": "https://app.example.com", "PORTICO_HOST_SECRET": strings.Repeat("s", 32),
		"PORTICO_TRAY_API_URL": server.URL + "/graphql", "PORTICO_TRAY_DIALOG_URL": server.URL, "PORTICO_TRAY_WEBHOOK_HOSTS": server.Listener.Addr().String(),
		"PORTICO_TRAY_MASTER_TOKEN": sim.MasterToken(), "PORTICO_TRAY_EMBEDDED_ID": sim.EmbeddedID(),
	}
}

func status(t *testing.T, address string) int {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // only the status counts
	return resp.StatusCode
}

func TestServeOwnsItsFile(t *testing.T) {
	env := serveEnv(t, t.TempDir())
	first := start(t, env, true, "serve")
	address := first.serving(t)
	if got := status(t, address+"/healthz"); got != http.StatusOK {
		t.Errorf("/healthz answers %d", got)
	}
	if got := status(t, address+"/readyz"); got != http.StatusOK {
		t.Errorf("/readyz answers %d", got)
	}
	_, err := start(t, env, true, "serve").wait()
	if err == nil || !strings.Contains(err.Error(), "is in use by process") {
		t.Errorf("a second serve on the same file ended with %v", err)
	}
	env["PASSWORD"] = filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(env["PASSWORD"], []byte("correct-horse-battery-staple\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := start(t, env, true, "user", "add", "-email", "ann@example.com", "-role", "admin", "-password-file", env["PASSWORD"]).wait(); err != nil {
		t.Errorf("adding staff while the portal runs: %v", err)
	}
	if _, err := first.stop(); err != nil {
		t.Errorf("the first ended with %v", err)
	}
	again := start(t, env, true, "serve")
	again.serving(t)
	if _, err := again.stop(); err != nil {
		t.Errorf("after the first the file is not free: %v", err)
	}
}

// TestServeWithoutTray: an Activepieces alone is enough, a community edition at that.
func TestServeWithoutTray(t *testing.T) {
	env := serveEnv(t, t.TempDir())
	for name := range env {
		if strings.HasPrefix(name, "PORTICO_TRAY_") {
			delete(env, name)
		}
	}
	sim := piecesim.New(piecesim.Options{Edition: "ce"})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	env["PORTICO_ACTIVEPIECES_URL"], env["PORTICO_ACTIVEPIECES_EMAIL"], env["PORTICO_ACTIVEPIECES_PASSWORD"] = server.URL, sim.AdminEmail(), sim.AdminPassword()
	r := start(t, env, true, "serve")
	site := r.serving(t)
	for status(t, site+"/readyz") != http.StatusOK { // jobs begin beside the server
		time.Sleep(20 * time.Millisecond)
	}
	if _, err := r.stop(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func TestServeSaysThatThePortIsTaken(t *testing.T) {
	env := serveEnv(t, t.TempDir())
	taken := httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	env["PORTICO_LISTEN"] = taken.Listener.Addr().String()
	if _, err := start(t, env, true, "serve").wait(); err == nil || !strings.Contains(err.Error(), "PORTICO_LISTEN") {
		t.Errorf("it ended with %v, want the name of the variable", err)
	}
}

// TestServeOnPostgres: any number of processes share a database, which the first of them migrates.
func TestServeOnPostgres(t *testing.T) {
	env := serveEnv(t, t.TempDir())
	env["PORTICO_DATABASE"] = pgtest.URL(t)
	both := []*running{start(t, env, true, "serve"), start(t, env, true, "serve")}
	for _, r := range both {
		if got := status(t, r.serving(t)+"/readyz"); got != http.StatusOK {
			t.Errorf("/readyz answers %d", got)
		}
	}
	for _, r := range both {
		if _, err := r.stop(); err != nil {
			t.Errorf("it ended with %v", err)
		}
	}
}

// TestServeBelowAPath: the portal's address may carry a path, which a proxy in front may leave on or take off.
func TestServeBelowAPath(t *testing.T) {
	env := serveEnv(t, t.TempDir())
	env["PORTICO_URL"] = "http://127.0.0.1:8080/portal/"
	r := start(t, env, true, "serve")
	address := r.serving(t)
	for path, want := range map[string]int{"/portal/embed.js": http.StatusOK, "/embed.js": http.StatusOK, "/portals/embed.js": http.StatusNotFound} {
		if got := status(t, address+path); got != want {
			t.Errorf("%s answers %d, want %d", path, got, want)
		}
	}
	if _, err := r.stop(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}
