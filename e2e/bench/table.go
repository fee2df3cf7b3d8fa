package main

import (
	"fmt"
	"io"
	"math"
	"time"
)

// line is what the rounds of a page and of its floor came to.
type line struct {
	page    page
	tray    trayState
	samples []sample
	floors  []sample
}

// table prints the lines as they come, and at the end how they stand to the aims.
type table struct {
	out   io.Writer
	lines []line
}

const columns = "%-28s %8s %9s %9s %10s %9s\n"

func (t *table) head(tray trayState) {
	fmt.Fprintf(t.out, "Tray %s\n", tray)
	fmt.Fprintf(t.out, columns, "", "bytes", "a second", "p50", "p99", "CPU each")
}

// add prints a page above its floor; every figure is the median of its rounds.
func (t *table) add(l line) {
	t.lines = append(t.lines, l)
	t.row(l.page.name, l.samples)
	t.row("  floor", l.floors)
	speed, cpu := l.ratios()
	fmt.Fprintf(t.out, columns, "  of the floor", "", fmt.Sprintf("1/%.1f", 1/speed), "", "", fmt.Sprintf("x%.1f", cpu))
}

func (t *table) row(name string, samples []sample) {
	perSecond := median(each(samples, func(s sample) float64 { return s.perSecond }))
	p50 := median(each(samples, func(s sample) time.Duration { return s.p50 }))
	p99 := median(each(samples, func(s sample) time.Duration { return s.p99 }))
	cpu := median(each(samples, func(s sample) time.Duration { return s.cpu }))
	fmt.Fprintf(t.out, columns, name, fmt.Sprint(samples[0].bytes), fmt.Sprintf("%.0f", perSecond), ms(p50), ms(p99), fmt.Sprintf("%d µs", cpu.Microseconds()))
}

// ratios are the page's requests a second in parts of the floor's, and its processor time in times of the floor's: the
// median over the rounds, each held against the floor of its own round.
func (l line) ratios() (speed, cpu float64) {
	var speeds, cpus []float64
	for n, s := range l.samples {
		speeds = append(speeds, s.perSecond/l.floors[n].perSecond)
		cpus = append(cpus, float64(s.cpu)/float64(l.floors[n].cpu))
	}
	return median(speeds), median(cpus)
}

// aims says how the pages stand to what they are to reach.
func (t *table) aims() {
	alive := map[string]float64{}
	for _, l := range t.lines {
		speed, _ := l.ratios()
		if l.page.share > 0 {
			fmt.Fprintf(t.out, "%-28s Tray %-8s 1/%.1f of the floor   aim: 1/%.0f, %s\n", l.page.name, l.tray, 1/speed, 1/l.page.share, meets(speed >= l.page.share))
		}
		if l.tray == trayAlive {
			alive[l.page.name] = speed
			continue
		}
		if with, ok := alive[l.page.name]; ok {
			same := math.Abs(speed/with-1) < 0.15
			fmt.Fprintf(t.out, "%-28s dead beside alive: %+.0f %%          aim: the same, %s\n", l.page.name, 100*(speed/with-1), meets(same))
		}
	}
}

func each[T, V any](of []T, value func(T) V) []V {
	values := make([]V, len(of))
	for n, v := range of {
		values[n] = value(v)
	}
	return values
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }
