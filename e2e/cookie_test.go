package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// cookies are what one browser keeps. Ports do not count, and what is Secure also goes to this machine without TLS, as
// browsers do.
type cookies struct {
	mu   sync.Mutex
	kept []cookie
}

type cookie struct {
	*http.Cookie
	host      string
	partition string // site of the page around it; empty: set without Partitioned, or at top level
}

// keep stores what an answer sets. In a frame of another site only partitioned cookies are kept, and each site around
// has its own.
func (c *cookies) keep(b *browser, at *url.URL, set []*http.Cookie) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range set {
		if reason := unfit(one, at, b.third(at)); reason != "" {
			b.t.Errorf("%s sets the cookie %s, which %s", at.Path, one.Name, reason)
			continue
		}
		var others []cookie
		for _, o := range c.kept {
			if o.Name != one.Name || o.host != at.Hostname() || o.partition != b.third(at) {
				others = append(others, o)
			}
		}
		if c.kept = others; one.MaxAge >= 0 && one.Value != "" {
			c.kept = append(c.kept, cookie{one, at.Hostname(), b.third(at)})
		}
	}
}

// unfit says why a browser does not keep a cookie.
func unfit(c *http.Cookie, at *url.URL, around string) string {
	switch {
	case strings.HasPrefix(c.Name, "__Host-") && (!c.Secure || c.Path != "/" || c.Domain != ""):
		return "is called __Host- and is none"
	case (c.SameSite == http.SameSiteNoneMode || c.Partitioned) && !c.Secure:
		return "must be Secure"
	case around != "" && (!c.Partitioned || c.SameSite != http.SameSiteNoneMode):
		return "no browser keeps in a frame"
	case c.Secure && at.Scheme != "https" && at.Hostname() != "127.0.0.1" && at.Hostname() != "localhost":
		return "needs TLS"
	}
	return ""
}

// send adds the cookies that a request takes along.
func (c *cookies) send(b *browser, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	crossPost := r.Method == http.MethodPost && r.Header.Get("Sec-Fetch-Site") == "cross-site"
	for _, one := range c.kept {
		if one.host != r.URL.Hostname() || one.partition != b.third(r.URL) {
			continue
		}
		if one.SameSite == http.SameSiteStrictMode && r.Header.Get("Sec-Fetch-Site") == "cross-site" || crossPost && one.SameSite != http.SameSiteNoneMode {
			continue
		}
		r.AddCookie(&http.Cookie{Name: one.Name, Value: one.Value})
	}
}

// third is the site around, for an address of another site.
func (b *browser) third(at *url.URL) string {
	if b.frameOf == "" || b.frameOf == siteOf(at) {
		return ""
	}
	return b.frameOf
}
