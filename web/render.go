package web

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"portico/store"
	"portico/views"
)

// buffers are what pages are rendered into before anything is sent: a page that cannot be rendered is an error page,
// not half a page.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// mostPooled is how large a buffer may have grown to be kept, in bytes.
const mostPooled = 256 << 10

// page is what every page of who asks has. With no session it speaks the browser's language.
func (s *Server) page(c echo.Context) views.Page {
	r := c.Request()
	p := views.Page{
		Base: s.base, Assets: s.assets, Now: s.Now(), HostName: s.HostName, HostURL: s.HostURL,
		HostOrigins: s.hostOrigins, Framed: framed(r), RequestID: requestID(c), Sandbox: s.Sandbox, Done: r.URL.Query().Get("done"),
	}
	locale := ""
	if v, ok := c.Get(visitKey).(store.Visit); ok {
		p.User, p.Workspace, locale = v.User, v.Workspace, v.User.Locale
		p.Automations, p.Builder = s.Portal.HasAutomations(v.Workspace)
		p.Area = areaOf(r.URL.Path)
	}
	p.Printer = s.Messages.For(locale, r.Header.Get("Accept-Language"))
	return p
}

// render answers with a page.
func (s *Server) render(c echo.Context, status int, page templ.Component) error {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	defer func() {
		if b.Cap() <= mostPooled {
			buffers.Put(b)
		}
	}()
	// Pages are pure: they ask a context for nothing, and templ looks into it at each component.
	if err := page.Render(templ.InitializeContext(context.Background()), b); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(b.Len())) // not in chunks, unless it is compressed
	return c.HTMLBlob(status, b.Bytes())
}

// redirect leads to a path of ours after a POST: reloading what is shown then repeats nothing.
func (s *Server) redirect(c echo.Context, parts ...string) error {
	return c.Redirect(http.StatusSeeOther, s.path(parts...))
}

// wantsJSON says whether who asks is a script that reads JSON rather than a person who reads a page.
func wantsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "json") && !strings.Contains(accept, "text/html")
}
