package traysim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"time"
)

// state is everything that a Tray remembers. Server.mu guards it.
type state struct {
	MasterToken     string
	EmbeddedID      string
	Next            int64 // the place of the next row on any shelf
	Users           shelf[*user]
	Solutions       shelf[*solution]
	Instances       shelf[*instance]
	Authentications shelf[*authentication]
	Tokens          map[string]grant
	Codes           map[string]grant
	Dialogs         map[string]*dialog
	Runs            []run

	changed bool
}

// row is what stands on a shelf: it has an ID and a place, the number under which it was put there.
type row interface {
	key() (id string, place int64)
}

// shelf keeps rows in the order they were made. It remembers the place of those removed, so that a cursor outlives its row.
type shelf[T row] struct {
	Rows []T
	Gone map[string]int64
	byID map[string]T
}

func (s *shelf[T]) add(v T) {
	if s.byID == nil {
		s.byID = map[string]T{}
	}
	id, _ := v.key()
	s.Rows = append(s.Rows, v)
	s.byID[id] = v
}

func (s *shelf[T]) get(id string) (T, bool) {
	v, ok := s.byID[id]
	return v, ok
}

func (s *shelf[T]) remove(id string) {
	v, ok := s.byID[id]
	if !ok {
		return
	}
	if s.Gone == nil {
		s.Gone = map[string]int64{}
	}
	_, place := v.key()
	s.Gone[id] = place
	delete(s.byID, id)
	i := sort.Search(len(s.Rows), func(i int) bool { _, at := s.Rows[i].key(); return at >= place })
	s.Rows = slices.Delete(s.Rows, i, i+1)
}

// where keeps the rows that match, in order.
func (s *shelf[T]) where(match func(T) bool) []T {
	var out []T
	for _, v := range s.Rows {
		if match(v) {
			out = append(out, v)
		}
	}
	return out
}

// place is where a row stands or stood.
func (s *shelf[T]) place(id string) (int64, bool) {
	if v, ok := s.byID[id]; ok {
		_, at := v.key()
		return at, true
	}
	at, ok := s.Gone[id]
	return at, ok
}

func (s *shelf[T]) index() {
	s.byID = make(map[string]T, len(s.Rows))
	for _, v := range s.Rows {
		id, _ := v.key()
		s.byID[id] = v
	}
}

func newState(o Options) *state {
	st := &state{
		MasterToken: "master-" + randomHex(32),
		EmbeddedID:  "portico-demo",
		Tokens:      map[string]grant{}, Codes: map[string]grant{}, Dialogs: map[string]*dialog{},
	}
	offered := o.Solutions
	if offered == nil {
		offered = DemoSolutions()
	}
	for _, sol := range offered {
		st.addSolution(sol)
	}
	return st
}

func (st *state) next() int64 {
	st.Next++
	st.changed = true
	return st.Next
}

// readState returns nil when there is no such file yet.
func readState(file string) (*state, error) {
	if file == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the simulated Tray's state: %w", err)
	}
	st := &state{Tokens: map[string]grant{}, Codes: map[string]grant{}, Dialogs: map[string]*dialog{}}
	if err := json.Unmarshal(raw, st); err != nil {
		return nil, fmt.Errorf("reading the simulated Tray's state from %s: %w", file, err)
	}
	st.Users.index()
	st.Solutions.index()
	st.Instances.index()
	st.Authentications.index()
	return st, nil
}

// write replaces the file in one step, so that a kill leaves either the old state or the new.
func (st *state) write(file string) error {
	st.changed = false
	if file == "" {
		return nil
	}
	raw, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("writing the simulated Tray's state: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".tray-*")
	if err != nil {
		return fmt.Errorf("writing the simulated Tray's state: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(raw)
	if err = errors.Join(err, tmp.Close()); err != nil {
		return fmt.Errorf("writing the simulated Tray's state: %w", err)
	}
	if err := os.Rename(tmp.Name(), file); err != nil {
		return fmt.Errorf("writing the simulated Tray's state: %w", err)
	}
	return nil
}

// change runs f on the state and writes what it changed before it returns, so that nobody hears of a change that a
// kill could still undo.
func (s *Server) change(f func(st *state, now time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.state, s.clock.Now())
	s.keep()
}

// keep writes the state if it has changed. The caller holds mu.
func (s *Server) keep() {
	if !s.state.changed {
		return
	}
	if err := s.state.write(s.file); err != nil {
		logError("the simulated Tray cannot keep its state", err)
	}
}
