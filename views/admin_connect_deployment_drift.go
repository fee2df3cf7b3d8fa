package views

import (
	"portico/store"
)

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

// path is where a person does something about it.
func (r DriftRow) path() string {
	if r.Deployment.ID != "" {
		return "/admin/connect/deployments/" + r.Deployment.ID
	}
	return "/admin/connect/drafts/" + r.Draft.ID
}
