package web

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

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

// beginRedeploy gives the form its fields, and the values that the deployment has.
func (s *Server) beginRedeploy(c echo.Context, d *redeployRequest) error {
	state, err := s.Portal.RedeployForm(c.Request().Context(), d.page.Deployment.ID, d.page.Update)
	if err != nil {
		return err
	}
	d.values.form, d.values.values, d.before, d.page.Sure = state.Form, state.Values, state.Values, state.Sure
	plan, err := s.Portal.PlanRedeploy(c.Request().Context(), portal.RedeployWish{DeploymentID: d.page.Deployment.ID, UpdateConnector: d.page.Update})
	if err != nil {
		return err
	}
	d.values.values = withNew(state, plan.Changes, s.Now())
	document, err := portal.DeploymentDocument(d.page.Deployment)
	d.there = hiddenThere(state, document)
	return err
}

// withNew is the values that a deployment has, with the defaults of what its connector asks for only now.
func withNew(state portal.RedeployState, changes []portal.ValueChange, now time.Time) store.Values {
	isNew := func(c portal.ConfigField) bool {
		return !slices.ContainsFunc(changes, func(v portal.ValueChange) bool {
			return v.Key == c.Key && v.State != portal.ValueNew && (c.Shared && v.Application == "" || slices.Contains(c.Applications, v.Application))
		})
	}
	f := state.Form
	f.Fields = slices.DeleteFunc(slices.Clone(f.Fields), func(c portal.ConfigField) bool { return !isNew(c) })
	added, v := usual(f, now), state.Values
	v.Shared = slices.Concat(v.Shared, added.Shared)
	v.Applications = maps.Clone(v.Applications)
	for application, values := range added.Applications {
		v.Applications[application] = slices.Concat(v.Applications[application], values)
	}
	return v
}

// hiddenThere is the hidden values that a deployment has, with who has sent them where that was from here. Of a field that is
// asked once it is that of its first application, once all have one.
func hiddenThere(state portal.RedeployState, document commercetools.Deployment) map[string]portal.ShownValue {
	there := map[string]portal.ShownValue{}
	add := func(application string, values commercetools.Values) {
		for _, v := range values {
			there[portal.ValueName(application, v.Key)] = portal.ShownValue{Hidden: true, Set: true}
		}
	}
	add("", document.GlobalConfiguration.Secured)
	for _, a := range document.Applications {
		add(a.Name, a.Secured)
	}
	for name, sent := range state.Sent {
		there[name] = sent
	}
	for name, value := range state.Form.Show(state.Values) {
		if value.Hidden {
			there[name] = value
		}
	}
	for _, c := range state.Form.Several() {
		if first, all := ofAll(there, c); all {
			there[c.Name()] = first
		}
	}
	return there
}

func ofAll(there map[string]portal.ShownValue, c portal.ConfigField) (first portal.ShownValue, all bool) {
	for n, application := range c.Applications {
		value, ok := there[portal.ValueName(application, c.Key)]
		if !ok {
			return first, false
		}
		if n == 0 {
			first = value
		}
	}
	return first, true
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

// withoutSame is values without the hidden ones that are there already: they were not entered.
func withoutSame(f portal.ConfigForm, v, there store.Values) store.Values {
	hidden := map[string]bool{}
	for _, c := range f.Fields {
		hidden[c.Key] = hidden[c.Key] || c.Hidden
	}
	some := func(values, old []store.SetValue) (kept []store.SetValue) {
		for _, one := range values {
			same := false
			for _, o := range old {
				same = same || o.Key == one.Key && o.Secured == one.Secured && o.Value == one.Value
			}
			if !(hidden[one.Key] && same) {
				kept = append(kept, one)
			}
		}
		return kept
	}
	to := store.Values{Shared: some(v.Shared, there.Shared), Applications: map[string][]store.SetValue{}, Schedules: v.Schedules}
	for application, values := range v.Applications {
		to.Applications[application] = some(values, there.Applications[application])
	}
	return to
}
