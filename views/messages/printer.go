package messages

import (
	"strconv"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Printer tells texts in one language. It is safe for concurrent use.
type Printer struct {
	tag     language.Tag
	lang    string
	plain   map[string]text
	english map[string]text
	texts   *i18n.Localizer
	numbers *message.Printer
}

func newPrinter(texts *i18n.Bundle, tag language.Tag, plain, english map[string]text) *Printer {
	return &Printer{
		tag: tag, lang: tag.String(), plain: plain, english: english,
		texts: i18n.NewLocalizer(texts, tag.String(), "en"), numbers: message.NewPrinter(tag),
	}
}

// Lang is the language, for a lang attribute.
func (p *Printer) Lang() string { return p.lang }

// Dir is the direction the language is written in, for a dir attribute.
func (p *Printer) Dir() string {
	switch script, _ := p.tag.Script(); script.String() {
	case "Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm":
		return "rtl"
	}
	return "ltr"
}

// T is the text of a key, with values by name: p.T("catalogue.shared_by", "name", owner.Name). A key that is nowhere is told as it
// is, which a test keeps from happening.
func (p *Printer) T(key string, pairs ...any) string {
	if t, ok := p.plain[key]; ok {
		return t.with(pairs)
	}
	told, err := p.texts.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data(pairs)})
	if err == nil {
		return told
	}
	if t, ok := p.english[key]; ok {
		return t.with(pairs)
	}
	return key
}

// Has says whether there is a text for a key.
func (p *Printer) Has(key string) bool {
	return p.T(key) != key
}

// N is the text of a key in the form that a count asks for; the text has it as {{.count}}.
func (p *Printer) N(key string, count int, pairs ...any) string {
	values := data(pairs)
	values["count"] = p.Number(count)
	text, err := p.texts.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: values, PluralCount: count})
	if err != nil {
		return key
	}
	return text
}

// Number is a number as the language writes it.
func (p *Printer) Number(n int) string {
	if n > -1000 && n < 1000 && p.lang == "en" {
		return strconv.Itoa(n)
	}
	return p.numbers.Sprint(n)
}

// Ago says how long ago t was; what is older than 30 days is told by its date.
func (p *Printer) Ago(t, now time.Time) string {
	switch d := now.Sub(t); {
	case d < time.Minute:
		return p.T("time.now")
	case d < time.Hour:
		return p.N("time.minutes", int(d/time.Minute))
	case d < 24*time.Hour:
		return p.N("time.hours", int(d/time.Hour))
	case d < 30*24*time.Hour:
		return p.N("time.days", int(d/(24*time.Hour)))
	}
	return p.Date(t)
}

// Date is the day of t, in words.
func (p *Printer) Date(t time.Time) string {
	return p.T("time.date", "day", p.Number(t.Day()), "month", p.T("time.month."+strconv.Itoa(int(t.Month()))), "year", strconv.Itoa(t.Year()))
}

func data(pairs []any) map[string]any {
	values := make(map[string]any, len(pairs)/2+1)
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, ok := pairs[i].(string); ok {
			values[name] = pairs[i+1]
		}
	}
	return values
}
