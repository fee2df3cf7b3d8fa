package git

import (
	"strings"
	"unicode"
)

// maxWords is the limit of what is repeated of a server's words, in characters.
const maxWords = 200

// words is a server's text made fit for a line: without control characters, and short.
func words(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if runes := []rune(text); len(runes) > maxWords {
		return string(runes[:maxWords]) + "…"
	}
	return text
}
