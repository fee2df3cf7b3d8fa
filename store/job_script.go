package store

import "github.com/riverqueue/river"

// FetchScript fetches the browser script of an account at Activepieces.
type FetchScript struct {
	AccountID string `json:"account_id"`
	Asked     string `json:"asked,omitempty"` // an ID of its own where staff ask: never the duplicate of another
}

// Kind implements river.JobArgs.
func (FetchScript) Kind() string { return "fetch_script" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (FetchScript) InsertOpts() river.InsertOpts { return syncOpts() }
