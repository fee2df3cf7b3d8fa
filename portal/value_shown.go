package portal

import (
	"strings"

	"portico/secret"
	"portico/store"
	"portico/upstream"
	"portico/upstream/commercetools"
)

// What a body shows to people: as it is sent, with the mask for each value that is nobody's to see.
type (
	shownPair struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
	shownApplication struct {
		Name     string      `json:"applicationName"`
		Standard []shownPair `json:"standardConfiguration"`
		Secured  []shownPair `json:"securedConfiguration"`
		Schedule string      `json:"schedule,omitempty"`
	}
	shownGlobal struct {
		Standard []shownPair `json:"standardConfiguration,omitempty"`
		Secured  []shownPair `json:"securedConfiguration,omitempty"`
	}
	shownDraft struct {
		Key                 string                  `json:"key,omitempty"`
		Type                string                  `json:"type,omitempty"`
		Connector           commercetools.Reference `json:"connector"`
		Configurations      []shownApplication      `json:"configurations"`
		GlobalConfiguration shownGlobal             `json:"globalConfiguration,omitzero"`
		Region              string                  `json:"region"`
	}
	shownRedeploy struct {
		Version int           `json:"version"`
		Actions []shownAction `json:"actions"`
	}
	shownAction struct {
		Action              string             `json:"action"`
		ConfigurationValues []shownApplication `json:"configurationValues,omitempty"`
		GlobalConfiguration *shownGlobal       `json:"globalConfiguration,omitempty"`
		UpdateConnector     bool               `json:"updateConnector,omitempty"`
		SkipScripts         bool               `json:"skipScripts,omitempty"`
	}
)

func shownDeployment(d commercetools.DeploymentDraft) shownDraft {
	return shownDraft{Key: d.Key, Type: d.Type, Connector: d.Connector, Configurations: shownApplications(d.Configurations),
		GlobalConfiguration: shownGlobal{shownStandard(d.GlobalConfiguration.Standard), shownSecured(d.GlobalConfiguration.Secured)}, Region: d.Region}
}

func shownRedeployment(version int, r commercetools.Redeploy) shownRedeploy {
	a := shownAction{Action: "redeploy", ConfigurationValues: shownApplications(r.ConfigurationValues), UpdateConnector: r.UpdateConnector, SkipScripts: r.SkipScripts}
	if g := r.GlobalConfiguration; len(g.Standard)+len(g.Secured) > 0 {
		a.GlobalConfiguration = &shownGlobal{shownStandard(g.Standard), shownSecured(g.Secured)}
	}
	return shownRedeploy{version, []shownAction{a}}
}

func shownApplications(all []commercetools.ApplicationValues) []shownApplication {
	shown := make([]shownApplication, len(all))
	for i, a := range all {
		shown[i] = shownApplication{a.Application, shownStandard(a.Standard), shownSecured(a.Secured), a.Schedule}
	}
	return shown
}

func shownStandard(values commercetools.Values) []shownPair {
	shown := make([]shownPair, len(values))
	for i, v := range values {
		shown[i] = shownPair{v.Key, standardShown(v.Key, v.Value)}
	}
	return shown
}

func shownSecured(values commercetools.Values) []shownPair {
	shown := make([]shownPair, len(values))
	for i, v := range values {
		shown[i] = shownPair{v.Key, v.Value.String()}
	}
	return shown
}

// standardShown is a standard value as people see it: with the mask where its name tells that it is a secret, or a secret
// stands in it, as in a document of settings.
func standardShown(key string, value secret.Text) string {
	if upstream.TellsSecret(key) {
		return value.String()
	}
	if redacted := upstream.Redact(value.Reveal()); strings.Contains(redacted, secret.Mask) {
		return redacted
	}
	return value.Reveal()
}

// ShowValue is a value that is in no form as a page may show it.
func ShowValue(v store.SetValue) ShownValue {
	s := ShownValue{Hidden: v.Secured || upstream.TellsSecret(v.Key), Set: true, Empty: v.Value == "", At: v.At, By: v.By}
	if !s.Hidden {
		s.Value = standardShown(v.Key, v.Value)
	}
	return s
}
