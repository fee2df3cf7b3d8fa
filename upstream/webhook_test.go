package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"portico/upstream"
)

func TestTrigger(t *testing.T) {
	var got *http.Request
	var sent string
	elsewhere := 0
	mux := http.NewServeMux()
	mux.HandleFunc("/run", func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got, sent = r, string(b)
		w.WriteHeader(202)
		fmt.Fprint(w, "started")
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) { elsewhere++ })
	mux.HandleFunc("/long", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("é", 64<<10)) })
	mux.HandleFunc("/lost", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)

	var calls []upstream.Call
	recorded := upstream.NewClient(upstream.Options{Platform: "tray", Record: func(_ context.Context, c upstream.Call) { calls = append(calls, c) }})
	c := upstream.NewWebhooks("tray", []string{strings.TrimPrefix(server.URL, "http://")}, recorded.HTTP)

	answer, err := c.Trigger(t.Context(), server.URL+"/run")
	if err != nil || answer.Status != 202 || answer.Body != "started" || answer.Truncated || answer.Duration <= 0 {
		t.Errorf("got %+v, %v", answer, err)
	}
	if got.Method != http.MethodPost || sent != "{}" || got.Header.Get("Authorization") != "" || got.Header.Get("Cookie") != "" {
		t.Errorf("sent %s %q with %v", got.Method, sent, got.Header)
	}
	if answer, err := c.Trigger(t.Context(), server.URL+"/away"); err != nil || answer.Status != 307 || elsewhere != 0 {
		t.Errorf("a redirect: got %+v, %v, followed %d times", answer, err, elsewhere)
	}
	if answer, err := c.Trigger(t.Context(), server.URL+"/long"); err != nil || !answer.Truncated || len(answer.Body) > 64<<10 || !utf8.ValidString(answer.Body) {
		t.Errorf("a long answer: got %d bytes, %v", len(answer.Body), err)
	}
	if _, err := c.Trigger(t.Context(), server.URL+"/lost"); !upstream.IsKind(err, upstream.Unavailable) {
		t.Errorf("a lost answer: got %v", err)
	}
	if len(calls) != 4 || calls[3].Tries != 1 || calls[0].Operation != "trigger" {
		t.Errorf("recorded %+v", calls)
	}
}

func TestTriggerCallsWebhookHostsOnly(t *testing.T) {
	refuse := roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("reached") })
	hosts := []string{"*.trayapp.io", "*.integration-hook.com", "localhost:8082", "hooks.test", "10.0.0.1:80", "flows.test:443"}
	c := upstream.NewWebhooks("tray", hosts, &http.Client{Transport: refuse})
	for address, allowed := range map[string]bool{
		"https://936acb30.trayapp.io":           true,
		"https://936ACB30.TrayApp.io/x?y=z":     true,
		"https://936acb30.trayapp.io:443/":      true,
		"https://acme.integration-hook.com":     true,
		"https://936acb30.eu1.trayapp.io":       true,
		"http://localhost:8082/hook":            true,
		"https://hooks.test":                    true,
		"https://flows.test/api":                true,
		"https://flows.test:443/api":            true,
		"http://flows.test:443/api":             false,
		"http://936acb30.trayapp.io":            false,
		"https://trayapp.io":                    false,
		"https://.trayapp.io":                   false,
		"https://eviltrayapp.io":                false,
		"https://trayapp.io.evil.test":          false,
		"https://x.trayapp.io.":                 false,
		"https://x.trayapp.io:8443":             false,
		"https://x.trayapp.io@evil.test":        false,
		"https://u:p@x.trayapp.io":              false,
		"https://evil.test/#.trayapp.io":        false,
		"https://evil.test?.trayapp.io":         false,
		"https://evil.test\\.trayapp.io":        false,
		"http://localhost:8083/hook":            false,
		"http://localhost":                      false,
		"http://10.0.0.1:80":                    false,
		"http://hooks.test":                     false,
		"https://169.254.169.254/":              false,
		"file:///etc/passwd":                    false,
		"gopher://localhost:8082":               false,
		"//x.trayapp.io":                        false,
		"":                                      false,
		"https://x.trayapp.io\r\nHost: evil":    false,
		"https://[::1%25.trayapp.io]/":          false,
		"javascript:alert(1)//https://trayapp.": false,
	} {
		_, err := c.Trigger(t.Context(), address)
		if got := !errors.Is(err, upstream.ErrNotWebhookHost); got != allowed {
			t.Errorf("%q: allowed is %t (%v), want %t", address, got, err, allowed)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
