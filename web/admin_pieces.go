package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"portico/store"
	"portico/upstream"
	"portico/views"
)

// predefinedRoutes are the pages about an Activepieces: what it is, its projects, and the connections that the host makes.
func (s *Server) predefinedRoutes() []route {
	const account, one, rollout = "/admin/activepieces/:account", "/admin/activepieces/connections/:predefined", "/admin/activepieces/rollouts/:rollout"
	return []route{
		{"GET", account, staffViewer, s.adminPieces},
		{"POST", account + "/check", staffSupport, s.adminCheckServer},
		{"GET", account + "/projects", staffViewer, s.adminProjects},
		{"POST", account + "/projects/:workspace", staffSupport, s.adminMakeProject},
		{"GET", account + "/projects/:workspace/delete", staffAdmin, s.adminConfirmProject},
		{"POST", account + "/projects/:workspace/delete", staffAdmin, s.adminDeleteProject},
		{"POST", account + "/backfill", staffAdmin, s.adminBackfill},
		{"GET", account + "/connections", staffViewer, s.adminPredefinedList},
		{"POST", account + "/connections", staffAdmin, s.adminCreatePredefined},
		{"GET", account + "/connections/new", staffAdmin, s.adminNewPredefined},
		{"GET", account + "/pieces", staffAdmin, s.adminPickPiece},
		{"GET", one, staffViewer, s.adminPredefined},
		{"POST", one, staffAdmin, s.adminChangePredefined},
		{"POST", one + "/check", staffSupport, s.adminCheckPredefined},
		{"GET", one + "/try", staffSupport, s.adminTry},
		{"POST", one + "/try/:workspace", staffSupport, s.adminTryPredefined},
		{"POST", one + "/repair/:workspace", staffSupport, s.adminRepairConnection},
		{"GET", one + "/apply", staffAdmin, s.adminConfirmApply},
		{"POST", one + "/apply", staffAdmin, s.adminApplyPredefined},
		{"GET", one + "/remove", staffAdmin, s.adminConfirmRemove},
		{"POST", one + "/remove", staffAdmin, s.adminRemovePredefined},
		{"GET", rollout, staffViewer, s.adminRollout},
		{"POST", rollout + "/stop", staffAdmin, s.adminStopRollout},
		{"POST", rollout + "/resume", staffAdmin, s.adminResumeRollout},
	}
}

// piecesPage is what every page about an account at Activepieces has; ErrNotFound for an account at another platform.
func (s *Server) piecesPage(c echo.Context, section, accountID string) (views.AdminPage, store.Account, error) {
	a, err := s.adminPage(c, section)
	if err != nil {
		return a, store.Account{}, err
	}
	account, err := s.Store.Account(c.Request().Context(), accountID)
	if err == nil && account.Platform != store.PlatformActivepieces {
		err = store.ErrNotFound
	}
	a.Pieces = account.ID
	return a, account, err
}

// adminPieces answers GET /admin/activepieces/:account: what the instance is, as it said when it was last asked.
func (s *Server) adminPieces(c echo.Context) error {
	ctx := c.Request().Context()
	a, account, err := s.piecesPage(c, views.SectionPieces, c.Param("account"))
	if err != nil {
		return err
	}
	p := views.AdminPiecesPage{AdminPage: a, Account: account, Origin: views.OriginOf(s.URL)}
	all, err := s.Store.PredefinedConnections(ctx, account.ID)
	if err != nil {
		return err
	}
	p.Predefined = len(all)
	if p.Projects, err = s.Store.CountProjects(ctx, account.ID); err != nil {
		return err
	}
	script, err := s.Store.ConfirmedScript(ctx, account.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	p.Script = script.Hash
	if p.Limited, err = s.limited(ctx, account.ID); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminPieces(p))
}

// adminCheckServer answers POST /admin/activepieces/:account/check. Why an instance does not answer is said on its page.
func (s *Server) adminCheckServer(c echo.Context) error {
	path := "/admin/activepieces/" + c.Param("account")
	err := s.Portal.CheckServer(c.Request().Context(), staffActor(c), c.Param("account"))
	var silent *upstream.Error
	switch {
	case errors.As(err, &silent):
		return s.redirect(c, path)
	case err != nil:
		return err
	}
	return s.redirect(c, address(path, "done", "checked"))
}

// workspaceAtPieces is what a workspace has at its Activepieces; the zero value where it has none.
func (s *Server) workspaceAtPieces(ctx context.Context, w store.Workspace) (views.WorkspaceAtPieces, error) {
	var at views.WorkspaceAtPieces
	account, err := s.Store.WorkspaceAccount(ctx, w, store.PlatformActivepieces)
	if errors.Is(err, store.ErrNotFound) {
		return at, nil
	}
	if err != nil {
		return at, err
	}
	at.AccountID = account.ID
	at.Project = store.WorkspaceProject{WorkspaceID: w.ID, ExternalID: w.ExternalID, Name: w.Name}
	i, err := s.Store.WorkspaceIdentity(ctx, w.ID, account.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return at, err
	}
	at.Project.ProjectID, at.Project.ProjectName, at.Project.Problem = i.UpstreamID, i.UpstreamName, i.SyncError
	at.Connections, err = s.namedConnections(ctx, account.ID, w.ID)
	return at, err
}

// namedConnections is a workspace's connections at an account, each with the title of what it is a copy of.
func (s *Server) namedConnections(ctx context.Context, accountID, workspaceID string) ([]views.NamedConnection, error) {
	theirs, err := s.Store.ConnectionsOf(ctx, workspaceID)
	if err != nil || len(theirs) == 0 {
		return nil, err
	}
	templates, err := s.Store.PredefinedConnections(ctx, accountID)
	if err != nil {
		return nil, err
	}
	titles := map[string]string{}
	for _, t := range templates {
		titles[t.ID] = t.Title
	}
	var all []views.NamedConnection
	for _, x := range theirs {
		if title, here := titles[x.PredefinedID]; here {
			all = append(all, views.NamedConnection{WorkspaceConnection: x, Title: title})
		}
	}
	return all, nil
}
