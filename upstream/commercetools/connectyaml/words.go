package connectyaml

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	names     = regexp.MustCompile(`^[a-zA-Z0-9_-]{2,256}$`)
	endpoints = regexp.MustCompile(`^[a-zA-Z0-9_\-/]+$`)
	keys      = regexp.MustCompile(`^[a-zA-Z0-9_]{2,256}$`)
	reserved  = regexp.MustCompile(`^(?i:PORT|K_SERVICE|K_REVISION|K_CONFIGURATION)$`)
)

func name(s string) string { return unless(names.MatchString(s), "Invalid") }

func endpoint(s string) string { return unless(endpoints.MatchString(s), "Invalid") }

func singleSlashes(s string) string {
	return unless(!strings.Contains(s, "//"), "Double slashes are not allowed")
}

func notEmpty(s string) string {
	return unless(s != "", "String must contain at least 1 character(s)")
}

// notBlank takes an empty text, which is notEmpty's to refuse.
func notBlank(what string) func(string) string {
	return func(s string) string {
		return unless(s == "" || !blank(s), what+" cannot be only whitespace")
	}
}

func notReserved(s string) string {
	return unless(!reserved.MatchString(s), `Key "`+s+`" is a reserved word`)
}

// standardKey and securedKey say the same of different keys: the official validator
// names a standard key unless it is blank, and a secured one only when it is.
func standardKey(s string) string { return keyForm(s, !blank(s)) }
func securedKey(s string) string  { return keyForm(s, blank(s)) }

func keyForm(s string, named bool) string {
	switch {
	case keys.MatchString(s):
		return ""
	case named:
		return `Invalid configuration key: "` + s + `"`
	}
	return "Invalid configuration key"
}

func unless(right bool, message string) string {
	if right {
		return ""
	}
	return message
}

// blank reports whether a text is nothing but white space, as JavaScript sees it:
// a byte order mark is white, U+0085 is not.
func blank(s string) bool {
	return strings.TrimFunc(s, func(r rune) bool {
		return r == 0xFEFF || r != 0x85 && unicode.IsSpace(r)
	}) == ""
}
