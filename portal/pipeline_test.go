package portal

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/store"
	"portico/upstream/commercetools"
)

// releaseYard is a yard with a draft of the loyalty connector at v1.0.0, whose repository the simulator serves.
type releaseYard struct {
	*yard
	draft store.ConnectorDraft
	url   string
}

func newReleaseYard(t testing.TB) *releaseYard {
	t.Helper()
	y := newYard(t)
	return y.release("acme/loyalty", "v1.0.0")
}

func (y *yard) release(repository, tag string) *releaseYard {
	y.Helper()
	r := &releaseYard{yard: y, url: y.sim.URL + "/git/" + repository + ".git"}
	y.portal = r.process()
	d := newDraft("loyalty")
	d.Repository = commercetools.Repository{URL: r.url, Tag: tag}
	r.draft = y.made(d)
	return r
}

// process is a portal that may read repositories of this machine.
func (r *releaseYard) process() *Portal {
	r.Helper()
	p := r.yard.process()
	p.LocalRepositories = true
	return p
}

// work does all that is due, as the jobs would, and moves the clock.
func (r *releaseYard) work(p *Portal, id string) error {
	r.Helper()
	if _, err := p.AdvancePipeline(r.ctx, id); err != nil {
		return err
	}
	under, err := r.store.OperationsUnderWay(r.ctx, 50)
	r.ok(err)
	for _, o := range under {
		if _, err := p.AdvanceOperation(r.ctx, o.ID); err != nil {
			return err
		}
	}
	drafts, err := r.store.ConnectorDrafts(r.ctx, "")
	r.ok(err)
	for _, d := range drafts {
		if _, err := p.watchConnect(r.ctx, store.SubjectDraft, d.ID); err != nil {
			return err
		}
	}
	deployments, err := r.store.ConnectDeployments(r.ctx, "")
	r.ok(err)
	for _, d := range deployments {
		if _, err := p.watchConnect(r.ctx, store.SubjectDeployment, d.ID); err != nil {
			return err
		}
	}
	r.clock.Advance(5 * time.Second)
	return nil
}

// until has everything done until the pipeline is in a state.
func (r *releaseYard) until(p *Portal, id string, states ...string) store.Pipeline {
	r.Helper()
	for n := range 400 {
		r.ok(r.work(p, id))
		if n%24 == 23 {
			r.ok(p.CopyConnect(r.ctx, r.account.ID))
		}
		got, err := r.store.Pipeline(r.ctx, id)
		r.ok(err)
		if slices.Contains(states, got.State) {
			return got
		}
	}
	r.Fatalf("it does not come to %v: %s", states, r.steps(id))
	return store.Pipeline{}
}

// steps is how a pipeline stands, in words.
func (r *releaseYard) steps(id string) string {
	r.Helper()
	all, err := r.store.PipelineSteps(r.ctx, id)
	r.ok(err)
	var words []string
	for _, s := range all {
		word := s.Kind + ":" + s.State
		if s.Problem != "" {
			word += "(" + s.Problem + ")"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func (r *releaseYard) start(w PipelineWish) store.Pipeline {
	r.Helper()
	w.DraftID = r.draft.ID
	started, err := r.portal.StartPipeline(r.ctx, r.staff, w)
	r.ok(err)
	return started
}

// loyaltyValues are what the loyalty connector must be given.
func (r *releaseYard) loyaltyValues() store.Values {
	r.Helper()
	form, err := r.portal.DeployForm(r.ctx, r.draft.ID, true)
	r.ok(err)
	return form.Enter(store.Values{}, loyaltyEntries(), "Sam", r.clock.Now())
}

func TestPipelineGoesToItsEnd(t *testing.T) {
	r := newReleaseYard(t)
	p := r.start(PipelineWish{
		Tag: "v1.1.0", Preview: true, Key: "loyalty-preview", Publish: PublishPrivately, AskBefore: []string{store.StepPublish}, Values: r.loyaltyValues(),
	})
	r.until(r.portal, p.ID, store.PipelineAsking)
	if got := r.steps(p.ID); got != "read:done repository:done preview:done deploy:done yes:asking publish:waiting" {
		t.Fatalf("it asks at: %s", got)
	}
	steps, err := r.store.PipelineSteps(r.ctx, p.ID)
	r.ok(err)
	r.ok(r.portal.AnswerPipeline(r.ctx, r.staff, p.ID, steps[4].N, true))
	if err := r.portal.AnswerPipeline(r.ctx, r.staff, p.ID, steps[4].N, true); refusalCode(err) != "pipeline_not_asking" {
		t.Errorf("a second answer: %v", err)
	}
	r.until(r.portal, p.ID, store.PipelineDone)
	there := r.there(r.draft)
	if there.Tag != "v1.1.0" || there.Status != "Published" {
		t.Errorf("commercetools has %+v", there)
	}
	for action, n := range there.Accepted {
		if n != 1 {
			t.Errorf("%s was accepted %d times", action, n)
		}
	}
	if done, err := r.store.Pipeline(r.ctx, p.ID); err != nil || done.EndedAt.IsZero() {
		t.Errorf("it has not ended: %+v, %v", done, err)
	}
	calls, err := r.store.JourneyCalls(r.ctx, p.ID, "", 50)
	r.ok(err)
	if len(calls) < 4 {
		t.Errorf("%d calls are on its timeline", len(calls))
	}
}

// TestPipelineTakesAProfilesValues: a new preview deployment gets the values that staff keep under a name.
func TestPipelineTakesAProfilesValues(t *testing.T) {
	r := newReleaseYard(t)
	profile, err := r.portal.SaveProfile(r.ctx, r.staff, "stage", r.loyaltyValues())
	r.ok(err)
	p := r.start(PipelineWish{Tag: "v1.0.0", Preview: true, Key: "loyalty-preview", ProfileID: profile.ID})
	got := r.until(r.portal, p.ID, store.PipelineDone, store.PipelineFailed)
	if got.State != store.PipelineDone {
		t.Fatalf("it failed: %s", r.steps(p.ID))
	}
	bare := r.start(PipelineWish{Tag: "v1.0.0", Preview: true, Key: "loyalty-bare"})
	r.until(r.portal, bare.ID, store.PipelineFailed)
	if got := r.steps(bare.ID); !strings.Contains(got, "deploy:failed(refusal.") {
		t.Errorf("without required values: %s", got)
	}
}

func TestPipelineRedeploysWhatRuns(t *testing.T) {
	r := newReleaseYard(t)
	first := r.start(PipelineWish{Tag: "v1.0.0", Publish: PublishPrivately})
	r.until(r.portal, first.ID, store.PipelineDone)
	r.ok(r.portal.CopyConnect(r.ctx, r.account.ID))
	all, err := r.portal.DeployConnector(r.ctx, r.staff, DeployWish{
		DraftID: r.draft.ID, Values: r.loyaltyValues(), Anyway: true,
		Targets: []DeployTarget{{AccountID: r.account.ID, Type: commercetools.DeploySandbox, Key: "live"}},
	})
	r.ok(err)
	o := r.settle(r.portal, all[0].ID)
	r.wantState(o, store.OpDone, "")
	second := r.start(PipelineWish{Tag: "v1.1.0", Publish: PublishPrivately, Redeploy: []string{o.SubjectID}})
	got := r.until(r.portal, second.ID, store.PipelineDone, store.PipelineFailed)
	if got.State != store.PipelineDone {
		t.Fatalf("it failed: %s", r.steps(second.ID))
	}
	d, err := r.store.ConnectDeployment(r.ctx, o.SubjectID)
	r.ok(err)
	if d.Tag != "v1.1.0" || d.Status != "Deployed" {
		t.Errorf("the deployment runs %s and is %s", d.Tag, d.Status)
	}
}

func TestPipelineStopsAtWhatIsWrong(t *testing.T) {
	for name, tt := range map[string]struct {
		repository, tag string
		wish            PipelineWish
		step, problem   string
	}{
		"a connect.yaml that is not valid": {"acme/broken", "v1.0.0", PipelineWish{}, store.StepRead, "refusal.pipeline_yaml"},
		"no connect.yaml":                  {"acme/empty", "v1.0.0", PipelineWish{}, store.StepRead, "refusal.repository_file"},
		"no such tag":                      {"acme/loyalty", "v9", PipelineWish{}, store.StepRead, "refusal.repository_tag"},
		"no such repository":               {"acme/nothing", "v1.0.0", PipelineWish{}, store.StepRead, "refusal.repository_none"},
		"a rejected preview":               {"acme/loyalty", "v1.0.0-previewFail", PipelineWish{}, store.StepPreview, "preview_rejected"},
		"a cancelled preview":              {"acme/loyalty", "v1.0.0-previewCancel", PipelineWish{}, store.StepPreview, "refusal.pipeline_preview_cancelled"},
		"a failed publication":             {"acme/loyalty", "v1.0.0-publishFail", PipelineWish{Publish: PublishPrivately}, store.StepPublish, "publish_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReleaseYard(t)
			tt.wish.Tag, tt.wish.URL = tt.tag, r.sim.URL+"/git/"+tt.repository+".git"
			p := r.start(tt.wish)
			r.until(r.portal, p.ID, store.PipelineFailed)
			steps, err := r.store.PipelineSteps(r.ctx, p.ID)
			r.ok(err)
			s := steps[slices.IndexFunc(steps, func(s store.PipelineStep) bool { return s.State == store.StepFailed })]
			if s.Kind != tt.step || s.Problem != tt.problem {
				t.Errorf("%s failed with %s, want %s with %s; %s", s.Kind, s.Problem, tt.step, tt.problem, s.Detail)
			}
			if tt.step == store.StepRead && len(r.there(r.draft).Accepted) > 1 {
				t.Errorf("something was sent: %v", r.there(r.draft).Accepted)
			}
		})
	}
}

// TestPipelineFailedDeployment: the preview deployment fails, a person goes on when that is mended.
func TestPipelineGoesOnAfterAFailure(t *testing.T) {
	r := newReleaseYard(t)
	r.fault("updateDraft", "reject", 1, fields{"code": "GitRepositoryNotReachable"})
	p := r.start(PipelineWish{Tag: "v1.1.0"})
	r.until(r.portal, p.ID, store.PipelineFailed)
	if got := r.steps(p.ID); got != "read:done repository:failed(connect.GitRepositoryNotReachable) preview:waiting" {
		t.Fatalf("it stands at: %s", got)
	}
	if _, err := r.portal.StartPipeline(r.ctx, r.staff, PipelineWish{DraftID: r.draft.ID, Tag: "v1.1.0"}); refusalCode(err) != "pipeline_running" {
		t.Errorf("another one begins: %v", err)
	}
	r.ok(r.portal.ResumePipeline(r.ctx, r.staff, p.ID))
	r.until(r.portal, p.ID, store.PipelineDone)
	again := r.start(PipelineWish{Tag: "v1.1.0"})
	r.until(r.portal, again.ID, store.PipelineDone)
	if got := r.steps(again.ID); got != "read:done repository:skipped preview:skipped" {
		t.Errorf("what was so already: %s", got)
	}
}

func TestPipelineAnswersNoStopAndEnd(t *testing.T) {
	r := newReleaseYard(t)
	p := r.start(PipelineWish{Tag: "v1.1.0", Publish: PublishPrivately, AskBefore: []string{store.StepPublish}})
	r.until(r.portal, p.ID, store.PipelineAsking)
	r.ok(r.portal.StopPipeline(r.ctx, r.staff, p.ID))
	r.ok(r.portal.ResumePipeline(r.ctx, r.staff, p.ID))
	asked := r.until(r.portal, p.ID, store.PipelineAsking)
	r.ok(r.portal.AnswerPipeline(r.ctx, r.staff, p.ID, asked.Step, false))
	r.ok(r.work(r.portal, p.ID))
	if there := r.there(r.draft); there.Status == "Published" || there.Accepted["publish"] != 0 {
		t.Errorf("it was published after a no: %+v", there)
	}
	if err := r.portal.ResumePipeline(r.ctx, r.staff, p.ID); refusalCode(err) != "pipeline_goes_on" {
		t.Errorf("one that a person has ended goes on: %v", err)
	}
}

func TestPipelineOfADraftThatMoves(t *testing.T) {
	r := newReleaseYard(t)
	p := r.start(PipelineWish{Tag: "v1.1.0", Publish: PublishPrivately, AskBefore: []string{store.StepPublish}})
	asked := r.until(r.portal, p.ID, store.PipelineAsking)
	o := r.update(r.draft.ID, commercetools.SetRepository(r.url, "v1.0.0"))
	r.wantState(r.settle(r.portal, o.ID), store.OpDone, "")
	r.ok(r.portal.AnswerPipeline(r.ctx, r.staff, p.ID, asked.Step, true))
	r.until(r.portal, p.ID, store.PipelineFailed)
	if got := r.steps(p.ID); !strings.Contains(got, "publish:failed(refusal.pipeline_moved)") {
		t.Errorf("it stands at: %s", got)
	}
}

// TestPipelineStopOutlivesWhoWorks: a process that is reading or asking while a person stops does not write over that.
func TestPipelineStopOutlivesWhoWorks(t *testing.T) {
	r := newReleaseYard(t)
	p := r.start(PipelineWish{Tag: "v1.1.0", Publish: PublishPrivately})
	r.ok(r.store.Update(r.ctx, func(tx *store.Tx) error {
		mine, err := tx.ClaimRow(r.ctx, store.Pipelines, p.ID, "worker", r.clock.Now().Add(time.Hour))
		if err == nil && !mine {
			err = store.ErrLost
		}
		return err
	}))
	before, err := r.store.Pipeline(r.ctx, p.ID)
	r.ok(err)
	r.ok(r.portal.StopPipeline(r.ctx, r.staff, p.ID))
	err = r.store.Update(r.ctx, func(tx *store.Tx) error { return tx.PutPipeline(r.ctx, before, "worker") })
	if !errors.Is(err, store.ErrLost) {
		t.Errorf("who worked writes: %v", err)
	}
	if now, err := r.store.Pipeline(r.ctx, p.ID); err != nil || now.State != store.PipelineStopped {
		t.Errorf("it is %s after a stop, %v", now.State, err)
	}
}

// TestPipelineWaitsForSomebodyElsesPreview: a preview that somebody requests meanwhile is waited for, and then it publishes.
func TestPipelineWaitsForSomebodyElsesPreview(t *testing.T) {
	r := newReleaseYard(t)
	p := r.start(PipelineWish{Tag: "v1.1.0", Publish: PublishPrivately, AskBefore: []string{store.StepPublish}})
	asked := r.until(r.portal, p.ID, store.PipelineAsking)
	o := r.update(r.draft.ID, commercetools.UpdatePreviewable())
	if o.State != store.OpDone {
		t.Fatalf("the preview was not requested: %+v", o)
	}
	r.ok(r.portal.AnswerPipeline(r.ctx, r.staff, p.ID, asked.Step, true))
	if got := r.steps(p.ID); !strings.HasSuffix(got, "publish:waiting") {
		t.Errorf("it does not wait: %s", got)
	}
	r.until(r.portal, p.ID, store.PipelineDone)
	if n := r.there(r.draft).Accepted["publish"]; n != 1 {
		t.Errorf("published %d times", n)
	}
}

func TestPipelineWaitsForCertification(t *testing.T) {
	r := newReleaseYard(t)
	p := r.start(PipelineWish{Tag: "v1.1.0", Publish: PublishCertified})
	certifying := func() bool {
		return slices.Contains([]string{"ReadyForCertification", "InCertification"}, r.there(r.draft).Status)
	}
	for n := 0; !certifying(); n++ {
		r.ok(r.work(r.portal, p.ID))
		if n > 200 {
			t.Fatalf("it is not being certified: %s", r.steps(p.ID))
		}
	}
	r.control("POST", "/drafts/"+r.draft.UpstreamID+"/status", fields{"status": "FEEDBACK_REQUIRED"}, nil)
	for range 60 {
		r.clock.Advance(time.Minute)
		r.ok(r.work(r.portal, p.ID))
	}
	r.ok(r.portal.CopyConnect(r.ctx, r.account.ID))
	r.ok(r.work(r.portal, p.ID))
	if got := r.steps(p.ID); !strings.HasSuffix(got, "certify:running") {
		t.Fatalf("an unknown status: %s", got)
	}
	r.control("POST", "/drafts/"+r.draft.UpstreamID+"/status", fields{"status": "InCertification"}, nil)
	r.control("POST", "/drafts/"+r.draft.UpstreamID+"/approve", fields{}, nil)
	r.clock.Advance(time.Hour)
	r.ok(r.portal.CopyConnect(r.ctx, r.account.ID))
	r.until(r.portal, p.ID, store.PipelineDone)
}

// TestPipelineThroughKills: a process is killed at each of its calls, before or after commercetools has done the work, and
// another goes on: everything is sent once.
func TestPipelineThroughKills(t *testing.T) {
	for call := 1; call <= 7; call++ {
		for _, after := range []bool{false, true} {
			r := newReleaseYard(t)
			p := r.start(PipelineWish{Tag: "v1.1.0", Publish: PublishPrivately, AskBefore: []string{store.StepPublish}})
			doomed := r.doomed(call, after)
			doomed.LocalRepositories = true
			for range 60 { // until it is dead, or has nothing to do
				if r.work(doomed, p.ID) != nil {
					break
				}
			}
			r.clock.Advance(5 * time.Minute) // its claims run out
			heir := r.process()
			asked := r.until(heir, p.ID, store.PipelineAsking)
			r.ok(heir.AnswerPipeline(r.ctx, r.staff, p.ID, asked.Step, true))
			r.until(heir, p.ID, store.PipelineDone)
			for action, n := range r.there(r.draft).Accepted {
				if n != 1 {
					t.Errorf("killed at call %d (after=%v): %s was accepted %d times", call, after, action, n)
				}
			}
		}
	}
}

func TestPipelineWishesThatDoNotFit(t *testing.T) {
	r := newReleaseYard(t)
	for code, w := range map[string]PipelineWish{
		"pipeline_publish":  {Tag: "v1.1.0", Publish: "loudly"},
		"pipeline_redeploy": {Tag: "v1.1.0", Redeploy: []string{"x"}},
		"pipeline_key":      {Tag: "v1.1.0", Preview: true, Key: "a b"},
	} {
		w.DraftID = r.draft.ID
		if _, err := r.portal.StartPipeline(r.ctx, r.staff, w); refusalCode(err) != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	sight, err := r.portal.PlanPipeline(r.ctx, PipelineWish{DraftID: r.draft.ID, Tag: "v1.1.0"})
	if err != nil || !sight.Result.Valid || sight.Commit == "" {
		t.Errorf("the plan: %+v, %v", sight, err)
	}
	tags, err := r.portal.RepositoryTags(r.ctx, r.draft.ID)
	if err != nil || !slices.Contains(tags, "v1.1.0") {
		t.Errorf("tags: %v, %v", tags, err)
	}
}

func refusalCode(err error) string {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}
