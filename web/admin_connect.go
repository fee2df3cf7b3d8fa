package web

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"portico/store"
	"portico/views"
)

// connectRoutes are the pages of connectors for commercetools: everybody of the staff looks, admins change.
func (s *Server) connectRoutes() []route {
	return []route{
		{"GET", "/admin/connect", staffViewer, s.adminConnect},
		{"POST", "/admin/connect/accounts/:account/sync", staffSupport, s.adminSyncConnect},
		{"GET", "/admin/connect/yaml", staffViewer, s.adminConnectYAML},
		{"POST", "/admin/connect/yaml", staffViewer, s.adminCheckConnectYAML},
		{"GET", "/admin/connect/accounts/:account/drafts/new", staffAdmin, s.adminNewDraft},
		{"POST", "/admin/connect/accounts/:account/drafts/new", staffAdmin, s.adminCreateDraft},
		{"GET", "/admin/connect/drafts/:draft", staffViewer, s.adminDraft},
		{"GET", "/admin/connect/drafts/:draft/edit", staffAdmin, s.adminEditDraft},
		{"POST", "/admin/connect/drafts/:draft/edit", staffAdmin, s.adminUpdateDraft},
		{"POST", "/admin/connect/drafts/:draft/act", staffAdmin, s.adminActOnDraft},
		{"POST", "/admin/connect/drafts/:draft/comment", staffAdmin, s.adminCommentDraft},
		{"GET", "/admin/connect/drafts/:draft/delete", staffAdmin, s.adminConfirmDeleteDraft},
		{"POST", "/admin/connect/drafts/:draft/delete", staffAdmin, s.adminDeleteDraft},
		{"POST", "/admin/connect/drafts/:draft/look", staffSupport, s.adminLookDraft},
		{"GET", "/admin/connect/operations/:operation", staffViewer, s.adminOperation},
		{"POST", "/admin/connect/operations/:operation/repeat", staffAdmin, s.adminRepeatOperation},
		{"POST", "/admin/connect/operations/:operation/drop", staffAdmin, s.adminDropOperation},
	}
}

// connectPage is what every page of commercetools has; all is every account, those that are configured no more at the end.
func (s *Server) connectPage(c echo.Context) (a views.AdminPage, all []store.DeployAccount, err error) {
	if a, err = s.adminPage(c, views.SectionConnect); err != nil {
		return a, nil, err
	}
	accounts, err := s.Store.AllDeployAccounts(c.Request().Context())
	for _, account := range accounts {
		if account.Platform == store.PlatformCommercetools {
			all = append(all, account)
		}
	}
	return a, all, err
}

// connectAccount is an account by its ID; ErrNotFound when it is at another platform.
func (s *Server) connectAccount(ctx context.Context, id string) (store.DeployAccount, error) {
	a, err := s.Store.DeployAccount(ctx, id)
	if err == nil && a.Platform != store.PlatformCommercetools {
		err = store.ErrNotFound
	}
	return a, err
}

// adminConnect answers GET /admin/connect: what is where, what has drifted, and what waits for a person.
func (s *Server) adminConnect(c echo.Context) error {
	ctx := c.Request().Context()
	a, accounts, err := s.connectPage(c)
	if err != nil {
		return err
	}
	p := views.AdminConnectPage{AdminPage: a}
	for _, account := range accounts {
		w := views.ConnectAccount{DeployAccount: account}
		if w.Sync, err = s.Store.ConnectSync(ctx, account.ID); err != nil {
			return err
		}
		if w.Drafts, err = s.Store.ConnectorDrafts(ctx, account.ID); err != nil {
			return err
		}
		if w.Deployments, err = s.Store.ConnectDeployments(ctx, account.ID); err != nil {
			return err
		}
		p.Accounts = append(p.Accounts, w)
	}
	if p.Asking, err = s.Store.OperationsAsking(ctx, adminSecond); err != nil {
		return err
	}
	if p.UnderWay, err = s.Store.OperationsUnderWay(ctx, adminSecond); err != nil {
		return err
	}
	if p.Releases, err = s.Store.OpenPipelines(ctx, adminSecond); err != nil {
		return err
	}
	rows, err := s.Portal.Drift(ctx)
	if err != nil {
		return err
	}
	p.Drift = driftRows(rows)
	p.Refresh = len(p.UnderWay) > 0
	return s.render(c, http.StatusOK, views.AdminConnect(p))
}

// adminSyncConnect answers POST /admin/connect/accounts/:account/sync: everything is copied anew.
func (s *Server) adminSyncConnect(c echo.Context) error {
	account, err := s.connectAccount(c.Request().Context(), c.Param("account"))
	if err != nil {
		return err
	}
	if err := s.Portal.SyncConnect(c.Request().Context(), account.ID); err != nil {
		return err
	}
	return s.redirect(c, address("/admin/connect", "done", "syncing"))
}
