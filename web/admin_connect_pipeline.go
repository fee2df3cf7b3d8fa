package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/upstream/commercetools"
	"portico/views"
)

// pipelineRoutes are the pages of releases.
func (s *Server) pipelineRoutes() []route {
	return []route{
		{"GET", "/admin/connect/drafts/:draft/pipeline", staffAdmin, s.adminPlanPipeline},
		{"POST", "/admin/connect/drafts/:draft/pipeline", staffAdmin, s.adminStartPipeline},
		{"GET", "/admin/connect/pipelines/:pipeline", staffViewer, s.adminPipeline},
		{"POST", "/admin/connect/pipelines/:pipeline/answer", staffAdmin, s.adminAnswerPipeline},
		{"POST", "/admin/connect/pipelines/:pipeline/stop", staffAdmin, s.adminStopPipeline},
		{"POST", "/admin/connect/pipelines/:pipeline/resume", staffAdmin, s.adminResumePipeline},
		{"POST", "/admin/connect/pipelines/:pipeline/end", staffAdmin, s.adminEndPipeline},
	}
}

// adminPlanPipeline answers GET /admin/connect/drafts/:draft/pipeline: the form in which the release of a tag is planned.
func (s *Server) adminPlanPipeline(c echo.Context) error {
	p, err := s.pipelineForm(c)
	if err != nil {
		return err
	}
	there, err := portal.DraftDocument(p.Draft)
	if err != nil {
		return err
	}
	p.URL, p.Tag, p.Publish, p.Preview = there.Repository.URL, c.QueryParam("tag"), portal.PublishPrivately, true
	p.AskBefore = []string{store.StepPublish}
	if p.Draft.UpstreamKey != "" {
		p.Key = p.Draft.UpstreamKey + "-preview"
	}
	for _, d := range p.Deployments {
		p.Redeploy = append(p.Redeploy, d.ID)
	}
	return s.render(c, http.StatusOK, views.AdminPipelineForm(p))
}

func (s *Server) pipelineForm(c echo.Context) (views.AdminPipelineFormPage, error) {
	ctx := c.Request().Context()
	a, _, err := s.connectPage(c)
	p := views.AdminPipelineFormPage{AdminPage: a}
	if err != nil {
		return p, err
	}
	if p.Draft, err = s.Store.ConnectorDraft(ctx, c.Param("draft")); err != nil {
		return p, err
	}
	if p.Account, err = s.connectAccount(ctx, p.Draft.AccountID); err != nil {
		return p, err
	}
	all, err := s.Store.DeploymentsOfConnector(ctx, p.Draft.UpstreamID)
	if err != nil {
		return p, err
	}
	for _, d := range all {
		if d.Type != commercetools.DeployPreview {
			p.Deployments = append(p.Deployments, d)
		}
	}
	if p.Earlier, err = s.Store.PipelinesOf(ctx, p.Draft.ID, adminSecond); err != nil {
		return p, err
	}
	profiles, err := s.Store.Profiles(ctx)
	for _, x := range profiles {
		p.Profiles = append(p.Profiles, store.ValueSet{ID: x.ID, Name: x.Name})
	}
	return p, err
}

// adminStartPipeline answers POST /admin/connect/drafts/:draft/pipeline: step=tags lists the repository's tags, step=look
// says what the pipeline would meet, step=start begins it.
func (s *Server) adminStartPipeline(c echo.Context) error {
	p, err := s.pipelineForm(c)
	if err != nil {
		return err
	}
	form := c.Request().PostForm
	p.URL, p.Tag, p.Key, p.Publish, p.Preview = form.Get("url"), form.Get("tag"), form.Get("key"), form.Get("publish"), form.Get("preview") != ""
	p.Redeploy, p.AskBefore, p.ProfileID = form["redeploy"], form["ask"], form.Get("profile")
	wish := portal.PipelineWish{
		DraftID: p.Draft.ID, URL: p.URL, Tag: p.Tag, Preview: p.Preview, Key: p.Key, Publish: p.Publish, Redeploy: p.Redeploy, AskBefore: p.AskBefore, ProfileID: p.ProfileID,
	}
	step := form.Get("step")
	if looked := form.Get("looked"); step == "start" && looked != "" && looked != p.URL+" "+p.Tag {
		step = "look" // at what was entered since: the button names another tag
	}
	switch step {
	case "tags":
		return s.listTags(c, p)
	case "start":
		started, err := s.Portal.StartPipeline(c.Request().Context(), staffActor(c), wish)
		if err == nil {
			return s.redirect(c, "/admin/connect/pipelines/", started.ID)
		}
		return s.refusedPipeline(c, p, err)
	}
	sight, err := s.Portal.PlanPipeline(c.Request().Context(), wish)
	if err != nil {
		return s.refusedPipeline(c, p, err)
	}
	p.Sight = &views.PipelineSight{Commit: sight.Commit, Branch: sight.Branch, Result: sight.Result, NewKeys: sight.NewKeys, Gone: sight.Gone, Lacking: sight.Lacking}
	return s.render(c, http.StatusOK, views.AdminPipelineForm(p))
}

func (s *Server) refusedPipeline(c echo.Context, p views.AdminPipelineFormPage, err error) error {
	var ok bool
	if _, p.Refused, ok = refusal(p.Page, err); !ok {
		return err
	}
	return s.render(c, http.StatusUnprocessableEntity, views.AdminPipelineForm(p))
}

func (s *Server) listTags(c echo.Context, p views.AdminPipelineFormPage) error {
	tags, err := s.Portal.RepositoryTags(c.Request().Context(), p.Draft.ID)
	if err != nil {
		var ok bool
		if _, p.TagsProblem, ok = refusal(p.Page, err); !ok {
			return err
		}
	}
	p.Tags = tags
	if p.Tag == "" && len(tags) > 0 {
		p.Tag = tags[0]
	}
	return s.render(c, http.StatusOK, views.AdminPipelineForm(p))
}

// adminPipeline answers GET /admin/connect/pipelines/:pipeline.
func (s *Server) adminPipeline(c echo.Context) error {
	p, err := s.pipelinePage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminPipeline(p))
}

func (s *Server) pipelinePage(c echo.Context) (views.AdminPipelinePage, error) {
	ctx := c.Request().Context()
	a, _, err := s.connectPage(c)
	p := views.AdminPipelinePage{AdminPage: a, Names: map[string]string{}}
	if err != nil {
		return p, err
	}
	if p.Pipeline, err = s.Store.Pipeline(ctx, c.Param("pipeline")); err != nil {
		return p, err
	}
	if p.Draft, err = s.Store.ConnectorDraft(ctx, p.Pipeline.DraftID); err != nil {
		return p, err
	}
	if p.Account, err = s.connectAccount(ctx, p.Pipeline.AccountID); err != nil {
		return p, err
	}
	if p.Steps, err = s.Store.PipelineSteps(ctx, p.Pipeline.ID); err != nil {
		return p, err
	}
	for _, id := range p.Pipeline.Plan.Redeploy {
		d, err := s.Store.ConnectDeployment(ctx, id)
		if err != nil {
			return p, err
		}
		p.Names[id] = d.UpstreamKey
	}
	events, err := s.Store.Events(ctx, "pipeline", p.Pipeline.ID, "", adminLines+1)
	if err != nil {
		return p, err
	}
	calls, err := s.Store.JourneyCalls(ctx, p.Pipeline.ID, "", adminLines+1)
	p.Lines, _ = views.Timeline(events, calls, adminLines)
	p.Refresh = p.Pipeline.State == store.PipelineRunning
	return p, err
}

// adminAnswerPipeline answers POST /admin/connect/pipelines/:pipeline/answer with the number of the step, and yes or no.
func (s *Server) adminAnswerPipeline(c echo.Context) error {
	n, err := strconv.Atoi(c.FormValue("n"))
	if err != nil {
		return echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
	}
	return s.changePipeline(c, func(ctx context.Context, actor store.Actor, id string) error {
		return s.Portal.AnswerPipeline(ctx, actor, id, n, c.FormValue("answer") == "yes")
	})
}

// adminStopPipeline answers POST /admin/connect/pipelines/:pipeline/stop.
func (s *Server) adminStopPipeline(c echo.Context) error {
	return s.changePipeline(c, s.Portal.StopPipeline)
}

// adminResumePipeline answers POST /admin/connect/pipelines/:pipeline/resume.
func (s *Server) adminResumePipeline(c echo.Context) error {
	return s.changePipeline(c, s.Portal.ResumePipeline)
}

// adminEndPipeline answers POST /admin/connect/pipelines/:pipeline/end.
func (s *Server) adminEndPipeline(c echo.Context) error {
	return s.changePipeline(c, s.Portal.EndPipeline)
}

// changePipeline does something with a pipeline and shows it; what is refused is said there.
func (s *Server) changePipeline(c echo.Context, change func(context.Context, store.Actor, string) error) error {
	id := c.Param("pipeline")
	err := change(c.Request().Context(), staffActor(c), id)
	if err == nil {
		return s.redirect(c, "/admin/connect/pipelines/", id)
	}
	p, pageErr := s.pipelinePage(c)
	if pageErr != nil {
		return pageErr
	}
	var ok bool
	if _, p.Refused, ok = refusal(p.Page, err); !ok {
		return err
	}
	return s.render(c, http.StatusUnprocessableEntity, views.AdminPipeline(p))
}
