package commercetools

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
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

// conflict is the cause of a ConcurrentModification: somebody else, or the service by itself, has changed the thing.
type conflict struct{ expected, current int }

// Error gives both versions as far as they are known.
func (c *conflict) Error() string {
	if c.current == 0 {
		return "the version is not the current one"
	}
	return fmt.Sprintf("version %d was expected, %d is current", c.expected, c.current)
}

// versions finds both versions in the long form of the message; the members may be missing.
var versions = regexp.MustCompile(`Expected: (\d+) - Actual: (\d+)`)

func (p problem) conflict() *conflict {
	c := &conflict{}
	for _, f := range p.Errors {
		if f.Code == CodeConcurrentModification {
			c.expected, c.current = int(f.Expected), int(f.Current)
		}
	}
	if said := versions.FindStringSubmatch(p.message()); said != nil && c.current == 0 {
		c.expected, _ = strconv.Atoi(said[1])
		c.current, _ = strconv.Atoi(said[2])
	}
	return c
}

// Conflict reports whether err says that the version which an update named is not the current one, and both versions;
// each is 0 where the service has not said it. Nothing was changed: read the thing again, and see whether the change is
// still what is meant.
func Conflict(err error) (expected, current int, ok bool) {
	failed, ok := errors.AsType[*upstream.Error](err)
	silent := ok && failed.Status == http.StatusConflict && failed.Code == "" // nothing else in the catalogue is a 409
	if !ok || failed.Code != CodeConcurrentModification && !silent {
		return 0, 0, false
	}
	if c, known := errors.AsType[*conflict](failed.Err); known {
		expected, current = c.expected, c.current
	}
	return expected, current, true
}
