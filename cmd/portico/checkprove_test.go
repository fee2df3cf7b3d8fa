package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"portico/sandbox/piecesim"
)

// control uses a simulator's controls and returns what they answer.
func control(t *testing.T, method, address, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s answers %s, %s, %v", method, address, resp.Status, b, err)
	}
	return string(b)
}

// TestProofIsUndoneWhenStopped: who stops a proof half way finds nothing of it left at Activepieces.
func TestProofIsUndoneWhenStopped(t *testing.T) {
	sim := piecesim.New(piecesim.Options{})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	keys := filepath.Join(dir, "keys.json")
	if err := run(t.Context(), []string{"secrets", "new", keys}, nil, nil, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"PORTICO_URL": "http://127.0.0.1:8080", "PORTICO_DATA": dir, "PORTICO_HOST_ISSUER": "https://app.example.com",
		"PORTICO_HOST_SECRET": strings.Repeat("s", 32), "PORTICO_ACTIVEPIECES_URL": server.URL, "PORTICO_ACTIVEPIECES_API_KEY": sim.APIKey(),
	}
	before := control(t, http.MethodGet, server.URL+"/_control/state", "")
	control(t, http.MethodPost, server.URL+"/_control/faults", `{"operation":"POST /api/v1/global-connections","kind":"hold_after","times":1}`)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out strings.Builder
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"check", "--prove"}, func(name string) string { return env[name] }, nil, &out, io.Discard)
	}()
	control(t, http.MethodGet, server.URL+"/_control/held?wait=60s", "")
	if now := control(t, http.MethodGet, server.URL+"/_control/state", ""); now == before {
		t.Error("nothing has been made when the proof is stopped")
	}
	stop()
	if err := <-ended; err == nil {
		t.Error("a proof that was stopped is told as one without faults")
	}
	if after := control(t, http.MethodGet, server.URL+"/_control/state", ""); after != before {
		t.Errorf("before the proof there was %s, and after it %s\n%s", before, after, out.String())
	}
}
