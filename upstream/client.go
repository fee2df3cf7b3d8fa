package upstream

import (
	"context"
	"net/http"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"golang.org/x/time/rate"

	"portico/secret"
)

// Defaults of Options, and the limits that are the same for every account.
const (
	defaultTimeout      = 10 * time.Second
	defaultMaxTries     = 3
	defaultMaxBody      = 8 << 20
	defaultBreakerAfter = 5
	defaultBreakerDelay = 5 * time.Second
	defaultUserAgent    = "Portico"

	maxRecorded  = 16 << 10 // bytes of a request or an answer that are recorded
	maxRedacted  = 1 << 20  // bytes of a body that are looked through to record it
	firstBackoff = 200 * time.Millisecond
	maxBackoff   = 2 * time.Second
	// maxRetryAfter is how long a call waits for a platform that says when to
	// come back; if it says longer, the call fails and the caller comes back.
	maxRetryAfter = 5 * time.Second
)

// Options describe the client of one account. The zero value of each field but
// Platform and Account gives the default.
type Options struct {
	Platform string // in errors and records: "tray"
	Account  string // in records

	// RatePerSecond and PerMinute are the platform's limits, held in every
	// second and every minute; 0 means none.
	RatePerSecond int
	PerMinute     int

	Timeout      time.Duration // of one try, body included; 10 s
	MaxTries     int           // of a safe request; 3
	MaxBody      int64         // bytes of an answer, uncompressed; 8 MiB
	BreakerAfter uint          // failures in a row that open the breaker; 5
	BreakerDelay time.Duration // until it lets one call through; 5 s

	UserAgent string            // "Portico"
	Now       func() time.Time  // time.Now
	Record    Recorder          // nobody
	Transport http.RoundTripper // below all of this; a copy of http.DefaultTransport
	Secrets   []secret.Text     // removed from records wherever they appear; those in headers are known
}

// Client is the HTTP client of one account.
type Client struct {
	// HTTP sends the requests. Its errors are *Error inside *url.Error: pass
	// them through Failed. It follows no redirects, which no API of ours uses
	// and which would take the token elsewhere.
	HTTP *http.Client

	breaker circuitbreaker.CircuitBreaker[*answer]
}

// NewClient makes the client. All goroutines that call the account must share
// it, since it holds the account's rate limit and breaker.
func NewClient(o Options) *Client {
	o = withDefaults(o)
	t := newTransport(o)
	return &Client{
		HTTP: &http.Client{
			Transport:     t,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		breaker: t.breaker,
	}
}

// Breaker returns "closed" when calls go through, "open" when the platform has
// failed so often that none do for a while, "half-open" when one may try.
func (c *Client) Breaker() string {
	switch c.breaker.State() {
	case circuitbreaker.OpenState:
		return "open"
	case circuitbreaker.HalfOpenState:
		return "half-open"
	}
	return "closed"
}

func withDefaults(o Options) Options {
	o.Timeout = or(o.Timeout, defaultTimeout)
	o.MaxTries = or(o.MaxTries, defaultMaxTries)
	o.MaxBody = or(o.MaxBody, defaultMaxBody)
	o.BreakerAfter = or(o.BreakerAfter, defaultBreakerAfter)
	o.BreakerDelay = or(o.BreakerDelay, defaultBreakerDelay)
	o.UserAgent = or(o.UserAgent, defaultUserAgent)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Record == nil {
		o.Record = func(context.Context, Call) {}
	}
	if o.Transport == nil {
		base := http.DefaultTransport.(*http.Transport).Clone()
		base.MaxIdleConnsPerHost = 16 // the default of 2 makes a burst of calls reconnect
		o.Transport = base
	}
	return o
}

func or[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

// limiters hold the account below its limits in every window of a second or a
// minute: a token bucket lets burst + rate through in its first window, so a
// sixth of the limit is the burst and the rest the rate.
func limiters(o Options) []*rate.Limiter {
	var all []*rate.Limiter
	for _, limit := range []struct {
		calls  int
		window time.Duration
	}{{o.RatePerSecond, time.Second}, {o.PerMinute, time.Minute}} {
		if limit.calls <= 0 {
			continue
		}
		burst := max(limit.calls/6, 1)
		perWindow := max(limit.calls-burst, 1)
		all = append(all, rate.NewLimiter(rate.Every(limit.window/time.Duration(perWindow)), burst))
	}
	return all
}
