// Package static is what browsers get besides pages: the stylesheet, the scripts and the icon of
// the portal, each under a name that carries its hash, compressed once, and kept by browsers for a year.
//
// Pages work without any script. portal.js and htmx (when it was vendored at build time) make them
// smoother. What a view writes so that portal.js finds it:
//
//	<html data-base="/portal">          path of PORTICO_URL, without a slash at the end; absent when it has none
//	<html data-host-origins="https://a https://b">
//	                                    origins that may embed the portal; only they are told anything
//	<html data-path="/integrations">    where to come back to, when the address itself cannot be asked for
//	                                    again (a page that answers a POST); "" keeps the last place
//	<html data-expired>, <main data-expired>
//	                                    the session is over: the embedding page is asked for a fresh token
//	<p id="status" role="status" class="visually-hidden"></p>
//	                                    once, outside <main>: where changes are said to screen readers
//	<main id="main" tabindex="-1">      the one part that is swapped; it takes the focus when the focused element goes
//	data-announce[="text"]              in a swapped part: its value, or its text, is said once when it changes
//	button[data-copy="text"|"#id"]      copies that text, or that element's; data-copied="Copied" is shown and said
//	form[data-dialog]                   opens a platform's dialog in a window; its action is asked for the address
//	form[data-dialog][data-check="/…"]  page to show when the window was closed without a word; default: this page
//	  [data-waiting][hidden]            in that form: shown while the window is open; holds the way to carry on
//	  [data-blocked][hidden]            in that form: shown when the browser blocked the window; holds an
//	                                    <a target="_blank" rel="noopener"> whose address is filled in
//
// The form's action answers a POST that accepts application/json with
//
//	{"url": "https://dialog…", "origin": "https://dialog's origin", "finish": "/instances/…/finish"}
//
// and finish is then asked by POST with outcome=finished|cancelled|failed and, when the dialog named
// one, auth=<the platform's ID of the new authentication> (not to be trusted before the platform confirms it).
// It answers with a page (or a redirect to one), whose <main> takes the place of the one shown. Any answer
// of the action but 2xx with JSON makes the form be submitted the plain way.
//
// builder.js is loaded by the two pages that run a platform's own script as well:
//
//	[data-builder="/automations/builder"]
//	                                    shows the platform's builder in the element that [data-part=frame] is; a POST
//	                                    to the address is answered with JSON: instance, token, locale. What follows the
//	                                    address of the page is the builder's route
//	[data-connect="/instances/…/dialog"]
//	                                    opens the platform's dialog at the press of [data-part=ready]'s button; a POST
//	                                    to the address is answered with JSON: instance, token, locale, piece, name,
//	                                    finish. The form [data-finish] brings what became of it to the last
//	  [data-part]                       in either, one of which is shown: loading, ready, open, blocked, frame, silent
//	                                    (nothing comes), refused (with the answer's own words in its [data-reason])
//	  data-patience                     milliseconds after which silence is said to be that
//
// upload.js is loaded by the page on which staff upload a file:
//
//	form[data-upload]                   a file that is dropped on it goes into its file field, whose name is shown in
//	                                    [data-part=name]; while it is sent, [data-part=sending] and its progress are shown.
//	                                    The answer's address, or the answer itself, then takes the place of the page
//	form[data-upload][data-most="10485760"]
//	                                    bytes; a larger file is not sent, and [data-part=large] is shown
//	button[data-count]                  says how many boxes of its form are checked, in the words of data-count-1,
//	                                    data-count-2 …
//
// Messages to the embedding page: portico.ready {version, path}, portico.height {height, in CSS pixels},
// portico.expired {path}. embed.js hears them and is the only script that runs on a host's page:
//
//	<portico-portal src="https://portal.example" token-url="/portico-token" title="Integrations" path="/integrations">
//
//	src           public URL of the portal, which may carry a path; default: where embed.js came from
//	token-url     address of the host that answers a POST with a fresh token, as plain text or as
//	              {"token": "…"}; default: /portico-token
//	title         title of the frame; default: Integrations
//	path          page of the portal to show first; default: /
//	refused-text, failed-text, open-text
//	              what is said where the browser does not show the frame, where no token was had, and on
//	              the button that opens a new tab
//
// It takes the token by form POST to {src}/session with the fields token and path. What is inside the element
// is shown as long as scripts do not run. It fires portico-ready {path}, portico-expired {path} and
// portico-refused {reason: token|silent|expired}; all bubble.
package static

import (
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed css/*.css portal.js embed.js builder.js upload.js favicon.svg robots.txt all:vendor
var source embed.FS

// prefix is the folder, below the base path, of everything that has a hashed name.
const prefix = "/static/"

// plain are the files that others refer to by a name that never changes.
var plain = map[string]bool{"embed.js": true, "robots.txt": true}

// Assets serves the embedded files and knows their addresses. It is safe for concurrent use.
type Assets struct {
	base  string
	files map[string]*file
}

// New returns the assets of a portal at base, the path of its public URL ("" or "/" for none).
// Nothing is hashed or compressed before it is first asked for.
func New(base string) *Assets {
	a := &Assets{base: strings.TrimRight(base, "/"), files: map[string]*file{}}
	a.add("portal.css", stylesheet)
	for _, name := range []string{"portal.js", "embed.js", "builder.js", "upload.js"} {
		a.add(name, func() []byte { return script(read(name)) })
	}
	for _, name := range []string{"favicon.svg", "robots.txt"} {
		a.add(name, func() []byte { return read(name) })
	}
	vendored, _ := fs.Glob(source, "vendor/*.js")
	for _, name := range vendored {
		a.add(path.Base(name), func() []byte { return read(name) })
	}
	return a
}

func (a *Assets) add(name string, body func() []byte) {
	a.files[name] = newFile(name, body)
}

// Has tells whether there is a file of that name. "htmx.js" is there only when it was vendored at build time.
func (a *Assets) Has(name string) bool {
	return a.files[name] != nil
}

// Path returns the address of a file below the portal's origin: /static/portal-0123456789.css, or
// /embed.js for the few that keep their name. It panics for a file that does not exist, since
// such a name is a mistake in our own source.
func (a *Assets) Path(name string) string {
	f := a.mustHave(name)
	if plain[name] {
		return a.base + "/" + name
	}
	return a.base + prefix + f.hashedName()
}

// Integrity returns the value for an integrity attribute: sha384 and the hash of the file.
func (a *Assets) Integrity(name string) string {
	return a.mustHave(name).integrity()
}

func (a *Assets) mustHave(name string) *file {
	f := a.files[name]
	if f == nil {
		panic(fmt.Sprintf("static: no file %q", name))
	}
	return f
}

// ServeHTTP answers GET and HEAD for /static/… , /embed.js and /robots.txt, with or without the base path.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	f, hashed := a.find(strings.TrimPrefix(r.URL.Path, a.base))
	if f == nil {
		w.Header().Set("Cache-Control", "no-store")
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	if hashed {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
	} else {
		h.Set("Cache-Control", "public, max-age=300")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		h.Set("Access-Control-Allow-Origin", "*")
	}
	f.serve(w, r)
}

// find returns the file at a path and whether its name carries its hash. A stale hash finds nothing:
// the page that asked holds the integrity of other bytes.
func (a *Assets) find(p string) (f *file, hashed bool) {
	if name := strings.TrimPrefix(p, "/"); plain[name] {
		return a.files[name], false
	}
	hashedName, ok := strings.CutPrefix(p, prefix)
	if !ok {
		return nil, false
	}
	ext := path.Ext(hashedName)
	stem := strings.TrimSuffix(hashedName, ext)
	dash := strings.LastIndexByte(stem, '-')
	if dash < 0 {
		return nil, false
	}
	f = a.files[stem[:dash]+ext]
	if f == nil || f.hashedName() != hashedName {
		return nil, false
	}
	return f, true
}

// read returns an embedded file; its absence is a mistake in the embed line above.
func read(name string) []byte {
	b, err := source.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("static: reading embedded %s: %v", name, err))
	}
	return b
}
