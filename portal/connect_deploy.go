package portal

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"portico/secret"
	"portico/store"
	"portico/upstream/commercetools"
)

// DeployWish is a connector that a person wants to have deployed, to any number of targets at once.
type DeployWish struct {
	DraftID string // ours: the draft, or that from which the connector was published
	Staged  bool   // the draft itself, as a preview; otherwise what is published from it
	Targets []DeployTarget
	Values  store.Values // as entered; variables in them are replaced for each target
	FormID  string       // the unfinished form, which is forgotten then; "" = there was none
	Anyway  bool         // the person has seen the warnings
}

// DeployTarget is a project and a region. What a deployment cannot change later is all here.
type DeployTarget struct {
	AccountID string
	Region    string // where it runs; "" is the project's
	Type      string // commercetools.DeployPreview …; "" is the usual one
	Key       string // "" = the deployment has none, and is known by its ID alone
	ProfileID string // whose values stand where none were entered; "" = no one's
}

// connectReads is what both a store and a transaction read.
type connectReads interface {
	DeployAccount(ctx context.Context, id string) (store.DeployAccount, error)
	ConnectorDraft(ctx context.Context, id string) (store.ConnectorDraft, error)
	ConnectorDrafts(ctx context.Context, accountID string) ([]store.ConnectorDraft, error)
	ConnectorDraftByUpstreamID(ctx context.Context, accountID, upstreamID string) (store.ConnectorDraft, error)
	ConnectDeployment(ctx context.Context, id string) (store.ConnectDeployment, error)
	ConnectDeploymentByKey(ctx context.Context, accountID, key string) (store.ConnectDeployment, error)
	OperationsOf(ctx context.Context, subjectKind, subjectID, before string, limit int) ([]store.Operation, error)
	DocumentAt(ctx context.Context, subjectKind, subjectID string, version int) (string, error)
	DocumentsAfter(ctx context.Context, subjectKind, subjectID string, version int) ([]string, error)
	DeploymentValues(ctx context.Context, deploymentID string) (store.ValueSet, error)
	ValueSet(ctx context.Context, id string) (store.ValueSet, error)
}

// deployScopes are those that changes of deployments need.
var deployScopes = []string{commercetools.ScopeManageDeployments}

// DeployForm is the form to deploy a draft as a preview (staged), or what is published from it. ErrNotFound when there is no
// such draft, a *Refusal when nothing is published.
func (p *Portal) DeployForm(ctx context.Context, draftID string, staged bool) (ConfigForm, error) {
	return deployForm(ctx, p.store, draftID, staged)
}

func deployForm(ctx context.Context, r connectReads, draftID string, staged bool) (ConfigForm, error) {
	row, err := r.ConnectorDraft(ctx, draftID)
	if err != nil {
		return ConfigForm{}, err
	}
	if !row.GoneAt.IsZero() {
		return ConfigForm{}, refuse("guard_gone")
	}
	_, f, err := connectable(row, staged)
	return f, err
}

// connectable is what is deployed of a draft, and its form.
func connectable(row store.ConnectorDraft, staged bool) (commercetools.Connectable, ConfigForm, error) {
	if staged {
		d, err := DraftDocument(row)
		f := FormOf(d)
		f.DraftID = row.ID
		return d, f, err
	}
	c, published, err := PublishedConnector(row)
	if err == nil && !published {
		err = refuse("deploy_not_published", "name", row.Name)
	}
	f := FormOfConnector(c)
	f.DraftID = row.ID
	return c, f, err
}

// DeployConnector has a connector deployed to all targets, or to none where one of them would be refused. There is an
// operation for each, in the order of the targets. A *Refusal says the first fault of CheckDeploy.
func (p *Portal) DeployConnector(ctx context.Context, actor store.Actor, w DeployWish) (all []store.Operation, err error) {
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		all, err = p.askDeploy(ctx, tx, actor, "", w)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p.hurryAll(ctx, all)
}

// askDeploy is DeployConnector in a transaction, for a pipeline ("" = for none), and leaves the doing to the jobs.
func (p *Portal) askDeploy(ctx context.Context, tx *store.Tx, actor store.Actor, pipelineID string, w DeployWish) (all []store.Operation, err error) {
	plans, err := planDeploy(ctx, tx, w)
	if err != nil {
		return nil, err
	}
	for _, plan := range plans {
		if _, err := connectAccount(ctx, tx, plan.account.ID, deployScopes...); err != nil {
			return nil, err
		}
	}
	if err := refused(faultsOf(w, plans), w.Anyway); err != nil {
		return nil, err
	}
	for _, plan := range plans {
		o, err := p.ask(ctx, tx, actor, plan.account, plan.wish(pipelineID))
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, forgetForm(ctx, tx, actor, w.FormID)
}

// hurryAll is hurry for several operations at once.
func (p *Portal) hurryAll(ctx context.Context, all []store.Operation) ([]store.Operation, error) {
	var each sync.WaitGroup
	var err error
	for i := range all {
		each.Go(func() {
			p.patiently(ctx, "advancing an operation", all[i].ID, func(ctx context.Context) error {
				_, err := p.AdvanceOperation(ctx, all[i].ID)
				return err
			})
		})
	}
	each.Wait()
	for i := range all {
		if all[i], err = p.store.Operation(context.WithoutCancel(ctx), all[i].ID); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// CheckDeploy finds everything for which the platform would refuse a wish, by its own rules, and what a person may regret.
func (p *Portal) CheckDeploy(ctx context.Context, w DeployWish) ([]ValueFault, error) {
	plans, err := planDeploy(ctx, p.store, w)
	if err != nil {
		return nil, err
	}
	return faultsOf(w, plans), nil
}

// deployPlan is a wish for one target.
type deployPlan struct {
	account store.DeployAccount
	form    ConfigForm
	body    commercetools.DeploymentDraft
	faults  []ValueFault
}

// PlannedDeployments is what would be sent, for each target: redacted, as a person could send it by hand.
func (p *Portal) PlannedDeployments(ctx context.Context, w DeployWish) ([]store.PlannedRequest, error) {
	plans, err := planDeploy(ctx, p.store, w)
	if err != nil {
		return nil, err
	}
	var all []store.PlannedRequest
	for _, plan := range plans {
		all = append(all, plan.request())
	}
	return all, nil
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

// body is what is sent of values: an entry for each application, also one that is given nothing.
func (f ConfigForm) body(v store.Values) (apps []commercetools.ApplicationValues, shared commercetools.GlobalValues) {
	for _, a := range f.Applications {
		app := commercetools.ApplicationValues{Application: a.Name, Schedule: v.Schedules[a.Name]}
		app.Standard, app.Secured = f.bodyOf(v, a.Name)
		apps = append(apps, app)
	}
	shared.Standard, shared.Secured = f.bodyOf(v, "")
	return apps, shared
}

func (f ConfigForm) bodyOf(v store.Values, application string) (standard, secured commercetools.Values) {
	for _, c := range f.Fields {
		if !slices.Contains(c.places(), application) {
			continue
		}
		value, ok := valueFor(v, application, c)
		switch one := (commercetools.Value{Key: c.Key, Value: value.Value}); {
		case !ok:
		case c.Secured:
			secured = append(secured, one)
		default:
			standard = append(standard, one)
		}
	}
	return standard, secured
}

// withoutBlanks leaves out what is empty: the platform then takes its default.
func (f ConfigForm) withoutBlanks(v store.Values) store.Values {
	to := store.Values{Applications: map[string][]store.SetValue{}, Schedules: v.Schedules}
	for _, c := range f.Fields {
		for _, application := range c.places() {
			if value, ok := valueFor(v, application, c); ok && value.Value != "" {
				put(&to, application, value)
			}
		}
	}
	return to
}

// expand replaces variables by what an account's project is.
func expand(v store.Values, a store.DeployAccount) store.Values {
	by := strings.NewReplacer(variableProject, a.ProjectKey, variableRegion, a.Region)
	each := func(values []store.SetValue) []store.SetValue {
		values = slices.Clone(values)
		for i := range values {
			values[i].Value = secret.Text(by.Replace(values[i].Value.Reveal()))
		}
		return values
	}
	to := store.Values{Shared: each(v.Shared), Applications: map[string][]store.SetValue{}, Schedules: v.Schedules}
	for application, values := range v.Applications {
		to.Applications[application] = each(values)
	}
	return to
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
