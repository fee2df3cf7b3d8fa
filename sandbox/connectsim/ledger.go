package connectsim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ledger writes each changed row as one line at the end of a file, so that a change costs the same however much there
// is. A kill leaves at worst half a line, which the next start leaves out: nobody was told of that change.
type ledger struct {
	file    string
	out     *os.File
	shelves map[string]written
	pending []entry
	lines   int // in the file
}

// written is a shelf as the ledger sees it.
type written interface {
	line(id string) any
	ids() []string
	load(id string, raw json.RawMessage) error
}

// entry is a line that has to be written: the row as it will be then, or what is added to it.
type entry struct {
	shelf, id string
	addition  any
}

// ledgerLine is a line of the file.
type ledgerLine struct {
	Shelf string `json:"k"`
	ID    string `json:"id"`
	Row   any    `json:"row"`
}

func newLedger(file string) *ledger { return &ledger{file: file, shelves: map[string]written{}} }

// note says that a row has changed.
func (l *ledger) note(shelf, id string) { l.pending = append(l.pending, entry{shelf: shelf, id: id}) }

// flush appends what was noted. A row that changed twice is written once.
func (l *ledger) flush() error {
	entries := l.pending
	l.pending = nil
	if l.file == "" || len(entries) == 0 {
		return nil
	}
	var out bytes.Buffer
	seen := map[entry]bool{}
	for _, e := range entries {
		if e.addition == nil {
			if seen[e] {
				continue
			}
			seen[e] = true
		}
		l.lines++
		if err := l.encode(&out, e); err != nil {
			return err
		}
	}
	if _, err := l.out.Write(out.Bytes()); err != nil {
		return fmt.Errorf("writing the simulated Connect's state: %w", err)
	}
	if l.lines > 1000+4*l.rows() {
		return l.compact()
	}
	return nil
}

func (l *ledger) encode(w io.Writer, e entry) error {
	row := e.addition
	if row == nil {
		row = l.shelves[e.shelf].line(e.id)
	}
	if err := json.NewEncoder(w).Encode(ledgerLine{e.shelf, e.id, row}); err != nil {
		return fmt.Errorf("writing the simulated Connect's state: %w", err)
	}
	return nil
}

func (l *ledger) rows() int {
	n := 0
	for _, s := range l.shelves {
		n += len(s.ids())
	}
	return n
}

// read puts every row back on its shelf; false when there is no file yet.
func (l *ledger) read() (bool, error) {
	if l.file == "" {
		return false, nil
	}
	raw, err := os.ReadFile(l.file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the simulated Connect's state: %w", err)
	}
	for n := 1; ; n++ {
		end := bytes.IndexByte(raw, '\n')
		if end < 0 {
			return n > 1, nil
		}
		if err := l.readLine(raw[:end]); err != nil {
			return false, fmt.Errorf("reading the simulated Connect's state from %s, line %d: %w", l.file, n, err)
		}
		raw = raw[end+1:]
	}
}

func (l *ledger) readLine(raw []byte) error {
	var row json.RawMessage
	line := ledgerLine{Row: &row}
	if err := json.Unmarshal(raw, &line); err != nil {
		return err
	}
	shelf, ok := l.shelves[line.Shelf]
	if !ok {
		return fmt.Errorf("there is no shelf %q", line.Shelf)
	}
	return shelf.load(line.ID, row)
}

// compact writes every row once, to a new file that takes the old one's place in one step.
func (l *ledger) compact() error {
	if l.file == "" {
		return nil
	}
	tmp, err := os.CreateTemp(filepath.Dir(l.file), ".connect-*")
	if err != nil {
		return fmt.Errorf("writing the simulated Connect's state: %w", err)
	}
	defer os.Remove(tmp.Name()) // gone already when all went well
	lines, err := l.writeAll(tmp)
	if err == nil {
		err = os.Rename(tmp.Name(), l.file)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing the simulated Connect's state: %w", err), tmp.Close())
	}
	_ = l.close() // its file is replaced: nothing in it is needed
	l.out, l.lines = tmp, lines
	return nil
}

func (l *ledger) writeAll(f *os.File) (lines int, err error) {
	out := bufio.NewWriter(f)
	for name, shelf := range l.shelves {
		for _, id := range shelf.ids() {
			lines++
			if err := l.encode(out, entry{shelf: name, id: id}); err != nil {
				return lines, err
			}
		}
	}
	return lines, out.Flush()
}

func (l *ledger) close() error {
	if l.out == nil {
		return nil
	}
	return l.out.Close()
}
