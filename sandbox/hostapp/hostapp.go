// Package hostapp is a host in miniature: Northwind, a small CRM for wholesalers that embeds the portal
// in its own pages, as a real SaaS product would. It is what a host's developer reads first, so it uses
// nothing of Portico's and nothing but the standard library, bcrypt and a JWT library. Everything it knows
// is in memory and gone when it stops.
//
// What a host needs is in token.go and pages/portal.html, between the marks; the page "For developers" shows
// exactly those lines.
package hostapp

import (
	"crypto/ed25519"
	"embed"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

//go:embed pages token.go
var source embed.FS

// Options is what Northwind is told about itself and about the portal.
type Options struct {
	URL       string             // where browsers find Northwind; cookies are Secure when it is https
	PortalURL string             // the portal's public URL; may carry a path
	Key       ed25519.PrivateKey // signs the tokens; the portal is given its public half
	KeyID     string             // names the key in the tokens' header
	Issuer    string             // claim iss
	Audience  string             // claim aud
	Now       func() time.Time   // the clock; time.Now when nil
}

// host is the running application.
type host struct {
	Options
	people   *people
	sessions *sessions
}

// New returns the application with its two demo customers.
func New(o Options) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.PortalURL = strings.TrimRight(o.PortalURL, "/")
	h := &host{Options: o, people: demoPeople(), sessions: newSessions(o.Now)}
	return http.NewCrossOriginProtection().Handler(h.headers(h.routes()))
}

func (h *host) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.home)
	mux.HandleFunc("GET /login", h.loginPage)
	mux.HandleFunc("POST /login", h.login)
	mux.HandleFunc("GET /register", h.registerPage)
	mux.HandleFunc("POST /register", h.register)
	mux.HandleFunc("POST /logout", h.logout)
	mux.Handle("GET /dashboard", h.signedIn(h.dashboard))
	mux.Handle("GET /customers", h.signedIn(h.customers))
	mux.Handle("GET /integrations", h.signedIn(h.integrations))
	mux.Handle("GET /developers", h.signedIn(h.developers))
	h.tokenRoute(mux)
	mux.HandleFunc("GET /style.css", h.style)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		h.problem(w, http.StatusNotFound, "There is no such page.")
	})
	return mux
}

// page answers a request of somebody who has signed in; an error becomes a 500.
type page func(w http.ResponseWriter, r *http.Request, p *person) error

// signedIn leads strangers to the login, or answers 401 where no page was asked for.
func (h *host) signedIn(next page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := h.user(r)
		switch {
		case p == nil && r.Method == http.MethodGet:
			http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.Path), http.StatusSeeOther)
		case p == nil:
			http.Error(w, "sign in first", http.StatusUnauthorized)
		default:
			if err := next(w, r, p); err != nil {
				slog.Error("sample host", "path", r.URL.Path, "error", err)
				h.problem(w, http.StatusInternalServerError, "Something went wrong on our side. Try again.")
			}
		}
	})
}

// text makes a page of a question about a person that is answered with one text.
func (h *host) text(ask func(*person) (string, error)) http.Handler {
	return h.signedIn(func(w http.ResponseWriter, r *http.Request, p *person) error {
		answer, err := ask(p)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, err = w.Write([]byte(answer))
		return err
	})
}

// headers sets what every answer carries. The policy is strict on purpose: it shows the three directives that
// a host with a policy adds for the portal. No Cross-Origin-Opener-Policy: same-origin here, since it cuts
// the dialogs that the embedded portal opens off from it.
func (h *host) headers(next http.Handler) http.Handler {
	portal := origin(h.PortalURL)
	policy := "default-src 'none'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'" +
		"; script-src " + portal + "; frame-src " + portal + "; form-action 'self' " + portal
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "same-origin")
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// origin returns scheme and host of a URL, as policies name it.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "'none'"
	}
	return u.Scheme + "://" + u.Host
}
