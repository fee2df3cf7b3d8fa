package store

import "github.com/riverqueue/river"

// SendCDK brings a deployment as far as the platform's answer: it waits for its turn, sends the archive, and finds out
// what became of it where the answer was lost.
type SendCDK struct {
	ID    string `json:"id"`
	Asked string `json:"asked,omitempty"` // as in SyncCatalogue
}

// Kind implements river.JobArgs.
func (SendCDK) Kind() string { return "send_cdk" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (SendCDK) InsertOpts() river.InsertOpts { return deployOpts(QueueDeploy) }

// WatchCDK asks the platform how far a deployment is until it has ended.
type WatchCDK struct {
	ID    string `json:"id"`
	Asked string `json:"asked,omitempty"` // as in SyncCatalogue
}

// Kind implements river.JobArgs.
func (WatchCDK) Kind() string { return "watch_cdk" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (WatchCDK) InsertOpts() river.InsertOpts { return deployOpts(QueueWatch) }

// ShareCDK shows a deployed connector to people.
type ShareCDK struct {
	ID    string `json:"id"` // of the CDKShare
	Asked string `json:"asked,omitempty"`
}

// Kind implements river.JobArgs.
func (ShareCDK) Kind() string { return "share_cdk" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ShareCDK) InsertOpts() river.InsertOpts { return deployOpts(QueueDeploy) }

// deployOpts: rows and not jobs hold what is to be done, so one job a row is enough, and it may try for long.
func deployOpts(queue string) river.InsertOpts {
	return river.InsertOpts{Queue: queue, MaxAttempts: 100, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished}}
}
