package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"portico/sandbox/clock"
)

// startClock is a clock that runs with the machine's, but goes on from where it was moved to in a folder's last run:
// nothing that is stored there may lie in the future.
func startClock(dir string) (*clock.Clock, error) {
	c := clock.New()
	b, err := os.ReadFile(filepath.Join(dir, "clock"))
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the sandbox's clock: %w", err)
	}
	then, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(string(b)))
	if err != nil {
		return nil, fmt.Errorf("reading the sandbox's clock: %w", err)
	}
	c.Advance(then.Sub(c.Now()))
	return c, nil
}

// keepClock writes down where the clock is each time it is moved, and once more at the end.
func (b *sandbox) keepClock(ctx context.Context) {
	for {
		moved := b.clock.Moved()
		if err := os.WriteFile(filepath.Join(b.dir, "clock"), []byte(b.clock.Now().UTC().Format(time.RFC3339Nano)+"\n"), 0o600); err != nil {
			b.log.Error("keeping the clock", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-moved:
		}
	}
}
