package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"portico/store"
)

type secretsCommand struct {
	New    secretsNewCommand    `cmd:"" help:"Make a keys file. It is never replaced: without the old keys all that they sealed is lost."`
	Rotate secretsRotateCommand `cmd:"" help:"Seal by a new key from now on, and wrap what is there by it. Nothing has to be stopped."`
}

type secretsNewCommand struct {
	File string `arg:"" help:"Where to write it; only its owner can read it."`
}

// Run makes a keys file.
func (c *secretsNewCommand) Run(p *program) error {
	if err := store.CreateKeys(c.File); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already and is not replaced: without its keys all that they sealed is lost", c.File)
	} else if err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.stdout, "Wrote %s. Keep a copy apart from the database's backups: without it they cannot be read.\n", c.File)
	return err
}

type secretsRotateCommand struct {
	Prepare bool `help:"Only add the new key to the keys file, to bring the file to every machine before any of them uses it." xor:"step"`
	DropOld bool `name:"drop-old" help:"Wrap everything by the present key, and take all others out of the keys file. Do this when every process has had the new file for some minutes." xor:"step"`
}

// Run rotates the keys of the keys file. Processes that run read the file again within a minute, or when they meet what
// they cannot open.
func (c *secretsRotateCommand) Run(ctx context.Context, p *program, all *commands) error {
	cfg, err := readStoreConfig(p.getenv, all.Config)
	if err != nil {
		return err
	}
	if c.Prepare {
		if err := store.PrepareKeys(cfg.KeysFile); err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.stdout, "Added a key to %s that seals nothing yet. Bring the file to every machine, then run secrets rotate.\n", cfg.KeysFile)
		return err
	}
	if !c.DropOld {
		if err := store.RotateKeys(cfg.KeysFile); err != nil {
			return err
		}
	}
	s, err := openStore(ctx, cfg.Database, cfg.KeysFile, time.Now)
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // what was written is committed
	done, err := s.Rewrap(ctx)
	if err != nil {
		return fmt.Errorf("%w; what was wrapped so far opens as the rest does: run it again", err)
	}
	if c.DropOld {
		if err := store.DropKeys(cfg.KeysFile); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(p.stdout, "Wrapped the keys of %d workspaces and %d other values by the present key of %s. Keep a copy of that file apart from the database's backups.\n",
		done.Workspaces, done.Values, cfg.KeysFile)
	return err
}
