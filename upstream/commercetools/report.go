package commercetools

import (
	"slices"
	"strings"
)

// Types of report entries.
const (
	EntryInformation = "Information"
	EntryWarning     = "Warning"
	EntryError       = "Error"
)

// Report is what the service says of a preview request, a publication or a deployment. It names the step that failed, not
// what was found: that is in the Merchant Center.
type Report struct {
	Entries []ReportEntry `json:"entries"`
}

// ReportEntry is one sentence of a report.
type ReportEntry struct {
	Type        string `json:"type"` // EntryInformation …; another text is kept
	Title       string `json:"title"`
	Message     string `json:"message,omitempty"`
	Application string `json:"application,omitempty"` // its name; "" for all
	CreatedAt   Moment `json:"createdAt,omitzero"`
}

// Warns reports whether a person should look at an entry although the work may have succeeded: warnings, errors, and
// what was skipped, which the service calls information.
func (e ReportEntry) Warns() bool {
	switch e.Type {
	case EntryWarning, EntryError:
		return true
	case EntryInformation:
		return strings.Contains(strings.ToLower(e.Title), "skipped")
	}
	return false
}

// Warnings are the entries that a person should look at, in the service's order.
func (r Report) Warnings() []ReportEntry { return r.chosen(ReportEntry.Warns) }

// Errors are the entries that say why something failed.
func (r Report) Errors() []ReportEntry {
	return r.chosen(func(e ReportEntry) bool { return e.Type == EntryError })
}

func (r Report) chosen(keep func(ReportEntry) bool) []ReportEntry {
	all := slices.Clone(r.Entries)
	all = slices.DeleteFunc(all, func(e ReportEntry) bool { return !keep(e) })
	if len(all) == 0 {
		return nil
	}
	return all
}
