package views

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/store"
)

// Sections of the admin area, as its navigation marks them.
const (
	SectionWorkspaces = "workspaces"
	SectionInstances  = "instances"
	SectionWaiting    = "waiting"
	SectionCatalogue  = "catalogue"
	SectionJobs       = "jobs"
	SectionHealth     = "health"
	SectionAudit      = "audit"
	SectionCDK        = "cdk"
	SectionConnect    = "connect"
)

// AdminPage is what every page of the admin area needs.
type AdminPage struct {
	Page
	Staff   store.Staff // who is signed in
	Section string
	Waiting int // instances that wait for a check

	Pieces         string              // ID of the Activepieces that the page is about, else of the default one; "" = none is configured
	PiecesAccounts []store.AccountName // all of them

	CDK, Connect bool // there are accounts to deploy to
}

// May says whether the one who is signed in has a role, or one that may do more.
func (a AdminPage) May(role string) bool {
	roles := []string{store.StaffViewer, store.StaffSupport, store.StaffAdmin}
	return slices.Index(roles, a.Staff.Role) >= slices.Index(roles, role)
}

// adminDone is what was just done, in words; "" for nothing, or for what is no code of ours.
func (a AdminPage) adminDone() string {
	switch a.Done {
	case "approved", "syncing", "saved", "slots", "retried", "discarded", "signed_out", "script_asked", "script_confirmed",
		"checked", "checking", "project_made", "project_deleted", "created", "changed", "repaired", "published", "hidden":
		return a.T("admin.done." + a.Done)
	}
	return ""
}

// adminClock is a time of day to the second, UTC.
func adminClock(t time.Time) string { return t.UTC().Format("15:04:05") }

// adminExact is a time to the second, UTC, as logs write it.
func adminExact(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") + " UTC" }

// adminMillis is how long something took, to the millisecond; to a tenth of one below ten.
func adminMillis(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	decimals := 0
	if d < 10*time.Millisecond {
		decimals = 1
	}
	return strconv.FormatFloat(d.Seconds()*1000, 'f', decimals, 64) + " ms"
}

// adminTone is the colour of a state's pill.
func adminTone(in store.Instance) string {
	switch {
	case in.Attention != "":
		return "bad"
	case in.Hold != "":
		return "warn"
	case in.State == store.Enabled:
		return "good"
	case in.Unfinished():
		return "busy"
	}
	return ""
}

// adminState is the key of the one word that staff read for a state.
func adminState(in store.Instance) string {
	switch {
	case in.Hold == store.HoldCheck:
		return "admin.state.held"
	case in.State == store.Disabled && in.WantEnabled:
		return "admin.state.enabling"
	case in.State == store.Enabled && !in.WantEnabled:
		return "admin.state.turning_off"
	}
	return "admin.state." + in.State
}

// adminShort is the beginning of a long text, for a table.
func adminShort(s string, runes int) string {
	r := []rune(strings.TrimSpace(s))
	if len(r) <= runes {
		return string(r)
	}
	return string(r[:runes]) + "…"
}

// adminQuery is a query of one parameter, or nothing where it has no value.
func adminQuery(name, value string) string {
	if value == "" {
		return ""
	}
	return "?" + url.Values{name: {value}}.Encode()
}
