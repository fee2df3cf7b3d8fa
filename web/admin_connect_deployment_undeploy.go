package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/upstream/commercetools"
	"portico/views"
)

// adminConfirmUndeploy answers GET /admin/connect/deployments/:deployment/undeploy.
func (s *Server) adminConfirmUndeploy(c echo.Context) error {
	p, err := s.undeployPage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminUndeploy(p))
}

func (s *Server) undeployPage(c echo.Context) (views.AdminUndeployPage, error) {
	ctx := c.Request().Context()
	a, _, err := s.connectPage(c)
	p := views.AdminUndeployPage{AdminPage: a}
	if err != nil {
		return p, err
	}
	if p.Deployment, err = s.Store.ConnectDeployment(ctx, c.Param("deployment")); err != nil {
		return p, err
	}
	if p.Account, err = s.connectAccount(ctx, p.Deployment.AccountID); err != nil {
		return p, err
	}
	g := portal.DeploymentGuards(p.Deployment)[commercetools.ActUndeploy]
	p.Guard, p.Typed = views.DraftGuard{OK: g.OK, Why: g.Why}, portal.TypedDeployment(p.Deployment)
	p.Document, err = portal.DeploymentDocument(p.Deployment)
	return p, err
}

// adminUndeploy answers POST /admin/connect/deployments/:deployment/undeploy with the key as the person has typed it.
func (s *Server) adminUndeploy(c echo.Context) error {
	o, err := s.Portal.Undeploy(c.Request().Context(), staffActor(c), c.Param("deployment"), c.FormValue("key"))
	if err == nil {
		return s.afterSent(c, o)
	}
	p, pageErr := s.undeployPage(c)
	if pageErr != nil {
		return pageErr
	}
	var ok bool
	if _, p.Refused, ok = refusal(p.Page, err); !ok {
		return err
	}
	return s.render(c, http.StatusUnprocessableEntity, views.AdminUndeploy(p))
}
