package e2e

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSandboxWords starts the sandbox as a newcomer does, and follows what it prints.
func TestSandboxWords(t *testing.T) {
	t.Parallel()
	p := start(t, nil, "sandbox", "--listen", "127.0.0.1:0")
	var said []string
	for len(said) == 0 || !strings.Contains(said[len(said)-1], "Ctrl-C") {
		said = append(said, p.line())
	}
	var addresses []string
	shell := func(line string) bool { return strings.Contains(line, "curl ") || strings.Contains(line, "--json ") }
	for _, word := range strings.Fields(strings.Join(slices.DeleteFunc(said, shell), " ")) {
		if strings.HasPrefix(word, "http://") {
			addresses = append(addresses, strings.TrimRight(word, ".,;"))
		}
	}
	if len(addresses) < 5 {
		t.Fatalf("it prints %d addresses:\n%s", len(addresses), strings.Join(said, ""))
	}
	for _, address := range addresses {
		b := newBrowser(t)
		if b.open(address); b.status != http.StatusOK && b.status != http.StatusUnauthorized {
			t.Errorf("%s answers with status %d", address, b.status)
		}
	}
}

// TestSandboxKeeps starts a sandbox twice with the same folder.
func TestSandboxKeeps(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	s := newSandbox(t, "-data", dir)
	at := s.site.newcomerAs("keeper")
	at.begins("HubSpot contacts")
	at.gives("Contacts")
	at.isOn()
	path := at.url.Path
	s.stop()

	again := newSandbox(t, "-data", dir)
	p := again.site.newcomerAs("keeper")
	p.open(again.portal + path)
	p.isOn()
	p.sees("Contacts")
	again.wantConnected(p, "hubspot")
	p.press("power")
	p.comes("it to be off", func() bool { return p.power() == "false" && !p.busy() })
}

// newcomerAs is a person by a name of the test's choice.
func (s site) newcomerAs(sub string) *person {
	s.t.Helper()
	return s.visitor(claims{"sub": sub, "name": "Named " + sub, "workspace": map[string]any{"id": "of-" + sub, "name": "Of " + sub}})
}

// TestHost walks through the sample host without scripts: its form brings the token, its frame shows the portal.
func TestHost(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	b := newBrowser(t)
	b.open(s.host)
	b.press("Sign in as Nancy Freehafer")
	b.follow("Integrations")
	button := b.named("button", "Open integrations")
	f := b.frame()
	f.submit(button.Closest("form"), button)
	if f.status != http.StatusOK || f.url.Host != hostOf(t, s.portal) {
		t.Fatalf("the form leads to %s with status %d", f.url, f.status)
	}
	f.follow("HubSpot contacts")
	f.press("Connect")
	p := &person{browser: f, home: s.site, sub: "u_1043"}
	p.prepared()
	p.press("open")
	dialog := p.follow("dialog")
	if dialog.frameOf != "" {
		t.Error("the dialog opens in the frame")
	}
	dialog.signInAtTray("Contacts of Nancy")
	p.press("check")
	p.isOn()
	s.wantConnected(p, "hubspot")

	b.reload()
	tab := b.tab()
	button = tab.named("button", "Open in a new tab")
	tab.submit(button.Closest("form"), button)
	tab.sees("HubSpot contacts")
	if tab.url.Path != "/integrations" {
		t.Errorf("a new tab leads to %s", tab.url)
	}
}

// TestStrangers asks for pages without a session.
func TestStrangers(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	b := newBrowser(t)
	for path, want := range map[string]int{
		"/": 401, "/integrations": 401, "/integrations/x": 401, "/instances/x": 401, "/admin": 401, "/admin/instances": 401, "/admin/sign-in": 200,
		"/nowhere": 404, "/healthz": 200, "/readyz": 200, "/robots.txt": 200, "/embed.js": 200, "/favicon.svg": 200, "/api/v1/openapi.json": 200,
	} {
		if b.open(s.portal + path); b.status != want {
			t.Errorf("%s answers with status %d, want %d", path, b.status, want)
		}
		answer, err := http.Head(s.portal + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close() //nolint:errcheck // has none
		if answer.StatusCode != want {
			t.Errorf("HEAD %s answers with status %d, want %d", path, answer.StatusCode, want)
		}
	}
}
