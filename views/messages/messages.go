// Package messages has every text that a person reads, in files NAME.LANGUAGE.json, and tells it in their language.
//
// A text is a flat key and a string, with {{.name}} where a value goes; a counted one is an object of the plural forms
// that the language has. English is complete; what another language lacks is told in English.
package messages

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed *.json
var files embed.FS

// Bundle is the texts of all languages. It is safe for concurrent use.
type Bundle struct {
	matcher  language.Matcher
	printers []*Printer // one a language, English first
}

// Load reads the embedded files.
func Load() (*Bundle, error) {
	texts := i18n.NewBundle(language.English)
	texts.RegisterUnmarshalFunc("json", json.Unmarshal)
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("listing message files: %w", err)
	}
	plain := map[language.Tag]map[string]text{language.English: {}}
	for _, entry := range entries {
		if err := load(texts, plain, entry.Name()); err != nil {
			return nil, err
		}
	}
	tags := slices.SortedFunc(maps.Keys(plain), func(a, b language.Tag) int {
		if a == language.English || b == language.English {
			return strings.Compare(fmt.Sprint(a != language.English), fmt.Sprint(b != language.English))
		}
		return strings.Compare(a.String(), b.String())
	})
	b := &Bundle{matcher: language.NewMatcher(tags)}
	for _, tag := range tags {
		b.printers = append(b.printers, newPrinter(texts, tag, plain[tag], plain[language.English]))
	}
	return b, nil
}

// load reads one file into the bundle. Texts that are not counted are kept aside as well: they need no template engine.
func load(texts *i18n.Bundle, plain map[language.Tag]map[string]text, name string) error {
	body, err := files.ReadFile(name)
	if err != nil {
		return fmt.Errorf("reading messages: %w", err)
	}
	parsed, err := texts.ParseMessageFileBytes(body, name)
	if err != nil {
		return fmt.Errorf("reading messages %s: %w", name, err)
	}
	if plain[parsed.Tag] == nil {
		plain[parsed.Tag] = map[string]text{}
	}
	for _, m := range parsed.Messages {
		if t, ok := parse(m.Other); ok && m.One == "" {
			plain[parsed.Tag][m.ID] = t
		}
	}
	return nil
}

// For is the printer of the language that suits best: locales are BCP 47 tags or Accept-Language headers, the most
// wanted first; what cannot be read counts for nothing.
func (b *Bundle) For(locales ...string) *Printer {
	if len(b.printers) == 1 {
		return b.printers[0]
	}
	var wanted []language.Tag
	for _, locale := range locales {
		tags, _, err := language.ParseAcceptLanguage(locale)
		if err == nil {
			wanted = append(wanted, tags...)
		}
	}
	_, at, _ := b.matcher.Match(wanted...)
	return b.printers[at]
}
