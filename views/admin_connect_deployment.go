package views

import (
	"slices"

	"portico/store"
	"portico/upstream/commercetools"
)

// AdminDeploymentPage is a deployment.
type AdminDeploymentPage struct {
	AdminPage
	Account    store.DeployAccount
	Deployment store.ConnectDeployment
	Document   commercetools.Deployment
	Draft      store.ConnectorDraft  // without ID where the connector is not among the drafts
	Guards     map[string]DraftGuard // by commercetools.ActRedeploy and ActUndeploy; Why is a refusal's code
	Operations []store.Operation     // newest first
	Values     []ValueRow
	Schedules  map[string]string // that were sent, by application
	Sent       bool              // values are kept that were sent from here
	Drift      []DriftRow
	Lines      []Line
	Older      string
	Refused    string
}

func (p AdminDeploymentPage) path(rest string) string {
	return "/admin/connect/deployments/" + p.Deployment.ID + rest
}

// working says whether anything goes on by itself.
func (p AdminDeploymentPage) working() bool {
	return p.Deployment.GoneAt.IsZero() && (!p.Document.Resting() || slices.ContainsFunc(p.Operations, store.Operation.UnderWay))
}

// open is the operations that go on, or that wait for a person.
func (p AdminDeploymentPage) open() []store.Operation {
	return slices.DeleteFunc(slices.Clone(p.Operations), func(o store.Operation) bool {
		return !o.UnderWay() && o.State != store.OpMoved && (o.State != store.OpFailed || !o.DroppedAt.IsZero())
	})
}

// newest is what the connector is brought to by a redeployment: "" where it is not behind.
func (p AdminDeploymentPage) newest() DriftRow {
	for _, row := range p.Drift {
		if row.Kind == "connector" {
			return row
		}
	}
	return DriftRow{}
}

// DriftRow is something that differs from what people may expect.
type DriftRow struct {
	Kind        string
	AccountID   string
	Draft       store.ConnectorDraft
	Deployment  store.ConnectDeployment
	From, To    string
	Keys        []string
	Required    []string
	Deployments []store.ConnectDeployment
}

// path is where a person does something about it.
func (r DriftRow) path() string {
	if r.Deployment.ID != "" {
		return "/admin/connect/deployments/" + r.Deployment.ID
	}
	return "/admin/connect/drafts/" + r.Draft.ID
}

// subject is what it is about.
func (r DriftRow) subject() string {
	switch {
	case len(r.Deployments) > 0:
		return r.Deployment.ConnectorName
	case r.Deployment.ID != "":
		return deploymentName(r.Deployment)
	}
	return r.Draft.Name
}

// tone is how much it matters: a required key without a value makes a redeployment fail.
func (r DriftRow) tone() string {
	if len(r.Required) > 0 {
		return "bad"
	}
	if r.Kind == "several" || r.Kind == "keys_gone" {
		return ""
	}
	return "warn"
}

// AdminDeploymentsPage is the deployments of an account.
type AdminDeploymentsPage struct {
	AdminPage
	Account     store.DeployAccount
	Type        string // that alone is shown; "" = all
	Types       []string
	Deployments []store.ConnectDeployment
	Drift       map[string][]DriftRow // by deployment
}

// AdminUndeployPage asks whether a deployment is to be taken away.
type AdminUndeployPage struct {
	AdminPage
	Account    store.DeployAccount
	Deployment store.ConnectDeployment
	Document   commercetools.Deployment
	Guard      DraftGuard
	Typed      string // what has to be typed
	Refused    string
	Planned    store.PlannedRequest
}

// AdminRedeployPage is the form to make a deployment anew, and the look at what will be sent.
type AdminRedeployPage struct {
	AdminPage
	Account     store.DeployAccount
	Deployment  store.ConnectDeployment
	Base        int // the version that the person saw
	Guard       DraftGuard
	Connector   ConnectorChange
	Update      bool
	SkipScripts bool
	Sure        bool // nobody else has changed it since what was last sent
	Form        ValueForm
	Review      bool
	Changes     []ValueChange
	Body        string // redacted
	Planned     store.PlannedRequest
	Reviewed    string // what the person sees, in short
	Refused     string
	Saved       string // the name of the profile that was saved
}

// ConnectorChange is what a newer connector brings.
type ConnectorChange struct {
	Known, Newer             bool
	FromVersion, ToVersion   int
	FromTag, ToTag           string
	NewApplications, GoneApp []string
}

// count is how many values are in one of some states.
func (p AdminRedeployPage) count(states ...string) (n int) {
	for _, c := range p.Changes {
		if slices.Contains(states, c.State) {
			n++
		}
	}
	return n
}

// sends is how many values are sent.
func (p AdminRedeployPage) sends() (n int) {
	for _, c := range p.Changes {
		if c.Sent {
			n++
		}
	}
	return n
}

// AdminDeployPage is the form to deploy a connector to any number of projects.
type AdminDeployPage struct {
	AdminPage
	Draft     store.ConnectorDraft
	Staged    bool // as a preview
	Published bool // there is something published to deploy
	Name, Tag string
	Version   int
	APIClient []string
	Targets   []DeployTarget
	Form      ValueForm
	Review    bool
	Rows      []ReviewRow
	Planned   []store.PlannedRequest
	Reviewed  string
	Refused   string
	Saved     string
}

// DeployTarget is a project to which a connector can be deployed.
type DeployTarget struct {
	ID          string // in the page
	Account     store.DeployAccount
	Chosen      bool
	Region      string
	Type        string
	Key         string
	ProfileID   string
	Regions     []string
	Types       []string
	Deployments []store.ConnectDeployment
	Faults      []ValueFault
}

// ReviewRow is a value that is about to be sent.
type ReviewRow struct {
	Application, Key string
	Hidden, Secured  bool
	Value            string
	Default          bool // nothing is given: the platform takes its default
}

func (p AdminDeployPage) path() string {
	path := "/admin/connect/drafts/" + p.Draft.ID + "/deploy"
	if !p.Staged {
		path += "?what=published"
	}
	return path
}

// chosen is how many targets are chosen.
func (p AdminDeployPage) chosen() (n int) {
	for _, t := range p.Targets {
		if t.Chosen {
			n++
		}
	}
	return n
}

// allRegions is the regions to choose from: those that the connector supports, or every one that is known.
func (t DeployTarget) allRegions() []string {
	all := t.Regions
	if len(all) == 0 {
		all = regionIDs()
	}
	if t.Region != "" && !slices.Contains(all, t.Region) {
		all = append([]string{t.Region}, all...)
	}
	return all
}

// AdminProfilesPage is the values that staff keep under names.
type AdminProfilesPage struct {
	AdminPage
	Profiles []Profile
}

// Profile is one of them.
type Profile struct {
	ID        string
	Name      string
	Rows      []ValueRow
	Schedules map[string]string
	UpdatedBy string
	UpdatedAt store.Time
}

// secrets is how many values of a profile nobody is shown.
func (p Profile) secrets() (n int) {
	for _, r := range p.Rows {
		if r.Hidden {
			n++
		}
	}
	return n
}

// AdminProfilePage is one profile.
type AdminProfilePage struct {
	AdminPage
	Profile Profile
}
