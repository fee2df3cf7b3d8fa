package web

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/views"
)

// How many lines the lists of the admin area have.
const (
	adminLines  = 50
	adminSecond = 25 // lists that are not their page's own subject
)

// adminRoutes are the pages of the staff: viewers look, support helps customers, admins change what everybody sees.
func (s *Server) adminRoutes() []route {
	return []route{
		{"GET", "/admin", staffViewer, s.adminHome},
		{"GET", "/admin/sign-in", anyone, s.adminDoor},
		{"POST", "/admin/sign-in", anyone, s.adminSignIn},
		{"POST", "/admin/sign-out", staffViewer, s.adminSignOut},
		{"GET", "/admin/workspaces", staffViewer, s.adminWorkspaces},
		{"GET", "/admin/workspaces/:workspace", staffViewer, s.adminWorkspace},
		{"GET", "/admin/users/:user", staffViewer, s.adminUser},
		{"POST", "/admin/users/:user/sign-out", staffSupport, s.adminSignUserOut},
		{"GET", "/admin/instances", staffViewer, s.adminInstances},
		{"GET", "/admin/instances/:instance", staffViewer, s.adminInstance},
		{"POST", "/admin/instances/:instance/approve", staffSupport, s.adminApprove},
		{"GET", "/admin/catalogue", staffViewer, s.adminCatalogue},
		{"GET", "/admin/catalogue/:integration", staffViewer, s.adminIntegration},
		{"POST", "/admin/catalogue/:integration", staffAdmin, s.adminChangeIntegration},
		{"POST", "/admin/catalogue/:integration/slots", staffAdmin, s.adminChangeSlots},
		{"POST", "/admin/catalogue/:integration/shown", staffAdmin, s.adminShow},
		{"POST", "/admin/accounts/:account/sync", staffSupport, s.adminSyncNow},
		{"GET", "/admin/jobs", staffViewer, s.adminJobs},
		{"POST", "/admin/jobs/:job/retry", staffSupport, s.adminRetryJob},
		{"POST", "/admin/jobs/:job/discard", staffSupport, s.adminDiscardJob},
		{"GET", "/admin/health", staffViewer, s.adminHealth},
		{"GET", "/admin/audit", staffViewer, s.adminAudit},
	}
}

// adminPage is what every page of the admin area has.
func (s *Server) adminPage(c echo.Context, section string) (views.AdminPage, error) {
	ctx := c.Request().Context()
	a := views.AdminPage{Page: s.page(c), Staff: staff(c), Section: section}
	var err error
	if a.Waiting, err = s.Store.Held(ctx); err != nil {
		return a, err
	}
	if a.CDK, a.Connect, err = s.Store.DeploysTo(ctx); err != nil {
		return a, err
	}
	if a.PiecesAccounts, err = s.Store.AccountNames(ctx, store.PlatformActivepieces); err != nil || len(a.PiecesAccounts) == 0 {
		return a, err
	}
	a.Pieces = a.PiecesAccounts[0].ID
	return a, nil
}

// adminHome answers GET /admin.
func (s *Server) adminHome(c echo.Context) error { return s.redirect(c, "/admin/instances") }

// adminDoor answers GET /admin/sign-in.
func (s *Server) adminDoor(c echo.Context) error {
	noStore(c)
	return s.render(c, http.StatusOK, views.AdminSignIn(views.AdminSignInPage{Page: s.page(c)}))
}

// pageOf is a list of one more than the limit as a page, and whether there is more behind it.
func pageOf[T any](list []T, limit int) (page []T, more bool) {
	if len(list) > limit {
		return list[:limit], true
	}
	return list, false
}

// address is a path with the parameters that have a value.
func address(path string, pairs ...string) string {
	query := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		if pairs[n+1] != "" {
			query.Set(pairs[n], pairs[n+1])
		}
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// refusal is what an error says to the person who asked; ok is false when it is no refusal.
func refusal(page views.Page, err error) (code, text string, ok bool) {
	var r *portal.Refusal
	if !errors.As(err, &r) {
		return "", "", false
	}
	p := refused(r)
	return r.Code, page.T(p.text, p.args...), true
}
