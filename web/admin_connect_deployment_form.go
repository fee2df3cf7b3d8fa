package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/upstream/commercetools"
	"portico/views"
)

// adminDeployForm answers GET /admin/connect/drafts/:draft/deploy?what=: the form to deploy a draft as a preview, or with
// what=published what is published from it.
func (s *Server) adminDeployForm(c echo.Context) error {
	d, err := s.deployment(c, c.Param("draft"), c.QueryParam("what") != "published")
	if err != nil {
		return err
	}
	d.values.values = d.values.begin()
	if len(d.page.Targets) == 1 {
		d.page.Targets[0].Chosen = true
	}
	return s.answerDeploy(c, d, http.StatusOK)
}

// deployRequest is a form to deploy while a request is answered.
type deployRequest struct {
	page   views.AdminDeployPage
	values valueForm
	faults []portal.ValueFault
}

// deployment is the form of a draft, as a preview (staged), or of what is published from it, before anything was entered.
func (s *Server) deployment(c echo.Context, draftID string, staged bool) (*deployRequest, error) {
	ctx := c.Request().Context()
	a, _, err := s.connectPage(c)
	if err != nil {
		return nil, err
	}
	d := &deployRequest{page: views.AdminDeployPage{AdminPage: a, Staged: staged}}
	p := &d.page
	if p.Draft, err = s.Store.ConnectorDraft(ctx, draftID); err != nil {
		return nil, err
	}
	if d.values.form, err = s.Portal.DeployForm(ctx, p.Draft.ID, p.Staged); err != nil {
		return nil, err
	}
	f := d.values.form
	d.values.begin = func() store.Values { return usual(f, s.Now()) }
	d.values.purpose = "deploy " + p.Draft.ID + " " + strconv.FormatBool(p.Staged)
	p.Name, p.Tag, p.Version, p.APIClient, p.Published = f.Name, f.Tag, f.Version, f.APIClient, p.Draft.ConnectorVersion > 0
	proposed, err := s.Portal.ProposeTargets(ctx, p.Draft.ID, p.Staged)
	for n, t := range proposed {
		p.Targets = append(p.Targets, views.DeployTarget{
			ID: "target-" + strconv.Itoa(n), Account: t.Account, Region: t.Region, Type: t.Type, Key: t.Key, Regions: t.Regions, Types: t.Types, Deployments: t.Deployments,
		})
	}
	return d, err
}

// readTargets puts what a request says of targets into its form.
func (d *deployRequest) readTargets(post url.Values) {
	set := func(to *string, name string) {
		if values, ok := post[name]; ok {
			*to = values[0]
		}
	}
	for n := range d.page.Targets {
		t := &d.page.Targets[n]
		t.Chosen = slices.Contains(post["target"], t.Account.ID)
		set(&t.Region, "region:"+t.Account.ID)
		set(&t.Type, "type:"+t.Account.ID)
		set(&t.Key, "key:"+t.Account.ID)
		set(&t.ProfileID, "profile:"+t.Account.ID)
	}
}

// wish is what a form asks for.
func (d *deployRequest) wish() portal.DeployWish {
	w := portal.DeployWish{DraftID: d.page.Draft.ID, Staged: d.page.Staged, Values: d.values.values, FormID: d.values.id}
	for _, t := range d.page.Targets {
		if t.Chosen {
			w.Targets = append(w.Targets, portal.DeployTarget{AccountID: t.Account.ID, Region: t.Region, Type: t.Type, Key: t.Key, ProfileID: t.ProfileID})
		}
	}
	return w
}

// adminDeploy answers POST /admin/connect/drafts/:draft/deploy with a step: values are brought from elsewhere, what would be
// sent is shown, or it is sent.
func (s *Server) adminDeploy(c echo.Context) error {
	d, err := s.deployment(c, c.Param("draft"), c.QueryParam("what") != "published")
	if err != nil {
		return err
	}
	post, err := c.FormParams()
	if err != nil {
		return err
	}
	d.readTargets(post)
	if err := s.readValues(c, &d.values); err != nil {
		return s.refuseDeploy(c, d, err)
	}
	d.page.Saved = d.values.saved
	switch post.Get("step") {
	case stepReview:
		return s.reviewDeploy(c, d)
	case stepSend:
		return s.sendDeploy(c, d, post.Get("reviewed"))
	}
	return s.answerDeploy(c, d, http.StatusOK)
}

// adminMendOperation answers POST /admin/connect/operations/:operation/mend: what an operation was to deploy, as a form again.
func (s *Server) adminMendOperation(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := s.Store.Operation(ctx, c.Param("operation"))
	if err != nil {
		return err
	}
	target, values, err := s.Portal.OperationValues(ctx, o.ID)
	if err != nil {
		return err
	}
	var body commercetools.DeploymentDraft
	if err := json.Unmarshal([]byte(o.Body), &body); err != nil {
		return err
	}
	draftID, err := s.draftOf(ctx, body.Connector.ID)
	if err != nil {
		return err
	}
	d, err := s.deployment(c, draftID, body.Connector.Staged)
	if err != nil {
		return err
	}
	d.values.values = d.values.form.Arrange(values)
	if d.values.id, err = s.Portal.KeepForm(ctx, staffActor(c), "", d.values.purpose, d.values.values); err != nil {
		return err
	}
	d.aim(target)
	return s.answerDeploy(c, d, http.StatusOK)
}

// draftOf is our ID of a draft by the platform's, in whichever project it was seen; ErrNotFound when in none.
func (s *Server) draftOf(ctx context.Context, upstreamID string) (string, error) {
	all, err := s.Store.ConnectorDrafts(ctx, "")
	if err != nil {
		return "", err
	}
	for _, d := range all {
		if d.UpstreamID == upstreamID {
			return d.ID, nil
		}
	}
	return "", store.ErrNotFound
}

// aim chooses one target alone.
func (d *deployRequest) aim(at portal.DeployTarget) {
	for n := range d.page.Targets {
		if t := &d.page.Targets[n]; t.Account.ID == at.AccountID {
			t.Chosen, t.Region, t.Type, t.Key = true, at.Region, at.Type, at.Key
		}
	}
}

// reviewDeploy shows what would be sent, or what is wrong.
func (s *Server) reviewDeploy(c echo.Context, d *deployRequest) error {
	if err := s.lookDeploy(c, d); err != nil {
		return s.refuseDeploy(c, d, err)
	}
	if !sendable(d.faults) {
		return s.answerDeploy(c, d, http.StatusUnprocessableEntity)
	}
	d.page.Review = true
	return s.answerDeploy(c, d, http.StatusOK)
}

// lookDeploy finds what would be sent, and what is wrong with it.
func (s *Server) lookDeploy(c echo.Context, d *deployRequest) (err error) {
	ctx, w := c.Request().Context(), d.wish()
	if d.faults, err = s.Portal.CheckDeploy(ctx, w); err != nil {
		return err
	}
	if d.page.Planned, err = s.Portal.PlannedDeployments(ctx, w); err != nil {
		return err
	}
	seen := warningsOf(d.faults)
	for _, planned := range d.page.Planned {
		seen = append(seen, planned.URL, planned.Body)
	}
	d.page.Reviewed = inShort(seen...)
	d.page.Rows = reviewRows(d.values)
	return nil
}

// sendDeploy sends what was looked at; when it would be something else by now, it has to be looked at again.
func (s *Server) sendDeploy(c echo.Context, d *deployRequest, reviewed string) error {
	if err := s.lookDeploy(c, d); err != nil {
		return s.refuseDeploy(c, d, err)
	}
	if d.page.Reviewed != reviewed {
		d.page.Review = sendable(d.faults)
		return s.refuseDeploy(c, d, &portal.Refusal{Code: "deploy_reviewed"})
	}
	w := d.wish()
	w.Anyway = true // the warnings are those that were shown
	all, err := s.Portal.DeployConnector(c.Request().Context(), staffActor(c), w)
	if err != nil {
		return s.refuseDeploy(c, d, err)
	}
	if len(all) > 1 {
		return s.redirect(c, "/admin/connect")
	}
	return s.afterSent(c, all[0])
}

// afterSent leads to what came of an operation on a deployment: the deployment, or while that is not known the operation.
func (s *Server) afterSent(c echo.Context, o store.Operation) error {
	if o.State == store.OpDone && o.SubjectID != "" {
		return s.redirect(c, "/admin/connect/deployments/", o.SubjectID)
	}
	return s.redirect(c, "/admin/connect/operations/", o.ID)
}

// refuseDeploy shows the form with why it was refused; another error is everybody's.
func (s *Server) refuseDeploy(c echo.Context, d *deployRequest, err error) error {
	var ok bool
	if _, d.page.Refused, ok = refusal(d.page.Page, err); !ok {
		return err
	}
	return s.answerDeploy(c, d, http.StatusUnprocessableEntity)
}

// answerDeploy shows the form with all that is known of it.
func (s *Server) answerDeploy(c echo.Context, d *deployRequest, status int) error {
	p := &d.page
	at := p.Draft.ID + "/deploy"
	if !p.Staged {
		at += "?what=published"
	}
	at = "/admin/connect/drafts/" + at
	p.At = &at
	p.Form = d.values.show(p.Page, nil, d.faults)
	p.Form.Jobs = s.showJobs(p.Page, d.values, d.faults)
	if err := s.valueChoices(c, &p.Form, p.Draft.UpstreamID, ""); err != nil {
		return err
	}
	chosen := d.showTargetFaults()
	p.Form.Faults = allFaults(p.Page, p.Form, chosen, d.faults)
	return s.render(c, status, views.AdminDeploy(*p))
}

// showTargetFaults puts what is wrong with a target beside it, and returns the chosen ones, by which faults count.
func (d *deployRequest) showTargetFaults() (chosen []views.DeployTarget) {
	for n := range d.page.Targets {
		t := &d.page.Targets[n]
		if !t.Chosen {
			continue
		}
		for _, f := range d.faults {
			if f.Application == "" && (f.Target == len(chosen) || f.Target < 0) && slices.Contains([]string{"key", "type", "region", "targets", "connector"}, f.Key) {
				t.Faults = append(t.Faults, shownFault(d.page.Page, f))
			}
		}
		chosen = append(chosen, *t)
	}
	if len(chosen) == 0 {
		return d.page.Targets
	}
	return chosen
}

// reviewRows is the values of a form as they would be sent, before variables are replaced.
func reviewRows(f valueForm) (rows []views.ReviewRow) {
	shown := f.form.Show(f.values)
	for _, c := range f.form.Fields {
		places := []string{""}
		if len(c.Applications) == 1 || c.Differs(f.values) {
			places = c.Applications
		}
		for _, application := range places {
			value, ok := shown[portal.ValueName(application, c.Key)]
			row := views.ReviewRow{Application: application, Key: c.Key, Hidden: c.Hidden, Secured: c.Secured, Value: value.Value}
			if usual := isUsual(c, f.values, application); usual != "" {
				row.Hidden, row.Value = false, usual
			}
			if !ok || value.Empty {
				if row.Value, row.Default = c.DefaultOf(application); !row.Default && c.Default != "" {
					row.Value, row.Default = c.Default, true
				}
				if !row.Default {
					continue
				}
			}
			rows = append(rows, row)
		}
	}
	return rows
}
