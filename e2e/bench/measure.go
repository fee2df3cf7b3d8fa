package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"
)

// What the numbers are to be.
const (
	mostBinary = 40 << 20
	mostIdle   = 40 << 20
	mostStart  = 300 * time.Millisecond
)

// settling is how long the portal is left alone before its memory is read.
const settling = 12 * time.Second

// measureStart starts the program several times: how long from there to the first page for somebody signed in, and what
// it then holds.
func (w *world) measureStart(ctx context.Context) error {
	file, err := os.Stat(w.path("portico"))
	if err != nil {
		return err
	}
	fmt.Printf("binary               %5.1f MB   aim: under %d MB, %s\n", mb(file.Size()), mostBinary>>20, meets(file.Size() < mostBinary))
	p, err := w.startPortal(ctx, trayDead)
	if err != nil {
		return err
	}
	if err := w.answers(ctx, p); err != nil {
		return err
	}
	cookie, err := w.signIn(ctx, w.regular)
	p.stop()
	if err != nil {
		return err
	}
	var times []time.Duration
	for range w.starts {
		took, err := w.firstPage(ctx, target{w.address, "/integrations", cookie})
		if err != nil {
			return err
		}
		times = append(times, took)
	}
	first := median(times)
	fmt.Printf("start to first page  %5d ms   aim: under %d ms, %s\n", first.Milliseconds(), mostStart.Milliseconds(), meets(first < mostStart))
	return w.measureIdle(ctx)
}

// firstPage is how long the program takes from its start to its first page.
func (w *world) firstPage(ctx context.Context, t target) (time.Duration, error) {
	began := time.Now()
	p, err := w.startPortal(ctx, trayDead)
	if err != nil {
		return 0, err
	}
	defer p.stop()
	if err := w.answers(ctx, p); err != nil {
		return 0, err
	}
	c, err := dial(t)
	if err != nil {
		return 0, err
	}
	defer c.Close() //nolint:errcheck // everything was read
	_, err = c.ask()
	return time.Since(began), err
}

// page is one line of the table.
type page struct {
	name  string
	path  string
	who   person
	share float64 // of the floor's requests a second that it is to have; 0 = no aim
}

func (w *world) pages() []page {
	return []page{
		{"catalogue, 24 cards", "/integrations", w.newcomer, 1. / 6},
		{"catalogue, 24 and one's own", "/integrations", w.regular, 0},
		{"instance", "/instances/" + w.instance, w.regular, 1. / 4},
	}
}

// measurePages starts the portal with Tray alive or dead, and measures each page in turns with its floor.
func (w *world) measurePages(ctx context.Context, tray trayState, out *table) error {
	began := time.Now()
	p, err := w.startPortal(ctx, tray)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := w.answers(ctx, p); err != nil {
		return err
	}
	if tray == trayAlive {
		if err := w.measureCopy(ctx, p, began); err != nil {
			return err
		}
	}
	out.head(tray)
	for _, page := range w.pages() {
		l, err := w.measurePage(ctx, p, page)
		if err != nil {
			return fmt.Errorf("%w\n%s", err, p.lastWords())
		}
		l.tray = tray
		out.add(l)
	}
	return w.after(p)
}

// measureCopy waits until the portal has copied all of Tray, so that pages are measured when it has nothing else to do.
func (w *world) measureCopy(ctx context.Context, p *process, began time.Time) error {
	done, err := w.copied(ctx, began)
	if err != nil {
		return err
	}
	used, err := p.cpu()
	if err != nil {
		return err
	}
	word := "copying all of Tray"
	if !done {
		word = "still copying Tray"
	}
	fmt.Printf("%-20s %5.1f s    %.1f s of processor time\n\n", word, time.Since(began).Seconds(), used.Seconds())
	return nil
}

// measureIdle says what the portal holds when it has started and nobody asks for anything.
func (w *world) measureIdle(ctx context.Context) error {
	p, err := w.startPortal(ctx, trayDead)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := w.answers(ctx, p); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(settling):
	}
	rss, err := p.memory("VmRSS")
	if err != nil {
		return err
	}
	file, err := p.memory("RssFile")
	fmt.Printf("idle memory          %5.1f MB   aim: under %d MB, %s (%.1f MB of it are the program's file)\n\n", mb(rss), mostIdle>>20, meets(rss < mostIdle), mb(file))
	return err
}

func (w *world) after(p *process) error {
	rss, err := p.memory("VmRSS")
	fmt.Printf("memory after that load: %.1f MB\n\n", mb(rss))
	return err
}

// measurePage asks for a page and its floor in turns, after a moment of both that does not count.
func (w *world) measurePage(ctx context.Context, p *process, page page) (line, error) {
	l := line{page: page}
	cookie, err := w.signIn(ctx, page.who)
	if err != nil {
		return l, err
	}
	t := target{w.address, page.path, cookie}
	warm, err := load(ctx, p, t, w.connections, w.round/2)
	if err != nil {
		return l, err
	}
	floor := target{address: w.floorURL, path: fmt.Sprintf("/%d", warm.bytes)}
	if _, err := load(ctx, w.floor, floor, w.connections, w.round/4); err != nil {
		return l, err
	}
	for range w.rounds {
		below, err := load(ctx, w.floor, floor, w.connections, w.round)
		if err != nil {
			return l, err
		}
		above, err := load(ctx, p, t, w.connections, w.round)
		if err != nil {
			return l, err
		}
		l.floors, l.samples = append(l.floors, below), append(l.samples, above)
	}
	return l, nil
}

// median is the one in the middle.
func median[T ~int64 | ~float64](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func mb(bytes int64) float64 { return float64(bytes) / (1 << 20) }

func meets(is bool) string {
	if is {
		return "meets"
	}
	return "misses"
}
