// Package upstream is how Portico calls other platforms: one HTTP client for
// each account, with time limits, retries, a rate limit, a circuit breaker and
// a redacted record of every call, and the one error type that all adapters
// return. The adapters themselves are in the folders below it.
package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"portico/secret"
)

// Kind says in the portal's words what went wrong with a call.
type Kind string

const (
	// Unauthorized: the platform does not know the token, or it has expired.
	Unauthorized Kind = "unauthorized"
	// Forbidden: the token is known and may not do this.
	Forbidden Kind = "forbidden"
	// NotFound: what the call names does not exist (any more).
	NotFound Kind = "not found"
	// Exists: what the call would create is there already.
	Exists Kind = "exists"
	// Refused: the call is understood and cannot be carried out as things are.
	Refused Kind = "refused"
	// Invalid: the platform does not understand the call; a fault of ours, or
	// of the configured address.
	Invalid Kind = "invalid"
	// Unlicensed: the platform's edition, licence or plan does not include it. That
	// is between the host and the platform, and nothing for end users.
	Unlicensed Kind = "not licensed"
	// Limited: too many calls; the call was not carried out.
	Limited Kind = "limited"
	// Unavailable: no answer, a 5xx, or the breaker is open.
	Unavailable Kind = "unavailable"
	// Malformed: an answer that cannot be read.
	Malformed Kind = "malformed"
	// Canceled: the caller gave up before the answer.
	Canceled Kind = "canceled"
)

// ErrNotSent is wrapped by the Err of an Error whose request cannot have
// reached the platform, so that even a write may simply be tried again.
var ErrNotSent = errors.New("not sent")

// maxMessage is the limit of Error.Message, in characters.
const maxMessage = 500

// Error is a call that did not succeed. No text in it holds a secret.
type Error struct {
	Platform  string // "tray"
	Operation string // the platform's name for the call, "createSolutionInstance"
	Kind      Kind
	Status    int    // of the HTTP answer; 0 when there was none
	Code      string // the platform's own code, if it gave one
	Message   string // the platform's words, at most 500 characters
	RequestID string // what to quote to the platform's support
	// RetryAfter is how long the platform asks to be left alone, or the breaker
	// stays open; 0 when nobody said.
	RetryAfter time.Duration
	Err        error // the cause on our side: connection, timeout, parsing
}

// Error gives platform, operation, kind and whatever else is known.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: %s", e.Platform, e.Operation, e.Kind)
	if e.Status != 0 && e.Status != http.StatusOK {
		fmt.Fprintf(&b, " (HTTP %d)", e.Status)
	}
	for _, word := range []string{e.Code, e.Message} {
		if word != "" {
			b.WriteString(": " + word)
		}
	}
	if e.Err != nil {
		b.WriteString(": " + Words(e.Err.Error()))
	}
	return b.String()
}

// Unwrap returns the cause on our side, if there is one.
func (e *Error) Unwrap() error { return e.Err }

// Temporary reports whether the same call is worth trying again later.
func (e *Error) Temporary() bool {
	switch e.Kind {
	case Limited, Unavailable, Malformed, Canceled:
		return true
	}
	return false
}

// OutcomeUnknown reports whether a write may have been carried out although it
// failed here: the answer was lost, late, a 5xx, or unreadable. Then look before
// writing again.
func (e *Error) OutcomeUnknown() bool {
	if errors.Is(e.Err, ErrNotSent) {
		return false
	}
	switch e.Kind {
	case Unavailable, Malformed, Canceled:
		return true
	}
	return false
}

// IsKind reports whether err is an *Error of that kind.
func IsKind(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

// KindOf gives the kind that an HTTP status means where the platform says
// nothing more precise. It is for statuses that are not a success.
func KindOf(status int) Kind {
	switch status {
	case http.StatusUnauthorized:
		return Unauthorized
	case http.StatusForbidden:
		return Forbidden
	case http.StatusNotFound, http.StatusGone:
		return NotFound
	case http.StatusTooManyRequests:
		return Limited
	case http.StatusRequestTimeout, http.StatusTooEarly:
		return Unavailable
	case http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity,
		http.StatusLocked, http.StatusPreconditionRequired:
		return Refused
	}
	if status >= 500 {
		return Unavailable
	}
	return Invalid
}

// Failed turns what http.Client.Do or reading its answer returned into an
// *Error. The address is left out: its query may hold a code.
func Failed(platform, operation string, err error) *Error {
	if known, ok := errors.AsType[*Error](err); ok {
		e := *known
		e.Platform, e.Operation = platform, operation
		return &e
	}
	for {
		outer, ok := errors.AsType[*url.Error](err)
		if !ok {
			break
		}
		err = outer.Err
	}
	kind := Unavailable
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		kind = Canceled
	}
	return &Error{Platform: platform, Operation: operation, Kind: kind, Err: err}
}

// FromResponse turns an answer that is not a success into an *Error; body is
// what was read of it, and need not be JSON. Known secrets are removed from its
// words, as is everything that Redact removes.
func FromResponse(platform, operation string, resp *http.Response, body []byte, known ...secret.Text) *Error {
	code, message := words(body)
	return &Error{
		Platform:   platform,
		Operation:  operation,
		Kind:       KindOf(resp.StatusCode),
		Status:     resp.StatusCode,
		Code:       Words(code, known...),
		Message:    Words(message, known...),
		RequestID:  Words(requestID(resp.Header), known...),
		RetryAfter: retryAfter(resp.Header, time.Now()),
	}
}
