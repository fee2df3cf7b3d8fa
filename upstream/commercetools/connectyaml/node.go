package connectyaml

import (
	"math"
	"strconv"
)

// kind is what a value is, in the official validator's words.
type kind string

const (
	object  kind = "object"
	array   kind = "array"
	text    kind = "string"
	number  kind = "number"
	nan     kind = "nan"
	boolean kind = "boolean"
	null    kind = "null"
)

// node is one value of the file. Aliases share the node of their anchor.
type node struct {
	kind         kind
	text         string
	number       float64
	yes          bool
	items        []*node
	members      []member
	line, column int
}

// member is one key of an object with its value.
type member struct {
	key          string
	line, column int // of the key
	value        *node
}

// member finds a key of an object; nil when there is none, or n is no object.
func (n *node) member(key string) *member {
	if n == nil {
		return nil
	}
	for i := range n.members {
		if n.members[i].key == key {
			return &n.members[i]
		}
	}
	return nil
}

// get is the value of a key; nil when there is none, or n is no object.
func (n *node) get(key string) *node {
	if m := n.member(key); m != nil {
		return m.value
	}
	return nil
}

// list are the values of an array; none when n is something else.
func (n *node) list() []*node {
	if n == nil {
		return nil
	}
	return n.items
}

// string is a text, or "" when n is something else.
func (n *node) string() string {
	if n == nil || n.kind != text {
		return ""
	}
	return n.text
}

// int is a number without its fraction, or 0 when n is something else.
func (n *node) int() int {
	if n == nil || n.kind != number || math.Abs(n.number) > math.MaxInt32 {
		return 0
	}
	return int(n.number)
}

// key is a scalar as the name of an object's member: 0x10 names the member "16".
func (n *node) key() string {
	switch n.kind {
	case number:
		return strconv.FormatFloat(n.number, 'f', -1, 64)
	case nan:
		return "NaN"
	case boolean:
		return strconv.FormatBool(n.yes)
	case null:
		return ""
	case object:
		return "{ ... }"
	case array:
		return "[ ... ]"
	}
	return n.text
}

// index reads a member's name as a place in a list. JavaScript, in which the
// official validator is written, gives such members before all others.
func index(key string) (uint64, bool) {
	i, err := strconv.ParseUint(key, 10, 32)
	if err != nil || strconv.FormatUint(i, 10) != key || i == math.MaxUint32 {
		return 0, false
	}
	return i, true
}
