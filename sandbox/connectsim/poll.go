package connectsim

import (
	"encoding/json"
	"slices"
	"time"
)

// keptPolls is how many times are kept of each object.
const keptPolls = 5000

// polls are the times at which each draft and deployment was asked for, so that a test can prove that nobody asks more
// often than is decent. The ledger has a line for each, and one for all after it was compacted.
type polls struct {
	order  []string
	times  map[string][]int64 // Unix milliseconds
	ledger *ledger
}

func newPolls(l *ledger) *polls {
	p := &polls{times: map[string][]int64{}, ledger: l}
	l.shelves["poll"] = p
	return p
}

func (p *polls) add(id string, at time.Time) {
	p.keep(id, at.UnixMilli())
	p.ledger.pending = append(p.ledger.pending, entry{"poll", id, at.UnixMilli()})
}

func (p *polls) keep(id string, times ...int64) {
	if _, known := p.times[id]; !known {
		p.order = append(p.order, id)
	}
	list := append(p.times[id], times...)
	p.times[id] = slices.Delete(list, 0, max(0, len(list)-keptPolls))
}

func (p *polls) line(id string) any { return p.times[id] }

func (p *polls) ids() []string { return p.order }

// load reads one time, or a list of them.
func (p *polls) load(id string, raw json.RawMessage) error {
	var at int64
	if err := json.Unmarshal(raw, &at); err == nil {
		p.keep(id, at)
		return nil
	}
	var all []int64
	if err := json.Unmarshal(raw, &all); err != nil {
		return err
	}
	p.keep(id, all...)
	return nil
}
