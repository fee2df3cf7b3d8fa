package connectyaml

import (
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// maxDepth is how many levels a file may have; a valid one has seven.
const maxDepth = 100

// load reads the text into nodes, or says why it is no YAML.
func load(source []byte) (*node, *Problem) {
	prepared, wrong := prepare(source)
	if wrong != nil {
		return nil, wrong
	}
	document, wrong := decode(prepared)
	if wrong != nil {
		return nil, wrong
	}
	if document == nil {
		return &node{kind: null, line: 1, column: 1}, nil
	}
	if wrong := indentation(prepared, document.Content[0]); wrong != nil {
		return nil, wrong
	}
	b := builder{known: map[*yaml.Node]*node{}, anchors: map[*yaml.Node]*anchor{}}
	root := b.node(document.Content[0])
	if b.wrong != nil {
		return nil, b.wrong
	}
	if root.weigh(map[*node]int{}) > maxNodes {
		return nil, &Problem{Message: tooMany}
	}
	return root, nil
}

// decode gives the one document of a text; nil when it is empty.
func decode(source string) (document *yaml.Node, wrong *Problem) {
	// The library panics where it believes that it cannot be; a file from outside
	// must not end the process by proving it wrong.
	defer func() {
		if r := recover(); r != nil {
			document, wrong = nil, &Problem{Message: "The file cannot be read as YAML"}
		}
	}()
	limits := yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth)))
	loader, err := yaml.NewLoader(strings.NewReader(source), limits)
	if err != nil {
		return nil, syntax(err)
	}
	var first, second yaml.Node
	switch err := loader.Load(&first); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, syntax(err)
	}
	switch err := loader.Load(&second); {
	case errors.Is(err, io.EOF):
		return &first, nil
	case err != nil:
		return nil, syntax(err)
	}
	return nil, &Problem{Message: "Source contains multiple documents", Line: second.Line, Column: second.Column}
}

// syntax makes a problem of the library's error, in the official words where they
// say more to a person.
func syntax(err error) *Problem {
	failed, ok := errors.AsType[*yaml.LoadError](err)
	if !ok {
		return &Problem{Message: "The file cannot be read as YAML"}
	}
	p := &Problem{Message: failed.Message, Line: failed.Mark.Line, Column: failed.Mark.Column}
	anchor, unknown := strings.CutPrefix(failed.Message, "unknown anchor '")
	switch {
	case unknown:
		p.Message = "Unresolved alias (the anchor must be set before the alias): " + strings.TrimSuffix(anchor, "' referenced")
	case failed.Message == "mapping values are not allowed in this context":
		p.Message = "Nested mappings are not allowed in compact mappings"
	}
	p.Message = restore(p.Message)
	return p
}
