// Package connectyaml reads a connect.yaml, the file in which a commercetools
// connector says what it is made of, and gives the verdict and the messages of
// commercetools' own validator (@commercetools-connect/specification 0.0.16),
// with the lines that they are about.
package connectyaml

import (
	"bytes"
	"fmt"
	"strings"
)

// FileContent is the Path of a problem with the file as a whole, as the official
// validator calls it.
const FileContent = "file content"

// Result is what Parse makes of a file.
type Result struct {
	// File is what could be read of it; whole when Valid.
	File  File
	Valid bool
	// Problems are why it is not valid, in the official order; none when Valid.
	Problems []Problem
	// Warnings are what the official validator lets pass and a person should
	// know nevertheless. They are in the file's order.
	Warnings []Problem
}

// Problem is one thing that is wrong, and where.
type Problem struct {
	// Path leads to the value, "deployAs.0.configuration.standardConfiguration.3.key",
	// with places in lists counted from 0; FileContent is the whole file. It is ""
	// when the text is no YAML, so that there is nothing yet to lead through.
	Path    string
	Message string
	// Line and Column count from 1, columns in characters; 0 is unknown.
	Line, Column int
}

// Parse reads a connect.yaml. It never fails: what is wrong is in the result.
// Files above 1 MiB, deeper than 100 levels, or grown by aliases beyond all
// reason are refused with one problem.
func Parse(source []byte) Result {
	root, wrong := load(source)
	if wrong != nil {
		return Result{Problems: within(source, []Problem{*wrong})}
	}
	var c checker
	file := read(root)
	if c.file(place{node: root}) {
		c.together(root, file)
	}
	return Result{
		File:     file,
		Valid:    len(c.problems) == 0,
		Problems: within(source, c.problems),
		Warnings: within(source, warnings(root, file)),
	}
}

// within moves problems into the last line at most: what is missing at the end is
// missed behind it.
func within(source []byte, problems []Problem) []Problem {
	last := bytes.Count(source, []byte("\n")) + 1
	for i, p := range problems {
		if p.Line > last {
			problems[i].Line, problems[i].Column = last, 0
		}
	}
	return problems
}

// Official returns the problems as the official validator prints them for a file
// at that path; "" when there are none.
func (r Result) Official(path string) string {
	if len(r.Problems) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Failed to parse %s:", path)
	for _, p := range r.Problems {
		b.WriteString("\n" + p.official())
	}
	return b.String()
}

// official is one line of it. Errors of YAML name no path, but where they are.
func (p Problem) official() string {
	switch {
	case p.Path != "":
		return "[" + p.Path + "]: " + p.Message
	case p.Line > 0:
		return fmt.Sprintf("%s at line %d, column %d", p.Message, p.Line, p.Column)
	}
	return p.Message
}
