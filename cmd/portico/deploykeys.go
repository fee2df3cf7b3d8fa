package main

import (
	"errors"
	"io/fs"

	"portico/store"
)

// needKeys makes a keys file where there is none.
func needKeys(file string) error {
	if err := store.CreateKeys(file); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
