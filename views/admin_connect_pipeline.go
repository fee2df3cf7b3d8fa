package views

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"portico/store"
	"portico/upstream/commercetools/connectyaml"
)

// AdminPipelineFormPage is where the release of a tag is planned.
type AdminPipelineFormPage struct {
	AdminPage
	Draft       store.ConnectorDraft
	Account     store.DeployAccount
	URL         string
	Tag         string
	Tags        []string // of the repository, where they were asked for
	TagsProblem string   // why they cannot be listed
	Preview     bool
	Key         string
	ProfileID   string           // whose values the preview deployment gets
	Profiles    []store.ValueSet // without their values
	Publish     string
	Redeploy    []string // IDs that are chosen
	AskBefore   []string
	Deployments []store.ConnectDeployment // of this connector, previews left out
	Sight       *PipelineSight            // what it would meet; nil before that was looked at
	Refused     string
	Earlier     []store.Pipeline
}

// PipelineSight is what a pipeline would meet.
type PipelineSight struct {
	Commit  string
	Branch  bool
	Result  connectyaml.Result
	NewKeys []string
	Gone    []string
	Lacking []string // required keys that the preview deployment has no value for
}

func (p AdminPipelineFormPage) path() string {
	return "/admin/connect/drafts/" + p.Draft.ID + "/pipeline"
}

func (p AdminPipelineFormPage) redeploys(id string) bool { return slices.Contains(p.Redeploy, id) }

func (p AdminPipelineFormPage) asks(kind string) bool { return slices.Contains(p.AskBefore, kind) }

// AdminPipelinePage is a release under way, or after.
type AdminPipelinePage struct {
	AdminPage
	Pipeline store.Pipeline
	Draft    store.ConnectorDraft
	Account  store.DeployAccount
	Steps    []store.PipelineStep
	Names    map[string]string // of deployments, by ID
	Lines    []Line
	Refused  string
}

func (p AdminPipelinePage) path(rest string) string {
	return p.Link("/admin/connect/pipelines/" + p.Pipeline.ID + rest)
}

func (p AdminPipelinePage) running() bool { return p.Pipeline.State == store.PipelineRunning }

// pipelineTone is the colour of a pipeline.
func pipelineTone(state string) string {
	switch state {
	case store.PipelineDone:
		return "good"
	case store.PipelineFailed:
		return "bad"
	case store.PipelineAsking:
		return "warn"
	case store.PipelineRunning:
		return "busy"
	}
	return ""
}

// stepTone is the colour of a step.
func stepTone(state string) string {
	switch state {
	case store.StepDone, store.StepSkipped:
		return "good"
	case store.StepFailed:
		return "bad"
	case store.StepAsking:
		return "warn"
	case store.StepRunning:
		return "busy"
	}
	return ""
}

// stepClass marks a step in the list as done or as the one that is on.
func (p AdminPipelinePage) stepClass(s store.PipelineStep) string {
	switch {
	case s.State == store.StepDone, s.State == store.StepSkipped:
		return "done"
	case s.N == p.Pipeline.Step && p.Pipeline.EndedAt.IsZero():
		return "now"
	}
	return ""
}

// stepTook is how long a step has taken, or takes so far.
func stepTook(s store.PipelineStep, now time.Time) time.Duration {
	switch {
	case s.StartedAt.IsZero():
		return 0
	case s.EndedAt.IsZero():
		return max(0, now.Sub(s.StartedAt.Time))
	}
	return s.EndedAt.Sub(s.StartedAt.Time)
}

// stepProblem is why a step failed, in words: ours with their values, commercetools' with what to do, or what a report says.
func stepProblem(p Page, s store.PipelineStep) string {
	if code, ok := strings.CutPrefix(s.Problem, "refusal."); ok {
		var pairs []any
		args := map[string]string{}
		if json.Unmarshal([]byte(s.Detail), &args) == nil {
			for name, value := range args {
				pairs = append(pairs, name, value)
			}
		}
		return p.T("refusal."+code, pairs...)
	}
	if code, ok := strings.CutPrefix(s.Problem, "connect."); ok {
		code = connectProblem(p, code)
		return p.T("connect.problem."+code) + " " + p.T("connect.problem."+code+".fix")
	}
	return p.T("connect.step.problem." + s.Problem)
}

// stepDetail is what else there is to say of a step: reports, a commit, a state; not the values of a refusal.
func stepDetail(s store.PipelineStep) string {
	if strings.HasPrefix(s.Detail, "{") {
		return ""
	}
	return s.Detail
}
