package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"testing"
)

func startSandbox(t *testing.T, args ...string) (*running, output) {
	t.Helper()
	r := start(t, nil, false, append([]string{"sandbox", "-listen", "127.0.0.1:0", "-json"}, args...)...)
	line, ok := <-r.lines
	if !ok {
		t.Fatalf("the sandbox ended before it was ready: %v", <-r.ended)
	}
	var o output
	if err := json.Unmarshal([]byte(line), &o); err != nil {
		t.Fatalf("the first line is no JSON: %v", err)
	}
	return r, o
}

// follow asks for an address and returns the answer, with redirects not followed.
func follow(t *testing.T, address string) *http.Response {
	t.Helper()
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close() //nolint:errcheck // only the head counts
	return resp
}

func TestSandboxPrintsOneLine(t *testing.T) {
	r, o := startSandbox(t)
	for what, address := range map[string]string{"portal": o.Portal + "/healthz", "host": o.Host + "/login", "tray": o.Tray + "/", "control": o.TrayControl + "/state"} {
		if got := status(t, address); got != http.StatusOK {
			t.Errorf("%s answers %d at %s", what, got, address)
		}
	}
	if !strings.HasPrefix(o.Portal, "http://127.0.0.1:") || !strings.HasPrefix(o.Host, "http://localhost:") || !strings.HasPrefix(o.Tray, "http://localhost:") {
		t.Errorf("portal %s, host %s and Tray %s are not on different sites", o.Portal, o.Host, o.Tray)
	}
	if o.PID != os.Getpid() || o.TrayToken == "" || o.TrayEmbeddedID == "" || len(o.APIKey) < minKey {
		t.Error("the line lacks the process or a demo credential")
	}
	rest, err := r.stop()
	if err != nil || len(rest) > 0 {
		t.Errorf("it ended with %v and printed %d more lines", err, len(rest))
	}
	if _, err := os.Stat(o.Data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its temporary folder is still there (%v)", err)
	}
}

func TestSandboxSignsInAgainAndAgain(t *testing.T) {
	_, o := startSandbox(t)
	for what, address := range map[string]string{"user": o.SignIn, "admin": o.AdminSignIn} {
		seen := map[string]bool{}
		for range 2 {
			resp := follow(t, address)
			if resp.StatusCode != http.StatusSeeOther || len(resp.Cookies()) != 1 {
				t.Fatalf("%s: the sign-in address answers %d with %d cookies, want 303 with one", what, resp.StatusCode, len(resp.Cookies()))
			}
			seen[resp.Cookies()[0].Value] = true
		}
		if len(seen) != 2 {
			t.Errorf("%s: signing in twice opens %d sessions, want 2", what, len(seen))
		}
	}
}

func TestSandboxFindsEverythingAgain(t *testing.T) {
	dir := t.TempDir()
	r, first := startSandbox(t, "-data", dir)
	advance(t, first, "72h")
	if _, err := r.stop(); err != nil {
		t.Fatal(err)
	}
	before := trayTime(t, dir)
	r, second := startSandbox(t, "--data", dir)
	if first.TrayToken != second.TrayToken || first.APIKey != second.APIKey || first.TrayEmbeddedID != second.TrayEmbeddedID || second.Data != dir {
		t.Error("the second start has other credentials")
	}
	if resp := follow(t, second.SignIn); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("the second start's sign-in address answers %d", resp.StatusCode)
	}
	if _, err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if after := trayTime(t, dir); after.Before(before) {
		t.Errorf("the clock went back from %v to %v", before, after)
	}
}
