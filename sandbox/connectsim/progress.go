package connectsim

import (
	"slices"
	"time"
)

// progress is what a draft and a deployment have alike: their times, and what will happen to them by themselves.
type progress struct {
	Created  time.Time  `json:"created"`
	Modified time.Time  `json:"modified"`
	Gone     *time.Time `json:"gone,omitempty"`
	Due      []step     `json:"due,omitempty"` // in order of time
	Switches []string   `json:"switches,omitempty"`
	Trips    []string   `json:"trips,omitempty"` // switches that go off once, at the next call
}

// step is something that happens at a time.
type step struct {
	At time.Time `json:"at"`
	Do string    `json:"do"`
}

func (p *progress) begin(now time.Time, trips []string) {
	p.Created, p.Modified, p.Trips = now, now, trips
}

func (p *progress) end(now time.Time) { p.Gone, p.Modified, p.Due = &now, now, nil }

func (p *progress) gone() bool { return p.Gone != nil }

// plan puts steps ahead, evenly over a time, beside those that are due already.
func (p *progress) plan(now time.Time, over time.Duration, steps ...string) {
	p.Due = slices.Clone(p.Due)
	for i, do := range steps {
		p.Due = append(p.Due, step{now.Add(over * time.Duration(i+1) / time.Duration(len(steps))), do})
	}
	slices.SortStableFunc(p.Due, func(a, b step) int { return a.At.Compare(b.At) })
}

// cancel takes steps back, those of the given names or without any all of them.
func (p *progress) cancel(steps ...string) {
	p.Due = slices.DeleteFunc(slices.Clone(p.Due), func(s step) bool { return len(steps) == 0 || slices.Contains(steps, s.Do) })
}

// next is the step that is due by now, if one is.
func (p *progress) next(now time.Time) (step, bool) {
	if len(p.Due) == 0 || p.Due[0].At.After(now) {
		return step{}, false
	}
	s := p.Due[0]
	p.Due = p.Due[1:]
	p.Modified = s.At
	return s, true
}

// report is what a preview, a publication or a deployment has to say.
type report struct {
	Entries []reportEntry `json:"entries"`
}

// reportEntry is one line of it.
type reportEntry struct {
	Type        string    `json:"type"`
	Title       string    `json:"title"`
	Message     string    `json:"message,omitempty"`
	Application string    `json:"application,omitempty"`
	At          time.Time `json:"at"`
}

// The types of entries.
const (
	information = "Information"
	warning     = "Warning"
	failure     = "Error"
)

// add puts a line at the end, a millisecond after the one before, as recorded reports have them.
func (r *report) add(at time.Time, kind, title string) *reportEntry {
	at = at.Add(time.Duration(len(r.Entries)) * time.Millisecond)
	r.Entries = append(r.Entries, reportEntry{Type: kind, Title: title, At: at})
	return &r.Entries[len(r.Entries)-1]
}

func (r *report) show() object {
	entries := make([]object, len(r.Entries))
	for i, e := range r.Entries {
		entries[i] = object{"type": e.Type, "title": e.Title, "createdAt": stamp(e.At)}
		add(entries[i], "message", e.Message)
		add(entries[i], "application", e.Application)
	}
	return object{"entries": entries}
}
