package web

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"portico/store"
	"portico/views"
)

// adminWorkspaces answers GET /admin/workspaces?q=&name=&after=: customers by name, from the beginning of a name or an
// external ID; and users by their whole external ID.
func (s *Server) adminWorkspaces(c echo.Context) error {
	ctx := c.Request().Context()
	a, err := s.adminPage(c, views.SectionWorkspaces)
	if err != nil {
		return err
	}
	p := views.AdminWorkspacesPage{AdminPage: a, Search: c.QueryParam("q"), Accounts: map[string]string{}}
	list, err := s.Store.Workspaces(ctx, p.Search, c.QueryParam("name"), c.QueryParam("after"), adminLines+1)
	if err != nil {
		return err
	}
	var more bool
	if p.Workspaces, more = pageOf(list, adminLines); more {
		last := p.Workspaces[adminLines-1]
		p.Next = address("/admin/workspaces", "q", p.Search, "name", last.Name, "after", last.ID)
	}
	if c.QueryParam("after") != "" {
		p.First = address("/admin/workspaces", "q", p.Search)
	}
	if p.Search != "" {
		if p.Users, err = s.Store.UsersByExternalID(ctx, p.Search); err != nil {
			return err
		}
	}
	accounts, err := s.Store.Accounts(ctx)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		p.Accounts[account.ID] = account.Name
	}
	return s.render(c, http.StatusOK, views.AdminWorkspaces(p))
}

// adminWorkspace answers GET /admin/workspaces/:workspace?name=&after=: one customer, with a page of its users.
func (s *Server) adminWorkspace(c echo.Context) error {
	ctx := c.Request().Context()
	a, err := s.adminPage(c, views.SectionWorkspaces)
	if err != nil {
		return err
	}
	p := views.AdminWorkspacePage{AdminPage: a}
	if p.Workspace, err = s.Store.Workspace(ctx, c.Param("workspace")); err != nil {
		return err
	}
	if p.Account, err = s.Store.Account(ctx, p.Workspace.AccountID); err != nil {
		return err
	}
	if p.Identities, err = s.Store.OwnIdentities(ctx, p.Workspace.ID); err != nil {
		return err
	}
	if p.Instances, err = s.Store.StaffCards(ctx, store.InstanceFilter{WorkspaceID: p.Workspace.ID, Limit: adminSecond}); err != nil {
		return err
	}
	if p.AtPieces, err = s.workspaceAtPieces(ctx, p.Workspace); err != nil {
		return err
	}
	list, err := s.Store.Members(ctx, p.Workspace.ID, c.QueryParam("name"), c.QueryParam("after"), adminLines+1)
	if err != nil {
		return err
	}
	path := "/admin/workspaces/" + p.Workspace.ID
	var more bool
	if p.Members, more = pageOf(list, adminLines); more {
		last := p.Members[adminLines-1]
		p.Next = address(path, "name", last.Name, "after", last.ID)
	}
	if c.QueryParam("after") != "" {
		p.First = path
	}
	return s.render(c, http.StatusOK, views.AdminWorkspace(p))
}

// adminUser answers GET /admin/users/:user?before=: one person, and what happened to them.
func (s *Server) adminUser(c echo.Context) error {
	ctx := c.Request().Context()
	a, err := s.adminPage(c, views.SectionWorkspaces)
	if err != nil {
		return err
	}
	p := views.AdminUserPage{AdminPage: a}
	if p.User, err = s.Store.User(ctx, c.Param("user")); err != nil {
		return err
	}
	if p.Workspace, err = s.Store.Workspace(ctx, p.User.WorkspaceID); err != nil {
		return err
	}
	if p.Identity, err = s.Store.UserIdentity(ctx, p.User, p.Workspace.AccountID); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if p.Sessions, err = s.Store.LiveSessions(ctx, store.SessionUser, p.User.ID); err != nil {
		return err
	}
	events, err := s.Store.Events(ctx, "user", p.User.ID, c.QueryParam("before"), adminLines+1)
	if err != nil {
		return err
	}
	var next string
	if p.Lines, next = views.Timeline(events, nil, adminLines); next != "" {
		p.Next = address("/admin/users/"+p.User.ID, "before", next)
	}
	return s.render(c, http.StatusOK, views.AdminUser(p))
}

// adminSignUserOut answers POST /admin/users/:user/sign-out.
func (s *Server) adminSignUserOut(c echo.Context) error {
	if _, err := s.Portal.SignOutUser(c.Request().Context(), staffActor(c), c.Param("user")); err != nil {
		return err
	}
	return s.redirect(c, address("/admin/users/"+c.Param("user"), "done", "signed_out"))
}
