package commercetools

// Status is the state of a draft or of a deployment. It may be a text that is none of the constants: the service has had
// others, and tells no program before it gets new ones.
type Status string

// States of both. A deployment in StatusDraft is one that was never deployed.
const (
	StatusDraft  Status = "Draft"
	StatusFailed Status = "Failed"
)

// States of a draft.
const (
	StatusProcessing            Status = "Processing" // being published: minutes
	StatusReadyForCertification Status = "ReadyForCertification"
	StatusInCertification       Status = "InCertification" // people look at it: days to weeks
	StatusPublished             Status = "Published"
)

// States of a deployment.
const (
	StatusQueued         Status = "Queued"
	StatusDeploying      Status = "Deploying"   // up to 15 minutes
	StatusDeployed       Status = "Deployed"    // which does not prove that its scripts worked
	StatusUndeploying    Status = "Undeploying" // then the deployment is not found any more
	StatusUndeployFailed Status = "UndeployFailed"
)
