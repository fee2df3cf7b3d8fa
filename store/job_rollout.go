package store

import "github.com/riverqueue/river"

// RunRollout works through a rollout.
type RunRollout struct {
	ID    string `json:"id"`
	Asked string `json:"asked,omitempty"` // as in SyncCatalogue
}

// Kind implements river.JobArgs.
func (RunRollout) Kind() string { return "run_rollout" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (RunRollout) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueConnections, MaxAttempts: 100, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished}}
}

// ReconcileConnection brings a predefined connection in one workspace to what it should be.
type ReconcileConnection struct {
	PredefinedID string `json:"predefined_id"`
	WorkspaceID  string `json:"workspace_id"`
	Asked        string `json:"asked,omitempty"` // as in SyncCatalogue
}

// Kind implements river.JobArgs.
func (ReconcileConnection) Kind() string { return "reconcile_connection" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ReconcileConnection) InsertOpts() river.InsertOpts { return connectionOpts() }

// ProvisionWorkspace makes a workspace's project at an Activepieces and all its predefined connections.
type ProvisionWorkspace struct {
	AccountID   string `json:"account_id"`
	WorkspaceID string `json:"workspace_id"`
	Asked       string `json:"asked,omitempty"` // as in SyncCatalogue
}

// Kind implements river.JobArgs.
func (ProvisionWorkspace) Kind() string { return "provision_workspace" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ProvisionWorkspace) InsertOpts() river.InsertOpts { return connectionOpts() }

// CheckConnections asks an Activepieces for all predefined connections and repairs what is out of step.
type CheckConnections struct {
	AccountID string `json:"account_id"`
	Asked     string `json:"asked,omitempty"` // as in SyncCatalogue
}

// Kind implements river.JobArgs.
func (CheckConnections) Kind() string { return "check_connections" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (CheckConnections) InsertOpts() river.InsertOpts {
	o := syncOpts()
	o.Queue = QueueConnections
	return o
}

// DeleteProject removes a workspace's project at an Activepieces, and what we know of it.
type DeleteProject struct {
	AccountID   string `json:"account_id"`
	WorkspaceID string `json:"workspace_id"`
	ProjectID   string `json:"project_id"` // the platform's: one made since is another
}

// Kind implements river.JobArgs.
func (DeleteProject) Kind() string { return "delete_project" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (DeleteProject) InsertOpts() river.InsertOpts { return connectionOpts() }

// connectionOpts: what a silent platform keeps from being done is tried again for as long as it takes.
func connectionOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueConnections, MaxAttempts: 25, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished}}
}
