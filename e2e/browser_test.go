package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// browser is one without scripts: it follows links and redirects, fills and submits the forms it is shown, and keeps
// cookies as browsers do that block those of third parties. It is one tab or frame; others of the same person share its
// cookies.
type browser struct {
	t       *testing.T
	cookies *cookies
	frameOf string // site of the page around it; empty in a tab
	lenient bool   // a request that is cut off shows an empty page with status 0, and is no fault
	*page
}

// page is what a browser shows.
type page struct {
	url    *url.URL
	status int
	header http.Header
	doc    *goquery.Document
	html   string
}

func newBrowser(t *testing.T) *browser {
	return &browser{t: t, cookies: &cookies{}, page: &page{doc: nothing()}}
}

// tab is another tab of the same browser.
func (b *browser) tab() *browser { return &browser{t: b.t, cookies: b.cookies, page: b.page} }

// with is the same tab for a subtest.
func (b *browser) with(t *testing.T) *browser {
	c := *b
	c.t = t
	return &c
}

// frame is a frame within the page that is shown.
func (b *browser) frame() *browser {
	return &browser{t: b.t, cookies: b.cookies, frameOf: siteOf(b.url), page: b.page}
}

// open goes to an address as if it were typed in.
func (b *browser) open(address string) {
	b.t.Helper()
	b.page = &page{doc: nothing()}
	b.load("GET", address, nil)
}

// reload asks for the page again.
func (b *browser) reload() {
	b.t.Helper()
	b.open(b.url.String())
}

// follow clicks on a link; one that opens a tab of its own becomes that tab.
func (b *browser) follow(name string) *browser {
	b.t.Helper()
	link := b.named("a[href]", name)
	in := b
	if target, _ := link.Attr("target"); target == "_blank" {
		in = b.tab()
	}
	in.load("GET", link.AttrOr("href", ""), nil)
	return in
}

// named finds the first element that a person would call so, of those in the page itself before those around it: by its
// text, its label or its data-testid.
func (b *browser) named(selector, name string) *goquery.Selection {
	b.t.Helper()
	all := b.doc.Find("main").Find(selector).AddSelection(b.doc.Find(selector)) // the menu comes last
	found := all.FilterFunction(func(_ int, s *goquery.Selection) bool { return isNamed(s, name) })
	if found.Length() == 0 {
		b.t.Fatalf("%s shows no %s named %q, but:\n%s", b.url, selector, name, b.text())
	}
	return found.First()
}

func isNamed(s *goquery.Selection, name string) bool {
	if s.AttrOr("data-testid", "") == name || s.AttrOr("id", "") == name || strings.Contains(s.AttrOr("aria-label", ""), name) {
		return true
	}
	return strings.Contains(words(s.Text()), name) || s.AttrOr("value", "") == name
}

// offers says whether there is a link or button of that name.
func (b *browser) offers(name string) bool {
	return b.doc.Find("a[href], button").FilterFunction(func(_ int, s *goquery.Selection) bool { return isNamed(s, name) }).Length() > 0
}

// text is what the main part of the page says.
func (b *browser) text() string {
	main := b.doc.Find("main")
	if main.Length() == 0 {
		main = b.doc.Find("body")
	}
	return words(main.Text())
}

// sees fails unless the page says all of these.
func (b *browser) sees(texts ...string) {
	b.t.Helper()
	for _, want := range texts {
		if !strings.Contains(b.text(), want) {
			b.t.Fatalf("%s does not say %q, but:\n%s", b.url, want, b.text())
		}
	}
}

// sees not fails if the page says one of these.
func (b *browser) misses(texts ...string) {
	b.t.Helper()
	for _, unwanted := range texts {
		if strings.Contains(b.text(), unwanted) {
			b.t.Fatalf("%s says %q:\n%s", b.url, unwanted, b.text())
		}
	}
}

// load asks for a page and follows where it leads, as a navigation of this tab or frame.
func (b *browser) load(method, address string, form url.Values) {
	b.t.Helper()
	from, at := b.url, b.resolve(address)
	for range 10 {
		r := b.request(method, at, form, from)
		answer, err := navigator.Do(r)
		if err != nil && b.lenient {
			b.page = &page{url: at, doc: nothing()}
			return
		}
		if err != nil {
			b.t.Fatalf("%s %s: %v", method, at.Path, err)
		}
		b.cookies.keep(b, at, answer.Cookies())
		if to := answer.Header.Get("Location"); to != "" && answer.StatusCode >= 300 && answer.StatusCode < 400 {
			answer.Body.Close() //nolint:errcheck // nothing in it is read
			b.page = &page{url: at, doc: nothing()}
			if at = b.resolve(to); answer.StatusCode == http.StatusSeeOther || answer.StatusCode == http.StatusFound {
				method, form = "GET", nil
			}
			continue
		}
		b.show(at, answer)
		return
	}
	b.t.Fatalf("%s leads in circles", address)
}

func (b *browser) resolve(address string) *url.URL {
	b.t.Helper()
	to, err := url.Parse(address)
	if err != nil {
		b.t.Fatal(err)
	}
	if b.url != nil {
		to = b.url.ResolveReference(to)
	}
	return to
}

// request is what a browser sends for a navigation.
func (b *browser) request(method string, at *url.URL, form url.Values, from *url.URL) *http.Request {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, at.String(), strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-User", "?1")
	r.Header.Set("Sec-Fetch-Dest", map[bool]string{true: "iframe", false: "document"}[b.frameOf != ""])
	r.Header.Set("Sec-Fetch-Site", relation(from, at))
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if from != nil {
			r.Header.Set("Origin", from.Scheme+"://"+from.Host)
		}
	}
	b.cookies.send(b, r)
	return r
}

func (b *browser) show(at *url.URL, answer *http.Response) {
	b.t.Helper()
	defer answer.Body.Close() //nolint:errcheck // read whole below
	raw, err := io.ReadAll(answer.Body)
	if err != nil && b.lenient {
		b.page = &page{url: at, doc: nothing()}
		return
	}
	if err != nil {
		b.t.Fatalf("reading %s: %v", at.Path, err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(raw)))
	if err != nil {
		b.t.Fatal(err)
	}
	b.page = &page{url: at, status: answer.StatusCode, header: answer.Header, doc: doc, html: string(raw)}
}

// fetch asks for JSON from the page that is shown, as its script would.
func (b *browser) fetch(method, address string, form url.Values) result {
	b.t.Helper()
	at := b.resolve(address)
	r := b.request(method, at, form, b.url)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Sec-Fetch-Dest", "empty")
	r.Header.Set("Sec-Fetch-Mode", "cors")
	answer, err := navigator.Do(r)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, at.Path, err)
	}
	defer answer.Body.Close() //nolint:errcheck // read whole below
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatalf("reading %s: %v", at.Path, err)
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		b.t.Fatalf("%s answers with status %d and no JSON: %s", at.Path, answer.StatusCode, raw)
	}
	return result{v}
}

// nothing is an empty page.
func nothing() *goquery.Document {
	return goquery.NewDocumentFromNode(&html.Node{Type: html.DocumentNode})
}

// navigator sends requests and leaves redirects to us.
var navigator = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// relation is the word of Sec-Fetch-Site.
func relation(from, to *url.URL) string {
	switch {
	case from == nil:
		return "none"
	case from.Scheme == to.Scheme && from.Host == to.Host:
		return "same-origin"
	case siteOf(from) == siteOf(to):
		return "same-site"
	}
	return "cross-site"
}

// siteOf is the site of an address of this machine: names are sites of their own, ports do not count.
func siteOf(u *url.URL) string { return u.Scheme + "://" + u.Hostname() }

// words is a text with single spaces.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }
