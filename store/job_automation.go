package store

import "github.com/riverqueue/river"

// SyncAutomations copies the flows of a workspace's project and their newest runs.
type SyncAutomations struct {
	IdentityID string `json:"identity_id"`
	Watched    bool   `json:"watched,omitempty"` // somebody waits for it: it goes on while a run is under way
}

// Kind implements river.JobArgs.
func (SyncAutomations) Kind() string { return "sync_automations" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (SyncAutomations) InsertOpts() river.InsertOpts { return syncOpts() }
