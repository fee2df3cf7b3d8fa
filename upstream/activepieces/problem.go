package activepieces

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"portico/secret"
	"portico/upstream"
)

// problem is the body of an error, in either shape: the application's own, {code,
// params}, or the web framework's, {statusCode, error, message, code}.
type problem struct {
	Code    text
	Message text
	Params  json.RawMessage
}

// reason is what the application's own shape says.
type reason struct {
	Message    text
	Error      text // the words of a piece's own check
	Metric     text // of a quota
	EntityType text
}

// examine finds what is wrong with an answer, or nil.
func (k call) examine(status int, body []byte, known []secret.Text) *upstream.Error {
	failed := k.classify(status, body)
	if failed == nil {
		return nil
	}
	failed.Platform, failed.Operation, failed.Status = Platform, k.operation, status
	failed.Code = upstream.Words(failed.Code, known...)
	failed.Message = upstream.Words(failed.Message, known...)
	if failed.Err != nil {
		failed.Err = errors.New(upstream.Words(failed.Err.Error(), known...))
	}
	return failed
}

func (k call) classify(status int, body []byte) *upstream.Error {
	if status >= 200 && status < 300 {
		return k.unreadable(body)
	}
	var p problem
	if json.Unmarshal(body, &p) != nil || bytes.HasPrefix(bytes.TrimSpace(body), []byte("null")) {
		return notJSON(status, body)
	}
	var r reason
	object(p.Params, &r)
	failed := &upstream.Error{Kind: kindOf(status, string(p.Code)), Code: string(p.Code), Message: message(p, r)}
	switch {
	case status == http.StatusNotFound && p.Code == "" && p.Message == routeNotFound:
		k.noRoute(failed)
	case status == http.StatusNotFound:
		k.notThis(failed, r)
	case status >= 500:
		serverFault(failed)
	}
	return failed
}

// unreadable finds a success without the JSON that it must have; what answers
// with a page of HTML has not carried out anything.
func (k call) unreadable(body []byte) *upstream.Error {
	if json.Valid(body) || k.bare && len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	return &upstream.Error{Kind: upstream.Malformed, Err: errors.New(found(body))}
}

// notJSON is the error of something else than Activepieces: a proxy before it,
// or another program at its address.
func notJSON(status int, body []byte) *upstream.Error {
	kind := upstream.KindOf(status)
	switch kind {
	case upstream.Unavailable, upstream.Limited, upstream.Unauthorized, upstream.Forbidden:
		return &upstream.Error{Kind: kind, Err: errors.New(found(body))}
	}
	if status >= 300 && status < 400 {
		return &upstream.Error{Kind: upstream.Invalid, Err: fmt.Errorf("a redirect (HTTP %d) instead of JSON; is this the address of Activepieces?", status)}
	}
	return &upstream.Error{Kind: upstream.Malformed, Err: errors.New(found(body))}
}

func found(body []byte) string {
	what := "nothing"
	if len(bytes.TrimSpace(body)) > 0 {
		what, _, _ = strings.Cut(http.DetectContentType(body), ";")
	}
	return what + " instead of JSON; is this the address of Activepieces?"
}

// Codes of the application that mean more than their HTTP status, and the
// framework's for a body that it does not understand.
var kinds = map[string]upstream.Kind{
	"PROJECT_EXTERNAL_ID_ALREADY_EXISTS": upstream.Exists,
	"EXISTING_USER":                      upstream.Exists,
	// The flow is busy with another operation, and this one was not carried out.
	"FLOW_OPERATION_IN_PROGRESS":       upstream.Limited,
	"FLOW_RUN_RETRY_OUTSIDE_RETENTION": upstream.Refused,
	"INVALID_OTP":                      upstream.Refused,
	"SESSION_EXPIRED":                  upstream.Unauthorized,
	"FEATURE_DISABLED":                 upstream.Unlicensed,
	"QUOTA_EXCEEDED":                   upstream.Unlicensed,
	"AI_CREDIT_LIMIT_EXCEEDED":         upstream.Unlicensed,
	uniqueViolation:                    upstream.Exists,
}

// uniqueViolation is PostgreSQL's code, which a second project with the same
// external ID answers with under HTTP 500.
const uniqueViolation = "23505"

func kindOf(status int, code string) upstream.Kind {
	if kind, ok := kinds[code]; ok {
		return kind
	}
	switch {
	case status == http.StatusPaymentRequired:
		return upstream.Unlicensed
	case status == http.StatusBadRequest && code != "" && !strings.HasPrefix(code, "FST_"):
		return upstream.Refused // every code of the application that has no status of its own
	}
	return upstream.KindOf(status)
}

// message is what the platform says, in the words that say most.
func message(p problem, r reason) string {
	for _, m := range []text{r.Error, r.Message, r.Metric, p.Message} {
		if m != "" {
			return string(m)
		}
	}
	switch {
	case r.EntityType != "":
		return string(r.EntityType) + " not found"
	case p.Code == "INVALID_CLAIM", p.Code == "INVALID_CLOUD_CLAIM":
		return "the third party did not take the authorization code" // the platform says no more
	}
	return ""
}

const (
	routeNotFound     = "Route not found"
	codeRouteNotFound = "ROUTE_NOT_FOUND"
)

// gated are the routes that the community edition does not have.
var gated = []string{"/global-connections", "/signing-keys", "/api-keys", "/embed-subdomain", "/managed-authn", "/project-members", "/audit-events"}

// noRoute is the answer to a path that the instance does not know: one of another
// edition, or of another release.
func (k call) noRoute(failed *upstream.Error) {
	failed.Code, failed.Kind = codeRouteNotFound, upstream.Invalid
	for _, prefix := range gated {
		if k.path == prefix || strings.HasPrefix(k.path, prefix+"/") {
			failed.Kind = upstream.Unlicensed
		}
	}
}

// notThis tells a thing that the call names in its body from the one in its path:
// a flow is not gone because its trigger is.
func (k call) notThis(failed *upstream.Error, r reason) {
	piece, isPiece := strings.CutPrefix(string(r.Message), "piece_metadata_not_found pieceName=")
	switch {
	case r.EntityType == "piece_trigger":
		failed.Kind, failed.Message = upstream.Refused, "the flow has no trigger that the platform knows"
	case isPiece:
		failed.Message = "the platform has no piece " + piece
		if k.method == http.MethodPost {
			failed.Kind = upstream.Refused
		}
	}
}

// refusals are faults of the call that the platform answers with 500, by a part
// of its text, and what it means.
var refusals = []struct{ part, means string }{
	{"publishedFlowVersionId is required", "the flow has never been published"},
	{"Unimplemented platform oauth", "this edition has no OAuth apps of the platform"},
	{"oauth_app", "the platform has no OAuth app with this client ID for the piece"},
}

// serverFault makes an error of a 500, whose text is the raw one of what was
// thrown: index names, queries, dumps of rows. People read none of it; what is
// left for the log is short.
func serverFault(failed *upstream.Error) {
	raw := failed.Message
	failed.Message = ""
	for _, refusal := range refusals {
		if strings.Contains(raw, refusal.part) {
			failed.Kind, failed.Message = upstream.Refused, refusal.means
			return
		}
	}
	if failed.Kind == upstream.Exists {
		return
	}
	if short := cleaned(raw); short != "" {
		failed.Err = errors.New(short)
	}
}

// quoted is what names things of the server's inside.
var quoted = regexp.MustCompile("[\"'`][^\"'`]*[\"'`]?")

const maxCleaned = 80 // characters

// cleaned is the first line of a server's text up to where data begin.
func cleaned(raw string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(raw), "\n")
	line, _, _ = strings.Cut(line, "{")
	line = serverPath.ReplaceAllString(quoted.ReplaceAllString(line, "…"), "${1}…")
	if runes := []rune(line); len(runes) > maxCleaned {
		line = string(runes[:maxCleaned-1]) + "…"
	}
	return strings.TrimSpace(line)
}
