package connectyaml

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// indentation finds lists in brackets and texts in quotes that go on in a line that
// is indented too little. YAML does not allow it, the library does.
func indentation(source string, root *yaml.Node) *Problem {
	return (&indenter{source: source, starts: lineStarts(source)}).walk(root, 0)
}

type indenter struct {
	source string
	starts []int // where each line begins
}

func lineStarts(source string) []int {
	starts := []int{0}
	for i := range len(source) {
		if source[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// walk looks at a value and all below it. least is how far its lines must be
// indented: more than what it is part of.
func (in *indenter) walk(n *yaml.Node, least int) *Problem {
	if !isBlock(n) {
		return in.leaf(n, least)
	}
	if below := blockColumn(n); below > 0 {
		least = below
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			continue // a key, which has one line
		}
		if wrong := in.walk(child, least); wrong != nil {
			return wrong
		}
	}
	return nil
}

// isBlock reports whether a value is a collection without brackets.
func isBlock(n *yaml.Node) bool {
	collection := n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode
	return collection && n.Style&yaml.FlowStyle == 0
}

// blockColumn is the column of a collection's keys or dashes; 0 when it cannot be
// told, since the library gives the place of an anchor or tag instead.
func blockColumn(n *yaml.Node) int {
	switch {
	case n.Kind == yaml.MappingNode:
		return n.Content[0].Column
	case n.Anchor == "" && n.Style&yaml.TaggedStyle == 0:
		return n.Column
	}
	return 0
}

// leaf looks at the lines of a value that is no block.
func (in *indenter) leaf(n *yaml.Node, least int) *Problem {
	empty := n.Kind == yaml.ScalarNode && n.Value == "" && n.Style&quoted == 0
	if least == 0 || empty || n.Line < 1 || n.Line > len(in.starts) {
		return nil
	}
	start := in.offset(n.Line, n.Column)
	if n.Column <= least && strings.Trim(in.source[in.starts[n.Line-1]:start], " ") == "" {
		return &Problem{Message: "Implicit map keys need to be followed by map values", Line: n.Line, Column: n.Column}
	}
	s := scan{source: in.source, at: start, line: n.Line, least: least}
	switch {
	case n.Style&yaml.FlowStyle != 0:
		return s.flow(n.Kind)
	case n.Kind == yaml.ScalarNode && n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return s.quoted()
	}
	return nil
}

// offset is where a column, counted in characters from 1, lies in the source.
func (in *indenter) offset(line, column int) int {
	at := in.starts[line-1]
	for ; column > 1 && at < len(in.source); column-- {
		_, size := utf8.DecodeRuneInString(in.source[at:])
		at += size
	}
	return at
}
