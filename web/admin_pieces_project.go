package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"portico/store"
	"portico/views"
)

// adminProjects answers GET /admin/activepieces/:account/projects?q=&name=&after=: the account's workspaces by name, each
// with its project.
func (s *Server) adminProjects(c echo.Context) error {
	ctx := c.Request().Context()
	a, account, err := s.piecesPage(c, views.SectionProjects, c.Param("account"))
	if err != nil {
		return err
	}
	p := views.AdminProjectsPage{AdminPage: a, Account: account, Search: c.QueryParam("q")}
	list, err := s.Store.Projects(ctx, account.ID, p.Search, c.QueryParam("name"), c.QueryParam("after"), adminLines+1)
	if err != nil {
		return err
	}
	path := "/admin/activepieces/" + account.ID + "/projects"
	var more bool
	if p.Projects, more = pageOf(list, adminLines); more {
		last := p.Projects[adminLines-1]
		p.Next = address(path, "q", p.Search, "name", last.Name, "after", last.WorkspaceID)
	}
	if c.QueryParam("after") != "" {
		p.First = address(path, "q", p.Search)
	}
	if p.Counts, err = s.Store.CountProjects(ctx, account.ID); err != nil {
		return err
	}
	if p.Backfill, err = s.newestRollout(ctx, account.ID, ""); err != nil {
		return err
	}
	p.Refresh = p.Backfill.State == store.RolloutRunning
	return s.render(c, http.StatusOK, views.AdminProjects(p))
}

// adminMakeProject answers POST /admin/activepieces/:account/projects/:workspace.
func (s *Server) adminMakeProject(c echo.Context) error {
	account, workspace := c.Param("account"), c.Param("workspace")
	if err := s.Portal.MakeProject(c.Request().Context(), staffActor(c), account, workspace); err != nil {
		return err
	}
	if c.FormValue("back") == "workspace" {
		return s.redirect(c, address("/admin/workspaces/"+workspace, "done", "project_made"))
	}
	return s.redirect(c, address("/admin/activepieces/"+account+"/projects", "done", "project_made"))
}

// adminConfirmProject answers GET /admin/activepieces/:account/projects/:workspace/delete.
func (s *Server) adminConfirmProject(c echo.Context) error {
	ctx := c.Request().Context()
	a, account, err := s.piecesPage(c, views.SectionProjects, c.Param("account"))
	if err != nil {
		return err
	}
	p := views.AdminProjectDeletePage{AdminPage: a, Account: account}
	if p.Workspace, err = s.Store.Workspace(ctx, c.Param("workspace")); err != nil {
		return err
	}
	at, err := s.workspaceAtPieces(ctx, p.Workspace)
	if err != nil {
		return err
	}
	if at.AccountID != account.ID {
		return store.ErrNotFound
	}
	p.Project, p.Connections = at.Project, at.Connections
	cards, err := s.Store.StaffCards(ctx, store.InstanceFilter{WorkspaceID: p.Workspace.ID, Limit: maxNamed})
	if err != nil {
		return err
	}
	for _, card := range cards {
		if card.AccountID == account.ID {
			p.Instances = append(p.Instances, card)
		}
	}
	if p.Automations, err = s.Store.CountAutomations(ctx, account.ID, p.Workspace.ID); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminProjectDelete(p))
}

// maxNamed is how many instances a page of what goes names.
const maxNamed = 200

// adminDeleteProject answers POST /admin/activepieces/:account/projects/:workspace/delete.
func (s *Server) adminDeleteProject(c echo.Context) error {
	workspace := c.Param("workspace")
	if err := s.Portal.DeleteProject(c.Request().Context(), staffActor(c), c.Param("account"), workspace); err != nil {
		return err
	}
	return s.redirect(c, address("/admin/workspaces/"+workspace, "done", "project_deleted"))
}

// adminBackfill answers POST /admin/activepieces/:account/backfill.
func (s *Server) adminBackfill(c echo.Context) error {
	o, err := s.Portal.Backfill(c.Request().Context(), staffActor(c), c.Param("account"))
	if err != nil {
		return err
	}
	return s.redirect(c, "/admin/activepieces/rollouts/", o.ID)
}
