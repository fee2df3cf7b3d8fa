package connectyaml

import (
	"math"

	"go.yaml.in/yaml/v4"
)

// maxNodes is how many values a file may have, each alias counted as what it stands for.
const maxNodes = 100_000

const tooMany = "The file has more than 100000 values, each alias counted as what it stands for"

// maxAliases is the official validator's bound for the aliases of one anchor.
const maxAliases = 100

// builder makes nodes of the library's.
type builder struct {
	known   map[*yaml.Node]*node
	anchors map[*yaml.Node]*anchor
	work    int      // the nodes that inside has looked at
	wrong   *Problem // the first
}

// anchor counts the uses of a node by the official rule: how often it is used,
// times the most that anything inside it is.
type anchor struct{ count, inside int }

// node builds one value with everything below it.
func (b *builder) node(source *yaml.Node) *node {
	if source.Kind == yaml.AliasNode {
		b.use(source)
		return b.known[source.Alias]
	}
	n := &node{}
	b.known[source] = n
	if source.Anchor != "" {
		b.anchors[source] = &anchor{count: 1}
	}
	switch source.Kind {
	case yaml.MappingNode:
		n.kind = object
		b.members(n, source)
	case yaml.SequenceNode:
		n.kind = array
		for _, item := range source.Content {
			n.items = append(n.items, b.node(item))
		}
	default:
		*n = *scalar(source, restore(source.Value))
	}
	n.line, n.column = source.Line, source.Column
	return n
}

// members builds an object's. Two keys of the same value and type are an error; of
// two that only read the same, 1 and "1", the later one wins.
func (b *builder) members(n *node, source *yaml.Node) {
	type name struct {
		kind kind
		text string
	}
	seen, places := map[name]bool{}, map[string]int{}
	for i := 0; i+1 < len(source.Content); i += 2 {
		key, value := b.node(source.Content[i]), b.node(source.Content[i+1])
		m := member{key: key.key(), line: source.Content[i].Line, column: source.Content[i].Column, value: value}
		if source.Content[i].Kind == yaml.ScalarNode {
			if seen[name{key.kind, m.key}] {
				b.fail("Map keys must be unique", source.Content[i])
			}
			seen[name{key.kind, m.key}] = true
		}
		if place, known := places[m.key]; known {
			n.members[place] = m
			continue
		}
		places[m.key] = len(n.members)
		n.members = append(n.members, m)
	}
}

// use counts an alias, so that a short file cannot grow into a huge one.
func (b *builder) use(alias *yaml.Node) {
	a := b.anchors[alias.Alias]
	if a == nil {
		return
	}
	a.count++
	if a.inside == 0 {
		a.inside = b.inside(alias.Alias)
	}
	if a.count*a.inside > maxAliases {
		b.fail("Excessive alias count indicates a resource exhaustion attack", alias)
	}
}

// inside is the most that anything in a node is used. What it looks at is, use by
// use, part of what the file weighs, so that it may give up where weigh would.
func (b *builder) inside(source *yaml.Node) int {
	if b.work++; b.work > maxNodes {
		b.fail(tooMany, source)
		return 0
	}
	switch source.Kind {
	case yaml.AliasNode:
		if a := b.anchors[source.Alias]; a != nil {
			return min(a.count*a.inside, math.MaxInt32)
		}
		return 0
	case yaml.ScalarNode:
		return 1
	}
	most := 0
	for _, child := range source.Content {
		most = max(most, b.inside(child))
	}
	return most
}

// fail keeps the first problem.
func (b *builder) fail(message string, at *yaml.Node) {
	if b.wrong == nil {
		b.wrong = &Problem{Message: message, Line: at.Line, Column: at.Column}
	}
}

// weigh counts the values below a node, stopping soon above maxNodes. A node that
// contains itself weighs too much.
func (n *node) weigh(known map[*node]int) int {
	const busy = maxNodes + 1
	if weight, ok := known[n]; ok {
		return weight
	}
	known[n] = busy
	weight := 1
	for _, item := range n.items {
		weight = min(weight+item.weigh(known), busy)
	}
	for _, m := range n.members {
		weight = min(weight+m.value.weigh(known), busy)
	}
	known[n] = weight
	return weight
}
