package store

import (
	"context"
	"time"
)

// States of a pipeline.
const (
	PipelineRunning = "running"
	PipelineAsking  = "asking"  // a person has to say yes or no
	PipelineFailed  = "failed"  // a step failed; it can be resumed
	PipelineStopped = "stopped" // a person has stopped it; it can be resumed
	PipelineDone    = "done"
)

// Kinds of steps, in the order in which a pipeline has them.
const (
	StepRead       = "read"       // the repository at the tag, and its connect.yaml
	StepRepository = "repository" // the draft gets the tag
	StepPreview    = "preview"    // is requested and waited for
	StepDeploy     = "deploy"     // a preview deployment, made or brought to the draft
	StepYes        = "yes"        // a person's, before what follows
	StepPublish    = "publish"    // privately, and waited for
	StepCertify    = "certify"    // for everybody, and waited for, for days
	StepRedeploy   = "redeploy"   // one deployment is brought to the newer connector
)

// States of a step.
const (
	StepWaiting = "waiting"
	StepRunning = "running"
	StepAsking  = "asking"
	StepDone    = "done"
	StepSkipped = "skipped" // it was so already, or a person said no
	StepFailed  = "failed"
)

// Pipeline is a tag on its way through preview and publication to what runs it.
type Pipeline struct {
	ID        string
	AccountID string
	DraftID   string
	Tag       string
	State     string // PipelineRunning …
	Plan      PipelinePlan
	Step      int // the number of the step that is due
	Actor     Actor
	NotBefore Time
	CreatedAt Time
	UpdatedAt Time
	EndedAt   Time // zero: it goes on, asks, or can be resumed
}

// PipelinePlan is what a pipeline is to do.
type PipelinePlan struct {
	URL       string   `json:"url"`                  // of the repository
	Preview   bool     `json:"preview,omitempty"`    // deploy the draft for tests
	Key       string   `json:"key,omitempty"`        // of that deployment
	Region    string   `json:"region,omitempty"`     // of that deployment
	Publish   string   `json:"publish,omitempty"`    // "private", "certify" or "" = neither
	Redeploy  []string `json:"redeploy,omitempty"`   // IDs of deployments, ours
	AskBefore []string `json:"ask_before,omitempty"` // kinds of steps before which a person is asked
}

// PipelineStep is one step.
type PipelineStep struct {
	PipelineID  string
	N           int
	Kind        string // StepRead …
	SubjectID   string // of a redeployment: the deployment, ours
	State       string // StepWaiting …
	OperationID string // that does it; "" = none
	Problem     string // a code, of the operation or ours
	Detail      string // the platform's words
	AnsweredBy  string // who said yes or no
	StartedAt   Time
	EndedAt     Time
}

const pipelineColumns = `id, account_id, draft_id, tag, state, plan, step, actor_kind, actor_id, actor_name, not_before, created_at, updated_at, ended_at`

func scanPipeline(r row) (Pipeline, error) {
	var p Pipeline
	var plan JSON[PipelinePlan]
	err := r.Scan(&p.ID, &p.AccountID, &p.DraftID, &p.Tag, &p.State, &plan, &p.Step, &p.Actor.Kind, &p.Actor.ID, &p.Actor.Name, &p.NotBefore, &p.CreatedAt, &p.UpdatedAt, &p.EndedAt)
	p.Plan = plan.V
	return p, err
}

// Pipeline is one pipeline; ErrNotFound when there is none.
func (r reads) Pipeline(ctx context.Context, id string) (Pipeline, error) {
	return one(ctx, r.q, "reading a pipeline", scanPipeline, `SELECT `+pipelineColumns+` FROM pipelines WHERE id = $1`, id)
}

// PipelinesOf is a draft's pipelines, newest first.
func (r reads) PipelinesOf(ctx context.Context, draftID string, limit int) ([]Pipeline, error) {
	return many(ctx, r.q, "listing pipelines", scanPipeline, `SELECT `+pipelineColumns+` FROM pipelines WHERE draft_id = $1 ORDER BY id DESC LIMIT $2`, draftID, limit)
}

// OpenPipelines is every pipeline that goes on, asks, or can be resumed, newest first.
func (r reads) OpenPipelines(ctx context.Context, limit int) ([]Pipeline, error) {
	return many(ctx, r.q, "listing pipelines", scanPipeline, `SELECT `+pipelineColumns+` FROM pipelines WHERE ended_at = 0 ORDER BY id DESC LIMIT $1`, limit)
}

// LeftPipelines is the IDs of pipelines that go on by themselves and have been due untouched since a time.
func (r reads) LeftPipelines(ctx context.Context, since time.Time, limit int) ([]string, error) {
	return many(ctx, r.q, "listing pipelines", scalar[string], `
		SELECT id FROM pipelines WHERE ended_at = 0 AND state = 'running' AND updated_at < $1 AND not_before < $1 AND claimed_until < $1 ORDER BY id LIMIT $2`, At(since), limit)
}

const pipelineStepColumns = `pipeline_id, n, kind, subject_id, state, operation_id, problem, detail, answered_by, started_at, ended_at`

func scanPipelineStep(r row) (PipelineStep, error) {
	var s PipelineStep
	return s, r.Scan(&s.PipelineID, &s.N, &s.Kind, &s.SubjectID, &s.State, &s.OperationID, &s.Problem, &s.Detail, &s.AnsweredBy, &s.StartedAt, &s.EndedAt)
}

// PipelineSteps is a pipeline's steps, in order.
func (r reads) PipelineSteps(ctx context.Context, pipelineID string) ([]PipelineStep, error) {
	return many(ctx, r.q, "listing a pipeline's steps", scanPipelineStep, `SELECT `+pipelineStepColumns+` FROM pipeline_steps WHERE pipeline_id = $1 ORDER BY n`, pipelineID)
}

// PipelineValues is what a pipeline's preview deployment is to be made with; none after it has ended.
func (r reads) PipelineValues(ctx context.Context, id string) (Values, error) {
	sealed, err := one(ctx, r.q, "reading a pipeline's values", scalar[[]byte], `SELECT sealed FROM pipelines WHERE id = $1`, id)
	if err != nil {
		return Values{}, err
	}
	text, err := r.keys.open(ctx, r.q, "pipelines/"+id, sealed)
	if err != nil {
		return Values{}, err
	}
	return valuesOf(text)
}

// AddPipeline stores a pipeline with its steps, and the values of its preview deployment. ErrExists when the draft has one
// that has not ended.
func (t *Tx) AddPipeline(ctx context.Context, p Pipeline, values Values, steps []PipelineStep) (Pipeline, error) {
	p.ID, p.State, p.CreatedAt, p.UpdatedAt = t.newID(), PipelineRunning, t.Now(), t.Now()
	text, err := values.text()
	if err != nil {
		return p, err
	}
	sealed, err := t.keys.seal(ctx, t.q, "", "pipelines/"+p.ID, text)
	if err != nil {
		return p, err
	}
	n, err := t.exec(ctx, "storing a pipeline", `
		INSERT INTO pipelines (id, account_id, draft_id, tag, state, plan, sealed, step, actor_kind, actor_id, actor_name, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, $11, $11) ON CONFLICT DO NOTHING`,
		p.ID, p.AccountID, p.DraftID, p.Tag, p.State, JSON[PipelinePlan]{p.Plan}, sealed, p.Actor.Kind, p.Actor.ID, p.Actor.Name, p.CreatedAt)
	if err == nil && n == 0 {
		err = ErrExists
	}
	if err != nil {
		return p, err
	}
	for i, s := range steps {
		_, err := t.exec(ctx, "storing a pipeline's step", `
			INSERT INTO pipeline_steps (pipeline_id, n, kind, subject_id, state) VALUES ($1, $2, $3, $4, 'waiting')`, p.ID, i, s.Kind, s.SubjectID)
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

// LockPipeline reads a pipeline so that nobody changes it before the transaction ends; ErrNotFound when there is none.
func (t *Tx) LockPipeline(ctx context.Context, id string) (Pipeline, error) {
	return one(ctx, t.q, "reading a pipeline", scanPipeline, `SELECT `+pipelineColumns+` FROM pipelines WHERE id = $1`+t.lock(), id)
}

// PutPipeline writes where a pipeline stands. A process that has claimed it says so in by and gets ErrLost when it no longer
// has it, or a person has stopped it meanwhile; "" writes for a person, whatever is claimed. The values of one that has ended are forgotten.
func (t *Tx) PutPipeline(ctx context.Context, p Pipeline, by string) error {
	n, err := t.exec(ctx, "storing a pipeline", `
		UPDATE pipelines SET state = $2, step = $3, not_before = $4, updated_at = $5, ended_at = $6, sealed = CASE WHEN $6 = 0 THEN sealed ELSE $7 END
		WHERE id = $1 AND ($8 = '' OR claimed_by = $8 AND state = '`+PipelineRunning+`')`, p.ID, p.State, p.Step, p.NotBefore, t.Now(), p.EndedAt, []byte{}, by)
	if err == nil && n == 0 {
		err = ErrLost
	}
	return err
}

// PutPipelineStep writes what has become of a step.
func (t *Tx) PutPipelineStep(ctx context.Context, s PipelineStep) error {
	return t.exec1(ctx, "storing a pipeline's step", `
		UPDATE pipeline_steps SET state = $3, operation_id = $4, problem = $5, detail = $6, answered_by = $7, started_at = $8, ended_at = $9
		WHERE pipeline_id = $1 AND n = $2`, s.PipelineID, s.N, s.State, s.OperationID, s.Problem, clip(s.Detail), s.AnsweredBy, s.StartedAt, s.EndedAt)
}
