package commercetools

import "slices"

// What a person may want to do with a draft or a deployment, for May.
const (
	ActPreview       = "preview"       // ask for the draft to be looked at
	ActEdit          = "edit"          // any other update than those below
	ActSetRepository = "setRepository" // name another tag
	ActPublish       = "publish"       // for the private projects
	ActCertify       = "certify"       // for everybody
	ActComment       = "comment"       // answer the people who certify
	ActUnlist        = "unlist"
	ActDelete        = "delete"
	ActDeployPreview = "deployPreview" // deploy the draft itself

	ActRedeploy = "redeploy"
	ActUndeploy = "undeploy"
)

// Reasons of May beside the API's own codes. Those of the second group come with a yes.
const (
	WhyUnknownStatus      = "unknown_status" // nobody has announced this state: look only
	WhyProcessing         = "processing"
	WhyPreviewPending     = "preview_pending"
	WhyInCertification    = "in_certification"
	WhyNotInCertification = "not_in_certification"
	WhyNoChanges          = "no_changes" // against what is published
	WhyNotListed          = "not_listed" // for everybody

	WhyNotPreviewed   = "not_previewed"   // the service may refuse later
	WhyPreviewAgain   = "preview_again"   // it is needed again afterwards
	WhyBecomesPrivate = "becomes_private" // the connector is for everybody now
	WhyPublished      = "published"       // the service may refuse
)

// Guard is the word of May for an action.
func (a Action) Guard() string {
	switch a.name {
	case "updatePreviewable":
		return ActPreview
	case "setRepository":
		return ActSetRepository
	case "addCertificationComment":
		return ActComment
	case "unlist":
		return ActUnlist
	case "publish":
		if certify, _ := a.Field("certification").(bool); certify {
			return ActCertify
		}
		return ActPublish
	}
	return ActEdit
}

var (
	draftStatuses  = []Status{StatusDraft, StatusProcessing, StatusReadyForCertification, StatusInCertification, StatusPublished, StatusFailed}
	previewAnswers = []Preview{PreviewNone, PreviewPending, PreviewTrue, PreviewFalse}
)

// May reports whether the state of the draft allows an action, and why not: the code that the API would refuse with, or
// one of ours. With a yes, why is "" or what a person should know before. The service has the last word.
func (d Draft) May(action string) (ok bool, why string) {
	known := slices.Contains(draftStatuses, d.Status) && slices.Contains(previewAnswers, d.IsPreviewable)
	switch {
	case action == ActDeployPreview && d.IsPreviewable != PreviewTrue:
		return false, CodeNotPreviewable
	case !known && action == ActComment:
		return true, WhyUnknownStatus // it may be one in which people wait for an answer
	case !known:
		return false, WhyUnknownStatus
	case action == ActDeployPreview:
		return true, "" // which does not change the draft
	case d.Status == StatusProcessing:
		return false, WhyProcessing
	case d.certifying():
		return duringCertification(action)
	case action == ActComment:
		return false, WhyNotInCertification
	case d.IsPreviewable == PreviewPending && action == ActPreview:
		return false, CodePreviewUnderProcess
	case d.IsPreviewable == PreviewPending:
		return false, WhyPreviewPending
	}
	return d.mayAtRest(action)
}

func (d Draft) certifying() bool {
	return d.Status == StatusReadyForCertification || d.Status == StatusInCertification
}

func duringCertification(action string) (bool, string) {
	switch action {
	case ActComment:
		return true, ""
	case ActCertify:
		return false, CodeInCertification
	}
	return false, WhyInCertification
}

// mayAtRest is May while nobody works on the draft.
func (d Draft) mayAtRest(action string) (bool, string) {
	unchanged := d.AlreadyListed && !d.HasChanges
	switch {
	case action == ActSetRepository && d.IsPreviewable == PreviewTrue:
		return true, WhyPreviewAgain
	case action == ActUnlist && !d.Public():
		return false, WhyNotListed
	case action == ActDelete && (d.AlreadyListed || d.Status == StatusPublished):
		return true, WhyPublished
	case action == ActCertify && unchanged && d.Public():
		return false, CodeAlreadyCertified
	case action == ActPublish && unchanged:
		return false, WhyNoChanges
	case action == ActPublish && d.Public():
		return true, WhyBecomesPrivate
	case (action == ActPublish || action == ActCertify) && d.IsPreviewable != PreviewTrue:
		return true, WhyNotPreviewed
	}
	return true, ""
}

// Resting reports whether the draft changes no more by itself within minutes. One that people certify rests, and so does
// one in a state that nobody has announced.
func (d Draft) Resting() bool {
	return d.IsPreviewable != PreviewPending && d.Status != StatusProcessing
}

// May reports whether the state of the deployment allows ActRedeploy or ActUndeploy, and why not.
func (d Deployment) May(string) (ok bool, why string) {
	switch d.Status {
	case StatusQueued, StatusDeploying, StatusUndeploying:
		return false, CodeInvalidStatusTransition
	case StatusDraft, StatusDeployed, StatusFailed, StatusUndeployFailed:
		return true, ""
	}
	return false, WhyUnknownStatus
}

// Resting reports whether the deployment changes no more by itself. One in a state that nobody has announced rests.
func (d Deployment) Resting() bool {
	return d.Status != StatusQueued && d.Status != StatusDeploying && d.Status != StatusUndeploying
}
