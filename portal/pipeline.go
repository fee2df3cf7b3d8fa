package portal

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"portico/store"
	"portico/upstream/commercetools"
)

// How a pipeline publishes.
const (
	PublishPrivately = "private"
	PublishCertified = "certify"
)

// PipelineWish is a tag that a person wants brought to what runs.
type PipelineWish struct {
	DraftID   string
	URL       string // of the repository; "" is the draft's
	Tag       string
	Preview   bool         // deploy the draft for tests
	Key       string       // of that deployment; one of this key that is there already is brought to the draft
	Region    string       // of a deployment that is made; "" is the project's
	Values    store.Values // of a deployment that is made, or changed with it
	ProfileID string       // whose values are taken where Values has none; "" = no one's
	Publish   string       // PublishPrivately, PublishCertified or "" = neither
	Redeploy  []string     // IDs of deployments, ours, to bring to what was published
	AskBefore []string     // kinds of steps (store.StepDeploy, StepPublish, StepRedeploy) before which a person is asked
	FormID    string       // the unfinished form with the values, which is forgotten then; "" = there was none
}

// StartPipeline begins a pipeline, which goes on by itself. Nothing is sent before the repository was read at the tag and
// its connect.yaml is valid. A *Refusal says what does not fit; one pipeline of a draft goes on at a time.
func (p *Portal) StartPipeline(ctx context.Context, actor store.Actor, w PipelineWish) (started store.Pipeline, err error) {
	w.Tag, w.URL, w.Key = strings.TrimSpace(w.Tag), strings.TrimSpace(w.URL), strings.TrimSpace(w.Key)
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		row, there, a, err := p.ownDraft(ctx, tx, w.DraftID)
		if err != nil {
			return err
		}
		w.URL = orElse(w.URL, there.Repository.URL)
		if faults := p.CheckAction(there, commercetools.SetRepository(w.URL, w.Tag)); len(faults) > 0 {
			return faults[0].Refusal
		}
		if err := w.check(ctx, tx, row); err != nil {
			return err
		}
		if w.ProfileID != "" && len(w.Values.Shared)+len(w.Values.Applications) == 0 {
			profile, err := tx.ValueSet(ctx, w.ProfileID)
			if err != nil {
				return err
			}
			w.Values = profile.Values
		}
		started, err = tx.AddPipeline(ctx, w.pipeline(actor, row), w.Values, w.steps())
		if errors.Is(err, store.ErrExists) {
			return refuse("pipeline_running", "name", row.Name)
		}
		if err != nil {
			return err
		}
		d := deed{actor: actor, kind: "pipeline", subject: started.ID, after: aboutPipeline(started), args: map[string]string{"name": row.Name, "tag": w.Tag, "account": a.Name}}
		if err := d.write(ctx, tx, "pipeline.started"); err != nil {
			return err
		}
		if err := forgetForm(ctx, tx, actor, w.FormID); err != nil {
			return err
		}
		return tx.Enqueue(ctx, store.AdvancePipeline{ID: started.ID}, time.Time{})
	})
	if err != nil {
		return started, err
	}
	p.patiently(ctx, "advancing a pipeline", started.ID, func(ctx context.Context) error {
		_, err := p.AdvancePipeline(ctx, started.ID)
		return err
	})
	return p.store.Pipeline(context.WithoutCancel(ctx), started.ID)
}

// check refuses a wish that cannot come to its end.
func (w PipelineWish) check(ctx context.Context, tx *store.Tx, row store.ConnectorDraft) error {
	if w.Publish != "" && w.Publish != PublishPrivately && w.Publish != PublishCertified {
		return refuse("pipeline_publish")
	}
	if len(w.Redeploy) > 0 && w.Publish == "" {
		return refuse("pipeline_redeploy")
	}
	if w.Preview && w.Key != "" && !commercetools.ValidKey(w.Key) {
		return refuse("pipeline_key", "key", shortened(w.Key))
	}
	for _, id := range w.Redeploy {
		d, err := tx.ConnectDeployment(ctx, id)
		if err != nil {
			return err
		}
		if d.ConnectorID != row.UpstreamID || d.Type == commercetools.DeployPreview {
			return refuse("pipeline_not_its_own", "key", orElse(d.UpstreamKey, d.UpstreamID))
		}
	}
	return nil
}

func (w PipelineWish) pipeline(actor store.Actor, row store.ConnectorDraft) store.Pipeline {
	return store.Pipeline{AccountID: row.AccountID, DraftID: row.ID, Tag: w.Tag, Actor: actor, Plan: store.PipelinePlan{
		URL: w.URL, Preview: w.Preview, Key: w.Key, Region: w.Region, Publish: w.Publish, Redeploy: w.Redeploy, AskBefore: w.AskBefore,
	}}
}

// steps are what a wish takes, with a question before those that were asked to have one.
func (w PipelineWish) steps() []store.PipelineStep {
	steps := []store.PipelineStep{{Kind: store.StepRead}, {Kind: store.StepRepository}, {Kind: store.StepPreview}}
	add := func(kind string, subjects ...string) {
		asked := kind
		if kind == store.StepCertify {
			asked = store.StepPublish
		}
		if slices.Contains(w.AskBefore, asked) {
			steps = append(steps, store.PipelineStep{Kind: store.StepYes})
		}
		for _, id := range subjects {
			steps = append(steps, store.PipelineStep{Kind: kind, SubjectID: id})
		}
	}
	if w.Preview {
		add(store.StepDeploy, "")
	}
	switch w.Publish {
	case PublishPrivately:
		add(store.StepPublish, "")
	case PublishCertified:
		add(store.StepCertify, "")
	}
	if len(w.Redeploy) > 0 {
		add(store.StepRedeploy, w.Redeploy...)
	}
	return steps
}

func aboutPipeline(p store.Pipeline) any {
	return map[string]any{"tag": p.Tag, "plan": p.Plan, "state": p.State, "step": p.Step}
}

// AnswerPipeline says yes or no to what a pipeline asks before its step n. A no stops it there: nothing that was done is taken
// back.
func (p *Portal) AnswerPipeline(ctx context.Context, actor store.Actor, id string, n int, yes bool) error {
	return p.changePipeline(ctx, actor, id, func(tx *store.Tx, h *pipelineRun) (code string, err error) {
		if h.State != store.PipelineAsking || h.Step != n {
			return "", refuse("pipeline_not_asking")
		}
		s := h.step()
		s.AnsweredBy, s.EndedAt = actor.Name, tx.Now()
		if !yes {
			s.State, h.State, h.EndedAt = store.StepSkipped, store.PipelineStopped, tx.Now()
			return "pipeline.no", tx.PutPipelineStep(ctx, *s)
		}
		s.State, h.State, h.NotBefore = store.StepDone, store.PipelineRunning, store.Time{}
		h.Step++
		return "pipeline.yes", tx.PutPipelineStep(ctx, *s)
	})
}

// StopPipeline has a pipeline go no further. What commercetools works on goes on there: it has no way to cancel that.
func (p *Portal) StopPipeline(ctx context.Context, actor store.Actor, id string) error {
	return p.changePipeline(ctx, actor, id, func(_ *store.Tx, h *pipelineRun) (string, error) {
		if h.State != store.PipelineRunning && h.State != store.PipelineAsking {
			return "", refuse("pipeline_not_running")
		}
		h.State = store.PipelineStopped
		return "pipeline.stopped", nil
	})
}

// EndPipeline puts a pipeline away that was stopped or has failed, so that another can begin.
func (p *Portal) EndPipeline(ctx context.Context, actor store.Actor, id string) error {
	return p.changePipeline(ctx, actor, id, func(tx *store.Tx, h *pipelineRun) (string, error) {
		if h.State != store.PipelineStopped && h.State != store.PipelineFailed || !h.EndedAt.IsZero() {
			return "", refuse("pipeline_goes_on")
		}
		h.EndedAt = tx.Now()
		return "pipeline.ended", nil
	})
}

// ResumePipeline lets a pipeline that was stopped, or has failed, go on: the step that is due is done again, or passed over
// where it turns out to be done.
func (p *Portal) ResumePipeline(ctx context.Context, actor store.Actor, id string) error {
	return p.changePipeline(ctx, actor, id, func(tx *store.Tx, h *pipelineRun) (string, error) {
		if h.State != store.PipelineStopped && h.State != store.PipelineFailed || !h.EndedAt.IsZero() {
			return "", refuse("pipeline_goes_on")
		}
		h.State, h.NotBefore = store.PipelineRunning, store.Time{}
		if s := h.step(); s != nil && s.State != store.StepRunning {
			if err := p.leaveMoved(ctx, tx, s.OperationID); err != nil {
				return "", err
			}
			*s = store.PipelineStep{PipelineID: s.PipelineID, N: s.N, Kind: s.Kind, SubjectID: s.SubjectID, State: store.StepWaiting}
			return "pipeline.resumed", tx.PutPipelineStep(ctx, *s)
		}
		return "pipeline.resumed", nil
	})
}

// leaveMoved leaves a step's operation that waits for a person, who lets the step be done anew instead: what it wanted is not
// to be sent a second time.
func (p *Portal) leaveMoved(ctx context.Context, tx *store.Tx, operationID string) error {
	if operationID == "" {
		return nil
	}
	o, err := tx.LockOperation(ctx, operationID)
	if err != nil || o.State != store.OpMoved {
		return err
	}
	o.State, o.Problem, o.EndedAt = store.OpFailed, problemLeft, tx.Now()
	return underWay(p.leave(ctx, tx, o))
}

// changePipeline lets a person change a pipeline, with what it leaves in the timeline, the audit log and the jobs.
func (p *Portal) changePipeline(ctx context.Context, actor store.Actor, id string, change func(*store.Tx, *pipelineRun) (string, error)) error {
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.LockPipeline(ctx, id); err != nil { // two people do not decide at once
			return err
		}
		h, err := readPipeline(ctx, tx, id)
		if err != nil {
			return err
		}
		before := aboutPipeline(h.Pipeline)
		code, err := change(tx, &h)
		if err != nil {
			return err
		}
		if err := tx.PutPipeline(ctx, h.Pipeline, ""); err != nil {
			return err
		}
		d := deed{actor: actor, kind: "pipeline", subject: id, before: before, after: aboutPipeline(h.Pipeline), args: map[string]string{"tag": h.Tag}}
		if err := d.write(ctx, tx, code); err != nil {
			return err
		}
		return tx.Enqueue(ctx, store.AdvancePipeline{ID: id}, time.Time{})
	})
	if err != nil {
		return err
	}
	p.patiently(ctx, "advancing a pipeline", id, func(ctx context.Context) error {
		_, err := p.AdvancePipeline(ctx, id)
		return err
	})
	return nil
}
