package store

import "github.com/riverqueue/river"

// CheckDeployAccount asks what an account's API client may do.
type CheckDeployAccount struct {
	AccountID string `json:"account_id"`
	Asked     string `json:"asked,omitempty"` // an ID of its own where staff ask: never the duplicate of another
}

// Kind implements river.JobArgs.
func (CheckDeployAccount) Kind() string { return "check_deploy_account" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (CheckDeployAccount) InsertOpts() river.InsertOpts { return syncOpts() }
