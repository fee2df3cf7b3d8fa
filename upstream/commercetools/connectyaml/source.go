package connectyaml

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxSource is the limit of a file, in bytes. Real ones have a few thousand.
const maxSource = 1 << 20

// shift moves a character to a place in Unicode that is for private use and that
// the library takes for an ordinary letter.
const shift = 0x100000

// prepare makes a text for the library, which reads YAML 1.1 in some points where
// the official validator reads 1.2: it would break lines at a lone carriage return,
// U+0085 and U+2028, and refuse control characters. These are moved away and come
// back by restore; each stays one character, so that columns stay right.
func prepare(source []byte) (string, *Problem) {
	if len(source) > maxSource {
		return "", &Problem{Message: fmt.Sprintf("The file is larger than %d bytes", maxSource)}
	}
	s := strings.TrimPrefix(strings.ToValidUTF8(string(source), "\uFFFD"), "\uFEFF")
	s = version(s)
	var b strings.Builder
	for i, r := range s {
		if foreign(r, s[i+utf8.RuneLen(r):]) {
			r += shift
		}
		b.WriteRune(r)
	}
	if !strings.HasSuffix(s, "\n") {
		b.WriteString("\n") // a block scalar at the end ends with a line break in any case
	}
	return b.String(), nil
}

// version lets a file declare the version of YAML that it is read in: the library
// knows no %YAML but 1.1, and reads the same by it.
func version(s string) string { return declared.ReplaceAllString(s, "${1}%YAML 1.1") }

// declared finds %YAML 1.2 above a document, where only comments may come before it.
var declared = regexp.MustCompile(`^((?:[ \t]*(?:#[^\n]*)?\r?\n)*)%YAML 1\.2\b`)

// foreign are the characters that the library reads otherwise.
func foreign(r rune, rest string) bool {
	switch {
	case r == '\r':
		return !strings.HasPrefix(rest, "\n")
	case r == '\t', r == '\n':
		return false
	}
	return r < ' ' || r >= 0x7F && r < 0xA0 || r == 0x2028 || r == 0x2029 ||
		r == 0xFEFF || r == 0xFFFE || r == 0xFFFF
}

// restore brings the moved characters of a text back.
func restore(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= shift && r <= shift+0xFFFF && foreign(r-shift, "") {
			return r - shift
		}
		return r
	}, s)
}
