package main

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// advance moves the sandbox's clock through the controls of either platform, as tests and the curious do.
func advance(t *testing.T, control, by string) {
	t.Helper()
	resp, err := http.Post(control+"/clock", "application/json", strings.NewReader(`{"advance":"`+by+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // only the status counts
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("moving the clock: %s", resp.Status)
	}
}

// trayTime is where the clock of a folder's next run starts.
func trayTime(t *testing.T, dir string) time.Time {
	t.Helper()
	c, err := startClock(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c.Now()
}

func TestClockGoesOnFromWhereItWasMovedTo(t *testing.T) {
	dir := t.TempDir()
	fresh := trayTime(t, dir)
	if d := time.Since(fresh); d < 0 || d > time.Minute {
		t.Errorf("a new sandbox's clock is %v off", d)
	}
	r, o := startSandbox(t, "-data", dir)
	advance(t, o.TrayControl, "48h")
	advance(t, o.PiecesControl, "24h")
	if _, err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if got := trayTime(t, dir).Sub(fresh); got < 72*time.Hour {
		t.Errorf("the next run's clock is only %v ahead, want 72h", got)
	}
}
