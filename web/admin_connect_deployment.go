package web

import (
	"context"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/upstream/commercetools"
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

func (s *Server) deploymentPage(c echo.Context) (views.AdminDeploymentPage, error) {
	ctx := c.Request().Context()
	a, _, err := s.connectPage(c)
	p := views.AdminDeploymentPage{AdminPage: a, Guards: map[string]views.DraftGuard{}}
	if err != nil {
		return p, err
	}
	if p.Deployment, err = s.Store.ConnectDeployment(ctx, c.Param("deployment")); err != nil {
		return p, err
	}
	if p.Account, err = s.connectAccount(ctx, p.Deployment.AccountID); err != nil {
		return p, err
	}
	if p.Document, err = portal.DeploymentDocument(p.Deployment); err != nil {
		return p, err
	}
	for act, g := range portal.DeploymentGuards(p.Deployment) {
		p.Guards[act] = views.DraftGuard{OK: g.OK, Why: g.Why}
	}
	if err := s.deploymentSurroundings(ctx, &p); err != nil {
		return p, err
	}
	p.Lines, p.Older, err = s.connectTimeline(c, store.SubjectDeployment, p.Deployment.ID, p.Operations)
	p.Refresh = p.Deployment.GoneAt.IsZero() && (!p.Document.Resting() || slices.ContainsFunc(p.Operations, store.Operation.UnderWay))
	return p, err
}

// deploymentSurroundings is what is known of a deployment beside the deployment itself: its draft, what is done to it, its
// values, and how it differs.
func (s *Server) deploymentSurroundings(ctx context.Context, p *views.AdminDeploymentPage) (err error) {
	d := p.Deployment
	if p.Draft, err = s.Store.ConnectorDraftByUpstreamID(ctx, d.AccountID, d.ConnectorID); isMissing(err) {
		err = nil
	}
	if err != nil {
		return err
	}
	if p.Operations, err = s.Store.OperationsOf(ctx, store.SubjectDeployment, d.ID, "", adminSecond); err != nil {
		return err
	}
	values, err := s.Portal.ValuesOf(ctx, d.ID)
	if err != nil {
		return err
	}
	p.Values, p.Schedules = valueRows(withMasked(values, p.Document)), values.Schedules
	switch _, err = s.Store.DeploymentValues(ctx, d.ID); {
	case err == nil:
		p.Sent = true
	case !isMissing(err):
		return err
	}
	rows, err := s.Portal.Drift(ctx)
	for _, row := range driftRows(rows) {
		if row.Deployment.ID == d.ID {
			p.Drift = append(p.Drift, row)
		}
	}
	return err
}

// withMasked adds the secured values that a deployment has, and that were not sent from here: nobody knows more of them.
func withMasked(v store.Values, d commercetools.Deployment) store.Values {
	add := func(values []store.SetValue, masked commercetools.Values) []store.SetValue {
		for _, m := range masked {
			if !slices.ContainsFunc(values, func(o store.SetValue) bool { return o.Key == m.Key && o.Secured }) {
				values = append(slices.Clone(values), store.SetValue{Key: m.Key, Secured: true})
			}
		}
		return values
	}
	to := store.Values{Shared: add(v.Shared, d.GlobalConfiguration.Secured), Applications: map[string][]store.SetValue{}, Schedules: v.Schedules}
	for application, values := range v.Applications {
		to.Applications[application] = values
	}
	for _, a := range d.Applications {
		to.Applications[a.Name] = add(to.Applications[a.Name], a.Secured)
	}
	return to
}

// driftRows is what differs, as pages show it.
func driftRows(rows []portal.DriftRow) (shown []views.DriftRow) {
	for _, r := range rows {
		shown = append(shown, views.DriftRow{
			Kind: r.Kind, AccountID: r.AccountID, Draft: r.Draft, Deployment: r.Deployment, From: r.From, To: r.To, Keys: r.Keys, Required: r.Required, Deployments: r.Deployments,
		})
	}
	return shown
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
