package web

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/upstream/commercetools"
	"portico/views"
)

// redeployRequest is a form to make a deployment anew while a request is answered.
type redeployRequest struct {
	page   views.AdminRedeployPage
	values valueForm
	there  map[string]portal.ShownValue // secured values that the deployment has
	before store.Values                 // standard ones that it has
	faults []portal.ValueFault
}

// adminRedeployForm answers GET /admin/connect/deployments/:deployment/redeploy: it proposes to move to the newest connector.
func (s *Server) adminRedeployForm(c echo.Context) error {
	d, err := s.redeployment(c)
	if err != nil {
		return err
	}
	plan, err := s.Portal.PlanRedeploy(c.Request().Context(), portal.RedeployWish{DeploymentID: d.page.Deployment.ID, UpdateConnector: true})
	if err != nil {
		return err
	}
	d.page.Update, d.page.Base = plan.Connector.Newer(), d.page.Deployment.Version
	if err := s.beginRedeploy(c, d); err != nil {
		return err
	}
	return s.answerRedeploy(c, d, http.StatusOK)
}

// redeployment is the form that an address names, without its fields.
func (s *Server) redeployment(c echo.Context) (*redeployRequest, error) {
	ctx := c.Request().Context()
	a, _, err := s.connectPage(c)
	if err != nil {
		return nil, err
	}
	d := &redeployRequest{page: views.AdminRedeployPage{AdminPage: a}}
	p := &d.page
	if p.Deployment, err = s.Store.ConnectDeployment(ctx, c.Param("deployment")); err != nil {
		return nil, err
	}
	g := portal.DeploymentGuards(p.Deployment)[commercetools.ActRedeploy]
	p.Guard = views.DraftGuard{OK: g.OK, Why: g.Why}
	d.values.purpose = "redeploy " + p.Deployment.ID
	p.Account, err = s.connectAccount(ctx, p.Deployment.AccountID)
	return d, err
}

// adminRedeploy answers POST /admin/connect/deployments/:deployment/redeploy with a step, as adminDeploy does; base is the
// version that the person saw, update=1 moves to the newest connector, skip=1 leaves its scripts out.
func (s *Server) adminRedeploy(c echo.Context) error {
	d, err := s.redeployment(c)
	if err != nil {
		return err
	}
	d.page.Base, d.page.Update, d.page.SkipScripts = baseVersion(c), c.FormValue("update") == "1", c.FormValue("skip") == "1"
	if err := s.beginRedeploy(c, d); err != nil {
		return err
	}
	if err := s.readValues(c, &d.values); err != nil {
		return s.refuseRedeploy(c, d, err)
	}
	d.page.Saved = d.values.saved
	switch c.FormValue("step") {
	case stepReview:
		return s.reviewRedeploy(c, d)
	case stepSend:
		return s.sendRedeploy(c, d, c.FormValue("reviewed"))
	}
	return s.answerRedeploy(c, d, http.StatusOK)
}

func (d *redeployRequest) wish() portal.RedeployWish {
	p := d.page
	return portal.RedeployWish{
		DeploymentID: p.Deployment.ID, Version: p.Base, Values: d.values.values, UpdateConnector: p.Update, SkipScripts: p.SkipScripts, FormID: d.values.id,
	}
}

// reviewRedeploy shows old beside new, or what is wrong.
func (s *Server) reviewRedeploy(c echo.Context, d *redeployRequest) error {
	if err := s.lookRedeploy(c, d); err != nil {
		return s.refuseRedeploy(c, d, err)
	}
	status := http.StatusOK
	if d.page.Review = sendable(d.faults); !d.page.Review {
		status = http.StatusUnprocessableEntity
	}
	return s.answerRedeploy(c, d, status)
}

// lookRedeploy finds what would be sent.
func (s *Server) lookRedeploy(c echo.Context, d *redeployRequest) error {
	plan, err := s.Portal.PlanRedeploy(c.Request().Context(), d.wish())
	if err != nil {
		return err
	}
	p := &d.page
	d.faults, p.Body, p.Planned = plan.Faults, plan.Body, plan.Request
	p.Changes = nil
	seen := append(warningsOf(plan.Faults), strconv.FormatBool(p.Update), strconv.FormatBool(p.SkipScripts), plan.Connector.ToTag, strconv.Itoa(plan.Connector.ToVersion))
	for _, change := range plan.Changes {
		p.Changes = append(p.Changes, views.ValueChange{
			Application: change.Application, Key: change.Key, Schedule: change.Schedule, Secured: change.Secured, Hidden: change.Hidden, State: change.State, Sent: change.Sent,
			Old: change.Old, New: change.New, Required: change.Required, Given: change.Given || !change.Sent && hasDefault(plan.Form, change), At: change.At, By: change.By,
		})
		seen = append(seen, portal.ValueName(change.Application, change.Key), change.State, change.New)
	}
	p.Reviewed = inShort(seen...)
	return nil
}

// hasDefault says whether the platform takes a default where a value is left out.
func hasDefault(f portal.ConfigForm, change portal.ValueChange) bool {
	return slices.ContainsFunc(f.Fields, func(c portal.ConfigField) bool {
		_, usual := c.DefaultOf(change.Application)
		return usual && c.Key == change.Key && c.Secured == change.Secured
	})
}

// sendRedeploy sends what was looked at; when it would be something else by now, it has to be looked at again.
func (s *Server) sendRedeploy(c echo.Context, d *redeployRequest, reviewed string) error {
	if err := s.lookRedeploy(c, d); err != nil {
		return s.refuseRedeploy(c, d, err)
	}
	d.page.Review = sendable(d.faults)
	if d.page.Reviewed != reviewed {
		return s.refuseRedeploy(c, d, &portal.Refusal{Code: "deploy_reviewed"})
	}
	w := d.wish()
	w.Anyway = true // the warnings are those that were shown
	o, err := s.Portal.Redeploy(c.Request().Context(), staffActor(c), w)
	if err != nil {
		return s.refuseRedeploy(c, d, err)
	}
	return s.afterSent(c, o)
}

func (s *Server) refuseRedeploy(c echo.Context, d *redeployRequest, err error) error {
	var ok bool
	if _, d.page.Refused, ok = refusal(d.page.Page, err); !ok {
		return err
	}
	return s.answerRedeploy(c, d, http.StatusUnprocessableEntity)
}

// answerRedeploy shows the form with all that is known of it.
func (s *Server) answerRedeploy(c echo.Context, d *redeployRequest, status int) error {
	p := &d.page
	at := "/admin/connect/deployments/" + p.Deployment.ID + "/redeploy"
	p.At = &at
	plan, err := s.Portal.PlanRedeploy(c.Request().Context(), portal.RedeployWish{DeploymentID: p.Deployment.ID, UpdateConnector: true})
	if err != nil {
		return err
	}
	k := plan.Connector
	p.Connector = views.ConnectorChange{
		Known: k.Known, Newer: k.Newer(), FromVersion: k.FromVersion, ToVersion: k.ToVersion, FromTag: k.FromTag, ToTag: k.ToTag,
		NewApplications: k.NewApplications, GoneApp: k.GoneApplications,
	}
	entered := d.values
	entered.values = withoutSame(entered.form, entered.values, d.before)
	p.Form = entered.show(p.Page, d.there, d.faults)
	p.Form.Redeploy = true
	p.Form.Jobs = s.showJobs(p.Page, d.values, d.faults)
	if err := s.valueChoices(c, &p.Form, p.Deployment.ConnectorID, p.Deployment.ID); err != nil {
		return err
	}
	p.Form.Faults = allFaults(p.Page, p.Form, nil, d.faults)
	return s.render(c, status, views.AdminRedeploy(*p))
}
