package connectyaml

import (
	"slices"
	"strings"
)

// configuration checks what a deployment has to be given. No key may occur twice in it.
func (c *checker) configuration(p place) bool {
	sound := c.object(p, []field{
		may("standardConfiguration", func(p place) bool { return c.array(p, c.standard) }),
		may("securedConfiguration", func(p place) bool { return c.array(p, c.secured) }),
	})
	if !sound {
		return false
	}
	if twice, line := repeated(configuration(p.node).all()); twice != nil {
		p.line, p.column = line, 0
		c.report(p, "Duplicate key found "+strings.Join(twice, ", "))
	}
	return true
}

func (c *checker) standard(p place) bool {
	return c.object(p, []field{
		must("key", func(p place) bool { return c.text(p, notReserved, standardKey) }),
		must("description", c.description),
		may("required", c.boolean),
		may("default", func(p place) bool { return c.text(p, notEmpty, notBlank("Default value")) }),
	})
}

func (c *checker) secured(p place) bool {
	return c.object(p, []field{
		must("key", func(p place) bool { return c.text(p, notReserved, securedKey) }),
		must("description", c.description),
		may("required", c.boolean),
	})
}

func (c *checker) description(p place) bool {
	return c.text(p, notEmpty, notBlank("Description"))
}

// repeated are the names of keys that occur again, each once, and the line of the
// first that does.
func repeated(keys []Key) (twice []string, line int) {
	seen := map[string]bool{}
	for _, k := range keys {
		switch {
		case !seen[k.Key]:
		case twice == nil:
			twice, line = []string{k.Key}, k.Line
		case !slices.Contains(twice, k.Key):
			twice = append(twice, k.Key)
		}
		seen[k.Key] = true
	}
	return twice, line
}

// find is the first key of that name; nil when there is none.
func find(keys []Key, name string) *Key {
	if i := slices.IndexFunc(keys, func(k Key) bool { return k.Key == name }); i >= 0 {
		return &keys[i]
	}
	return nil
}
