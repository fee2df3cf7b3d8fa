package main

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/portal"
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
	for what, address := range map[string]string{
		"portal": o.Portal + "/healthz", "host": o.Host + "/login", "tray": o.Tray + "/", "control": o.TrayControl + "/state",
		"Activepieces": o.Pieces + "/api/v1/health", "its control": o.PiecesControl + "/state", "its script": o.SDKURL,
		"Tray CDK": o.CDK + "/", "control of Tray CDK": o.CDKControl + "/deployments",
		"commercetools": o.Connect + "/", "control of commercetools": o.ConnectControl + "/drafts",
	} {
		if got := status(t, address); got != http.StatusOK {
			t.Errorf("%s answers %d at %s", what, got, address)
		}
	}
	if !strings.HasPrefix(o.Portal, "http://127.0.0.1:") || !strings.HasPrefix(o.Host, "http://localhost:") || !strings.HasPrefix(o.Tray, "http://localhost:") || !strings.HasPrefix(o.Pieces, "http://localhost:") {
		t.Errorf("portal %s, host %s, Tray %s and Activepieces %s are not on different sites", o.Portal, o.Host, o.Tray, o.Pieces)
	}
	if o.PID != os.Getpid() || o.TrayToken == "" || o.TrayEmbeddedID == "" || len(o.APIKey) < minKey ||
		o.PiecesKey == "" || o.PiecesPassword == "" || o.SigningKeyID == "" || o.SigningKey == "" {
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
	advance(t, first.TrayControl, "72h")
	if _, err := r.stop(); err != nil {
		t.Fatal(err)
	}
	hide(t, dir, "Stripe customers")
	before := trayTime(t, dir)
	r, second := startSandbox(t, "--data", dir)
	if first.TrayToken != second.TrayToken || first.APIKey != second.APIKey || first.TrayEmbeddedID != second.TrayEmbeddedID ||
		!maps.Equal(first.CDKTokens, second.CDKTokens) || len(first.CDKTokens) != 3 || first.ClientID != second.ClientID || first.ClientSecret != second.ClientSecret || first.PiecesKey != second.PiecesKey || first.SigningKeyID != second.SigningKeyID || first.SigningKey != second.SigningKey || second.Data != dir {
		t.Error("the second start has other credentials")
	}
	if page := catalogue(t, second); strings.Contains(page, "Stripe customers") || !strings.Contains(page, "commercetools prices") {
		t.Error("the second start does not offer what staff have decided")
	}
	if _, err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if after := trayTime(t, dir); after.Before(before) {
		t.Errorf("the clock went back from %v to %v", before, after)
	}
}

// catalogue is the page that the demo user sees after signing in.
func catalogue(t *testing.T, o output) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Jar: jar}).Get(o.SignIn)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("the catalogue answers %s, %v", resp.Status, err)
	}
	return string(page)
}

// hide takes an integration off the catalogue of a sandbox that is stopped, as staff would.
func hide(t *testing.T, dir, title string) {
	t.Helper()
	s, err := openStore(t.Context(), filepath.Join(dir, "portico.db"), filepath.Join(dir, "keys.json"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // only a test
	p, err := portal.New(portal.Options{Store: s, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := s.Accounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range accounts {
		all, err := s.Integrations(t.Context(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range all {
			if g.Title != title {
				continue
			}
			if err := p.SetIntegration(t.Context(), sandboxActor, g.ID, portal.IntegrationChange{}); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("there is no integration %q", title)
}

// TestSandboxOffersBothPlatforms: templates and solutions stand side by side; a template of two flows cannot be offered.
func TestSandboxOffersBothPlatforms(t *testing.T) {
	r, o := startSandbox(t)
	page := catalogue(t, o)
	for title, want := range map[string]bool{"Zendesk tickets": true, "Stripe customers": true, "commercetools prices": true, "Tickets both ways": false} {
		if got := strings.Contains(page, title); got != want {
			t.Errorf("the catalogue shows %q: got %v, want %v", title, got, want)
		}
	}
	if _, err := r.stop(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// TestSandboxPassesTheCheck: what the sandbox prints is a configuration in which the real check finds no fault, and whose
// proof leaves nothing behind.
func TestSandboxPassesTheCheck(t *testing.T) {
	_, o := startSandbox(t)
	dir := t.TempDir()
	key := filepath.Join(dir, "signing.pem")
	if err := os.WriteFile(key, []byte(o.SigningKey), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"PORTICO_URL": o.Portal, "PORTICO_DATA": dir, "PORTICO_KEYS_FILE": filepath.Join(o.Data, "keys.json"),
		"PORTICO_HOST_ISSUER": o.Host, "PORTICO_HOST_SECRET": strings.Repeat("s", 32), "PORTICO_HOST_ORIGINS": o.Host,
		"PORTICO_ACTIVEPIECES_URL": o.Pieces, "PORTICO_ACTIVEPIECES_API_KEY": o.PiecesKey, "PORTICO_ACTIVEPIECES_SDK_URL": o.SDKURL,
		"PORTICO_ACTIVEPIECES_EMAIL": o.PiecesEmail, "PORTICO_ACTIVEPIECES_PASSWORD": o.PiecesPassword,
		"PORTICO_ACTIVEPIECES_SIGNING_KEY_ID": o.SigningKeyID, "PORTICO_ACTIVEPIECES_SIGNING_KEY_FILE": key,
	}
	lines, err := start(t, env, false, "check", "--prove").wait()
	if err != nil || !strings.Contains(strings.Join(lines, "\n"), "all that was made for it is removed") {
		t.Errorf("the check ended with %v and said\n%s", err, strings.Join(lines, "\n"))
	}
}
