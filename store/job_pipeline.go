package store

import "github.com/riverqueue/river"

// AdvancePipeline does the next step of a pipeline, if one is due.
type AdvancePipeline struct {
	ID string `json:"id"`
}

// Kind implements river.JobArgs.
func (AdvancePipeline) Kind() string { return "advance_pipeline" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (AdvancePipeline) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueWatch, MaxAttempts: 100}
}
