package cdksim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
)

// logFile is the file that a state is kept in: a line of JSON a change, so that a change costs the same however much there
// is. A kill leaves at worst half a line, which the next start leaves out: nobody was told of that change.
type logFile struct {
	path string // empty: nothing is kept
	out  *os.File
}

// read gives each whole line to apply; false when there is no file yet.
func (l *logFile) read(apply func(line)) (bool, error) {
	if l.path == "" {
		return false, nil
	}
	raw, err := os.ReadFile(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the simulated CDK service's state: %w", err)
	}
	for n := 1; ; n++ {
		text, rest, whole := bytes.Cut(raw, []byte("\n"))
		if !whole {
			return n > 1, nil
		}
		var next line
		if err := json.Unmarshal(text, &next); err != nil {
			return false, fmt.Errorf("reading the simulated CDK service's state from %s, line %d: %w", l.path, n, err)
		}
		if next == (line{}) {
			return false, fmt.Errorf("reading the simulated CDK service's state from %s: line %d is another program's", l.path, n)
		}
		apply(next)
		raw = rest
	}
}

// append writes changes by one call, so that a kill keeps all of them, or those from the front and none of the rest.
func (l *logFile) append(lines []line) error {
	if l.path == "" {
		return nil
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	for _, next := range lines {
		if err := enc.Encode(next); err != nil {
			return fmt.Errorf("writing the simulated CDK service's state: %w", err)
		}
	}
	if _, err := l.out.Write(out.Bytes()); err != nil {
		return fmt.Errorf("writing the simulated CDK service's state: %w", err)
	}
	return nil
}

// rewrite puts a new file in the old one's place in one step; what follows is appended to it.
func (l *logFile) rewrite(lines []line) error {
	if l.path == "" {
		return nil
	}
	var err error
	if l.out, err = os.CreateTemp(filepath.Dir(l.path), ".cdk-*"); err != nil {
		return fmt.Errorf("writing the simulated CDK service's state: %w", err)
	}
	defer os.Remove(l.out.Name()) // gone already when all went well
	if err := l.append(lines); err != nil {
		return errors.Join(err, l.out.Close())
	}
	if err := os.Rename(l.out.Name(), l.path); err != nil {
		return errors.Join(fmt.Errorf("writing the simulated CDK service's state: %w", err), l.out.Close())
	}
	return nil
}

func logError(message string, err error) { slog.Error(message, "err", err) }
