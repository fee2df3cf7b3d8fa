package e2e

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// chrome is one Chromium for all tests; each opens windows of its own in it, without cookies of others.
type chrome struct {
	once sync.Once
	ctx  context.Context
	stop []context.CancelFunc
	err  error
	flag chromedp.ExecAllocatorOption
}

// Two Chromiums: what a page may do without scripts is a matter of the whole program, since frames and the windows that
// they open are processes of their own.
var (
	withScripts = &chrome{flag: func(*chromedp.ExecAllocator) {}}
	noScripts   = &chrome{flag: chromedp.Flag("blink-settings", "scriptEnabled=false")}
)

// quitChrome ends the browsers that were started.
func quitChrome() {
	for _, c := range []*chrome{withScripts, noScripts} {
		for i := len(c.stop) - 1; i >= 0; i-- {
			c.stop[i]()
		}
	}
}

// running starts Chromium the first time that a test asks for it.
func (c *chrome) running(t *testing.T) context.Context {
	t.Helper()
	c.once.Do(c.start)
	if c.err != nil {
		t.Fatal(c.err)
	}
	return c.ctx
}

func (c *chrome) start() {
	path, err := chromium()
	if err != nil {
		c.err = err
		return
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.WindowSize(1200, 900),
		chromedp.Flag("disable-popup-blocking", false),                                            // people's browsers block them
		chromedp.Flag("test-third-party-cookie-phaseout", true),                                   // and cookies of third parties
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.*"), // nothing leaves this machine
		chromedp.Flag("hide-scrollbars", false),
		c.flag,
	)
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's own does not run as root
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	c.stop = append(c.stop, stop)
	c.ctx, stop = chromedp.NewContext(ctx)
	c.stop = append(c.stop, stop)
	c.err = chromedp.Do(c.ctx)
}

func chromium() (string, error) {
	if path := os.Getenv("CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("Chromium is not in PATH: install it (apt-get install chromium), or name it in CHROMIUM")
}
