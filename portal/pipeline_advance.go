package portal

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"portico/store"
	"portico/upstream/commercetools"
)

const (
	// pipelineClaim is longer than reading a repository takes, the one call that a pipeline makes by itself.
	pipelineClaim = repositoryPatience + time.Minute
	// pipelinePause is how soon a pipeline looks again at what others wait for; it asks no platform.
	pipelinePause = 2 * time.Second
	// certifyPause is the same while people certify, which takes days.
	certifyPause = time.Minute
	// mostPipelineSteps bounds one advance.
	mostPipelineSteps = 40
)

// pipelineRun is a pipeline with its steps, while somebody works on it.
type pipelineRun struct {
	store.Pipeline
	steps []store.PipelineStep
	draft store.ConnectorDraft
	by    string
}

// step is the one that is due; nil after the last.
func (h *pipelineRun) step() *store.PipelineStep {
	if h.Step >= len(h.steps) {
		return nil
	}
	return &h.steps[h.Step]
}

// pipelineReads is what both a store and a transaction read of a pipeline.
type pipelineReads interface {
	Pipeline(ctx context.Context, id string) (store.Pipeline, error)
	PipelineSteps(ctx context.Context, id string) ([]store.PipelineStep, error)
	ConnectorDraft(ctx context.Context, id string) (store.ConnectorDraft, error)
}

func readPipeline(ctx context.Context, r pipelineReads, id string) (h pipelineRun, err error) {
	if h.Pipeline, err = r.Pipeline(ctx, id); err != nil {
		return h, err
	}
	if h.steps, err = r.PipelineSteps(ctx, id); err != nil {
		return h, err
	}
	h.draft, err = r.ConnectorDraft(ctx, h.DraftID)
	return h, err
}

// AdvancePipeline takes a pipeline as far as it goes without a person. It may be called at any time and any number of times.
// It says how long to wait when something is due later, 0 when nothing is due by itself.
func (p *Portal) AdvancePipeline(ctx context.Context, id string) (time.Duration, error) {
	return p.claimed(ctx, store.Pipelines, id, pipelineClaim, func(ctx context.Context, by string) (time.Duration, error) {
		ctx = withAbout(ctx, about{journeyID: id})
		for range mostPipelineSteps {
			h, err := readPipeline(ctx, p.store, id)
			h.by = by
			if err != nil || h.State != store.PipelineRunning || !h.EndedAt.IsZero() || p.stopping() {
				return 0, err
			}
			if wait := h.NotBefore.Sub(p.Now()); wait > 0 {
				return wait, nil
			}
			if err := p.stepPipeline(ctx, h); err != nil {
				return retryLost(err)
			}
		}
		return time.Second, nil
	})
}

// stepPipeline does what is next for a pipeline, in one transaction; the repository is read before that.
func (p *Portal) stepPipeline(ctx context.Context, h pipelineRun) error {
	s := h.step()
	var read repositoryRead
	if s != nil && s.Kind == store.StepRead {
		read = p.readRepository(ctx, h.AccountID, h.Plan.URL, h.Tag)
	}
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		if s == nil {
			return p.endPipeline(ctx, tx, &h)
		}
		if err := p.moveStep(ctx, tx, &h, s, read); err != nil {
			return err
		}
		return tx.PutPipeline(ctx, h.Pipeline, h.by)
	})
	if refused, ok := errors.AsType[*Refusal](err); ok {
		return p.store.Update(ctx, func(tx *store.Tx) error { return p.refuseStep(ctx, tx, &h, refused) })
	}
	return err
}

// moveStep begins the step that is due, or looks what has become of it.
func (p *Portal) moveStep(ctx context.Context, tx *store.Tx, h *pipelineRun, s *store.PipelineStep, read repositoryRead) error {
	fresh, err := tx.ConnectorDraft(ctx, h.DraftID)
	if err != nil {
		return err
	}
	h.draft = fresh
	if s.StartedAt.IsZero() {
		s.StartedAt = tx.Now()
	}
	if err := h.stillOurs(s); err != nil {
		return err
	}
	switch s.Kind {
	case store.StepRead:
		return p.stepRead(ctx, tx, h, s, read)
	case store.StepRepository:
		return p.stepRepository(ctx, tx, h, s)
	case store.StepPreview:
		return p.stepPreview(ctx, tx, h, s)
	case store.StepDeploy:
		return p.stepDeploy(ctx, tx, h, s)
	case store.StepYes:
		return p.stepYes(ctx, tx, h, s)
	case store.StepPublish, store.StepCertify:
		return p.stepPublish(ctx, tx, h, s)
	}
	return p.stepRedeploy(ctx, tx, h, s)
}

// stillOurs is a *Refusal when somebody has given the draft another tag, or another repository, meanwhile.
func (h *pipelineRun) stillOurs(s *store.PipelineStep) error {
	if s.Kind == store.StepRead || s.Kind == store.StepRepository {
		return nil
	}
	there, err := DraftDocument(h.draft)
	if err != nil || there.Repository == (commercetools.Repository{URL: h.Plan.URL, Tag: h.Tag}) {
		return err
	}
	return refuse("pipeline_moved", "tag", h.draft.Tag, "wanted", h.Tag)
}

// begun notes which operation does a step.
func (h *pipelineRun) begun(ctx context.Context, tx *store.Tx, s *store.PipelineStep, o store.Operation) error {
	s.State, s.OperationID = store.StepRunning, o.ID
	h.NotBefore = store.At(tx.Now().Add(pipelinePause))
	return tx.PutPipelineStep(ctx, *s)
}

// waits has a pipeline look again a little later.
func (h *pipelineRun) waits(ctx context.Context, tx *store.Tx, s *store.PipelineStep, pause time.Duration, detail string) error {
	h.NotBefore = store.At(tx.Now().Add(pause))
	if s.State == store.StepRunning && s.Detail == detail {
		return nil
	}
	s.State, s.Detail = store.StepRunning, detail
	return tx.PutPipelineStep(ctx, *s)
}

// holds has a pipeline look again a little later whether a step can begin: somebody else is at work there.
func (h *pipelineRun) holds(ctx context.Context, tx *store.Tx, s *store.PipelineStep, pause time.Duration, detail string) error {
	h.NotBefore, s.Detail = store.At(tx.Now().Add(pause)), detail
	return tx.PutPipelineStep(ctx, *s)
}

// passed ends a step well and goes on to the next one.
func (p *Portal) passed(ctx context.Context, tx *store.Tx, h *pipelineRun, s *store.PipelineStep, state, detail string) error {
	s.State, s.Detail, s.EndedAt, s.Problem = state, detail, tx.Now(), ""
	if err := tx.PutPipelineStep(ctx, *s); err != nil {
		return err
	}
	h.Step, h.NotBefore = h.Step+1, store.Time{}
	return tellPipeline(ctx, tx, *h, pipelineEvents[s.Kind], "detail", detail)
}

// pipelineEvents are the lines of a pipeline's timeline for steps that have ended well.
var pipelineEvents = map[string]string{
	store.StepRead: "pipeline.read", store.StepRepository: "pipeline.repository", store.StepPreview: "pipeline.preview", store.StepDeploy: "pipeline.deploy",
	store.StepPublish: "pipeline.publish", store.StepCertify: "pipeline.certify", store.StepRedeploy: "pipeline.redeploy",
}

// failStep ends a step badly: the pipeline stays there until a person resumes it or puts it away.
func (p *Portal) failStep(ctx context.Context, tx *store.Tx, h *pipelineRun, s *store.PipelineStep, problem, detail string) error {
	s.State, s.Problem, s.Detail, s.EndedAt = store.StepFailed, problem, detail, tx.Now()
	h.State = store.PipelineFailed
	if err := tx.PutPipelineStep(ctx, *s); err != nil {
		return err
	}
	return tellPipeline(ctx, tx, *h, "pipeline.failed", "step", s.Kind, "problem", problem)
}

// refuseStep ends a step that our own rules refuse. Its problem is the refusal's code with its values in the detail.
func (p *Portal) refuseStep(ctx context.Context, tx *store.Tx, h *pipelineRun, r *Refusal) error {
	args, err := json.Marshal(r.Args)
	if err != nil {
		return err
	}
	s := h.step()
	if s.StartedAt.IsZero() {
		s.StartedAt = tx.Now()
	}
	if err := p.failStep(ctx, tx, h, s, refusalProblem+r.Code, string(args)); err != nil {
		return err
	}
	return tx.PutPipeline(ctx, h.Pipeline, h.by)
}

// Beginnings of a step's problem: what follows is a code of ours, or one of commercetools.
const (
	refusalProblem = "refusal."
	connectProblem = "connect."
)

// endPipeline ends a pipeline whose steps are all done.
func (p *Portal) endPipeline(ctx context.Context, tx *store.Tx, h *pipelineRun) error {
	h.State, h.EndedAt = store.PipelineDone, tx.Now()
	if err := tx.PutPipeline(ctx, h.Pipeline, h.by); err != nil {
		return err
	}
	return tellPipeline(ctx, tx, *h, "pipeline.done")
}

func tellPipeline(ctx context.Context, tx *store.Tx, h pipelineRun, code string, args ...string) error {
	m := map[string]string{"tag": h.Tag}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	return tx.AddEvent(ctx, store.Event{Code: code, Args: m, Actor: itself, SubjectKind: "pipeline", SubjectID: h.ID, JourneyID: h.ID})
}

// operation is what has become of a step's operation: ended is false while it goes on, and a failed one ends the step.
func (p *Portal) operationOf(ctx context.Context, tx *store.Tx, h *pipelineRun, s *store.PipelineStep) (o store.Operation, done bool, err error) {
	if s.OperationID == "" {
		return o, true, nil
	}
	if o, err = tx.Operation(ctx, s.OperationID); err != nil {
		return o, false, err
	}
	switch o.State {
	case store.OpDone:
		return o, true, nil
	case store.OpFailed, store.OpMoved:
		return o, false, p.failStep(ctx, tx, h, s, connectProblem+orElse(o.Problem, "moved"), o.Detail)
	}
	return o, false, h.waits(ctx, tx, s, pipelinePause, "")
}

// reported is the sentences of a report that a person should read, one a line.
func reportText(entries []commercetools.ReportEntry) string {
	text := ""
	for _, e := range entries {
		line := e.Title
		if e.Application != "" {
			line = e.Application + ": " + line
		}
		if e.Message != "" {
			line += ": " + e.Message
		}
		text += line + "\n"
	}
	return text
}
