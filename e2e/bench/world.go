package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// world is what is measured, and what it is measured with.
type world struct {
	sizes
	dir      string
	address  string // of the portal
	tray     *trayServer
	closed   string // an address where nobody listens
	floor    *process
	floorURL string
	regular  person // has instances, as many as users have on average
	newcomer person // nobody has ever seen them
	instance string // the regular's, with a year's events
}

// prepare builds the program, starts Tray and the floor, and fills the database.
func prepare(ctx context.Context, n sizes) (w *world, err error) {
	w = &world{sizes: n, dir: n.keep}
	if w.dir == "" {
		if w.dir, err = os.MkdirTemp("", "portico-bench-"); err != nil {
			return nil, err
		}
	} else if err := os.MkdirAll(w.dir, 0o700); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if err := w.build(ctx); err != nil {
		return nil, err
	}
	if w.address, err = freeAddress(); err != nil {
		return nil, err
	}
	if w.closed, err = freeAddress(); err != nil {
		return nil, err
	}
	if err := w.startFloor(ctx); err != nil {
		return nil, err
	}
	if w.tray, err = startTray(n); err != nil {
		return nil, err
	}
	began := time.Now()
	if err := w.seed(ctx); err != nil {
		return nil, fmt.Errorf("filling the database: %w", err)
	}
	fmt.Printf("%d integrations, %d users, %d instances: stored in %.0f s\n\n", n.integrations, n.users, n.instances, time.Since(began).Seconds())
	return w, nil
}

func (w *world) close() {
	if w.floor != nil {
		w.floor.stop()
	}
	if w.tray != nil {
		w.tray.close()
	}
	if w.keep == "" {
		os.RemoveAll(w.dir) //nolint:errcheck // a temporary folder
	}
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

// build makes the program as it is released.
func (w *world) build(ctx context.Context) error {
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", w.path("portico"), "portico/cmd/portico")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return nil
}

// freeAddress is a loopback address where nobody listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
