package commercetools

import (
	"slices"
	"strings"
)

// Codes of Fault beside the API's own.
const (
	// FaultRequired: a required key of an application has no value. The API has no code for it; the deployment fails.
	FaultRequired = "required_missing"
	// FaultScope: the API client lacks the scope that Key names.
	FaultScope = "scope_missing"
	// FaultMasked: the value is a mask, not what it hides.
	FaultMasked = "masked_value"
)

// Kinds of values.
const (
	Standard = "standard"
	Secured  = "secured"
)

// Fault is a reason for which the API would refuse a deployment, or the deployment fail. Code is the API's own, or one of
// ours; the other fields say where, as far as that is one place. Application is "" for what all applications get, and for
// the deployment as a whole, of which Key then names the field.
type Fault struct {
	Code        string
	Application string
	Key         string
	Kind        string // Standard, Secured or ""
}

// Connectable is what can be deployed: a Draft, a Connector, or the DeployedConnector of a deployment.
type Connectable interface{ wants() wants }

// wants is what a connector asks of a deployment.
type wants struct {
	id, key     string
	version     int
	staged      bool // a draft
	previewable bool
	apps        []Application // nil when not known
	global      Global
	regions     []string
	apiClient   bool
}

func (d Draft) wants() wants {
	return wants{d.ID, d.Key, d.Version, true, d.IsPreviewable == PreviewTrue, d.Configurations, d.GlobalConfiguration, d.SupportedRegions, d.APIClient != nil}
}

func (c Connector) wants() wants {
	return wants{c.ID, c.Key, c.Version, false, false, c.Configurations, c.GlobalConfiguration, c.SupportedRegions, c.APIClient != nil}
}

func (c DeployedConnector) wants() wants {
	return wants{c.ID, c.Key, c.Version, false, false, c.Configurations, c.GlobalConfiguration, c.SupportedRegions, false}
}

// Check finds what the API would refuse in a deployment of c, by its own rules, and values that are required and missing.
// scopes are those of Client.Scopes; nil means that they are not known. What only the service knows, such as keys that are
// taken, it does not find.
func (d DeploymentDraft) Check(c Connectable, scopes []string) []Fault {
	w := c.wants()
	faults := d.checkTarget(w)
	faults = append(faults, checkScopes(scopes, w.apiClient)...)
	if len(d.Configurations) == 0 {
		faults = append(faults, Fault{Code: CodeApplicationRequired, Key: "configurations"})
	}
	faults = append(faults, checkValues(w, d.Configurations, d.GlobalConfiguration)...)
	return append(faults, w.missing(d.Configurations, d.GlobalConfiguration, nothing)...)
}

// Check finds what the API would refuse in making d anew with c: d.Connector where the connector stays, otherwise the
// draft or the published connector as it is now.
func (r Redeploy) Check(d Deployment, c Connectable, scopes []string) []Fault {
	w := c.wants()
	var faults []Fault
	if ok, why := d.May(ActRedeploy); !ok {
		faults = append(faults, Fault{Code: why, Key: "status"})
	}
	if r.UpdateConnector && w.staged && !w.previewable {
		faults = append(faults, Fault{Code: CodeNotPreviewable, Key: "updateConnector"})
	}
	faults = append(faults, checkScopes(scopes, false)...)
	if r.ConfigurationValues != nil && len(r.ConfigurationValues) == 0 {
		faults = append(faults, Fault{Code: CodeApplicationRequired, Key: "configurationValues"})
	}
	if !r.UpdateConnector {
		faults = append(faults, d.strangers(w, r.ConfigurationValues)...)
	}
	faults = append(faults, checkValues(w, r.ConfigurationValues, r.GlobalConfiguration)...)
	there := d.has
	if !r.UpdateConnector {
		there = everything
	}
	return append(faults, w.missing(r.ConfigurationValues, r.GlobalConfiguration, there)...)
}

// strangers are applications that the connector has and the deployment has not.
func (d Deployment) strangers(w wants, values []ApplicationValues) (faults []Fault) {
	for _, v := range values {
		_, declared := w.application(v.Application)
		inside := slices.ContainsFunc(d.Applications, func(a DeployedApplication) bool { return a.Name == v.Application })
		if declared && !inside {
			faults = append(faults, Fault{Code: CodeApplicationDoesNotBelong, Application: v.Application})
		}
	}
	return faults
}

// checkTarget checks all but the values.
func (d DeploymentDraft) checkTarget(w wants) (faults []Fault) {
	add := func(code, key string) { faults = append(faults, Fault{Code: code, Key: key}) }
	if d.Key != "" && !ValidKey(d.Key) {
		add(CodeInvalidJSONInput, "key")
	}
	switch {
	case d.Connector.ID == "" && d.Connector.Key == "":
		add(CodeInvalidJSONInput, "connector")
	case !d.names(w):
		add(CodeReferenceNotFound, "connector")
	case w.staged && !w.previewable:
		add(CodeNotPreviewable, "connector")
	}
	if !slices.Contains(typesOf(w.staged), d.Type) {
		add(CodeInvalidType, "type")
	}
	switch {
	case strings.TrimSpace(d.Region) == "":
		add(CodeInvalidJSONInput, "region")
	case len(w.regions) > 0 && !slices.Contains(w.regions, d.Region):
		add(CodeUnsupportedRegion, "region")
	}
	return faults
}

// names reports whether the reference is to w: by ID or key, to a draft only as staged, and in no other version.
func (d DeploymentDraft) names(w wants) bool {
	r := d.Connector
	return (r.ID == "" || r.ID == w.id) && (r.Key == "" || r.Key == w.key) &&
		r.Staged == w.staged && (r.Version == 0 || r.Version == w.version)
}

func typesOf(staged bool) []string {
	if staged {
		return []string{"", DeployPreview}
	}
	return []string{"", DeploySandbox, DeployProduction}
}

func checkScopes(scopes []string, apiClient bool) (faults []Fault) {
	if scopes == nil {
		return nil
	}
	if !slices.Contains(scopes, ScopeManageProject) && !slices.Contains(scopes, ScopeManageDeployments) {
		faults = append(faults, Fault{Code: FaultScope, Key: ScopeManageDeployments})
	}
	if apiClient && !slices.Contains(scopes, ScopeManageAPIClients) {
		faults = append(faults, Fault{Code: FaultScope, Key: ScopeManageAPIClients})
	}
	return faults
}
