package portal

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"portico/store"
	"portico/upstream/commercetools"
)

// deployPlan is a wish for one target.
type deployPlan struct {
	account store.DeployAccount
	form    ConfigForm
	body    commercetools.DeploymentDraft
	faults  []ValueFault
}

func planDeploy(ctx context.Context, r connectReads, w DeployWish) ([]deployPlan, error) {
	row, err := r.ConnectorDraft(ctx, w.DraftID)
	if err != nil {
		return nil, err
	}
	if !row.GoneAt.IsZero() {
		return nil, refuse("guard_gone")
	}
	var plans []deployPlan
	for i, t := range w.Targets {
		plan, err := planTarget(ctx, r, w, row, i, t)
		if err != nil {
			return nil, err
		}
		plans = append(plans, plan)
	}
	return plans, nil
}

// faultsOf is those of all targets. What is wrong with each of them is said once.
func faultsOf(w DeployWish, plans []deployPlan) []ValueFault {
	if len(plans) == 0 {
		return []ValueFault{newFault(-1, "", "targets", "deploy_target", false)}
	}
	var all []ValueFault
	for i, plan := range plans {
		for _, f := range plan.faults {
			if everywhere(plans, f) {
				f.Target = -1
			}
			if !slices.ContainsFunc(all, func(o ValueFault) bool { return o.same(f) && o.Target == f.Target }) {
				all = append(all, f)
			}
		}
		for _, earlier := range w.Targets[:i] {
			if t := w.Targets[i]; t.Key != "" && t.Key == earlier.Key && t.AccountID == earlier.AccountID {
				all = append(all, newFault(i, "", "key", commercetools.CodeDuplicateField, false, "value", t.Key))
			}
		}
	}
	return all
}

func (f ValueFault) same(o ValueFault) bool {
	return f.Application == o.Application && f.Key == o.Key && f.Code == o.Code
}

func everywhere(plans []deployPlan, f ValueFault) bool {
	return len(plans) > 1 && !slices.ContainsFunc(plans, func(p deployPlan) bool { return !slices.ContainsFunc(p.faults, f.same) })
}

func planTarget(ctx context.Context, r connectReads, w DeployWish, row store.ConnectorDraft, i int, t DeployTarget) (plan deployPlan, err error) {
	if plan.account, err = r.DeployAccount(ctx, t.AccountID); err != nil {
		return plan, err
	}
	seen, err := draftSeenBy(ctx, r, t.AccountID, row)
	if err != nil {
		return plan, err
	}
	what, f, err := connectable(seen, w.Staged)
	if err != nil {
		return plan, err
	}
	values := w.Values
	if t.ProfileID != "" {
		profile, err := r.ValueSet(ctx, t.ProfileID)
		if err != nil || profile.Kind != store.SetProfile {
			return plan, errors.Join(err, refuse("profile_gone"))
		}
		values = f.fill(values, profile.Values)
	}
	values = expand(f.withoutBlanks(values), plan.account)
	plan.form = f
	plan.body = commercetools.DeploymentDraft{
		Key: strings.TrimSpace(t.Key), Type: orElse(t.Type, f.Types[0]), Region: orElse(t.Region, plan.account.Region),
		Connector: commercetools.Reference{ID: seen.UpstreamID, Staged: w.Staged},
	}
	plan.body.Configurations, plan.body.GlobalConfiguration = f.body(values)
	for _, fault := range plan.body.Check(what, knownScopes(plan.account)) {
		plan.faults = append(plan.faults, valueFault(i, plan.account, fault))
	}
	plan.faults = append(plan.faults, f.withValues(values).checkShapes(i, values, plan.account.ProjectKey)...)
	more, err := plan.checkPlace(ctx, r, i, seen, w.Staged)
	plan.faults = append(plan.faults, more...)
	return plan, err
}

// checkPlace finds what is wrong with where a deployment is to be.
func (d deployPlan) checkPlace(ctx context.Context, r connectReads, i int, row store.ConnectorDraft, staged bool) (faults []ValueFault, err error) {
	if !d.form.Known {
		faults = append(faults, newFault(i, "", "connector", faultUnknownForm, true, "name", d.form.Name))
	}
	if there, err := DraftDocument(row); err == nil && there.Private && len(there.PrivateProjects) > 0 && (staged || !there.Public()) {
		if project := d.account.Region + ":" + d.account.ProjectKey; !slices.Contains(there.PrivateProjects, project) {
			faults = append(faults, newFault(i, "", "connector", faultPrivateProject, true, "project", project))
		}
	}
	if d.body.Key == "" {
		return faults, nil
	}
	_, err = r.ConnectDeploymentByKey(ctx, d.account.ID, d.body.Key)
	switch {
	case err == nil:
		faults = append(faults, newFault(i, "", "key", commercetools.CodeDuplicateField, false, "value", d.body.Key))
	case errors.Is(err, store.ErrNotFound):
		err = nil
	}
	return faults, err
}

// draftSeenBy is a draft as an account sees it. Where it has not seen it, how another does.
func draftSeenBy(ctx context.Context, r connectReads, accountID string, row store.ConnectorDraft) (store.ConnectorDraft, error) {
	if row.AccountID == accountID {
		return row, nil
	}
	own, err := r.ConnectorDraftByUpstreamID(ctx, accountID, row.UpstreamID)
	if errors.Is(err, store.ErrNotFound) || err == nil && !own.GoneAt.IsZero() {
		return row, nil
	}
	return own, err
}

// knownScopes is nil where nobody has said what an account may do.
func knownScopes(a store.DeployAccount) []string {
	if len(a.Scopes) == 0 {
		return nil
	}
	return a.Scopes
}

func orElse(text, usual string) string {
	if text = strings.TrimSpace(text); text != "" {
		return text
	}
	return usual
}

// wish is the plan as an operation.
func (d deployPlan) wish(pipelineID string) wish {
	return wish{
		kind: store.OpDeploymentCreate, subjectKind: store.SubjectDeployment, subjectKey: d.body.Key, pipelineID: pipelineID,
		body: d.body, redacted: shownDeployment(d.body), request: d.request(),
		args: map[string]string{"name": d.form.Name, "key": d.body.Key, "account": d.account.Name, "region": d.body.Region, "type": d.body.Type, "tag": d.form.Tag},
	}
}

func (d deployPlan) request() store.PlannedRequest {
	r, _ := plannedJSON(d.account, http.MethodPost, deploymentsPath(d.account, ""), shownDeployment(d.body)) // texts alone
	return r
}

func deploymentsPath(a store.DeployAccount, upstreamID string) string {
	path := "/" + url.PathEscape(a.ProjectKey) + "/deployments"
	if upstreamID != "" {
		path += "/" + url.PathEscape(upstreamID)
	}
	return path
}
