package e2e

import (
	"net/url"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// press clicks on a button that submits a form, after filling fields given as label, value, label, value.
func (b *browser) press(name string, fields ...string) {
	b.t.Helper()
	button := b.named("button, input[type=submit]", name)
	form := button.Closest("form")
	if id, ok := button.Attr("form"); ok {
		form = b.doc.Find("form#" + id)
	}
	b.submit(form, button, fields...)
}

// submit sends a form as its button does.
func (b *browser) submit(form, button *goquery.Selection, fields ...string) {
	b.t.Helper()
	values := b.filled(form, fields)
	if name, ok := button.Attr("name"); ok {
		values.Set(name, button.AttrOr("value", ""))
	}
	action := button.AttrOr("formaction", form.AttrOr("action", b.url.String()))
	if strings.EqualFold(form.AttrOr("method", "get"), "post") {
		b.load("POST", action, values)
		return
	}
	path, _, _ := strings.Cut(action, "?")
	b.load("GET", path+"?"+values.Encode(), nil)
}

// values are what a form holds as it is shown.
func (b *browser) values(form *goquery.Selection) url.Values { return b.filled(form, nil) }

// filled are what a form holds once fields have been filled, given as label, value, label, value.
func (b *browser) filled(form *goquery.Selection, fields []string) url.Values {
	b.t.Helper()
	typed, chosen := map[*html.Node]string{}, url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		f := b.field(form, fields[i])
		if kind := f.AttrOr("type", ""); kind == "radio" || kind == "checkbox" {
			chosen.Set(f.AttrOr("name", ""), fields[i+1])
			continue
		}
		typed[f.Get(0)] = fields[i+1]
	}
	values := url.Values{}
	for _, f := range form.Find("input[name], select[name], textarea[name]").EachIter() {
		name := f.AttrOr("name", "")
		if value, ok := typed[f.Get(0)]; ok {
			values.Add(name, value)
		} else if value, ok := held(f); ok && !chosen.Has(name) {
			values.Add(name, value)
		}
	}
	for name := range chosen {
		values.Set(name, chosen.Get(name))
	}
	return values
}

// held is what a field has as it is shown; ok is false when it is not sent.
func held(f *goquery.Selection) (value string, ok bool) {
	kind := f.AttrOr("type", "text")
	_, checked := f.Attr("checked")
	_, disabled := f.Attr("disabled")
	box := kind == "checkbox" || kind == "radio"
	switch {
	case disabled, kind == "submit", box && !checked:
		return "", false
	case goquery.NodeName(f) == "textarea":
		return strings.TrimPrefix(f.Text(), "\n"), true
	case goquery.NodeName(f) == "select":
		option := f.Find("option[selected]")
		if option.Length() == 0 {
			option = f.Find("option").First()
		}
		return option.AttrOr("value", option.Text()), true
	case box:
		return f.AttrOr("value", "on"), true
	}
	return f.AttrOr("value", ""), true
}

// field is the field of a form with that label, name or ID.
func (b *browser) field(form *goquery.Selection, label string) *goquery.Selection {
	b.t.Helper()
	if f := form.Find(`[name="` + label + `"], [id="` + label + `"]`); f.Length() > 0 {
		return f.First()
	}
	for _, l := range form.Find("label").EachIter() {
		if !strings.Contains(words(l.Text()), label) {
			continue
		}
		if id, ok := l.Attr("for"); ok {
			return b.doc.Find(`[id="` + id + `"]`)
		}
		return l.Find("input, select, textarea")
	}
	b.t.Fatalf("the form on %s has no field %q:\n%s", b.url.Path, label, words(form.Text()))
	return nil
}
