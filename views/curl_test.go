package views

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"portico/store"
)

// TestCurl has a shell take the words apart again.
func TestCurl(t *testing.T) {
	for name, r := range map[string]store.PlannedRequest{
		"a get":       {Method: "GET", URL: "https://api.example/a b?c=$d"},
		"a quote":     {Method: "POST", URL: "https://api.example/", Body: `{"name":"it's $HOME ` + "`id`" + ` \\ \"x\""}`, Header: map[string]string{"Content-Type": "application/json"}},
		"many lines":  {Method: "POST", URL: "https://api.example/", Body: "{\n  \"a\": 1\n}\n"},
		"two headers": {Method: "DELETE", URL: "https://api.example/", Header: map[string]string{"B": "2", "A": "it's 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			script := "curl() { for w in \"$@\"; do printf '%s\\0' \"$w\"; done; }\n" + Curl(r)
			out, err := exec.Command("sh", "-c", script).Output()
			if err != nil {
				t.Fatal(err)
			}
			words := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
			want := []string{"--request", r.Method, r.URL}
			for _, n := range []string{"A", "B", "Content-Type"} {
				if v, ok := r.Header[n]; ok {
					want = append(want, "--header", n+": "+v)
				}
			}
			if r.Body != "" {
				want = append(want, "--data", r.Body)
			}
			if strings.Join(words, "|") != strings.Join(want, "|") {
				t.Errorf("got  %q\nwant %q", words, want)
			}
		})
	}
}

func TestCurlNamesTheToken(t *testing.T) {
	got := Curl(store.PlannedRequest{Method: "GET", URL: "https://api.example/", Token: "TRAY_TOKEN_US"})
	if !strings.Contains(got, `"Authorization: Bearer $TRAY_TOKEN_US"`) {
		t.Errorf("got %s", got)
	}
	if Curl(store.PlannedRequest{}) != "" {
		t.Error("no call is no command")
	}
}

// TestCurlOfAnArchive has a shell make the body of a file.
func TestCurlOfAnArchive(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "it's.zip"), []byte(strings.Repeat("PK", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command("sh", "-c", "curl() { for w in \"$@\"; do last=$w; done; cat \"${last#@}\"; }\n"+
		Curl(store.PlannedRequest{Method: "POST", URL: "https://api.example/", Body: `{"connectorSourceCode":"(200 bytes)"}`, File: "it's.zip"}))
	command.Dir = dir
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"connectorSourceCode":"` + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("PK", 100))) + `"}`; string(out) != want {
		t.Errorf("got  %s\nwant %s", out, want)
	}
}
