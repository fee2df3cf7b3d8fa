package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"portico/store"
	"portico/views"
)

// adminCheckPredefined answers POST /admin/activepieces/connections/:predefined/check.
func (s *Server) adminCheckPredefined(c echo.Context) error {
	id := c.Param("predefined")
	if err := s.Portal.CheckPredefined(c.Request().Context(), staffActor(c), id); err != nil {
		return err
	}
	return s.redirect(c, address("/admin/activepieces/connections/"+id, "done", "checking"))
}

// adminRepairConnection answers POST /admin/activepieces/connections/:predefined/repair/:workspace.
func (s *Server) adminRepairConnection(c echo.Context) error {
	id := c.Param("predefined")
	if err := s.Portal.RepairConnection(c.Request().Context(), staffActor(c), id, c.Param("workspace")); err != nil {
		return err
	}
	return s.redirect(c, address("/admin/activepieces/connections/"+id, "state", c.FormValue("state"), "done", "repaired"))
}

// adminTries is how many workspaces to try something on are listed.
const adminTries = 12

// adminTry answers GET /admin/activepieces/connections/:predefined/try?q=&workspace=: workspaces to try it on, and what
// has come of trying it on one.
func (s *Server) adminTry(c echo.Context) error {
	ctx := c.Request().Context()
	one, err := s.Store.PredefinedConnection(ctx, c.Param("predefined"))
	if err != nil {
		return err
	}
	a, _, err := s.piecesPage(c, views.SectionPredefined, one.AccountID)
	if err != nil {
		return err
	}
	p := views.AdminPredefinedTryPage{AdminPage: a, Connection: one, Search: c.QueryParam("q")}
	list, err := s.Store.Projects(ctx, one.AccountID, p.Search, "", "", adminTries+1)
	if err != nil {
		return err
	}
	p.Workspaces, p.More = pageOf(list, adminTries)
	if id := c.QueryParam("workspace"); id != "" {
		x, err := s.Store.WorkspaceConnection(ctx, one.ID, id)
		if err != nil {
			return err
		}
		p.Tried = &x
		p.Refresh = x.State == store.ConnWaiting || x.State == store.ConnChecking
	}
	return s.render(c, http.StatusOK, views.AdminPredefinedTry(p))
}

// adminTryPredefined answers POST /admin/activepieces/connections/:predefined/try/:workspace.
func (s *Server) adminTryPredefined(c echo.Context) error {
	id, workspace := c.Param("predefined"), c.Param("workspace")
	if _, err := s.Portal.TryPredefined(c.Request().Context(), staffActor(c), id, workspace); err != nil {
		return err
	}
	return s.redirect(c, address("/admin/activepieces/connections/"+id+"/try", "workspace", workspace))
}

// adminConfirmApply answers GET /admin/activepieces/connections/:predefined/apply.
func (s *Server) adminConfirmApply(c echo.Context) error {
	ctx := c.Request().Context()
	one, err := s.Store.PredefinedConnection(ctx, c.Param("predefined"))
	if err != nil {
		return err
	}
	a, _, err := s.piecesPage(c, views.SectionPredefined, one.AccountID)
	if err != nil {
		return err
	}
	t, err := s.Portal.Touched(ctx, one.ID)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminPredefinedApply(views.AdminPredefinedApplyPage{
		AdminPage: a, Connection: one, Total: t.Total, UpToDate: t.UpToDate, New: t.New, Asked: t.Asked, Names: t.Names,
	}))
}

// adminApplyPredefined answers POST /admin/activepieces/connections/:predefined/apply.
func (s *Server) adminApplyPredefined(c echo.Context) error {
	o, err := s.Portal.ApplyPredefined(c.Request().Context(), staffActor(c), c.Param("predefined"))
	if err != nil {
		return err
	}
	return s.redirect(c, "/admin/activepieces/rollouts/", o.ID)
}

// adminConfirmRemove answers GET /admin/activepieces/connections/:predefined/remove.
func (s *Server) adminConfirmRemove(c echo.Context) error {
	ctx := c.Request().Context()
	one, err := s.Store.PredefinedConnection(ctx, c.Param("predefined"))
	if err != nil {
		return err
	}
	a, _, err := s.piecesPage(c, views.SectionPredefined, one.AccountID)
	if err != nil {
		return err
	}
	counts, err := s.Store.CountConnections(ctx, one.ID)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminPredefinedRemove(views.AdminPredefinedRemovePage{AdminPage: a, Connection: one, Counts: counts}))
}

// adminRemovePredefined answers POST /admin/activepieces/connections/:predefined/remove.
func (s *Server) adminRemovePredefined(c echo.Context) error {
	o, err := s.Portal.RemovePredefined(c.Request().Context(), staffActor(c), c.Param("predefined"))
	if err != nil {
		return err
	}
	return s.redirect(c, "/admin/activepieces/rollouts/", o.ID)
}
