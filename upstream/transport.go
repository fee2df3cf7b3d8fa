package upstream

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	"golang.org/x/time/rate"
)

// transport is the RoundTripper of one account. It reads answers whole, so that
// the time limit holds for the body too and the answer can be recorded.
type transport struct {
	Options
	limits  []*rate.Limiter
	breaker circuitbreaker.CircuitBreaker[*answer]
	once    failsafe.Executor[*answer] // for writes
	again   failsafe.Executor[*answer] // for what is safe to send again
}

// answer is the outcome of one try that got an answer.
type answer struct {
	response   *http.Response
	body       []byte
	retryAfter time.Duration
	found      *Error // what the adapter's check found in it
}

func newTransport(o Options) *transport {
	t := &transport{Options: o, limits: limiters(o)}
	t.breaker = circuitbreaker.NewBuilder[*answer]().
		HandleIf(platformFailed).
		WithFailureThreshold(o.BreakerAfter).
		WithSuccessThreshold(1).
		WithDelay(o.BreakerDelay).
		Build()
	retry := retrypolicy.NewBuilder[*answer]().
		HandleIf(worthRetrying).
		WithMaxAttempts(o.MaxTries).
		WithDelayFunc(delay).
		ReturnLastFailure().
		Build()
	t.once = failsafe.With[*answer](t.breaker)
	t.again = failsafe.With[*answer](retry, t.breaker)
	return t
}

// RoundTrip carries out one call with all its tries and records it.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	started, before := t.Now(), time.Now()
	got, tries, err := t.execute(req)
	if req.Body != nil {
		_ = req.Body.Close()
	}
	var failed *Error
	if err != nil {
		failed = t.failed(req, tries, err)
	}
	call := t.describe(req, got, failed)
	call.Started, call.Duration, call.Tries = started, time.Since(before), tries
	if call.Err != "" || !markOf(req.Context()).quiet {
		t.Record(context.WithoutCancel(req.Context()), call)
	}
	if failed != nil {
		return nil, failed
	}
	return got.response, nil
}

func (t *transport) execute(req *http.Request) (got *answer, tries int, err error) {
	executor := t.once
	if isSafe(req) && (req.Body == nil || req.GetBody != nil) {
		executor = t.again
	}
	got, err = executor.WithContext(req.Context()).Get(func() (*answer, error) {
		if err := t.wait(req.Context()); err != nil {
			return nil, err
		}
		tries++
		return t.try(req, tries)
	})
	return got, tries, err
}

func isSafe(req *http.Request) bool {
	m := markOf(req.Context())
	return !m.once && (m.safe || req.Method == http.MethodGet || req.Method == http.MethodHead)
}

// wait takes its turn under the account's rate limits.
func (t *transport) wait(ctx context.Context) error {
	for _, limit := range t.limits {
		if err := limit.Wait(ctx); err != nil {
			kind := Limited
			if ctx.Err() != nil {
				kind = Canceled
			}
			return &Error{Kind: kind, Err: fmt.Errorf("%w: waiting for a turn: %w", ErrNotSent, err)}
		}
	}
	return nil
}

// try sends the request once and reads its answer within the time limit.
func (t *transport) try(req *http.Request, number int) (*answer, error) {
	ctx, cancel := context.WithTimeout(req.Context(), t.Timeout)
	defer cancel()
	r := req.Clone(ctx)
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", t.UserAgent)
	}
	if number > 1 && req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, &Error{Kind: Invalid, Err: fmt.Errorf("%w: %w", ErrNotSent, err)}
		}
		r.Body = body
	}
	if r.Body == nil && markOf(req.Context()).once {
		r.Body = io.NopCloser(strings.NewReader("")) // or net/http sends it again when a kept connection breaks
	}
	response, err := t.Transport.RoundTrip(r)
	if err != nil {
		return nil, t.lost(req.Context(), ctx, 0, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, t.MaxBody+1))
	if err != nil {
		return nil, t.lost(req.Context(), ctx, response.StatusCode, err)
	}
	if int64(len(body)) > t.MaxBody {
		return nil, &Error{Kind: Malformed, Status: response.StatusCode, Err: fmt.Errorf("the answer is longer than %d bytes", t.MaxBody)}
	}
	return t.answered(req, response, body), nil
}

func (t *transport) answered(req *http.Request, response *http.Response, body []byte) *answer {
	response.Request = req
	response.Body = io.NopCloser(bytes.NewReader(body))
	response.ContentLength = int64(len(body))
	got := &answer{response: response, body: body, retryAfter: retryAfter(response.Header, t.Now())}
	if check := markOf(req.Context()).check; check != nil {
		got.found = check(response.StatusCode, body)
	}
	return got
}

// lost makes the error of a try without a whole answer: the caller gave up, the
// try took too long, nothing could be sent, or the connection broke.
func (t *transport) lost(caller, try context.Context, status int, err error) *Error {
	e := &Error{Kind: Unavailable, Status: status, Err: err}
	var dial *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case caller.Err() != nil:
		e.Kind, e.Err = Canceled, caller.Err()
	case try.Err() != nil:
		e.Err = fmt.Errorf("no answer within %s", t.Timeout)
	case errors.As(err, &dial) && dial.Op == "dial", errors.As(err, &certificate):
		e.Err = fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	return e
}

// failed completes the error of a call. Errors that are not of our own making
// come from failsafe: the breaker was open, or the caller gave up.
func (t *transport) failed(req *http.Request, tries int, err error) *Error {
	e, ok := errors.AsType[*Error](err)
	switch {
	case ok:
	case errors.Is(err, circuitbreaker.ErrOpen):
		e = &Error{Kind: Unavailable, RetryAfter: t.breaker.RemainingDelay(), Err: err}
	default:
		e = &Error{Kind: Canceled, Err: err}
	}
	if tries == 0 && !errors.Is(e.Err, ErrNotSent) {
		e.Err = fmt.Errorf("%w: %w", ErrNotSent, e.Err)
	}
	e.Platform, e.Operation = t.Platform, operationOf(req)
	return e
}

// platformFailed is what the breaker counts: faults of the platform or the way
// to it, not refusals, and not a caller who gave up. A 5xx in which the adapter
// finds something else is none: some platforms refuse with 500.
func platformFailed(got *answer, err error) bool {
	if err != nil {
		e, ok := errors.AsType[*Error](err)
		return ok && e.Kind == Unavailable
	}
	return got.response.StatusCode >= 500 && (got.found == nil || got.found.Kind == Unavailable)
}

// worthRetrying is what a safe request is sent again for.
func worthRetrying(got *answer, err error) bool {
	if err != nil {
		e, ok := errors.AsType[*Error](err)
		return ok && (e.Kind == Unavailable || e.Kind == Malformed)
	}
	status := got.response.StatusCode
	temporary := status == http.StatusTooManyRequests || status >= 500 && status != http.StatusNotImplemented
	if got.found != nil {
		temporary = got.found.Temporary()
	}
	return temporary && got.retryAfter <= maxRetryAfter
}

// delay is the wait before the next try: what the platform asks for, else twice
// the last one, with jitter so that callers do not come back together.
func delay(attempt failsafe.ExecutionAttempt[*answer]) time.Duration {
	if got := attempt.LastResult(); got != nil && got.retryAfter > 0 {
		return got.retryAfter
	}
	backoff := min(firstBackoff<<min(attempt.Attempts()-1, 10), maxBackoff)
	return backoff*3/4 + rand.N(backoff/2)
}
