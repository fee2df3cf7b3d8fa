package portal

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// addressShape is what an e-mail address of an account looks like. Tray compares them exactly, so nothing is changed.
var addressShape = regexp.MustCompile(`^[^\s@"'<>(),;:\\\[\]]{1,64}@[^\s@"'<>(),;:\\\[\]]{1,190}$`)

// ParseEmails finds the e-mail addresses in what a person has typed or pasted: separated by commas, semicolons or white
// space, with or without names and quotes around them. Each comes once. wrong is what is none.
func ParseEmails(text string) (emails, wrong []string) {
	for _, entry := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",;\r\n", r) }) {
		for _, word := range addressesIn(entry) {
			list := &wrong
			if isAddress(word) {
				list = &emails
			}
			if !slices.Contains(*list, word) {
				*list = append(*list, word)
			}
		}
	}
	return emails, wrong
}

// addressesIn is the address of "Ada Lovelace <ada@acme.example>", and else each word.
func addressesIn(entry string) []string {
	if open := strings.LastIndex(entry, "<"); open > 0 && strings.HasSuffix(strings.TrimSpace(entry), ">") {
		if a, err := mail.ParseAddress(strings.TrimSpace(entry)); err == nil {
			return []string{a.Address}
		}
	}
	var words []string
	for _, word := range strings.Fields(entry) {
		if word = strings.TrimPrefix(strings.Trim(word, `"'<>`), "mailto:"); word != "" {
			words = append(words, word)
		}
	}
	return words
}

func isAddress(s string) bool {
	return addressShape.MatchString(s) && clean(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
