package connectsim

import (
	"encoding/json"
	"slices"
)

// row is what stands on a shelf. It is a pointer: whoever changes it puts it again, so that it is written.
type row interface{ rowID() string }

// shelf keeps rows in the order they were made and tells the ledger what changed. Nothing leaves it: what has been
// deleted stays as a row that says so, since tests ask what became of it.
type shelf[T row] struct {
	name   string
	rows   []T
	byID   map[string]T
	ledger *ledger
}

func newShelf[T row](name string, l *ledger) *shelf[T] {
	s := &shelf[T]{name: name, byID: map[string]T{}, ledger: l}
	l.shelves[name] = s
	return s
}

// put adds a row, or puts it in the place of the one with its ID.
func (s *shelf[T]) put(v T) T {
	s.place(v)
	s.ledger.note(s.name, v.rowID())
	return v
}

func (s *shelf[T]) place(v T) {
	id := v.rowID()
	if _, known := s.byID[id]; known {
		i := slices.IndexFunc(s.rows, func(o T) bool { return o.rowID() == id })
		s.rows[i] = v
	} else {
		s.rows = append(s.rows, v)
	}
	s.byID[id] = v
}

func (s *shelf[T]) get(id string) (T, bool) {
	v, ok := s.byID[id]
	return v, ok
}

// where keeps the rows that match, in order.
func (s *shelf[T]) where(match func(T) bool) []T {
	var out []T
	for _, v := range s.rows {
		if match(v) {
			out = append(out, v)
		}
	}
	return out
}

// find is the first row that matches.
func (s *shelf[T]) find(match func(T) bool) (v T, ok bool) {
	i := slices.IndexFunc(s.rows, match)
	if i < 0 {
		return v, false
	}
	return s.rows[i], true
}

func (s *shelf[T]) line(id string) any { return s.byID[id] }

func (s *shelf[T]) ids() []string {
	out := make([]string, len(s.rows))
	for i, v := range s.rows {
		out[i] = v.rowID()
	}
	return out
}

// load puts back what the ledger holds.
func (s *shelf[T]) load(_ string, raw json.RawMessage) error {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	s.place(v)
	return nil
}
