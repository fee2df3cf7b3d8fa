package piecesim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
)

// changeLog writes each changed row as one line at the end of a file, so that a change costs the same however much
// there is. A kill leaves at worst half a line, which the next start leaves out: nobody was told of that change.
type changeLog struct {
	file    string
	out     *os.File
	shelves map[string]written
	pending []rowName
	lines   int // in the file
}

// written is a shelf as the log sees it.
type written interface {
	line(id string) any
	ids() []string
	load(id string, raw json.RawMessage) error
}

type rowName struct{ shelf, id string }

// logLine is a line of the file.
type logLine struct {
	Shelf string `json:"k"`
	ID    string `json:"id"`
	Row   any    `json:"row"`
}

func newChangeLog(file string) *changeLog {
	return &changeLog{file: file, shelves: map[string]written{}}
}

func (l *changeLog) note(shelf, id string) { l.pending = append(l.pending, rowName{shelf, id}) }

// flush appends what was noted. A row that changed twice is written once.
func (l *changeLog) flush() error {
	names := l.pending
	l.pending = nil
	if l.file == "" || len(names) == 0 {
		return nil
	}
	var out bytes.Buffer
	seen := map[rowName]bool{}
	for _, n := range names {
		if seen[n] {
			continue
		}
		seen[n] = true
		if err := l.encode(&out, n); err != nil {
			return err
		}
	}
	if _, err := l.out.Write(out.Bytes()); err != nil {
		return fmt.Errorf("writing the simulated Activepieces' state: %w", err)
	}
	l.lines += len(seen)
	if l.lines > 1000+4*l.rows() {
		return l.compact()
	}
	return nil
}

func (l *changeLog) encode(w io.Writer, n rowName) error {
	err := json.NewEncoder(w).Encode(logLine{n.shelf, n.id, l.shelves[n.shelf].line(n.id)})
	if err != nil {
		return fmt.Errorf("writing the simulated Activepieces' state: %w", err)
	}
	return nil
}

func (l *changeLog) rows() int {
	n := 0
	for _, s := range l.shelves {
		n += len(s.ids())
	}
	return n
}

// read puts every row back on its shelf; false when there is no file yet.
func (l *changeLog) read() (bool, error) {
	if l.file == "" {
		return false, nil
	}
	raw, err := os.ReadFile(l.file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the simulated Activepieces' state: %w", err)
	}
	for n := 1; ; n++ {
		end := bytes.IndexByte(raw, '\n')
		if end < 0 {
			return n > 1, nil
		}
		if err := l.readLine(raw[:end]); err != nil {
			return false, fmt.Errorf("reading the simulated Activepieces' state from %s, line %d: %w", l.file, n, err)
		}
		raw = raw[end+1:]
	}
}

func (l *changeLog) readLine(raw []byte) error {
	var row json.RawMessage
	line := logLine{Row: &row}
	if err := json.Unmarshal(raw, &line); err != nil {
		return err
	}
	shelf, ok := l.shelves[line.Shelf]
	if !ok {
		return fmt.Errorf("there is no shelf %q", line.Shelf)
	}
	if row == nil {
		row = json.RawMessage("null")
	}
	return shelf.load(line.ID, row)
}

// compact writes every row once, to a new file that takes the old one's place in one step.
func (l *changeLog) compact() error {
	if l.file == "" {
		return nil
	}
	tmp, err := os.CreateTemp(filepath.Dir(l.file), ".activepieces-*")
	if err != nil {
		return fmt.Errorf("writing the simulated Activepieces' state: %w", err)
	}
	defer os.Remove(tmp.Name()) // gone already when all went well
	out := bufio.NewWriter(tmp)
	lines := 0
	for name, shelf := range l.shelves {
		for _, id := range shelf.ids() {
			lines++
			if err := l.encode(out, rowName{name, id}); err != nil {
				return errors.Join(err, tmp.Close())
			}
		}
	}
	if err := errors.Join(out.Flush(), os.Rename(tmp.Name(), l.file)); err != nil {
		return errors.Join(fmt.Errorf("writing the simulated Activepieces' state: %w", err), tmp.Close())
	}
	if l.out != nil {
		_ = l.out.Close() // its file is replaced: nothing in it is needed
	}
	l.out, l.lines = tmp, lines // what follows is appended to it
	return nil
}

// keep flushes and says so in the log when it cannot: the simulator goes on from memory.
func (st *state) keep() {
	if err := st.log.flush(); err != nil {
		slog.Error("the simulated Activepieces cannot keep its state", "err", err)
	}
}
