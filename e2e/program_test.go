package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take on a busy machine before a test gives up.
const patience = 3 * time.Minute

// scratch is a folder for the whole test binary, removed at its end.
var scratch string

func TestMain(m *testing.M) {
	os.Exit(runAll(m))
}

func runAll(m *testing.M) int {
	dir, err := os.MkdirTemp("", "portico-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	scratch = dir
	if err := widen(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	defer quitChrome()
	return m.Run()
}

// widen lets more tests run side by side than there are processors, unless that was said on the command line: most of
// their time they wait.
func widen() error {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if said {
		return nil
	}
	return flag.Set("test.parallel", strconv.Itoa(max(4, runtime.GOMAXPROCS(0))))
}

// binary is the program, built once a test binary with the race detector.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "portico")
	out, err := exec.Command("go", "build", "-race", "-gcflags=modernc.org/...=-race=false", "-o", path, "portico/cmd/portico").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return path, nil
})

// program is one run of the binary.
type program struct {
	tb     *testing.T
	cmd    *exec.Cmd
	log    *journal // what it writes to standard error
	out    *bufio.Reader
	ended  chan struct{}
	status error
	killed bool
}

// start runs the binary with arguments and variables of its own, none of ours. It is stopped when the test ends, and its
// log is shown when the test has failed.
func start(t *testing.T, env []string, args ...string) *program {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{tb: t, log: &journal{}, ended: make(chan struct{}), cmd: exec.Command(path, args...)}
	p.cmd.Env = append([]string{"HOME=" + scratch, "TMPDIR=" + os.TempDir(), "PATH=" + os.Getenv("PATH")}, env...)
	p.cmd.Dir, p.cmd.Stderr = t.TempDir(), p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	r, w := io.Pipe()
	p.cmd.Stdout, p.out = w, bufio.NewReader(r)
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("starting %v: %v", args, err)
	}
	go func() {
		p.status = p.cmd.Wait()
		w.Close() //nolint:errcheck // never fails
		close(p.ended)
	}()
	t.Cleanup(func() { p.finish(args) })
	return p
}

// finish stops a program at the end of a test and looks at what it leaves behind.
func (p *program) finish(args []string) {
	p.stop()
	log := p.log.String()
	if strings.Contains(log, "DATA RACE") {
		p.tb.Errorf("%v has a data race", args)
	}
	if strings.Contains(log, "panic: ") || strings.Contains(log, "goroutine 1 [") {
		p.tb.Errorf("%v panicked", args)
	}
	if p.tb.Failed() {
		p.tb.Logf("the log of %v:\n%s", args, tail(log, 80))
	}
}

// stop ends the program as an operator does, and expects it to go in peace.
func (p *program) stop() {
	p.tb.Helper()
	if p.over() {
		return
	}
	p.signal(syscall.SIGTERM)
	select {
	case <-p.ended:
		if p.status != nil {
			p.tb.Errorf("the program ended with %v", p.status)
		}
	case <-time.After(patience):
		p.tb.Error("the program does not end when asked")
		p.kill()
	}
}

// kill ends the program as a power cut does.
func (p *program) kill() {
	p.tb.Helper()
	p.killed = true
	p.signal(syscall.SIGKILL)
	<-p.ended
}

func (p *program) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

func (p *program) signal(s syscall.Signal) {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.tb.Errorf("sending %v: %v", s, err)
	}
}

// line is the next line on standard output.
func (p *program) line() string {
	p.tb.Helper()
	type answer struct {
		text string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := p.out.ReadString('\n')
		got <- answer{text, err}
	}()
	select {
	case a := <-got:
		if a.err != nil {
			<-p.ended
			p.tb.Fatalf("reading what the program prints: %v, %v", a.err, p.status)
		}
		return a.text
	case <-time.After(patience):
		p.tb.Fatal("the program prints nothing")
		return ""
	}
}

// command runs the binary to its end and returns what it prints.
func command(t *testing.T, env []string, args ...string) (stdout string, err error) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out, log bytes.Buffer
	c := exec.CommandContext(ctx, path, args...)
	c.Env, c.Stdout, c.Stderr = append([]string{"HOME=" + scratch}, env...), &out, &log
	if err := c.Run(); err != nil {
		return out.String(), fmt.Errorf("%v: %w: %s", args, err, log.String())
	}
	return out.String(), nil
}

// freeAddress is an address that nobody listens at. It is none of those that the system gives to whoever asks for any, so
// that nobody else gets it meanwhile.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000))
		if l, err := net.Listen("tcp", address); err == nil {
			l.Close() //nolint:errcheck // was only opened to learn that it is free
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// eventually asks again until ask says nothing is missing, or fails with what is missing.
func eventually(t *testing.T, what string, ask func() (missing string)) {
	t.Helper()
	deadline := time.Now().Add(patience)
	pause := 20 * time.Millisecond
	for {
		missing := ask()
		if missing == "" {
			return
		}
		if t.Context().Err() != nil || time.Now().After(deadline) {
			t.Fatalf("waiting for %s: %s", what, missing)
		}
		time.Sleep(pause)
		pause = min(2*pause, 300*time.Millisecond)
	}
}

// journal is a log that is written and read at once.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

// String is all that was written.
func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
