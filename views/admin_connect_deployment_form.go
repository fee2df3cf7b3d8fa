package views

import (
	"slices"

	"portico/store"
)

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

func (p AdminDeployPage) path() string {
	path := "/admin/connect/drafts/" + p.Draft.ID + "/deploy"
	if !p.Staged {
		path += "?what=published"
	}
	return path
}
