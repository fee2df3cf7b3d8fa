package views

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"portico/store"
)

// Followed is how fresh what a page shows of a project is.
type Followed struct {
	Project bool // the workspace has one
	Synced  time.Time
	Looking bool // it is being asked for just now
	Failed  bool // the last try came to nothing
}

// AutomationsPage is a workspace's automations.
type AutomationsPage struct {
	Page
	Followed
	List   []store.AutomationCard
	Number int // of the page, from 1
	More   bool
}

// AutomationPage is one automation and its runs.
type AutomationPage struct {
	Page
	Followed
	A    store.AutomationCard
	Runs RunList
}

// RunList is some runs of an automation, newest first.
type RunList struct {
	AutomationID string
	Runs         []store.Run
	MayRetry     bool
	Instance     string // the instance on whose page they are; "" = on the automation's
	Older        bool   // there are more
	Later        bool   // these are not the newest
}

// runWatched is how long a page looks again by itself for a run that is under way.
const runWatched = 10 * time.Minute

// UnderWay says whether a run is about to change by itself, so that the page has to look again.
func (l RunList) UnderWay(now time.Time) bool {
	for _, r := range l.Runs {
		if UnderWay(r, now) {
			return true
		}
	}
	return false
}

// UnderWay says whether a run is about to change by itself; one that has not for ten minutes is no longer waited for.
func UnderWay(r store.Run, now time.Time) bool {
	since := r.At.Time
	if r.RetriedAt.After(since) {
		since = r.RetriedAt.Time
	}
	return r.UnderWay() && now.Sub(since) < runWatched
}

// Lookable says whether any of the list's newest runs is under way.
func (a AutomationsPage) Lookable() bool {
	for _, c := range a.List {
		if UnderWay(c.Last, a.Now) {
			return true
		}
	}
	return false
}

// runTone is the colour of a run's outcome.
func runTone(status string) string {
	switch status {
	case "SUCCEEDED":
		return "good"
	case store.RunQueued, store.RunRunning:
		return "busy"
	case store.RunPaused, "CANCELED":
		return "warn"
	case "FAILED", "TIMEOUT", "INTERNAL_ERROR", "QUOTA_EXCEEDED", "MEMORY_LIMIT_EXCEEDED", "LOG_SIZE_EXCEEDED":
		return "bad"
	}
	return ""
}

// runOutcome is a run's status in words; one that the platform has come up with since is told as it is.
func runOutcome(p Page, status string) string {
	key := "run.status." + strings.ToLower(status)
	if p.Has(key) {
		return p.T(key)
	}
	return status
}

// runWhy says why a run did not work: in its step's words, else what its outcome means; "" for one that did.
func runWhy(p Page, r store.Run) string {
	key := "run.why." + strings.ToLower(r.Status)
	switch {
	case r.Step != "" && r.Message != "":
		return p.T("run.failed_step_why", "step", r.Step, "why", r.Message)
	case r.Step != "":
		return p.T("run.failed_step", "step", r.Step)
	case r.Message != "":
		return r.Message
	case p.Has(key):
		return p.T(key)
	}
	return ""
}

// took is how long a run was at it; "" before its end.
func took(p Page, r store.Run) string {
	if r.EndedAt.IsZero() || r.StartedAt.IsZero() || r.EndedAt.Before(r.StartedAt.Time) {
		return ""
	}
	switch d := r.EndedAt.Sub(r.StartedAt.Time); {
	case d < time.Second:
		return p.T("run.took_under_second")
	case d < time.Minute:
		return p.N("run.took_seconds", int(d/time.Second))
	case d < time.Hour:
		return p.N("run.took_minutes", int(d/time.Minute))
	default:
		return p.N("run.took_hours", int(d/time.Hour))
	}
}

// whyFixed is why an automation can be turned neither on nor off; "" where it can.
func whyFixed(p Page, a store.AutomationCard) string {
	switch {
	case a.Switchable():
		return ""
	case a.InstanceID != "":
		return p.T("automation.unfinished")
	case !a.Published:
		return p.T("automation.unpublished")
	}
	return p.T("automation.incomplete")
}

func onOff(p Page, on bool) (tone, text string) {
	if on {
		return "good", p.T("state.on")
	}
	return "", p.T("state.off")
}

func (l RunList) path(what string) string { return "/automations/" + l.AutomationID + what }

func (l RunList) olderPath() string {
	return l.path("?before=" + url.QueryEscape(l.Runs[len(l.Runs)-1].ID))
}

func (a AutomationsPage) here(number int) string {
	if number > 1 {
		return a.Link("/automations?page=", strconv.Itoa(number))
	}
	return a.Link("/automations")
}

// builderPath is where the builder shows an automation.
func builderPath(a store.AutomationCard) string {
	return "/automations/builder/flows/" + url.PathEscape(a.UpstreamID)
}
