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

// startClock is a clock that runs with the machine's, as far ahead of it as a folder's last run was in the end: nothing
// that is stored there may lie in the future.
func startClock(dir string) (*clock.Clock, error) {
	c := clock.New()
	b, err := os.ReadFile(filepath.Join(dir, "clock"))
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the sandbox's clock: %w", err)
	}
	ahead, err := time.ParseDuration(strings.TrimSpace(string(b)))
	if err != nil {
		return nil, fmt.Errorf("reading the sandbox's clock: %w", err)
	}
	c.Advance(ahead)
	return c, nil
}

// keepClock writes down how far ahead the clock is, each time it is moved.
func (b *sandbox) keepClock(ctx context.Context) {
	for {
		moved := b.clock.Moved()
		ahead := time.Until(b.clock.Now()).Round(time.Second)
		if err := os.WriteFile(filepath.Join(b.dir, "clock"), []byte(ahead.String()+"\n"), 0o600); err != nil {
			b.log.Error("keeping the clock", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-moved:
		}
	}
}
