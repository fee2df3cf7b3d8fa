package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
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
