package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is what /proc counts a process's time in: 100 a second on every Linux.
const tick = 10 * time.Millisecond

// process is a program that runs beside ours. It does not outlive us.
type process struct {
	cmd   *exec.Cmd
	log   string // file of its standard error, where it has one
	ended chan error
}

func start(ctx context.Context, c *exec.Cmd) (*process, error) {
	p := &process{cmd: c, ended: make(chan error, 1)}
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if f, ok := c.Stderr.(*os.File); ok {
		p.log = f.Name()
	}
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.Path, err)
	}
	go func() { p.ended <- c.Wait() }()
	return p, ctx.Err()
}

// stop asks the process to end, and waits.
func (p *process) stop() {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); errors.Is(err, os.ErrProcessDone) {
		return
	}
	select {
	case <-p.ended: //nolint:errcheck // how it ended does not matter any more
	case <-time.After(20 * time.Second):
		p.cmd.Process.Kill() //nolint:errcheck // it has ended then
		<-p.ended            //nolint:errcheck // nor here
	}
}

// over is why a process ended that was to go on; nil while it does.
func (p *process) over() error {
	select {
	case err := <-p.ended:
		p.ended <- err
		return fmt.Errorf("it ended: %w\n%s", exited(err), p.lastWords())
	default:
		return nil
	}
}

// lastWords is the end of what it has logged.
func (p *process) lastWords() []byte {
	b, err := os.ReadFile(p.log)
	if err != nil {
		return nil
	}
	return b[max(0, len(b)-2000):]
}

// cpu is the processor time that the process has used, in user mode and in the kernel: fields 14 and 15 of proc(5) stat.
func (p *process) cpu() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(b), ") ") // the name may hold spaces
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat is shorter than it should be", p.cmd.Process.Pid)
	}
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick, err
}

// memory is a line of /proc/PID/status in bytes, such as VmRSS.
func (p *process) memory(name string) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/status has no %s", p.cmd.Process.Pid, name)
}

// exited is why a process ended; one that was content to end has an error too.
func exited(err error) error {
	if err == nil {
		return errors.New("of its own accord")
	}
	return err
}
