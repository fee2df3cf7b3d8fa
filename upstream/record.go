package upstream

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"portico/secret"
)

// describe writes the record of a call; either got or failed is set.
func (t *transport) describe(req *http.Request, got *answer, failed *Error) Call {
	known := slices.Concat(headerSecrets(req.Header), t.Secrets, markOf(req.Context()).secrets)
	call := Call{
		Platform:  t.Platform,
		Account:   t.Account,
		Operation: operationOf(req),
		Request:   cut(req.Method + " " + redactURL(req.URL, known) + "\n" + requestBody(req, known)),
	}
	call.RequestID = Words(requestID(req.Header), known...) // ours, where we give it one
	if failed != nil {
		call.Status = failed.Status
		call.Err = mask(failed.Error(), known)
		return call
	}
	call.Status = got.response.StatusCode
	call.Answer = cut(recorded(got.body, known))
	if markOf(req.Context()).unkept && got.response.StatusCode < 300 {
		call.Answer = fmt.Sprintf("(%d bytes, not kept)", len(got.body))
	}
	call.RequestID = or(Words(requestID(got.response.Header), known...), call.RequestID)
	if found := t.fault(req, got, known); found != nil {
		call.Err = mask(found.Error(), known)
		call.RequestID = or(Words(found.RequestID, known...), call.RequestID)
	}
	return call
}

// fault is what is wrong with an answer, or nil.
func (t *transport) fault(req *http.Request, got *answer, known []secret.Text) *Error {
	if got.found != nil {
		e := *got.found
		e.Platform, e.Operation = t.Platform, operationOf(req)
		return &e
	}
	if got.response.StatusCode >= 300 {
		return FromResponse(t.Platform, operationOf(req), got.response, got.body, known...)
	}
	return nil
}

func operationOf(req *http.Request) string {
	if name := markOf(req.Context()).operation; name != "" {
		return name
	}
	return req.Method + " " + shapes(req.URL.Path)
}

// headerSecrets are the credentials that a request carries.
func headerSecrets(header http.Header) []secret.Text {
	var known []secret.Text
	for _, name := range []string{"Authorization", "X-Api-Key", "Api-Key", "X-Auth-Token", "Cookie"} {
		for _, value := range header.Values(name) {
			scheme, credentials, found := strings.Cut(value, " ")
			if !found {
				scheme, credentials = "", value
			}
			known = append(known, secret.Text(credentials))
			if plain, err := base64.StdEncoding.DecodeString(credentials); err == nil && strings.EqualFold(scheme, "Basic") {
				_, password, _ := strings.Cut(string(plain), ":")
				known = append(known, secret.Text(plain), secret.Text(password))
			}
		}
	}
	return known
}

func requestBody(req *http.Request, known []secret.Text) string {
	if req.Body == nil || req.Body == http.NoBody {
		return ""
	}
	if words := markOf(req.Context()).body; words != "" {
		return recorded([]byte(words), known)
	}
	if req.GetBody == nil {
		return "(a stream, not kept)"
	}
	body, err := req.GetBody()
	if err != nil {
		return "(unreadable)"
	}
	defer body.Close()
	bytes, err := io.ReadAll(io.LimitReader(body, maxRedacted+1))
	if err != nil && !errors.Is(err, io.EOF) {
		return "(unreadable)"
	}
	return recorded(bytes, known)
}

// recorded is a body as it is kept. A very long one is not looked through, so
// nothing of it is kept; one that is not text would say nothing.
func recorded(body []byte, known []secret.Text) string {
	switch {
	case len(body) > maxRedacted:
		return fmt.Sprintf("(more than %d bytes, not kept)", maxRedacted)
	case !utf8.Valid(body):
		return fmt.Sprintf("(%d bytes that are not text)", len(body))
	}
	return Redact(string(body), known...)
}

// cut shortens a record to 16 kB, between two characters.
func cut(text string) string {
	text = printable(text)
	if len(text) <= maxRecorded {
		return text
	}
	end := maxRecorded - len("…")
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
