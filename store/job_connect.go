package store

import "github.com/riverqueue/river"

// AdvanceOperation does what is due for an operation.
type AdvanceOperation struct {
	ID string `json:"id"`
}

// Kind implements river.JobArgs.
func (AdvanceOperation) Kind() string { return "advance_operation" }

// InsertOpts implements river.JobArgsWithInsertOpts. Never unique: see AdvanceInstance.
func (AdvanceOperation) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueDeploy, MaxAttempts: 100}
}

// WatchConnect looks at a draft or a deployment again, until nothing is under way there.
type WatchConnect struct {
	SubjectKind string `json:"kind"` // SubjectDraft or SubjectDeployment
	ID          string `json:"id"`
}

// Kind implements river.JobArgs.
func (WatchConnect) Kind() string { return "watch_connect" }

// InsertOpts implements river.JobArgsWithInsertOpts. Never unique: see AdvanceInstance. The row decides when a look is due,
// however many jobs there are.
func (WatchConnect) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueWatch, MaxAttempts: 100}
}

// SyncConnect copies an account's drafts and deployments from commercetools.
type SyncConnect struct {
	AccountID string `json:"account_id"`
	Asked     string `json:"asked,omitempty"` // as in SyncCatalogue
}

// Kind implements river.JobArgs.
func (SyncConnect) Kind() string { return "sync_connect" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (SyncConnect) InsertOpts() river.InsertOpts { return syncOpts() }
