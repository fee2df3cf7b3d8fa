package web

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"portico/views"
)

// connectDeployRoutes are the pages of deployments at commercetools, and of the values that they are given.
func (s *Server) connectDeployRoutes() []route {
	return []route{
		{"GET", "/admin/connect/drafts/:draft/deploy", staffAdmin, s.adminDeployForm},
		{"POST", "/admin/connect/drafts/:draft/deploy", staffAdmin, s.adminDeploy},
		{"POST", "/admin/connect/operations/:operation/mend", staffAdmin, s.adminMendOperation},
		{"GET", "/admin/connect/accounts/:account/deployments", staffViewer, s.adminDeployments},
		{"GET", "/admin/connect/deployments/:deployment", staffViewer, s.adminDeployment},
		{"POST", "/admin/connect/deployments/:deployment/look", staffSupport, s.adminLookDeployment},
		{"GET", "/admin/connect/deployments/:deployment/redeploy", staffAdmin, s.adminRedeployForm},
		{"POST", "/admin/connect/deployments/:deployment/redeploy", staffAdmin, s.adminRedeploy},
		{"GET", "/admin/connect/deployments/:deployment/undeploy", staffAdmin, s.adminConfirmUndeploy},
		{"POST", "/admin/connect/deployments/:deployment/undeploy", staffAdmin, s.adminUndeploy},
		{"GET", "/admin/connect/deployments/:deployment/values", staffAdmin, s.adminExportValues},
		{"POST", "/admin/connect/deployments/:deployment/values/forget", staffAdmin, s.adminForgetValues},
		{"POST", "/admin/connect/deployments/:deployment/profile", staffAdmin, s.adminSaveProfile},
		{"GET", "/admin/connect/profiles", staffViewer, s.adminProfiles},
		{"GET", "/admin/connect/profiles/:profile", staffViewer, s.adminProfile},
		{"GET", "/admin/connect/profiles/:profile/values", staffAdmin, s.adminExportProfile},
		{"POST", "/admin/connect/profiles/:profile/remove", staffAdmin, s.adminRemoveProfile},
	}
}

// adminDeployment answers GET /admin/connect/deployments/:deployment?before=: a deployment, and what happened to it.
func (s *Server) adminDeployment(c echo.Context) error {
	p, err := s.deploymentPage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminDeployment(p))
}

// adminLookDeployment answers POST /admin/connect/deployments/:deployment/look: the platform is asked how it is now.
func (s *Server) adminLookDeployment(c echo.Context) error {
	if err := s.Portal.LookAgainDeployment(c.Request().Context(), c.Param("deployment")); err != nil {
		return err
	}
	return s.redirect(c, "/admin/connect/deployments/", c.Param("deployment"))
}

// adminDeployments answers GET /admin/connect/accounts/:account/deployments?type=: what runs in a project.
func (s *Server) adminDeployments(c echo.Context) error {
	ctx := c.Request().Context()
	a, _, err := s.connectPage(c)
	if err != nil {
		return err
	}
	p := views.AdminDeploymentsPage{AdminPage: a, Type: c.QueryParam("type"), Drift: map[string][]views.DriftRow{}}
	if p.Account, err = s.connectAccount(ctx, c.Param("account")); err != nil {
		return err
	}
	all, err := s.Store.ConnectDeployments(ctx, p.Account.ID)
	if err != nil {
		return err
	}
	for _, d := range all {
		if !slices.Contains(p.Types, d.Type) {
			p.Types = append(p.Types, d.Type)
		}
		if p.Type == "" || p.Type == d.Type {
			p.Deployments = append(p.Deployments, d)
		}
	}
	rows, err := s.Portal.Drift(ctx)
	for _, row := range driftRows(rows) {
		if id := row.Deployment.ID; id != "" && len(row.Deployments) == 0 {
			p.Drift[id] = append(p.Drift[id], row)
		}
	}
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminDeployments(p))
}
