package views

import (
	"cmp"
	"slices"
	"time"

	"portico/store"
)

// Line is one line of a timeline: what happened, or a call to a platform.
type Line struct {
	Event  *store.Event
	Call   *store.UpstreamCall
	NewDay bool // the first one, from the top, of its day (UTC)
}

// Timeline joins what happened and the calls that were made, newest first, the limit newest of both. next is where
// older ones begin, "" when these are all; both lists hold one more than the limit where there are more.
func Timeline(events []store.Event, calls []store.UpstreamCall, limit int) (lines []Line, next string) {
	for n := range events {
		lines = append(lines, Line{Event: &events[n]})
	}
	for n := range calls {
		lines = append(lines, Line{Call: &calls[n]})
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return cmp.Compare(b.id(), a.id()) })
	if len(lines) > limit {
		lines = lines[:limit]
		next = lines[limit-1].id()
	}
	day := ""
	for n := range lines {
		d := lines[n].At().Format(time.DateOnly)
		lines[n].NewDay, day = d != day, d
	}
	return lines, next
}

// id is a ULID, so that lines of both kinds sort by time.
func (l Line) id() string {
	if l.Event != nil {
		return l.Event.ID
	}
	return l.Call.ID
}

// At is when it happened.
func (l Line) At() time.Time {
	if l.Event != nil {
		return l.Event.At.Time
	}
	return l.Call.At.Time
}

func (l Line) duration() time.Duration {
	if l.Event != nil {
		return l.Event.Duration
	}
	return l.Call.Duration
}

var tones = map[string]string{
	"dialog.failed":      "bad",
	"instance.attention": "bad",
	"session.refused":    "bad",
	"instance.held":      "warn",
	"instance.duplicate": "warn",
	"slot.attached":      "good",
	"instance.complete":  "good",
	"instance.enabled":   "good",
	"instance.recovered": "good",
	"instance.checked":   "good",

	"cdk.failed":       "bad",
	"cdk.refused":      "bad",
	"cdk.share_failed": "bad",
	"cdk.behind":       "warn",
	"cdk.troubled":     "warn",
	"cdk.waited_out":   "warn",
	"cdk.deployed":     "good",
	"cdk.shared":       "good",

	"draft.create.failed":        "bad",
	"draft.update.failed":        "bad",
	"draft.delete.failed":        "bad",
	"draft.update.moved":         "warn",
	"draft.gone":                 "warn",
	"draft.create.done":          "good",
	"draft.update.done":          "good",
	"deployment.create.failed":   "bad",
	"deployment.redeploy.failed": "bad",
	"deployment.delete.failed":   "bad",
	"deployment.redeploy.moved":  "warn",
	"deployment.gone":            "warn",
}

// tone is the colour of the line's dot.
func (l Line) tone() string {
	switch {
	case l.Event != nil:
		return tones[l.Event.Code]
	case l.Call.Outcome != "ok":
		return "bad"
	}
	return ""
}
