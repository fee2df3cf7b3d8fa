package web

import (
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"portico/store"
	"portico/web/api"
)

const requestIDHeader = "X-Request-Id"

// Limits of a request's body in bytes: a stranger's, and a form of somebody who says that they are signed in or have a key, in which a
// secret may be as long as the portal takes one. Of what is longer, so much is read and thrown away that a browser comes to
// the answer: one that is still sending when the connection ends shows no page of ours.
const (
	maxBody  = 64 << 10
	maxForm  = 1 << 20
	maxWaste = 16 << 20
)

// policies are the Content-Security-Policy of the two kinds of pages.
type policies struct{ user, staff string }

// with is the policy of a customers' page that may also frame another origin and call it.
func (p policies) with(origin string) string {
	return strings.Replace(p.user, "connect-src 'self';", "connect-src 'self' "+origin+"; frame-src "+origin+";", 1)
}

// newPolicies names who may frame the pages and, since form-action also holds redirects, where dialogs are.
func newPolicies(hosts, dialogs []string) policies {
	const common = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
	return policies{
		user:  common + strings.Join(append([]string{"form-action 'self'"}, dialogs...), " ") + "; " + strings.Join(append([]string{"frame-ancestors 'self'"}, hosts...), " "),
		staff: common + "form-action 'self'; frame-ancestors 'none'",
	}
}

// wrap is what every request passes, outermost first.
func (s *Server) wrap(h http.Handler) http.Handler {
	return s.stripped(s.logged(s.recovered(s.headers(s.sameSite(h)))))
}

// stripped takes the path of the portal's address off, for the proxies that leave it on.
func (s *Server) stripped(h http.Handler) http.Handler {
	if s.base == "" {
		return h
	}
	below := http.StripPrefix(s.base, h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == s.base:
			http.Redirect(w, r, s.base+"/", http.StatusPermanentRedirect)
		case strings.HasPrefix(r.URL.Path, s.base+"/"):
			below.ServeHTTP(w, r)
		default:
			h.ServeHTTP(w, r)
		}
	})
}

// statusWriter remembers the status that was sent.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach what is below.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// logged gives the request its ID and, when it is answered, the log its line: the route's pattern, never the address,
// which may hold a ticket or what somebody searched for.
func (s *Server) logged(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		id := store.NewID(s.Now())
		w.Header().Set(requestIDHeader, id)
		sw := &statusWriter{ResponseWriter: w}
		h.ServeHTTP(sw, r)
		if sw.status == 0 {
			sw.status = http.StatusOK
		}
		s.Log.InfoContext(r.Context(), "request", "method", r.Method, "route", r.Pattern, "status", sw.status,
			"duration", time.Since(began), "request_id", id)
	})
}

// recovered turns a panic into the error page; the stack goes to the log.
func (s *Server) recovered(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p)
			default:
				s.Log.ErrorContext(r.Context(), "panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()), "request_id", w.Header().Get(requestIDHeader))
				s.fail(errPanic, s.echo.NewContext(r, w))
			}
		}()
		h.ServeHTTP(w, r)
	})
}

// headers are those that every answer has, and the limit of every body.
func (s *Server) headers(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		policy := s.policies.user
		if r.URL.Path == "/admin" || strings.HasPrefix(r.URL.Path, "/admin/") {
			policy = s.policies.staff
		}
		header.Set("Content-Security-Policy", policy)
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		if s.https {
			header.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if r.Body != nil {
			r.Body = s.bound(w, r)
		}
		h.ServeHTTP(w, r)
	})
}

// bounded is a body of which no more is given than its limit.
type bounded struct {
	io.ReadCloser
	whole io.ReadCloser
}

func (s *Server) bound(w http.ResponseWriter, r *http.Request) io.ReadCloser {
	host := r.Header.Get("Authorization") != "" && strings.HasPrefix(r.URL.Path, "/api/")
	switch {
	case r.Method == http.MethodPost && r.URL.Path == archivesPath && hasCookie(r, staffCookie):
		return &bounded{http.MaxBytesReader(w, r.Body, s.maxUpload()), r.Body}
	case r.Method == http.MethodPost && r.URL.Path == api.ArchivesPath && host:
		return http.MaxBytesReader(w, r.Body, s.maxUpload())
	case host: // each operation has its own limit, all below this one
		return http.MaxBytesReader(w, r.Body, maxForm+maxBody)
	case !hasCookie(r, userCookie) && !hasCookie(r, staffCookie):
		return http.MaxBytesReader(w, r.Body, maxBody)
	}
	return &bounded{http.MaxBytesReader(w, r.Body, maxForm), r.Body}
}

// maxUpload is the limit of a form with an archive in it, in bytes: a ready payload.json is a third longer than its archive.
func (s *Server) maxUpload() int64 { return s.Portal.ArchiveLimit/3*4 + maxForm }

func hasCookie(r *http.Request, name string) bool {
	_, err := r.Cookie(name)
	return err == nil
}

// waste reads what is left of a body that is too large.
func waste(r *http.Request) {
	if b, ok := r.Body.(*bounded); ok {
		io.CopyN(io.Discard, b.whole, maxWaste) //nolint:errcheck // whoever stops sending gets their answer all the same
	}
}

// sameSite refuses what other sites' pages make a browser send. The host's hand-over is cross-site by nature: the signed
// one-time token is its protection.
func (s *Server) sameSite(h http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.AddInsecureBypassPattern("POST /session")
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(errCrossSite, s.echo.NewContext(r, w))
	}))
	return protection.Handler(h)
}

// compressed compresses pages of 1 kB and more at the level that costs least; files come compressed already.
func (s *Server) compressed() echo.MiddlewareFunc {
	return middleware.GzipWithConfig(middleware.GzipConfig{Level: 1, MinLength: 1024, Skipper: func(c echo.Context) bool {
		p := c.Request().URL.Path
		return strings.HasPrefix(p, "/static/") || strings.HasPrefix(p, "/icons/") || p == "/embed.js"
	}})
}
