package views

import (
	"strings"

	"portico/store"
	"portico/upstream/commercetools"
)

// ConnectAccount is a project at commercetools with what lies in it.
type ConnectAccount struct {
	store.DeployAccount
	Sync        store.ConnectSync
	Drafts      []store.ConnectorDraft
	Deployments []store.ConnectDeployment
}

// AdminConnectPage is what there is at commercetools, and what waits for a person.
type AdminConnectPage struct {
	AdminPage
	Accounts []ConnectAccount
	Asking   []store.Operation
	UnderWay []store.Operation
	Releases []store.Pipeline // under way, or waiting for a person
	Drift    []DriftRow
}

// unread is the drafts of which the certification has said something that nobody has read.
func (p AdminConnectPage) unread() []store.ConnectorDraft {
	var unread []store.ConnectorDraft
	for _, a := range p.Accounts {
		for _, d := range a.Drafts {
			if d.Unread() > 0 {
				unread = append(unread, d)
			}
		}
	}
	return unread
}

// neededScopes are what an API client should have, with what does not work without each.
var neededScopes = []string{commercetools.ScopeManageConnectors, commercetools.ScopeManageDeployments, commercetools.ScopeManageAPIClients}

// missingScopes is the needed scopes that an account lacks; nil while nobody knows its scopes.
func (a ConnectAccount) missingScopes() []string {
	if len(a.Scopes) == 0 || a.CheckedAt.IsZero() {
		return nil
	}
	have := map[string]bool{}
	for _, s := range a.Scopes {
		have[s] = true
	}
	var missing []string
	for _, s := range neededScopes {
		if !have[s] && (s == commercetools.ScopeManageAPIClients || !have[commercetools.ScopeManageProject]) {
			missing = append(missing, s)
		}
	}
	return missing
}

// draftTone is the colour of a draft's status.
func draftTone(status string) string {
	switch commercetools.Status(status) {
	case commercetools.StatusPublished:
		return "good"
	case commercetools.StatusFailed:
		return "bad"
	case commercetools.StatusProcessing, commercetools.StatusReadyForCertification, commercetools.StatusInCertification:
		return "busy"
	case commercetools.StatusDraft:
		return ""
	}
	return "warn"
}

// draftWord is a status in words; one that is not known stands as the platform has it.
func draftWord(p Page, status string) string {
	if key := "connect.status." + status; p.Has(key) {
		return p.T(key)
	}
	return status
}

// previewTone is the colour of a preview request.
func previewTone(previewable string) string {
	switch commercetools.Preview(previewable) {
	case commercetools.PreviewTrue:
		return "good"
	case commercetools.PreviewFalse:
		return "bad"
	case commercetools.PreviewPending:
		return "busy"
	case commercetools.PreviewNone:
		return ""
	}
	return "warn"
}

func previewWord(p Page, previewable string) string {
	if key := "connect.preview." + previewable; p.Has(key) {
		return p.T(key)
	}
	return previewable
}

// deploymentTone is the colour of a deployment's status: one that is deployed with warnings is a warning.
func deploymentTone(d store.ConnectDeployment) string {
	switch commercetools.Status(d.Status) {
	case commercetools.StatusDeployed:
		if d.Warnings > 0 {
			return "warn"
		}
		return "good"
	case commercetools.StatusFailed, commercetools.StatusUndeployFailed:
		return "bad"
	case commercetools.StatusQueued, commercetools.StatusDeploying, commercetools.StatusUndeploying:
		return "busy"
	case commercetools.StatusDraft:
		return ""
	}
	return "warn"
}

func deploymentWord(p Page, d store.ConnectDeployment) string {
	if d.Status == string(commercetools.StatusDeployed) && d.Warnings > 0 {
		return p.T("connect.deployed_warns")
	}
	return draftWord(p, d.Status)
}

// operationTone is the colour of an operation.
func operationTone(o store.Operation) string {
	switch o.State {
	case store.OpDone:
		return "good"
	case store.OpFailed:
		return "bad"
	case store.OpMoved:
		return "warn"
	}
	return "busy"
}

// connectProblem is the part of a message key that tells a problem: its code, or "other" for one that nobody has announced.
func connectProblem(p Page, code string) string {
	if p.Has("connect.problem." + code) {
		return code
	}
	return "other"
}

// operationPath is where an operation's subject has its page; its own where that is not there yet.
func operationPath(o store.Operation) string {
	switch {
	case o.SubjectID == "":
		return "/admin/connect/operations/" + o.ID
	case o.SubjectKind == store.SubjectDraft:
		return "/admin/connect/drafts/" + o.SubjectID
	}
	return "/admin/connect/deployments/" + o.SubjectID
}

// words joins a list of words, a dash for none.
func wordsOf(list []string) string {
	if len(list) == 0 {
		return "–"
	}
	return strings.Join(list, ", ")
}
