package hostapp

import (
	"bytes"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
)

// templates are parsed once: each page with the layout around it.
var templates = parseTemplates("login.html", "register.html", "dashboard.html", "customers.html", "integrations.html", "developers.html", "problem.html")

func parseTemplates(names ...string) map[string]*template.Template {
	all := map[string]*template.Template{}
	for _, name := range names {
		all[name] = template.Must(template.ParseFS(source, "pages/layout.html", "pages/portal.html", "pages/"+name))
	}
	return all
}

// view is what the templates are given.
type view struct {
	Title     string
	Here      string // path of the menu's current entry
	User      *person
	Entry     entry
	Business  business
	PortalURL string
	Token     string // for the form that opens the portal without scripts
	Code      []sample
	Problem   string
	Portal    string // the portal's origin
	Own       string // our own origin
}

// show renders a page to memory first, so that a fault in it is not half a page.
func (h *host) show(w http.ResponseWriter, status int, name string, v view) {
	v.PortalURL, v.Portal, v.Own = h.PortalURL, origin(h.PortalURL), origin(h.URL)
	var page bytes.Buffer
	if err := templates[name].ExecuteTemplate(&page, "layout", v); err != nil {
		slog.Error("sample host: rendering", "page", name, "error", err)
		http.Error(w, "Something went wrong on our side.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if _, err := w.Write(page.Bytes()); err != nil {
		slog.Debug("sample host: answering", "page", name, "error", err)
	}
}

func (h *host) problem(w http.ResponseWriter, status int, text string) {
	h.show(w, status, "problem.html", view{Title: http.StatusText(status), Problem: text})
}

// dashboard answers GET /dashboard.
func (h *host) dashboard(w http.ResponseWriter, r *http.Request, p *person) error {
	h.show(w, http.StatusOK, "dashboard.html", view{Title: "Dashboard", Here: "/dashboard", User: p, Business: businessOf(p.Customer)})
	return nil
}

// customers answers GET /customers.
func (h *host) customers(w http.ResponseWriter, r *http.Request, p *person) error {
	h.show(w, http.StatusOK, "customers.html", view{Title: "Customers", Here: "/customers", User: p, Business: businessOf(p.Customer)})
	return nil
}

// integrations answers GET /integrations: the page with the portal in it.
func (h *host) integrations(w http.ResponseWriter, r *http.Request, p *person) error {
	token, err := h.sign(p)
	if err != nil {
		return fmt.Errorf("signing a token: %w", err)
	}
	h.show(w, http.StatusOK, "integrations.html", view{Title: "Integrations", Here: "/integrations", User: p, Token: token})
	return nil
}

// developers answers GET /developers: the code that the integrations page runs on.
func (h *host) developers(w http.ResponseWriter, r *http.Request, p *person) error {
	code, err := h.samples()
	if err != nil {
		return err
	}
	h.show(w, http.StatusOK, "developers.html", view{Title: "For developers", Here: "/developers", User: p, Code: code})
	return nil
}

// style answers GET /style.css.
func (h *host) style(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=300")
	http.ServeFileFS(w, r, source, "pages/style.css")
}

// sample is code to show.
type sample struct{ Where, Text string }

// samples returns what a host needs, taken from what runs here: the element as the integrations page
// renders it, and the marked lines of token.go.
func (h *host) samples() ([]sample, error) {
	var element bytes.Buffer
	if err := templates["integrations.html"].ExecuteTemplate(&element, "portal", view{PortalURL: h.PortalURL}); err != nil {
		return nil, fmt.Errorf("rendering the element: %w", err)
	}
	code, err := source.ReadFile("token.go")
	if err != nil {
		return nil, fmt.Errorf("reading our own source: %w", err)
	}
	return []sample{
		{"In the page", element.String() + "</portico-portal>"},
		{"On the server", marked(string(code))},
	}, nil
}

// marked returns the lines between the marks, each part moved to the margin.
func marked(code string) string {
	var out []string
	inside, indent := false, ""
	for line := range strings.Lines(code) {
		line = strings.TrimRight(line, "\n")
		switch strings.TrimSpace(line) {
		case "// portico: begin":
			inside, indent = true, line[:strings.Index(line, "/")]
		case "// portico: end":
			inside = false
		default:
			if inside && strings.TrimSpace(line) != "" {
				out = append(out, strings.TrimPrefix(line, indent))
			}
		}
	}
	return strings.Join(out, "\n")
}
