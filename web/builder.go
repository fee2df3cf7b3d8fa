package web

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/views"
)

// builderRoutes are the pages that run a platform's own script, and that script.
func (s *Server) builderRoutes() []route {
	return []route{
		{"GET", "/automations/builder", user, s.builder},
		{"GET", "/automations/builder/*", user, s.builder},
		{"POST", "/automations/builder", user, s.openBuilder},
		{"POST", "/automations/builder/tab", user, s.builderTab},
		{"GET", "/instances/:instance/slots/:slot/dialog", member, s.connectDialog},
		{"POST", "/instances/:instance/slots/:slot/dialog", member, s.openConnect},
		{"GET", "/scripts/:hash", anyone, s.script},
		{"GET", "/admin/activepieces/:account/scripts", staffViewer, s.adminScripts},
		{"POST", "/admin/activepieces/:account/scripts/fetch", staffSupport, s.adminFetchScript},
		{"POST", "/admin/activepieces/:account/scripts/confirm", staffAdmin, s.adminConfirmScript},
		{"GET", "/admin/activepieces/:account/scripts/:hash", staffViewer, s.adminScript},
	}
}

// builder answers GET /automations/builder and all below it, which is the builder's own route.
func (s *Server) builder(c echo.Context) error {
	script, err := s.Portal.BuilderScript(c.Request().Context(), visit(c).Workspace)
	if err != nil {
		return err
	}
	page := s.page(c)
	s.allowScript(c, &page, script)
	return s.render(c, http.StatusOK, views.Builder(views.BuilderPage{Page: page}))
}

// allowScript lets a page, and it alone, run a platform's script, and frame and call the instance that this is for.
func (s *Server) allowScript(c echo.Context, page *views.Page, script portal.BuilderScript) {
	c.Response().Header().Set("Content-Security-Policy", s.policies.with(script.Origin))
	own := views.Asset{Path: s.Assets.Path("builder.js"), Integrity: s.Assets.Integrity("builder.js")}
	page.Scripts = []views.Asset{{Path: s.path("/scripts/", script.Hash), Integrity: integrity(script.Hash)}, own}
}

// integrity is what a page writes beside an address, so that a browser runs these bytes alone.
func integrity(hash string) string {
	sum, err := hex.DecodeString(hash)
	if err != nil {
		return "sha256-none" // which fits nothing
	}
	return "sha256-" + base64.StdEncoding.EncodeToString(sum)
}

// openBuilder answers POST /automations/builder: what the page's script shows the builder with. It is asked for by POST
// since it calls the platform, so that the page itself waits for nobody, and so that the token is in no page.
func (s *Server) openBuilder(c echo.Context) error {
	b, err := s.Portal.OpenBuilder(c.Request().Context(), who(c), s.around()...)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]string{"instance": b.InstanceURL, "token": b.Token.Reveal(), "locale": b.Locale})
}

// around is the origins of the pages around a frame of ours: the browser wants every one of them allowed.
func (s *Server) around() []string {
	u, err := url.Parse(s.URL)
	if err != nil {
		return s.HostOrigins
	}
	return append([]string{u.Scheme + "://" + u.Host}, s.HostOrigins...)
}

// builderTab answers POST /automations/builder/tab: the builder in a tab of its own, for whom a frame does not show it. The
// browser keeps the session of a frame to that frame, so the tab gets one by a ticket.
func (s *Server) builderTab(c echo.Context) error {
	i, err := s.Portal.InviteAgain(c.Request().Context(), who(c), "/automations/builder")
	if err != nil {
		return err
	}
	return s.redirect(c, "/session/", i.Ticket.Reveal())
}

// connectDialog answers GET /instances/:instance/slots/:slot/dialog: the page that opens the platform's dialog for a slot.
func (s *Server) connectDialog(c echo.Context) error {
	ctx, id, slot := c.Request().Context(), c.Param("instance"), c.Param("slot")
	script, err := s.Portal.ConnectScript(ctx, who(c), id, slot)
	if err != nil {
		return err
	}
	page, err := s.instancePage(c)
	if err != nil {
		return err
	}
	page.Refresh = false
	connect := views.ConnectPage{InstancePage: page, Path: portal.DialogPath(id, slot)}
	for _, one := range page.Slots {
		if one.Kind == store.SlotAuth && one.ExternalID == slot {
			connect.Service = views.Service(one.Slot)
		}
	}
	s.allowScript(c, &connect.Page, script)
	return s.render(c, http.StatusOK, views.Connect(connect))
}

// openConnect answers POST /instances/:instance/slots/:slot/dialog: what the page's script opens the dialog with.
func (s *Server) openConnect(c echo.Context) error {
	d, err := s.Portal.OpenConnect(c.Request().Context(), who(c), c.Param("instance"), c.Param("slot"), s.around()...)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]string{
		"instance": d.InstanceURL, "token": d.Token.Reveal(), "locale": d.Locale, "piece": d.Piece, "name": d.Name,
		"finish": s.path("/instances/", url.PathEscape(c.Param("instance")), "/flows/", d.FlowID, "/finish"),
	})
}

// script answers GET /scripts/:hash: a platform's script that staff have agreed to, which never changes under its address.
func (s *Server) script(c echo.Context) error {
	body, err := s.Store.PublicScript(c.Request().Context(), c.Param("hash"))
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	return c.Blob(http.StatusOK, "text/javascript; charset=utf-8", body)
}

// areaOf is the part of the portal that a path belongs to.
func areaOf(path string) string {
	if path == "/automations" || strings.HasPrefix(path, "/automations/") {
		return views.AreaAutomations
	}
	return views.AreaIntegrations
}
