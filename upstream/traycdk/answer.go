package traycdk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"

	"portico/upstream"
)

// examine finds what is wrong with an answer, or nil; what is right with it goes to
// the call.
func (c *Client) examine(k call, status int, answer []byte) *upstream.Error {
	code, message := said(answer)
	failed := &upstream.Error{
		Platform:  Platform,
		Operation: k.operation,
		Status:    status,
		Code:      upstream.Words(code, c.keys.token),
		Message:   upstream.Words(message, c.keys.token),
	}
	if status >= 200 && status < 300 {
		if err := k.reads(answer); err != nil {
			failed.Kind, failed.Err = upstream.Malformed, err
			return failed
		}
		return nil
	}
	failed.Kind = kindOf(status, message)
	if isPage(answer) && (status == http.StatusBadRequest || status == http.StatusNotFound) {
		failed.Kind, failed.Err = upstream.Invalid, errNotTray // not Tray's word on a connector
	}
	return failed
}

var errNotTray = errors.New("a page of HTML instead of JSON; is this the address of Tray's API?")

// kindOf says what a refusal is. A 400 with words is Tray's preliminary check, which
// has understood the call and found something wrong with the archive or the e-mail
// addresses; one in the words of its decoder, or in none, is a call not understood.
func kindOf(status int, message string) upstream.Kind {
	switch {
	case status == http.StatusRequestEntityTooLarge:
		return upstream.Refused
	case status == http.StatusBadRequest && isUnseen(message):
		return upstream.NotFound
	case status == http.StatusBadRequest && message != "" && !strings.HasPrefix(message, "Invalid value for: "):
		return upstream.Refused
	}
	return upstream.KindOf(status)
}

// unseen is how Tray says that a connector does not exist or belongs to another
// token: "The connector (Left(some-connector-name~1.1)) was not found or you don't
// have permission to access it". Under which status is not known.
var unseen = regexp.MustCompile(`(?i)was not found or you (don.t|do not) have permission`)

func isUnseen(message string) bool { return unseen.MatchString(message) }

// NotOwner reports whether Tray refused a call because the connector is not there
// or belongs to another token, between which it does not tell.
func NotOwner(err error) bool {
	failed, ok := errors.AsType[*upstream.Error](err)
	if !ok || failed.Platform != Platform {
		return false
	}
	return failed.Kind == upstream.Forbidden || isUnseen(failed.Message)
}

// Said is what Tray answered in the form in which its CLI shows it,
// "Error (400): …", at most 500 characters of it; "" when it answered nothing.
func Said(err error) string {
	failed, ok := errors.AsType[*upstream.Error](err)
	switch {
	case !ok || failed.Status == 0:
		return ""
	case failed.Message == "":
		return fmt.Sprintf("Error (%d)", failed.Status)
	}
	return fmt.Sprintf("Error (%d): %s", failed.Status, failed.Message)
}

// said finds the words of an answer: the members of Tray's errors, else the title of
// a page, which a proxy sends, else the whole text, as Tray's CLI shows it.
func said(answer []byte) (code, message string) {
	var p struct{ Code, Message text }
	if json.Unmarshal(answer, &p) == nil && p.Message != "" {
		return string(p.Code), string(p.Message)
	}
	if isPage(answer) {
		return "", title(answer)
	}
	return string(p.Code), strings.TrimSpace(string(answer))
}

func isPage(answer []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(answer), []byte("<")) }

var (
	titleShape = regexp.MustCompile(`(?is)<(title|h1)[^>]*>(.{1,1000}?)</`)
	tagShape   = regexp.MustCompile(`<[^>]*>`)
)

func title(page []byte) string {
	found := titleShape.FindSubmatch(page)
	if found == nil {
		return ""
	}
	return html.UnescapeString(tagShape.ReplaceAllString(string(found[2]), " "))
}

// object reads an answer that has to be a JSON object; members of another type than
// v's are left out by its lenient types.
func object(answer []byte, v any) error {
	if !bytes.HasPrefix(bytes.TrimSpace(answer), []byte("{")) || json.Unmarshal(answer, v) != nil {
		if isPage(answer) {
			return errNotTray
		}
		return errors.New("the answer is not a JSON object")
	}
	return nil
}

// text is a string; a number or a boolean is read as it is written, anything else as
// empty.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		s = strings.TrimSpace(string(raw))
		if s == "null" || strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[") {
			s = ""
		}
	}
	*t = text(s)
	return nil
}
