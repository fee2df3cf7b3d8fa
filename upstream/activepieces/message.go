package activepieces

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"

	"portico/upstream"
)

const maxStepMessage = 300 // characters of Run.Message

var (
	// stackStart is where the stack of a thrown error begins.
	stackStart = regexp.MustCompile(`\n\s*at\s`)
	// serverPath is an absolute path, which starts a word; that of a web address
	// does not.
	serverPath = regexp.MustCompile(`(^|[\s"'` + "`" + `(\[{<=:;,|])(?:file://)?(?:[A-Za-z]:)?(?:(?:/|\\+)[\w.@+~$-]+){2,}[/\\]?(?::\d+)*`)
	// payload is where data begin in a text: JSON or a page of HTML.
	payload = regexp.MustCompile(`(?i)[{\[]\s*["{\[].*|<(!doctype|html).*`)
	// httpStatus is in what pieces throw when a third party refuses.
	httpStatus = regexp.MustCompile(`"(?:status|statusCode)"\s*:\s*(\d{3})\b`)
)

// stepMessage makes what the failed step of a run says fit for people. It is no
// plain text: {"__apErrorVersion", "message", "errorName", "raw": stack} as JSON,
// cut at 700 characters, so usually no JSON any more; the message inside may be
// JSON again, with the request and the answer of a third party.
func stepMessage(raw string) string {
	message := innerMessage(raw)
	if at := stackStart.FindStringIndex(message); at != nil {
		message = message[:at[0]]
	}
	message = payload.ReplaceAllString(strings.Join(strings.Fields(message), " "), "…")
	message = upstream.Words(serverPath.ReplaceAllString(message, "${1}…"))
	if utf8.RuneCountInString(message) > maxStepMessage {
		message = string([]rune(message)[:maxStepMessage-1]) + "…"
	}
	return message
}

// innerMessage takes the message out of its envelopes.
func innerMessage(raw string) string {
	raw = strings.TrimSpace(raw)
	if !strings.HasPrefix(raw, "{") && !strings.HasPrefix(raw, "[") {
		return raw
	}
	envelope, whole := readEnvelope(raw)
	inner := strings.TrimSpace(envelope.message)
	switch {
	case strings.HasPrefix(inner, "{"), strings.HasPrefix(inner, "["):
		if said := thirdParty(inner); said != "" {
			return said
		}
	case inner != "":
		return inner
	case whole && envelope.name == "":
		return thirdParty(raw)
	}
	return envelope.name
}

type envelope struct{ message, name string }

// readEnvelope reads the outer JSON, and what is left of it where it was cut.
func readEnvelope(raw string) (e envelope, whole bool) {
	var members struct{ Message, ErrorName text }
	if json.Unmarshal([]byte(raw), &members) == nil {
		return envelope{string(members.Message), string(members.ErrorName)}, true
	}
	return envelope{cutMember(raw, "message"), cutMember(raw, "errorName")}, false
}

// cutMember finds a string member of the outer object in JSON that may end
// anywhere.
func cutMember(raw, name string) string {
	_, rest, found := strings.Cut(raw, `"`+name+`":`)
	rest = strings.TrimLeft(rest, " \t\r\n")
	if !found || !strings.HasPrefix(rest, `"`) {
		return ""
	}
	rest = rest[1:]
	end, escaped := len(rest), false
	for i := range len(rest) {
		switch {
		case escaped:
			escaped = false
		case rest[i] == '\\':
			escaped = true
		case rest[i] == '"':
			end = i
		}
		if end < len(rest) {
			break
		}
	}
	return unquote(rest[:end])
}

// unquote reads the inside of a JSON string, without an escape at its end that
// was cut.
func unquote(inside string) string {
	for range 7 { // \ud83d is the longest that can be cut
		var s string
		if json.Unmarshal([]byte(`"`+inside+`"`), &s) == nil {
			return s
		}
		if inside == "" {
			break
		}
		inside = inside[:len(inside)-1]
	}
	return ""
}

// thirdParty finds what a third party said in the error of a call to it,
// {"response": {"status", "body"}, "request": {"body"}}: its message or its
// status, never what was sent to it.
func thirdParty(inner string) string {
	var members struct {
		Message, Error json.RawMessage
		Response       struct {
			Status json.RawMessage
			Body   json.RawMessage
		}
	}
	if json.Unmarshal([]byte(inner), &members) != nil {
		return statusLine(inner)
	}
	for _, raw := range []json.RawMessage{members.Message, members.Error, members.Response.Body} {
		if said := saying(raw, 3); said != "" {
			return said
		}
	}
	return statusLine(inner)
}

// saying finds a text in a message or in an object with one.
func saying(raw json.RawMessage, depth int) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		if trimmed := strings.TrimSpace(s); strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[") || strings.HasPrefix(trimmed, "<") {
			return ""
		}
		return s
	}
	var members struct{ Message, Error, Detail json.RawMessage }
	if depth == 0 || json.Unmarshal(raw, &members) != nil {
		return ""
	}
	for _, member := range []json.RawMessage{members.Message, members.Error, members.Detail} {
		if said := saying(member, depth-1); said != "" {
			return said
		}
	}
	return ""
}

func statusLine(inner string) string {
	if found := httpStatus.FindStringSubmatch(inner); found != nil {
		return "HTTP " + found[1]
	}
	return ""
}
