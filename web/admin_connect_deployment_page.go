package web

import (
	"context"
	"slices"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/upstream/commercetools"
	"portico/views"
)

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
