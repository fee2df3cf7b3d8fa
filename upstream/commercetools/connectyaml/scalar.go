package connectyaml

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

var (
	integers = regexp.MustCompile(`^([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$`)
	floats   = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	endless  = regexp.MustCompile(`^[-+]?\.(inf|Inf|INF)$`)
	noNumber = regexp.MustCompile(`^\.(nan|NaN|NAN)$`)
)

// quoted are the styles in which a scalar is a text whatever it says.
const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

// scalar reads a scalar by the rules of YAML 1.2's core schema. The library's own
// are those of YAML 1.1, where "no" is false, a date is a time and 1_000 a number.
func scalar(n *yaml.Node, value string) *node {
	switch {
	case n.Style&yaml.TaggedStyle != 0:
		return tagged(n.Tag, value)
	case n.Tag == "!", n.Style&quoted != 0:
		return &node{kind: text, text: value}
	}
	return plain(value)
}

// tagged reads a scalar whose type is written beside it. One that does not fit the
// type, or a type that is not known, makes a text of it, as with the official validator.
func tagged(tag, value string) *node {
	n := plain(value)
	whole := integers.MatchString(value)
	switch {
	case tag == "!!null" && n.kind == null,
		tag == "!!bool" && n.kind == boolean,
		tag == "!!int" && whole,
		tag == "!!float" && !whole && (n.kind == number || n.kind == nan):
		return n
	}
	return &node{kind: text, text: value}
}

// plain reads a scalar that is neither quoted nor tagged.
func plain(value string) *node {
	switch value {
	case "", "~", "null", "Null", "NULL":
		return &node{kind: null}
	case "true", "True", "TRUE":
		return &node{kind: boolean, yes: true}
	case "false", "False", "FALSE":
		return &node{kind: boolean}
	}
	switch {
	case integers.MatchString(value):
		return &node{kind: number, number: whole(value)}
	case floats.MatchString(value):
		f, _ := strconv.ParseFloat(value, 64) // too large gives ±Inf, as it should
		return &node{kind: number, number: f}
	case endless.MatchString(value):
		return &node{kind: number, number: math.Inf(1 - 2*strings.Count(value, "-"))}
	case noNumber.MatchString(value):
		return &node{kind: nan}
	}
	return &node{kind: text, text: value}
}

// whole reads an integer: decimal, whatever zeros it begins with, or 0o or 0x.
func whole(value string) float64 {
	var f float64
	switch {
	case strings.HasPrefix(value, "0x"):
		f, _ = strconv.ParseFloat(value+"p0", 64)
	case strings.HasPrefix(value, "0o"):
		for _, digit := range value[2:] {
			f = f*8 + float64(digit-'0')
		}
	default:
		f, _ = strconv.ParseFloat(value, 64)
	}
	return f
}
