package portal

import (
	"context"
	"errors"
	"time"

	"portico/store"
	"portico/upstream/commercetools"
)

// stepRead is done when the repository was read at the tag and its connect.yaml is valid.
func (p *Portal) stepRead(ctx context.Context, tx *store.Tx, h *pipelineRun, s *store.PipelineStep, read repositoryRead) error {
	if read.err != nil {
		if refused, ok := errors.AsType[*Refusal](read.err); ok {
			return refused
		}
		return read.err
	}
	if !read.result.Valid {
		return p.failStep(ctx, tx, h, s, refusalProblem+"pipeline_yaml", read.result.Official("connect.yaml"))
	}
	return p.passed(ctx, tx, h, s, store.StepDone, read.file.Commit)
}

// stepRepository gives the draft the tag, unless it has it.
func (p *Portal) stepRepository(ctx context.Context, tx *store.Tx, h *pipelineRun, s *store.PipelineStep) error {
	there, err := DraftDocument(h.draft)
	if err != nil {
		return err
	}
	if there.Repository.URL == h.Plan.URL && there.Repository.Tag == h.Tag {
		state := store.StepSkipped
		if s.OperationID != "" {
			state = store.StepDone
		}
		return p.passed(ctx, tx, h, s, state, h.Tag)
	}
	if s.OperationID == "" {
		return p.update(ctx, tx, h, s, commercetools.SetRepository(h.Plan.URL, h.Tag))
	}
	_, done, err := p.operationOf(ctx, tx, h, s)
	if err != nil || !done {
		return err
	}
	return refuse("pipeline_moved", "tag", there.Repository.Tag, "wanted", h.Tag)
}

// update has an action carried out on the draft for a step.
func (p *Portal) update(ctx context.Context, tx *store.Tx, h *pipelineRun, s *store.PipelineStep, action commercetools.Action) error {
	o, err := p.askUpdate(ctx, tx, h.Actor, h.ID, h.DraftID, 0, []commercetools.Action{action})
	if err != nil {
		return err
	}
	return h.begun(ctx, tx, s, o)
}

// stepPreview requests the preview and waits for its end.
func (p *Portal) stepPreview(ctx context.Context, tx *store.Tx, h *pipelineRun, s *store.PipelineStep) error {
	there, err := DraftDocument(h.draft)
	if err != nil {
		return err
	}
	if s.State == store.StepWaiting {
		switch there.IsPreviewable {
		case commercetools.PreviewTrue:
			return p.passed(ctx, tx, h, s, store.StepSkipped, "")
		case commercetools.PreviewPending:
			return h.holds(ctx, tx, s, pipelinePause, "")
		}
		return p.update(ctx, tx, h, s, commercetools.UpdatePreviewable())
	}
	if _, done, err := p.operationOf(ctx, tx, h, s); err != nil || !done {
		return err
	}
	switch there.IsPreviewable {
	case commercetools.PreviewTrue:
		return p.passed(ctx, tx, h, s, store.StepDone, reportText(there.PreviewableReport.Warnings()))
	case commercetools.PreviewPending:
		return h.waits(ctx, tx, s, pipelinePause, "")
	case commercetools.PreviewNone:
		return p.failStep(ctx, tx, h, s, refusalProblem+"pipeline_preview_cancelled", "{}")
	}
	return p.failStep(ctx, tx, h, s, "preview_rejected", reportText(there.PreviewableReport.Entries))
}

// stepDeploy deploys the draft for tests: a deployment of the key that is there is brought to it.
func (p *Portal) stepDeploy(ctx context.Context, tx *store.Tx, h *pipelineRun, s *store.PipelineStep) error {
	if s.State == store.StepWaiting {
		return p.beginDeploy(ctx, tx, h, s)
	}
	o, done, err := p.operationOf(ctx, tx, h, s)
	if err != nil || !done {
		return err
	}
	return p.waitForDeployment(ctx, tx, h, s, o.SubjectID)
}

func (p *Portal) beginDeploy(ctx context.Context, tx *store.Tx, h *pipelineRun, s *store.PipelineStep) error {
	values, err := tx.PipelineValues(ctx, h.ID)
	if err != nil {
		return err
	}
	there, err := tx.ConnectDeploymentByKey(ctx, h.AccountID, h.Plan.Key)
	switch {
	case err == nil && h.Plan.Key != "":
		if there.ConnectorID != h.draft.UpstreamID || there.Type != commercetools.DeployPreview {
			return refuse("pipeline_key_taken", "key", h.Plan.Key, "name", there.ConnectorName)
		}
		o, err := p.askRedeploy(ctx, tx, h.Actor, h.ID, RedeployWish{DeploymentID: there.ID, Values: values, UpdateConnector: true, Anyway: true})
		if err != nil {
			return err
		}
		return h.begun(ctx, tx, s, o)
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return err
	}
	all, err := p.askDeploy(ctx, tx, h.Actor, h.ID, DeployWish{
		DraftID: h.DraftID, Staged: true, Values: values, Anyway: true,
		Targets: []DeployTarget{{AccountID: h.AccountID, Region: h.Plan.Region, Type: commercetools.DeployPreview, Key: h.Plan.Key}},
	})
	if err != nil {
		return err
	}
	return h.begun(ctx, tx, s, all[0])
}

// waitForDeployment waits until a deployment rests, and says how it went.
func (p *Portal) waitForDeployment(ctx context.Context, tx *store.Tx, h *pipelineRun, s *store.PipelineStep, id string) error {
	row, err := tx.ConnectDeployment(ctx, id)
	if err != nil {
		return err
	}
	d, err := DeploymentDocument(row)
	if err != nil {
		return err
	}
	switch {
	case !row.GoneAt.IsZero():
		return refuse("pipeline_deployment_gone", "key", orElse(row.UpstreamKey, row.UpstreamID))
	case !d.Resting():
		return h.waits(ctx, tx, s, pipelinePause, row.Status)
	case d.Status == commercetools.StatusDeployed:
		return p.passed(ctx, tx, h, s, store.StepDone, reportText(d.Warnings()))
	}
	return p.failStep(ctx, tx, h, s, "deployment_failed", row.Status+"\n"+reportText(d.Details.Build.Report.Entries))
}

// stepYes asks a person.
func (p *Portal) stepYes(ctx context.Context, tx *store.Tx, h *pipelineRun, s *store.PipelineStep) error {
	s.State, h.State = store.StepAsking, store.PipelineAsking
	if err := tx.PutPipelineStep(ctx, *s); err != nil {
		return err
	}
	return tellPipeline(ctx, tx, *h, "pipeline.asks")
}

// stepPublish publishes the draft and waits until it is: for the private projects minutes, with certification days.
func (p *Portal) stepPublish(ctx context.Context, tx *store.Tx, h *pipelineRun, s *store.PipelineStep) error {
	there, err := DraftDocument(h.draft)
	if err != nil {
		return err
	}
	certify := s.Kind == store.StepCertify
	published := there.Status == commercetools.StatusPublished && !there.HasChanges && (!certify || there.Public())
	if s.State == store.StepWaiting {
		switch {
		case published && h.draft.ConnectorTag == h.Tag:
			return p.passed(ctx, tx, h, s, store.StepSkipped, "")
		case published && tx.Now().Sub(s.StartedAt.Time) < connectorPatience: // what is published may not be copied yet
			return p.holdForConnector(ctx, tx, h, s)
		case !there.Resting(), certify && beingCertified(there):
			return h.holds(ctx, tx, s, pipelinePause, string(there.Status))
		}
		return p.update(ctx, tx, h, s, commercetools.Publish(certify))
	}
	if _, done, err := p.operationOf(ctx, tx, h, s); err != nil || !done {
		return err
	}
	switch {
	case published:
		return p.passed(ctx, tx, h, s, store.StepDone, reportText(there.PublishingReport.Warnings()))
	case there.Status == commercetools.StatusFailed:
		return p.failStep(ctx, tx, h, s, "publish_failed", reportText(there.PublishingReport.Entries))
	case certify && there.Status != commercetools.StatusProcessing:
		return h.waits(ctx, tx, s, certifyPause, string(there.Status)) // people work on it, in whatever words
	case there.Resting() && tx.Now().Sub(s.StartedAt.Time) > publishPatience:
		return refuse("pipeline_not_published", "status", string(there.Status))
	}
	return h.waits(ctx, tx, s, pipelinePause, string(there.Status))
}

func beingCertified(d commercetools.Draft) bool {
	return d.Status == commercetools.StatusReadyForCertification || d.Status == commercetools.StatusInCertification
}

const (
	// connectorPatience is how long a step waits to hear what is published before it publishes.
	connectorPatience = 2 * time.Minute
	// publishPatience is how long a step waits for what was published privately to be there: the official client gives up
	// after 20 minutes.
	publishPatience = 30 * time.Minute
	// connectorPause is how often everything is copied meanwhile.
	connectorPause = 20 * time.Second
)

// holdForConnector has what is published copied, and a step begin after that.
func (p *Portal) holdForConnector(ctx context.Context, tx *store.Tx, h *pipelineRun, s *store.PipelineStep) error {
	if err := tx.Enqueue(ctx, store.SyncConnect{AccountID: h.AccountID}, p.Now()); err != nil {
		return err
	}
	return h.holds(ctx, tx, s, connectorPause, "")
}

// stepRedeploy brings one deployment to what was published.
func (p *Portal) stepRedeploy(ctx context.Context, tx *store.Tx, h *pipelineRun, s *store.PipelineStep) error {
	row, err := tx.ConnectDeployment(ctx, s.SubjectID)
	if err != nil {
		return err
	}
	if s.State == store.StepWaiting {
		d, err := DeploymentDocument(row)
		switch {
		case err != nil:
			return err
		case row.GoneAt.IsZero() && !d.Resting():
			return h.holds(ctx, tx, s, pipelinePause, row.Status)
		case h.draft.ConnectorTag != h.Tag && tx.Now().Sub(s.StartedAt.Time) > publishPatience:
			return refuse("pipeline_other_connector", "tag", orElse(h.draft.ConnectorTag, "–"), "wanted", h.Tag)
		case h.draft.ConnectorTag != h.Tag: // what was published is copied a moment later
			return p.holdForConnector(ctx, tx, h, s)
		case row.Tag == h.Tag && row.ConnectorVersion >= h.draft.ConnectorVersion && d.Status == commercetools.StatusDeployed:
			return p.passed(ctx, tx, h, s, store.StepSkipped, "")
		}
		o, err := p.askRedeploy(ctx, tx, h.Actor, h.ID, RedeployWish{DeploymentID: row.ID, UpdateConnector: true, Anyway: true})
		if err != nil {
			return err
		}
		return h.begun(ctx, tx, s, o)
	}
	if _, done, err := p.operationOf(ctx, tx, h, s); err != nil || !done {
		return err
	}
	return p.waitForDeployment(ctx, tx, h, s, row.ID)
}
