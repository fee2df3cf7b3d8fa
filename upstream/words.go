package upstream

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"portico/secret"
)

// Words makes a platform's text fit for an error: secrets removed, white space
// collapsed, at most 500 characters.
func Words(text string, known ...secret.Text) string {
	text = strings.Join(strings.Fields(printable(Redact(text, known...))), " ")
	if utf8.RuneCountInString(text) <= maxMessage {
		return text
	}
	return string([]rune(text)[:maxMessage-1]) + "…"
}

// printable drops what PostgreSQL does not take in a text.
func printable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "�"), "\x00", "")
}

// words finds a code and a message in the body of an error: JSON members of the
// usual names, or short plain text. A page of HTML says nothing to anybody.
func words(body []byte) (code, message string) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err == nil {
		return first(members, "code", "errorCode", "error"), first(members, "message", "error_description", "detail", "title")
	}
	text := strings.TrimSpace(string(body))
	if strings.HasPrefix(text, "<") {
		return "", ""
	}
	return "", text
}

// first returns the first of the members that is text.
func first(members map[string]json.RawMessage, names ...string) string {
	for _, name := range names {
		var text string
		if json.Unmarshal(members[name], &text) == nil && text != "" {
			return text
		}
	}
	return ""
}

// requestID finds what the platform calls this exchange.
func requestID(header http.Header) string {
	for _, name := range []string{"X-Request-Id", "X-Correlation-Id", "X-Amzn-Requestid", "X-Amzn-Trace-Id"} {
		if id := header.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// retryAfter reads the Retry-After header, in seconds or as a date; 0 when it is
// missing, in the past or unreadable.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(seconds, 0), 24*60*60)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
