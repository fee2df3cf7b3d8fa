package pgtest

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// watch runs PostgreSQL ($1: its binary, $2: its folder) until its standard input ends, which it does when the test binary
// that holds the other end is gone, even by SIGKILL; then it stops the server and removes the folder.
const watch = `
"$1" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 >"$2/log" 2>&1 </dev/null &
read -r _
kill -INT $!
wait $!
rm -rf "$2"
`

// start makes a cluster and waits until it answers.
func start() (*cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	account, err := owner()
	if err != nil {
		return nil, err
	}
	dir, err := folder(account)
	if err != nil {
		return nil, err
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, &syscall.SysProcAttr{Credential: account}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	life, err := serve(filepath.Join(bin, "postgres"), dir, account)
	if err != nil {
		return nil, err
	}
	c := &cluster{dir: dir, life: life, templates: map[string]error{}}
	if c.admin, err = sql.Open("pgx", c.url("postgres")); err != nil {
		return nil, err
	}
	return c, c.wait()
}

// serve starts the server, in a process group of its own, so that Ctrl-C in a terminal reaches the tests first. It runs as
// long as life is not closed.
func serve(postgres, dir string, account *syscall.Credential) (life io.Closer, err error) {
	cmd := exec.Command("/bin/sh", "-c", watch, "watch", postgres, dir)
	cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Credential: account, Setpgid: true}
	if life, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	return life, cmd.Start()
}

// wait returns when the server answers, or says what its log says.
func (c *cluster) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		err := c.admin.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(c.dir, "log"))
			return fmt.Errorf("PostgreSQL does not answer: %w: %s", err, bytes.TrimSpace(log))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// owner is the account that the server runs as: PostgreSQL refuses to run as root, who gives it to user postgres. nil is
// the account of the tests.
func owner() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root and there is no user postgres: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// folder makes the cluster's folder. The path of a socket may have 107 bytes at most, which a long TMPDIR leaves no room for.
func folder(account *syscall.Credential) (string, error) {
	dir, err := os.MkdirTemp("/tmp", "portico-pg-")
	if err != nil || account == nil {
		return dir, err
	}
	return dir, os.Chown(dir, int(account.Uid), int(account.Gid))
}
