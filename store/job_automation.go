package store

import "github.com/riverqueue/river"

// SyncAutomations copies the flows of a workspace's project and their newest runs, and goes on while one is under way.
type SyncAutomations struct {
	IdentityID string `json:"identity_id"`
}

// Kind implements river.JobArgs.
func (SyncAutomations) Kind() string { return "sync_automations" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (SyncAutomations) InsertOpts() river.InsertOpts { return syncOpts() }
