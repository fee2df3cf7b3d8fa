package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"portico/upstream"
)

// platform answers by script, in order, and repeats the last answer.
type platform struct {
	mu      sync.Mutex
	script  []func(*http.Request) (*http.Response, error)
	at      []time.Time
	bodies  []string
	headers []http.Header
}

func (p *platform) RoundTrip(req *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = append(p.at, time.Now())
	p.headers = append(p.headers, req.Header)
	body := ""
	if req.Body != nil {
		b, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		body = string(b)
	}
	p.bodies = append(p.bodies, body)
	return p.script[min(len(p.at), len(p.script))-1](req)
}

func says(status int, body string, header ...string) func(*http.Request) (*http.Response, error) {
	return func(req *http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
	}
}

func breaks(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// hangs answers nothing until the try is given up.
func hangs(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// stalls sends a status and then nothing of the body.
func stalls(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(stalled{req.Context()})}, nil
}

type stalled struct{ ctx context.Context }

func (s stalled) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

func post(ctx context.Context, c *upstream.Client) (int, *upstream.Error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://platform.test/graphql", strings.NewReader(`{"a":1}`))
	if err != nil {
		panic(err)
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return 0, upstream.Failed("test", "op", err)
	}
	defer resp.Body.Close()
	return resp.StatusCode, nil
}

func TestRetries(t *testing.T) {
	ok := says(200, `{}`)
	for _, tt := range []struct {
		name      string
		safe      bool
		script    []func(*http.Request) (*http.Response, error)
		wantTries int
		wantCode  int // 0: an error
	}{
		{"query after 503", true, []func(*http.Request) (*http.Response, error){says(503, ""), ok}, 2, 200},
		{"query after 429", true, []func(*http.Request) (*http.Response, error){says(429, ""), ok}, 2, 200},
		{"query after a lost connection", true, []func(*http.Request) (*http.Response, error){breaks(io.ErrUnexpectedEOF), ok}, 2, 200},
		{"query after a timeout", true, []func(*http.Request) (*http.Response, error){hangs, ok}, 2, 200},
		{"query after a stalled body", true, []func(*http.Request) (*http.Response, error){stalls, ok}, 2, 200},
		{"query gives up", true, []func(*http.Request) (*http.Response, error){says(500, "")}, 3, 500},
		{"query gives up on connections", true, []func(*http.Request) (*http.Response, error){breaks(io.EOF)}, 3, 0},
		{"query refused", true, []func(*http.Request) (*http.Response, error){says(401, "")}, 1, 401},
		{"query answered with a 501", true, []func(*http.Request) (*http.Response, error){says(501, "")}, 1, 501},
		{"query told to wait longer than we do", true, []func(*http.Request) (*http.Response, error){says(429, "", "Retry-After", "3600"), ok}, 1, 429},
		{"mutation after 503", false, []func(*http.Request) (*http.Response, error){says(503, ""), ok}, 1, 503},
		{"mutation after 429", false, []func(*http.Request) (*http.Response, error){says(429, ""), ok}, 1, 429},
		{"mutation after a lost connection", false, []func(*http.Request) (*http.Response, error){breaks(io.EOF), ok}, 1, 0},
		{"mutation after a timeout", false, []func(*http.Request) (*http.Response, error){hangs, ok}, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &platform{script: tt.script}
				var calls []upstream.Call
				c := upstream.NewClient(upstream.Options{Platform: "test", Account: "a", Transport: p,
					Record: func(_ context.Context, call upstream.Call) { calls = append(calls, call) }})
				ctx := upstream.Named(t.Context(), "op")
				if tt.safe {
					ctx = upstream.Safe(ctx)
				}
				got, err := post(ctx, c)
				if got != tt.wantCode || (err == nil) != (tt.wantCode != 0) {
					t.Errorf("got status %d, %v; want %d", got, err, tt.wantCode)
				}
				if len(p.at) != tt.wantTries {
					t.Errorf("got %d tries, want %d", len(p.at), tt.wantTries)
				}
				for i, body := range p.bodies {
					if body != `{"a":1}` {
						t.Errorf("try %d sent %q", i+1, body)
					}
				}
				if len(calls) != 1 {
					t.Fatalf("recorded %d calls, want 1", len(calls))
				}
				if call := calls[0]; call.Tries != tt.wantTries || call.Operation != "op" || call.Status != tt.wantCode || (call.Err == "") != (tt.wantCode == 200) {
					t.Errorf("recorded %+v", call)
				}
			})
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	for _, tt := range []struct {
		name, header string
		want         time.Duration
	}{
		{"seconds", "3", 3 * time.Second},
		{"date", "Sat, 01 Jan 2000 00:00:04 GMT", 4 * time.Second}, // synctest's clock starts at 2000-01-01
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &platform{script: []func(*http.Request) (*http.Response, error){says(429, "", "Retry-After", tt.header), says(200, "{}")}}
				c := upstream.NewClient(upstream.Options{Transport: p})
				if got, err := post(upstream.Safe(t.Context()), c); got != 200 || err != nil {
					t.Fatalf("got %d, %v", got, err)
				}
				if got := p.at[1].Sub(p.at[0]); got != tt.want {
					t.Errorf("waited %s, want %s", got, tt.want)
				}
			})
		})
	}
}

func TestCheckDecidesOnRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{script: []func(*http.Request) (*http.Response, error){says(200, "bad"), says(200, "good")}}
		var call upstream.Call
		c := upstream.NewClient(upstream.Options{Transport: p, Record: func(_ context.Context, got upstream.Call) { call = got }})
		check := func(_ int, body []byte) *upstream.Error {
			if string(body) == "good" {
				return nil
			}
			return &upstream.Error{Kind: upstream.Unavailable, Message: "told so", RequestID: "id-1"}
		}
		if _, err := post(upstream.Checked(upstream.Safe(t.Context()), check), c); err != nil || call.Tries != 2 || call.Err != "" {
			t.Errorf("query: got %v, recorded %+v; want a second try", err, call)
		}
		p.at = nil
		if _, err := post(upstream.Checked(t.Context(), check), c); err != nil || call.Tries != 1 || !strings.Contains(call.Err, "told so") || call.RequestID != "id-1" {
			t.Errorf("mutation: got %v, recorded %+v; want one try and its error", err, call)
		}
	})
}

func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{script: []func(*http.Request) (*http.Response, error){says(500, "")}}
		var last upstream.Call
		c := upstream.NewClient(upstream.Options{Transport: p, BreakerAfter: 3, BreakerDelay: time.Minute,
			Record: func(_ context.Context, call upstream.Call) { last = call }})
		for range 3 {
			if got, err := post(t.Context(), c); got != 500 {
				t.Fatalf("got %d, %v", got, err)
			}
		}
		if got := c.Breaker(); got != "open" {
			t.Errorf("after 3 failures the breaker is %s, want open", got)
		}
		_, err := post(t.Context(), c)
		if err == nil || err.Kind != upstream.Unavailable || err.OutcomeUnknown() || !err.Temporary() || err.RetryAfter != time.Minute {
			t.Errorf("got %#v, want unavailable, not sent, to be tried again in a minute", err)
		}
		if len(p.at) != 3 || last.Tries != 0 {
			t.Errorf("the platform was called %d times and %d tries recorded, want 3 and 0", len(p.at), last.Tries)
		}
		time.Sleep(time.Minute) // synctest's clock
		p.script = append(p.script[:0], says(200, "{}"))
		if got, err := post(t.Context(), c); got != 200 {
			t.Errorf("after the delay: got %d, %v", got, err)
		}
		if got := c.Breaker(); got != "closed" {
			t.Errorf("after a success the breaker is %s, want closed", got)
		}
	})
}

func TestBreakerIgnoresRefusalsAndCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{script: []func(*http.Request) (*http.Response, error){says(401, ""), says(429, ""), says(404, ""), hangs}}
		c := upstream.NewClient(upstream.Options{Transport: p, BreakerAfter: 1})
		for range 3 {
			post(t.Context(), c)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := post(ctx, c); err == nil || err.Kind != upstream.Canceled || !err.OutcomeUnknown() {
			t.Errorf("got %v, want canceled with an unknown outcome", err)
		}
		if got := c.Breaker(); got != "closed" {
			t.Errorf("the breaker is %s, want closed", got)
		}
	})
}

func TestRateLimitHoldsInEveryWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{script: []func(*http.Request) (*http.Response, error){says(200, "{}")}}
		c := upstream.NewClient(upstream.Options{Transport: p, RatePerSecond: 30, PerMinute: 100})
		for range 150 {
			if _, err := post(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		for i := range p.at {
			for _, window := range []struct {
				calls int
				long  time.Duration
			}{{30, time.Second}, {100, time.Minute}} {
				if j := i + window.calls; j < len(p.at) && p.at[j].Sub(p.at[i]) < window.long {
					t.Fatalf("calls %d to %d came within %s", i, j, p.at[j].Sub(p.at[i]))
				}
			}
		}
	})
}

func TestRateLimitRefusesWhatCannotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{script: []func(*http.Request) (*http.Response, error){says(200, "{}")}}
		c := upstream.NewClient(upstream.Options{Transport: p, PerMinute: 1})
		post(t.Context(), c)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := post(ctx, c)
		if err == nil || err.Kind != upstream.Limited || err.OutcomeUnknown() || !err.Temporary() || len(p.at) != 1 {
			t.Errorf("got %#v after %d calls, want limited and not sent", err, len(p.at))
		}
	})
}

func TestWhatIsNotSentIsKnown(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	address := server.URL
	server.Close() // nobody listens there now
	c := upstream.NewClient(upstream.Options{Platform: "test"})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/?code=canary-code-1", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.HTTP.Do(req) //nolint:bodyclose // there is none
	failed := upstream.Failed("test", "op", err)
	if failed.Kind != upstream.Unavailable || failed.OutcomeUnknown() || !errors.Is(failed, upstream.ErrNotSent) {
		t.Errorf("got %v, want unavailable and not sent", failed)
	}
	if strings.Contains(failed.Error(), "canary") {
		t.Errorf("the error shows the address: %s", failed)
	}
}

func TestLostAnswerLeavesTheOutcomeOpen(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "{")
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(server.Close)
	c := upstream.NewClient(upstream.Options{})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.HTTP.Do(req) //nolint:bodyclose // there is none
	if e := upstream.Failed("test", "op", err); e.Kind != upstream.Unavailable || !e.OutcomeUnknown() {
		t.Errorf("got %v, want unavailable with an unknown outcome", e)
	}
}

func TestLimitsAndHeaders(t *testing.T) {
	p := &platform{script: []func(*http.Request) (*http.Response, error){
		says(200, strings.Repeat("x", 101)), says(302, "", "Location", "https://elsewhere.test/"), says(200, "ok")}}
	var calls []upstream.Call
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	c := upstream.NewClient(upstream.Options{Platform: "test", Account: "acc", Transport: p, MaxBody: 100, UserAgent: "Portico/test",
		Now:    func() time.Time { return now },
		Record: func(_ context.Context, call upstream.Call) { calls = append(calls, call) }})
	if _, err := post(t.Context(), c); err == nil || err.Kind != upstream.Malformed || !err.OutcomeUnknown() {
		t.Errorf("an answer that is too long: got %v, want malformed", err)
	}
	if got, err := post(t.Context(), c); got != 302 || len(p.at) != 2 {
		t.Errorf("a redirect: got %d, %v after %d calls; want it not followed", got, err, len(p.at))
	}
	if calls[1].Err == "" || calls[1].Account != "acc" || !calls[1].Started.Equal(now) {
		t.Errorf("a redirect is recorded as %+v", calls[1])
	}
	if got := p.headers[0].Get("User-Agent"); got != "Portico/test" {
		t.Errorf("User-Agent is %q", got)
	}
}

func TestErrorMeans(t *testing.T) {
	var temporary, unknown []upstream.Kind
	for _, kind := range []upstream.Kind{upstream.Unauthorized, upstream.Forbidden, upstream.NotFound, upstream.Exists, upstream.Refused,
		upstream.Unlicensed, upstream.Invalid, upstream.Limited, upstream.Unavailable, upstream.Malformed, upstream.Canceled} {
		e := &upstream.Error{Platform: "p", Operation: "o", Kind: kind, Code: "c", Message: "m"}
		if e.Temporary() {
			temporary = append(temporary, kind)
		}
		if e.OutcomeUnknown() {
			unknown = append(unknown, kind)
		}
		if got, want := e.Error(), "p: o: "+string(kind)+": c: m"; got != want {
			t.Errorf("Error: got %q, want %q", got, want)
		}
	}
	if want := []upstream.Kind{upstream.Limited, upstream.Unavailable, upstream.Malformed, upstream.Canceled}; !slices.Equal(temporary, want) {
		t.Errorf("temporary: got %v, want %v", temporary, want)
	}
	if want := []upstream.Kind{upstream.Unavailable, upstream.Malformed, upstream.Canceled}; !slices.Equal(unknown, want) {
		t.Errorf("outcome unknown: got %v, want %v", unknown, want)
	}
}

func TestFromResponse(t *testing.T) {
	for _, tt := range []struct {
		status      int
		body        string
		wantKind    upstream.Kind
		wantMessage string
	}{
		{401, `{"message":"The request is unauthorized"}`, upstream.Unauthorized, "The request is unauthorized"},
		{403, "go\n\naway", upstream.Forbidden, "go away"},
		{404, `<html><title>no</title>`, upstream.NotFound, ""},
		{409, `{"detail":"there"}`, upstream.Refused, "there"},
		{400, `{"title":7}`, upstream.Invalid, ""},
		{429, `null`, upstream.Limited, ""},
		{503, strings.Repeat("é", 600), upstream.Unavailable, strings.Repeat("é", 499) + "…"},
		{301, "", upstream.Invalid, ""},
	} {
		resp := &http.Response{StatusCode: tt.status, Header: http.Header{"Retry-After": {"7"}, "X-Request-Id": {"r1"}}}
		got := upstream.FromResponse("p", "o", resp, []byte(tt.body))
		if got.Kind != tt.wantKind || got.Message != tt.wantMessage || got.Status != tt.status || got.RetryAfter != 7*time.Second || got.RequestID != "r1" {
			t.Errorf("%d %.40s: got %+v", tt.status, tt.body, got)
		}
	}
}
