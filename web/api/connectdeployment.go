package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"portico/portal"
	"portico/store"
)

// connectDeployment is a connector running in a project, as last seen.
type connectDeployment struct {
	ID         string           `json:"id"`
	Account    string           `json:"account" doc:"ID of the account."`
	UpstreamID string           `json:"upstream_id" doc:"The platform's."`
	Key        string           `json:"key,omitempty"`
	Version    int              `json:"version"`
	Status     string           `json:"status" doc:"The platform's own word."`
	Type       string           `json:"type"`
	Region     string           `json:"region" doc:"Where it runs."`
	Connector  deployedOf       `json:"connector"`
	Warnings   int              `json:"warnings" doc:"In its report, while it is deployed."`
	SeenAt     *time.Time       `json:"seen_at,omitempty" doc:"When the platform was last asked."`
	GoneAt     *time.Time       `json:"gone_at,omitempty" doc:"Since when it is not there any more."`
	May        map[string]guard `json:"may" doc:"What its state allows: redeploy and undeploy."`
	Document   json.RawMessage  `json:"document,omitempty" doc:"The deployment as the platform has it, with a mask for each secret. Left out of lists."`
}

// deployedOf is the connector that is deployed.
type deployedOf struct {
	UpstreamID string `json:"upstream_id"`
	Name       string `json:"name"`
	Version    int    `json:"version"`
	Tag        string `json:"tag"`
}

func (a *API) connectDeploymentOf(d store.ConnectDeployment) connectDeployment {
	out := connectDeployment{
		ID: d.ID, Account: d.AccountID, UpstreamID: d.UpstreamID, Key: d.UpstreamKey, Version: d.Version, Status: d.Status, Type: d.Type, Region: d.Region,
		Connector: deployedOf{d.ConnectorID, d.ConnectorName, d.ConnectorVersion, d.Tag}, Warnings: d.Warnings, SeenAt: when(d.SeenAt), GoneAt: when(d.GoneAt),
		May: map[string]guard{},
	}
	for act, g := range portal.DeploymentGuards(d) {
		out.May[act] = a.guardOf(g, "")
	}
	return out
}

func (a *API) connectDeployments() {
	serve(a, of(tagConnect, "list-deployments", http.MethodGet, "/connect/deployments", "List deployments, by connector"), a.listDeployments)
	serve(a, begins(withValues(more(of(tagConnect, "create-deployments", http.MethodPost, "/connect/deployments", "Deploy a connector to one or several targets"),
		"To all of them, or to none where one would be refused. There is an operation for each target, in their order."))), a.createDeployments)
	serve(a, withValues(more(of(tagConnect, "plan-deployments", http.MethodPost, "/connect/deployments/plan", "Say what deploying a connector would do"),
		"Nothing is sent.")), a.planDeployments)
	serve(a, of(tagConnect, "get-deployment", http.MethodGet, "/connect/deployments/{deployment}", "Get a deployment, with the platform's own document"), a.getDeployment)
	serve(a, of(tagConnect, "get-deployment-values", http.MethodGet, "/connect/deployments/{deployment}/values", "Get a deployment's values, null for each secret"), a.getDeploymentValues)
	serve(a, begins(withValues(more(of(tagConnect, "redeploy", http.MethodPost, "/connect/deployments/{deployment}/redeploy", "Make a deployment anew"),
		"Values that are left out stay as they are, and only those are sent that are not known to be there already."))), a.redeploy)
	serve(a, withValues(more(of(tagConnect, "plan-redeploy", http.MethodPost, "/connect/deployments/{deployment}/plan", "Say what making a deployment anew would do"),
		"What becomes of each value, old beside new. Nothing is sent.")), a.planRedeploy)
	serve(a, begins(of(tagConnect, "undeploy", http.MethodDelete, "/connect/deployments/{deployment}", "Take a deployment away")), a.undeploy)
	serve(a, begins(of(tagConnect, "look-at-deployment", http.MethodPost, "/connect/deployments/{deployment}/look", "Copy a deployment again")), a.lookAtDeployment)
}

// listDeployments answers GET /api/v1/connect/deployments.
func (a *API) listDeployments(ctx context.Context, in *connectQuery) (*list[connectDeployment], error) {
	account, err := a.accountID(ctx, *in)
	if err != nil {
		return nil, err
	}
	all, err := a.Store.ConnectDeployments(ctx, account)
	if err != nil {
		return nil, err
	}
	var items []connectDeployment
	for _, d := range all {
		items = append(items, a.connectDeploymentOf(d))
	}
	return listed(items), nil
}

// getDeployment answers GET /api/v1/connect/deployments/{deployment}.
func (a *API) getDeployment(ctx context.Context, in *DeploymentPath) (*document[connectDeployment], error) {
	d, err := a.Store.ConnectDeployment(ctx, in.Deployment)
	if err != nil {
		return nil, err
	}
	out := a.connectDeploymentOf(d)
	out.Document, err = shownDeployment(d)
	return &document[connectDeployment]{out}, err
}

// getDeploymentValues answers GET /api/v1/connect/deployments/{deployment}/values.
func (a *API) getDeploymentValues(ctx context.Context, in *DeploymentPath) (*document[json.RawMessage], error) {
	v, err := a.Portal.ValuesOf(ctx, in.Deployment)
	if err != nil {
		return nil, err
	}
	text, err := portal.ExportValues(v, portal.ExportJSON)
	return &document[json.RawMessage]{raw(text)}, err
}

// deployTarget is a project and a region.
type deployTarget struct {
	Account string `json:"account" minLength:"1" maxLength:"255" doc:"Name or ID of an account."`
	Region  string `json:"region,omitempty" maxLength:"100" doc:"Where it runs. Absent: in the account's own region."`
	Type    string `json:"type,omitempty" enum:"preview,sandbox,production" doc:"Absent: preview of a draft, sandbox of what is published."`
	Key     string `json:"key,omitempty" maxLength:"256" doc:"Of the deployment."`
	Profile string `json:"profile,omitempty" maxLength:"64" doc:"ID of the profile whose values stand where none are given."`
}

// deployWish is a connector that is to be deployed.
type deployWish struct {
	Draft     string         `json:"draft" minLength:"1" maxLength:"64" doc:"ID of the draft, or of that from which the connector was published."`
	Staged    bool           `json:"staged,omitempty" doc:"The draft itself is deployed, as a preview."`
	Targets   []deployTarget `json:"targets" nullable:"false" minItems:"1" maxItems:"50"`
	Values    configValues   `json:"values,omitempty"`
	Schedules schedules      `json:"schedules,omitempty" doc:"Of jobs, by their application's name, where they are to differ from connect.yaml."`
	Anyway    bool           `json:"anyway,omitempty" doc:"Also where there are warnings."`
}

type createDeployments struct {
	Body deployWish
}

func (a *API) deployWish(ctx context.Context, in deployWish) (w portal.DeployWish, err error) {
	f, err := a.Portal.DeployForm(ctx, in.Draft, in.Staged)
	if err != nil {
		return w, err
	}
	w = portal.DeployWish{DraftID: in.Draft, Staged: in.Staged, Anyway: in.Anyway}
	if w.Values, err = a.values(ctx, f, in.Values, in.Schedules); err != nil {
		return w, err
	}
	for _, t := range in.Targets {
		account, err := a.account(ctx, store.PlatformCommercetools, t.Account)
		if err != nil {
			return w, err
		}
		w.Targets = append(w.Targets, portal.DeployTarget{AccountID: account.ID, Region: t.Region, Type: t.Type, Key: t.Key, ProfileID: t.Profile})
	}
	return w, nil
}

// createDeployments answers POST /api/v1/connect/deployments.
func (a *API) createDeployments(ctx context.Context, in *createDeployments) (*list[operation], error) {
	w, err := a.deployWish(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	all, err := a.Portal.DeployConnector(ctx, actor(ctx), w)
	if err != nil {
		return nil, err
	}
	var items []operation
	for _, o := range all {
		items = append(items, a.operationOf(o))
	}
	return listed(items), nil
}

// deployPlan is what deploying would do.
type deployPlan struct {
	Faults   []valueFault `json:"faults" nullable:"false"`
	Requests []planned    `json:"requests" nullable:"false" doc:"What would be sent, for each target."`
}

// planDeployments answers POST /api/v1/connect/deployments/plan.
func (a *API) planDeployments(ctx context.Context, in *createDeployments) (*document[deployPlan], error) {
	w, err := a.deployWish(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	faults, err := a.Portal.CheckDeploy(ctx, w)
	if err != nil {
		return nil, err
	}
	requests, err := a.Portal.PlannedDeployments(ctx, w)
	if err != nil {
		return nil, err
	}
	out := deployPlan{Faults: a.faultsOf(faults), Requests: []planned{}}
	for _, r := range requests {
		out.Requests = append(out.Requests, plannedOf(r))
	}
	return &document[deployPlan]{out}, nil
}

type redeploy struct {
	DeploymentPath
	Body struct {
		Version         int          `json:"version,omitempty" minimum:"0" doc:"Of the deployment, as you have seen it. Absent: as it was last seen here."`
		UpdateConnector bool         `json:"update_connector,omitempty" doc:"With the connector as it is now, and not as it was deployed."`
		SkipScripts     bool         `json:"skip_scripts,omitempty" doc:"Without its scripts."`
		Values          configValues `json:"values,omitempty" doc:"What is to be; what is left out stays as it is."`
		Schedules       schedules    `json:"schedules,omitempty"`
		Anyway          bool         `json:"anyway,omitempty" doc:"Also where there are warnings."`
	}
}

func (a *API) redeployWish(ctx context.Context, in *redeploy) (w portal.RedeployWish, err error) {
	b := in.Body
	there, err := a.Portal.RedeployForm(ctx, in.Deployment, b.UpdateConnector)
	if err != nil {
		return w, err
	}
	w = portal.RedeployWish{DeploymentID: in.Deployment, Version: b.Version, UpdateConnector: b.UpdateConnector, SkipScripts: b.SkipScripts, Anyway: b.Anyway}
	w.Values, err = a.values(ctx, there.Form, b.Values, b.Schedules)
	return w, err
}

// redeploy answers POST /api/v1/connect/deployments/{deployment}/redeploy.
func (a *API) redeploy(ctx context.Context, in *redeploy) (*document[operation], error) {
	w, err := a.redeployWish(ctx, in)
	if err != nil {
		return nil, err
	}
	return a.begun(a.Portal.Redeploy(ctx, actor(ctx), w))
}

// redeployPlan is what making a deployment anew would do.
type redeployPlan struct {
	May       guard                `json:"may" doc:"Whether its state allows it."`
	Faults    []valueFault         `json:"faults" nullable:"false"`
	Changes   []portal.ValueChange `json:"changes" nullable:"false" doc:"What becomes of each value; secrets are masked."`
	Connector connectorChange      `json:"connector"`
	Request   planned              `json:"request" doc:"What would be sent."`
}

// connectorChange is what a newer connector brings.
type connectorChange struct {
	From             deployedVersion `json:"from"`
	To               deployedVersion `json:"to"`
	NewApplications  []string        `json:"new_applications,omitempty"`
	GoneApplications []string        `json:"gone_applications,omitempty"`
}

type deployedVersion struct {
	Version int    `json:"version"`
	Tag     string `json:"tag"`
}

// planRedeploy answers POST /api/v1/connect/deployments/{deployment}/plan.
func (a *API) planRedeploy(ctx context.Context, in *redeploy) (*document[redeployPlan], error) {
	w, err := a.redeployWish(ctx, in)
	if err != nil {
		return nil, err
	}
	p, err := a.Portal.PlanRedeploy(ctx, w)
	if err != nil {
		return nil, err
	}
	c := p.Connector
	return &document[redeployPlan]{redeployPlan{
		May: a.guardOf(p.Guard, ""), Faults: a.faultsOf(p.Faults), Changes: append([]portal.ValueChange{}, p.Changes...), Request: plannedOf(p.Request),
		Connector: connectorChange{deployedVersion{c.FromVersion, c.FromTag}, deployedVersion{c.ToVersion, c.ToTag}, c.NewApplications, c.GoneApplications},
	}}, nil
}

type undeploy struct {
	DeploymentPath
	Key string `query:"key" required:"true" maxLength:"256" doc:"The deployment's key, or the platform's ID where it has none, so that it is certainly this one."`
}

// undeploy answers DELETE /api/v1/connect/deployments/{deployment}?key=….
func (a *API) undeploy(ctx context.Context, in *undeploy) (*document[operation], error) {
	return a.begun(a.Portal.Undeploy(ctx, actor(ctx), in.Deployment, in.Key))
}

// lookAtDeployment answers POST /api/v1/connect/deployments/{deployment}/look.
func (a *API) lookAtDeployment(ctx context.Context, in *DeploymentPath) (*document[connectDeployment], error) {
	if err := a.Portal.LookAgainDeployment(ctx, in.Deployment); err != nil {
		return nil, err
	}
	return a.getDeployment(ctx, in)
}

// drift is something that differs from what people may expect.
type drift struct {
	Kind        string   `json:"kind" enum:"connector,tag,changes,keys_new,keys_gone,several" doc:"connector: a deployment runs an older one. tag, changes: a draft differs from what is published from it. keys_new, keys_gone: values that are missing or too many. several: one connector is deployed more than once in a project."`
	Account     string   `json:"account"`
	Draft       string   `json:"draft,omitempty"`
	Deployment  string   `json:"deployment,omitempty"`
	From        string   `json:"from,omitempty" doc:"A tag, or a version where the tag is the same."`
	To          string   `json:"to,omitempty"`
	Keys        []string `json:"keys,omitempty" doc:"application/KEY, or /KEY of all applications."`
	Required    []string `json:"required,omitempty" doc:"Those of them without which it would fail."`
	Deployments []string `json:"deployments,omitempty"`
}

// listDrift answers GET /api/v1/connect/drift.
func (a *API) listDrift(ctx context.Context, _ *struct{}) (*list[drift], error) {
	rows, err := a.Portal.Drift(ctx)
	if err != nil {
		return nil, err
	}
	var items []drift
	for _, r := range rows {
		one := drift{r.Kind, r.AccountID, r.Draft.ID, r.Deployment.ID, r.From, r.To, r.Keys, r.Required, nil}
		for _, d := range r.Deployments {
			one.Deployments = append(one.Deployments, d.ID)
		}
		items = append(items, one)
	}
	return listed(items), nil
}
