package views

import (
	"slices"

	"portico/store"
)

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
