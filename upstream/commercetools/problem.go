package commercetools

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"portico/secret"
	"portico/upstream"
)

// problem is the body of an error. The token endpoint adds the members of OAuth 2; all else may be missing.
type problem struct {
	Message     text
	Errors      []fault
	OAuth       text `json:"error"`
	Description text `json:"error_description"`
}

type fault struct {
	Code     text
	Message  text
	Detail   text   `json:"detailedErrorMessage"`
	Expected number `json:"expectedVersion"`
	Current  number `json:"currentVersion"`
}

// examine finds what is wrong with an answer, or nil.
func (k call) examine(status int, body []byte, known []secret.Text) *upstream.Error {
	failed := k.classify(status, body)
	if failed == nil {
		return nil
	}
	failed.Platform, failed.Operation, failed.Status = Platform, k.operation, status
	if _, ours := kinds[failed.Code]; !ours {
		failed.Code = upstream.Words(failed.Code, known...)
	}
	failed.Message = upstream.Words(failed.Message, known...)
	return failed
}

func (k call) classify(status int, body []byte) *upstream.Error {
	if status >= 200 && status < 300 {
		return k.unreadable(body)
	}
	var p problem
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) || read(body, &p) != nil {
		return notJSON(status, body)
	}
	code := p.code()
	failed := &upstream.Error{Kind: kindOf(status, code), Code: code, Message: p.message()}
	if code == CodeConcurrentModification {
		failed.Err = p.conflict()
	}
	return failed
}

// unreadable finds a success without the JSON object that it must have.
func (k call) unreadable(body []byte) *upstream.Error {
	trimmed := bytes.TrimSpace(body)
	if k.bare && len(trimmed) == 0 || bytes.HasPrefix(trimmed, []byte("{")) && json.Valid(trimmed) {
		return nil
	}
	return &upstream.Error{Kind: upstream.Malformed, Err: errors.New(found(body))}
}

// notJSON is the error of an answer that is not the API's: of a proxy before it, or of another program at its address.
// A page that says 404 does not say that a deployment is gone.
func notJSON(status int, body []byte) *upstream.Error {
	kind := upstream.KindOf(status)
	switch {
	case status >= 300 && status < 400:
		return &upstream.Error{Kind: upstream.Invalid, Err: fmt.Errorf("a redirect (HTTP %d) instead of JSON; is this the address of commercetools Connect?", status)}
	case kind == upstream.NotFound && len(bytes.TrimSpace(body)) > 0:
		kind = upstream.Malformed
	}
	return &upstream.Error{Kind: kind, Err: errors.New(found(body))}
}

func found(body []byte) string {
	what := "nothing"
	if len(bytes.TrimSpace(body)) > 0 {
		what, _, _ = strings.Cut(http.DetectContentType(body), ";")
	}
	return what + " instead of a JSON object; is this the address of commercetools Connect?"
}

func (p problem) code() string {
	for _, f := range p.Errors {
		if f.Code != "" {
			return string(f.Code)
		}
	}
	return string(p.OAuth)
}

// message is everything that the service says, each sentence once: several errors can come in one answer.
func (p problem) message() string {
	said := []text{}
	for _, f := range p.Errors {
		said = append(said, f.Message, f.Detail)
	}
	said = append(said, p.Description)
	if joined(said) == "" {
		said = append(said, p.Message)
	}
	return joined(said)
}

func joined(said []text) string {
	var all []string
	for _, t := range said {
		sentence := strings.TrimSpace(string(t))
		if sentence != "" && !slices.Contains(all, sentence) {
			all = append(all, sentence)
		}
	}
	return strings.Join(all, " ")
}

func notSent(err error) error { return fmt.Errorf("%w: %w", upstream.ErrNotSent, err) }

func malformed(operation string, err error) *upstream.Error {
	return &upstream.Error{Platform: Platform, Operation: operation, Kind: upstream.Malformed, Status: http.StatusOK, Err: err}
}

// missing is the error for an answer without what the call must give.
func missing(operation, what string) error {
	return malformed(operation, fmt.Errorf("the answer has no %s", what))
}
