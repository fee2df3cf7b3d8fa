// Command bench measures the portal with a great deal in it: it builds the program, fills a database, starts Tray
// simulated and the portal on it, and asks for its two hottest pages over 32 connections. Beside each page stands the
// floor of the same run: another process of the same machine, in which an echo handler writes as many bytes from memory.
//
// Numbers are not tests: it exits with 0 whatever they are, and fails only when nothing could be measured. It reads
// /proc, and so runs on Linux alone.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// sizes is how much there is, and how long it is measured.
type sizes struct {
	integrations, users, instances int
	connections                    int
	rounds, starts                 int
	round                          time.Duration
	keep                           string // folder that is not removed at the end
}

func main() {
	floor := flag.Bool("floor", false, "be the floor: answer GET /BYTES with so many bytes")
	var n sizes
	flag.IntVar(&n.integrations, "integrations", 1_000, "how many integrations there are")
	flag.IntVar(&n.users, "users", 10_000, "how many users there are")
	flag.IntVar(&n.instances, "instances", 100_000, "how many instances there are")
	flag.IntVar(&n.connections, "connections", 32, "how many connections ask at once")
	flag.IntVar(&n.rounds, "rounds", 3, "how often each page is measured, in turns with its floor")
	flag.IntVar(&n.starts, "starts", 5, "how often the program is started")
	flag.DurationVar(&n.round, "round", 1500*time.Millisecond, "how long a page is asked for in one round")
	flag.StringVar(&n.keep, "keep", "", "folder to leave program and database in")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := func() error { return measure(ctx, n) }
	if *floor {
		run = func() error { return serveFloor(os.Stdout) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// measure does everything in turn and prints each number as it comes.
func measure(ctx context.Context, n sizes) error {
	w, err := prepare(ctx, n)
	if err != nil {
		return err
	}
	defer w.close()
	if err := w.measureStart(ctx); err != nil {
		return err
	}
	table := &table{out: os.Stdout}
	for _, tray := range []trayState{trayAlive, trayDead} {
		if err := w.measurePages(ctx, tray, table); err != nil {
			return fmt.Errorf("with Tray %s: %w", tray, err)
		}
	}
	table.aims()
	return nil
}
