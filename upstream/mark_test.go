package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"portico/upstream"
)

// once is a body that can be read one time, and says whether it was opened again.
type once struct {
	io.Reader
	reopened int
}

func (*once) Close() error { return nil }

func (o *once) open() (io.ReadCloser, error) {
	o.reopened++
	return nil, errors.New("a long body was opened to be recorded")
}

func TestRecordedAsDoesNotReadTheBody(t *testing.T) {
	const words = `{"source":"(base64 of 48123 bytes, sha256 1f3a9c5d7e2b4a60)"}`
	for _, reopens := range []bool{true, false} {
		var call upstream.Call
		p := &platform{script: []func(*http.Request) (*http.Response, error){says(200, "{}")}}
		c := upstream.NewClient(upstream.Options{Transport: p, Record: func(_ context.Context, got upstream.Call) { call = got }})
		ctx := upstream.Hiding(upstream.RecordedAs(t.Context(), words), "48123 bytes")
		body := &once{Reader: strings.NewReader("the body itself")}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://platform.test/x", body)
		if err != nil {
			t.Fatal(err)
		}
		if reopens {
			req.GetBody = body.open
		}
		if _, err := c.HTTP.Do(req); err != nil {
			t.Fatal(err)
		}
		if want := "POST https://platform.test/x\n" + strings.ReplaceAll(words, "48123 bytes", "•••"); call.Request != want {
			t.Errorf("recorded %s, want %s", call.Request, want)
		}
		if p.bodies[0] != "the body itself" || body.reopened != 0 {
			t.Errorf("sent %q, opened %d times more", p.bodies[0], body.reopened)
		}
	}
}

func TestQuietlyRecordsFailuresOnly(t *testing.T) {
	found := func(int, []byte) *upstream.Error { return &upstream.Error{Kind: upstream.Refused} }
	for _, tt := range []struct {
		name   string
		answer func(*http.Request) (*http.Response, error)
		check  func(int, []byte) *upstream.Error
		want   int
	}{
		{"a success", says(200, "{}"), nil, 0},
		{"a refusal", says(401, "{}"), nil, 1},
		{"a lost answer", breaks(io.ErrUnexpectedEOF), nil, 1},
		{"a success with a fault in it", says(200, "{}"), found, 1},
	} {
		var calls []upstream.Call
		p := &platform{script: []func(*http.Request) (*http.Response, error){tt.answer}}
		c := upstream.NewClient(upstream.Options{Transport: p, Record: func(_ context.Context, got upstream.Call) { calls = append(calls, got) }})
		post(upstream.Quietly(upstream.Checked(t.Context(), tt.check)), c)
		if len(calls) != tt.want || len(p.at) != 1 {
			t.Errorf("%s: recorded %+v of %d tries, want %d", tt.name, calls, len(p.at), tt.want)
		}
	}
}

func TestOnceIsSentOnce(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &platform{script: []func(*http.Request) (*http.Response, error){says(503, ""), says(200, "{}")}}
				c := upstream.NewClient(upstream.Options{Transport: p})
				req, err := http.NewRequestWithContext(upstream.Once(upstream.Safe(t.Context())), method, "https://platform.test/x", nil)
				if err != nil {
					t.Fatal(err)
				}
				answer, err := c.HTTP.Do(req)
				if err != nil {
					t.Fatal(fmt.Errorf("got %w, want the first answer", err))
				}
				if answer.StatusCode != 503 || len(p.at) != 1 {
					t.Errorf("got %d after %d tries, want the first answer", answer.StatusCode, len(p.at))
				}
			})
		})
	}
}

// A kept connection that breaks is no reason to ask again either, though net/http thinks so of what it may repeat.
func TestOnceIsSentOnceOnAKeptConnection(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if asked.Add(1) > 1 {
			panic(http.ErrAbortHandler)
		}
	}))
	defer server.Close()
	c := upstream.NewClient(upstream.Options{})
	for n := range 2 {
		req, err := http.NewRequestWithContext(upstream.Once(t.Context()), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := c.HTTP.Do(req)
		if err == nil {
			answer.Body.Close() //nolint:errcheck // it has been read
		}
		if (err == nil) != (n == 0) {
			t.Errorf("call %d: %v", n, err)
		}
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("asked %d times, want 2", n)
	}
}
