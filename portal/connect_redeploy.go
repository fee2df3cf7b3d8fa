package portal

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"portico/store"
	"portico/upstream/commercetools"
)

// RedeployWish is a deployment that a person wants made anew.
type RedeployWish struct {
	DeploymentID    string
	Version         int          // as the person saw it; 0 is as it was last seen
	Values          store.Values // what is to be; what is left out stays as it is
	UpdateConnector bool         // with the connector as it is now, and not as it was deployed
	SkipScripts     bool         // without its scripts
	FormID          string       // the unfinished form, which is forgotten then; "" = there was none
	Anyway          bool         // the person has seen the warnings
}

// What becomes of a value when a deployment is made anew.
const (
	ValueChanged   = "changed"
	ValueUnchanged = "unchanged" // so that it is not sent
	ValueUnknown   = "unknown"   // it is sent, and nobody can tell whether it is another one
	ValueNew       = "new"       // the connector asks for it only now
	ValueGone      = "gone"      // the connector asks for it no more
)

// ValueChange is what becomes of one value.
type ValueChange struct {
	Application string     `json:"application,omitempty"` // "" = of all together
	Key         string     `json:"key,omitempty"`         // "" of a schedule
	Schedule    bool       `json:"schedule,omitempty"`    // of a job
	Secured     bool       `json:"secured,omitempty"`
	Hidden      bool       `json:"hidden,omitempty"` // Old and New are masks
	State       string     `json:"state"`            // ValueChanged …
	Sent        bool       `json:"sent,omitempty"`
	Old         string     `json:"old,omitempty"`
	New         string     `json:"new,omitempty"` // of a new key that is given nothing, its default
	Given       bool       `json:"-"`             // it has a value afterwards, as far as that is known
	Required    bool       `json:"-"`
	At          store.Time `json:"-"` // when the value before was sent; zero = not by us
	By          string     `json:"-"` // by whom
}

// ConnectorChange is what a newer connector brings. Both sides are alike where it stays.
type ConnectorChange struct {
	Known                  bool // what it is now is known
	FromVersion, ToVersion int
	FromTag, ToTag         string
	NewApplications        []string
	GoneApplications       []string
}

// Newer says whether the connector is another one now.
func (c ConnectorChange) Newer() bool {
	return c.Known && (c.FromVersion != c.ToVersion || c.FromTag != c.ToTag)
}

// RedeployPlan is what a wish would do.
type RedeployPlan struct {
	Deployment store.ConnectDeployment
	Form       ConfigForm    // of the connector that would run
	Values     store.Values  // what the deployment would have, as far as that is known
	Changes    []ValueChange // of every value, in the form's order; those that go are at the end
	Connector  ConnectorChange
	Faults     []ValueFault
	Guard      Guard
	Body       string // redacted
	Request    store.PlannedRequest
	body       commercetools.Redeploy
	account    store.DeployAccount
	document   commercetools.Deployment
}

// Count is how many values are in a state.
func (r RedeployPlan) Count(state string) (n int) {
	for _, c := range r.Changes {
		if c.State == state {
			n++
		}
	}
	return n
}

// Sends is how many values are sent.
func (r RedeployPlan) Sends() (n int) {
	for _, c := range r.Changes {
		if c.Sent {
			n++
		}
	}
	return n
}

// DeploymentGuards says of commercetools.ActRedeploy and ActUndeploy whether a deployment's state, as last seen, allows it,
// and why not: a code, for which there is the text refusal.CODE.
func DeploymentGuards(d store.ConnectDeployment) map[string]Guard {
	guards := map[string]Guard{}
	for _, act := range []string{commercetools.ActRedeploy, commercetools.ActUndeploy} {
		guards[act] = deploymentGuard(d, act)
	}
	return guards
}

func deploymentGuard(d store.ConnectDeployment, act string) Guard {
	there, err := DeploymentDocument(d)
	ok, why := there.May(act)
	switch {
	case !d.GoneAt.IsZero():
		return Guard{false, "deployment_gone"}
	case err != nil:
		return Guard{false, "deployment_status"}
	case !ok:
		return Guard{false, deployRefusals[why]}
	}
	return Guard{true, ""}
}

// mayDeployment refuses what a deployment's state does not allow.
func mayDeployment(d store.ConnectDeployment, act string) error {
	if g := deploymentGuard(d, act); !g.OK {
		return refuse(g.Why, "status", d.Status, "name", d.ConnectorName)
	}
	return nil
}

// RedeployState is what the form to make a deployment anew begins with.
type RedeployState struct {
	Form   ConfigForm
	Values store.Values          // the standard ones that the deployment has
	Sent   map[string]ShownValue // the secured ones that were last sent from here, by ValueName of their application
	Sure   bool                  // nobody else has made it anew since
}

// RedeployForm is the form to make a deployment anew with its connector as it is now (update) or as it was deployed. Its
// values leave out what is secured: an empty field leaves that as it is.
func (p *Portal) RedeployForm(ctx context.Context, deploymentID string, update bool) (RedeployState, error) {
	there, err := readDeployed(ctx, p.store, deploymentID)
	if err != nil {
		return RedeployState{}, err
	}
	f := there.form(update)
	state := RedeployState{Form: f, Values: f.folded(there.standard()), Sent: map[string]ShownValue{}, Sure: there.sure}
	for _, c := range f.Fields {
		for _, application := range c.places() {
			if v, ok := valueFor(there.set.Values, application, c); ok && c.Secured {
				state.Sent[ValueName(application, c.Key)] = c.show(v)
			}
		}
	}
	return state, nil
}

// PlanRedeploy says what a wish would do: nothing is sent.
func (p *Portal) PlanRedeploy(ctx context.Context, w RedeployWish) (RedeployPlan, error) {
	return planRedeploy(ctx, p.store, w)
}

// Redeploy has a deployment made anew. Only values that are not known to be there already are sent. A *Refusal says the first
// fault of its plan.
func (p *Portal) Redeploy(ctx context.Context, actor store.Actor, w RedeployWish) (o store.Operation, err error) {
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		o, err = p.askRedeploy(ctx, tx, actor, "", w)
		return err
	})
	if err != nil {
		return o, err
	}
	return p.hurry(ctx, o)
}

// askRedeploy is Redeploy in a transaction, for a pipeline ("" = for none), and leaves the doing to the job.
func (p *Portal) askRedeploy(ctx context.Context, tx *store.Tx, actor store.Actor, pipelineID string, w RedeployWish) (store.Operation, error) {
	plan, err := planRedeploy(ctx, tx, w)
	if err != nil {
		return store.Operation{}, err
	}
	row := plan.Deployment
	if _, err := connectAccount(ctx, tx, row.AccountID, deployScopes...); err != nil {
		return store.Operation{}, err
	}
	if err := mayDeployment(row, commercetools.ActRedeploy); err != nil {
		return store.Operation{}, err
	}
	if err := refused(plan.Faults, w.Anyway); err != nil {
		return store.Operation{}, err
	}
	base, seen := row.Version, plan.document
	if w.Version != 0 && w.Version != row.Version {
		base = w.Version
		if seen, err = deploymentAt(ctx, tx, row.ID, base); err != nil {
			return store.Operation{}, err
		}
	}
	o, err := p.ask(ctx, tx, actor, plan.account, plan.wish(pipelineID, base, deploymentFace(seen)))
	if err != nil {
		return o, err
	}
	return o, forgetForm(ctx, tx, actor, w.FormID)
}

// deploymentAt is a deployment as a person saw it; a *Refusal when that is too long ago to tell what has changed since.
func deploymentAt(ctx context.Context, r connectReads, id string, version int) (commercetools.Deployment, error) {
	text, err := r.DocumentAt(ctx, store.SubjectDeployment, id, version)
	if errors.Is(err, store.ErrNotFound) {
		return commercetools.Deployment{}, refuse("deployment_old")
	}
	if err != nil {
		return commercetools.Deployment{}, err
	}
	return document[commercetools.Deployment](text)
}

func (r RedeployPlan) wish(pipelineID string, base int, seen map[string]string) wish {
	row := r.Deployment
	shown := shownRedeployment(row.Version, r.body)
	return wish{
		kind: store.OpDeploymentRedeploy, subjectKind: store.SubjectDeployment, subjectID: row.ID, subjectKey: row.UpstreamKey, pipelineID: pipelineID,
		body: r.body, redacted: shown.Actions[0], base: base, seen: seen, read: base != row.Version, request: r.Request, before: r.sent(),
		extra: redeployExtra{Build: r.document.Details.Build.ID},
		args:  map[string]string{"name": row.ConnectorName, "tag": r.Form.Tag, "from": r.Connector.FromTag, "values": strconv.Itoa(r.Sends())},
	}
}

// sent is what the audit log keeps of the values that are sent: how they were.
func (r RedeployPlan) sent() []ValueChange {
	return slices.DeleteFunc(slices.Clone(r.Changes), func(c ValueChange) bool { return !c.Sent })
}

func (r *RedeployPlan) show() error {
	request, err := plannedJSON(r.account, http.MethodPost, deploymentsPath(r.account, r.Deployment.UpstreamID), shownRedeployment(r.Deployment.Version, r.body))
	r.Request, r.Body = request, request.Body
	return err
}
