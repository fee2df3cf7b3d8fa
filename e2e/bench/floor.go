package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

// serveFloor answers GET /BYTES with so many bytes from memory, by echo as the portal does, and prints where. Nothing
// that asks a database and builds a page can be quicker.
func serveFloor(out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	body := bytes.Repeat([]byte("<p>portico</p>\n"), 20_000)
	e := echo.New()
	e.GET("/:bytes", func(c echo.Context) error {
		n, err := strconv.Atoi(c.Param("bytes"))
		if err != nil || n < 0 || n > len(body) {
			return echo.ErrNotFound
		}
		return c.HTMLBlob(http.StatusOK, body[:n])
	})
	if _, err := fmt.Fprintln(out, l.Addr()); err != nil {
		return err
	}
	return http.Serve(l, e) //nolint:gosec // this machine alone asks, and ends it
}

// startFloor runs this program once more, as the floor.
func (w *world) startFloor(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := exec.Command(self, "-floor")
	r, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if w.floor, err = start(ctx, c); err != nil {
		return err
	}
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		return fmt.Errorf("starting the floor: %w", err)
	}
	w.floorURL = strings.TrimSpace(line)
	return nil
}
