package portal

import (
	"net/http"
	"slices"
	"strconv"

	"portico/store"
	"portico/upstream/commercetools"
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
