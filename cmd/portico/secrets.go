package main

import (
	"errors"
	"fmt"
	"io/fs"

	"portico/store"
)

type secretsCommand struct {
	New secretsNewCommand `cmd:"" help:"Make a keys file. It is never replaced: without the old keys all that they sealed is lost."`
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
