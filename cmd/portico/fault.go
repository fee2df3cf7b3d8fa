package main

import (
	"fmt"
	"strings"
)

// fault is one thing that is wrong with the configuration.
type fault struct {
	name    string // of the variable
	wrong   string // what is wrong with it, never its value where that is secret
	example string
}

func (f fault) String() string {
	s := f.name + ": " + f.wrong
	if f.example != "" {
		s += "; for example " + f.example
	}
	return s
}

// faults is all that is wrong, told at once.
type faults []fault

// Error implements error.
func (fs faults) Error() string {
	noun := "faults"
	if len(fs) == 1 {
		noun = "fault"
	}
	lines := []string{fmt.Sprintf("the configuration has %d %s:", len(fs), noun)}
	for _, f := range fs {
		lines = append(lines, "  "+f.String())
	}
	return strings.Join(lines, "\n")
}

// orNil is nil when nothing is wrong.
func (fs faults) orNil() error {
	if len(fs) == 0 {
		return nil
	}
	return fs
}
