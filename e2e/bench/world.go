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
	instance string // the regular's, with some more events than most
}

// prepare builds the program, starts Tray and the floor, and fills the database.
func prepare(ctx context.Context, n sizes) (*world, error) {
	w := &world{sizes: n}
	err := w.prepare(ctx)
	if err != nil {
		w.close()
	}
	return w, err
}

func (w *world) prepare(ctx context.Context) (err error) {
	if w.dir, err = folder(w.keep); err != nil {
		return err
	}
	if err = w.build(ctx); err != nil {
		return err
	}
	if w.address, err = freeAddress(); err != nil {
		return err
	}
	if w.closed, err = freeAddress(); err != nil {
		return err
	}
	if err = w.startFloor(ctx); err != nil {
		return err
	}
	if w.tray, err = startTray(w.sizes); err != nil {
		return err
	}
	began := time.Now()
	if err = w.seed(ctx); err != nil {
		return fmt.Errorf("filling the database: %w", err)
	}
	n := w.sizes
	fmt.Printf("%d integrations, %d users, %d instances: stored in %.0f s\n\n", n.integrations, n.users, n.instances, time.Since(began).Seconds())
	return nil
}

// folder is the one to keep, or a temporary one.
func folder(keep string) (string, error) {
	if keep == "" {
		return os.MkdirTemp("", "portico-bench-")
	}
	return keep, os.MkdirAll(keep, 0o700)
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
