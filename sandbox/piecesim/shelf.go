package piecesim

import (
	"encoding/json"
	"slices"
)

// row is what stands on a shelf. It is a pointer: whoever changes it puts it again, so that it is written.
type row interface{ key() string }

// shelf keeps rows in the order they were made and tells the log what changed.
type shelf[T row] struct {
	name string
	rows []T
	byID map[string]T
	log  *changeLog
}

func newShelf[T row](name string, log *changeLog) *shelf[T] {
	s := &shelf[T]{name: name, byID: map[string]T{}, log: log}
	log.shelves[name] = s
	return s
}

// put adds a row, or says that it has changed.
func (s *shelf[T]) put(v T) T {
	id := v.key()
	if _, known := s.byID[id]; !known {
		s.rows = append(s.rows, v)
		s.byID[id] = v
	}
	s.log.note(s.name, id)
	return v
}

func (s *shelf[T]) get(id string) (T, bool) {
	v, ok := s.byID[id]
	return v, ok
}

func (s *shelf[T]) remove(id string) {
	if _, ok := s.byID[id]; !ok {
		return
	}
	delete(s.byID, id)
	s.rows = slices.DeleteFunc(s.rows, func(v T) bool { return v.key() == id })
	s.log.note(s.name, id)
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

// line is a row as the log writes it: null when it is gone.
func (s *shelf[T]) line(id string) any {
	if v, ok := s.byID[id]; ok {
		return v
	}
	return nil
}

func (s *shelf[T]) ids() []string {
	out := make([]string, len(s.rows))
	for i, v := range s.rows {
		out[i] = v.key()
	}
	return out
}

// load puts back what the log holds.
func (s *shelf[T]) load(id string, raw json.RawMessage) error {
	if string(raw) == "null" {
		delete(s.byID, id)
		s.rows = slices.DeleteFunc(s.rows, func(v T) bool { return v.key() == id })
		return nil
	}
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	if _, known := s.byID[id]; known {
		i := slices.IndexFunc(s.rows, func(o T) bool { return o.key() == id })
		s.rows[i] = v
	} else {
		s.rows = append(s.rows, v)
	}
	s.byID[id] = v
	return nil
}
