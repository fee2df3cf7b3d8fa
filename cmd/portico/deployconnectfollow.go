package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"portico/portal"
	"portico/store"
	"portico/upstream/commercetools"
)

// say prints a line about a step or a deployment, unless that is what was said of it last.
func (d *connectDelivery) say(about, line string) {
	if d.told[about] != line {
		d.told[about] = line
		d.p.tell("%s", line)
	}
}

// followPipeline prints a line whenever a step moves on, until the pipeline has ended.
func (d *connectDelivery) followPipeline(ctx context.Context, p store.Pipeline) error {
	d.result.Pipeline = p.ID
	err := lookUntil(ctx, func() (ended bool, err error) {
		if p, err = d.w.store.Pipeline(ctx, p.ID); err != nil {
			return false, err
		}
		return p.State != store.PipelineRunning, d.steps(ctx, p)
	})
	switch {
	case err != nil:
		return err
	case p.State == store.PipelineDone:
		return nil
	case p.State == store.PipelineAsking:
		return fmt.Errorf("%w: somebody has to answer what the release asks, in the portal", errNotDeployed)
	}
	return errNotDeployed
}

// steps reads how far the steps of a pipeline are, and tells what is new.
func (d *connectDelivery) steps(ctx context.Context, p store.Pipeline) error {
	steps, err := d.w.store.PipelineSteps(ctx, p.ID)
	if err != nil {
		return err
	}
	d.result.State, d.result.Steps = p.State, []connectStep{}
	for _, s := range steps {
		one := connectStep{Kind: s.Kind, State: s.State, Problem: s.Problem, Message: d.w.stepMessage(s)}
		if !strings.HasPrefix(s.Detail, "{") { // which is what fills a refusal
			one.Detail = strings.TrimSpace(s.Detail)
		}
		if !s.StartedAt.IsZero() && !s.EndedAt.IsZero() {
			one.Seconds = int(s.EndedAt.Sub(s.StartedAt.Time).Seconds())
		}
		if s.SubjectID != "" {
			row, err := d.w.store.ConnectDeployment(ctx, s.SubjectID)
			if err != nil {
				return err
			}
			one.Deployment = portal.TypedDeployment(row)
		}
		if s.Kind == store.StepDeploy {
			one.Deployment = p.Plan.Key
		}
		if s.State != store.StepWaiting {
			d.say(fmt.Sprint("step ", s.N), one.line())
		}
		d.result.Steps = append(d.result.Steps, one)
	}
	return nil
}

// stepMessage is a step's problem in words; "" where there is none.
func (w *workshop) stepMessage(s store.PipelineStep) string {
	if s.Problem == "" {
		return ""
	}
	if code, ok := strings.CutPrefix(s.Problem, "refusal."); ok {
		args := map[string]string{}
		_ = json.Unmarshal([]byte(s.Detail), &args) // of another refusal there are none
		return w.text("refusal."+code, args)
	}
	if code, ok := strings.CutPrefix(s.Problem, "connect."); ok {
		return w.connectMessage(code)
	}
	return w.words.T("connect.step.problem." + s.Problem)
}

// connectMessage is a problem of an operation in words.
func (w *workshop) connectMessage(code string) string {
	if !w.words.Has("connect.problem." + code) {
		code = "other"
	}
	return w.words.T("connect.problem."+code) + " " + w.words.T("connect.problem."+code+".fix")
}

// deployPublished deploys what is published under the key of -deploy: a deployment that is there is brought to it, and given
// the values; otherwise one is made.
func (d *connectDelivery) deployPublished(ctx context.Context) error {
	if err := d.published(ctx); err != nil {
		return err
	}
	row, err := d.w.store.ConnectDeploymentByKey(ctx, d.account.ID, d.Deploy)
	var o store.Operation
	switch {
	case errors.Is(err, store.ErrNotFound):
		o, err = d.create(ctx)
	case err == nil:
		o, err = d.renew(ctx, row)
	}
	if err != nil || o.ID == "" {
		return err
	}
	return d.followOperation(ctx, o)
}

// published waits until what was published is among the copies.
func (d *connectDelivery) published(ctx context.Context) error {
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for {
		if err := d.w.portal.CopyConnect(ctx, d.account.ID); err != nil {
			return err
		}
		draft, err := d.w.store.ConnectorDraft(ctx, d.draft.ID)
		if err != nil {
			return err
		}
		if d.draft = draft; draft.ConnectorTag == d.Tag {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
	}
}

// create has the deployment made. What somebody may regret is told, and done all the same: the command line is a yes.
func (d *connectDelivery) create(ctx context.Context) (o store.Operation, err error) {
	f, err := d.w.portal.DeployForm(ctx, d.draft.ID, false)
	if err != nil {
		return o, err
	}
	w := portal.DeployWish{DraftID: d.draft.ID, Anyway: true, Targets: []portal.DeployTarget{{AccountID: d.account.ID, Region: d.Region, Type: d.Type, Key: d.Deploy}}}
	if w.Values, err = d.arranged(f); err != nil {
		return o, err
	}
	faults, err := d.w.portal.CheckDeploy(ctx, w)
	if err != nil {
		return o, err
	}
	d.warn(faults)
	all, err := d.w.portal.DeployConnector(ctx, d.actor, w)
	if err != nil {
		return o, err
	}
	return all[0], nil
}

// warn tells what somebody may regret.
func (d *connectDelivery) warn(faults []portal.ValueFault) {
	for _, f := range faults {
		if f.Warning {
			d.p.tell("! %s", d.w.text("refusal."+f.Refusal.Code, f.Refusal.Args))
		}
	}
}

// renew brings a deployment to what is published, once it rests; one that runs it already, and gets no values, is left.
func (d *connectDelivery) renew(ctx context.Context, row store.ConnectDeployment) (o store.Operation, err error) {
	if row.ConnectorID != d.draft.UpstreamID || row.Type == commercetools.DeployPreview {
		return o, &portal.Refusal{Code: "pipeline_not_its_own", Args: map[string]string{"key": d.Deploy}}
	}
	if row, err = d.followDeployment(ctx, row.ID); err != nil {
		return o, err
	}
	if row.Tag == d.Tag && row.ConnectorVersion >= d.draft.ConnectorVersion && row.Status == string(commercetools.StatusDeployed) && d.pasted == nil {
		return o, nil
	}
	there, err := d.w.portal.RedeployForm(ctx, row.ID, true)
	if err != nil {
		return o, err
	}
	w := portal.RedeployWish{DeploymentID: row.ID, UpdateConnector: true, Anyway: true}
	if w.Values, err = d.arranged(there.Form); err != nil {
		return o, err
	}
	plan, err := d.w.portal.PlanRedeploy(ctx, w)
	if err != nil {
		return o, err
	}
	d.warn(plan.Faults)
	return d.w.portal.Redeploy(ctx, d.actor, w)
}

// followOperation waits for what becomes of an operation, and of the deployment that it is about.
func (d *connectDelivery) followOperation(ctx context.Context, o store.Operation) error {
	err := lookUntil(ctx, func() (ended bool, err error) {
		o, err = d.w.store.Operation(ctx, o.ID)
		return !o.UnderWay(), err
	})
	switch {
	case err != nil:
		return err
	case o.State != store.OpDone:
		d.say(d.Deploy, fmt.Sprintf("%-11s %-9s %s (%s)", "deploy", "failed", d.w.connectMessage(orElse(o.Problem, "ConcurrentModification")), orElse(o.Detail, o.State)))
		return errNotDeployed
	}
	row, err := d.followDeployment(ctx, o.SubjectID)
	if err == nil && row.Status != string(commercetools.StatusDeployed) {
		err = errNotDeployed
	}
	return err
}

// followDeployment prints a line whenever a deployment moves on, until it rests.
func (d *connectDelivery) followDeployment(ctx context.Context, id string) (row store.ConnectDeployment, err error) {
	err = lookUntil(ctx, func() (ended bool, err error) {
		if row, err = d.w.store.ConnectDeployment(ctx, id); err != nil {
			return false, err
		}
		doc, err := portal.DeploymentDocument(row)
		d.say(d.Deploy, fmt.Sprintf("%-11s %-9s %s", "deploy", row.Status, d.Deploy))
		return doc.Resting() || !row.GoneAt.IsZero(), err
	})
	return row, err
}

// targets reads how the deployments are that the command was about.
func (d *connectDelivery) targets(ctx context.Context, w portal.PipelineWish) error {
	keys := []string{d.PreviewKey, d.Deploy}
	for _, id := range w.Redeploy {
		row, err := d.w.store.ConnectDeployment(ctx, id)
		if err != nil {
			return err
		}
		d.result.add(row)
	}
	for _, key := range keys {
		if key == "" {
			continue
		}
		row, err := d.w.store.ConnectDeploymentByKey(ctx, d.account.ID, key)
		if errors.Is(err, store.ErrNotFound) {
			continue // it never came to that
		}
		if err != nil {
			return err
		}
		d.result.add(row)
	}
	return nil
}
