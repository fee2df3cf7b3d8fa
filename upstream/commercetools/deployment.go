package commercetools

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

// Types of deployments: of a previewable draft, and of a published connector.
const (
	DeployPreview    = "preview"
	DeploySandbox    = "sandbox" // the default for a published connector
	DeployProduction = "production"
)

// Deployment is a connector in a project and a region. Version rises by itself while the service works.
type Deployment struct {
	ID                  string                `json:"id"`
	Key                 string                `json:"key,omitempty"`
	Version             int                   `json:"version"`
	Type                string                `json:"type,omitempty"` // DeployPreview …; "" in old answers
	Connector           DeployedConnector     `json:"connector"`
	GlobalConfiguration GlobalValues          `json:"globalConfiguration,omitzero"`
	APIClient           *APIClient            `json:"apiClient,omitempty"` // made by the service
	Details             Details               `json:"details"`
	Region              string                `json:"deployedRegion"`
	Applications        []DeployedApplication `json:"applications"`
	Preview             bool                  `json:"preview"`
	Status              Status                `json:"status"`
}

// LogValue shows which deployment it is.
func (d Deployment) LogValue() slog.Value {
	return slog.StringValue(fmt.Sprintf("%s (%s) version %d, %s", d.ID, d.Key, d.Version, d.Status))
}

// UnmarshalJSON reads a deployment; what is absent or of another type is empty.
func (d *Deployment) UnmarshalJSON(raw []byte) error {
	type plain Deployment
	var p plain
	err := read(raw, &p)
	*d = Deployment(p)
	if d.Type == "" && d.Preview {
		d.Type = DeployPreview
	}
	return err
}

// DeployedConnector is the connector as it was when it was deployed: compare its Version with the connector's own.
type DeployedConnector struct {
	ID                  string        `json:"id"`
	Key                 string        `json:"key,omitempty"`
	Version             int           `json:"version"`
	Name                string        `json:"name"`
	Description         string        `json:"description,omitempty"`
	IntegrationTypes    []string      `json:"integrationTypes,omitempty"`
	Creator             Creator       `json:"creator"`
	Repository          Repository    `json:"repository"`
	Configurations      []Application `json:"configurations,omitempty"` // nil when the service has not said
	GlobalConfiguration Global        `json:"globalConfiguration,omitzero"`
	Certified           bool          `json:"certified"`
	SupportedRegions    []string      `json:"supportedRegions,omitempty"` // empty is any
	DocumentationURL    string        `json:"documentationUrl,omitempty"`
}

// DeployedApplication is one application of a deployment. Its type is that of the application of the same name in the
// connector. URL, Topic and Schedule come with the build; traffic for a service goes to URL and the endpoint of its
// connect.yaml.
type DeployedApplication struct {
	ID       string `json:"id"`
	Name     string `json:"applicationName"`
	Standard Values `json:"standardConfiguration"`
	Secured  Values `json:"securedConfiguration"` // masked
	URL      string `json:"url,omitempty"`        // services, Merchant Center applications and views, assets
	Topic    string `json:"topic,omitempty"`      // events
	Schedule string `json:"schedule,omitempty"`   // jobs
}

// LogValue shows the keys of its values alone.
func (a DeployedApplication) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", a)) }

// Details are about the build; they are empty right after a deployment was made.
type Details struct {
	Build Build `json:"build,omitzero"`
}

// Build is how a deployment was built, with the report of it.
type Build struct {
	ID     string `json:"id"`
	Report Report `json:"report,omitzero"`
}

// TypeOf is the type of one of the deployment's applications, as its connector declares it; "" where the service has not
// said.
func (d Deployment) TypeOf(application string) string {
	for _, a := range d.Connector.Configurations {
		if a.Name == application {
			return a.Type
		}
	}
	return ""
}

// Report is what the service says of the last build.
func (d Deployment) Report() Report { return d.Details.Build.Report }

// Warnings are what a person should look at although the deployment is Deployed: its scripts, for instance, may have
// failed or have been skipped. They are nil in other states.
func (d Deployment) Warnings() []ReportEntry {
	if d.Status != StatusDeployed {
		return nil
	}
	return d.Report().Warnings()
}

// DeploymentDraft is a deployment that is to be made. Connector and Region are required, and one entry of Configurations
// for each application.
type DeploymentDraft struct {
	Key                 string              `json:"key,omitempty"`
	Type                string              `json:"type,omitempty"` // "" is preview for a draft, sandbox for a connector
	Connector           Reference           `json:"connector"`
	Configurations      []ApplicationValues `json:"configurations"`
	GlobalConfiguration GlobalValues        `json:"globalConfiguration,omitzero"`
	Region              string              `json:"region"`
}

// MarshalJSON writes what the API takes, with all values in clear.
func (d DeploymentDraft) MarshalJSON() ([]byte, error) {
	type plain DeploymentDraft
	if d.Configurations == nil {
		d.Configurations = []ApplicationValues{}
	}
	return json.Marshal(plain(d))
}

// LogValue shows the keys of its values alone.
func (d DeploymentDraft) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", d)) }

// Reference names the connector of a deployment, by ID or by key. Staged means the draft, which must be previewable.
// Version 0 is the current one; another must be the current one.
type Reference struct {
	ID      string `json:"id,omitempty"`
	Key     string `json:"key,omitempty"`
	Staged  bool   `json:"staged,omitempty"`
	Version int    `json:"version,omitempty"`
}

// Redeploy is what changes when a deployment is made anew. A value that is left out stays as it is. The API's name for
// ConfigurationValues is not that of a deployment's draft, which a redeployment would ignore and succeed.
type Redeploy struct {
	ConfigurationValues []ApplicationValues `json:"configurationValues,omitempty"`
	GlobalConfiguration GlobalValues        `json:"globalConfiguration,omitzero"`
	UpdateConnector     bool                `json:"updateConnector,omitempty"` // to the latest state of it; otherwise the old code stays
	SkipScripts         bool                `json:"skipScripts,omitempty"`
}

// MarshalJSON writes the action, with all values in clear.
func (r Redeploy) MarshalJSON() ([]byte, error) {
	type plain Redeploy
	return json.Marshal(struct {
		Action string `json:"action"`
		plain
	}{"redeploy", plain(r)})
}

// LogValue shows the keys of its values alone.
func (r Redeploy) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", r)) }
