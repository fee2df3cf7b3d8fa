package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"portico/portal"
	"portico/store"
	"portico/upstream/commercetools/connectyaml"
)

// pipeline is a tag on its way through preview and publication to what runs it.
type pipeline struct {
	ID        string         `json:"id"`
	Account   string         `json:"account"`
	Draft     string         `json:"draft"`
	Tag       string         `json:"tag"`
	State     string         `json:"state" enum:"running,asking,failed,stopped,done" doc:"asking: a person has to say yes or no. failed, stopped: it can be resumed."`
	Done      bool           `json:"done" doc:"It has ended for good."`
	Step      int            `json:"step" doc:"The number of the step that is due, counted from 0."`
	Steps     []pipelineStep `json:"steps" nullable:"false"`
	Plan      pipelinePlan   `json:"plan"`
	Actor     person         `json:"actor"`
	CreatedAt time.Time      `json:"created_at"`
	EndedAt   *time.Time     `json:"ended_at,omitempty"`
}

type pipelineStep struct {
	N          int        `json:"n"`
	Kind       string     `json:"kind" enum:"read,repository,preview,deploy,yes,publish,certify,redeploy"`
	Deployment string     `json:"deployment,omitempty" doc:"Of a redeployment."`
	State      string     `json:"state" enum:"waiting,running,asking,done,skipped,failed" doc:"skipped: it was so already, or a person said no."`
	Operation  string     `json:"operation,omitempty" doc:"ID of the operation that does it."`
	Problem    string     `json:"problem,omitempty" doc:"A code."`
	Message    string     `json:"message,omitempty" doc:"What happened, and what to do."`
	Detail     string     `json:"detail,omitempty" doc:"The platform's words: a report, a status."`
	AnsweredBy string     `json:"answered_by,omitempty"`
	StartedAt  *time.Time `json:"started_at,omitempty"`
	EndedAt    *time.Time `json:"ended_at,omitempty"`
}

type pipelinePlan struct {
	URL       string   `json:"url"`
	Preview   bool     `json:"preview"`
	Key       string   `json:"key,omitempty"`
	Region    string   `json:"region,omitempty"`
	Publish   string   `json:"publish" enum:"private,certify,none"`
	Redeploy  []string `json:"redeploy" nullable:"false"`
	AskBefore []string `json:"ask_before" nullable:"false"`
}

func (a *API) pipelineOf(p store.Pipeline, steps []store.PipelineStep) pipeline {
	plan := p.Plan
	out := pipeline{
		ID: p.ID, Account: p.AccountID, Draft: p.DraftID, Tag: p.Tag, State: p.State, Done: !p.EndedAt.IsZero(), Step: p.Step, Steps: []pipelineStep{},
		Plan: pipelinePlan{plan.URL, plan.Preview, plan.Key, plan.Region, orElse(plan.Publish, publishNone), append([]string{}, plan.Redeploy...),
			append([]string{}, plan.AskBefore...)},
		Actor: personOf(p.Actor), CreatedAt: p.CreatedAt.Time, EndedAt: when(p.EndedAt),
	}
	for _, s := range steps {
		one := pipelineStep{N: s.N, Kind: s.Kind, Deployment: s.SubjectID, State: s.State, Operation: s.OperationID, Problem: s.Problem, AnsweredBy: s.AnsweredBy,
			StartedAt: when(s.StartedAt), EndedAt: when(s.EndedAt), Message: a.stepMessage(s)}
		if !strings.HasPrefix(s.Detail, "{") { // which is what fills a refusal
			one.Detail = s.Detail
		}
		out.Steps = append(out.Steps, one)
	}
	return out
}

const publishNone = "none"

// stepMessage is a step's problem in words; "" where there is none.
func (a *API) stepMessage(s store.PipelineStep) string {
	if s.Problem == "" {
		return ""
	}
	if code, ok := strings.CutPrefix(s.Problem, "refusal."); ok {
		args := map[string]string{}
		_ = json.Unmarshal([]byte(s.Detail), &args) // of another refusal there are none
		return a.text("refusal."+code, args)
	}
	if code, ok := strings.CutPrefix(s.Problem, "connect."); ok {
		return a.connectMessage(code)
	}
	return a.text("connect.step.problem."+s.Problem, nil)
}

func (a *API) pipelines() {
	serve(a, withValues(begins(more(of(tagConnect, "start-pipeline", http.MethodPost, "/connect/drafts/{draft}/pipelines", "Release a tag"),
		"The repository is read at the tag, the draft gets it, is previewed, deployed for tests, published, and what runs it is redeployed. One pipeline of a draft goes on at a time."))), a.startPipeline)
	serve(a, withValues(more(of(tagConnect, "plan-pipeline", http.MethodPost, "/connect/drafts/{draft}/pipelines/plan", "Read the repository at a tag and say what a release would meet"),
		"Nothing is sent to the platform.")), a.planPipeline)
	serve(a, of(tagConnect, "list-draft-pipelines", http.MethodGet, "/connect/drafts/{draft}/pipelines", "List a draft's pipelines, the newest first"), a.listDraftPipelines)
	serve(a, of(tagConnect, "list-pipelines", http.MethodGet, "/connect/pipelines", "List the pipelines that go on, ask, or can be resumed"), a.listPipelines)
	serve(a, of(tagConnect, "get-pipeline", http.MethodGet, "/connect/pipelines/{pipeline}", "Get a pipeline, step by step"), a.getPipeline)
	serve(a, begins(of(tagConnect, "answer-pipeline", http.MethodPost, "/connect/pipelines/{pipeline}/answer", "Say yes or no to what a pipeline asks")), a.answerPipeline)
	serve(a, begins(more(of(tagConnect, "stop-pipeline", http.MethodPost, "/connect/pipelines/{pipeline}/stop", "Have a pipeline go no further"),
		"What the platform works on goes on there: it has no way to cancel that.")), a.changePipeline(a.Portal.StopPipeline))
	serve(a, begins(of(tagConnect, "resume-pipeline", http.MethodPost, "/connect/pipelines/{pipeline}/resume", "Let a pipeline go on that was stopped or has failed")), a.changePipeline(a.Portal.ResumePipeline))
	serve(a, begins(of(tagConnect, "end-pipeline", http.MethodPost, "/connect/pipelines/{pipeline}/end", "Put a pipeline away that was stopped or has failed")), a.changePipeline(a.Portal.EndPipeline))
	serve(a, withValues(more(of(tagConnect, "check-connect-yaml", http.MethodPost, "/connect/yaml", "Check a connect.yaml"),
		"The body is the file. The verdict and the messages are those of the platform's own validator, with their lines. Nothing is kept.")), a.checkYAML)
}

type pipelineWish struct {
	DraftPath
	Body struct {
		Tag       string       `json:"tag" minLength:"1" maxLength:"255"`
		URL       string       `json:"url,omitempty" maxLength:"2000" doc:"Of the repository. Absent: the draft's."`
		Preview   bool         `json:"preview,omitempty" doc:"Deploy the draft for tests."`
		Key       string       `json:"key,omitempty" maxLength:"256" doc:"Of that deployment; one of this key that is there already is brought to the draft."`
		Region    string       `json:"region,omitempty" maxLength:"100" doc:"Of that deployment where it is made. Absent: the account's."`
		Profile   string       `json:"profile,omitempty" maxLength:"64" doc:"ID of the profile whose values that deployment takes where none are given."`
		Values    configValues `json:"values,omitempty" doc:"Of that deployment."`
		Schedules schedules    `json:"schedules,omitempty"`
		Publish   string       `json:"publish,omitempty" enum:"private,certify,none" default:"none"`
		Redeploy  []string     `json:"redeploy,omitempty" nullable:"false" maxItems:"200" doc:"IDs of deployments to bring to what was published."`
		AskBefore []string     `json:"ask_before,omitempty" nullable:"false" maxItems:"3" enum:"deploy,publish,redeploy" doc:"Before which steps a person is asked."`
	}
}

func (in *pipelineWish) wish() portal.PipelineWish {
	b := in.Body
	if b.Publish == publishNone {
		b.Publish = ""
	}
	return portal.PipelineWish{DraftID: in.Draft, URL: b.URL, Tag: b.Tag, Preview: b.Preview, Key: b.Key, Region: b.Region, ProfileID: b.Profile, Publish: b.Publish,
		Redeploy: b.Redeploy, AskBefore: b.AskBefore}
}

// startPipeline answers POST /api/v1/connect/drafts/{draft}/pipelines.
func (a *API) startPipeline(ctx context.Context, in *pipelineWish) (*document[pipeline], error) {
	w := in.wish()
	if len(in.Body.Values)+len(in.Body.Schedules) > 0 { // arranged by what the connector asks for at the tag
		sight, err := a.Portal.PlanPipeline(ctx, w)
		if err != nil {
			return nil, err
		}
		if w.Values, err = a.values(ctx, portal.FormOfFile(sight.Result.File), in.Body.Values, in.Body.Schedules); err != nil {
			return nil, err
		}
	}
	p, err := a.Portal.StartPipeline(ctx, actor(ctx), w)
	if err != nil {
		return nil, err
	}
	return a.pipeline(ctx, p.ID)
}

func (a *API) pipeline(ctx context.Context, id string) (*document[pipeline], error) {
	p, err := a.Store.Pipeline(ctx, id)
	if err != nil {
		return nil, err
	}
	steps, err := a.Store.PipelineSteps(ctx, id)
	return &document[pipeline]{a.pipelineOf(p, steps)}, err
}

// pipelineSight is what a release would meet.
type pipelineSight struct {
	Commit  string     `json:"commit"`
	Branch  bool       `json:"branch" doc:"The name is a branch's, which the platform does not support."`
	YAML    yamlResult `json:"yaml"`
	NewKeys []string   `json:"new_keys" nullable:"false" doc:"application.KEY, or KEY where all share it."`
	Gone    []string   `json:"gone_keys" nullable:"false"`
}

// planPipeline answers POST /api/v1/connect/drafts/{draft}/pipelines/plan.
func (a *API) planPipeline(ctx context.Context, in *pipelineWish) (*document[pipelineSight], error) {
	s, err := a.Portal.PlanPipeline(ctx, in.wish())
	if err != nil {
		return nil, err
	}
	return &document[pipelineSight]{pipelineSight{s.Commit, s.Branch, yamlOf(s.Result), append([]string{}, s.NewKeys...), append([]string{}, s.Gone...)}}, nil
}

type draftPipelines struct {
	DraftPath
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many there are at most."`
}

// listDraftPipelines answers GET /api/v1/connect/drafts/{draft}/pipelines.
func (a *API) listDraftPipelines(ctx context.Context, in *draftPipelines) (*list[pipeline], error) {
	if _, err := a.Store.ConnectorDraft(ctx, in.Draft); err != nil {
		return nil, err
	}
	return a.withSteps(ctx)(a.Store.PipelinesOf(ctx, in.Draft, in.Limit))
}

// listPipelines answers GET /api/v1/connect/pipelines.
func (a *API) listPipelines(ctx context.Context, _ *struct{}) (*list[pipeline], error) {
	return a.withSteps(ctx)(a.Store.OpenPipelines(ctx, 100))
}

func (a *API) withSteps(ctx context.Context) func([]store.Pipeline, error) (*list[pipeline], error) {
	return func(all []store.Pipeline, err error) (*list[pipeline], error) {
		var items []pipeline
		for _, p := range all {
			steps, stepsErr := a.Store.PipelineSteps(ctx, p.ID)
			if stepsErr != nil {
				return nil, stepsErr
			}
			items = append(items, a.pipelineOf(p, steps))
		}
		return listed(items), err
	}
}

type pipelinePath struct {
	Pipeline string `path:"pipeline" maxLength:"64"`
}

// getPipeline answers GET /api/v1/connect/pipelines/{pipeline}.
func (a *API) getPipeline(ctx context.Context, in *pipelinePath) (*document[pipeline], error) {
	return a.pipeline(ctx, in.Pipeline)
}

// changePipeline answers POST /api/v1/connect/pipelines/{pipeline}/stop, …/resume and …/end.
func (a *API) changePipeline(change func(context.Context, store.Actor, string) error) func(context.Context, *pipelinePath) (*document[pipeline], error) {
	return func(ctx context.Context, in *pipelinePath) (*document[pipeline], error) {
		if err := change(ctx, actor(ctx), in.Pipeline); err != nil {
			return nil, err
		}
		return a.pipeline(ctx, in.Pipeline)
	}
}

type answerPipeline struct {
	Pipeline string `path:"pipeline" maxLength:"64"`
	Body     struct {
		Step int  `json:"step" minimum:"0" doc:"The number of the step that asks."`
		Yes  bool `json:"yes" doc:"No stops it there; nothing that was done is taken back."`
	}
}

// answerPipeline answers POST /api/v1/connect/pipelines/{pipeline}/answer.
func (a *API) answerPipeline(ctx context.Context, in *answerPipeline) (*document[pipeline], error) {
	if err := a.Portal.AnswerPipeline(ctx, actor(ctx), in.Pipeline, in.Body.Step, in.Body.Yes); err != nil {
		return nil, err
	}
	return a.pipeline(ctx, in.Pipeline)
}

// yamlResult is what is made of a connect.yaml.
type yamlResult struct {
	Valid    bool          `json:"valid"`
	Problems []yamlProblem `json:"problems" nullable:"false"`
	Warnings []yamlProblem `json:"warnings" nullable:"false" doc:"What the platform's validator lets pass, and somebody should know."`
	Official string        `json:"official,omitempty" doc:"The problems as the platform's validator prints them."`
	Form     *configForm   `json:"form,omitempty" doc:"What a deployment would ask for. Absent: it is not valid."`
}

type yamlProblem struct {
	Path    string `json:"path"`
	Message string `json:"message"`
	Line    int    `json:"line,omitempty" doc:"Counted from 1."`
	Column  int    `json:"column,omitempty" doc:"Counted from 1, in characters."`
}

func yamlOf(r connectyaml.Result) yamlResult {
	out := yamlResult{Valid: r.Valid, Official: r.Official("connect.yaml"), Problems: []yamlProblem{}, Warnings: []yamlProblem{}}
	for _, p := range r.Problems {
		out.Problems = append(out.Problems, yamlProblem(p))
	}
	for _, p := range r.Warnings {
		out.Warnings = append(out.Warnings, yamlProblem(p))
	}
	if r.Valid {
		f := formOf(portal.FormOfFile(r.File))
		out.Form = &f
	}
	return out
}

type checkYAML struct {
	RawBody []byte `contentType:"application/yaml"`
}

// checkYAML answers POST /api/v1/connect/yaml.
func (a *API) checkYAML(_ context.Context, in *checkYAML) (*document[yamlResult], error) {
	return &document[yamlResult]{yamlOf(connectyaml.Parse(in.RawBody))}, nil
}
