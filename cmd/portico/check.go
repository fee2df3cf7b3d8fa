package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"portico/store"
)

type checkCommand struct {
	Prove bool `help:"At each licensed Activepieces also make, read and remove one of each thing that Portico makes there. Without it nothing is changed."`
}

// checkPatience is how long one service has to answer.
const checkPatience = 10 * time.Second

// checks writes one line for each thing that is tested.
type checks struct {
	out    io.Writer
	tested int
	wrong  int
}

// line says that a test went well, or what is wrong and what to do about it.
func (c *checks) line(what, well string, wrong error) {
	c.tested++
	word, text := "ok   ", well
	if wrong != nil {
		c.wrong++
		word, text = "FAULT", wrong.Error()
	}
	fmt.Fprintf(c.out, "%s  %s: %s\n", word, what, text) //nolint:errcheck // the exit code says it too
}

// warn says what works and is less than it could be.
func (c *checks) warn(what, text string) {
	c.tested++
	fmt.Fprintf(c.out, "warn   %s: %s\n", what, text) //nolint:errcheck // as above
}

// result is the error that makes the exit code.
func (c *checks) result() error {
	if c.wrong == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d checks found a fault", c.wrong, c.tested)
}

// Run tests the configuration against the real services. It changes nothing, unless it is to prove what it can do.
func (o checkCommand) Run(ctx context.Context, p *program, all *commands) error {
	c := &checks{out: p.stdout}
	cfg, err := readConfig(p.getenv, all.Config)
	var wrong faults
	if errors.As(err, &wrong) {
		for _, f := range wrong {
			c.line("configuration", "", errors.New(f.String()))
		}
		return c.result()
	}
	if err != nil {
		return err
	}
	c.line("configuration", "complete", nil)
	_, err = store.LoadKeys(cfg.KeysFile)
	c.line("keys file", "can be read", err)
	c.line("database", "answers", c.database(ctx, cfg.Database))
	for _, a := range cfg.Accounts {
		if a.Platform == store.PlatformActivepieces {
			c.activepieces(ctx, a, cfg.origins(), o.Prove)
		} else {
			c.tray(ctx, a)
		}
	}
	for _, a := range cfg.Deploy {
		if a.Platform == store.PlatformCommercetools {
			c.commercetools(ctx, a)
		} else {
			c.trayCDK(ctx, a)
		}
	}
	return c.result()
}

// database tests whether the database can be reached, without making or changing anything in it.
func (c *checks) database(ctx context.Context, database string) error {
	if !isPostgres(database) {
		return writable(filepath.Dir(database))
	}
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	db, err := sql.Open("pgx", database)
	if err != nil {
		return errors.New("PORTICO_DATABASE is not an address that PostgreSQL understands")
	}
	defer db.Close() //nolint:errcheck // only asked
	if err := db.PingContext(ctx); err != nil {
		return fmt.Errorf("%w; check PORTICO_DATABASE and that the server lets this machine in", err)
	}
	return nil
}

// writable tests a folder by a file that is gone again at once. A folder that is not there is made by serve.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".portico-check-")
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the folder %s is not there; make it, and let the user that runs portico write to it", dir)
	}
	if err != nil {
		return fmt.Errorf("%w; let the user that runs portico write there (PORTICO_DATA)", err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
