package connectyaml

import "strconv"

// place is a value of the file together with the way to it.
type place struct {
	path string
	node *node
	// line and column are where to point when the value has none of its own.
	line, column int
}

// member is the place of an object's member. A missing one has no node and points
// to the object.
func (p place) member(key string) place {
	found := place{path: p.below(key), line: p.atLine(), column: p.atColumn()}
	if m := p.node.member(key); m != nil {
		found.node, found.line, found.column = m.value, m.line, m.column
	}
	return found
}

// item is the place of an array's item.
func (p place) item(i int) place {
	n := p.node.items[i]
	return place{path: p.below(strconv.Itoa(i)), node: n, line: n.line, column: n.column}
}

func (p place) below(key string) string {
	if p.path == "" {
		return key
	}
	return p.path + "." + key
}

func (p place) atLine() int {
	if p.line == 0 && p.node != nil {
		return p.node.line
	}
	return p.line
}

func (p place) atColumn() int {
	if p.line == 0 && p.node != nil {
		return p.node.column
	}
	return p.column
}
